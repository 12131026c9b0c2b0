"""Whereabouts: where somebody's accounts are; the true answer goes to the address on file only (R44, R49, R59)."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlmodel import Session, col, func, select

from portal_app.database import locks
from portal_app.database.tables import Account, Job, Letter, Login, Policy
from portal_app.domain.actors import Actor, Customer
from portal_app.domain.brands import LoginKind, PortalName
from portal_app.domain.errors import EmailInvalid
from portal_app.domain.logins import login_key
from portal_app.domain.policies import Communication, PolicyStatus, plate_key
from portal_app.gateways.contacts import tidy_email
from portal_app.services import accounts
from portal_app.services.events import record
from portal_app.services.outbox import enqueue, enqueue_to_address

MAILS_AN_HOUR = 3
# Policies with one plate number: a car has several over the years, but no more than this.
MOST_POLICIES = 20
LIVING = ("invited", "active", "closing")
# Whose customers can stand in a place that nothing ever comes to (R83).
EMPTY_PLACES = (PortalName.UGYFELPORTAL, PortalName.ONLINE24)
_ASKED = text("kind IN ('whereabouts', 'whereabouts_postal')")


def tell_whereabouts(db: Session, actor: Actor, clue: str, plate_number: str, *, language: str, now: datetime) -> bool:
    """Owe the address on file the list of its accounts and how to get in; nothing where nothing is found.

    `clue` is an e-mail address, an identifier or a policy number; with a policy number the plate number must fit when
    it is given, and alone it is enough. Whoever has policies by post only is told so, where we know an e-mail address.
    At most three e-mails an hour go to one address. `language` is for those who have no account and so chose none.
    Says whether anybody was told, now or within that hour: for the insurer's staff, never for whoever asks.
    """
    addresses = sorted(_addresses(db, clue.strip(), plate_key(plate_number)))
    told = [_tell(db, actor, address, language=language, now=now) for address in addresses]
    return any(told)


def is_in_an_empty_place(db: Session, actor: Customer) -> bool:
    """Whether the customer sees an account without any policy or letter, and so may have come to the wrong portal (R83)."""
    if actor.portal not in EMPTY_PLACES:
        return False
    belongings = (
        select(Policy.id).where(Policy.account_id == actor.account_id),
        select(Letter.id).where(
            Letter.account_id == actor.account_id, col(Letter.binned_at).is_(None), col(Letter.publish_at).is_(None)
        ),
        select(Letter.id).where(Letter.account_id == actor.account_id, col(Letter.binned_at).is_not(None)),
    )
    return all(db.exec(belonging.limit(1)).first() is None for belonging in belongings)


# ── finding the addresses on file ──


def _addresses(db: Session, clue: str, plate: str) -> set[str]:
    """Name every address on file that the clue leads to, each once however it is written."""
    found = [account.email for account in _accounts(db, clue)]
    found += [_address_of(db, policy) for policy in _policies(db, clue, plate)]
    return set({login_key(address): address for address in found if address}.values())


def _accounts(db: Session, clue: str) -> list[Account]:
    if not clue:
        return []
    by_login = accounts.account_of_login(db, clue)
    by_address = db.exec(select(Account).where(Account.email_key == login_key(clue), col(Account.status).in_(LIVING))).all()
    return [account for account in (by_login, *by_address) if account is not None and account.status in LIVING]


def _policies(db: Session, clue: str, plate: str) -> Iterable[Policy]:
    if not clue and not plate:
        return ()
    if not clue:
        return db.exec(select(Policy).where(Policy.plate_key == plate).limit(MOST_POLICIES)).all()
    by_number = db.exec(select(Policy).where(col(Policy.number).in_({clue, clue.upper()}))).all()
    by_address = _policies_of_address(db, clue)
    return [policy for policy in by_number if not plate or policy.plate_key == plate] + by_address


def _policies_of_address(db: Session, written: str) -> list[Policy]:
    try:
        address = tidy_email(written)
    except EmailInvalid:
        return []
    return list(db.exec(select(Policy).where(col(Policy.email).in_({address, address.lower()})).limit(MOST_POLICIES)).all())


def _address_of(db: Session, policy: Policy) -> str:
    """Give the address of the account that holds the policy, else the one the insurer holds for it."""
    account = db.get(Account, policy.account_id) if policy.account_id else None
    return account.email if account is not None and account.status in LIVING else policy.email


# ── telling ──


def _tell(db: Session, actor: Actor, address: str, *, language: str, now: datetime) -> bool:
    held = db.exec(
        select(Account)
        .where(Account.email_key == login_key(address), col(Account.status).in_(LIVING))
        .order_by(col(Account.id))
        .with_for_update()
    ).all()
    if not held:
        # There is no account whose row would keep others waiting while we count.
        locks.one_at_a_time(db, locks.WHEREABOUTS)
    postal = any(_comes_by_post(policy) for policy in _policies_of_address(db, address))
    if not (held or postal):
        return False
    if _mails_in_last_hour(db, address, now) >= MAILS_AN_HOUR:
        return True
    if held:
        lines = [f"{account.portal} {_identifiers(db, account)}" for account in held]
        facts: dict[str, str | int] = {"accounts": "\n".join(lines)} | ({"postal": 1} if postal else {})
        enqueue(db, "whereabouts", held[0], now=now, recipient=address, facts=facts)
    else:
        enqueue_to_address(db, "whereabouts_postal", address, language=language, now=now)
    record(db, actor, "whereabouts:told", now=now, account_id=held[0].id if held else None, accounts=len(held))
    return True


def _comes_by_post(policy: Policy) -> bool:
    return policy.communication == Communication.POSTAL and policy.status == PolicyStatus.ACTIVE


def _mails_in_last_hour(db: Session, address: str, now: datetime) -> int:
    counted = select(func.count()).where(_ASKED, col(Job.recipient) == address, col(Job.created_at) > now - timedelta(hours=1))
    return int(db.exec(counted).one())


def _identifiers(db: Session, account: Account) -> str:
    logins = db.exec(select(Login).where(Login.account_id == account.id).order_by(col(Login.id))).all()
    return ", ".join(_as_shown(login, account) for login in logins)


def _as_shown(login: Login, account: Account) -> str:
    """Write an identifier out for the owner of the account's address; hide the middle of what may be somebody else's."""
    ours = login.kind == LoginKind.ISSUED or login.key == account.email_key
    if ours or (login.kind == LoginKind.CHOSEN and account.email_confirmed_at is not None):
        return login.shown
    name, at, domain = login.shown.partition("@")
    return f"{name[:1]}***{at}{domain}"
