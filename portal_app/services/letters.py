"""Letters (küldemények): one customer's letter, opened, confirmed, marked unread."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, func, select, update

from portal_app.database.tables import Account, Delivery, Document, Letter
from portal_app.domain.actors import Customer
from portal_app.domain.calendar import budapest_date
from portal_app.domain.errors import LetterNotFound
from portal_app.domain.letters import last_readable_day
from portal_app.services import accounts
from portal_app.services.events import record


@dataclass(frozen=True)
class Attachment:
    """A document as a letter or a message lists it; `size` in bytes."""

    public_id: str
    name: str
    media_type: str
    size: int
    pages: int
    sha256: str


@dataclass(frozen=True)
class LetterView:
    """Everything the letter's page shows of the letter itself."""

    public_id: str
    kind: str
    subject: str
    summary: str
    policy_number: str
    plate_number: str
    reference: str
    """How the insurer calls this letter; empty for one that was not delivered by a system."""
    placed_at: datetime
    readable_until: date
    """The last Budapest day on which it can be read."""
    due_on: date | None
    amount: int | None
    """In forints."""
    opened_at: datetime | None
    confirmed_at: datetime | None
    awaits_confirmation: bool
    unread: bool
    binned: bool
    documents: tuple[Attachment, ...]


def read_letter(db: Session, actor: Customer, letter_id: str, *, now: datetime) -> LetterView:
    """Show a letter without opening it, as when an open page is refreshed.

    `LetterNotFound` is the answer for every letter that is not the customer's to read today: unknown, somebody else's,
    still waiting, or past its last day.
    """
    return _view(db, own_letter(db, actor, letter_id, now=now))


def open_letter(db: Session, actor: Customer, letter_id: str, *, now: datetime) -> LetterView:
    """Show a letter and mark it read; the first opening is recorded as proof of delivery.

    Refuses as `read_letter` does.
    """
    letter = own_letter(db, actor, letter_id, now=now)
    if letter.opened_at is None:
        letter.opened_at = now
        _record(db, actor, letter, "letter:opened", now)
    if letter.unread:
        letter.unread = False
        _unread_changed(db, actor.account_id)
    return _view(db, letter)


def confirm_receipt(db: Session, actor: Customer, letter_id: str, *, now: datetime) -> LetterView:
    """Keep that the customer confirms having received a letter that asks for it; a second time changes nothing."""
    letter = own_letter(db, actor, letter_id, now=now)
    if letter.requires_confirmation and letter.confirmed_at is None:
        letter.confirmed_at = now
        _record(db, actor, letter, "letter:confirmed", now)
        accounts.mark_changed(db, actor.account_id)
    return _view(db, letter)


def mark_unread(db: Session, actor: Customer, letter_id: str, *, now: datetime) -> None:
    """Show the letter as unread again; that it was opened stays on record."""
    letter = own_letter(db, actor, letter_id, now=now)
    if not letter.unread:
        letter.unread = True
        _unread_changed(db, actor.account_id)


def own_letter(db: Session, actor: Customer, letter_id: str, *, now: datetime) -> Letter:
    """Find the row of a letter that this customer may read today; else `LetterNotFound`."""
    letter = db.exec(
        select(Letter).where(
            Letter.public_id == letter_id,
            Letter.account_id == actor.account_id,
            col(Letter.publish_at).is_(None),
            col(Letter.erase_on) > budapest_date(now),
        )
    ).first()
    if letter is None:
        raise LetterNotFound
    return letter


def recount_unread(db: Session, account_id: int) -> None:
    """Write down how many letters of the inbox are unread."""
    unread = (
        select(func.count())
        .select_from(Letter)
        .where(
            Letter.account_id == account_id,
            col(Letter.unread).is_(True),
            col(Letter.binned_at).is_(None),
            col(Letter.publish_at).is_(None),
        )
    )
    db.flush()
    db.exec(update(Account).where(col(Account.id) == account_id).values(unread=unread.scalar_subquery()))


def attachments(rows: list[Document]) -> tuple[Attachment, ...]:
    """Show documents in their order."""
    return tuple(
        Attachment(row.public_id, row.name, row.media_type, row.size, row.pages, row.sha256)
        for row in sorted(rows, key=lambda row: row.position)
    )


def _unread_changed(db: Session, account_id: int) -> None:
    recount_unread(db, account_id)
    accounts.mark_changed(db, account_id)


def _record(db: Session, actor: Customer, letter: Letter, act: str, now: datetime) -> None:
    record(db, actor, act, now=now, account_id=letter.account_id, delivery_id=letter.delivery_id, about=letter.public_id)


def _view(db: Session, letter: Letter) -> LetterView:
    documents = db.exec(select(Document).where(Document.letter_id == letter.id)).all()
    reference = db.exec(select(Delivery.external_ref).where(Delivery.id == letter.delivery_id)).first()
    return LetterView(
        public_id=letter.public_id,
        kind=letter.kind,
        subject=letter.subject,
        summary=letter.summary,
        policy_number=letter.policy_number,
        plate_number=letter.plate_number,
        reference=reference or "",
        placed_at=letter.placed_at,
        readable_until=last_readable_day(letter.erase_on),
        due_on=letter.due_on,
        amount=letter.amount,
        opened_at=letter.opened_at,
        confirmed_at=letter.confirmed_at,
        awaits_confirmation=letter.requires_confirmation and letter.confirmed_at is None,
        unread=letter.unread,
        binned=letter.binned_at is not None,
        documents=attachments(list(documents)),
    )
