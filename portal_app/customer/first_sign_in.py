"""The first sign-in (első belépés): the mailed link together with the initial password opens the account (R15–R17)."""

import reflex as rx
from starlette.requests import Request
from starlette.responses import Response

from portal_app.browser.admission import CUSTOMER, STRANGER, open_to, visitor
from portal_app.browser.pages import CHANGE
from portal_app.browser.portal_state import PortalState, the_brand
from portal_app.customer import link_arrival, security_code
from portal_app.customer.forgotten_password import send_new_link
from portal_app.customer.link_arrival import NEW_LINK, dead_link, new_link_button, new_link_sent
from portal_app.customer.posted import FAILURES, FAILURES_LIMIT, Posted, count, posted, refuse_failing
from portal_app.customer.security_code import code_fields, code_forms
from portal_app.customer.titles import title_with_error
from portal_app.database.transactions import ask, carry_out
from portal_app.domain.actors import Customer, Stranger
from portal_app.domain.errors import Busy, ChallengeNeeded, ChallengeWrong, SignInLocked, SignInRefused, TooSoon
from portal_app.domain.passwords import SENT_LENGTH
from portal_app.gateways.clock import now
from portal_app.gateways.secrets import random_token, token_digest
from portal_app.services import first_sign_in, sign_in
from portal_app.services.first_sign_in import FirstSignInView
from portal_app.services.house import the_house
from portal_app.services.links import LinkPurpose, LinkStatus
from portal_app.services.sign_in import CODE_SENT, FIELDS_EMPTY, AttemptView, Ticket
from portal_app.services.ways_in import WAY_IN_SENT
from portal_app.texts.catalogues import sentence
from portal_app.texts.phones import masked_email
from portal_app.ui.fields import error_summary, password_field
from portal_app.ui.forms import native_form
from portal_app.ui.icons import icon
from portal_app.ui.layout import page_title
from portal_app.ui.words import t

PAGE = "/elso-belepes"

# ── the routes ──


async def arrive(request: Request) -> Response:
    """Come with the link of the e-mail."""
    return await link_arrival.arrive(request, LinkPurpose.ACTIVATION, PAGE)


async def enter(request: Request) -> Response:
    """Take the form: check the initial password, and go on to choosing one's own."""
    form = await posted(request)
    if form.text("act") == NEW_LINK:
        return await send_new_link(form, PAGE)
    if await security_code.other_way(form):
        return form.back_to(PAGE)
    initial = form.text("password").strip()
    if not initial:
        await carry_out(sign_in.note_empty, form.actor, "", form.browser(), now=now())
        return form.back_to(PAGE)
    return await _attempt(form, initial)


async def _attempt(form: Posted, initial: str) -> Response:
    house = the_house()
    await refuse_failing(form.source)
    parts = {"brand": house.brand, "secrets": house.secrets}
    ticket = await carry_out(first_sign_in.reserve_first_sign_in, form.actor, form.text("code"), now=now(), **parts)
    matches, token = await _check(form, ticket, initial), random_token()
    customer = await carry_out(
        first_sign_in.conclude_first_sign_in, form.actor, ticket, form.browser(), token_digest(token),
        matches=matches, now=now(), **parts,
    )  # fmt: skip
    if customer is not None:
        return form.signed_in(CHANGE, token, customer.language, known=False)
    if not matches:
        await count(FAILURES, form.source, FAILURES_LIMIT)
    return form.back_to(PAGE)


async def _check(form: Posted, ticket: Ticket, initial: str) -> bool:
    hashing = the_house().hashing
    try:
        return await hashing.verify_async(initial, ticket.stored if ticket.number is not None else None)
    except Busy:
        await carry_out(sign_in.withdraw_attempt, form.actor, ticket)
        raise


# ── what the page shows ──


class FirstSignInState(PortalState):
    """What became of the link, and of the last try of the initial password."""

    stage: str = ""
    """open | locked | sent | dead; empty while nothing is known yet"""
    status: str = ""
    whose: str = ""
    account_known: bool = False
    by_sms: bool = False
    password_error: str = ""
    password_hint: str = ""
    code_error: str = ""
    code_hint: str = ""
    code_sent: str = ""
    picture: str = ""
    seconds: int = 0

    @rx.event
    @open_to(STRANGER, CUSTOMER)
    async def load(self) -> None:
        """Look at the link this browser came with."""
        actor = visitor()
        if isinstance(actor, Customer | Stranger):
            self._show(await ask(first_sign_in.first_sign_in_view, actor, brand=the_house().brand, now=now()))

    def _show(self, view: FirstSignInView) -> None:
        code = view.attempt.outcome.code
        self.stage = _stage(view)
        self.status, self.account_known, self.by_sms = view.status.value, bool(view.email), view.by_sms
        email = masked_email(view.email) if view.email else ""
        whose = "first_sign_in.sent" if self.stage == "sent" else "first_sign_in.for"
        self.whose = self._say(whose, email=email, insurer=the_brand().insurer) if email else ""
        self.picture = f"{security_code.PICTURE}?kod={view.attempt.challenge}" if view.attempt.challenge else ""
        self.seconds = view.attempt.seconds
        if self.stage != "open":
            code = ""
        self.password_error = self._password_error(code, view.attempt)
        again = self.password_error and code != FIELDS_EMPTY
        self.password_hint = self._say("first_sign_in.password_again") if again else self.password_error
        self.code_error = self._say(_CODE_ERRORS[code]) if code in _CODE_ERRORS else ""
        self.code_hint = self._say(_CODE_HINTS[code]) if code in _CODE_HINTS else ""
        minutes = the_house().brand.lives.email_code_minutes
        self.code_sent = self._say("sign_in.code_sent", minutes=minutes) if code == CODE_SENT else ""

    def _password_error(self, code: str, attempt: AttemptView) -> str:
        if code == SignInRefused.code:
            next_step = "sign_in.until_code" if attempt.until_code else "sign_in.until_lock"
            count = attempt.until_code or attempt.until_lock
            return f"{self._say('first_sign_in.refused')} {self._say(next_step, n=count)}"
        if code == FIELDS_EMPTY:
            return self._say("first_sign_in.empty")
        return self._say("sign_in.too_soon") if code == TooSoon.code else ""

    def _say(self, key: str, **values: str | int) -> str:
        return sentence(key, self.language, the_brand().register.value, **values)


_CODE_ERRORS = {ChallengeWrong.code: "sign_in.code_wrong", ChallengeNeeded.code: "sign_in.code_needed"}

_CODE_HINTS = {ChallengeWrong.code: "sign_in.code_wrong_how", ChallengeNeeded.code: "sign_in.code_needed"}


def _stage(view: FirstSignInView) -> str:
    if view.attempt.outcome.code == WAY_IN_SENT and view.email:
        return "sent"
    if view.status is not LinkStatus.OPEN:
        return "dead"
    return "locked" if view.attempt.outcome.code == SignInLocked.code else "open"


# ── the page ──


TITLE = title_with_error("first_sign_in.title", FirstSignInState.password_error, FirstSignInState.code_error)


def first_sign_in_page() -> rx.Component:
    """Build the page: the field for the initial password, or what to do when the link does not work."""
    return rx.el.div(
        rx.match(
            FirstSignInState.stage,
            ("open", _open()),
            ("locked", _locked()),
            ("sent", new_link_sent(FirstSignInState.whose)),
            ("dead", _dead()),
            _unknown_yet(),
        ),
        class_name="stack",
    )


def _unknown_yet() -> rx.Component:
    return rx.el.section(
        page_title(t("first_sign_in.title")),
        rx.el.div(class_name="skeleton-lines", aria_hidden=True),
        class_name="card-plain",
    )


def _open() -> rx.Component:
    return rx.fragment(
        rx.el.section(
            page_title(t("first_sign_in.title")),
            rx.el.p(t("first_sign_in.step"), class_name="muted"),
            rx.el.p(FirstSignInState.whose),
            rx.el.p(rx.cond(FirstSignInState.by_sms, t("first_sign_in.by_sms"), t("first_sign_in.by_mail"))),
            error_summary(("password", FirstSignInState.password_error), ("code", FirstSignInState.code_error)),
            native_form(
                password_field("password", t("first_sign_in.password"), error=FirstSignInState.password_hint),
                _counter(),
                rx.cond(
                    FirstSignInState.picture != "",
                    code_fields(FirstSignInState.picture, FirstSignInState.code_hint, FirstSignInState.code_sent),
                ),
                rx.el.button(t("first_sign_in.submit"), type="submit", id="enter", class_name="btn btn-primary btn-wide-narrow"),
                rx.el.p(
                    class_name="muted wait-words",
                    custom_attrs={
                        "data-waits": "enter",
                        "data-seconds": FirstSignInState.seconds.to_string(),
                        "data-text": t("sign_in.wait"),
                    },
                ),
                action=PAGE,
                no_validate=True,
            ),
            code_forms(PAGE),
            class_name="card-plain",
        ),
        rx.el.section(
            rx.el.h2(t("first_sign_in.lost_title")),
            rx.el.p(t("first_sign_in.lost")),
            new_link_button(PAGE, "btn-line"),
            class_name="card-plain",
        ),
    )


def _counter() -> rx.Component:
    # Both seeds warn of characters that get lost on the way; assets/sign-in.js counts while the visitor types.
    return rx.el.p(
        class_name="field-hint counter-words",
        role="status",
        custom_attrs={
            "data-counts": "password",
            "data-length": str(SENT_LENGTH),
            "data-text": t("first_sign_in.counter", length=SENT_LENGTH),
            "data-trimmed": t("first_sign_in.trimmed"),
        },
    )


def _locked() -> rx.Component:
    return rx.el.section(
        page_title(icon("lock", "icon title-icon"), t("first_sign_in.locked_title")),
        rx.el.p(t("first_sign_in.locked")),
        rx.el.p(FirstSignInState.whose, class_name="muted"),
        new_link_button(PAGE),
        class_name="card-plain stack",
    )


def _dead() -> rx.Component:
    return rx.el.section(
        page_title(t("first_sign_in.title")),
        dead_link(PAGE, FirstSignInState.status, FirstSignInState.whose, account_known=FirstSignInState.account_known),
        class_name="card-plain stack",
    )
