"""Upgrades: a letter-box becomes an account of the full portal, with everything that is in it (R39, R42–R43)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select, update

from portal_app.database.tables import Account, Letter, Policy
from portal_app.domain.actors import Customer, Operator
from portal_app.domain.brands import Brand, PortalName
from portal_app.domain.calendar import budapest_date
from portal_app.domain.errors import CodeWrong, PhoneMissing, PolicyUnknown, TooMany, UpgradeNotPossible
from portal_app.domain.logins import issued_shown
from portal_app.gateways.secrets import Secrets
from portal_app.services import accounts, belongings, codes, retention, sign_ins
from portal_app.services.events import record
from portal_app.services.outbox import enqueue
from portal_app.services.visits import note_for, outcome_for

ERRAND = "upgrade"
CODE_SENT = "upgrade_code_sent"


@dataclass(frozen=True)
class UpgradeOffer:
    """What the page says before the one button is pressed."""

    letters: int
    """How many letters come along."""
    phone: str
    """Where a code would go, in full: the door masks it."""
    code_sent: bool
    outcome: str
    """How the last form ended: the code of a refusal, or empty."""


def may_upgrade(brand: Brand) -> bool:
    """Whether the brand has a full portal to move to."""
    return PortalName.UGYFELPORTAL in brand.switched_on


def offer(db: Session, actor: Customer, *, brand: Brand, now: datetime) -> UpgradeOffer:
    """Say what comes along, and how far the proof by phone has come where the brand asks for one."""
    letters = select(func.count()).where(Letter.account_id == actor.account_id, col(Letter.erase_on) > budapest_date(now))
    asks = brand.upgrade_asks_phone_code
    return UpgradeOffer(
        letters=db.exec(letters).one(),
        phone=db.exec(select(Account.phone).where(Account.id == actor.account_id)).one(),
        code_sent=asks and codes.awaits_code(db, actor.account_id, ERRAND, now=now),
        outcome=outcome_for(db, actor, now=now).code,
    )


def send_phone_code(db: Session, actor: Customer, policy_number: str, *, brand: Brand, secrets: Secrets, now: datetime) -> None:
    """Owe the account's phone a code, once the customer has named one of their policies.

    Raises `PolicyUnknown`, `PhoneMissing`, or `TooMany` after three within an hour.
    """
    own = select(Policy.id).where(Policy.account_id == actor.account_id, Policy.number == policy_number.strip().upper())
    if db.exec(own).first() is None:
        raise PolicyUnknown
    account = _own(db, actor)
    if not account.phone:
        raise PhoneMissing
    if not codes.send_code(db, account, ERRAND, channel="sms", brand=brand, secrets=secrets, now=now):
        raise TooMany
    # What was wrong with an earlier try is over.
    note_for(db, actor, CODE_SENT, now=now)


def check_phone_code(db: Session, actor: Customer, code: str, *, secrets: Secrets, now: datetime) -> bool:
    """Use the code up and say whether it was right; a transaction of its own, so that wrong tries are counted."""
    return codes.take_code(db, _own(db, actor), ERRAND, code, secrets=secrets, now=now)


def upgrade(db: Session, actor: Customer, *, phone_proved: bool = False, brand: Brand, now: datetime) -> bool:
    """Move the customer's account to the full portal; all of it, or nothing.

    Nothing is copied: the account stays the same and gets an issued identifier, which its owner is told by e-mail; the
    e-mail address goes on leading to it. Every letter stays, under the full portal's dates. Other sign-ins end, and
    this one can do nothing but choose a password by the new rules. False, and nothing is done, when the
    account has moved already.

    Raises `UpgradeNotPossible` where the brand has no such portal or the account is being closed, and `CodeWrong`
    where the brand asks for a code by phone that was not `phone_proved`.
    """
    (account,) = belongings.hold(db, actor.account_id)
    if account.portal != PortalName.KULDEMENYEIM:
        return False
    if not may_upgrade(brand) or account.status != "active":
        raise UpgradeNotPossible
    if brand.upgrade_asks_phone_code and not phone_proved:
        raise CodeWrong
    account.portal, account.upgraded_at, account.upgrade_wished_at = PortalName.UGYFELPORTAL, now, None
    if phone_proved:
        account.phone_confirmed_at = now
    login = accounts.unused_login(db)
    accounts.add_issued_login(db, account, login)
    retention.move_dates_of_account(db, actor, actor.account_id, rules=brand.retention, now=now)
    accounts.mark_changed(db, actor.account_id)
    sign_ins.end_others(db, actor.account_id, now=now, reason="upgraded", keep=actor.sign_in_id)
    sign_ins.ask_for_password(db, actor)
    enqueue(db, "upgraded", account, now=now, facts={"login": issued_shown(login)})
    record(db, actor, "account:upgraded", now=now, account_id=actor.account_id, about=account.public_id)
    return True


def wishes_to_invite(db: Session, actor: Operator, *, brand: Brand, most: int) -> list[int]:
    """List accounts whose wish for the full portal can be met now, at most `most`."""
    del actor
    if not may_upgrade(brand):
        return []
    wished = (
        col(Account.upgrade_wished_at).is_not(None),
        Account.portal == PortalName.KULDEMENYEIM,
        Account.status == "active",
    )
    found = db.exec(select(Account.id).where(*wished).order_by(col(Account.upgrade_wished_at), col(Account.id)).limit(most)).all()
    return [account_id for account_id in found if account_id is not None]


def invite(db: Session, actor: Operator, account_ids: Sequence[int], *, now: datetime) -> int:
    """Owe each account, once, the e-mail that says that it can move now; give their number."""
    told = 0
    for account_id in account_ids:
        met = (
            update(Account)
            .where(col(Account.id) == account_id, col(Account.upgrade_wished_at).is_not(None))
            .values(upgrade_wished_at=None)
        )
        if db.exec(met).rowcount:
            enqueue(db, "upgrade_invitation", db.get_one(Account, account_id), now=now, urgent=False)
            record(db, actor, "upgrade:invited", now=now, account_id=account_id)
            told += 1
    return told


def _own(db: Session, actor: Customer) -> Account:
    return db.exec(select(Account).where(Account.id == actor.account_id)).one()
