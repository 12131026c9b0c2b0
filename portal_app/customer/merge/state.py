"""What the page shows: this account, what was proved, how the last form ended, and what can be undone."""

from dataclasses import dataclass
from datetime import timedelta

import reflex as rx

from portal_app.browser.admission import CUSTOMER, customer, open_to
from portal_app.browser.portal_state import PortalState, the_brand
from portal_app.customer import security_code
from portal_app.customer.merge.forms import MERGED, NOTED, UNDONE
from portal_app.database.transactions import ask
from portal_app.domain.errors import (
    ChallengeNeeded,
    ChallengeWrong,
    CodeWrong,
    SignInLocked,
    SignInRefused,
    TooSoon,
)
from portal_app.domain.merges import Contact
from portal_app.gateways.clock import now
from portal_app.gateways.secrets import public_id
from portal_app.services import merge_proofs, merges
from portal_app.services.house import the_house
from portal_app.services.merges import AccountView, MergePage, MergeView
from portal_app.services.sign_in import CODE_SENT, FIELDS_EMPTY, AttemptView
from portal_app.texts.catalogues import sentence
from portal_app.texts.dates import long_date
from portal_app.texts.phones import masked_email, masked_phone
from portal_app.texts.refusals import refusal_sentence

AT_LOGIN = (SignInRefused.code, SignInLocked.code, TooSoon.code, FIELDS_EMPTY)
AT_PICTURE = (ChallengeNeeded.code, ChallengeWrong.code)


@dataclass(frozen=True)
class AccountShown:
    """One account before and after."""

    id: str
    login: str
    policies: list[str]
    letters: str


@dataclass(frozen=True)
class MergeShown:
    """A merge that can be undone."""

    id: str
    login: str
    policies: str
    until: str


class MergeState(PortalState):
    """How far the visitor has come."""

    loaded: bool = False
    own_login: str = ""
    own_policies: list[str] = rx.field(default_factory=list)
    own_letters: str = ""
    proved: list[AccountShown] = rx.field(default_factory=list)
    merges: list[MergeShown] = rx.field(default_factory=list)
    done: str = ""
    """What was just done: merged | undone."""
    shared: str = ""
    """What another account has confirmed, too: email | phone."""
    contact: str = ""
    code_sent: bool = False
    code_error: str = ""
    refused: str = ""
    login: str = ""
    login_error: str = ""
    picture: str = ""
    picture_error: str = ""
    picture_sent: str = ""
    nonce: str = ""

    @rx.event
    @open_to(CUSTOMER)
    async def load(self) -> None:
        """Show how far the visitor has come, and how the last form ended."""
        shown = await ask(merges.merge_page, customer(), brand=the_house().brand, now=now())
        asked = self.router.url.query_parameters
        self.done = "merged" if MERGED in asked else "undone" if UNDONE in asked else ""
        own = self._account(shown.own)
        self.own_login, self.own_policies, self.own_letters = own.login, own.policies, own.letters
        self.proved = [self._account(account) for account in shown.proved]
        self.merges = [self._merge(done) for done in shown.merges]
        self._show_contact(shown)
        self._show_attempt(shown.attempt)
        self.nonce = public_id()
        self.loaded = True

    def _show_contact(self, shown: MergePage) -> None:
        self.shared, self.code_sent = str(shown.shared or ""), shown.code_sent
        self.contact = masked_email(shown.contact) if shown.shared is Contact.EMAIL else masked_phone(shown.contact)

    def _show_attempt(self, attempt: AttemptView) -> None:
        code, facts = attempt.outcome.code, {"seconds": attempt.seconds}
        noted = {refusal.code for refusal in NOTED}
        # What was proved needs no second try.
        self.login = "" if code == merge_proofs.PROVED else attempt.login
        self.refused = refusal_sentence(code, *self._voice(), {}) if code in noted else ""
        self.code_error = refusal_sentence(code, *self._voice(), {}) if code == CodeWrong.code else ""
        self.login_error = self._say("merge.fields_empty") if code == FIELDS_EMPTY else ""
        if code in AT_LOGIN and code != FIELDS_EMPTY:
            self.login_error = refusal_sentence(code, *self._voice(), facts)
        self.picture = f"{security_code.PICTURE}?kod={attempt.challenge}" if attempt.challenge else ""
        self.picture_error = refusal_sentence(code, *self._voice(), facts) if code in AT_PICTURE else ""
        minutes = the_brand().lives.email_code_minutes
        self.picture_sent = self._say("sign_in.code_sent", minutes=minutes) if code == CODE_SENT else ""

    def _account(self, account: AccountView) -> AccountShown:
        letters = self._say("merge.letters", n=account.letters)
        return AccountShown(account.account_id, account.login, list(account.policies), letters)

    def _merge(self, done: MergeView) -> MergeShown:
        # Undoing ends with a day, at the first moment of the next one.
        last_day = long_date(done.undo_until - timedelta(seconds=1), self.language)
        return MergeShown(done.merge_id, done.login, ", ".join(done.policies), last_day)

    def _voice(self) -> tuple[str, str]:
        return self.language, the_brand().register.value

    def _say(self, key: str, **values: object) -> str:
        return sentence(key, *self._voice(), **values)
