"""A list's address: everything that decides what it shows stands in it, so that it can be reloaded and gone back to."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode

from portal_app.domain.kinds import FOLDED_NAMES, LetterKind
from portal_app.domain.letters import LONGEST_SEARCH, Filter, Listing, Period, Sort, SortField
from portal_app.domain.shelves import Shelf, shows_current_only

SEARCH, KIND, POLICY, UNREAD, PERIOD, SORT, PAGE = "keres", "tipus", "szerzodes", "olvasatlan", "idoszak", "rendez", "oldal"
OLDER_TOO = "regiek"
FILTERS = (SEARCH, KIND, POLICY, UNREAD, PERIOD)
INBOX, DOCUMENTS, PAYMENTS = "/kuldemenyek", "/dokumentumok", "/bizonylatok"
_MOST_FIELDS = 20
_LONGEST_PAGE = 6

_KINDS = {kind: name.replace(" ", "-") for kind, name in FOLDED_NAMES.items()}
_PERIODS = {
    Period.TODAY: "ma",
    Period.WEEK: "het",
    Period.MONTH: "honap",
    Period.HALF_YEAR: "felev",
    Period.OLDER: "regebbi",
}
_COLUMNS = {
    SortField.PLACED: "erkezett",
    SortField.SUBJECT: "targy",
    SortField.KIND: "tipus",
    SortField.POLICY: "szerzodes",
    SortField.UNREAD: "allapot",
    SortField.ERASE: "elerheto",
    SortField.SIZE: "csatolmany",
    SortField.AMOUNT: "osszeg",
    SortField.DUE: "hatarido",
}
_SHELVES = {DOCUMENTS: Shelf.DOCUMENTS, PAYMENTS: Shelf.PAYMENTS}
_PATHS = {shelf: path for path, shelf in _SHELVES.items()}
_KIND_OF = {word: kind for kind, word in _KINDS.items()}
_PERIOD_OF = {word: period for period, word in _PERIODS.items()}
_COLUMN_OF = {word: column for column, word in _COLUMNS.items()}


@dataclass(frozen=True)
class Asked:
    """What an address asks for; `sort` is None where it leaves that to the customer's habit."""

    filter: Filter
    sort: Sort | None
    page: int


def shelf_at(path: str) -> Shelf | None:
    """Say which shelf the list at this path shows; None is the inbox, which holds everything."""
    return _SHELVES.get(path.rstrip("/"))


def path_of(shelf: Shelf | None) -> str:
    """Give the path of a shelf's list; what has none of its own stands in the inbox."""
    return _PATHS.get(shelf, INBOX) if shelf else INBOX


def read_address(query: str, shelf: Shelf | None = None) -> Asked:
    """Read the query of a list's address; what makes no sense is left out, whoever wrote it."""
    values = dict(parse_qsl(query[:4_000], max_num_fields=_MOST_FIELDS)) if query.count("&") < _MOST_FIELDS else {}
    return Asked(read_filter(values, shelf), _read_sort(values.get(SORT, "")), _read_page(values.get(PAGE, "")))


def read_filter(values: Mapping[str, str], shelf: Shelf | None = None) -> Filter:
    """Read the filter from the words of an address or a form."""
    return Filter(
        search=" ".join(values.get(SEARCH, "").split())[:LONGEST_SEARCH],
        kind=_KIND_OF.get(values.get(KIND, "")),
        policy=values.get(POLICY, "")[:LONGEST_SEARCH],
        unread_only=values.get(UNREAD) == "1",
        period=_PERIOD_OF.get(values.get(PERIOD, "")),
        shelf=shelf,
        current_only=shows_current_only(shelf) and values.get(OLDER_TOO) != "1",
    )


def write_query(listing: Listing) -> str:
    """Write the query that `read_address` reads; the sort is always said, because habits change."""
    wanted = listing.filter
    fields = {
        SEARCH: wanted.search,
        KIND: _KINDS[wanted.kind] if wanted.kind else "",
        POLICY: wanted.policy,
        UNREAD: "1" if wanted.unread_only else "",
        PERIOD: _PERIODS[wanted.period] if wanted.period else "",
        OLDER_TOO: "1" if shows_current_only(wanted.shelf) and not wanted.current_only else "",
        SORT: sort_word(listing.sort),
        PAGE: _page_word(listing.page),
    }
    return _written(fields)


def write_search(listing: Listing) -> str:
    """Write the query of a list that has one order and is only searched."""
    return _written({SEARCH: listing.filter.search, PAGE: _page_word(listing.page)})


def narrowed(wanted: Filter, field: str, value: str) -> Filter:
    """Change one field of a filter to what a control says; an empty value takes it away."""
    read = read_filter({field: value}, wanted.shelf)
    changed = {
        SEARCH: {"search": read.search},
        KIND: {"kind": read.kind},
        POLICY: {"policy": read.policy},
        UNREAD: {"unread_only": read.unread_only},
        PERIOD: {"period": read.period},
        OLDER_TOO: {"current_only": read.current_only},
    }
    return replace(wanted, **changed.get(field, {}))


def sort_word(sort: Sort) -> str:
    """Write a sort as addresses do."""
    return f"-{_COLUMNS[sort.field]}" if sort.descending else _COLUMNS[sort.field]


def kind_word(kind: LetterKind) -> str:
    """Write a kind as addresses do."""
    return _KINDS[kind]


def period_word(period: Period) -> str:
    """Write a period as addresses do."""
    return _PERIODS[period]


def _written(fields: Mapping[str, str]) -> str:
    return urlencode({name: value for name, value in fields.items() if value})


def _page_word(page: int) -> str:
    return str(page) if page > 1 else ""


def _read_page(words: str) -> int:
    page = int(words) if words.isascii() and words.isdecimal() and len(words) <= _LONGEST_PAGE else 1
    return max(1, page)


def _read_sort(word: str) -> Sort | None:
    column = _COLUMN_OF.get(word.removeprefix("-"))
    return Sort(column, word.startswith("-")) if column else None
