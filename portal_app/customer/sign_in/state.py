"""What the page of signing in shows: how the last attempt of this browser ended, and what the next one meets."""

from typing import Any

import reflex as rx

from portal_app.browser.admission import CUSTOMER, STRANGER, open_to, visitor
from portal_app.browser.pages import RETURN, TIMED_OUT, own_path
from portal_app.browser.portal_state import PortalState, the_brand
from portal_app.customer import security_code
from portal_app.customer.asked_portal import show_asked_portal
from portal_app.database.transactions import ask
from portal_app.domain.actors import Customer, Stranger
from portal_app.domain.brands import LoginKind
from portal_app.domain.errors import (
    ChallengeNeeded,
    ChallengeWrong,
    PasswordExpired,
    SentPasswordExpired,
    SignInLocked,
    SignInRefused,
    TooSoon,
)
from portal_app.gateways.clock import now
from portal_app.services import sign_in
from portal_app.services.house import the_house
from portal_app.services.sign_in import CODE_SENT, FIELDS_EMPTY, AttemptView
from portal_app.services.ways_in import WAY_IN_SENT
from portal_app.texts.catalogues import sentence

# From the seventh failure the page says how many tries are left.
LEFT_SHOWN = 3
NEWS = ("kilepett", TIMED_OUT, RETURN)
STAGES = {SignInLocked.code: "locked", PasswordExpired.code: "expired", SentPasswordExpired.code: "sent_expired"}


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
