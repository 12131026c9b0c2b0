"""Warnings and reminders: one e-mail an account, once a step, with a number and a date and nothing else."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import col, select, update

from portal_app.database.tables import Account, Credential, Job, Letter
from portal_app.domain.calendar import start_of_day
from portal_app.domain.kinds import LetterKind
from portal_app.services import letters, preferences, reminders
from portal_app.services.house import House
from tests.cast import ANNA, BELA, DENES
from tests.mailbox import MINTA, open_mailbox
from tests.visitors import active

PLACED = datetime(2025, 1, 9, 12, 0, tzinfo=UTC)
LAST_DAY = date(2026, 1, 9)


def at(days_before_the_last: int) -> datetime:
    return start_of_day(LAST_DAY - timedelta(days=days_before_the_last)) + timedelta(hours=2)


def warn(house: House, now: datetime) -> int:
    due = house.database.ask(reminders.letters_to_warn_of, DENES, brand=MINTA, now=now)
    return house.database.carry_out(reminders.warn_of_erasing, DENES, due.items(), now=now)


def remind(house: House, now: datetime) -> int:
    due = house.database.ask(reminders.letters_to_remind_of, DENES, brand=MINTA, now=now)
    return house.database.carry_out(reminders.remind_of_unread, DENES, due.items(), now=now)


def warn_of_passwords(house: House, now: datetime) -> int:
    house.database.carry_out(reminders.forget_password_warnings, DENES, brand=MINTA, now=now)
    due = house.database.ask(reminders.passwords_to_warn_of, DENES, brand=MINTA, now=now)
    return house.database.carry_out(reminders.warn_of_expiring_passwords, DENES, due, now=now)


def owed(house: House, kind: str) -> list[tuple[str, int, dict[str, Any]]]:
    with house.database.reading() as db:
        rows = db.exec(select(Job).where(Job.kind == kind).order_by(col(Job.id))).all()
        return [(job.recipient, job.count, json.loads(job.facts)) for job in rows]


@pytest.mark.requirement("R24")
def test_an_account_is_warned_once_a_day_with_a_number_and_the_first_last_day(house: House) -> None:
    anna, bela = open_mailbox(house.database, ANNA), open_mailbox(house.database, BELA)
    for days in (0, 1, 2):
        letter_id = anna.place("titkos", at=PLACED + timedelta(days=days))
        house.database.carry_out(letters.open_letter, anna.customer, letter_id, now=PLACED + timedelta(days=days))
    bela.place(at=PLACED + timedelta(days=200))

    assert warn(house, at(28)) == 3
    assert warn(house, at(28)) == 0

    assert owed(house, "retention_warning") == [(ANNA, 3, {"erase_on": "2026-01-09"})]


def test_an_opened_letter_is_warned_of_at_thirty_and_seven_days(house: House) -> None:
    anna = open_mailbox(house.database, ANNA)
    house.database.carry_out(letters.open_letter, anna.customer, anna.place(at=PLACED), now=PLACED)

    told = [days for days in range(70, -3, -1) if warn(house, at(days))]

    assert told == [30, 7]


def test_what_was_never_opened_is_warned_of_at_sixty_days_too_and_said_to_be_unopened(house: House) -> None:
    open_mailbox(house.database, ANNA).place(at=PLACED)

    told = [days for days in range(70, -3, -1) if warn(house, at(days))]

    assert told == [60, 30, 7]
    assert owed(house, "retention_warning")[0] == (ANNA, 1, {"erase_on": "2026-01-09", "unopened": 1})


def test_missed_nights_are_caught_up_with_one_warning(house: House) -> None:
    open_mailbox(house.database, ANNA).place(at=PLACED)

    assert warn(house, at(3)) == 1
    assert warn(house, at(2)) == 0


def test_what_lies_in_the_bin_or_still_waits_is_not_warned_of(house: House) -> None:
    anna = open_mailbox(house.database, ANNA)
    binned = anna.place(at=PLACED)
    anna.place(at=PLACED - timedelta(days=400), publish_at=PLACED)
    with house.database.writing() as db:
        db.exec(update(Letter).where(col(Letter.public_id) == binned).values(binned_at=PLACED))

    assert warn(house, at(7)) == 0


def test_the_warning_is_not_urgent_and_speaks_of_nothing_else(house: House) -> None:
    open_mailbox(house.database, ANNA).place("titkos tárgy", at=PLACED, summary="titkos kivonat")

    warn(house, at(7))

    with house.database.reading() as db:
        job = db.exec(select(Job).where(Job.kind == "retention_warning")).one()
        assert not job.urgent
        assert "titkos" not in job.facts


def test_an_unread_letter_is_reminded_of_after_seven_days_and_a_legal_one_after_three_too(house: House) -> None:
    open_mailbox(house.database, ANNA).place(at=PLACED)
    open_mailbox(house.database, BELA).place(kind=LetterKind.CANCELLATION_NOTICE, at=PLACED)

    told = {days: remind(house, PLACED + timedelta(days=days)) for days in range(40)}

    assert {days: count for days, count in told.items() if count} == {3: 1, 7: 2}
    assert sorted(recipient for recipient, _, _ in owed(house, "reminder")) == [ANNA, BELA, BELA]


def test_several_unread_letters_make_one_reminder(house: House) -> None:
    anna = open_mailbox(house.database, ANNA)
    for _ in range(4):
        anna.place(at=PLACED)
    opened = anna.place(at=PLACED)
    house.database.carry_out(letters.open_letter, anna.customer, opened, now=PLACED)

    assert remind(house, PLACED + timedelta(days=7)) == 4
    assert remind(house, PLACED + timedelta(days=7)) == 0
    assert owed(house, "reminder") == [(ANNA, 4, {})]


def test_who_wants_no_reminders_gets_none(house: House) -> None:
    anna = open_mailbox(house.database, ANNA)
    anna.place(at=PLACED)
    house.database.carry_out(preferences.set_reminders, anna.customer, wanted=False)

    assert remind(house, PLACED + timedelta(days=7)) == 0


def test_a_letter_opened_between_looking_and_telling_is_not_reminded_of(house: House) -> None:
    anna = open_mailbox(house.database, ANNA)
    letter_id = anna.place(at=PLACED)
    week_later = PLACED + timedelta(days=7)
    due = house.database.ask(reminders.letters_to_remind_of, DENES, brand=MINTA, now=week_later)
    house.database.carry_out(letters.open_letter, anna.customer, letter_id, now=week_later)

    assert house.database.carry_out(reminders.remind_of_unread, DENES, due.items(), now=week_later) == 0
    assert owed(house, "reminder") == []


@pytest.mark.requirement("R34")
def test_an_expiring_password_is_warned_of_at_thirty_seven_and_one_day(house: House) -> None:
    active(house, ANNA, "AnnaBela12", now=PLACED, days=365)

    told = [days for days in range(40, -3, -1) if warn_of_passwords(house, at(days))]

    assert told == [30, 7, 1]
    assert owed(house, "password_expiry") == [(ANNA, 1, {"expires_on": "2026-01-09"})] * 3


def test_after_the_renewal_the_next_years_warnings_come_again(house: House) -> None:
    active(house, ANNA, "AnnaBela12", now=PLACED, days=365)
    for days in (30, 7, 1):
        warn_of_passwords(house, at(days))
    with house.database.writing() as db:
        running = col(Credential.ended_at).is_(None) & (col(Credential.kind) == "chosen")
        db.exec(update(Credential).where(running).values(valid_until=PLACED + timedelta(days=730)))

    next_year = start_of_day(date(2027, 1, 9)) + timedelta(hours=2)
    told = [days for days in range(40, -3, -1) if warn_of_passwords(house, next_year - timedelta(days=days))]

    assert told == [30, 7, 1]


def test_an_account_that_nobody_has_opened_yet_has_no_password_to_warn_of(house: House) -> None:
    active(house, ANNA, "AnnaBela12", now=PLACED, days=365)
    with house.database.writing() as db:
        db.exec(update(Account).values(status="invited"))

    assert warn_of_passwords(house, at(7)) == 0
