"""What a customer sets for themselves: language, reminders, and the address notifications go to."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from email_validator import EmailNotValidError, validate_email
from sqlmodel import Session, col, select, update

from portal_app.database.tables import Account, Link, Login
from portal_app.domain.actors import Customer
from portal_app.domain.brands import Brand, LoginKind
from portal_app.domain.errors import AddressTaken, EmailInvalid, LinkExpired, LinkSuperseded, LinkUnknown, LinkUsed
from portal_app.gateways.secrets import Secrets, token_digest
from portal_app.services import accounts
from portal_app.services.events import record
from portal_app.services.outbox import enqueue

LANGUAGES = ("hu", "en")
ROWS_PER_PAGE = (25, 50, 100)


@dataclass(frozen=True)
class Preferences:
    """What the settings page shows."""

    email: str
    waiting_email: str
    """The new address whose confirmation is awaited, or empty."""
    email_refused: bool
    phone: str
    language: str
    reminders_wanted: bool
    opened_at: datetime


def preferences(db: Session, actor: Customer, *, now: datetime) -> Preferences:
    """Read the customer's own settings."""
    account = _own(db, actor)
    waiting = db.exec(
        select(Link.subject).where(
            Link.account_id == actor.account_id,
            Link.purpose == "address",
            col(Link.used_at).is_(None),
            col(Link.superseded_at).is_(None),
            Link.valid_until > now,
        )
    ).first()
    return Preferences(
        email=account.email,
        waiting_email=waiting or "",
        email_refused=account.email_refused_at is not None,
        phone=account.phone,
        language=account.language,
        reminders_wanted=account.reminders_wanted,
        opened_at=account.created_at,
    )


def set_language(db: Session, actor: Customer, language: str) -> None:
    """Speak this language on the pages and in the post from now on."""
    _own(db, actor).language = language if language in LANGUAGES else "hu"


def set_reminders(db: Session, actor: Customer, *, wanted: bool) -> None:
    """Send reminders of unread letters, or not; notifications of new letters always go out (R13)."""
    _own(db, actor).reminders_wanted = wanted


def ask_for_new_address(
    db: Session, actor: Customer, address: str, *, brand: Brand, secrets: Secrets, now: datetime
) -> str:
    """Send a confirming link to the new address; nothing changes before it is pressed.

    Answers with the address as it will be kept. Raises `EmailInvalid`. An address that belongs to somebody else gets
    no link, and the answer is the same, so that nobody learns who is a customer.
    """
    normal = normal_address(address)
    account = _own(db, actor)
    taken = accounts.account_of_login(db, normal)
    token = accounts.new_link(
        db, actor.account_id, "address", valid_until=now + timedelta(hours=24), now=now, subject=normal
    )
    if taken is None or taken.id == actor.account_id:
        expires = (now + timedelta(hours=24)).isoformat()
        sealed = accounts.seal_text(secrets, token)
        enqueue(
            db, "email_change_confirm", account, now=now, recipient=normal, facts={"expires_at": expires},
            sealed_secret=sealed,
        )  # fmt: skip
    record(db, actor, "address:asked", now=now, account_id=actor.account_id)
    return normal


def confirm_new_address(db: Session, actor: Customer, token: str, *, now: datetime) -> str:
    """Make the address of a pressed link the account's; the old one is told (S23).

    The link works only for the account that asked, signed in. Raises `LinkUnknown`, `LinkUsed`, `LinkSuperseded`,
    `LinkExpired` or `AddressTaken`.
    """
    link = db.exec(
        select(Link).where(
            Link.token_sha256 == token_digest(token), Link.purpose == "address", Link.account_id == actor.account_id
        )
    ).first()
    if link is None:
        raise LinkUnknown
    if link.used_at:
        raise LinkUsed
    if link.superseded_at:
        raise LinkSuperseded
    if link.valid_until <= now:
        raise LinkExpired
    link.used_at = now
    _move_address(db, actor, link.subject, now)
    return link.subject


def normal_address(address: str) -> str:
    """Write an e-mail address the normal way; raises `EmailInvalid`."""
    try:
        return validate_email(address.strip(), check_deliverability=False).normalized
    except EmailNotValidError:
        raise EmailInvalid from None


def _move_address(db: Session, actor: Customer, address: str, now: datetime) -> None:
    account = _own(db, actor)
    taken = accounts.account_of_login(db, address)
    if taken is not None and taken.id != account.id:
        raise AddressTaken
    enqueue(db, "email_changed_notice_to_old", account, now=now, facts={"new_address": address})
    db.exec(
        update(Login)
        .where(col(Login.account_id) == account.id, Login.kind == LoginKind.EMAIL)
        .values(key=accounts.login_key(address), shown=address)
    )
    account.email, account.email_key = address, accounts.login_key(address)
    account.email_confirmed_at, account.email_refused_at, account.email_refused_reason = now, None, ""
    accounts.mark_changed(db, actor.account_id)
    record(db, actor, "address:changed", now=now, account_id=actor.account_id)


def _own(db: Session, actor: Customer) -> Account:
    return db.exec(select(Account).where(Account.id == actor.account_id)).one()
