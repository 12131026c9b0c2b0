"""Duty (ügyelet, G32): who of customer service answers chats now, and until when."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import literal_column
from sqlmodel import Session, col, delete, select, update

from portal_app.database.tables import Account, Duty, Message
from portal_app.database.upserts import insert_into
from portal_app.domain.actors import Operator
from portal_app.domain.brands import Brand
from portal_app.domain.calendar import budapest_date
from portal_app.domain.messages import Direction, MessageStatus, answered_by
from portal_app.services.events import record

# Written out, so that both databases see that the index over chats holds it.
IS_CHAT = col(Message.purpose) == literal_column("'chat'")
_OPEN_PAGES = timedelta(days=1)


@dataclass(frozen=True)
class DutyLine:
    """One person on duty."""

    name: str
    until: datetime


@dataclass(frozen=True)
class DutyView:
    """Who is on duty, the last to leave at the end; nobody outside of duty."""

    lines: tuple[DutyLine, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(line.name for line in self.lines)

    @property
    def until(self) -> datetime | None:
        """Until when somebody answers."""
        return self.lines[-1].until if self.lines else None


def on_duty(db: Session, *, now: datetime) -> DutyView:
    """Say who is on duty."""
    rows = db.exec(select(Duty).where(Duty.until > now).order_by(col(Duty.until), col(Duty.name))).all()
    return DutyView(tuple(DutyLine(row.name, row.until) for row in rows))


def read_duty(db: Session, actor: Operator, *, now: datetime) -> DutyView:
    """Say the same to the operator."""
    del actor
    return on_duty(db, now=now)


def begin_duty(db: Session, actor: Operator, name: str, until: datetime, *, now: datetime) -> DutyView:
    """Put somebody on duty until a moment, or change until when."""
    beginning = insert_into(db, Duty).values(name=name, until=until)
    db.execute(beginning.on_conflict_do_update(index_elements=["name"], set_={"until": until}))
    _tell_open_chats(db, now)
    record(db, actor, "duty:begun", now=now)
    return on_duty(db, now=now)


def end_duty(db: Session, actor: Operator, name: str, *, brand: Brand, now: datetime) -> DutyView:
    """Let somebody go, or everybody where no `name` is given; what nobody answered becomes an ordinary message."""
    ending = delete(Duty)
    db.exec(ending.where(col(Duty.name) == name) if name else ending)
    leave_to_messages(db, actor, brand=brand, now=now)
    _tell_open_chats(db, now)
    record(db, actor, "duty:ended", now=now)
    return on_duty(db, now=now)


def leave_to_messages(db: Session, actor: Operator, *, brand: Brand, now: datetime) -> int:
    """Once nobody is on duty, give what waits in chats the day by which it is answered, like any other message."""
    del actor
    if on_duty(db, now=now).lines:
        return 0
    waiting = db.exec(
        select(Message).where(
            Message.direction == Direction.CUSTOMER,
            Message.status != MessageStatus.ANSWERED,
            IS_CHAT,
            col(Message.due_on).is_(None),
        )
    ).all()
    for message in waiting:
        message.due_on = answered_by(budapest_date(message.written_at), brand.request_days)
    return len(waiting)


def _tell_open_chats(db: Session, now: datetime) -> None:
    """Let chats that may be open say at once who is there."""
    chatting = select(Message.account_id).where(IS_CHAT, Message.written_at > now - _OPEN_PAGES)
    db.exec(update(Account).where(col(Account.id).in_(chatting)).values(revision=Account.revision + 1))
