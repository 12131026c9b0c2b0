"""Known browsers: those that have signed in before; strangers cannot lock them out.

One cookie names the browser; each account that signed in there knows it under a digest of its own, so that two
people who share a tablet do not take it from each other.
"""

from datetime import datetime

from sqlmodel import Session, col, delete, select, update

from portal_app.database.tables import Account, Device, SignIn
from portal_app.domain.sign_in import SignInRules
from portal_app.gateways.secrets import token_digest


def known_device(db: Session, account: Account | None, token: str) -> Device | None:
    """Give the browser with this cookie if the account has signed in there before."""
    if account is None or not token:
        return None
    return db.exec(select(Device).where(Device.account_id == account.id, Device.token_sha256 == _digest(account, token))).first()


def remember_device(db: Session, account: Account, token: str, rules: SignInRules, *, now: datetime) -> int:
    """Know this browser from now on; the one used longest ago makes way when there are too many. Gives its row."""
    device = known_device(db, account, token)
    if device is None:
        device = Device(account_id=account.id or 0, token_sha256=_digest(account, token), created_at=now, seen_at=now)
        db.add(device)
    device.seen_at = now
    db.flush()
    _forget_oldest(db, account, rules.known_devices)
    return device.id or 0


def _forget_oldest(db: Session, account: Account, keep: int) -> None:
    ids = db.exec(
        select(Device.id).where(Device.account_id == account.id).order_by(col(Device.seen_at).desc(), col(Device.id).desc())
    ).all()
    if too_many := ids[keep:]:
        db.exec(update(SignIn).where(col(SignIn.device_id).in_(too_many)).values(device_id=None))
        db.exec(delete(Device).where(col(Device.id).in_(too_many)))


def _digest(account: Account, token: str) -> str:
    return token_digest(f"{account.id} {token}")
