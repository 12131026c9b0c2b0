"""Proofs that another account is one's own too, before anything is said about it or merged (R56).

By its identifier and password, or, where both accounts have confirmed the same address or phone, by a code sent there.
A proof holds for some minutes, for the sign-in that gave it.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from portal_app.database.tables import Account, Credential, Visit
from portal_app.domain.actors import Customer
from portal_app.domain.brands import Brand
from portal_app.domain.errors import CodeWrong, MergeNotPossible, SignInRefused, TooMany
from portal_app.domain.merges import Contact, may_be_merged
from portal_app.domain.passwords import PasswordRules, is_too_old
from portal_app.gateways.secrets import Secrets
from portal_app.services import attempts, codes, failures
from portal_app.services.events import record
from portal_app.services.sign_in import SENT, Browser, Ticket
from portal_app.services.visits import LIFE, end_visit, keep_visit, note_outcome, outcome_of, visit_of

PROVED = "merge_proved"
_MOST_SHARING = 50


def conclude_proof(
    db: Session,
    actor: Customer,
    ticket: Ticket,
    browser: Browser,
    *,
    matches: bool,
    by_sent: bool = False,
    brand: Brand,
    secrets: Secrets,
    now: datetime,
) -> bool:
    """Conclude an attempt that `sign_in.reserve_sign_in` let through: remember the proof for some minutes, or why not.

    Failures count as those of signing in do, and unknown identifiers are treated alike. Nobody is signed in, and a
    password that was sent (`by_sent`) stays as good as it was.
    """
    visit = db.get(Visit, ticket.visit_id) or keep_visit(db, actor, browser.visit_sha256, now=now)
    other = db.get(Account, ticket.account_id) if ticket.account_id else None
    if ticket.number is None:
        return False
    if other is None or not matches:
        # Past the lock only a password that was sent is looked at; the page goes on saying what it says to everybody.
        if not ticket.place.bucket.startswith(f"{SENT}:"):
            attempts.refuse(
                db, actor, visit, ticket.place, ticket.number, attempts.rules_for(brand, other),
                account=other, brand=brand, secrets=secrets, now=now,
            )  # fmt: skip
        return False
    failures.forgive(db, ticket.place)
    checked = ticket.sent_id if by_sent else ticket.credential_id
    if not _still_good(db, checked, brand.portal(other.portal).passwords, now):
        note_outcome(visit, SignInRefused.code)
        return False
    if not may_be_merged(db.get_one(Account, actor.account_id), other):
        note_outcome(visit, MergeNotPossible.code)
        return False
    visit.verified_at = now
    note_outcome(visit, PROVED, by="password", account=other.id or 0)
    record(db, actor, "merge:proved", now=now, account_id=other.id, by="password")
    return True


def send_code(db: Session, actor: Customer, *, brand: Brand, secrets: Secrets, now: datetime) -> None:
    """Owe a code to the address or phone that both accounts have confirmed.

    Raises `MergeNotPossible` where there is none such, `TooMany` after three within an hour.
    """
    account = db.get_one(Account, actor.account_id)
    shared = shared_contact(db, account)
    if shared is None:
        raise MergeNotPossible
    channel = "mail" if shared is Contact.EMAIL else "sms"
    if not codes.send_code(db, account, errand_of(shared), channel=channel, brand=brand, secrets=secrets, now=now):
        raise TooMany


def prove_by_code(db: Session, actor: Customer, code: str, *, secrets: Secrets, now: datetime) -> bool:
    """Take the code for the contact that both accounts have confirmed; remember the proof, or that it was wrong."""
    account = db.get_one(Account, actor.account_id)
    shared = shared_contact(db, account)
    visit = keep_visit(db, actor, "", now=now)
    if shared is None or not codes.take_code(db, account, errand_of(shared), code, secrets=secrets, now=now):
        note_outcome(visit, CodeWrong.code)
        return False
    visit.verified_at = now
    note_outcome(visit, PROVED, by=str(shared), contact=contact_of(account, shared))
    record(db, actor, "merge:proved", now=now, account_id=actor.account_id, by=str(shared))
    return True


def forget_proof(db: Session, actor: Customer, *, now: datetime) -> None:
    """Let go of what was proved: the visitor does not want to merge after all."""
    end_visit(db, visit_of(db, actor, now=now))


def _still_good(db: Session, credential_id: int | None, rules: PasswordRules, now: datetime) -> bool:
    """Whether the password that was checked is still one of the account's."""
    credential = db.get(Credential, credential_id) if credential_id else None
    if credential is None or credential.ended_at is not None:
        return False
    return not is_too_old(credential.valid_until, sent=credential.kind == SENT, rules=rules, now=now)


def proved_accounts(db: Session, actor: Customer, *, now: datetime) -> list[Account]:
    """Give the accounts that this sign-in proved in the last minutes and that can be merged."""
    visit = visit_of(db, actor, now=now)
    outcome = outcome_of(visit)
    if visit is None or visit.verified_at is None or outcome.code != PROVED or visit.verified_at + LIFE <= now:
        return []
    account = db.get_one(Account, actor.account_id)
    if outcome.facts["by"] == "password":
        found: Sequence[Account | None] = [db.get(Account, int(outcome.facts["account"]))]
    else:
        shared = Contact(str(outcome.facts["by"]))
        # A contact that was changed since proves nothing any more.
        still = contact_of(account, shared) == outcome.facts["contact"]
        found = _sharing(db, account, shared) if still else []
    return [other for other in found if other is not None and may_be_merged(account, other)]


def shared_contact(db: Session, account: Account) -> Contact | None:
    """Say which confirmed contact another account has confirmed, too; the e-mail address goes first."""
    return next((contact for contact in Contact if _sharing(db, account, contact)), None)


def _sharing(db: Session, account: Account, contact: Contact) -> list[Account]:
    if contact is Contact.EMAIL:
        same = (Account.email_key == account.email_key, col(Account.email_confirmed_at).is_not(None))
        confirmed = bool(account.email and account.email_confirmed_at)
    else:
        same = (Account.phone == account.phone, col(Account.phone_confirmed_at).is_not(None))
        confirmed = bool(account.phone and account.phone_confirmed_at)
    if not confirmed:
        return []
    found = db.exec(select(Account).where(*same, Account.id != account.id).order_by(col(Account.id)).limit(_MOST_SHARING)).all()
    return [other for other in found if other.status == "active" and may_be_merged(account, other)]


def errand_of(contact: Contact) -> str:
    """Name what a code is for: one that went to the address says nothing about the phone."""
    return f"merge by {contact}"


def contact_of(account: Account, contact: Contact | None) -> str:
    """Give the account's address or phone in full; empty for no contact."""
    return {Contact.EMAIL: account.email, Contact.PHONE: account.phone}.get(contact, "") if contact else ""
