"""Downloads: a document, or many letters as one parcel, handed to their owner; each handing over is on record (R25)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from portal_app.database.tables import Document, DocumentKey, Letter
from portal_app.domain.actors import Customer
from portal_app.domain.brands import Brand
from portal_app.domain.calendar import budapest_date
from portal_app.domain.errors import ArchiveTooLarge, LetterNotFound
from portal_app.domain.letters import Filter, last_readable_day, leaving_before
from portal_app.services.documents import FoundDocument, find_document, read_wrapped
from portal_app.services.events import record
from portal_app.services.inbox import filtered, in_the_inbox, portions


@dataclass(frozen=True)
class Wanted:
    """Which letters a parcel shall hold: named ones, all that a filter lets through, or all that leave soon."""

    ids: tuple[str, ...] = ()
    filter: Filter | None = None
    leaving: bool = False


@dataclass(frozen=True)
class ParcelFile:
    """A document in a parcel; only for doors that send bytes."""

    public_id: str
    name: str
    media_type: str
    size: int
    sha256: str
    object_key: str
    wrapped_key: bytes


@dataclass(frozen=True)
class ParcelLetter:
    """A letter in a parcel with its documents in their order."""

    public_id: str
    kind: str
    subject: str
    summary: str
    policy_number: str
    placed_on: date
    readable_until: date
    files: tuple[ParcelFile, ...]


def hand_out_document(db: Session, actor: Customer, document_id: str, *, now: datetime) -> FoundDocument:
    """Find a document of the customer's own and record that it was downloaded; else `DocumentNotFound`."""
    found = find_document(db, actor, document_id, now=now)
    record(
        db, actor, "document:downloaded", now=now, account_id=actor.account_id, delivery_id=found.delivery_id,
        about=found.public_id,
    )  # fmt: skip
    return found


def hand_out_parcel(db: Session, actor: Customer, wanted: Wanted, *, brand: Brand, now: datetime) -> tuple[ParcelLetter, ...]:
    """Gather the wanted letters that are the customer's own, the newest first, and record what they are handed.

    Other people's letters, and unknown ones, are left out. Raises `LetterNotFound` when nothing is left, and
    `ArchiveTooLarge` when the documents are larger together than the brand allows.
    """
    today = budapest_date(now)
    letters = sorted(_letters(db, actor, wanted, brand, today), key=lambda row: (row.placed_at, row.id), reverse=True)
    if not letters:
        raise LetterNotFound
    if sum(row.document_bytes for row in letters) > brand.limits.zip_bytes:
        raise ArchiveTooLarge(most=brand.limits.zip_bytes)
    files = _files(db, [row.id for row in letters])
    for row in letters:
        for file in files.get(row.id, ()):
            record(
                db, actor, "document:downloaded", now=now, account_id=actor.account_id, delivery_id=row.delivery_id,
                about=file.public_id, zip=True,
            )  # fmt: skip
    return tuple(_parcel_letter(row, files.get(row.id, ())) for row in letters)


_LETTER: tuple[Any, ...] = (
    Letter.id, Letter.public_id, Letter.kind, Letter.subject, Letter.summary, Letter.policy_number, Letter.placed_at,
    Letter.erase_on, Letter.delivery_id, Letter.document_bytes,
)  # fmt: skip
_FILE: tuple[Any, ...] = (
    Document.letter_id, Document.public_id, Document.name, Document.media_type, Document.size, Document.sha256,
    Document.object_key, DocumentKey.wrapped,
)  # fmt: skip


def _letters(db: Session, actor: Customer, wanted: Wanted, brand: Brand, today: date) -> list[sa.Row[Any]]:
    columns = sa.select(*_LETTER)
    if wanted.leaving:
        soon = col(Letter.erase_on) <= leaving_before(today, brand.retention)
        return list(db.execute(columns.where(*in_the_inbox(actor, today), soon)))
    if wanted.filter is not None:
        return list(db.execute(columns.where(*filtered(actor, wanted.filter, today))))
    own = (
        col(Letter.account_id) == actor.account_id,
        col(Letter.publish_at).is_(None),
        col(Letter.erase_on) > today,
    )
    named = [db.execute(columns.where(*own, col(Letter.public_id).in_(ids))) for ids in portions(list(wanted.ids))]
    return [row for rows in named for row in rows]


def _files(db: Session, letter_ids: Sequence[int]) -> dict[int, tuple[ParcelFile, ...]]:
    found: dict[int, list[ParcelFile]] = {}
    for ids in portions(letter_ids):
        rows = db.execute(
            sa.select(*_FILE)
            .join(DocumentKey, col(DocumentKey.document_id) == Document.id)
            .where(col(Document.letter_id).in_(ids))
            .order_by(col(Document.letter_id), col(Document.position))
        )
        for row in rows:
            file = ParcelFile(
                public_id=row.public_id,
                name=row.name,
                media_type=row.media_type,
                size=row.size,
                sha256=row.sha256,
                object_key=row.object_key,
                wrapped_key=read_wrapped(row.wrapped),
            )
            found.setdefault(row.letter_id, []).append(file)
    return {letter_id: tuple(files) for letter_id, files in found.items()}


def _parcel_letter(row: sa.Row[Any], files: tuple[ParcelFile, ...]) -> ParcelLetter:
    return ParcelLetter(
        public_id=row.public_id,
        kind=row.kind,
        subject=row.subject,
        summary=row.summary,
        policy_number=row.policy_number,
        placed_on=budapest_date(row.placed_at),
        readable_until=last_readable_day(row.erase_on),
        files=files,
    )
