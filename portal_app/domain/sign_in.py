"""How many failures a sign-in forgives, and what stands in the way afterwards (R36–R37)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Barrier(StrEnum):
    """What stands between the visitor and the password check."""

    NONE = "none"
    CHALLENGE = "challenge"
    LOCKED = "locked"


@dataclass(frozen=True)
class SignInRules:
    """The numbers of one portal."""

    challenge_after: int = 3
    locked_after: int = 10
    idle_minutes: int = 15
    warn_minutes: int = 2
    absolute_hours: int = 12
    challenge_tries: int = 5
    known_devices: int = 5


# The wait after the fourth, fifth … failure, in seconds: guessing slows down before the lock.
WAITS = (1, 2, 4, 8, 16, 30)


def barrier_after(failures: int, rules: SignInRules) -> Barrier:
    """Name the barrier after this many failures in one bucket."""
    if failures >= rules.locked_after:
        return Barrier.LOCKED
    if failures >= rules.challenge_after:
        return Barrier.CHALLENGE
    return Barrier.NONE


def wait_after(failures: int, rules: SignInRules) -> timedelta:
    """Say how long the next attempt must wait."""
    step = failures - rules.challenge_after - 1
    return timedelta(seconds=WAITS[min(step, len(WAITS) - 1)] if step >= 0 else 0)


def is_over(signed_in_at: datetime, seen_at: datetime, now: datetime, rules: SignInRules) -> bool:
    """Whether the sign-in has run out: idle too long, or too old altogether."""
    idle = now - seen_at >= timedelta(minutes=rules.idle_minutes)
    old = now - signed_in_at >= timedelta(hours=rules.absolute_hours)
    return idle or old
