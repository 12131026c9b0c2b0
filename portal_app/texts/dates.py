"""Dates and times as people read them, in Budapest, in Hungarian and English."""

from datetime import date, datetime

from babel.dates import format_date, format_datetime

from portal_app.domain.calendar import BUDAPEST, budapest_date
from portal_app.domain.letters import is_lasting
from portal_app.texts.catalogues import sentence

LOCALES = {"hu": "hu_HU", "en": "en_GB"}
_TABLE = {"hu": "yyyy. MM. dd.", "en": "dd MMM yyyy"}
_LONG = {"hu": "y. MMMM d.", "en": "d MMMM y"}
_MOMENT = {"hu": "y. MMMM d. HH:mm", "en": "d MMMM y, HH:mm"}
_TABLE_MOMENT = {"hu": "yyyy. MM. dd. HH:mm", "en": "dd MMM yyyy HH:mm"}


def long_date(day: date, language: str) -> str:
    """Write a day in words; an aware instant counts as its day in Budapest."""
    return format_date(_day(day), _LONG[language], locale=LOCALES[language])


def table_date(day: date, language: str) -> str:
    """Write a day in figures of even width; an aware instant counts as its day in Budapest."""
    return format_date(_day(day), _TABLE[language], locale=LOCALES[language])


def moment(instant: datetime, language: str) -> str:
    """Write an aware instant as day in words and time of 24 hours in Budapest."""
    return _in_budapest(instant, _MOMENT[language], language)


def table_moment(instant: datetime, language: str) -> str:
    """Write an aware instant as day and time in figures in Budapest."""
    return _in_budapest(instant, _TABLE_MOMENT[language], language)


def time_of_day(instant: datetime, language: str) -> str:
    """Write the time of 24 hours in Budapest."""
    return _in_budapest(instant, "HH:mm", language)


def until_words(last_day: date, years: int, language: str, *, in_table: bool = False) -> str:
    """Say until when a letter can be read: the day, or so many years after the end of its policy, which nobody knows yet."""
    if is_lasting(last_day):
        return sentence("dates.while_policy", language, n=years)
    return table_date(last_day, language) if in_table else long_date(last_day, language)


def until_day(day: date, language: str) -> str:
    """Say that something happens on this day at the latest; the Hungarian ending is the same after every day's number."""
    written = long_date(day, language)
    return f"{written.removesuffix('.')}-ig" if language == "hu" else f"by {written}"


def machine_date(day: date) -> str:
    """Write what the `datetime` attribute of `<time>` needs; an aware instant keeps its offset."""
    return day.astimezone(BUDAPEST).isoformat(timespec="seconds") if isinstance(day, datetime) else day.isoformat()


def days_left_words(days: int, language: str, register: str = "formal") -> str:
    """Say when a letter will be erased, `days` days from today; 0 is today."""
    if days <= 0:
        return sentence("dates.erased_today", language, register)
    return sentence("dates.erased_in", language, register, n=days)


def days_until_words(days: int, language: str, register: str = "formal") -> str:
    """Say how far away a day is: today, tomorrow, in n days; a past day is over."""
    if days < 0:
        return sentence("dates.over", language, register)
    key = {0: "dates.today", 1: "dates.tomorrow"}.get(days, "dates.in_days")
    return sentence(key, language, register, n=days)


def days_due_words(days: int, language: str, register: str = "formal") -> str:
    """Say when something is to be paid, `days` days from today; a past day is over."""
    if days < 0:
        return sentence("dates.due_over", language, register)
    key = {0: "dates.due_today", 1: "dates.due_tomorrow"}.get(days, "dates.due_in")
    return sentence(key, language, register, n=days)


def _day(day: date) -> date:
    return budapest_date(day) if isinstance(day, datetime) else day


def _in_budapest(instant: datetime, pattern: str, language: str) -> str:
    return format_datetime(instant, pattern, tzinfo=BUDAPEST, locale=LOCALES[language])
