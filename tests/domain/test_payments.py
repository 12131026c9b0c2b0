"""What is to be paid next, and how near its deadline is."""

from datetime import date, timedelta

import pytest

from portal_app.domain.payments import Due, PaymentNotice, how_due, next_due
from tests.cast import NOON

TODAY = date(2026, 1, 10)


@pytest.mark.parametrize(
    ("days", "due"),
    [
        (-400, Due.OVER), (-1, Due.OVER), (0, Due.TODAY), (1, Due.SOON), (7, Due.SOON), (8, Due.TOLD), (30, Due.TOLD),
        (31, Due.LATER),
    ],
)  # fmt: skip
def test_a_deadline_lasts_to_the_end_of_its_day(days: int, due: Due) -> None:
    assert how_due(TODAY + timedelta(days=days), TODAY) is due


def notice(days: int, amount: int, *, placed: int = 0) -> PaymentNotice:
    """A notice due in so many days, placed so many days ago."""
    return PaymentNotice(1, NOON - timedelta(days=placed), TODAY + timedelta(days=days), amount)


def test_the_nearest_deadline_that_is_not_over_is_next() -> None:
    assert next_due([notice(-1, 1), notice(90, 2), notice(0, 3)], TODAY) == notice(0, 3)
    assert next_due([notice(-1, 1)], TODAY) is None
    assert next_due([], TODAY) is None


def test_of_two_notices_for_a_day_the_newer_corrects_the_older() -> None:
    wrong, right = notice(5, 12_000, placed=9), notice(5, 21_000, placed=2)

    assert next_due([wrong, right], TODAY) == next_due([right, wrong], TODAY) == right
