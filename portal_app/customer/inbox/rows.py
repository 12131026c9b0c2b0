"""What the inbox shows, in the visitor's language: rows, chips and words around them."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from sys import intern

from portal_app.browser.portal_state import the_brand
from portal_app.customer.inbox import addresses
from portal_app.domain.calendar import budapest_date
from portal_app.domain.letters import Filter, last_readable_day, leaving, may_be_binned, readable_days
from portal_app.services.inbox import LetterLine
from portal_app.texts.catalogues import sentence
from portal_app.texts.dates import days_left_words, machine_date, table_date
from portal_app.texts.sizes import file_size


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


@dataclass(frozen=True)
class Choice:
    """One line of a list to choose from."""

    value: str
    words: str


def letter_row(line: LetterLine, today: date, language: str) -> LetterRow:
    """Write one letter in the visitor's language."""
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
        until=_day(until, language),
        until_day=_machine_day(until),
        unread=line.unread,
        awaits=not may_be_binned(requires_confirmation=line.requires_confirmation, confirmed_at=line.confirmed_at),
        soon=soon.value,
        left=_left(days, language) if soon else "",
        files=_files(line.documents, line.document_bytes, language) if line.documents else "",
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


@lru_cache(maxsize=64)
def kind_words(kind: str, language: str) -> str:
    """Name a kind of letter."""
    return say(f"kind.{kind}", language)


# A page repeats the same days and sizes, and Babel takes its time.
_machine_day = lru_cache(maxsize=4_096)(machine_date)


@lru_cache(maxsize=4_096)
def _day(day: date, language: str) -> str:
    return table_date(day, language)


@lru_cache(maxsize=4_096)
def _files(count: int, size: int, language: str) -> str:
    return say("inbox.files", language, n=count, size=file_size(size, language))


@lru_cache(maxsize=256)
def _left(days: int, language: str) -> str:
    return days_left_words(days, language, the_brand().register.value)
