"""Placing: how a letter comes into an account, at once or at its appointed time, and how its owner is told (R13)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, insert, update
from sqlalchemy import select as sql_select
from sqlmodel import Session, col, select

from portal_app.database.tables import Account, Document, DocumentKey, Letter, Policy
from portal_app.domain.actors import Actor
from portal_app.domain.brands import Brand, PortalName
from portal_app.domain.calendar import budapest_date
from portal_app.domain.hungarian import fold, sort_key
from portal_app.domain.kinds import FOLDED_NAMES, LetterKind
from portal_app.domain.retention import PolicyTerm, erase_on
from portal_app.gateways.secrets import public_id
from portal_app.services.documents import NewFile, write_wrapped
from portal_app.services.events import record_for_all
from portal_app.services.outbox import enqueue_gathered

# Letters that wait for their moment are published in small transactions.
PUBLISHED_AT_ONCE = 100


@dataclass(frozen=True)
class NewLetter:
    """A letter to be placed; its files are already checked and stored. `amount` in forints."""

    account_id: int
    portal: str
    kind: LetterKind
    subject: str
    files: tuple[NewFile, ...]
    summary: str = ""
    policy_id: int | None = None
    policy_number: str = ""
    plate_number: str = ""
    delivery_id: int | None = None
    due_on: date | None = None
    amount: int | None = None
    requires_confirmation: bool = False
    publish_at: datetime | None = None
    """A moment in the future: until then nobody sees the letter. Anything else places it at once."""
    policy_ended_on: date | None = None


@dataclass(frozen=True)
class PlacedLetter:
    """A letter that now has its place; `publish_at` while it still waits."""

    id: int
    public_id: str
    publish_at: datetime | None


def place_letter(db: Session, actor: Actor, letter: NewLetter, *, brand: Brand, now: datetime) -> PlacedLetter:
    """Place one letter and owe its owner the notification; see `place_letters`."""
    return place_letters(db, actor, [letter], brand=brand, now=now)[0]


def place_letters(db: Session, actor: Actor, letters: Sequence[NewLetter], *, brand: Brand, now: datetime) -> list[PlacedLetter]:
    """Place letters with their documents, in the order given, and record it.

    Open tabs are told, unread counters rise, and each account is owed one e-mail that says how many letters await,
    except for letters whose `publish_at` is still to come: `publish_due` does all that at their time.
    """
    if not letters:
        return []
    rows = [_letter_row(letter, brand, now) for letter in letters]
    ids = _inserted(db, Letter, rows)
    placed = [PlacedLetter(ids[row["public_id"]], row["public_id"], row["publish_at"]) for row in rows]
    _insert_documents(db, letters, placed)
    shown = [(letter, place) for letter, place in zip(letters, placed, strict=True) if place.publish_at is None]
    _announce(db, actor, {place.id: letter.account_id for letter, place in shown}, now=now)
    return placed


def publish_due(db: Session, actor: Actor, *, brand: Brand, now: datetime) -> int:
    """Publish letters whose moment has come, at most `PUBLISHED_AT_ONCE`; say how many, so that the caller goes on."""
    due = db.exec(
        select(Letter, Account.portal, col(Policy.ended_on))
        .join(Account, col(Account.id) == Letter.account_id)
        .outerjoin(Policy, col(Policy.id) == Letter.policy_id)
        .where(col(Letter.publish_at) <= now)
        .order_by(col(Letter.publish_at), col(Letter.id))
        .limit(PUBLISHED_AT_ONCE)
        .with_for_update(skip_locked=True, of=Letter)
    ).all()
    for letter, portal, ended_on in due:
        letter.publish_at, letter.placed_at = None, now
        letter.erase_on = _erase_on(LetterKind(letter.kind), portal, brand, now, letter.policy_id, ended_on)
    db.flush()
    _announce(db, actor, {letter.id or 0: letter.account_id for letter, _, _ in due}, now=now)
    return len(due)


def _announce(db: Session, actor: Actor, shown: Mapping[int, int], *, now: datetime) -> None:
    """Tell tabs, counters, the event log and the outbox of letters (with their accounts) that can be seen from now on."""
    if not shown:
        return
    per_account = Counter(shown.values())
    # Everybody who changes several accounts does so in the same order, so that two batches cannot wait for each other.
    counted = [{"the_id": account_id, "more": per_account[account_id]} for account_id in sorted(per_account)]
    db.connection().execute(
        update(Account)
        .where(col(Account.id) == bindparam("the_id"))
        .values(revision=Account.revision + 1, unread=Account.unread + bindparam("more")),
        counted,
    )
    letters = sql_select(col(Letter.account_id), col(Letter.delivery_id), col(Letter.public_id))
    letters = letters.where(col(Letter.id).in_(list(shown))).order_by(col(Letter.id))
    record_for_all(db, actor, "letter:placed", letters, now=now)
    enqueue_gathered(db, "arrival", per_account, now=now)


def _letter_row(letter: NewLetter, brand: Brand, now: datetime) -> dict[str, Any]:
    publish_at = letter.publish_at if letter.publish_at and letter.publish_at > now else None
    placed_at = publish_at or now
    return {
        "public_id": public_id(),
        "account_id": letter.account_id,
        "policy_id": letter.policy_id,
        "delivery_id": letter.delivery_id,
        "kind": letter.kind,
        "subject": letter.subject,
        "summary": letter.summary,
        "policy_number": letter.policy_number,
        "plate_number": letter.plate_number,
        "due_on": letter.due_on,
        "amount": letter.amount,
        "requires_confirmation": letter.requires_confirmation,
        "publish_at": publish_at,
        "placed_at": placed_at,
        "unread": True,
        "erase_on": _erase_on(letter.kind, letter.portal, brand, placed_at, letter.policy_id, letter.policy_ended_on),
        "documents": len(letter.files),
        "document_bytes": sum(file.stored.size for file in letter.files),
        "subject_key": _sort_key(letter.subject),
        "kind_key": _sort_key(FOLDED_NAMES[letter.kind]),
        "policy_key": _sort_key(letter.policy_number),
        "search_key": _search_key(letter),
    }


def _erase_on(
    kind: LetterKind, portal: str, brand: Brand, placed_at: datetime, policy_id: int | None, ended_on: date | None
) -> date:
    term = PolicyTerm(ended_on) if policy_id else None
    return erase_on(kind, budapest_date(placed_at), PortalName(portal), brand.retention, policy=term)


def _search_key(letter: NewLetter) -> str:
    """Fold everything a customer may look for; numbers also as people type them, without dashes and blanks."""
    numbers = [letter.policy_number, letter.plate_number]
    plain = ["".join(filter(str.isalnum, number)) for number in numbers]
    kind = FOLDED_NAMES[letter.kind]
    return " ".join(filter(None, [_fold(letter.subject), fold(letter.summary), kind, fold(" ".join(numbers + plain))]))


# A mailing repeats its subject a thousand times.
_sort_key = lru_cache(maxsize=2048)(sort_key)
_fold = lru_cache(maxsize=2048)(fold)


def _insert_documents(db: Session, letters: Sequence[NewLetter], placed: Sequence[PlacedLetter]) -> None:
    files = [
        (place.id, position, file)
        for letter, place in zip(letters, placed, strict=True)
        for position, file in enumerate(letter.files, 1)
    ]
    if not files:
        return
    rows = [
        {
            "public_id": public_id(),
            "letter_id": letter_id,
            "position": position,
            "name": file.name,
            "media_type": file.media_type,
            "size": file.stored.size,
            "pages": file.pages,
            "sha256": file.stored.sha256,
            "object_key": file.stored.key,
            "tagged": file.tagged,
            "flagged": file.flagged,
        }
        for letter_id, position, file in files
    ]
    ids = _inserted(db, Document, rows)
    wrapped = [
        {"document_id": ids[str(row["public_id"])], "wrapped": write_wrapped(file.stored.wrapped_key)}
        for row, (_, _, file) in zip(rows, files, strict=True)
    ]
    db.connection().execute(insert(DocumentKey), wrapped)


def _inserted(db: Session, table: type[Letter] | type[Document], rows: list[dict[str, Any]]) -> dict[str, int]:
    """Insert many rows in one go and give their ids by their public ids."""
    made = db.connection().execute(insert(table).returning(col(table.public_id), col(table.id)), rows)
    return {str(public): row_id or 0 for public, row_id in made}
