"""Leftovers: rows that served their purpose and are forgotten some time later, a bounded number at a time."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Delete, delete, or_, tuple_, update
from sqlmodel import Session, col, select

from portal_app.database.tables import (
    ApplicationDraft,
    Challenge,
    Closing,
    Credential,
    Device,
    Duty,
    FailureBucket,
    IdempotentAnswer,
    Job,
    Link,
    SignIn,
    Visit,
)
from portal_app.domain.actors import Operator
from portal_app.services.idempotency import KEPT_FOR

A_DAY = timedelta(days=1)
A_MONTH = timedelta(days=30)
A_QUARTER = timedelta(days=90)
OVER_A_YEAR = timedelta(days=400)
"""A browser that has not signed in for so long is a stranger again; yearly customers are still known."""


def forget_leftovers(db: Session, actor: Operator, kind: str, *, most: int, now: datetime) -> int:
    """Forget rows of one kind of `KINDS` that are long past their use, at most `most`; give their number.

    Chosen passwords stay, because a new one must differ; locks stay, because only a new password lifts them (R37).
    """
    del actor
    forget = _FORGETTING[kind](now, most)
    forgotten: int = db.execute(forget, execution_options={"synchronize_session": False}).rowcount  # type: ignore[attr-defined]
    return forgotten


def release_links(db: Session, actor: Operator, *, now: datetime) -> None:
    """Let rows that are about to be forgotten go from the rows that point at them."""
    del actor
    old_links = select(Link.id).where(col(Link.valid_until) < now - A_QUARTER)
    old_devices = select(Device.id).where(col(Device.seen_at) < now - OVER_A_YEAR)
    for freeing in (
        update(Visit).where(col(Visit.link_id).in_(old_links)).values(link_id=None),
        update(SignIn).where(col(SignIn.device_id).in_(old_devices)).values(device_id=None),
    ):
        db.execute(freeing, execution_options={"synchronize_session": False})


def _some(table: type, where: Any, most: int, key: str = "id") -> Delete:
    """Delete at most some rows of a table."""
    column = getattr(table, key)
    return delete(table).where(col(column).in_(select(column).where(where).limit(most)))


def _some_drafts(before: datetime, most: int) -> Delete:
    key = tuple_(col(ApplicationDraft.account_id), col(ApplicationDraft.kind))
    old = select(ApplicationDraft.account_id, ApplicationDraft.kind).where(col(ApplicationDraft.saved_at) < before)
    return delete(ApplicationDraft).where(key.in_(old.limit(most)))


_FORGETTING: dict[str, Callable[[datetime, int], Delete]] = {
    "visits": lambda now, most: _some(Visit, col(Visit.valid_until) < now - A_DAY, most),
    "challenges": lambda now, most: _some(Challenge, col(Challenge.valid_until) < now - A_DAY, most),
    "links": lambda now, most: _some(Link, col(Link.valid_until) < now - A_QUARTER, most),
    "sign_ins": lambda now, most: _some(
        SignIn, or_(col(SignIn.ended_at) < now - A_QUARTER, col(SignIn.seen_at) < now - A_QUARTER), most
    ),
    "devices": lambda now, most: _some(Device, col(Device.seen_at) < now - OVER_A_YEAR, most),
    "sent_passwords": lambda now, most: _some(
        Credential, (col(Credential.kind) == "sent") & (col(Credential.valid_until) < now - A_QUARTER), most
    ),
    "answers": lambda now, most: _some(IdempotentAnswer, col(IdempotentAnswer.created_at) < now - KEPT_FOR, most),
    "post": lambda now, most: _some(Job, col(Job.ended_at) < now - A_QUARTER, most),
    "closings": lambda now, most: _some(
        Closing, col(Closing.confirmed_at).is_(None) & (col(Closing.asked_at) < now - A_MONTH), most
    ),
    "duties": lambda now, most: _some(Duty, col(Duty.until) < now - A_DAY, most, key="name"),
    "application_drafts": lambda now, most: _some_drafts(now - A_MONTH, most),
    # Of identifiers that lead nowhere everything is forgotten; of accounts only what no longer bars anybody.
    "failures": lambda now, _: delete(FailureBucket).where(
        col(FailureBucket.updated_at) < now - A_QUARTER,
        or_(col(FailureBucket.account_key).startswith("login:"), col(FailureBucket.locked_at).is_(None)),
    ),
}
KINDS = tuple(_FORGETTING)
