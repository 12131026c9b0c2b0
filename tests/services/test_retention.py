"""Letters go for good on their day, with everything that hangs on them; the proof that they were there stays."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import SQLModel, func, select, update

from portal_app.database.tables import (
    Account,
    Delivery,
    Document,
    DocumentKey,
    Draft,
    Event,
    Letter,
    Message,
)
from portal_app.database.transactions import Database
from portal_app.domain.brands import Retention, WhenUnopened
from portal_app.domain.calendar import start_of_day
from portal_app.domain.errors import LetterNotFound
from portal_app.domain.retention import kept_until, readable
from portal_app.services import bin as the_bin
from portal_app.services import letters, messages, retention
from portal_app.services.house import House
from portal_app.services.retention import Erased
from tests.cast import ANNA, BELA, DENES, NOON
from tests.mailbox import MINTA, open_mailbox, stored_file

RULES = Retention()
PLACED = datetime(2025, 1, 9, 12, 0, tzinfo=UTC)
"""The letter can be read to the end of 9 January 2026 in Budapest."""
LAST_MOMENT = datetime(2026, 1, 9, 22, 59, 59, tzinfo=UTC)
OVER = datetime(2026, 1, 9, 23, 0, tzinfo=UTC)


def erase(database: Database, now: datetime) -> Erased:
    return database.carry_out(retention.erase_expired, DENES, most=100, now=now)


def empty(database: Database, now: datetime) -> Erased:
    return database.carry_out(retention.empty_bins, DENES, rules=RULES, most=100, now=now)


def count(database: Database, table: type[SQLModel], *where: Any) -> int:
    with database.reading() as db:
        return db.exec(select(func.count()).select_from(table).where(*where)).one()


def change(database: Database, table: type[SQLModel], **values: Any) -> None:
    with database.writing() as db:
        db.exec(update(table).values(**values))


@pytest.mark.requirement("R24")
def test_a_letter_is_erased_from_the_first_moment_after_its_last_day_in_budapest(house: House) -> None:
    anna = open_mailbox(house.database, ANNA)
    letter_id = anna.place(at=PLACED, files=[stored_file(house.objects, b"one"), stored_file(house.objects, b"two")])

    assert not erase(house.database, LAST_MOMENT)
    assert house.database.ask(letters.read_letter, anna.customer, letter_id, now=LAST_MOMENT).subject == "Értesítés"
    erased = erase(house.database, OVER)

    assert (erased.letters, len(erased.object_keys)) == (1, 2)
    assert [count(house.database, table) for table in (Letter, Document, DocumentKey)] == [0, 0, 0]
    assert not erase(house.database, OVER)


@pytest.mark.requirement("R24")
def test_a_letter_is_unreadable_on_its_day_even_if_no_nightly_has_run(house: House) -> None:
    anna = open_mailbox(house.database, ANNA)
    letter_id = anna.place(at=PLACED)

    with pytest.raises(LetterNotFound):
        house.database.ask(letters.read_letter, anna.customer, letter_id, now=OVER)


@pytest.mark.parametrize(
    ("placed", "erased_on"),
    [
        (datetime(2024, 2, 29, 12, tzinfo=UTC), date(2025, 3, 1)),
        (datetime(2025, 3, 29, 23, 30, tzinfo=UTC), date(2026, 3, 31)),
        (datetime(2025, 10, 25, 22, 30, tzinfo=UTC), date(2026, 10, 27)),
        (datetime(2025, 12, 31, 23, 30, tzinfo=UTC), date(2027, 1, 2)),
    ],
)
def test_the_day_is_budapests_own_on_leap_days_and_when_the_clocks_change(
    sqlite_database: Database, placed: datetime, erased_on: date
) -> None:
    open_mailbox(sqlite_database, ANNA).place(at=placed)

    assert not erase(sqlite_database, start_of_day(erased_on) - timedelta(seconds=1))
    assert erase(sqlite_database, start_of_day(erased_on)).letters == 1


def test_only_what_is_over_goes(house: House) -> None:
    anna, bela = open_mailbox(house.database, ANNA), open_mailbox(house.database, BELA)
    anna.place("over", at=PLACED)
    anna.place("not over", at=PLACED + timedelta(days=1))
    bela.place("not over", at=PLACED + timedelta(days=1))

    assert erase(house.database, OVER).letters == 1

    with house.database.reading() as db:
        assert db.exec(select(Letter.subject)).all() == ["not over", "not over"]


def test_the_delivery_and_the_events_stay_as_proof(house: House) -> None:
    anna = open_mailbox(house.database, ANNA)
    letter_id = anna.place(at=PLACED)
    with house.database.writing() as db:
        delivery = Delivery(
            public_id="d", external_ref="d", fingerprint="", system="core", policy_number="", kind="information",
            account_id=anna.customer.account_id, accepted_at=PLACED, answer="{}",
        )  # fmt: skip
        db.add(delivery)
        db.flush()
        db.exec(update(Letter).values(delivery_id=delivery.id))

    erase(house.database, OVER)

    assert count(house.database, Delivery) == 1
    with house.database.reading() as db:
        event = db.exec(select(Event).where(Event.act == "letter:erased")).one()
        assert (event.about, event.delivery_id, event.details) == (letter_id, delivery.id, '{"reason": "retention"}')


def test_drafts_go_with_the_letter_and_messages_live_on_without_it(house: House) -> None:
    anna = open_mailbox(house.database, ANNA)
    letter_id = anna.place(at=PLACED)
    house.database.carry_out(messages.begin_reply, anna.customer, letter_id, now=LAST_MOMENT)
    house.database.carry_out(messages.send_reply, anna.customer, letter_id, "Kérdés", [], mark="m", brand=MINTA, now=LAST_MOMENT)
    house.database.carry_out(messages.begin_reply, anna.customer, letter_id, now=LAST_MOMENT)

    erase(house.database, OVER)

    assert count(house.database, Draft) == 0
    with house.database.reading() as db:
        message = db.exec(select(Message)).one()
        assert (message.letter_id, message.text) == (None, "Kérdés")


def test_messages_are_erased_on_their_own_day_with_their_files(house: House) -> None:
    anna = open_mailbox(house.database, ANNA)
    letter_id = anna.place(at=NOON)
    file = stored_file(house.objects, b"attached")
    house.database.carry_out(messages.send_reply, anna.customer, letter_id, "Kérdés", [file], mark="m", brand=MINTA, now=NOON)
    with house.database.reading() as db:
        day = db.exec(select(Message.erase_on)).one()
    change(house.database, Letter, erase_on=day + timedelta(days=30))

    assert not erase(house.database, start_of_day(day) - timedelta(seconds=1))
    erased = erase(house.database, start_of_day(day))

    assert (erased.letters, erased.messages, erased.object_keys) == (0, 1, (file.stored.key,))


def test_the_unread_counter_and_open_tabs_follow(house: House) -> None:
    anna = open_mailbox(house.database, ANNA)
    anna.place(at=PLACED)
    anna.place(at=NOON)
    with house.database.reading() as db:
        before = db.exec(select(Account.revision)).one()

    erase(house.database, OVER)

    with house.database.reading() as db:
        account = db.exec(select(Account)).one()
        assert (account.unread, account.revision) == (1, before + 1)


def test_a_transaction_takes_no_more_than_asked(house: House) -> None:
    anna = open_mailbox(house.database, ANNA)
    for _ in range(5):
        anna.place(at=PLACED)

    taken = [house.database.carry_out(retention.erase_expired, DENES, most=2, now=OVER).letters for _ in range(4)]

    assert taken == [2, 2, 1, 0]


@pytest.mark.requirement("R21")
def test_what_was_deleted_leaves_the_bin_after_thirty_days(house: House) -> None:
    anna = open_mailbox(house.database, ANNA)
    letter_id = anna.place(at=NOON)
    anna.place("stays", at=NOON)
    house.database.carry_out(the_bin.bin_letters, anna.customer, [letter_id], now=NOON)

    assert not empty(house.database, start_of_day(date(2026, 2, 9)) - timedelta(seconds=1))
    assert empty(house.database, start_of_day(date(2026, 2, 9))).letters == 1

    with house.database.reading() as db:
        assert db.exec(select(Letter.subject)).all() == ["stays"]
        assert db.exec(select(Event.details).where(Event.act == "letter:erased")).one() == '{"reason": "bin"}'


def test_the_bin_keeps_nothing_beyond_retention(house: House) -> None:
    anna = open_mailbox(house.database, ANNA)
    letter_id = anna.place(at=PLACED)
    house.database.carry_out(the_bin.bin_letters, anna.customer, [letter_id], now=LAST_MOMENT - timedelta(days=1))

    assert erase(house.database, OVER).letters == 1


def test_a_letter_that_awaits_confirmation_is_not_erased_from_the_bin(house: House) -> None:
    anna = open_mailbox(house.database, ANNA)
    anna.place(at=NOON, requires_confirmation=True)
    change(house.database, Letter, binned_at=NOON)

    assert not empty(house.database, NOON + timedelta(days=60))
    change(house.database, Letter, confirmed_at=NOON)
    assert empty(house.database, NOON + timedelta(days=60)).letters == 1


def test_a_deleted_message_waits_for_its_answer(house: House) -> None:
    anna = open_mailbox(house.database, ANNA)
    letter_id = anna.place(at=NOON)
    house.database.carry_out(messages.send_reply, anna.customer, letter_id, "Kérdés", [], mark="m", brand=MINTA, now=NOON)
    change(house.database, Message, binned_at=NOON)

    assert not empty(house.database, NOON + timedelta(days=60))
    change(house.database, Message, status="answered")
    assert empty(house.database, NOON + timedelta(days=60)).messages == 1


def test_an_unopened_letter_is_kept_where_the_brand_wants_it_and_erased_once_it_was_opened(house: House) -> None:
    keeping = Retention(when_unopened=WhenUnopened.KEEP)
    anna = open_mailbox(house.database, ANNA)
    unopened, opened = anna.place(at=PLACED), anna.place(at=PLACED)
    house.database.carry_out(letters.open_letter, anna.customer, opened, now=PLACED)

    def keep(now: datetime) -> int:
        return house.database.carry_out(retention.keep_unopened, DENES, rules=keeping, most=100, now=now)

    assert keep(LAST_MOMENT - timedelta(days=1)) == 0
    assert keep(LAST_MOMENT) == 1
    assert erase(house.database, OVER).letters == 1

    kept = house.database.carry_out(letters.open_letter, anna.customer, unopened, now=OVER)
    assert kept.readable_until == date(2027, 1, 9)
    assert keep(datetime(2027, 1, 9, 12, tzinfo=UTC)) == 0
    assert erase(house.database, datetime(2027, 1, 10, 12, tzinfo=UTC)).letters == 1


def test_without_that_wish_nothing_is_kept(house: House) -> None:
    open_mailbox(house.database, ANNA).place(at=PLACED)

    assert house.database.carry_out(retention.keep_unopened, DENES, rules=RULES, most=100, now=LAST_MOMENT) == 0


def test_a_kept_letters_date_moves_past_tomorrow_even_after_missed_nights() -> None:
    keeping = Retention(when_unopened=WhenUnopened.KEEP)

    assert kept_until(date(2026, 1, 10), date(2026, 1, 9), keeping) == date(2027, 1, 10)
    assert kept_until(date(2026, 1, 10), date(2027, 6, 1), keeping) == date(2028, 1, 10)
    assert readable(date(2026, 1, 10), date(2026, 1, 9))
    assert not readable(date(2026, 1, 10), date(2026, 1, 10))


def test_what_would_go_unopened_is_listed_by_urgency_and_without_content(house: House) -> None:
    anna = open_mailbox(house.database, ANNA)
    later, sooner = anna.place("titkos", at=PLACED + timedelta(days=20)), anna.place("titkos", at=PLACED + timedelta(days=5))
    opened = anna.place(at=PLACED + timedelta(days=6))
    house.database.carry_out(letters.open_letter, anna.customer, opened, now=NOON)
    anna.place(at=PLACED + timedelta(days=200))

    lines = house.database.ask(retention.unopened_soon, DENES, days=60, now=NOON)

    assert [line.letter_id for line in lines] == [sooner, later]
    assert house.database.ask(retention.count_unopened_soon, DENES, days=60, now=NOON) == 2
    assert house.database.ask(retention.count_unopened_soon, DENES, days=10, now=NOON) == 1
    assert "titkos" not in repr(lines)


def test_only_objects_without_a_document_are_orphans(house: House) -> None:
    file = stored_file(house.objects, b"one")
    orphan = house.objects.put(b"nobody's").key
    open_mailbox(house.database, ANNA).place(files=[file])

    found = house.database.ask(retention.unremembered, DENES, [file.stored.key, orphan])

    assert found == [orphan]
