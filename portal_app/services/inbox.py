"""The inbox and its shelves: a customer's letters listed, searched, filtered and counted, marked, and watched for arrivals."""

import string
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache, partial
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, not_, select, update

from portal_app.database.tables import Account, Document, Letter, SignIn
from portal_app.domain.actors import Customer
from portal_app.domain.brands import Brand, Retention
from portal_app.domain.calendar import budapest_date
from portal_app.domain.hungarian import words
from portal_app.domain.kinds import SHOWN_ORDERS, LetterKind
from portal_app.domain.letters import (
    LONGEST_SEARCH,
    NEWEST_FIRST,
    PAGE_SIZES,
    Filter,
    Listing,
    ListPage,
    Sort,
    SortField,
    leaving_before,
    page_count,
    period_bounds,
    read_sort,
)
from portal_app.domain.shelves import Shelf, kinds_on, shelf_of
from portal_app.services import accounts, passwords
from portal_app.services.letters import Attachment, attachments, recount_unread

# Letters are placed a moment before they are committed; one that is this much older can still be a new arrival.
COMMIT_DELAY = timedelta(minutes=5)
_IDS_AT_ONCE = 500
Id = TypeVar("Id", str, int)

_COLUMNS: dict[SortField, Any] = {
    SortField.PLACED: Letter.placed_at,
    SortField.SUBJECT: Letter.subject_key,
    SortField.KIND: Letter.kind_key,
    SortField.POLICY: Letter.policy_key,
    SortField.UNREAD: Letter.unread,
    SortField.ERASE: Letter.erase_on,
    SortField.SIZE: Letter.document_bytes,
    SortField.AMOUNT: Letter.amount,
    SortField.DUE: Letter.due_on,
}
# What only few letters say; the others come last, whichever way is sorted.
_OFTEN_UNKNOWN = frozenset({SortField.AMOUNT, SortField.DUE})


@dataclass(frozen=True)
class LetterLine:
    """What a list shows of a letter; sizes in bytes."""

    public_id: str
    subject: str
    kind: str
    policy_number: str
    placed_at: datetime
    erase_on: date
    unread: bool
    requires_confirmation: bool
    confirmed_at: datetime | None
    documents: int
    document_bytes: int
    due_on: date | None = None
    amount: int | None = None
    files: tuple[Attachment, ...] = ()
    """The documents themselves, where a shelf is shown."""


_LINE: tuple[Any, ...] = (
    Letter.public_id,
    Letter.subject,
    Letter.kind,
    Letter.policy_number,
    Letter.placed_at,
    Letter.erase_on,
    Letter.unread,
    Letter.requires_confirmation,
    Letter.confirmed_at,
    Letter.documents,
    Letter.document_bytes,
    Letter.due_on,
    Letter.amount,
)
_GROUP: tuple[Any, ...] = (Letter.policy_key, Letter.policy_number, Letter.kind_key, Letter.kind, Letter.unread)


@dataclass(frozen=True)
class Overview:
    """What stands around the list; counts are of the whole inbox or shelf, sizes in bytes."""

    total: int
    unread: int
    """Of the whole inbox."""
    policies: tuple[str, ...]
    kinds: tuple[str, ...]
    leaving: int
    """How many letters go for good within the brand's longest warning."""
    leaving_bytes: int


@dataclass(frozen=True)
class Habits:
    """What the account remembers for its owner."""

    email: str
    per_page: int
    sort: str
    last_sign_in: datetime | None
    """When the owner had signed in before this time."""
    unread: int


@dataclass(frozen=True)
class OpenedInbox:
    """Everything a page shows when it is opened, read at one moment."""

    listing: Listing
    page: ListPage[LetterLine]
    around: Overview
    habits: Habits
    recent: frozenset[str]
    password_days: int | None
    """In how many days the password runs out, when that is close enough to be told (R34)."""


@dataclass(frozen=True)
class Changes:
    """What happened to the inbox or a shelf while a page of it was open."""

    arrived: int
    lines: tuple[LetterLine, ...]
    """Those of the shown letters that are still in the inbox."""
    unread: int


def open_inbox(
    db: Session,
    actor: Customer,
    wanted: Filter,
    sort: Sort | None,
    page: int,
    *,
    language: str = "hu",
    brand: Brand,
    now: datetime,
) -> OpenedInbox:
    """Read the whole page at once; without a sort the habit counts, on shelves the newest first; the rows a page are habit."""
    kept = habits(db, actor)
    habit = read_sort(kept.sort) if wanted.shelf is None else NEWEST_FIRST
    listing = Listing(wanted, sort or habit, page, kept.per_page, language)
    notice = passwords.password_notice(db, actor, brand=brand, now=now)
    return OpenedInbox(
        listing=listing,
        page=list_letters(db, actor, listing, now=now),
        around=look_around(db, actor, wanted.shelf, rules=brand.retention, now=now),
        habits=kept,
        recent=recent_ids(db, actor, wanted.shelf, now=now),
        password_days=notice.days if notice else None,
    )


def list_letters(
    db: Session, actor: Customer, listing: Listing, *, now: datetime, total: int | None = None
) -> ListPage[LetterLine]:
    """Give one page of the customer's letters (R2, R18–R19); a page after the last gives the last.

    `total` is what the same filter let through a moment ago; knowing it spares the counting.
    """
    values = _values(actor, listing.filter, budapest_date(now))
    if total is None:
        total = db.execute(_counting(tuple(values)), values).scalar_one()
    pages = page_count(total, listing.per_page)
    page = min(max(1, listing.page), pages)
    cut = {"most": listing.per_page, "skipped": (page - 1) * listing.per_page}
    rows = db.execute(_listing(tuple(values), listing.sort, listing.language), values | cut)
    return ListPage(_with_files(db, _lines(rows), listing.filter.shelf), total, page, pages)


def look_around(db: Session, actor: Customer, shelf: Shelf | None = None, *, rules: Retention, now: datetime) -> Overview:
    """Count what stands around the list, and name the policies and kinds there are to filter by."""
    today = budapest_date(now)
    inbox = filtered(actor, Filter(), today)
    groups = db.execute(sa.select(*_GROUP, func.count()).where(*inbox).group_by(*_GROUP)).all()
    leaving, leaving_bytes = db.execute(
        sa.select(func.count(), func.coalesce(func.sum(Letter.document_bytes), 0)).where(
            *inbox, col(Letter.erase_on) <= leaving_before(today, rules)
        )
    ).one()
    here = [group for group in groups if shelf in (None, shelf_of(LetterKind(group[3])))]
    return Overview(
        total=sum(group[5] for group in here),
        unread=sum(group[5] for group in groups if group[4]),
        policies=_in_order({(group[0], group[1]) for group in here if group[1]}),
        kinds=_in_order({(group[2], group[3]) for group in here}),
        leaving=leaving,
        leaving_bytes=leaving_bytes,
    )


def habits(db: Session, actor: Customer) -> Habits:
    """Tell what the account remembers: rows a page, sort, and when its owner was here before."""
    account = db.execute(
        sa.select(col(Account.email), col(Account.rows_per_page), col(Account.inbox_sort), col(Account.unread)).where(
            col(Account.id) == actor.account_id
        )
    ).one()
    before = db.execute(
        sa.select(col(SignIn.created_at))
        .where(col(SignIn.account_id) == actor.account_id, col(SignIn.id) < actor.sign_in_id)
        .order_by(col(SignIn.id).desc())
        .limit(1)
    ).scalar()
    return Habits(account.email, account.rows_per_page, account.inbox_sort, before, account.unread)


def remember_sort(db: Session, actor: Customer, sort: Sort) -> None:
    """Begin the customer's next visit with this sort."""
    db.exec(update(Account).where(col(Account.id) == actor.account_id).values(inbox_sort=str(sort)))


def remember_page_size(db: Session, actor: Customer, per_page: int) -> None:
    """Show this many rows a page from now on; other numbers than the offered ones change nothing."""
    if per_page in PAGE_SIZES:
        db.exec(update(Account).where(col(Account.id) == actor.account_id).values(rows_per_page=per_page))


def sizes_of(db: Session, actor: Customer, wanted: Filter, *, now: datetime) -> dict[str, int]:
    """Name every letter that the filter lets through, with the bytes of its documents.

    “All of them” then never means more than was there when it was pressed.
    """
    columns = sa.select(col(Letter.public_id), col(Letter.document_bytes))
    rows = db.execute(columns.where(*filtered(actor, wanted, budapest_date(now))))
    return {row.public_id: row.document_bytes for row in rows}


def recent_ids(db: Session, actor: Customer, shelf: Shelf | None = None, *, now: datetime) -> frozenset[str]:
    """Name the letters that are so new that `watch` could take them for arrivals."""
    inbox = filtered(actor, Filter(shelf=shelf), budapest_date(now))
    since = col(Letter.placed_at) >= now - COMMIT_DELAY
    return frozenset(db.execute(sa.select(col(Letter.public_id)).where(*inbox, since)).scalars())


def watch(
    db: Session,
    actor: Customer,
    shelf: Shelf | None = None,
    *,
    shown: Sequence[str],
    since: datetime,
    known: frozenset[str],
    now: datetime,
) -> Changes:
    """Tell what changed while a list that was read at `since` is open.

    `known` are the `recent_ids` of that time, `shown` the letters of the open page.
    """
    inbox = filtered(actor, Filter(shelf=shelf), budapest_date(now))
    late = db.execute(sa.select(col(Letter.public_id)).where(*inbox, col(Letter.placed_at) >= since - COMMIT_DELAY)).scalars()
    rows = db.execute(sa.select(*_LINE).where(*inbox, col(Letter.public_id).in_(list(shown))))
    unread = db.execute(sa.select(col(Account.unread)).where(col(Account.id) == actor.account_id)).scalar_one()
    return Changes(len(set(late) - known - set(shown)), _with_files(db, _lines(rows), shelf), unread)


def mark(db: Session, actor: Customer, letter_ids: Sequence[str], *, unread: bool, now: datetime) -> int:
    """Show letters as read or unread; which ones were opened stays on record. Gives the number that changed."""
    inbox = filtered(actor, Filter(), budapest_date(now))
    changed = 0
    for ids in portions(letter_ids):
        marking = update(Letter).where(*inbox, col(Letter.public_id).in_(ids), col(Letter.unread).is_(not unread))
        changed += db.exec(marking.values(unread=unread)).rowcount
    if changed:
        recount_unread(db, actor.account_id)
        accounts.mark_changed(db, actor.account_id)
    return changed


def in_the_inbox(actor: Customer, today: date) -> list[ColumnElement[bool]]:
    """Say which letters this customer's inbox holds: placed, not deleted, within their time."""
    return filtered(actor, Filter(), today)


def filtered(actor: Customer, wanted: Filter, today: date) -> list[ColumnElement[bool]]:
    """Say which letters of the inbox the filter lets through."""
    return _conditions(_values(actor, wanted, today))


def matching(search_key: Any, search: str) -> list[ColumnElement[bool]]:
    """Ask for every word of a search, wherever it stands in the folded key."""
    return [col(search_key).like(pattern, escape=_ESCAPE) for pattern in _patterns(search)]


def _patterns(search: str) -> list[str]:
    """Write each word of a search as it stands in LIKE: wherever, and literally."""
    found = words(search[:LONGEST_SEARCH])
    for mark in (_ESCAPE, "%", "_"):
        found = [word.replace(mark, _ESCAPE + mark) for word in found]
    return [f"%{word}%" for word in found]


# ── conditions ──

_ESCAPE = "\\"


def _stands_on(shelf: Shelf, _: Any) -> ColumnElement[bool]:
    return col(Letter.kind).in_(sorted(kinds_on(shelf)))


def _newest(owner: Any) -> sa.Select[Any]:
    """Choose the owner's newest letter of each kind for each policy; one that lies in the bin still outdates the others."""
    columns = (col(Letter.id), col(Letter.policy_key), col(Letter.kind), col(Letter.placed_at))
    own = (col(Letter.account_id) == owner, col(Letter.publish_at).is_(None))
    # Two questions, because no index holds the letters of the inbox and of the bin together.
    letters = sa.union_all(
        sa.select(*columns).where(*own, col(Letter.binned_at).is_(None)),
        sa.select(*columns).where(*own, col(Letter.binned_at).is_not(None)),
    ).subquery()
    place = func.row_number().over(
        partition_by=(letters.c.policy_key, letters.c.kind), order_by=(letters.c.placed_at.desc(), letters.c.id.desc())
    )
    placed = sa.select(letters.c.id, place.label("place")).subquery()
    return sa.select(placed.c.id).where(placed.c.place == 1)


# Each condition by its name, for a value or for the place of one.
_CONDITIONS: dict[str, Callable[[Any], ColumnElement[bool]]] = {
    "owner": lambda owner: col(Letter.account_id) == owner,
    "today": lambda today: col(Letter.erase_on) > today,
    "kind": lambda kind: col(Letter.kind) == kind,
    "policy": lambda policy: col(Letter.policy_number) == policy,
    "unread": lambda _: col(Letter.unread).is_(True),
    "first": lambda first: col(Letter.placed_at) >= first,
    "end": lambda end: col(Letter.placed_at) < end,
    "word": lambda pattern: col(Letter.search_key).like(pattern, escape=_ESCAPE),
    "current": lambda owner: col(Letter.id).in_(_newest(owner)),
    **{shelf.value: partial(_stands_on, shelf) for shelf in Shelf},
}


def _values(actor: Customer, wanted: Filter, today: date) -> dict[str, Any]:
    """Name the conditions that apply, with their values; the words of a search are counted."""
    first, end = period_bounds(wanted.period, today) if wanted.period else (None, None)
    narrowing = {
        "kind": wanted.kind.value if wanted.kind else "",
        "policy": wanted.policy,
        "unread": wanted.unread_only,
        "first": first,
        "end": end,
        "current": actor.account_id if wanted.current_only else 0,
        **({wanted.shelf.value: True} if wanted.shelf else {}),
        **{f"word{number}": pattern for number, pattern in enumerate(_patterns(wanted.search))},
    }
    return {"owner": actor.account_id, "today": today} | {name: value for name, value in narrowing.items() if value}


def _conditions(values: Mapping[str, Any], *, sorted_otherwise: bool = False) -> list[ColumnElement[bool]]:
    """Build the conditions of the inbox.

    `sorted_otherwise` keeps SQLite from taking the range of dates, in which nearly every letter is, for the best
    index: the one that gives the wanted order is better.
    """
    named = {name: _CONDITIONS[name.rstrip(string.digits)](value) for name, value in values.items()}
    if sorted_otherwise:
        past: ColumnElement[bool] = col(Letter.erase_on).op("<=", is_comparison=True)(values["today"])
        named["today"] = not_(past)
    return [*named.values(), col(Letter.binned_at).is_(None), col(Letter.publish_at).is_(None)]


# Building a statement takes longer than running it; each shape of question is built once.
@lru_cache(maxsize=512)
def _listing(names: tuple[str, ...], sort: Sort, language: str) -> sa.Select[Any]:
    conditions = _conditions({name: sa.bindparam(name) for name in names}, sorted_otherwise=True)
    column, tie = _column(sort.field, language), col(Letter.id)
    # By id the same way, which is how the indexes stand.
    order = (column.desc(), tie.desc()) if sort.descending else (column.asc(), tie.asc())
    unknown = (column.is_(None),) if sort.field in _OFTEN_UNKNOWN else ()
    return (
        sa.select(*_LINE)
        .where(*conditions)
        .order_by(*unknown, *order)
        .limit(sa.bindparam("most"))
        .offset(sa.bindparam("skipped"))
    )


def _column(field: SortField, language: str) -> Any:
    """Give what is sorted by; kinds with other names than the stored ones are sorted within their owner's range."""
    if field is SortField.KIND and language in SHOWN_ORDERS:
        return sa.case({str(kind): place for place, kind in enumerate(SHOWN_ORDERS[language])}, value=col(Letter.kind))
    return col(_COLUMNS[field])


@lru_cache(maxsize=512)
def _counting(names: tuple[str, ...]) -> sa.Select[Any]:
    conditions = _conditions({name: sa.bindparam(name) for name in names})
    return sa.select(func.count()).select_from(Letter).where(*conditions)


def _lines(rows: Any) -> tuple[LetterLine, ...]:
    return tuple(LetterLine(*row) for row in rows)


def _with_files(db: Session, lines: tuple[LetterLine, ...], shelf: Shelf | None) -> tuple[LetterLine, ...]:
    """Add the documents themselves, which a shelf hands out without a detour."""
    if shelf is None or not lines:
        return lines
    found: dict[str, list[Document]] = {}
    documents = select(Letter.public_id, Document).join(Document, col(Document.letter_id) == Letter.id)
    for letter_id, document in db.exec(documents.where(col(Letter.public_id).in_([line.public_id for line in lines]))):
        found.setdefault(letter_id, []).append(document)
    return tuple(replace(line, files=attachments(found.get(line.public_id, []))) for line in lines)


def _in_order(pairs: set[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(name for _, name in sorted(pairs))


def portions(ids: Sequence[Id]) -> Iterator[list[Id]]:
    """Cut many ids into as many as one statement takes."""
    for start in range(0, len(ids), _IDS_AT_ONCE):
        yield list(ids[start : start + _IDS_AT_ONCE])
