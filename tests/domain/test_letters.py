"""How letters are sorted, paged, and said to leave."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal_app.domain.brands import Retention
from portal_app.domain.letters import (
    NEWEST_FIRST,
    Filter,
    Leaving,
    Period,
    Sort,
    SortField,
    binned_until,
    last_readable_day,
    leaving,
    leaving_before,
    may_be_binned,
    page_count,
    period_bounds,
    pressed,
    read_sort,
    readable_days,
)

TODAY = date(2026, 1, 10)
RULES = Retention()


@pytest.mark.parametrize("column", list(SortField))
@pytest.mark.parametrize("descending", [True, False])
def test_a_sort_is_read_as_it_was_written(column: SortField, *, descending: bool) -> None:
    assert read_sort(str(Sort(column, descending))) == Sort(column, descending)


@given(st.text(max_size=20))
def test_anything_else_reads_as_newest_first(text: str) -> None:
    if text.removeprefix("-") not in set(SortField):
        assert read_sort(text) == NEWEST_FIRST


def test_the_first_press_sorts_naturally_and_the_second_turns_it_round() -> None:
    by_subject = pressed(NEWEST_FIRST, SortField.SUBJECT)

    assert by_subject == Sort(SortField.SUBJECT, descending=False)
    assert pressed(by_subject, SortField.SUBJECT) == Sort(SortField.SUBJECT, descending=True)
    assert pressed(by_subject, SortField.PLACED) == NEWEST_FIRST
    assert pressed(by_subject, SortField.ERASE) == Sort(SortField.ERASE, descending=False)


@pytest.mark.parametrize(("total", "pages"), [(0, 1), (1, 1), (25, 1), (26, 2), (1000, 40)])
def test_pages_are_counted(total: int, pages: int) -> None:
    assert page_count(total, 25) == pages


@pytest.mark.parametrize(
    ("erase_on", "days", "soon"),
    [
        (date(2026, 1, 11), 0, Leaving.TODAY),
        (date(2026, 1, 12), 1, Leaving.VERY_SOON),
        (date(2026, 1, 18), 7, Leaving.VERY_SOON),
        (date(2026, 1, 19), 8, Leaving.SOON),
        (date(2026, 2, 10), 30, Leaving.SOON),
        (date(2026, 2, 11), 31, Leaving.NOT_SOON),
    ],
)
def test_a_letter_is_said_to_leave_by_the_last_day_it_can_be_read(erase_on: date, days: int, soon: Leaving) -> None:
    assert last_readable_day(erase_on) == erase_on - timedelta(days=1)
    assert readable_days(erase_on, TODAY) == days
    assert leaving(days, RULES) is soon
    assert (erase_on <= leaving_before(TODAY, RULES)) is (soon is not Leaving.NOT_SOON)


def test_a_period_begins_at_midnight_in_budapest() -> None:
    budapest = timezone(timedelta(hours=1))

    assert period_bounds(Period.TODAY, TODAY) == (datetime(2026, 1, 10, tzinfo=budapest), None)
    assert period_bounds(Period.WEEK, TODAY)[0] == datetime(2026, 1, 4, tzinfo=budapest)
    assert period_bounds(Period.OLDER, TODAY)[1] == period_bounds(Period.HALF_YEAR, TODAY)[0]


def test_only_a_confirmed_letter_may_be_binned_where_confirmation_is_asked_for() -> None:
    confirmed_at = datetime(2026, 1, 10, tzinfo=UTC)

    assert may_be_binned(requires_confirmation=False, confirmed_at=None)
    assert may_be_binned(requires_confirmation=True, confirmed_at=confirmed_at)
    assert not may_be_binned(requires_confirmation=True, confirmed_at=None)


def test_the_bin_never_keeps_longer_than_retention() -> None:
    assert binned_until(TODAY, date(2027, 1, 1), RULES) == date(2026, 2, 9)
    assert binned_until(TODAY, date(2026, 1, 20), RULES) == date(2026, 1, 20)


def test_an_empty_filter_is_none() -> None:
    assert not Filter()
    assert Filter(search="casco")
