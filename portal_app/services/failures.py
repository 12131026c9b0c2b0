"""Failed attempts: counted before the password is checked, so that parallel guesses are worth no more than serial ones.

A place is one identifier as seen from one known browser, from one mailed link, or from everybody else together.
Each place has its own count, so that strangers lock out strangers only (C16).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import Session, col, select, update

from portal_app.database.tables import Account, FailureBucket
from portal_app.database.upserts import insert_into
from portal_app.domain.logins import login_key
from portal_app.domain.sign_in import Barrier, SignInRules, barrier_after, wait_after
from portal_app.gateways.secrets import Secrets

UNKNOWN = "unknown"
_TOLD_AGAIN_AFTER = timedelta(hours=24)


@dataclass(frozen=True)
class Place:
    """Where attempts are counted together."""

    account_key: str
    bucket: str = UNKNOWN


@dataclass(frozen=True)
class Standing:
    """What the next attempt at a place meets."""

    failures: int = 0
    barrier: Barrier = Barrier.NONE
    seconds: int = 0
    """How long it has to wait."""


def account_key(secrets: Secrets, account: Account | None, login: str) -> str:
    """Name whose failures are counted; identifiers that lead nowhere have a count too and so look the same."""
    if account is not None:
        return f"account:{account.id}"
    return f"login:{secrets.fingerprint('failures', login_key(login))}"


def standing_at(db: Session, place: Place, rules: SignInRules, *, now: datetime) -> Standing:
    """Say what the next attempt at this place meets."""
    row = db.exec(
        select(FailureBucket).where(FailureBucket.account_key == place.account_key, FailureBucket.bucket == place.bucket)
    ).first()
    if row is None:
        return Standing()
    wait = (row.not_before - now).total_seconds() if row.not_before else 0
    return Standing(row.failures, barrier_after(row.failures, rules), max(0, ceil(wait)))


def reserve(db: Session, place: Place, most: int, *, now: datetime) -> int | None:
    """Count one failure in advance, in one statement, unless `most` are reached or a wait runs: then None.

    Whoever gets a number may check the password once. Refused attempts neither count nor lengthen a wait (S07).
    """
    if most <= 0:
        return None
    counted = (
        insert_into(db, FailureBucket)
        .values(account_key=place.account_key, bucket=place.bucket, failures=1, updated_at=now)
        .on_conflict_do_update(
            index_elements=["account_key", "bucket"],
            set_={"failures": FailureBucket.failures + 1, "updated_at": now},
            where=(col(FailureBucket.failures) < most)
            & or_(col(FailureBucket.not_before).is_(None), col(FailureBucket.not_before) <= now),
        )
        .returning(col(FailureBucket.failures))
    )
    found = db.execute(counted).scalar_one_or_none()
    return None if found is None else int(found)


def withdraw(db: Session, place: Place) -> None:
    """Take one reserved failure back: nothing was checked after all."""
    db.exec(update(FailureBucket).where(_at(place), col(FailureBucket.failures) > 0).values(failures=FailureBucket.failures - 1))


def confirm(db: Session, place: Place, failures: int, rules: SignInRules, *, now: datetime) -> None:
    """Let the next attempt wait, now that this reserved one has failed."""
    wait = wait_after(failures, rules)
    locked = barrier_after(failures, rules) is Barrier.LOCKED
    db.exec(
        update(FailureBucket)
        .where(_at(place))
        .values(not_before=now + wait if wait else None, **({"locked_at": now} if locked else {}))
    )


def forgive(db: Session, place: Place) -> None:
    """Begin to count anew at this place after a success; other places keep their count (S09)."""
    db.exec(update(FailureBucket).where(_at(place)).values(failures=0, not_before=None, locked_at=None))


def lift_lock(db: Session, account_id: int) -> None:
    """Begin to count anew at every place of the account: it has a new password (R37)."""
    db.exec(
        update(FailureBucket)
        .where(col(FailureBucket.account_key) == f"account:{account_id}")
        .values(failures=0, not_before=None, locked_at=None)
    )


def is_locked(db: Session, account_id: int) -> bool:
    """Whether some place of the account is locked."""
    return (
        db.exec(
            select(FailureBucket.bucket).where(
                FailureBucket.account_key == f"account:{account_id}", col(FailureBucket.locked_at).is_not(None)
            )
        ).first()
        is not None
    )


def owner_is_to_be_told(db: Session, place: Place, *, now: datetime) -> bool:
    """Whether the owner has not been told of a lock for a day; says yes once, and remembers."""
    told = db.exec(
        select(FailureBucket.told_at).where(
            FailureBucket.account_key == place.account_key, col(FailureBucket.told_at) > now - _TOLD_AGAIN_AFTER
        )
    ).first()
    if told is not None:
        return False
    db.exec(update(FailureBucket).where(_at(place)).values(told_at=now))
    return True


def _at(place: Place) -> ColumnElement[bool]:
    return and_(col(FailureBucket.account_key) == place.account_key, col(FailureBucket.bucket) == place.bucket)
