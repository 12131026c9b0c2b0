"""Sent (elküldött): the messages a customer wrote to the insurer, as a list (R18)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Row, case
from sqlmodel import Session, col, func

from portal_app.database.tables import Letter, Message
from portal_app.domain.actors import Customer
from portal_app.domain.calendar import budapest_date
from portal_app.domain.letters import Listing, ListPage, SortField, page_count
from portal_app.services.bin import sent_by
from portal_app.services.inbox import matching

_COLUMNS: dict[SortField, Any] = {
    SortField.PLACED: Message.written_at,
    SortField.SUBJECT: Message.subject_key,
    SortField.POLICY: Message.policy_number,
    SortField.KIND: Message.status,
}


@dataclass(frozen=True)
class SentLine:
    """What the list shows of a message."""

    public_id: str
    letter_id: str
    """The public id of the letter it stands under; empty where there is none to open."""
    reference: str
    subject: str
    policy_number: str
    written_at: datetime
    status: str
    documents: int
    text: str
    """The whole message where there is no letter to read it under."""


_LINE: tuple[Any, ...] = (
    Message.public_id,
    col(Letter.public_id).label("letter_id"),
    Message.reference,
    Message.subject,
    Message.policy_number,
    Message.written_at,
    Message.status,
    Message.documents,
    # A message under a letter is read there; the others have no page of their own.
    case((col(Letter.id).is_(None), col(Message.text)), else_="").label("text"),
)


def list_sent(db: Session, actor: Customer, listing: Listing, *, now: datetime) -> ListPage[SentLine]:
    """Give one page of what the customer sent; `SortField.KIND` sorts by how far the answer is."""
    today = budapest_date(now)
    wanted = (*sent_by(actor, today), *matching(Message.search_key, listing.filter.search))
    total = db.execute(sa.select(func.count()).select_from(Message).where(*wanted)).scalar_one()
    pages = page_count(total, listing.per_page)
    page = min(max(1, listing.page), pages)
    column = col(_COLUMNS.get(listing.sort.field, Message.written_at))
    tie = col(Message.id)
    order = (column.desc(), tie.desc()) if listing.sort.descending else (column.asc(), tie.asc())
    rows = db.execute(
        sa.select(*_LINE)
        .outerjoin(Letter, (col(Letter.id) == Message.letter_id) & (col(Letter.erase_on) > today))
        .where(*wanted)
        .order_by(*order)
        .limit(listing.per_page)
        .offset((page - 1) * listing.per_page)
    )
    return ListPage(tuple(_line(row) for row in rows), total, page, pages)


def ids_of_sent(db: Session, actor: Customer, search: str, *, now: datetime) -> list[str]:
    """Name every sent message that the search finds."""
    wanted = (*sent_by(actor, budapest_date(now)), *matching(Message.search_key, search))
    return list(db.execute(sa.select(col(Message.public_id)).where(*wanted)).scalars())


def _line(row: Row[Any]) -> SentLine:
    return SentLine(**(row._asdict() | {"letter_id": row.letter_id or ""}))
