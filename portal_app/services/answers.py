"""Answers (válaszok): what the insurer reads of its customers' messages, and what it writes back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, func, or_, select

from portal_app.database import locks
from portal_app.database.tables import Account, Delivery, Document, DocumentKey, Letter, Message
from portal_app.domain.actors import InsurerSystem, Operator
from portal_app.domain.brands import Brand
from portal_app.domain.calendar import budapest_date
from portal_app.domain.errors import DocumentNotFound, MessageNotFound
from portal_app.domain.kinds import LetterKind
from portal_app.domain.messages import Direction, MessageStatus, Purpose, check_text, clean_text
from portal_app.services import accounts, chats, letters, messages
from portal_app.services.documents import FoundDocument, NewFile, read_wrapped
from portal_app.services.events import record
from portal_app.services.letters import Attachment
from portal_app.services.outbox import enqueue
from portal_app.services.placing import NewLetter, place_letter

LONGEST_ANSWER = 20_000
"""In characters."""
MOST_AT_ONCE = 200

Insurer = InsurerSystem | Operator


@dataclass(frozen=True)
class InsurersMessage:
    """A customer's message as the insurer reads it."""

    id: str
    reference: str
    purpose: str
    status: str
    subject: str
    text: str
    policy_number: str
    letter_external_ref: str
    """The letter it replies to, as the insurer calls it; empty where there is none."""
    email: str
    """The address of the customer's account."""
    written_at: datetime
    due_on: date | None
    files: tuple[Attachment, ...]
    answers: int
    """How often it was answered."""


@dataclass(frozen=True)
class AnswerReceipt:
    """What the insurer is told about an answer."""

    id: str
    reference: str
    answers: str
    """The reference of the message that was answered."""
    repeated: bool


def list_messages(
    db: Session, actor: Insurer, *, after: str = "", open_only: bool = False, most: int = MOST_AT_ONCE
) -> list[InsurersMessage]:
    """List customers' messages, the oldest first, at most `most` of them.

    `after` is the id of the last message already read; an unknown one is `MessageNotFound`. What is listed once never
    changes its place, and nothing is ever put before it.
    """
    del actor
    wanted = (
        select(Message, Account.email, Delivery.external_ref)
        .join(Account, col(Account.id) == Message.account_id)
        .outerjoin(Letter, col(Letter.id) == Message.letter_id)
        .outerjoin(Delivery, col(Delivery.id) == Letter.delivery_id)
        .where(Message.direction == Direction.CUSTOMER)
        .order_by(col(Message.id))
        .limit(most)
    )
    if after:
        wanted = wanted.where(col(Message.id) > _customers_message(db, after).id)
    if open_only:
        wanted = wanted.where(Message.status != MessageStatus.ANSWERED)
    rows = db.exec(wanted).all()
    found = [message for message, _, _ in rows]
    files, answered = messages.files_of(db, found), _answer_counts(db, found)
    return [
        _shown(message, email, external_ref or "", files.get(message.id or 0, ()), answered.get(message.id or 0, 0))
        for message, email, external_ref in rows
    ]


def find_file(db: Session, actor: Insurer, document_id: str) -> FoundDocument:
    """Find a file that came with a customer's message; else `DocumentNotFound`."""
    del actor
    found = db.exec(
        select(Document, DocumentKey, Message)
        .join(DocumentKey, col(DocumentKey.document_id) == Document.id)
        .join(Message, col(Message.id) == Document.message_id)
        .where(Document.public_id == document_id, Message.direction == Direction.CUSTOMER)
    ).first()
    if found is None:
        raise DocumentNotFound
    document, key, message = found
    return FoundDocument(
        public_id=document.public_id,
        name=document.name,
        media_type=document.media_type,
        size=document.size,
        pages=document.pages,
        sha256=document.sha256,
        object_key=document.object_key,
        wrapped_key=read_wrapped(key.wrapped),
        account_id=message.account_id,
        letter_id="",
        delivery_id=None,
    )


def take_up(db: Session, actor: Insurer, message_id: str, *, now: datetime) -> str:
    """Tell the customer that somebody works on the message; give its reference.

    `message_id` is the id or the reference. `MessageNotFound` for an unknown one; an answered one stays answered.
    """
    message = _customers_message(db, message_id)
    if message.status == MessageStatus.RECEIVED:
        message.status = MessageStatus.IN_PROGRESS
        accounts.mark_changed(db, message.account_id)
        record(db, actor, "message:taken_up", now=now, account_id=message.account_id, about=message.public_id)
    return message.reference


def check_answer(db: Session, actor: Insurer, message_id: str, text: str) -> None:
    """Refuse an answer before its files are worked on: `MessageNotFound`, `ReplyEmpty` or `ReplyTooLong`."""
    del actor
    _customers_message(db, message_id)
    check_text(clean_text(text), LONGEST_ANSWER)


def answer(
    db: Session,
    actor: Insurer,
    message_id: str,
    text: str,
    files: Sequence[NewFile],
    *,
    brand: Brand,
    now: datetime,
) -> AnswerReceipt:
    """Answer a customer's message: the answer is in the thread at once, the letter unread again, an e-mail owed.

    `message_id` is the id or the reference; the files are already checked and stored. The same answer given twice, as
    by a repeated command, is one answer. A message without a letter is answered by a letter of the kind `answer`; one
    of a chat in the chat, unless files come with the answer.
    Refuses as `check_answer` does.
    """
    locks.one_at_a_time(db, locks.MESSAGES)
    check_answer(db, actor, message_id, text)
    asked = _customers_message(db, message_id)
    if asked.purpose == Purpose.CHAT and not files:
        said = chats.say(db, actor, asked.reference, text, now=now)
        return AnswerReceipt(said.id, said.reference, asked.reference, repeated=said.repeated)
    mark = messages.form_mark(actor, asked.public_id, "answer", text, [file.stored.sha256 for file in files])
    if given := db.exec(select(Message).where(Message.nonce == mark)).first():
        return AnswerReceipt(given.public_id, given.reference, asked.reference, repeated=True)
    new = messages.NewMessage(
        account_id=asked.account_id,
        direction=Direction.INSURER,
        purpose=Purpose.ANSWER,
        subject=asked.subject,
        policy_number=asked.policy_number,
        text=clean_text(text),
        mark=mark,
        answers_id=asked.id,
    )
    letter = _letter_for(db, asked, now)
    written = messages.write_message(db, new, letter, files if letter else (), now=now)
    asked.status = MessageStatus.ANSWERED
    if letter is not None:
        _show_in_thread(db, actor, letter, written, now)
    else:
        _show_as_letter(db, actor, written, files, brand, now)
    return AnswerReceipt(written.public_id, written.reference, asked.reference, repeated=False)


def _customers_message(db: Session, message_id: str) -> Message:
    named = or_(Message.public_id == message_id.strip().lower(), Message.reference == message_id.strip().upper())
    message = db.exec(select(Message).where(named, Message.direction == Direction.CUSTOMER)).first()
    if message is None:
        raise MessageNotFound
    return message


def _answer_counts(db: Session, found: Sequence[Message]) -> dict[int, int]:
    ids = [message.id for message in found]
    if not ids:
        return {}
    counts = db.exec(
        select(Message.answers_id, func.count()).where(col(Message.answers_id).in_(ids)).group_by(col(Message.answers_id))
    ).all()
    return {answers_id: count for answers_id, count in counts if answers_id is not None}


def _shown(message: Message, email: str, external_ref: str, files: tuple[Attachment, ...], answered: int) -> InsurersMessage:
    return InsurersMessage(
        id=message.public_id,
        reference=message.reference,
        purpose=message.purpose,
        status=message.status,
        subject=message.subject,
        text=message.text,
        policy_number=message.policy_number,
        letter_external_ref=external_ref,
        email=email,
        written_at=message.written_at,
        due_on=message.due_on,
        files=files,
        answers=answered,
    )


def _letter_for(db: Session, asked: Message, now: datetime) -> Letter | None:
    """Find the letter under which the answer stands, if it can still be read."""
    letter = db.get(Letter, asked.letter_id) if asked.letter_id else None
    return letter if letter and letter.erase_on > budapest_date(now) else None


def _show_in_thread(db: Session, actor: Insurer, letter: Letter, written: Message, now: datetime) -> None:
    """Bring the answer before the customer: the letter unread in the inbox, open pages refreshed, an e-mail owed."""
    letter.unread, letter.binned_at = True, None
    letters.recount_unread(db, written.account_id)
    accounts.mark_changed(db, written.account_id)
    enqueue(
        db, "new_answer", db.get_one(Account, written.account_id), now=now,
        facts={"link": f"/kuldemenyek/{letter.public_id}"}, gathers=f"new_answer:{letter.public_id}",
    )  # fmt: skip
    _record(db, actor, written, letter.delivery_id, now)


def _show_as_letter(db: Session, actor: Insurer, written: Message, files: Sequence[NewFile], brand: Brand, now: datetime) -> None:
    """Place a letter that holds the answer, where the customer has no letter to find it under."""
    account = db.get_one(Account, written.account_id)
    letter = NewLetter(
        account_id=written.account_id,
        portal=account.portal,
        kind=LetterKind.ANSWER,
        subject=written.subject,
        summary=written.text,
        policy_number=written.policy_number,
        files=tuple(files),
    )
    place_letter(db, actor, letter, brand=brand, now=now)
    _record(db, actor, written, None, now)


def _record(db: Session, actor: Insurer, written: Message, delivery_id: int | None, now: datetime) -> None:
    record(
        db, actor, "message:answered", now=now, account_id=written.account_id, delivery_id=delivery_id,
        about=written.public_id,
    )  # fmt: skip
