"""The clock tells aware times in UTC."""

from datetime import UTC, datetime, timedelta

from portal_app.gateways import clock


def test_the_clock_tells_the_present_in_utc() -> None:
    told = clock.now()

    assert told.tzinfo is UTC
    assert abs(datetime.now(UTC) - told) < timedelta(seconds=1)
