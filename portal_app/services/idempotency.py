"""Idempotency: a creating request is worked on once, and a retry gets the same answer.

A request under way is marked by a lease that is renewed while the work goes on; whoever was killed holds it for
less than a minute. Only successful answers are kept. (draft-ietf-httpapi-idempotency-key-header)
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, delete, select, update

from portal_app.database.tables import IdempotentAnswer
from portal_app.database.upserts import insert_into
from portal_app.domain.actors import InsurerSystem
from portal_app.domain.errors import IdempotencyKeyReused, RequestInFlight

LEASE = timedelta(seconds=60)
KEPT_FOR = timedelta(days=7)
UNDER_WAY = 0


@dataclass(frozen=True)
class Lease:
    """The right to work on a request; `until` is also what tells this holder from a later one."""

    id: int
    until: datetime


@dataclass(frozen=True)
class KeptAnswer:
    """The first answer to the request: the HTTP status and the body as JSON."""

    status: int
    body: str


def begin(db: Session, actor: InsurerSystem, key: str, request_sha256: str, *, now: datetime) -> Lease | KeptAnswer:
    """Take the lease of a request, or give the answer it already got.

    Raises `RequestInFlight` (fact `seconds`) while another holder works on it and `IdempotencyKeyReused` when the key
    belongs to another request. A request that was never answered with success leaves its key free.
    """
    fresh = {"body_sha256": request_sha256, "status": UNDER_WAY, "answer": "", "created_at": now, "leased_until": now + LEASE}
    inserted = db.connection().execute(
        insert_into(db, IdempotentAnswer)
        .values(api_key_id=actor.key_id, key=key, **fresh)
        .on_conflict_do_nothing(index_elements=["api_key_id", "key"])
        .returning(col(IdempotentAnswer.id))
    )
    if (inserted_id := inserted.scalar()) is not None:
        return Lease(inserted_id, now + LEASE)
    row = db.exec(
        select(IdempotentAnswer).where(IdempotentAnswer.api_key_id == actor.key_id, IdempotentAnswer.key == key).with_for_update()
    ).first()
    if row is None:  # Its holder has just let it go.
        return begin(db, actor, key, request_sha256, now=now)
    if row.created_at + KEPT_FOR > now and (row.status != UNDER_WAY or row.leased_until > now):
        return _known(row, request_sha256, now)
    for name, value in fresh.items():
        setattr(row, name, value)
    return Lease(row.id or 0, now + LEASE)


def renew(db: Session, actor: InsurerSystem, lease: Lease, *, now: datetime) -> Lease:
    """Hold the lease for another minute; nothing happens when somebody else has taken the request over."""
    del actor
    renewed = replace(lease, until=now + LEASE)
    db.exec(update(IdempotentAnswer).where(*_held(lease)).values(leased_until=renewed.until))
    return renewed


def keep(db: Session, actor: InsurerSystem, lease: Lease, answer: KeptAnswer) -> None:
    """Keep a successful answer, in the transaction that makes it true."""
    del actor
    db.exec(
        update(IdempotentAnswer)
        .where(col(IdempotentAnswer.id) == lease.id, col(IdempotentAnswer.status) == UNDER_WAY)
        .values(status=answer.status, answer=answer.body)
    )


def let_go(db: Session, actor: InsurerSystem, lease: Lease) -> None:
    """Free the key of a request that was refused, so that the corrected one may use it."""
    del actor
    db.exec(delete(IdempotentAnswer).where(*_held(lease)))


def _known(row: IdempotentAnswer, request_sha256: str, now: datetime) -> KeptAnswer:
    if row.body_sha256 != request_sha256:
        raise IdempotencyKeyReused
    if row.status == UNDER_WAY:
        raise RequestInFlight(seconds=max(1, int((row.leased_until - now).total_seconds()) + 1))
    return KeptAnswer(row.status, row.answer)


def _held(lease: Lease) -> tuple[ColumnElement[bool], ...]:
    return (
        col(IdempotentAnswer.id) == lease.id,
        col(IdempotentAnswer.status) == UNDER_WAY,
        col(IdempotentAnswer.leased_until) == lease.until,
    )
