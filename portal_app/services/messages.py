"""Messages (üzenetek): what customers write under a letter or ask for, what the insurer reads and answers."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256

from sqlmodel import Session, col, delete, func, select

from portal_app.database import locks
from portal_app.database.tables import Document, Draft, Letter, Message
from portal_app.database.upserts import insert_into
from portal_app.domain.actors import Actor, Customer
from portal_app.domain.brands import Brand
from portal_app.domain.calendar import budapest_date
from portal_app.domain.errors import MessageNotFound, TooMany, TooManyFiles
from portal_app.domain.hungarian import fold, sort_key
from portal_app.domain.messages import (
    Direction,
    MessageStatus,
    Purpose,
    answered_by,
    check_text,
    clean_text,
    message_erased_on,
    reference_number,
)
from portal_app.gateways.secrets import public_id
from portal_app.services import accounts, letters
from portal_app.services.documents import NewFile, add_document
from portal_app.services.events import record
from portal_app.services.letters import Attachment

MESSAGES_A_DAY = 50
"""How many messages one account may send within 24 hours."""
LATE_KEYSTROKES = timedelta(minutes=1)
_SEARCHED_CHARACTERS = 6_000


@dataclass(frozen=True)
class MessageView:
    """A message as a thread shows it."""

    public_id: str
    by_customer: bool
    reference: str
    status: str
    text: str
    written_at: datetime
    due_on: date | None
    documents: tuple[Attachment, ...]


@dataclass(frozen=True)
class Refusal:
    """Why a sending was refused: the error's code and facts, and the file it is about, if any."""

    code: str
    file: str = ""
    facts: tuple[tuple[str, str | int], ...] = ()


@dataclass(frozen=True)
class DraftView:
    """A reply that was begun, with the nonce of its form."""

    text: str
    nonce: str
    saved_at: datetime
    refusals: tuple[Refusal, ...] = ()


@dataclass(frozen=True)
class Receipt:
    """What the customer is told about a message that was sent."""

    public_id: str
    reference: str
    written_at: datetime
    due_on: date | None
    repeated: bool = False


@dataclass(frozen=True)
class NewMessage:
    """What a message's row needs to be told."""

    account_id: int
    direction: Direction
    purpose: Purpose
    subject: str
    policy_number: str
    text: str
    mark: str
    due_on: date | None = None
    answers_id: int | None = None


def read_thread(db: Session, actor: Customer, letter_id: str, *, now: datetime) -> tuple[MessageView, ...]:
    """List the messages under a letter of the customer's own, the oldest first, without deleted ones.

    Refuses as `letters.read_letter` does.
    """
    letter = letters.own_letter(db, actor, letter_id, now=now)
    rows = db.exec(
        select(Message)
        .where(
            Message.letter_id == letter.id,
            Message.account_id == actor.account_id,
            col(Message.binned_at).is_(None),
            col(Message.erase_on) > budapest_date(now),
        )
        .order_by(col(Message.id))
    ).all()
    files = files_of(db, rows)
    return tuple(
        MessageView(
            public_id=row.public_id,
            by_customer=row.direction == Direction.CUSTOMER,
            reference=row.reference,
            status=row.status,
            text=row.text,
            written_at=row.written_at,
            due_on=row.due_on,
            documents=files.get(row.id or 0, ()),
        )
        for row in rows
    )


# ── drafts ──


def read_draft(db: Session, actor: Customer, letter_id: str, *, now: datetime) -> DraftView | None:
    """Give the reply that was begun under a letter, or None."""
    letter = letters.own_letter(db, actor, letter_id, now=now)
    draft = db.get(Draft, (actor.account_id, letter.id))
    return _draft_view(draft) if draft else None


def begin_reply(db: Session, actor: Customer, letter_id: str, *, now: datetime) -> DraftView:
    """Give the draft under a letter, begun now if there is none; its nonce goes into the form."""
    letter = letters.own_letter(db, actor, letter_id, now=now)
    return _draft_view(_draft(db, actor, letter, now))


def save_draft(db: Session, actor: Customer, letter_id: str, text: str, *, now: datetime) -> DraftView | None:
    """Keep what has been typed so far, however long it is.

    None when nothing is kept because this very text was just sent: the last keystrokes of a form may arrive after it.
    """
    letter = letters.own_letter(db, actor, letter_id, now=now)
    text = clean_text(text)
    if db.get(Draft, (actor.account_id, letter.id)) is None and _was_just_sent(db, actor, letter, text, now):
        return None
    draft = _draft(db, actor, letter, now)
    draft.text, draft.saved_at, draft.refusals = text, now, "[]"
    return _draft_view(draft)


def keep_refused(
    db: Session, actor: Customer, letter_id: str, text: str, refusals: Sequence[Refusal], *, now: datetime
) -> DraftView:
    """Keep the text of a reply that was refused, and why, so that nothing is lost."""
    draft = _draft(db, actor, letters.own_letter(db, actor, letter_id, now=now), now)
    draft.text, draft.saved_at = clean_text(text), now
    draft.refusals = json.dumps([[each.code, each.file, each.facts] for each in refusals])
    return _draft_view(draft)


def discard_draft(db: Session, actor: Customer, letter_id: str, *, now: datetime) -> None:
    """Throw away the reply that was begun under a letter."""
    letter = letters.own_letter(db, actor, letter_id, now=now)
    db.exec(delete(Draft).where(col(Draft.account_id) == actor.account_id, col(Draft.letter_id) == letter.id))


# ── sending ──


def form_mark(actor: Actor, about: str, nonce: str, text: str, file_digests: Sequence[str]) -> str:
    """Give the mark by which the same form, sent twice with the same content, is known to be the same message."""
    content = json.dumps([type(actor).__name__, about, nonce, clean_text(text), list(file_digests)])
    return sha256(content.encode()).hexdigest()


def find_sent(db: Session, actor: Customer, mark: str) -> Receipt | None:
    """Give the receipt of a form that was sent before, or None."""
    sent = db.exec(select(Message).where(Message.nonce == mark, Message.account_id == actor.account_id)).first()
    return _receipt(sent, repeated=True) if sent else None


def check_reply(db: Session, actor: Customer, letter_id: str, text: str, files: int, *, brand: Brand, now: datetime) -> None:
    """Refuse a reply before its files are worked on: not the customer's letter, no words, too many words, files or sendings.

    Raises `LetterNotFound`, `ReplyEmpty`, `ReplyTooLong`, `TooManyFiles` or `TooMany`.
    """
    letters.own_letter(db, actor, letter_id, now=now)
    check_text(clean_text(text), brand.limits.reply_characters)
    if files > brand.limits.reply_files:
        raise TooManyFiles(most=brand.limits.reply_files)
    _check_rate(db, actor, now)


def send_reply(
    db: Session,
    actor: Customer,
    letter_id: str,
    text: str,
    files: Sequence[NewFile],
    *,
    mark: str,
    brand: Brand,
    now: datetime,
) -> Receipt:
    """Send a reply under a letter (R20); its files are already checked and stored.

    `mark` comes from `form_mark`: the same one again gives the first receipt, `repeated`. Refuses as `check_reply`.
    """
    locks.one_at_a_time(db, locks.MESSAGES)
    if sent := find_sent(db, actor, mark):
        return sent
    check_reply(db, actor, letter_id, text, len(files), brand=brand, now=now)
    letter = letters.own_letter(db, actor, letter_id, now=now)
    message = write_message(
        db,
        NewMessage(
            account_id=actor.account_id,
            direction=Direction.CUSTOMER,
            purpose=Purpose.REPLY,
            subject=letter.subject,
            policy_number=letter.policy_number,
            text=clean_text(text),
            due_on=answered_by(budapest_date(now), brand.request_days),
            mark=mark,
        ),
        letter,
        files,
        now=now,
    )
    discard_draft(db, actor, letter_id, now=now)
    accounts.mark_changed(db, actor.account_id)
    record(
        db, actor, "message:sent", now=now, account_id=actor.account_id, delivery_id=letter.delivery_id,
        about=message.public_id, files=len(files),
    )  # fmt: skip
    return _receipt(message)


def write_request(
    db: Session,
    actor: Actor,
    account_id: int,
    purpose: Purpose,
    *,
    subject: str,
    text: str,
    brand: Brand,
    now: datetime,
    policy_number: str = "",
) -> Receipt:
    """Put a customer's wish or closing before the insurer, where its messages are read; it is shown among the sent ones."""
    locks.one_at_a_time(db, locks.MESSAGES)
    message = write_message(
        db,
        NewMessage(
            account_id=account_id,
            direction=Direction.CUSTOMER,
            purpose=purpose,
            subject=subject,
            policy_number=policy_number,
            text=clean_text(text),
            due_on=answered_by(budapest_date(now), brand.request_days),
            mark=public_id(),
        ),
        None,
        (),
        now=now,
    )
    accounts.mark_changed(db, account_id)
    record(db, actor, "message:sent", now=now, account_id=account_id, about=message.public_id, purpose=str(purpose))
    return _receipt(message)


def read_receipt(db: Session, actor: Customer, message_id: str, *, now: datetime) -> Receipt:
    """Give the receipt of a message of the customer's own; else `MessageNotFound`."""
    message = db.exec(
        select(Message).where(
            Message.public_id == message_id,
            Message.account_id == actor.account_id,
            Message.direction == Direction.CUSTOMER,
            col(Message.erase_on) > budapest_date(now),
        )
    ).first()
    if message is None:
        raise MessageNotFound
    return _receipt(message)


def files_of(db: Session, messages: Sequence[Message]) -> dict[int, tuple[Attachment, ...]]:
    """Give the files of several messages by their rows."""
    ids = [row.id for row in messages if row.documents]
    if not ids:
        return {}
    found = db.exec(select(Document).where(col(Document.message_id).in_(ids))).all()
    return {message_id or 0: letters.attachments([row for row in found if row.message_id == message_id]) for message_id in ids}


def write_message(db: Session, new: NewMessage, letter: Letter | None, files: Sequence[NewFile], *, now: datetime) -> Message:
    """Add a message with a reference number of its own, under a letter where there is one; for the services only."""
    today = budapest_date(now)
    reference = _free_reference(db, today)
    searched = f"{reference} {new.subject} {new.policy_number} {new.text}"[:_SEARCHED_CHARACTERS]
    message = Message(
        public_id=public_id(),
        account_id=new.account_id,
        letter_id=letter.id if letter else None,
        answers_id=new.answers_id,
        direction=new.direction,
        purpose=new.purpose,
        status=MessageStatus.RECEIVED if new.direction == Direction.CUSTOMER else MessageStatus.ANSWERED,
        reference=reference,
        subject=new.subject,
        policy_number=new.policy_number,
        text=new.text,
        written_at=now,
        due_on=new.due_on,
        nonce=new.mark,
        erase_on=message_erased_on(today, letter.erase_on if letter else None),
        subject_key=sort_key(new.subject),
        search_key=fold(searched),
        documents=len(files),
    )
    db.add(message)
    db.flush()
    for position, file in enumerate(files, start=1):
        add_document(db, file, position, message_id=message.id)
    return message


def _free_reference(db: Session, today: date) -> str:
    while True:
        reference = reference_number(today, int(public_id(), 16))
        if db.exec(select(Message.id).where(Message.reference == reference)).first() is None:
            return reference


def _check_rate(db: Session, actor: Customer, now: datetime) -> None:
    sent = db.exec(
        select(func.count()).where(
            Message.account_id == actor.account_id,
            Message.direction == Direction.CUSTOMER,
            Message.purpose != Purpose.CHAT,
            Message.written_at > now - timedelta(days=1),
        )
    ).one()
    if sent >= MESSAGES_A_DAY:
        raise TooMany


def _draft(db: Session, actor: Customer, letter: Letter, now: datetime) -> Draft:
    """Give the draft under a letter; two tabs that begin one at the same moment begin the same."""
    beginning = insert_into(db, Draft).values(
        account_id=actor.account_id, letter_id=letter.id, text="", nonce=public_id(), saved_at=now, refusals="[]"
    )
    db.execute(beginning.on_conflict_do_nothing(index_elements=["account_id", "letter_id"]))
    return db.get_one(Draft, (actor.account_id, letter.id))


def _was_just_sent(db: Session, actor: Customer, letter: Letter, text: str, now: datetime) -> bool:
    last = db.exec(
        select(Message)
        .where(
            Message.letter_id == letter.id,
            Message.account_id == actor.account_id,
            Message.direction == Direction.CUSTOMER,
            Message.written_at > now - LATE_KEYSTROKES,
        )
        .order_by(col(Message.id).desc())
    ).first()
    return last is not None and last.text.startswith(text)


def _draft_view(draft: Draft) -> DraftView:
    refusals = tuple(
        Refusal(code, file, tuple((name, fact) for name, fact in facts)) for code, file, facts in json.loads(draft.refusals)
    )
    return DraftView(draft.text, draft.nonce, draft.saved_at, refusals)


def _receipt(message: Message, *, repeated: bool = False) -> Receipt:
    return Receipt(message.public_id, message.reference, message.written_at, message.due_on, repeated)
