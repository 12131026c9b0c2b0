"""What a list of letters shows, in the visitor's language: rows, chips and words around them."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from sys import intern
from typing import Any

from portal_app.browser.portal_state import the_brand
from portal_app.customer.inbox import addresses
from portal_app.customer.policies.addresses import policy_page
from portal_app.domain.calendar import budapest_date, days_left
from portal_app.domain.letters import Filter, ListPage, last_readable_day, leaving, may_be_binned, readable_days
from portal_app.domain.payments import Due, how_due
from portal_app.domain.shelves import Shelf
from portal_app.services.inbox import LetterLine
from portal_app.texts.catalogues import sentence
from portal_app.texts.dates import days_due_words, days_left_words, machine_date, table_date, until_words
from portal_app.texts.money import forints
from portal_app.texts.sizes import file_size, typed_size

# A letter with more files than these is offered as one zip.
FILES_IN_A_ROW = 3


@dataclass(frozen=True, slots=True)
class FileLink:
    """A file to be downloaded at once."""

    address: str
    words: str
    """Such as “PDF, 214 kB”."""


@dataclass(frozen=True, slots=True)
class Paper:
    """What a shelf shows of a letter besides: its files, and what is to be paid by when."""

    files: list[FileLink]
    policy_page: str
    amount: str
    due: str
    due_day: str
    how_due: str
    """A `Due`: how urgent the words in `due_words` are."""
    due_words: str


@dataclass(frozen=True, slots=True)
class LetterRow:
    """One letter as the list shows it, every word ready."""

    id: str
    subject: str
    kind: str
    policy: str
    placed: str
    placed_day: str
    until: str
    until_day: str
    unread: bool
    awaits: bool
    """Whether it asks for a confirmation that was not given yet."""
    soon: str
    """A `Leaving`: how urgent the words in `left` are."""
    left: str
    files: str
    paper: Paper | None = None
    """Where a shelf is shown."""


@dataclass(frozen=True)
class Choice:
    """One line of a list to choose from."""

    value: str
    words: str


def letter_row(line: LetterLine, today: date, language: str, shelf: Shelf | None = None) -> LetterRow:
    """Write one letter in the visitor's language, on shelves with its papers."""
    days = readable_days(line.erase_on, today)
    soon = leaving(days, the_brand().retention)
    placed, until = budapest_date(line.placed_at), last_readable_day(line.erase_on)
    return LetterRow(
        id=line.public_id,
        subject=intern(line.subject),
        kind=kind_words(line.kind, language),
        policy=intern(line.policy_number),
        placed=_day(placed, language),
        placed_day=_machine_day(placed),
        until=_until(until, language),
        until_day=_machine_day(until),
        unread=line.unread,
        awaits=not may_be_binned(requires_confirmation=line.requires_confirmation, confirmed_at=line.confirmed_at),
        soon=soon.value,
        left=_left(days, language) if soon else "",
        files=_files(line.documents, line.document_bytes, language) if line.documents else "",
        paper=_paper(line, today, language) if shelf else None,
    )


def chips(wanted: Filter, language: str) -> list[Choice]:
    """Name the active filters; the value is the field that a press takes away."""
    named = [
        (addresses.SEARCH, "search", wanted.search),
        (addresses.POLICY, "policy", wanted.policy),
        (addresses.KIND, "kind", kind_words(wanted.kind, language) if wanted.kind else ""),
        (addresses.PERIOD, "period", say(f"inbox.period_{wanted.period.value}", language) if wanted.period else ""),
    ]
    found = [Choice(field, say(f"inbox.chip_{name}", language, what=what)) for field, name, what in named if what]
    return [*found, Choice(addresses.UNREAD, say("inbox.unread_only", language))] if wanted.unread_only else found


def say(key: str, language: str, **values: object) -> str:
    """Say a sentence in the visitor's language and the brand's register."""
    return sentence(key, language, the_brand().register.value, **values)


def shown_range(found: ListPage[Any], per_page: int, language: str) -> str:
    """Say which rows of how many a page of a list shows."""
    first = (found.page - 1) * per_page + 1
    return say("inbox.range", language, first=first, last=first + len(found.lines) - 1, total=found.total)


@lru_cache(maxsize=64)
def kind_words(kind: str, language: str) -> str:
    """Name a kind of letter."""
    return say(f"kind.{kind}", language)


def _paper(line: LetterLine, today: date, language: str) -> Paper:
    due = line.due_on
    return Paper(
        files=_file_links(line, language),
        policy_page=policy_page(line.policy_number),
        amount="" if line.amount is None else forints(line.amount, language, in_column=True),
        due=_day(due, language) if due else "",
        due_day=_machine_day(due) if due else "",
        how_due=how_due(due, today).value if due else "",
        due_words=due_words(due, today, language) if due else "",
    )


def _file_links(line: LetterLine, language: str) -> list[FileLink]:
    """Link to each file, or to all of them together where they are many."""
    if len(line.files) > FILES_IN_A_ROW:
        words = say("shelf.zip", language, n=len(line.files), size=file_size(line.document_bytes, language))
        return [FileLink(f"/kuldemenyek/zip?kuldemenyek={line.public_id}", words)]
    return [
        FileLink(f"/dokumentumok/{file.public_id}/letoltes", typed_size(file.media_type, file.size, language))
        for file in line.files
    ]


def due_words(due_on: date, today: date, language: str) -> str:
    """Say how near a payment deadline is, where it is near or over."""
    if how_due(due_on, today) is Due.LATER:
        return ""
    return days_due_words(days_left(due_on, today), language, the_brand().register.value)


# A page repeats the same days and sizes, and Babel takes its time.
_machine_day = lru_cache(maxsize=4_096)(machine_date)


@lru_cache(maxsize=4_096)
def _day(day: date, language: str) -> str:
    return table_date(day, language)


@lru_cache(maxsize=4_096)
def _until(day: date, language: str) -> str:
    return until_words(day, the_brand().retention.letter_years, language, in_table=True)


@lru_cache(maxsize=4_096)
def _files(count: int, size: int, language: str) -> str:
    return say("inbox.files", language, n=count, size=file_size(size, language))


@lru_cache(maxsize=256)
def _left(days: int, language: str) -> str:
    return days_left_words(days, language, the_brand().register.value)
