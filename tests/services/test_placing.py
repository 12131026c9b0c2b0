"""How letters come into accounts."""

from datetime import timedelta

import pytest
from sqlmodel import col, select

from portal_app.database.tables import Account, Event, Job, Letter
from portal_app.database.transactions import Database
from portal_app.domain.hungarian import fold
from portal_app.services import placing
from portal_app.services.placing import PUBLISHED_AT_ONCE
from tests.cast import ANNA, BELA, DENES, NOON
from tests.mailbox import MINTA, open_mailbox

LATER = NOON + timedelta(days=1)


def test_everything_a_customer_may_look_for_is_in_the_search_key(database: Database) -> None:
    open_mailbox(database, ANNA).place("Értesítés", policy="KGFB-2026/1", plate="AA-BB-123", summary="Őszi díj")

    with database.reading() as db:
        key = db.exec(select(Letter.search_key)).one()
    for word in ("értesítés", "ŐSZI", "kgfb-2026/1", "kgfb20261", "aa-bb-123", "AABB123", "tájékoztató"):
        assert fold(word) in key


def test_letters_are_counted_and_announced_for_each_account_alone(database: Database) -> None:
    annas, belas = open_mailbox(database, ANNA), open_mailbox(database, BELA)
    annas.place("Egy")
    annas.place("Kettő")
    belas.place("Három")

    with database.reading() as db:
        jobs = db.exec(select(Job.recipient, Job.count).where(Job.kind == "arrival").order_by(col(Job.recipient))).all()
        unread = db.exec(select(Account.unread).order_by(col(Account.id))).all()
    assert [tuple(job) for job in jobs] == [(ANNA, 2), (BELA, 1)]
    assert unread == [2, 1]


def test_an_announcement_that_was_sent_is_followed_by_a_new_one(database: Database) -> None:
    mailbox = open_mailbox(database, ANNA)
    mailbox.place("Egy")
    with database.writing() as db:
        job = db.exec(select(Job)).one()
        job.gathers, job.ended_at, job.outcome = "", NOON, "sent"

    mailbox.place("Kettő")

    with database.reading() as db:
        assert db.exec(select(Job.count).where(Job.kind == "arrival").order_by(col(Job.id))).all() == [1, 1]


def test_waiting_letters_are_published_in_portions_and_counted_once(database: Database) -> None:
    mailbox = open_mailbox(database, ANNA)
    for number in range(PUBLISHED_AT_ONCE + 1):
        mailbox.place(f"Levél {number}", publish_at=LATER)

    counts = [database.carry_out(placing.publish_due, DENES, brand=MINTA, now=LATER) for _ in range(3)]

    assert counts == [PUBLISHED_AT_ONCE, 1, 0]
    with database.reading() as db:
        assert db.exec(select(Account.unread)).one() == PUBLISHED_AT_ONCE + 1
        assert len(db.exec(select(Event.id).where(Event.act == "letter:placed")).all()) == PUBLISHED_AT_ONCE + 1
        assert set(db.exec(select(Letter.placed_at))) == {LATER}


def test_the_year_of_a_waiting_letter_begins_when_it_is_published(database: Database) -> None:
    mailbox = open_mailbox(database, ANNA)
    mailbox.place("Később", publish_at=LATER)

    late = LATER + timedelta(days=3)
    database.carry_out(placing.publish_due, DENES, brand=MINTA, now=late)

    with database.reading() as db:
        assert db.exec(select(Letter.erase_on)).one() == late.date().replace(year=2027) + timedelta(days=1)


def test_nothing_is_done_for_no_letters(database: Database) -> None:
    with database.writing() as db:
        assert placing.place_letters(db, DENES, [], brand=MINTA, now=NOON) == []


@pytest.mark.parametrize("count", [1, 120])
def test_letters_get_their_places_in_the_order_given(database: Database, count: int) -> None:
    mailbox = open_mailbox(database, ANNA)
    letters = [
        placing.NewLetter(
            account_id=mailbox.customer.account_id,
            portal="kuldemenyeim",
            kind=placing.LetterKind.PROPOSAL,
            subject=f"Levél {number}",
            files=(),
        )
        for number in range(count)
    ]

    placed = database.carry_out(placing.place_letters, DENES, letters, brand=MINTA, now=NOON)

    with database.reading() as db:
        by_id = dict(db.execute(select(Letter.id, Letter.subject)).all())
    assert [by_id[one.id] for one in placed] == [letter.subject for letter in letters]
