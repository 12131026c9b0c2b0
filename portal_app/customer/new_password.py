"""A new password by link (új jelszó): forgotten, expired and locked all end here (R22, R35, R37)."""

import reflex as rx
from starlette.requests import Request
from starlette.responses import Response

from portal_app.browser.admission import CUSTOMER, STRANGER, open_to, visitor
from portal_app.browser.pages import INBOX
from portal_app.browser.portal_state import PortalState, the_brand
from portal_app.customer import link_arrival
from portal_app.customer.forgotten_password import send_new_link
from portal_app.customer.link_arrival import NEW_LINK, dead_link, new_link_sent
from portal_app.customer.password_rules import (
    account_field,
    is_not_yet_enough,
    judged,
    new_password_fields,
    what_is_missing,
    what_is_repeated_otherwise,
)
from portal_app.customer.posted import posted
from portal_app.customer.titles import title_with_error
from portal_app.database.transactions import ask, carry_out
from portal_app.domain.actors import Customer, Stranger
from portal_app.domain.errors import LinkUsed
from portal_app.gateways.clock import now
from portal_app.gateways.secrets import random_token, token_digest
from portal_app.services import first_sign_in, passwords
from portal_app.services.first_sign_in import FirstSignInView
from portal_app.services.house import the_house
from portal_app.services.links import LinkPurpose, LinkStatus
from portal_app.services.ways_in import WAY_IN_SENT
from portal_app.texts.catalogues import sentence
from portal_app.texts.phones import masked_email
from portal_app.ui.fields import error_summary
from portal_app.ui.forms import native_form
from portal_app.ui.layout import page_title
from portal_app.ui.words import t

PAGE = "/uj-jelszo"

# ── the routes ──


async def arrive(request: Request) -> Response:
    """Come with the link of the e-mail."""
    return await link_arrival.arrive(request, LinkPurpose.PASSWORD, PAGE)


async def set_password(request: Request) -> Response:
    """Take the form: judge the new password, set it, and sign in; the link is used up only then."""
    form, house = await posted(request), the_house()
    if form.text("act") == NEW_LINK:
        return await send_new_link(form, PAGE)
    ticket = await ask(passwords.begin_setting, form.actor, brand=house.brand, now=now())
    if ticket is None:
        return form.back_to(PAGE)
    hashed = await judged(form.actor, ticket, form.text("new"), form.text("again"))
    if hashed is None:
        return form.back_to(PAGE)
    token = random_token()
    try:
        done = await carry_out(
            passwords.set_password_by_link, form.actor, hashed, token_digest(token), device_token=form.device_token,
            browser=form.browser_name, source=form.source, brand=house.brand, now=now(),
        )  # fmt: skip
    except LinkUsed:
        return form.back_to(PAGE)
    return form.signed_in(INBOX, token, done.customer.language)


# ── what the page shows ──


class NewPasswordState(PortalState):
    """What became of the link, and of the last try."""

    stage: str = ""
    """open | sent | dead; empty while nothing is known yet"""
    status: str = ""
    whose: str = ""
    login: str = ""
    portal: str = ""
    account_known: bool = False
    new_error: str = ""
    new_hint: str = ""
    """What stands at the new password's field: everything that is missing."""
    again_error: str = ""

    @rx.event
    @open_to(STRANGER, CUSTOMER)
    async def load(self) -> None:
        """Look at the link this browser came with."""
        actor = visitor()
        if isinstance(actor, Customer | Stranger):
            self._show(await ask(first_sign_in.new_password_view, actor, brand=the_house().brand, now=now()))

    def _show(self, view: FirstSignInView) -> None:
        outcome = view.attempt.outcome
        self.stage, self.status, self.account_known = _stage(view), view.status.value, bool(view.email)
        key = "first_sign_in.sent" if self.stage == "sent" else "password.by_link_for"
        email, insurer = masked_email(view.email), the_brand().insurer
        self.whose = sentence(key, self.language, the_brand().register.value, email=email, insurer=insurer) if view.email else ""
        self.login, self.portal = (view.email if self.stage == "open" else ""), view.portal
        if view.portal:
            rules = the_brand().portal(view.portal).passwords
            self.new_hint = what_is_missing(outcome, rules, self.language)
            self.new_error = is_not_yet_enough(outcome, self.language) or self.new_hint
            self.again_error = what_is_repeated_otherwise(outcome, self.language)


def _stage(view: FirstSignInView) -> str:
    if view.attempt.outcome.code == WAY_IN_SENT and view.email:
        return "sent"
    return "open" if view.status is LinkStatus.OPEN else "dead"


# ── the page ──


TITLE = title_with_error("password.by_link_title", NewPasswordState.new_error, NewPasswordState.again_error)


def new_password_page() -> rx.Component:
    """Build the page: the new password twice, or what to do when the link does not work."""
    return rx.match(
        NewPasswordState.stage,
        ("open", _open()),
        ("sent", new_link_sent(NewPasswordState.whose)),
        ("dead", _dead()),
        _unknown_yet(),
    )


def _unknown_yet() -> rx.Component:
    return rx.el.section(
        page_title(t("password.by_link_title")),
        rx.el.div(class_name="skeleton-lines", aria_hidden=True),
        class_name="card-plain",
    )


def _open() -> rx.Component:
    return rx.el.section(
        page_title(t("password.by_link_title")),
        rx.el.p(NewPasswordState.whose),
        error_summary(("new", NewPasswordState.new_error), ("again", NewPasswordState.again_error)),
        native_form(
            account_field(NewPasswordState.login),
            new_password_fields(NewPasswordState.portal, NewPasswordState.new_hint, NewPasswordState.again_error),
            rx.el.button(t("password.save"), type="submit", class_name="btn btn-primary btn-wide-narrow"),
            action=PAGE,
            no_validate=True,
        ),
        class_name="card-plain",
    )


def _dead() -> rx.Component:
    return rx.el.section(
        page_title(t("password.by_link_title")),
        dead_link(PAGE, NewPasswordState.status, NewPasswordState.whose, account_known=NewPasswordState.account_known),
        class_name="card-plain stack",
    )
