"""What a day is: dates and deadlines in Budapest, counted from aware instants."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

BUDAPEST = ZoneInfo("Europe/Budapest")


def budapest_date(instant: datetime) -> date:
    """Give the date that the calendar on the wall in Budapest shows at this aware instant."""
    return _aware(instant).astimezone(BUDAPEST).date()


def start_of_day(day: date) -> datetime:
    """Give the aware UTC instant at which this day begins in Budapest."""
    return datetime.combine(day, time.min, BUDAPEST).astimezone(UTC)


def end_of_day(day: date) -> datetime:
    """Give the aware UTC instant at which this day is over in Budapest: the first moment of the next one.

    Days are 23 or 25 hours long when the clocks change.
    """
    return start_of_day(day + timedelta(days=1))


def one_year_after(day: date) -> date:
    """Give the same day a year later; 29 February becomes 28 February (R24)."""
    return years_after(day, 1)


def years_after(day: date, years: int) -> date:
    """Give the same day some years later; 29 February becomes 28 February where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def deadline(received: date, days: int) -> date:
    """Give the last day for something due within this many calendar days.

    The day of receipt is not counted, and the deadline lasts to the end of the day given (R76).
    """
    return received + timedelta(days=days)


def days_left(until: date, today: date) -> int:
    """Count the days to this date: 0 on the day itself, negative afterwards."""
    return (until - today).days


def next_allowed(now: datetime, from_hour: int, to_hour: int) -> datetime:
    """Give the aware UTC instant from which something may be sent that keeps quiet hours.

    Sending is allowed from `from_hour` o'clock up to, but not at, `to_hour` o'clock in Budapest, 0 <= from < to <= 24.
    Within these hours the answer is `now` itself.
    """
    if not 0 <= from_hour < to_hour <= 24:  # noqa: PLR2004 - the hours of a day
        message = f"quiet hours need 0 <= from < to <= 24, not {from_hour} and {to_hour}"
        raise ValueError(message)
    local = _aware(now).astimezone(BUDAPEST)
    if from_hour <= local.hour < to_hour:
        return now.astimezone(UTC)
    day = local.date() + timedelta(days=1 if local.hour >= to_hour else 0)
    return datetime.combine(day, time(from_hour), BUDAPEST).astimezone(UTC)


def _aware(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        message = "a moment without a time zone is not a moment"
        raise ValueError(message)
    return instant
