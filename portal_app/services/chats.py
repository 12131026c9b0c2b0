"""Chats (csevegés, G32): one thread an account, live in both directions, kept like every other message.

While somebody is on duty a message waits for them; otherwise it is an ordinary message with the day by which it is
answered. Each bears a reference number and stands in the insurer's list of messages.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import literal_column
from sqlmodel import Session, and_, col, func, select, update

from portal_app.database import locks
from portal_app.database.tables import Account, Job, Login, Message
from portal_app.domain.actors import Customer, InsurerSystem, Operator
from portal_app.domain.brands import Brand
from portal_app.domain.calendar import budapest_date
from portal_app.domain.errors import MessageNotFound, NotAllowed, TooMany
from portal_app.domain.logins import login_key
from portal_app.domain.messages import (
    CHAT_CHARACTERS,
    CHAT_PORTALS,
    Direction,
    MessageStatus,
    Purpose,
    answered_by,
    check_text,
    clean_text,
)
from portal_app.services import accounts, messages
from portal_app.services.duty import IS_CHAT, DutyView, on_duty
from portal_app.services.events import record
from portal_app.services.messages import NewMessage, Receipt
from portal_app.services.outbox import enqueue

AT_ONCE = 30
"""Messages that one look at the thread shows; older ones are asked for."""
MOST_AT_ONCE = 1_000
MESSAGES_AN_HOUR = 60
TOLD_AFTER = timedelta(minutes=3)
"""Who reads the answer within this time needs no e-mail about it."""

Insurer = InsurerSystem | Operator


@dataclass(frozen=True)
class ChatLine:
    """A message of the thread."""

    public_id: str
    by_customer: bool
    text: str
    written_at: datetime
    status: str
    reference: str
    due_on: date | None
    """By when a customer's message is answered; None while somebody on duty answers it, and once it is."""


@dataclass(frozen=True)
class ChatView:
    """The end of a customer's thread."""

    lines: tuple[ChatLine, ...]
    """The oldest first."""
    more: bool
    """Whether there are older ones."""
    unseen: bool
    """Whether there is something from the insurer that the customer has not seen."""
    duty: DutyView


@dataclass(frozen=True)
class Conversation:
    """A thread as the insurer sees it."""

    account: str
    login: str
    email: str
    portal: str
    waiting: int
    """How many of the customer's messages have no answer yet."""
    last_reference: str
    last_at: datetime
    last_text: str
    last_by_customer: bool


@dataclass(frozen=True)
class Said:
    """What the insurer is told about its own words."""

    id: str
    reference: str
    answers: str
    """The reference of the customer's message they answer."""
    repeated: bool


# ── the customer ──


def read_chat(db: Session, actor: Customer, *, most: int = AT_ONCE, brand: Brand, now: datetime) -> ChatView:
    """Give the last `most` messages of the customer's own thread, and who is on duty."""
    duty, today = on_duty(db, now=now), budapest_date(now)
    rows = _thread(db, actor.account_id, min(most, MOST_AT_ONCE) + 1, today)
    shown = rows[-most:]
    return ChatView(
        lines=tuple(_line(row, duty, brand) for row in shown),
        more=len(rows) > len(shown),
        unseen=any(row.direction == Direction.INSURER and row.seen_at is None for row in shown),
        duty=duty,
    )


def send(db: Session, actor: Customer, text: str, *, subject: str, mark: str, brand: Brand, now: datetime) -> Receipt:
    """Send a message of the chat; the same `mark` (`messages.form_mark`) again gives the first receipt.

    Raises `NotAllowed` outside the portals that have a chat, `ReplyEmpty`, `ReplyTooLong` or `TooMany`.
    """
    if actor.portal not in CHAT_PORTALS:
        raise NotAllowed
    locks.one_at_a_time(db, locks.MESSAGES)
    if sent := messages.find_sent(db, actor, mark):
        return sent
    words = clean_text(text)
    check_text(words, CHAT_CHARACTERS)
    _check_rate(db, actor, now)
    due_on = None if on_duty(db, now=now).lines else answered_by(budapest_date(now), brand.request_days)
    message = messages.write_message(
        db, _new(actor.account_id, Direction.CUSTOMER, subject, words, mark, due_on=due_on), None, (), now=now
    )
    accounts.mark_changed(db, actor.account_id)
    record(db, actor, "chat:written", now=now, account_id=actor.account_id, about=message.public_id)
    return Receipt(message.public_id, message.reference, now, due_on)


def count_unseen(db: Session, actor: Customer, *, now: datetime) -> int:
    """Count the insurer's words that the customer has not seen yet; within an index over the account's own."""
    if actor.portal not in CHAT_PORTALS:
        return 0
    return db.exec(select(func.count()).where(*_unseen(actor), col(Message.erase_on) > budapest_date(now))).one()


def mark_seen(db: Session, actor: Customer, *, now: datetime) -> None:
    """Remember that the customer has seen the insurer's words; an e-mail about them is not needed any more."""
    if db.exec(update(Message).where(*_unseen(actor)).values(seen_at=now)).rowcount:
        accounts.mark_changed(db, actor.account_id)
    db.exec(
        update(Job)
        # Said twice, so that both databases see that the index over gathered post holds it.
        .where(col(Job.gathers) == _gathered_under(actor.account_id), col(Job.gathers) != literal_column("''"))
        .values(ended_at=now, outcome="withdrawn", reason="it was read meanwhile", gathers="")
    )


def _unseen(actor: Customer) -> tuple[Any, ...]:
    own, theirs = col(Message.account_id) == actor.account_id, col(Message.direction) == Direction.INSURER
    return own, IS_CHAT, theirs, col(Message.seen_at).is_(None)


# ── the insurer ──


def list_conversations(db: Session, actor: Insurer, *, most: int = 200) -> list[Conversation]:
    """List the threads, those with unanswered messages first, then the latest."""
    del actor
    unanswered = and_(col(Message.direction) == Direction.CUSTOMER, col(Message.status) != MessageStatus.ANSWERED)
    threads = (
        select(Message.account_id, func.max(Message.id).label("last"), func.count().filter(unanswered).label("waiting"))
        .where(IS_CHAT)
        .group_by(col(Message.account_id))
        .subquery()
    )
    rows = db.exec(
        select(Message, Account, threads.c.waiting)
        .join(threads, threads.c.last == Message.id)
        .join(Account, col(Account.id) == Message.account_id)
        .order_by((threads.c.waiting > 0).desc(), col(Message.id).desc())
        .limit(most)
    ).all()
    shown = _logins(db, [account.id or 0 for _, account, _ in rows])
    return [_conversation(last, account, shown.get(account.id or 0, ""), waiting) for last, account, waiting in rows]


def read_conversation(
    db: Session, actor: Insurer, who: str, *, most: int = MOST_AT_ONCE, brand: Brand, now: datetime
) -> tuple[ChatLine, ...]:
    """Give the last messages of one thread, the oldest first.

    `who` is the account's id, an identifier of its owner, or a reference of the thread; else `MessageNotFound`.
    """
    del actor
    duty = on_duty(db, now=now)
    return tuple(_line(row, duty, brand) for row in _thread(db, _account_of(db, who), most, budapest_date(now)))


def say(db: Session, actor: Insurer, who: str, text: str, *, now: datetime) -> Said:
    """Write into a thread: the customer sees it at once, everything that waited there is answered.

    Whoever has not seen it some minutes later is told by e-mail. The same words given twice, as by a repeated command,
    are said once. Raises `MessageNotFound`, `ReplyEmpty` or `ReplyTooLong`.
    """
    locks.one_at_a_time(db, locks.MESSAGES)
    words = clean_text(text)
    check_text(words, CHAT_CHARACTERS)
    account = db.get_one(Account, _account_of(db, who))
    asked = _last_question(db, account.id or 0)
    mark = messages.form_mark(actor, asked.public_id, "chat", words, ())
    if given := db.exec(select(Message).where(Message.nonce == mark)).first():
        return Said(given.public_id, given.reference, asked.reference, repeated=True)
    new = _new(account.id or 0, Direction.INSURER, asked.subject, words, mark, answers_id=asked.id)
    written = messages.write_message(db, new, None, (), now=now)
    db.exec(
        update(Message)
        .where(
            col(Message.account_id) == account.id,
            IS_CHAT,
            col(Message.direction) == Direction.CUSTOMER,
            col(Message.status) != MessageStatus.ANSWERED,
        )
        .values(status=MessageStatus.ANSWERED)
    )
    accounts.mark_changed(db, account.id or 0)
    if account.status != "closed":
        enqueue(
            db, "new_answer", account, now=now, facts={"link": "/chat"}, gathers=_gathered_under(account.id or 0),
            not_before=now + TOLD_AFTER,
        )  # fmt: skip
    record(db, actor, "chat:answered", now=now, account_id=account.id, about=written.public_id)
    return Said(written.public_id, written.reference, asked.reference, repeated=False)


# ── both ──


def _thread(db: Session, account_id: int, most: int, today: date) -> list[Message]:
    rows = db.exec(
        select(Message)
        .where(Message.account_id == account_id, IS_CHAT, col(Message.erase_on) > today)
        .order_by(col(Message.id).desc())
        .limit(most)
    ).all()
    return list(reversed(rows))


def _line(row: Message, duty: DutyView, brand: Brand) -> ChatLine:
    waits = row.direction == Direction.CUSTOMER and row.status != MessageStatus.ANSWERED
    due_on = row.due_on
    if waits and due_on is None and not duty.lines:
        due_on = answered_by(budapest_date(row.written_at), brand.request_days)
    return ChatLine(
        public_id=row.public_id,
        by_customer=row.direction == Direction.CUSTOMER,
        text=row.text,
        written_at=row.written_at,
        status=row.status,
        reference=row.reference,
        due_on=due_on if waits else None,
    )


def _new(
    account_id: int,
    direction: Direction,
    subject: str,
    text: str,
    mark: str,
    *,
    due_on: date | None = None,
    answers_id: int | None = None,
) -> NewMessage:
    return NewMessage(
        account_id=account_id, direction=direction, purpose=Purpose.CHAT, subject=subject, policy_number="", text=text,
        mark=mark, due_on=due_on, answers_id=answers_id,
    )  # fmt: skip


def _check_rate(db: Session, actor: Customer, now: datetime) -> None:
    sent = db.exec(
        select(func.count()).where(
            Message.account_id == actor.account_id,
            IS_CHAT,
            Message.direction == Direction.CUSTOMER,
            Message.written_at > now - timedelta(hours=1),
        )
    ).one()
    if sent >= MESSAGES_AN_HOUR:
        raise TooMany


def _account_of(db: Session, who: str) -> int:
    """Find the account that is meant, if it has a thread."""
    # One after the other: PostgreSQL would look through all accounts for any of three ways.
    ways = (Account.public_id == who.strip().lower(), col(Account.id).in_(_leads_to(who)), col(Account.id).in_(_wrote(who)))
    found = next((one for way in ways if (one := db.exec(select(Account.id).where(way)).first()) is not None), None)
    if found is None or db.exec(select(Message.id).where(Message.account_id == found, IS_CHAT).limit(1)).first() is None:
        raise MessageNotFound
    return found


def _leads_to(who: str) -> Any:
    return select(Login.account_id).where(Login.key == login_key(who))


def _wrote(who: str) -> Any:
    return select(Message.account_id).where(Message.reference == who.strip().upper(), IS_CHAT)


def _last_question(db: Session, account_id: int) -> Message:
    asked = db.exec(
        select(Message)
        .where(Message.account_id == account_id, IS_CHAT, Message.direction == Direction.CUSTOMER)
        .order_by(col(Message.id).desc())
        .limit(1)
    ).first()
    if asked is None:
        raise MessageNotFound
    return asked


def _logins(db: Session, account_ids: Sequence[int]) -> dict[int, str]:
    rows = db.exec(select(Login).where(col(Login.account_id).in_(account_ids)).order_by(col(Login.id).desc())).all()
    return {row.account_id: row.shown for row in rows}


def _conversation(last: Message, account: Account, login: str, waiting: int) -> Conversation:
    return Conversation(
        account=account.public_id,
        login=login,
        email=account.email,
        portal=account.portal,
        waiting=waiting,
        last_reference=last.reference,
        last_at=last.written_at,
        last_text=last.text,
        last_by_customer=last.direction == Direction.CUSTOMER,
    )


def _gathered_under(account_id: int) -> str:
    return f"chat_answer:{account_id}"
