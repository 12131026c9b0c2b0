"""The page behind the link that confirms a registration: the chosen password opens the account; opening it consumes nothing."""

import reflex as rx
from starlette.requests import Request
from starlette.responses import Response

from portal_app.browser.admission import CUSTOMER, STRANGER, open_to, visitor
from portal_app.browser.pages import INBOX, SIGN_IN
from portal_app.browser.portal_state import PortalState, the_brand
from portal_app.customer import link_arrival
from portal_app.customer.asked_portal import show_portal
from portal_app.customer.newcomers import REGISTRATION
from portal_app.customer.password_rules import account_field
from portal_app.customer.posted import FAILURES, FAILURES_LIMIT, Posted, count, posted, refuse_failing
from portal_app.customer.titles import title_with_error
from portal_app.database.transactions import ask, carry_out
from portal_app.domain.actors import Customer, Stranger
from portal_app.domain.errors import Busy, SignInRefused
from portal_app.domain.logins import LONGEST_NAME, SHORTEST_NAME
from portal_app.gateways.clock import now
from portal_app.gateways.secrets import random_token, token_digest
from portal_app.services import registrations, sign_in
from portal_app.services.house import the_house
from portal_app.services.links import LinkPurpose, LinkStatus
from portal_app.services.registrations import NAME_REFUSED, NAME_TAKEN, ConfirmationView
from portal_app.services.sign_in import FIELDS_EMPTY, Ticket
from portal_app.texts.catalogues import sentence
from portal_app.texts.phones import masked_email
from portal_app.ui.fields import error_summary, password_field, text_field
from portal_app.ui.forms import native_form
from portal_app.ui.layout import page_title
from portal_app.ui.links import document_link
from portal_app.ui.notices import notice
from portal_app.ui.words import t

PAGE = f"{REGISTRATION}/megerosites"

# ── the routes ──


async def arrive(request: Request) -> Response:
    """Come with the link of the e-mail."""
    return await link_arrival.arrive(request, LinkPurpose.REGISTRATION, PAGE)


async def confirm(request: Request) -> Response:
    """Take the form: check the password that was chosen, and begin the first sign-in."""
    form, house = await posted(request), the_house()
    password = form.text("password")
    if not password:
        await carry_out(sign_in.note_empty, form.actor, form.text("login"), form.browser(), now=now())
        return form.back_to(PAGE)
    await refuse_failing(form.source)
    ticket = await carry_out(registrations.reserve_confirmation, form.actor, brand=house.brand, now=now())
    matches, token = await _check(form, ticket, password), random_token()
    customer = await carry_out(
        registrations.conclude_confirmation, form.actor, ticket, form.text("login"), form.browser(), token_digest(token),
        matches=matches, brand=house.brand, now=now(),
    )  # fmt: skip
    if customer is not None:
        return form.signed_in(INBOX, token, customer.language)
    if not matches:
        await count(FAILURES, form.source, FAILURES_LIMIT)
    return form.back_to(PAGE)


async def _check(form: Posted, ticket: Ticket, password: str) -> bool:
    try:
        stored = ticket.stored if ticket.number is not None else None
        return await the_house().hashing.verify_async(password, stored)
    except Busy:
        await carry_out(sign_in.withdraw_attempt, form.actor, ticket)
        raise


# ── what the page shows ──


class RegistrationLinkState(PortalState):
    """What became of the link, and of the last try of the password."""

    stage: str = ""
    """open | locked | dead; empty while nothing is known yet"""
    status: str = ""
    whose: str = ""
    name: str = ""
    name_words: str = ""
    name_error: str = ""
    password_error: str = ""

    @rx.event
    @open_to(STRANGER, CUSTOMER)
    async def load(self) -> None:
        """Look at the link this browser came with; the page speaks of the portal in which people register."""
        actor = visitor()
        if isinstance(actor, Stranger) and (portal := the_brand().registers_in):
            show_portal(self, portal.value)
        if isinstance(actor, Customer | Stranger):
            self._show(await ask(registrations.confirmation_view, actor, brand=the_house().brand, now=now()))

    def _show(self, view: ConfirmationView) -> None:
        self.stage, self.status = _stage(view), view.status.value
        is_open = self.stage == "open"
        self.whose = self._say("confirm_for", email=masked_email(view.email)) if is_open else ""
        flaw = _flaw(view) if is_open else ""
        self.name = str(view.outcome.facts.get("name", "")) or view.name if is_open else ""
        self.name_words = self._say("confirm_name", name=view.name) if is_open and not flaw else ""
        self.name_error = self._say(f"name_{flaw}", shortest=SHORTEST_NAME, longest=LONGEST_NAME) if flaw else ""
        errors = {SignInRefused.code: "confirm_wrong", FIELDS_EMPTY: "confirm_empty"}
        key = errors.get(view.outcome.code, "") if is_open else ""
        self.password_error = self._say(key) if key else ""

    def _say(self, key: str, **values: str | int) -> str:
        return sentence(f"registration.{key}", self.language, the_brand().register.value, **values)


def _stage(view: ConfirmationView) -> str:
    if view.status is not LinkStatus.OPEN:
        return "dead"
    return "locked" if view.locked else "open"


def _flaw(view: ConfirmationView) -> str:
    if view.outcome.code == NAME_REFUSED:
        return str(view.outcome.facts.get("flaw", NAME_TAKEN))
    return "" if view.name_free else NAME_TAKEN


# ── the page ──


TITLE = title_with_error("registration.confirm_title", RegistrationLinkState.name_error, RegistrationLinkState.password_error)


def registration_link_page() -> rx.Component:
    """Build the page: the password while the link works, else what to do."""
    return rx.el.section(
        page_title(t("registration.confirm_title")),
        rx.match(
            RegistrationLinkState.stage,
            ("open", _open()),
            ("locked", _locked()),
            ("dead", _dead()),
            rx.el.div(class_name="skeleton-lines", aria_hidden=True),
        ),
        class_name="card-plain stack",
    )


def _open() -> rx.Component:
    state = RegistrationLinkState
    return rx.fragment(
        rx.el.p(state.whose),
        rx.el.p(t("registration.confirm_about")),
        error_summary(("login", state.name_error), ("password", state.password_error)),
        native_form(
            rx.cond(
                state.name_error != "",
                text_field(
                    "login",
                    t("registration.other_name"),
                    hint=t("registration.name_hint", shortest=SHORTEST_NAME, longest=LONGEST_NAME),
                    error=state.name_error,
                    autocomplete="username",
                    default_value=state.name,
                    spell_check=False,
                    auto_capitalize="none",
                ),
                rx.fragment(rx.el.p(state.name_words), account_field(state.name)),
            ),
            password_field("password", t("registration.confirm_password"), error=state.password_error),
            rx.el.button(t("registration.confirm"), type="submit", class_name="btn btn-primary btn-wide-narrow"),
            action=PAGE,
            no_validate=True,
        ),
        rx.el.p(t("registration.confirm_forgotten"), " ", _register_again(), class_name="after-form"),
    )


def _locked() -> rx.Component:
    return rx.fragment(notice("warning", rx.el.p(t("registration.confirm_locked"))), rx.el.p(_register_again("btn btn-primary")))


def _dead() -> rx.Component:
    return rx.fragment(
        rx.match(
            RegistrationLinkState.status,
            (LinkStatus.EXPIRED.value, notice("warning", rx.el.p(t("registration.link_expired")))),
            (LinkStatus.USED.value, notice("info", rx.el.p(t("registration.link_used")))),
            (LinkStatus.SUPERSEDED.value, notice("warning", rx.el.p(t("registration.link_superseded")))),
            (LinkStatus.UNKNOWN.value, notice("warning", rx.el.p(t("registration.link_unknown")))),
            notice("info", rx.el.p(t("registration.link_absent"))),
        ),
        rx.cond(
            RegistrationLinkState.status == LinkStatus.USED.value,
            rx.el.p(document_link(t("sign_in.submit"), href=SIGN_IN, class_name="btn btn-primary btn-wide-narrow")),
            rx.el.p(_register_again("btn btn-primary btn-wide-narrow")),
        ),
    )


def _register_again(class_name: str = "link") -> rx.Component:
    return document_link(t("registration.title"), href=REGISTRATION, class_name=class_name)
