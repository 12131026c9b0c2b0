"""Signing in (belépés): the form, its route, and what the page says after an attempt (R36–R37)."""

from typing import Any

import reflex as rx
from starlette.requests import Request
from starlette.responses import Response

from portal_app.browser.admission import CUSTOMER, STRANGER, open_to, visitor
from portal_app.browser.pages import RETURN, SIGN_IN, TIMED_OUT, own_path
from portal_app.browser.portal_state import PortalState, the_brand
from portal_app.customer import security_code
from portal_app.customer.posted import (
    ACCOUNTS,
    ACCOUNTS_LIMIT,
    FAILURES,
    FAILURES_LIMIT,
    Posted,
    count,
    is_over,
    posted,
    refuse_failing,
)
from portal_app.customer.security_code import code_fields, code_forms
from portal_app.customer.titles import title_with_error
from portal_app.database.transactions import ask, carry_out
from portal_app.domain.actors import Customer, Stranger
from portal_app.domain.brands import LoginKind
from portal_app.domain.errors import (
    Busy,
    ChallengeNeeded,
    ChallengeWrong,
    PasswordExpired,
    SignInLocked,
    SignInRefused,
    TooSoon,
)
from portal_app.gateways.clock import now
from portal_app.gateways.secrets import random_token, token_digest
from portal_app.services import passwords, sign_in
from portal_app.services.house import the_house
from portal_app.services.sign_in import CODE_SENT, FIELDS_EMPTY, AttemptView, Ticket
from portal_app.texts.catalogues import sentence
from portal_app.ui.fields import error_summary, password_field, text_field
from portal_app.ui.forms import native_form
from portal_app.ui.icons import icon
from portal_app.ui.layout import page_title
from portal_app.ui.links import document_link
from portal_app.ui.notices import notice
from portal_app.ui.words import t

FORGOTTEN = "/elfelejtett-jelszo"
SEND_LINK, START_OVER = "send_link", "start_over"
# From the seventh failure the page says how many tries are left (ux.md 1.3).
LEFT_SHOWN = 3
NEWS = ("kilepett", TIMED_OUT, RETURN)
STAGES = {SignInLocked.code: "locked", PasswordExpired.code: "expired"}


# ── the route ──


async def enter(request: Request) -> Response:
    """Take the form: reserve an attempt, check the password outside every transaction, conclude."""
    form = await posted(request)
    if form.text("act") == START_OVER:
        await carry_out(sign_in.start_over, form.actor, now=now())
        return form.back_to(SIGN_IN)
    if form.text("act") == SEND_LINK:
        return await _send_link(form)
    if await security_code.other_way(form):
        return form.back_to(_page(form))
    login, password = form.text("login"), form.text("password")
    if not login.strip() or not password:
        await carry_out(sign_in.note_empty, form.actor, login, form.browser(), now=now())
        return form.back_to(_page(form))
    return await _attempt(form, login, password)


async def _attempt(form: Posted, login: str, password: str) -> Response:
    house = the_house()
    await refuse_failing(form.source)
    browser = form.browser(suspicious=await is_over(ACCOUNTS, form.source, ACCOUNTS_LIMIT))
    parts = {"brand": house.brand, "secrets": house.secrets}
    ticket = await carry_out(sign_in.reserve_sign_in, form.actor, login, form.text("code"), browser, now=now(), **parts)
    matches, new_hash = await _check(form, ticket, password)
    token = random_token()
    customer = await carry_out(
        sign_in.conclude_sign_in, form.actor, ticket, browser, token_digest(token),
        matches=matches, new_hash=new_hash, now=now(), **parts,
    )  # fmt: skip
    if customer is not None:
        return form.signed_in(own_path(form.text("back") or None), token, customer.language)
    if not matches:
        await _count_failure(form.source, ticket)
    return form.back_to(_page(form))


async def _count_failure(source: str, ticket: Ticket) -> None:
    await count(FAILURES, source, FAILURES_LIMIT)
    if ticket.number == 1:
        await count(ACCOUNTS, source, ACCOUNTS_LIMIT)


async def _check(form: Posted, ticket: Ticket, password: str) -> tuple[bool, str]:
    """Check the password in the hashing threads; a refused attempt takes the same time and matches nothing."""
    hashing = the_house().hashing
    try:
        if ticket.number is None or ticket.stored is None:
            return await hashing.verify_nothing_async(password), ""
        matches = await hashing.verify_async(password, ticket.stored)
        renewed = await hashing.hash_async(password) if matches and hashing.needs_upgrade(ticket.stored) else ""
    except Busy:
        await carry_out(sign_in.withdraw_attempt, form.actor, ticket)
        raise
    return matches, renewed


async def _send_link(form: Posted) -> Response:
    house = the_house()
    await carry_out(passwords.request_after_expiry, form.actor, brand=house.brand, secrets=house.secrets, now=now())
    return form.back_to(FORGOTTEN)


def _page(form: Posted) -> str:
    back = own_path(form.text("back") or None, "")
    return f"{SIGN_IN}?{RETURN}={back}" if back and "?" not in back else SIGN_IN


# ── what the page shows ──


class SignInState(PortalState):
    """What the route decided about the last attempt of this browser."""

    stage: str = "form"
    """form | locked | expired"""
    login: str = ""
    login_error: str = ""
    password_error: str = ""
    password_hint: str = ""
    """What stands at the password's field, shorter than the sentence above the form."""
    code_error: str = ""
    code_hint: str = ""
    code_sent: str = ""
    picture: str = ""
    seconds: int = 0
    locked_words: str = ""
    news: str = ""
    back: str = ""

    @rx.event
    @open_to(STRANGER, CUSTOMER)
    async def load(self) -> None:
        """Show how the last attempt ended."""
        actor = visitor()
        if not isinstance(actor, Customer | Stranger):
            return
        view = await ask(sign_in.attempt_view, actor, brand=the_house().brand, now=now())
        asked = self.router.url.query_parameters
        self.back = own_path(asked.get(RETURN), "")
        self.news = next((name for name in NEWS if asked.get(name)), "") if not view.outcome.code else ""
        self._show(view)

    def _show(self, view: AttemptView) -> None:
        code = view.outcome.code
        self.stage = STAGES.get(code, "form")
        self.login, self.seconds = view.login, view.seconds
        self.picture = f"{security_code.PICTURE}?kod={view.challenge}" if view.challenge else ""
        self.login_error = self._login_error(view)
        self.password_error = self._password_error(view)
        again = self.password_error and code != FIELDS_EMPTY
        self.password_hint = self._say("sign_in.password_again") if again else self.password_error
        self.code_error, self.code_hint = self._code_errors(code)
        minutes = the_house().brand.lives.email_code_minutes
        self.code_sent = self._say("sign_in.code_sent", minutes=minutes) if code == CODE_SENT else ""
        self.locked_words = self._say("sign_in.locked", most=view.failures) if code == SignInLocked.code else ""

    def _login_error(self, view: AttemptView) -> str:
        if view.outcome.code != FIELDS_EMPTY or view.login:
            return ""
        return self._say("sign_in.email_empty" if _by_email() else "sign_in.id_empty")

    def _password_error(self, view: AttemptView) -> str:
        code = view.outcome.code
        if code == FIELDS_EMPTY:
            return self._say("sign_in.password_empty") if view.login else ""
        if code == TooSoon.code:
            return self._say("sign_in.too_soon")
        if code != SignInRefused.code:
            return ""
        refused = self._say("sign_in.refused_email" if _by_email() else "sign_in.refused_id")
        return f"{refused} {self._what_comes(view)}".strip()

    def _what_comes(self, view: AttemptView) -> str:
        if view.until_code:
            return self._say("sign_in.until_code", n=view.until_code)
        if view.until_lock <= LEFT_SHOWN:
            return self._say("sign_in.until_lock", n=view.until_lock)
        return self._say("sign_in.code_from_now")

    def _code_errors(self, code: str) -> tuple[str, str]:
        if code == ChallengeWrong.code:
            return self._say("sign_in.code_wrong"), self._say("sign_in.code_wrong_how")
        needed = self._say("sign_in.code_needed") if code == ChallengeNeeded.code else ""
        return needed, needed

    def _say(self, key: str, **values: Any) -> str:
        return sentence(key, self.language, the_brand().register.value, **values)


def _by_email() -> bool:
    """Whether every portal of the brand that can be signed in to knows its customers by their e-mail address."""
    brand = the_brand()
    return all(brand.portals[name].login is LoginKind.EMAIL for name in brand.open_portals())


# ── the page ──


TITLE = title_with_error("sign_in.title", SignInState.login_error, SignInState.password_error, SignInState.code_error)


def sign_in_page() -> rx.Component:
    """Build the page: the form, or the one thing to do when it cannot help any more."""
    return rx.el.div(
        rx.match(SignInState.stage, ("locked", _locked()), ("expired", _expired()), _form()),
        class_name="stack",
    )


def _form() -> rx.Component:
    return rx.fragment(
        rx.el.section(
            page_title(t("sign_in.title")),
            _news(),
            error_summary(
                ("login", SignInState.login_error),
                ("password", SignInState.password_error),
                ("code", SignInState.code_error),
            ),
            native_form(
                rx.el.input(type="hidden", name="back", default_value=SignInState.back),
                _login_field(),
                password_field("password", t("sign_in.password"), error=SignInState.password_hint),
                rx.cond(
                    SignInState.picture != "",
                    code_fields(SignInState.picture, SignInState.code_hint, SignInState.code_sent),
                ),
                _submit(),
                action=SIGN_IN,
                no_validate=True,
                # The form is built anew when the state arrives, so that the fields take what it knows.
                key=SignInState.login + SignInState.back,
            ),
            rx.el.p(document_link(t("sign_in.forgotten"), href=FORGOTTEN), class_name="after-form"),
            code_forms(SIGN_IN),
            class_name="card-plain",
        ),
        _first_time(),
    )


def _news() -> rx.Component:
    return rx.match(
        SignInState.news,
        ("kilepett", notice("success", rx.el.p(t("sign_in.signed_out")))),
        (TIMED_OUT, notice("info", rx.el.p(t("sign_in.timed_out")))),
        (RETURN, notice("info", rx.el.p(t("sign_in.again")))),
        rx.fragment(),
    )


def _login_field() -> rx.Component:
    return text_field(
        "login",
        t("sign_in.email") if _by_email() else t("sign_in.id_or_email"),
        error=SignInState.login_error,
        autocomplete="username",
        default_value=SignInState.login,
        input_mode="email" if _by_email() else "text",
        spell_check=False,
        auto_capitalize="none",
    )


def _submit() -> rx.Component:
    return rx.fragment(
        rx.el.button(t("sign_in.submit"), type="submit", id="enter", class_name="btn btn-primary btn-wide-narrow"),
        rx.el.p(
            class_name="muted wait-words",
            custom_attrs={"data-waits": "enter", "data-seconds": SignInState.seconds.to_string(), "data-text": t("sign_in.wait")},
        ),
    )


def _first_time() -> rx.Component:
    return rx.el.details(
        rx.el.summary(t("sign_in.first_time")),
        rx.el.p(t("sign_in.first_time_how", sender=the_brand().post.sender_address)),
        rx.el.p(document_link(t("sign_in.first_time_lost"), href=FORGOTTEN)),
        rx.el.p(rx.el.a(t("sign_in.no_account"), href="/sugo", class_name="link")),
        class_name="card-plain more",
    )


def _locked() -> rx.Component:
    return rx.el.section(
        page_title(icon("lock", "icon title-icon"), t("sign_in.locked_title")),
        rx.el.p(SignInState.locked_words),
        rx.el.p(t("sign_in.locked_how")),
        native_form(
            rx.el.input(type="hidden", name="login", value=SignInState.login),
            rx.el.button(t("sign_in.new_password"), type="submit", class_name="btn btn-primary btn-wide-narrow"),
            action=FORGOTTEN,
        ),
        _other_login(),
        class_name="card-plain stack",
    )


def _expired() -> rx.Component:
    return rx.el.section(
        page_title(t("sign_in.expired_title")),
        rx.el.p(t("sign_in.expired")),
        native_form(
            rx.el.input(type="hidden", name="act", value=SEND_LINK),
            rx.el.button(t("sign_in.expired_send"), type="submit", class_name="btn btn-primary btn-wide-narrow"),
            action=SIGN_IN,
        ),
        _other_login(),
        class_name="card-plain stack",
    )


def _other_login() -> rx.Component:
    return native_form(
        rx.el.input(type="hidden", name="act", value=START_OVER),
        rx.el.button(t("sign_in.other_login"), type="submit", class_name="btn btn-ghost btn-wide-narrow"),
        action=SIGN_IN,
    )
