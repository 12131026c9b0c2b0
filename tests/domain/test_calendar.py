"""Days, deadlines and quiet hours in Budapest, across clock changes and leap years."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal_app.domain.calendar import (
    budapest_date,
    days_left,
    deadline,
    end_of_day,
    next_allowed,
    one_year_after,
    start_of_day,
    years_after,
)

MOMENTS = st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def test_late_evening_in_utc_is_already_tomorrow_in_budapest() -> None:
    assert budapest_date(datetime(2026, 1, 10, 22, 59, tzinfo=UTC)) == date(2026, 1, 10)
    assert budapest_date(datetime(2026, 1, 10, 23, 0, tzinfo=UTC)) == date(2026, 1, 11)
    assert budapest_date(datetime(2026, 7, 10, 22, 0, tzinfo=UTC)) == date(2026, 7, 11)


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        budapest_date(datetime(2026, 1, 10, 12, 0))  # noqa: DTZ001


def test_a_day_ends_where_the_next_one_begins_also_when_the_clocks_change() -> None:
    assert end_of_day(date(2026, 1, 10)) == datetime(2026, 1, 10, 23, 0, tzinfo=UTC)
    assert end_of_day(date(2026, 3, 29)) - start_of_day(date(2026, 3, 29)) == timedelta(hours=23)
    assert end_of_day(date(2026, 10, 25)) - start_of_day(date(2026, 10, 25)) == timedelta(hours=25)


@given(MOMENTS)
def test_every_moment_lies_within_its_day(moment: datetime) -> None:
    day = budapest_date(moment)

    assert start_of_day(day) <= moment < end_of_day(day)


def test_a_year_after_a_leap_day_is_the_last_of_february() -> None:
    assert one_year_after(date(2026, 1, 10)) == date(2027, 1, 10)
    assert one_year_after(date(2028, 2, 29)) == date(2029, 2, 28)
    assert one_year_after(date(2027, 2, 28)) == date(2028, 2, 28)
    assert years_after(date(2024, 2, 29), 8) == date(2032, 2, 29)


def test_the_day_of_receipt_is_not_counted_in_a_deadline() -> None:
    received = date(2026, 11, 20)

    assert deadline(received, 15) == date(2026, 12, 5)


def test_days_left_are_counted_in_calendar_days() -> None:
    assert days_left(date(2026, 1, 13), date(2026, 1, 10)) == 3
    assert days_left(date(2026, 1, 10), date(2026, 1, 10)) == 0
    assert days_left(date(2026, 1, 9), date(2026, 1, 10)) == -1


@pytest.mark.parametrize(
    ("now", "allowed"),
    [
        (datetime(2026, 1, 10, 12, 0, tzinfo=UTC), datetime(2026, 1, 10, 12, 0, tzinfo=UTC)),
        (datetime(2026, 1, 10, 7, 59, tzinfo=UTC), datetime(2026, 1, 10, 8, 0, tzinfo=UTC)),
        (datetime(2026, 1, 10, 8, 0, tzinfo=UTC), datetime(2026, 1, 10, 8, 0, tzinfo=UTC)),
        (datetime(2026, 1, 10, 19, 0, tzinfo=UTC), datetime(2026, 1, 11, 8, 0, tzinfo=UTC)),
        (datetime(2026, 1, 10, 23, 30, tzinfo=UTC), datetime(2026, 1, 11, 8, 0, tzinfo=UTC)),
        (datetime(2026, 3, 28, 19, 30, tzinfo=UTC), datetime(2026, 3, 29, 7, 0, tzinfo=UTC)),
        (datetime(2026, 10, 24, 19, 30, tzinfo=UTC), datetime(2026, 10, 25, 8, 0, tzinfo=UTC)),
    ],
)
def test_quiet_hours_hold_until_nine_in_budapest(now: datetime, allowed: datetime) -> None:
    assert next_allowed(now, 9, 20) == allowed


@given(MOMENTS)
def test_what_waits_for_the_allowed_hours_waits_less_than_a_day_and_only_once(now: datetime) -> None:
    allowed = next_allowed(now, 9, 20)

    assert timedelta() <= allowed - now < timedelta(hours=14)
    assert next_allowed(allowed, 9, 20) == allowed


def test_quiet_hours_that_allow_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="quiet hours"):
        next_allowed(datetime(2026, 1, 10, 12, 0, tzinfo=UTC), 20, 9)
