"""How many failures a sign-in forgives."""

from datetime import timedelta

import pytest

from portal_app.domain.sign_in import Barrier, SignInRules, barrier_after, is_over, wait_after
from tests.cast import NOON

RULES = SignInRules()


@pytest.mark.parametrize(
    ("failures", "barrier"),
    [(0, Barrier.NONE), (2, Barrier.NONE), (3, Barrier.CHALLENGE), (9, Barrier.CHALLENGE), (10, Barrier.LOCKED)],
)
def test_the_code_comes_after_three_failures_and_the_lock_after_ten(failures: int, barrier: Barrier) -> None:
    assert barrier_after(failures, RULES) == barrier


@pytest.mark.parametrize(("failures", "seconds"), [(3, 0), (4, 1), (5, 2), (9, 30), (40, 30)])
def test_each_further_failure_makes_the_next_attempt_wait_longer(failures: int, seconds: int) -> None:
    assert wait_after(failures, RULES) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("age", "idle", "over"),
    [
        (timedelta(minutes=14), timedelta(minutes=14), False),
        (timedelta(hours=1), timedelta(minutes=15), True),
        (timedelta(hours=11, minutes=59), timedelta(0), False),
        (timedelta(hours=12), timedelta(0), True),
    ],
)
def test_a_sign_in_runs_out_when_idle_or_too_old(age: timedelta, idle: timedelta, over: bool) -> None:
    assert is_over(NOON - age, NOON - idle, NOON, RULES) == over
