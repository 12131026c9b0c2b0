"""Wishes for the full customer portal: recorded where the insurer reads messages (R38, R41)."""

from datetime import datetime

from sqlmodel import Session, col, select, update

from portal_app.database.tables import Account
from portal_app.domain.actors import Customer
from portal_app.domain.brands import Brand
from portal_app.domain.messages import Purpose
from portal_app.services import messages, upgrades
from portal_app.services.events import record


def has_wished(db: Session, actor: Customer) -> bool:
    """Say whether the customer asked for the full portal before."""
    return db.exec(select(Account.upgrade_wished_at).where(Account.id == actor.account_id)).one() is not None


def wish_for_upgrade(db: Session, actor: Customer, *, subject: str, text: str, brand: Brand, now: datetime) -> bool:
    """Note, once, that the customer wants the full portal, in their own language; say whether it was new.

    Where the brand has that portal there is nothing to wish for: customers move by themselves.
    """
    if upgrades.may_upgrade(brand):
        return False
    noted = db.exec(
        update(Account)
        .where(col(Account.id) == actor.account_id, col(Account.upgrade_wished_at).is_(None))
        .values(upgrade_wished_at=now)
    )
    if not noted.rowcount:
        return False
    messages.write_request(db, actor, actor.account_id, Purpose.UPGRADE_WISH, subject=subject, text=text, brand=brand, now=now)
    record(db, actor, "upgrade:wished", now=now, account_id=actor.account_id)
    return True
