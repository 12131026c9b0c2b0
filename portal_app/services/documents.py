"""Documents: files of letters and messages, remembered beside the key that opens their bytes."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, and_, col, or_, select

from portal_app.database.tables import Document, DocumentKey, Letter, Message
from portal_app.domain.actors import Customer
from portal_app.domain.calendar import budapest_date
from portal_app.domain.errors import DocumentNotFound
from portal_app.gateways.objects import ObjectStore, StoredObject
from portal_app.gateways.scanner import Scanner
from portal_app.gateways.secrets import public_id
from portal_app.gateways.uploads import clean_file_name, inspect_upload


@dataclass(frozen=True)
class FoundDocument:
    """Where a document's bytes lie and what they are; only for doors that send bytes, never for a page."""

    public_id: str
    name: str
    media_type: str
    size: int
    pages: int
    sha256: str
    object_key: str
    wrapped_key: bytes
    account_id: int
    letter_id: str
    """The letter's public id; empty for a file of a message."""
    delivery_id: int | None


@dataclass(frozen=True)
class CheckedFile:
    """A file that was looked at and may be stored."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class NewFile:
    """A file that was checked and durably stored, waiting for the row that remembers it."""

    name: str
    media_type: str
    stored: StoredObject
    pages: int = 0
    tagged: bool = False
    flagged: str = ""


def check_upload(name: str, content: bytes, *, most: int, scanner: Scanner) -> CheckedFile:
    """Look at a file that a person hands over: its name, its type by a real parser, and whether it carries a virus.

    `most` is the largest size in bytes. Refuses as `uploads.inspect_upload` and `Scanner.scan` do. Slow: doors call it
    in a thread.
    """
    facts = inspect_upload(name, content, largest=most)
    scanner.scan(content)
    return CheckedFile(clean_file_name(name), facts.media_type, content)


def store_files(objects: ObjectStore, files: Sequence[CheckedFile]) -> list[NewFile]:
    """Store checked files durably, before the transaction that remembers them."""
    stored = objects.put_many([file.content for file in files])
    return [NewFile(file.name, file.media_type, one) for file, one in zip(files, stored, strict=True)]


def add_document(
    db: Session, file: NewFile, position: int, *, letter_id: int | None = None, message_id: int | None = None
) -> Document:
    """Remember a stored file as the letter's or the message's document at this position, counted from 1."""
    document = Document(
        public_id=public_id(),
        letter_id=letter_id,
        message_id=message_id,
        position=position,
        name=file.name,
        media_type=file.media_type,
        size=file.stored.size,
        pages=file.pages,
        sha256=file.stored.sha256,
        object_key=file.stored.key,
        tagged=file.tagged,
        flagged=file.flagged,
    )
    db.add(document)
    db.flush()
    db.add(DocumentKey(document_id=document.id or 0, wrapped=write_wrapped(file.stored.wrapped_key)))
    return document


def find_document(db: Session, actor: Customer, document_id: str, *, now: datetime) -> FoundDocument:
    """Find a document of the customer's own letters and messages that can be read today.

    `DocumentNotFound` is the answer for all others alike: unknown, somebody else's, waiting, or past its last day.
    """
    today = budapest_date(now)
    found = db.exec(
        select(Document, DocumentKey, Letter, Message)
        .join(DocumentKey, col(DocumentKey.document_id) == Document.id)
        .outerjoin(Letter, col(Letter.id) == Document.letter_id)
        .outerjoin(Message, col(Message.id) == Document.message_id)
        .where(
            Document.public_id == document_id,
            or_(
                and_(
                    Letter.account_id == actor.account_id,
                    col(Letter.publish_at).is_(None),
                    col(Letter.erase_on) > today,
                ),
                and_(Message.account_id == actor.account_id, col(Message.erase_on) > today),
            ),
        )
    ).first()
    if found is None:
        raise DocumentNotFound
    document, key, letter, _ = found
    return FoundDocument(
        public_id=document.public_id,
        name=document.name,
        media_type=document.media_type,
        size=document.size,
        pages=document.pages,
        sha256=document.sha256,
        object_key=document.object_key,
        wrapped_key=read_wrapped(key.wrapped),
        account_id=actor.account_id,
        letter_id=letter.public_id if letter else "",
        delivery_id=letter.delivery_id if letter else None,
    )


def write_wrapped(wrapped_key: bytes) -> str:
    """Write a wrapped document key as the table keeps it."""
    return base64.b64encode(wrapped_key).decode()


def read_wrapped(wrapped: str) -> bytes:
    """Read back what `write_wrapped` wrote."""
    return base64.b64decode(wrapped)
