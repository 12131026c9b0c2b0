"""Changing the password (jelszó megváltoztatása): forced after the first sign-in (R17, R63), or because the customer wants to."""

import reflex as rx
from starlette.requests import Request
from starlette.responses import Response

from portal_app.browser.admission import CHANGING, CUSTOMER, customer, open_to
from portal_app.browser.pages import CHANGE, INBOX, SIGN_IN, see_other
from portal_app.browser.portal_state import PortalState, the_brand
from portal_app.customer.password_rules import (
    account_field,
    is_not_yet_enough,
    judged,
    new_password_fields,
    what_is_missing,
    what_is_repeated_otherwise,
    what_is_wrong_with_current,
)
from portal_app.customer.posted import Posted, posted
from portal_app.customer.titles import title_with_error
from portal_app.database.transactions import ask, carry_out
from portal_app.domain.actors import Customer, Stage
from portal_app.domain.errors import Busy, CurrentPasswordWrong, NotSignedIn
from portal_app.gateways.clock import now
from portal_app.gateways.secrets import random_token, token_digest
from portal_app.services import accounts, passwords, visits
from portal_app.services.house import the_house
from portal_app.services.passwords import NewPasswordTicket
from portal_app.ui.fields import error_summary, password_field
from portal_app.ui.forms import native_form
from portal_app.ui.layout import page_title
from portal_app.ui.notices import notice
from portal_app.ui.words import t

# ── the route ──


async def change(request: Request) -> Response:
    """Take the form: prove the current password unless it was proved just now, judge the new one, set it."""
    form, house = await posted(request), the_house()
    actor = form.actor
    if not isinstance(actor, Customer):
        raise NotSignedIn
    ticket = await carry_out(passwords.begin_change, actor, brand=house.brand, now=now())
    if ticket is None:
        return see_other(SIGN_IN)
    if not await _proved(actor, ticket, form.text("current")):
        await carry_out(passwords.refuse_change, actor, [CurrentPasswordWrong.code], "", proved=False, now=now())
        return see_other(CHANGE)
    hashed = await judged(actor, ticket, form.text("new"), form.text("again"))
    return see_other(CHANGE) if hashed is None else await _set(form, actor, hashed)


async def _proved(actor: Customer, ticket: NewPasswordTicket, current: str) -> bool:
    if ticket.current is None:
        return True
    try:
        return await the_house().hashing.verify_async(current, ticket.current)
    except Busy:
        await carry_out(passwords.cancel_change, actor)
        raise


async def _set(form: Posted, actor: Customer, hashed: str) -> Response:
    token = random_token()
    done = await carry_out(
        passwords.change_password, actor, hashed, token_digest(token),
        device_token=form.device_token, brand=the_house().brand, now=now(),
    )  # fmt: skip
    return form.signed_in(INBOX, token, done.customer.language)


# ── what the page shows ──


class PasswordState(PortalState):
    """What the route decided about the last try."""

    loaded: bool = False
    forced: bool = False
    asks_for_current: bool = True
    by_link: bool = False
    """Whether a link and an initial password led here, in two steps."""
    was_sent: bool = False
    """Whether the current password is one that we sent."""
    portal: str = ""
    login: str = ""
    current_error: str = ""
    new_error: str = ""
    new_hint: str = ""
    """What stands at the new password's field: everything that is missing."""
    again_error: str = ""

    @rx.event
    @open_to(CHANGING, CUSTOMER)
    async def load(self) -> None:
        """Show how the last try ended."""
        actor = customer()
        outcome, brand = await ask(visits.outcome_for, actor, now=now()), the_brand()
        rules = brand.portal(actor.portal).passwords
        self.forced, self.portal = actor.stage is Stage.MUST_CHANGE, actor.portal
        self.login = await ask(accounts.own_login, actor)
        self.asks_for_current = passwords.asks_for_current(actor, brand)
        self.by_link = self.forced and not self.asks_for_current
        self.was_sent = self.forced and await ask(passwords.has_sent_password, actor)
        self.current_error = what_is_wrong_with_current(outcome, self.language)
        self.new_hint = what_is_missing(outcome, rules, self.language)
        self.new_error = is_not_yet_enough(outcome, self.language) or self.new_hint
        self.again_error = what_is_repeated_otherwise(outcome, self.language)
        self.loaded = True


# ── the page ──


TITLE = title_with_error("password.title", PasswordState.current_error, PasswordState.new_error, PasswordState.again_error)


def password_page() -> rx.Component:
    """Build the page: three fields (R64), or two where link and initial password were proved just now."""
    return rx.el.section(
        page_title(rx.cond(PasswordState.forced, t("password.choose_title"), t("password.title"))),
        rx.cond(
            PasswordState.forced,
            rx.cond(
                PasswordState.by_link,
                rx.fragment(rx.el.p(t("password.choose_step"), class_name="muted"), rx.el.p(t("password.choose_about"))),
                notice("info", rx.el.p(rx.cond(PasswordState.was_sent, t("password.change_sent"), t("password.change_rules")))),
            ),
        ),
        error_summary(
            ("current", PasswordState.current_error), ("new", PasswordState.new_error), ("again", PasswordState.again_error)
        ),
        rx.cond(PasswordState.loaded, _form(), rx.el.div(class_name="skeleton-lines", aria_hidden=True)),
        class_name="card-plain",
    )


def _form() -> rx.Component:
    return native_form(
        account_field(PasswordState.login),
        rx.cond(
            PasswordState.by_link,
            rx.fragment(),
            password_field("current", t("password.current"), error=PasswordState.current_error),
        ),
        new_password_fields(PasswordState.portal, PasswordState.new_hint, PasswordState.again_error),
        rx.el.div(
            rx.el.button(t("password.save"), type="submit", class_name="btn btn-primary btn-wide-narrow"),
            rx.cond(
                PasswordState.forced,
                rx.fragment(),
                rx.el.a(t("password.cancel"), href="/beallitasok", class_name="btn btn-ghost btn-wide-narrow"),
            ),
            class_name="row",
        ),
        action=CHANGE,
        no_validate=True,
    )
