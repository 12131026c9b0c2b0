"""Letters (küldemények) in a list: how they are sorted, filtered and paged, and when they have to be saved."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Generic, TypeVar

from portal_app.domain.brands import Retention
from portal_app.domain.calendar import days_left, start_of_day
from portal_app.domain.kinds import LetterKind
from portal_app.domain.retention import WHILE_POLICY_RUNS
from portal_app.domain.shelves import Shelf, shows_current_only

Line = TypeVar("Line")

PAGE_SIZES = (25, 50, 100)
# A search longer than this is cut; nobody types more words than these.
LONGEST_SEARCH = 100


class SortField(StrEnum):
    """What a list of letters can be sorted by (R19)."""

    PLACED = "placed"
    SUBJECT = "subject"
    KIND = "kind"
    POLICY = "policy"
    UNREAD = "unread"
    ERASE = "erase"
    SIZE = "size"
    AMOUNT = "amount"
    DUE = "due"


# What the first press means: the newest, the unread and the largest first, but texts from A and what leaves soonest first.
_FIRST_DESCENDING = frozenset({SortField.PLACED, SortField.UNREAD, SortField.SIZE, SortField.AMOUNT, SortField.DUE})


@dataclass(frozen=True)
class Sort:
    """One sorted column with its direction; written `subject` or `-placed`."""

    field: SortField = SortField.PLACED
    descending: bool = True

    def __str__(self) -> str:
        """Write the sort as it is remembered."""
        return f"-{self.field.value}" if self.descending else self.field.value


NEWEST_FIRST = Sort()


def read_sort(text: str) -> Sort:
    """Read what `str(sort)` wrote; anything else is the newest first."""
    name = text.removeprefix("-")
    return Sort(SortField(name), text.startswith("-")) if name in set(SortField) else NEWEST_FIRST


def pressed(current: Sort, column: SortField) -> Sort:
    """Give the sort after a press on a column: its natural direction first, the other one with the next press."""
    if current.field is column:
        return Sort(column, not current.descending)
    return Sort(column, column in _FIRST_DESCENDING)


class Period(StrEnum):
    """When a letter arrived, in steps that people think in."""

    TODAY = "today"
    WEEK = "week"
    MONTH = "month"
    HALF_YEAR = "half_year"
    OLDER = "older"


_DAYS_BACK = {Period.TODAY: 0, Period.WEEK: 6, Period.MONTH: 29, Period.HALF_YEAR: 181}


def period_bounds(period: Period, today: date) -> tuple[datetime | None, datetime | None]:
    """Give the first instant of a period and the first one after it; None where it has no end on that side."""
    if period is Period.OLDER:
        return None, start_of_day(today - timedelta(days=_DAYS_BACK[Period.HALF_YEAR]))
    return start_of_day(today - timedelta(days=_DAYS_BACK[period])), None


@dataclass(frozen=True)
class Filter:
    """Which letters are wanted; an empty one wants all."""

    search: str = ""
    kind: LetterKind | None = None
    policy: str = ""
    unread_only: bool = False
    period: Period | None = None
    shelf: Shelf | None = None
    current_only: bool = False
    """Whether only the newest of each kind for each policy is wanted."""

    def __bool__(self) -> bool:
        """Whether anything is filtered out."""
        return self != Filter()


def at_first(shelf: Shelf | None) -> Filter:
    """Give the filter with which the list of a shelf begins; without one it is the inbox, which holds everything."""
    return Filter(shelf=shelf, current_only=shows_current_only(shelf))


@dataclass(frozen=True)
class Listing:
    """One page of a list: filtered, sorted, cut."""

    filter: Filter = field(default_factory=Filter)
    sort: Sort = NEWEST_FIRST
    page: int = 1
    per_page: int = PAGE_SIZES[0]
    language: str = "hu"
    """In which the names are shown by which kinds are sorted."""


@dataclass(frozen=True)
class ListPage(Generic[Line]):
    """One page of a list as it was found; `total` counts the lines of all its pages."""

    lines: tuple[Line, ...]
    total: int
    page: int
    pages: int


def page_count(total: int, per_page: int) -> int:
    """Count the pages; an empty list has one."""
    return max(1, -(-total // per_page))


class Leaving(StrEnum):
    """How soon a letter goes for good."""

    NOT_SOON = ""
    SOON = "soon"
    VERY_SOON = "very_soon"
    TODAY = "today"


def last_readable_day(erase_on: date) -> date:
    """Give the last Budapest day on which a letter can be read (R24)."""
    return erase_on - timedelta(days=1)


def is_lasting(last_day: date) -> bool:
    """Whether a letter stays as long as its policy, whose end nobody knows yet."""
    return last_day == last_readable_day(WHILE_POLICY_RUNS)


def readable_days(erase_on: date, today: date) -> int:
    """Count the days to the last one on which the letter can be read; 0 is today."""
    return days_left(last_readable_day(erase_on), today)


def leaving(days: int, rules: Retention) -> Leaving:
    """Say how soon a letter goes that can be read for this many days; the brand's warning days set the steps."""
    if days <= 0:
        return Leaving.TODAY
    if days <= min(rules.warn_days):
        return Leaving.VERY_SOON
    return Leaving.SOON if days <= max(rules.warn_days) else Leaving.NOT_SOON


def leaving_before(today: date, rules: Retention) -> date:
    """Give the last `erase_on` that counts as leaving soon."""
    return today + timedelta(days=max(rules.warn_days) + 1)


def may_be_binned(*, requires_confirmation: bool, confirmed_at: datetime | None) -> bool:
    """Whether the customer may delete a letter: not before confirming one that asks for it."""
    return not requires_confirmation or confirmed_at is not None


def binned_until(binned_at: date, erase_on: date, rules: Retention) -> date:
    """Give the Budapest date on which a letter leaves the bin for good: after its days there, or with its retention."""
    return min(binned_at + timedelta(days=rules.bin_days), erase_on)
