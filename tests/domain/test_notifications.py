"""When customers are warned and reminded, and how long post is tried."""

from datetime import UTC, date, datetime, timedelta

import pytest

from portal_app.domain.brands import Reminders, Retention, WhenUnopened
from portal_app.domain.kinds import LetterKind
from portal_app.domain.notifications import (
    MOST_ATTEMPTS,
    expiry_warning_due,
    next_attempt,
    reminder_due,
    tried_until,
    waits_for_morning,
    warning_due,
)
from portal_app.settings import read_brand
from tests.cast import NOON

RULES = Retention()
ERASED = date(2027, 1, 11)


def days_before_the_last(days: int) -> date:
    return ERASED - timedelta(days=days + 1)


@pytest.mark.parametrize(
    ("left", "opened", "warned", "due"),
    [
        (61, False, None, None),
        (60, False, None, 60),
        (60, True, None, None),
        (31, True, None, None),
        (30, True, None, 30),
        (30, False, 60, 30),
        (29, True, 30, None),
        (12, True, None, 30),
        (7, True, 30, 7),
        (5, True, 30, 7),
        (5, True, 7, None),
        (0, True, None, 7),
        (-1, True, None, None),
    ],
)
def test_a_letter_is_warned_of_once_a_step_even_when_days_were_missed(
    left: int,
    opened: bool,
    warned: int | None,
    due: int | None,
) -> None:
    assert warning_due(ERASED, days_before_the_last(left), warned, RULES, opened=opened) == due


def test_what_the_brand_keeps_unopened_is_not_warned_of() -> None:
    keeping = Retention(when_unopened=WhenUnopened.KEEP)

    assert warning_due(ERASED, days_before_the_last(7), None, keeping, opened=False) is None
    assert warning_due(ERASED, days_before_the_last(7), None, keeping, opened=True) == 7


@pytest.mark.parametrize(
    ("kind", "unread", "reminded", "due"),
    [
        (LetterKind.INFORMATION, 6, None, None),
        (LetterKind.INFORMATION, 7, None, 7),
        (LetterKind.INFORMATION, 40, 7, None),
        (LetterKind.PAYMENT_REMINDER, 2, None, None),
        (LetterKind.PAYMENT_REMINDER, 3, None, 3),
        (LetterKind.PAYMENT_REMINDER, 6, 3, None),
        (LetterKind.PAYMENT_REMINDER, 7, 3, 7),
        (LetterKind.PAYMENT_REMINDER, 30, None, 7),
    ],
)
def test_an_unread_letter_is_reminded_of_sooner_when_it_is_a_legal_one(
    kind: LetterKind, unread: int, reminded: int | None, due: int | None
) -> None:
    assert reminder_due(kind, unread, reminded, Reminders()) == due


@pytest.mark.parametrize(
    ("left", "warned", "due"),
    [(31, None, None), (30, None, 30), (8, 30, None), (7, 30, 7), (1, 7, 1), (0, 1, None), (-1, None, None)],
)
def test_an_expiring_password_is_warned_of_at_thirty_seven_and_one_day(left: int, warned: int | None, due: int | None) -> None:
    today = date(2026, 3, 1)

    assert expiry_warning_due(today + timedelta(days=left), today, warned, Reminders()) == due


def test_unasked_post_waits_for_the_morning_in_budapest_also_when_the_clocks_change() -> None:
    evening_before_summer_time = datetime(2026, 3, 28, 20, 30, tzinfo=UTC)

    assert waits_for_morning(evening_before_summer_time, Reminders()) == datetime(2026, 3, 29, 7, 0, tzinfo=UTC)
    assert waits_for_morning(NOON, Reminders()) is None


def test_the_wait_between_attempts_doubles_from_half_a_minute_to_three_hours() -> None:
    until = NOON + timedelta(days=2)
    waits = [next_attempt(n, until, NOON) for n in (1, 2, 3, 9, 10, 20)]

    assert [wait - NOON for wait in waits if wait] == [
        timedelta(seconds=30),
        timedelta(minutes=1),
        timedelta(minutes=2),
        timedelta(minutes=128),
        timedelta(hours=3),
        timedelta(hours=3),
    ]


def test_post_is_given_up_after_its_time_or_after_too_many_attempts() -> None:
    until = NOON + timedelta(days=2)

    assert next_attempt(3, until, until) is None
    assert next_attempt(MOST_ATTEMPTS, until, NOON) is None


def test_a_secret_is_not_sent_after_its_life() -> None:
    brand = read_brand("minta")

    assert tried_until("password_link", NOON, brand) == NOON + timedelta(minutes=60)
    assert tried_until("security_code", NOON, brand) == NOON + timedelta(minutes=15)
    assert tried_until("arrival", NOON, brand) == NOON + timedelta(days=2)
