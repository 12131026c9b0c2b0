"""Dates, amounts, sizes and telephone numbers as people read them."""

from datetime import UTC, date, datetime

import pytest

from portal_app.texts.dates import (
    days_left_words,
    days_until_words,
    long_date,
    machine_date,
    moment,
    table_date,
    table_moment,
    time_of_day,
)
from portal_app.texts.money import forints
from portal_app.texts.phones import masked_email, masked_phone, phone, phone_link
from portal_app.texts.sizes import file_size

AFTERNOON = datetime(2026, 3, 5, 13, 5, tzinfo=UTC)
SUMMER_NIGHT = datetime(2026, 7, 31, 22, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "hungarian", "english"),
    [
        (long_date, "2026. március 5.", "5 March 2026"),
        (table_date, "2026. 03. 05.", "05 Mar 2026"),
        (moment, "2026. március 5. 14:05", "5 March 2026, 14:05"),
        (table_moment, "2026. 03. 05. 14:05", "05 Mar 2026 14:05"),
        (time_of_day, "14:05", "14:05"),
    ],
)
def test_days_and_times_are_written_the_way_people_read_them(words, hungarian, english) -> None:
    assert words(AFTERNOON, "hu") == hungarian
    assert words(AFTERNOON, "en") == english


def test_a_late_evening_in_utc_is_written_as_the_next_day_of_budapest() -> None:
    assert long_date(SUMMER_NIGHT, "hu") == "2026. augusztus 1."
    assert moment(SUMMER_NIGHT, "hu") == "2026. augusztus 1. 00:30"
    assert machine_date(SUMMER_NIGHT) == "2026-08-01T00:30:00+02:00"
    assert machine_date(date(2026, 8, 1)) == "2026-08-01"


def test_a_plain_date_is_written_too() -> None:
    assert long_date(date(2027, 11, 20), "hu") == "2027. november 20."
    assert table_date(date(2027, 9, 1), "en") == "01 Sept 2027"


def test_the_days_left_of_a_letter_are_said_in_words() -> None:
    assert days_left_words(3, "hu") == "3 nap múlva törlődik"
    assert days_left_words(0, "hu", "informal") == "Ma törlődik"
    assert days_left_words(1, "en") == "Deleted in 1 day"
    assert days_left_words(30, "en") == "Deleted in 30 days"


def test_days_until_a_deadline_are_said_in_words() -> None:
    assert [days_until_words(days, "hu") for days in (-1, 0, 1, 3)] == ["lejárt", "ma", "holnap", "3 nap múlva"]
    assert [days_until_words(days, "en") for days in (-1, 0, 1, 3)] == ["over", "today", "tomorrow", "in 3 days"]


def test_forints_are_grouped_from_five_digits_and_never_break() -> None:
    assert forints(4800, "hu") == "4800\u00a0Ft"
    assert forints(20611, "hu") == "20\u00a0611\u00a0Ft"
    assert forints(1234567, "hu") == "1\u00a0234\u00a0567\u00a0Ft"
    assert forints(-20611, "hu") == "-20\u00a0611\u00a0Ft"
    assert forints(4800, "hu", in_column=True) == "4\u00a0800\u00a0Ft"
    assert forints(20611, "en") == "HUF\u00a020,611"


@pytest.mark.parametrize(
    ("size", "hungarian", "english"),
    [
        (0, "0\u00a0B", "0\u00a0B"),
        (999, "999\u00a0B", "999\u00a0B"),
        (1_500, "1,5\u00a0kB", "1.5\u00a0kB"),
        (214_000, "214\u00a0kB", "214\u00a0kB"),
        (999_600, "1\u00a0MB", "1\u00a0MB"),
        (3_200_000, "3,2\u00a0MB", "3.2\u00a0MB"),
        (10_000_000, "10\u00a0MB", "10\u00a0MB"),
        (2_500_000_000, "2,5\u00a0GB", "2.5\u00a0GB"),
        (7_000_000_000_000, "7000\u00a0GB", "7000\u00a0GB"),
    ],
)
def test_sizes_are_written_in_the_unit_that_fits(size: int, hungarian: str, english: str) -> None:
    assert file_size(size, "hu") == hungarian
    assert file_size(size, "en") == english


def test_telephone_numbers_are_written_in_groups_that_never_break() -> None:
    assert phone("+3614864343") == "+36\u00a01\u00a0486\u00a04343"
    assert phone("06 30/123-4567") == "+36\u00a030\u00a0123\u00a04567"
    assert phone("a portán") == "a portán"
    assert phone_link("+3614864343") == "tel:+36-1-486-4343"
    assert phone_link("a portán") == ""


def test_masked_addresses_show_their_owner_enough_and_nobody_else() -> None:
    assert masked_email("kovacs.anna@pelda.hu") == "k***@pelda.hu"
    assert masked_phone("+36301234567") == "**\u00a0***\u00a0**67"
