"""Figures for operators: how the installation is doing, from indexes alone, so that asking costs little at any size."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, func, select

from portal_app.database.tables import Account, Application, Delivery, Job, Letter, Message, SignIn
from portal_app.domain.actors import Operator
from portal_app.domain.applications import ApplicationStatus
from portal_app.domain.brands import Brand
from portal_app.domain.calendar import budapest_date
from portal_app.domain.messages import Direction, MessageStatus
from portal_app.services import installation
from portal_app.services.retention import count_unopened_soon

UNOPENED_DAYS = (7, 30, 60)
DEAD_FOR = timedelta(days=7)


@dataclass(frozen=True)
class PostFigures:
    """The outbox."""

    open: dict[str, int]
    """Post that is owed, by channel."""
    put_off: int
    """How much of it was tried before."""
    oldest_seconds: float
    """How long the longest waiting post is owed; what the quiet hours hold does not count."""
    dead: int
    """Post that was given up in the last seven days."""


@dataclass(frozen=True)
class Figures:
    """Everything that is measured at one moment."""

    deliveries: int
    accounts: int
    letters_waiting: int
    letters_overdue: int
    """Letters whose time is over and which no nightly has erased yet."""
    unopened_soon: dict[int, int]
    """Letters that will be erased within so many days although nobody has opened them."""
    post: PostFigures
    sign_ins: int
    addresses_refused: int
    messages_open: int
    messages_overdue: int
    requests_open: int
    requests_overdue: int
    """Requests whose day has passed, those that wait for the customer left out."""
    nightly_seconds: float | None
    """How long ago the last good nightly ran; None when none ever did."""
    backup_seconds: float | None


def gather(db: Session, actor: Operator, *, brand: Brand, now: datetime) -> Figures:
    """Measure everything; totals are the highest number given out, because counting would grow with the installation."""
    today = budapest_date(now)
    idle = max(brand.portal(name).sign_in.idle_minutes for name in brand.switched_on)
    undecided = (col(Application.decided_at).is_(None),)
    waiting = (Message.direction == Direction.CUSTOMER, Message.status != MessageStatus.ANSWERED)
    return Figures(
        deliveries=_highest(db, Delivery.id),
        accounts=_highest(db, Account.id),
        letters_waiting=_count(db, Letter, col(Letter.publish_at).is_not(None)),
        letters_overdue=_count(db, Letter, Letter.erase_on <= today),
        unopened_soon={days: count_unopened_soon(db, actor, days=days, now=now) for days in UNOPENED_DAYS},
        post=post_figures(db, actor, now=now),
        sign_ins=_count(db, SignIn, col(SignIn.ended_at).is_(None), SignIn.seen_at > now - timedelta(minutes=idle)),
        addresses_refused=_count(db, Account, col(Account.email_refused_at).is_not(None)),
        messages_open=_count(db, Message, *waiting),
        messages_overdue=_count(db, Message, *waiting, col(Message.due_on) < today),
        requests_open=_count(db, Application, *undecided),
        requests_overdue=_count(
            db, Application, *undecided, col(Application.due_on) < today, Application.status != ApplicationStatus.WAITING
        ),
        nightly_seconds=_since(db, installation.NIGHTLY_FINISHED, now),
        backup_seconds=_since(db, installation.BACKUP_FINISHED, now),
    )


def post_figures(db: Session, actor: Operator, *, now: datetime) -> PostFigures:
    """Measure the outbox."""
    del actor
    is_open = col(Job.ended_at).is_(None)
    channels = db.exec(select(Job.channel, func.count()).where(is_open).group_by(col(Job.channel))).all()
    # What was tried and put off is late too, although its next attempt lies in the future.
    late = is_open & ((col(Job.not_before) <= now) | (col(Job.attempts) > 0))
    oldest = db.exec(select(func.min(Job.created_at)).where(late)).one()
    return PostFigures(
        open={"mail": 0, "sms": 0} | dict(channels),
        put_off=_count(db, Job, is_open, col(Job.attempts) > 0),
        oldest_seconds=max((now - oldest).total_seconds(), 0) if oldest else 0,
        dead=_count(db, Job, Job.outcome == "dead", col(Job.ended_at) > now - DEAD_FOR),
    )


def _highest(db: Session, column: Any) -> int:
    return db.exec(select(func.max(column))).one() or 0


def _count(db: Session, table: Any, *where: Any) -> int:
    return db.exec(select(func.count()).select_from(table).where(*where)).one()


def _since(db: Session, fact: str, now: datetime) -> float | None:
    moment = installation.recall_moment(db, fact)
    return (now - moment).total_seconds() if moment else None
