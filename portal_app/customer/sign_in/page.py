"""Signing in (belépés): the form in the words of the portal asked for, its route, and what follows (R36–R37, R60)."""

from dataclasses import dataclass, field
from typing import Any

import reflex as rx
from starlette.requests import Request
from starlette.responses import Response

from portal_app.browser.admission import CUSTOMER, STRANGER, open_to, visitor
from portal_app.browser.pages import CHANGE, RETURN, SIGN_IN, TIMED_OUT, own_path
from portal_app.browser.portal_state import PortalState, the_brand
from portal_app.customer import security_code
from portal_app.customer.asked_portal import PORTAL, asked_portal, at_portal, by_portal, here, portal_field, show_asked_portal
from portal_app.customer.newcomers import guide_link, registration_door
from portal_app.customer.password_rules import drawn_password
from portal_app.customer.posted import (
    ACCOUNTS,
    ACCOUNTS_LIMIT,
    FAILURES,
    FAILURES_LIMIT,
    MAILS_LIMIT,
    Posted,
    count,
    is_over,
    posted,
    refuse_beyond,
    refuse_failing,
)
from portal_app.customer.security_code import code_fields, code_forms
from portal_app.customer.titles import title_with_error
from portal_app.database.transactions import ask, carry_out
from portal_app.domain.actors import Customer, Stage, Stranger
from portal_app.domain.brands import LoginKind, Portal
from portal_app.domain.errors import (
    Busy,
    ChallengeNeeded,
    ChallengeWrong,
    PasswordExpired,
    SentPasswordExpired,
    SignInLocked,
    SignInRefused,
    TooSoon,
)
from portal_app.domain.passwords import SENT_LENGTH, SENT_SPECIAL, could_be_sent
from portal_app.gateways.clock import now
from portal_app.gateways.secrets import random_token, token_digest
from portal_app.services import passwords, sign_in, ways_in
from portal_app.services.house import the_house
from portal_app.services.sign_in import CODE_SENT, FIELDS_EMPTY, AttemptView, Ticket
from portal_app.services.ways_in import WAY_IN_SENT
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
STAGES = {SignInLocked.code: "locked", PasswordExpired.code: "expired", SentPasswordExpired.code: "sent_expired"}


# ── the route ──


async def enter(request: Request) -> Response:
    """Take the form: reserve an attempt, check the password outside every transaction, conclude."""
    form = await posted(request)
    if form.text("act") == START_OVER:
        await carry_out(sign_in.start_over, form.actor, now=now())
        return form.back_to(_page(form))
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
    ticket = await carry_out(
        sign_in.reserve_sign_in, form.actor, login, form.text("code"), browser,
        could_be_sent=could_be_sent(password), now=now(), **parts,
    )  # fmt: skip
    check = await check_password(form, ticket, password)
    token = random_token()
    customer = await carry_out(
        sign_in.conclude_sign_in, form.actor, ticket, browser, token_digest(token),
        matches=check.matches, by_sent=check.by_sent, new_hash=check.new_hash, now=now(), **parts,
    )  # fmt: skip
    if customer is not None:
        return await _welcome(form, customer, token)
    if not check.matches:
        await count_failure(form.source, ticket)
    return form.back_to(_page(form))


async def _welcome(form: Posted, customer: Customer, token: str) -> Response:
    """Lead to the letters or to the password that has to be chosen first; say so when it is another portal than asked for."""
    asked = asked_portal(form.text(PORTAL))
    if asked and asked != customer.portal:
        await carry_out(passwords.note_other_portal, customer, asked, now=now())
    if customer.stage is Stage.MUST_CHANGE:
        return form.signed_in(CHANGE, token, customer.language, known=False)
    return form.signed_in(own_path(form.text("back") or None), token, customer.language)


async def count_failure(source: str, ticket: Ticket) -> None:
    """Count a wrong password at its source, and the first one of each account apart."""
    await count(FAILURES, source, FAILURES_LIMIT)
    if ticket.number == 1:
        await count(ACCOUNTS, source, ACCOUNTS_LIMIT)


@dataclass(frozen=True)
class Checked:
    """Whether the password matched, whether it was the one beside the current one, and its value made anew."""

    matches: bool
    by_sent: bool = False
    new_hash: str = field(default="", repr=False)


async def check_password(form: Posted, ticket: Ticket, password: str) -> Checked:
    """Check the password in the hashing threads; a refused attempt takes the same time and matches nothing.

    What looks like a password we send is checked twice, whether one was sent or not.
    """
    hashing = the_house().hashing
    try:
        if await _matches(password, ticket, ticket.stored):
            anew = hashing.needs_upgrade(ticket.stored or "")
            return Checked(matches=True, new_hash=await hashing.hash_async(password) if anew else "")
        by_sent = could_be_sent(password) and await _matches(password, ticket, ticket.sent)
    except Busy:
        await carry_out(sign_in.withdraw_attempt, form.actor, ticket)
        raise
    return Checked(by_sent, by_sent)


async def _matches(password: str, ticket: Ticket, stored: str | None) -> bool:
    hashing = the_house().hashing
    if ticket.number is None or stored is None:
        return await hashing.verify_nothing_async(password)
    return await hashing.verify_async(password, stored)


async def _send_link(form: Posted) -> Response:
    """Send what helps after a password that came too late; asked for as often as any other (S21)."""
    await refuse_beyond("new password", form.source, MAILS_LIMIT)
    initial, hashed = await drawn_password(form)
    house = the_house()
    await carry_out(
        ways_in.request_after_expiry, form.actor,
        initial_password=initial, hashed=hashed, brand=house.brand, secrets=house.secrets, now=now(),
    )  # fmt: skip
    return form.back_to(at_portal(FORGOTTEN, form.text(PORTAL)))


def _page(form: Posted) -> str:
    """Give the sign-in page's address with what this visitor came for."""
    back = own_path(form.text("back") or None, "")
    return at_portal(f"{SIGN_IN}?{RETURN}={back}" if back and not set("?&#") & set(back) else SIGN_IN, form.text(PORTAL))


# ── what the page shows ──


class SignInState(PortalState):
    """What the route decided about the last attempt of this browser."""

    stage: str = "form"
    """form | locked | expired | sent_expired"""
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
    asked: str = ""
    """The portal that the address asks for; empty when it asks for none."""

    @rx.event
    @open_to(STRANGER, CUSTOMER)
    async def load(self) -> None:
        """Show how the last attempt ended."""
        actor = visitor()
        if not isinstance(actor, Customer | Stranger):
            return
        view = await ask(sign_in.attempt_view, actor, brand=the_house().brand, now=now())
        self.asked = show_asked_portal(self)
        asked = self.router.url.query_parameters
        self.back = own_path(asked.get(RETURN), "")
        self.news = next((name for name in NEWS if asked.get(name)), "") if not view.outcome.code else ""
        self._show(view)

    def _show(self, view: AttemptView) -> None:
        code = view.outcome.code
        self.stage = STAGES.get(code, "form")
        # Who has just asked for a password waits before asking again, not before using it.
        self.login, self.seconds = view.login, 0 if code == WAY_IN_SENT else view.seconds
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
        return self._say("sign_in.email_empty" if self._by_email() else "sign_in.id_empty")

    def _password_error(self, view: AttemptView) -> str:
        code = view.outcome.code
        if code == FIELDS_EMPTY:
            return self._say("sign_in.password_empty") if view.login else ""
        if code == TooSoon.code:
            return self._say("sign_in.too_soon")
        if code != SignInRefused.code:
            return ""
        refused = self._say("sign_in.refused_email" if self._by_email() else "sign_in.refused_id")
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

    def _by_email(self) -> bool:
        """Whether the portal asked for knows its customers by their e-mail address."""
        return the_brand().portal(self.portal).login is LoginKind.EMAIL

    def _say(self, key: str, **values: Any) -> str:
        return sentence(key, self.language, the_brand().register.value, **values)


def login_words(portal: Portal) -> str:
    """Name the label of the field: what this portal's customers type, and what else leads in here.

    Who moved from the letter-box to the full portal goes on signing in with the e-mail address (R11).
    """
    kinds = {the_brand().portals[name].login for name in the_brand().switched_on}
    if portal.login is LoginKind.EMAIL:
        return "sign_in.email" if kinds == {LoginKind.EMAIL} else "sign_in.email_or_id"
    if portal.login is LoginKind.CHOSEN:
        return "sign_in.user_name"
    return "sign_in.id_or_email" if LoginKind.EMAIL in kinds else "sign_in.id"


# ── the page ──


TITLE = title_with_error("sign_in.title", SignInState.login_error, SignInState.password_error, SignInState.code_error)


def sign_in_page() -> rx.Component:
    """Build the page: the form, or the one thing to do when it cannot help any more."""
    return rx.el.div(
        rx.match(
            SignInState.stage,
            ("locked", _locked()),
            ("expired", _expired("sign_in.expired_title", "sign_in.expired", "sign_in.expired_send")),
            ("sent_expired", _expired("sign_in.sent_expired_title", "sign_in.sent_expired", "sign_in.new_password")),
            _form(),
        ),
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
                portal_field(SignInState.asked),
                by_portal(_login_field),
                password_field("password", t("sign_in.password"), error=SignInState.password_hint),
                by_portal(_sent_password_hint),
                rx.cond(
                    SignInState.picture != "",
                    code_fields(SignInState.picture, SignInState.code_hint, SignInState.code_sent),
                ),
                _submit(),
                action=SIGN_IN,
                no_validate=True,
                # The form is built anew when the state arrives, so that the fields take what it knows.
                key=SignInState.login + SignInState.back + SignInState.asked,
            ),
            _perhaps_elsewhere(),
            rx.el.p(document_link(t("sign_in.forgotten"), href=here(FORGOTTEN)), class_name="after-form"),
            rx.el.p(rx.el.a(t("sign_in.no_account"), href="/segitseg", class_name="link")),
            code_forms(SIGN_IN),
            class_name="card-plain",
        ),
        by_portal(_first_time),
        _other_portals(),
    )


def _news() -> rx.Component:
    return rx.match(
        SignInState.news,
        ("kilepett", notice("success", rx.el.p(t("sign_in.signed_out")))),
        (TIMED_OUT, notice("info", rx.el.p(t("sign_in.timed_out")))),
        (RETURN, notice("info", rx.el.p(t("sign_in.again")))),
        rx.fragment(),
    )


def _login_field(portal: Portal) -> rx.Component:
    words = login_words(portal)
    return text_field(
        "login",
        t(words),
        error=SignInState.login_error,
        autocomplete="username",
        default_value=SignInState.login,
        input_mode="email" if words == "sign_in.email" else "text",
        spell_check=False,
        auto_capitalize="none",
    )


def _sent_password_hint(portal: Portal) -> rx.Component:
    """Say how a password looks that we sent (R61–R62), and count what is typed: one may get lost on the way."""
    if portal.login is not LoginKind.ISSUED:
        return rx.fragment()
    return rx.el.div(
        rx.el.p(t("sign_in.sent_password", length=SENT_LENGTH, special=" ".join(SENT_SPECIAL)), class_name="field-hint"),
        rx.el.p(
            class_name="field-hint counter-words",
            role="status",
            custom_attrs={
                "data-counts": "password",
                "data-length": str(SENT_LENGTH),
                "data-text": t("sign_in.counter"),
                "data-trimmed": t("sign_in.blanks"),
            },
        ),
        class_name="field",
    )


def _submit() -> rx.Component:
    return rx.fragment(
        rx.el.button(t("sign_in.submit"), type="submit", id="enter", class_name="btn btn-primary btn-wide-narrow"),
        rx.el.p(
            class_name="muted wait-words",
            custom_attrs={"data-waits": "enter", "data-seconds": SignInState.seconds.to_string(), "data-text": t("sign_in.wait")},
        ),
    )


def _first_time(portal: Portal) -> rx.Component:
    if portal.login is LoginKind.CHOSEN:
        return rx.el.section(registration_door(), rx.el.p(guide_link()), class_name="card-plain")
    issued = portal.login is LoginKind.ISSUED
    return rx.el.details(
        rx.el.summary(t("sign_in.first_time")),
        rx.el.p(
            t("sign_in.first_time_id" if issued else "sign_in.first_time_how", sender=the_brand().post.sender_address),
        ),
        rx.el.p(document_link(t("sign_in.first_time_lost"), href="/segitseg" if issued else FORGOTTEN)),
        class_name="card-plain more",
    )


def _perhaps_elsewhere() -> rx.Component:
    """Hint after a failure that there are other doors; the same for everybody, so it tells nothing."""
    failed = (SignInState.password_error != "") & (SignInState.password_error != SignInState.password_hint)
    words = rx.el.p(t("right_door.hint"), " ", rx.el.a(t("right_door.hint_link"), href="/segitseg", class_name="link"))
    return rx.cond(failed, words) if len(the_brand().switched_on) > 1 else rx.fragment()


def _other_portals() -> rx.Component:
    """Lead to the sign-in of the brand's other portals, each under its own name."""
    brand = the_brand()
    if len(brand.switched_on) == 1:
        return rx.fragment()
    links = [
        rx.cond(
            SignInState.portal != name.value,
            rx.el.li(
                document_link(t("sign_in.at_portal", portal=brand.portals[name].title), href=f"{SIGN_IN}?{PORTAL}={name.value}")
            ),
        )
        for name in brand.switched_on
    ]
    return rx.el.nav(
        rx.el.h2(t("sign_in.other_portals"), id="other-portals"),
        rx.el.ul(*links, class_name="plain-list"),
        aria_labelledby="other-portals",
        class_name="card-plain",
    )


def _locked() -> rx.Component:
    return rx.el.section(
        page_title(icon("lock", "icon title-icon"), t("sign_in.locked_title")),
        rx.el.p(SignInState.locked_words),
        by_portal(lambda portal: rx.el.p(t(_locked_how(portal)))),
        native_form(
            rx.el.input(type="hidden", name="login", value=SignInState.login),
            portal_field(SignInState.asked),
            rx.el.button(t("sign_in.new_password"), type="submit", class_name="btn btn-primary btn-wide-narrow"),
            action=FORGOTTEN,
        ),
        _other_login(),
        class_name="card-plain stack",
    )


def _locked_how(portal: Portal) -> str:
    return "sign_in.locked_how_password" if portal.login is LoginKind.ISSUED else "sign_in.locked_how"


def _expired(title: str, about: str, button: str) -> rx.Component:
    return rx.el.section(
        page_title(t(title)),
        rx.el.p(t(about)),
        native_form(
            rx.el.input(type="hidden", name="act", value=SEND_LINK),
            portal_field(SignInState.asked),
            rx.el.button(t(button), type="submit", class_name="btn btn-primary btn-wide-narrow"),
            action=SIGN_IN,
        ),
        _other_login(),
        class_name="card-plain stack",
    )


def _other_login() -> rx.Component:
    return native_form(
        rx.el.input(type="hidden", name="act", value=START_OVER),
        portal_field(SignInState.asked),
        by_portal(_other_login_button),
        action=SIGN_IN,
    )


def _other_login_button(portal: Portal) -> rx.Component:
    words = "sign_in.other_login" if portal.login is LoginKind.EMAIL else "sign_in.other_id"
    return rx.el.button(t(words), type="submit", class_name="btn btn-ghost btn-wide-narrow")
