"""The bin (lomtár): what a customer deleted, restored or gone for good; undone with one press."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Row, literal, union_all
from sqlmodel import Session, col, func, select, update

from portal_app.database.tables import Letter, Message
from portal_app.domain.actors import Customer
from portal_app.domain.brands import Retention
from portal_app.domain.calendar import budapest_date
from portal_app.domain.letters import Listing, ListPage, SortField, binned_until, may_be_binned, page_count
from portal_app.domain.messages import Direction, Purpose
from portal_app.services import accounts
from portal_app.services.events import record
from portal_app.services.inbox import in_the_inbox, matching, portions
from portal_app.services.letters import recount_unread


@dataclass(frozen=True)
class Binned:
    """What a deletion did."""

    moved: int
    kept: int
    """Letters that stayed because they ask for a confirmation that was not given yet."""
    binned_at: datetime
    """Names this deletion when it is undone."""


@dataclass(frozen=True)
class BinLine:
    """A deleted letter or sent message; `sent` tells which."""

    public_id: str
    sent: bool
    subject: str
    kind: str
    policy_number: str
    binned_at: datetime
    gone_on: date
    """The Budapest date on which it goes for good."""
    documents: int


_LETTER: tuple[Any, ...] = (
    Letter.public_id, literal(value=False).label("sent"), Letter.subject, Letter.subject_key, Letter.kind,
    Letter.policy_number, Letter.binned_at, Letter.erase_on, Letter.documents,
)  # fmt: skip
_MESSAGE: tuple[Any, ...] = (
    Message.public_id, literal(value=True), Message.subject, Message.subject_key, literal(""),
    Message.policy_number, Message.binned_at, Message.erase_on, Message.documents,
)  # fmt: skip


def bin_letters(db: Session, actor: Customer, letter_ids: Sequence[str], *, now: datetime) -> Binned:
    """Move letters of the customer's inbox to the bin (R21); others, and unknown ones, are not touched.

    A letter that asks for confirmation stays until it is confirmed, and is counted as kept.
    """
    inbox = in_the_inbox(actor, budapest_date(now))
    moved = kept = 0
    for ids in portions(letter_ids):
        letters = db.exec(select(Letter).where(*inbox, col(Letter.public_id).in_(ids))).all()
        for letter in letters:
            if not may_be_binned(requires_confirmation=letter.requires_confirmation, confirmed_at=letter.confirmed_at):
                kept += 1
                continue
            letter.binned_at = now
            moved += 1
            _record(db, actor, letter, "letter:deleted", now)
    _settle(db, actor, moved)
    return Binned(moved, kept, now)


def bin_messages(db: Session, actor: Customer, message_ids: Sequence[str], *, now: datetime) -> Binned:
    """Move messages that the customer sent to the bin; the insurer keeps its own copy."""
    moved = 0
    for ids in portions(message_ids):
        binning = update(Message).where(*sent_by(actor, budapest_date(now)), col(Message.public_id).in_(ids))
        moved += db.exec(binning.values(binned_at=now)).rowcount
    if moved:
        record(db, actor, "messages:deleted", now=now, account_id=actor.account_id, count=moved)
        accounts.mark_changed(db, actor.account_id)
    return Binned(moved, 0, now)


def undo(db: Session, actor: Customer, binned_at: datetime, *, now: datetime) -> int:
    """Take back one deletion, named by its moment; gives the number of letters and messages that came back."""
    return _restore(db, actor, (col(Letter.binned_at) == binned_at,), (col(Message.binned_at) == binned_at,), now)


def restore(db: Session, actor: Customer, ids: Sequence[str], *, now: datetime) -> int:
    """Take letters and messages out of the bin; gives their number."""
    wanted = list(ids)
    return _restore(db, actor, (col(Letter.public_id).in_(wanted),), (col(Message.public_id).in_(wanted),), now)


def list_bin(db: Session, actor: Customer, listing: Listing, *, rules: Retention, now: datetime) -> ListPage[BinLine]:
    """Give one page of the bin: letters and sent messages together, the last deleted first unless sorted otherwise."""
    both = _both(actor, listing.filter.search, budapest_date(now)).subquery()
    total = db.execute(sa.select(func.count()).select_from(both)).scalar_one()
    pages = page_count(total, listing.per_page)
    page = min(max(1, listing.page), pages)
    column = both.c.subject_key if listing.sort.field is SortField.SUBJECT else both.c.binned_at
    order = (column.desc(), both.c.public_id.desc()) if listing.sort.descending else (column.asc(), both.c.public_id.asc())
    rows = db.execute(sa.select(both).order_by(*order).limit(listing.per_page).offset((page - 1) * listing.per_page))
    return ListPage(tuple(_line(row, rules) for row in rows), total, page, pages)


def all_in_the_bin(db: Session, actor: Customer, *, now: datetime) -> list[str]:
    """Name everything that lies in the bin."""
    both = _both(actor, "", budapest_date(now)).subquery()
    return list(db.execute(sa.select(both.c.public_id)).scalars())


def sent_by(actor: Customer, today: date) -> tuple[Any, ...]:
    """Say which messages stand under “sent”: the customer's own, not deleted, within their time.

    A chat is read as a whole, on its own page.
    """
    return (
        col(Message.account_id) == actor.account_id,
        col(Message.direction) == Direction.CUSTOMER,
        col(Message.purpose) != Purpose.CHAT,
        col(Message.binned_at).is_(None),
        col(Message.erase_on) > today,
    )


def _restore(db: Session, actor: Customer, letters: tuple[Any, ...], messages: tuple[Any, ...], now: datetime) -> int:
    today = budapest_date(now)
    rows = db.exec(select(Letter).where(*_binned_letters(actor, today), *letters)).all()
    for letter in rows:
        letter.binned_at = None
        _record(db, actor, letter, "letter:restored", now)
    back = update(Message).where(*_binned_messages(actor, today), *messages).values(binned_at=None)
    restored = len(rows) + db.exec(back).rowcount
    _settle(db, actor, restored)
    return restored


def _settle(db: Session, actor: Customer, changed: int) -> None:
    if changed:
        recount_unread(db, actor.account_id)
        accounts.mark_changed(db, actor.account_id)


def _binned_letters(actor: Customer, today: date) -> tuple[Any, ...]:
    return (col(Letter.account_id) == actor.account_id, col(Letter.binned_at).is_not(None), col(Letter.erase_on) > today)


def _binned_messages(actor: Customer, today: date) -> tuple[Any, ...]:
    return (col(Message.account_id) == actor.account_id, col(Message.binned_at).is_not(None), col(Message.erase_on) > today)


def _both(actor: Customer, search: str, today: date) -> Any:
    letters = sa.select(*_LETTER).where(*_binned_letters(actor, today), *matching(Letter.search_key, search))
    messages = sa.select(*_MESSAGE).where(*_binned_messages(actor, today), *matching(Message.search_key, search))
    return union_all(letters, messages)


def _line(row: Row[Any], rules: Retention) -> BinLine:
    gone_on = binned_until(budapest_date(row.binned_at), row.erase_on, rules)
    return BinLine(row.public_id, row.sent, row.subject, row.kind, row.policy_number, row.binned_at, gone_on, row.documents)


def _record(db: Session, actor: Customer, letter: Letter, act: str, now: datetime) -> None:
    record(db, actor, act, now=now, account_id=letter.account_id, delivery_id=letter.delivery_id, about=letter.public_id)
