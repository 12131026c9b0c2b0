"""What requests are: numbered to be read out, due in calendar days, the insurer's or the customer's turn."""

import re
from datetime import UTC, date, datetime

import pytest

from portal_app.domain.applications import (
    ActsNext,
    ApplicationKind,
    ApplicationStatus,
    acts_next,
    address_line,
    carried_out_by,
    check_open,
    due_after_pause,
    erased_on,
    is_overdue,
    missing_facts,
    reference_number,
)
from portal_app.domain.errors import ApplicationDecided

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_the_day_of_receipt_is_not_counted_and_the_days_are_calendar_days() -> None:
    assert carried_out_by(NOON, 15) == date(2026, 12, 5)


def test_what_comes_late_in_the_evening_counts_from_the_day_in_budapest() -> None:
    assert carried_out_by(datetime(2026, 11, 20, 23, 30, tzinfo=UTC), 15) == date(2026, 12, 6)


def test_days_of_waiting_for_the_customer_do_not_count() -> None:
    answered = datetime(2026, 11, 27, 8, tzinfo=UTC)

    assert due_after_pause(date(2026, 12, 5), NOON, answered) == date(2026, 12, 12)
    assert due_after_pause(date(2026, 12, 5), NOON, NOON) == date(2026, 12, 5)


@pytest.mark.parametrize(
    ("status", "turn"),
    [
        (ApplicationStatus.SUBMITTED, ActsNext.INSURER),
        (ApplicationStatus.IN_PROGRESS, ActsNext.INSURER),
        (ApplicationStatus.WAITING, ActsNext.CUSTOMER),
        (ApplicationStatus.FULFILLED, ActsNext.NOBODY),
        (ApplicationStatus.REJECTED, ActsNext.NOBODY),
        (ApplicationStatus.WITHDRAWN, ActsNext.NOBODY),
    ],
)
def test_every_status_says_whose_turn_it_is(status: ApplicationStatus, turn: ActsNext) -> None:
    assert acts_next(status) == turn


def test_the_insurer_is_late_only_when_it_is_its_turn() -> None:
    day, after = date(2026, 12, 5), date(2026, 12, 6)

    assert is_overdue(ApplicationStatus.SUBMITTED, day, after)
    assert not is_overdue(ApplicationStatus.SUBMITTED, day, day)
    assert not is_overdue(ApplicationStatus.WAITING, day, after)
    assert not is_overdue(ApplicationStatus.REJECTED, day, after)


def test_what_has_ended_stays_as_it_is() -> None:
    check_open(ApplicationStatus.WAITING)
    for ended in (ApplicationStatus.FULFILLED, ApplicationStatus.REJECTED, ApplicationStatus.WITHDRAWN):
        with pytest.raises(ApplicationDecided):
            check_open(ended)


def test_a_reference_number_can_be_read_out() -> None:
    assert re.fullmatch(r"K-2026-[A-HJ-NP-Z2-9]{6}", reference_number(date(2026, 11, 20), 2**40 + 12345))


def test_a_decided_request_stays_for_a_year() -> None:
    assert erased_on(NOON) == date(2027, 11, 21)


@pytest.mark.parametrize("kind", ApplicationKind)
def test_a_request_without_answers_lacks_what_its_kind_needs(kind: ApplicationKind) -> None:
    needed = {
        ApplicationKind.ELECTRONIC: ("terms",),
        ApplicationKind.ADDRESS: ("postcode", "town", "street"),
        ApplicationKind.PHONE: ("phone",),
        ApplicationKind.EMAIL: ("email",),
        ApplicationKind.BANK_ACCOUNT: ("bank_account",),
    }.get(kind, ())

    assert missing_facts(kind, {}) == needed
    assert missing_facts(kind, dict.fromkeys(needed, " ")) == needed
    assert missing_facts(kind, dict.fromkeys(needed, "x")) == ()


def test_an_address_is_kept_in_one_line() -> None:
    assert address_line({"postcode": "1117", "town": "Budapest", "street": "Fehérvári út 1."}) == "1117 Budapest, Fehérvári út 1."
    assert address_line({}) == ""
