"""The demonstration's special states: what a customer would otherwise need days or failures to reach."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select, update

from portal_app.database.tables import Account, Closing, Credential, Job, Letter, Login, Policy
from portal_app.domain.actors import Customer, Operator
from portal_app.domain.brands import Brand, LoginKind, PortalName
from portal_app.domain.closings import LINK_LIFE, Ground
from portal_app.domain.logins import login_key
from portal_app.domain.sign_in import SignInRules
from portal_app.gateways.secrets import Secrets, public_id, token_digest
from portal_app.services import accounts, closings, failures, installation
from portal_app.services.events import record

FILLED = "demonstration"


@dataclass(frozen=True)
class Progress:
    """How far the demonstration has been filled."""

    filled: bool
    begun: bool
    empty: bool
    """Whether the database holds no account at all."""


def progress(db: Session, actor: Operator) -> Progress:
    """Say how far a former run came."""
    del actor
    noted = installation.recall(db, FILLED)
    return Progress(noted == "filled", noted == "begun", db.exec(select(Account.id).limit(1)).first() is None)


def note_progress(db: Session, actor: Operator, *, filled: bool) -> None:
    """Remember that filling has begun, or is done."""
    del actor
    installation.remember(db, FILLED, "filled" if filled else "begun")


def customer_of(db: Session, actor: Operator, login: str) -> Customer:
    """Give the person behind an identifier as a visitor, to let them open and write letters."""
    del actor
    account = _account(db, login)
    return Customer(account.id or 0, 0, account.portal, language=account.language, display_name=account.email)


def give_password(
    db: Session, actor: Operator, login: str, hashed: str, *, chosen_at: datetime, days: int | None, now: datetime
) -> None:
    """Let the person have signed in and chosen this password on `chosen_at`; it lives `days` days, for good without."""
    account = _account(db, login)
    account_id = account.id or 0
    if db.exec(select(Credential.id).where(Credential.account_id == account_id, Credential.kind == "chosen")).first():
        return
    db.exec(update(Credential).where(col(Credential.account_id) == account_id).values(ended_at=chosen_at, used_at=chosen_at))
    valid_until = chosen_at + timedelta(days=days) if days is not None else None
    db.add(Credential(account_id=account_id, kind="chosen", hash=hashed, created_at=chosen_at, valid_until=valid_until))
    account.status, account.activated_at, account.email_confirmed_at = "active", chosen_at, chosen_at
    account.phone_confirmed_at = chosen_at if account.phone else None
    record(db, actor, "account:activated", now=chosen_at, account_id=account_id, about=account.public_id)
    withdraw_post(db, actor, login, now=now)


def move_to_full_portal(db: Session, actor: Operator, email: str, login: str, *, now: datetime) -> None:
    """Let the person have moved from the letter-box to the full portal with this identifier, before any letter came."""
    account = _account(db, email)
    if account.portal == PortalName.UGYFELPORTAL:
        return
    account.portal, account.upgraded_at = PortalName.UGYFELPORTAL, now
    accounts.add_issued_login(db, account, login)
    record(db, actor, "account:upgraded", now=now, account_id=account.id, about=account.public_id)


def register(db: Session, actor: Operator, name: str, email: str, portal: PortalName, *, now: datetime) -> None:
    """Let the person have registered with this user name and confirmed the address."""
    if accounts.account_of_login(db, name) is not None:
        return
    account = Account(
        public_id=public_id(), portal=portal, status="active", email=email, email_key=login_key(email),
        email_confirmed_at=now, activated_at=now, created_at=now,
    )  # fmt: skip
    db.add(account)
    db.flush()
    db.add(Login(account_id=account.id or 0, kind=LoginKind.CHOSEN, key=login_key(name), shown=name))
    record(db, actor, "account:registered", now=now, account_id=account.id, about=account.public_id)


def address_exists(db: Session, actor: Operator, email: str) -> bool:
    """Say whether some account has this address, confirmed or not."""
    del actor
    return db.exec(select(Account.id).where(Account.email_key == login_key(email))).first() is not None


def withdraw_post(db: Session, actor: Operator, login: str, *, now: datetime) -> None:
    """Withdraw what the outbox owes the person: it was read long ago."""
    del actor
    db.exec(
        update(Job)
        .where(col(Job.account_id) == _account(db, login).id, col(Job.ended_at).is_(None))
        .values(ended_at=now, outcome="withdrawn", secret="", gathers="")
    )


def fail_sign_ins(db: Session, actor: Operator, login: str, times: int, rules: SignInRules, *, now: datetime) -> None:
    """Let strangers have failed to sign in as the person this many times, a minute apart."""
    del actor
    place = failures.Place(f"account:{_account(db, login).id}")
    for attempt in range(times):
        at = now - timedelta(minutes=times - attempt)
        counted = failures.reserve(db, place, times, now=at)
        if counted is not None:
            failures.confirm(db, place, counted, rules, now=at)


def refuse_address(db: Session, actor: Operator, login: str, reason: str, *, now: datetime) -> None:
    """Let the person's address have refused our mail for good."""
    account = _account(db, login)
    account.email_refused_at, account.email_refused_reason = now, reason
    record(db, actor, "address:refused", now=now, account_id=account.id)


def speak(db: Session, actor: Operator, login: str, language: str) -> None:
    """Let the person use the portal in this language."""
    del actor
    _account(db, login).language = language


def begin_closing(db: Session, actor: Operator, login: str, *, brand: Brand, secrets: Secrets, now: datetime) -> None:
    """Let the person have asked for and confirmed the closing of the account."""
    customer = customer_of(db, actor, login)
    if closings.running(db, customer, brand=brand, now=now):
        return
    closings.ask(db, customer, Ground.OTHER, secrets=secrets, now=now)
    asked = db.exec(select(Closing.public_id).where(Closing.account_id == customer.account_id)).one()
    token = accounts.new_link(db, customer.account_id, closings.PURPOSE, valid_until=now + LINK_LIFE, now=now, subject=asked)
    closings.confirm(db, customer, token_digest(token), brand=brand, now=now)


def policy_exists(db: Session, actor: Operator, number: str) -> bool:
    """Say whether the policy was stated before."""
    del actor
    return db.exec(select(Policy.id).where(Policy.number == number)).first() is not None


def letters_of(db: Session, actor: Operator, login: str) -> list[tuple[str, str, datetime]]:
    """List the person's letters: public id, kind, and when it was placed; the oldest first."""
    del actor
    account_id = _account(db, login).id
    found = db.exec(
        select(Letter.public_id, Letter.kind, Letter.placed_at)
        .where(Letter.account_id == account_id)
        .order_by(col(Letter.placed_at), col(Letter.id))
    ).all()
    return [(letter_id, kind, placed_at) for letter_id, kind, placed_at in found]


def _account(db: Session, login: str) -> Account:
    account = accounts.account_of_login(db, login)
    if account is None:
        raise LookupError(login)
    return account
