"""When customers are told something of our own accord, and how long post is tried before it is given up."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from portal_app.domain.brands import Brand, Lives, Reminders, Retention, WhenUnopened
from portal_app.domain.calendar import days_left, next_allowed
from portal_app.domain.kinds import LEGAL_KINDS
from portal_app.domain.letters import readable_days

FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=3)
TRIED_FOR = timedelta(days=2)
MOST_ATTEMPTS = 25


def reminder_due(kind: str, unread_days: int, reminded_days: int | None, rules: Reminders) -> int | None:
    """Give the reminder that a letter unread for this many days calls for, as its number of days; None when none.

    Legal kinds are reminded of sooner. Who missed several days gets one reminder, not all of them.
    """
    return _latest_passed(rules.legal_days if kind in LEGAL_KINDS else rules.days, unread_days, reminded_days)


def first_reminder_days(rules: Reminders) -> int:
    """Give the number of unread days before which no letter is reminded of."""
    return min((*rules.days, *rules.legal_days))


def warning_due(erase_on: date, today: date, warned_days: int | None, rules: Retention, *, opened: bool) -> int | None:
    """Give the warning that a letter calls for before it is erased, in days to its last readable one; None when none (R24).

    What was never opened is warned of sooner, unless the brand keeps it. What can be read no more is not warned of.
    """
    left = readable_days(erase_on, today)
    if left < 0 or (not opened and rules.when_unopened is WhenUnopened.KEEP):
        return None
    return _nearest_reached(rules.warn_days if opened else rules.warn_unopened_days, left, warned_days)


def warned_before(today: date, rules: Retention) -> date:
    """Give the last `erase_on` that any warning can be about today."""
    return today + timedelta(days=max(rules.warn_days + rules.warn_unopened_days) + 1)


def expiry_warning_due(expires_on: date, today: date, warned_days: int | None, rules: Reminders) -> int | None:
    """Give the warning that an expiring password calls for, in days before; None when none (R34)."""
    left = days_left(expires_on, today)
    return _nearest_reached(rules.password_expiry_days, left, warned_days) if left >= 0 else None


def waits_for_morning(now: datetime, rules: Reminders) -> datetime | None:
    """Give the instant to which unasked post has to wait, or None when it may go out now."""
    allowed = next_allowed(now, rules.from_hour, rules.to_hour)
    return allowed if allowed > now else None


def next_attempt(attempts: int, until: datetime, now: datetime) -> datetime | None:
    """Give the instant of the next attempt after `attempts` failed ones; None when post is given up.

    The wait doubles from 30 seconds to 3 hours; nothing is tried after `until`, nor more than 25 times.
    """
    doubled: int = 2 ** min(attempts - 1, 20)
    wait = min(FIRST_WAIT * doubled, LONGEST_WAIT)
    if attempts >= MOST_ATTEMPTS or now + wait > until:
        return None
    return now + wait


def tried_until(kind: str, owed_since: datetime, brand: Brand) -> datetime:
    """Give the instant after which post of a kind is worth nothing: two days, or the life of the secret it carries."""
    return owed_since + min(TRIED_FOR, _lives(brand.lives).get(kind, TRIED_FOR))


def _lives(lives: Lives) -> dict[str, timedelta]:
    return {
        "password_link": timedelta(minutes=lives.reset_link_minutes),
        "security_code": timedelta(minutes=lives.email_code_minutes),
    }


def _latest_passed(steps: Iterable[int], days: int, done: int | None) -> int | None:
    passed = max((step for step in steps if step <= days), default=None)
    return passed if passed is not None and (done is None or done < passed) else None


def _nearest_reached(steps: Iterable[int], left: int, done: int | None) -> int | None:
    reached = min((step for step in steps if left <= step), default=None)
    return reached if reached is not None and (done is None or done > reached) else None
