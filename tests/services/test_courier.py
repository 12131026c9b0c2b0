"""Post is claimed by one courier at a time, and what became of it is written down once."""

import threading
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from portal_app.database.tables import Account, Delivery, Event, Job, Letter
from portal_app.database.transactions import Database
from portal_app.domain.actors import Operator
from portal_app.domain.brands import PortalName
from portal_app.gateways.secrets import Secrets
from portal_app.services import courier, deliveries
from portal_app.services.accounts import account_for_email, seal_text
from portal_app.services.courier import LEASE, ClaimedJob
from portal_app.services.outbox import enqueue
from portal_app.settings import read_brand
from tests.cast import ANNA, ANNAS_POLICY, CORE, NOON
from tests.mailbox import open_mailbox

Row = TypeVar("Row")
MINTA = read_brand("minta")
FIRST, SECOND = Operator("courier-1"), Operator("courier-2")
NIGHT = datetime(2026, 1, 10, 22, 0, tzinfo=UTC)
MORNING = datetime(2026, 1, 11, 8, 0, tzinfo=UTC)


def owe(database: Database, kind: str = "password_changed", *, times: int = 1, now: datetime = NOON, **details: object) -> None:
    def owed(db: Session) -> None:
        account, _ = account_for_email(
            db, CORE, ANNA, portal=PortalName.KULDEMENYEIM, phone="+36301234567", customer_ref="", now=now
        )
        for _ in range(times):
            enqueue(db, kind, account, now=now, **details)  # type: ignore[arg-type]

    database.carry_out(owed)


def claim(
    database: Database, actor: Operator = FIRST, *, now: datetime = NOON, most: int = 10, channel: str = "mail"
) -> tuple[ClaimedJob, ...]:
    return database.carry_out(courier.claim, actor, channel, most=most, brand=MINTA, now=now)


def read(database: Database, statement: SelectOfScalar[Row]) -> list[Row]:
    """Read rows that outlive their session."""
    with database.reading() as db:
        rows = list(db.exec(statement).all())
        db.expunge_all()
        return rows


def the_job(database: Database) -> Job:
    (job,) = read(database, select(Job))
    return job


def the_account(database: Database) -> Account:
    (account,) = read(database, select(Account))
    return account


def acts(database: Database) -> list[str]:
    return [event.act for event in read(database, select(Event).order_by(col(Event.id)))]


def test_a_claimed_job_is_nobody_elses_until_the_lease_ends(database: Database) -> None:
    owe(database)

    (job,) = claim(database)

    assert (job.kind, job.recipient, job.attempt) == ("password_changed", ANNA, 1)
    assert claim(database, SECOND) == ()
    assert claim(database, SECOND, now=NOON + LEASE - timedelta(seconds=1)) == ()
    (again,) = claim(database, SECOND, now=NOON + LEASE)
    assert (again.id, again.attempt) == (job.id, 2)


def test_a_courier_that_lost_its_lease_writes_no_outcome(database: Database) -> None:
    owe(database)
    (first,) = claim(database)
    (second,) = claim(database, SECOND, now=NOON + LEASE)

    late = database.carry_out(courier.mark_sent, FIRST, first, now=NOON + LEASE)
    in_time = database.carry_out(courier.mark_sent, SECOND, second, now=NOON + LEASE)

    assert (late, in_time) == (False, True)
    assert acts(database).count("post:sent") == 1


def test_an_outcome_is_written_once(database: Database) -> None:
    owe(database)
    (job,) = claim(database)

    assert database.carry_out(courier.mark_sent, FIRST, job, now=NOON)
    assert not database.carry_out(courier.put_off, FIRST, job, "late", brand=MINTA, now=NOON)
    assert the_job(database).outcome == "sent"


def test_several_couriers_share_the_post_and_none_is_claimed_twice(database: Database) -> None:
    owe(database, times=60)
    claimed: list[int] = []

    def work(name: str) -> None:
        while jobs := claim(database, Operator(name), most=7):
            claimed.extend(job.id for job in jobs)

    threads = [threading.Thread(target=work, args=(f"courier-{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(claimed) == sorted(set(claimed))
    assert len(claimed) == 60


def test_a_claim_takes_no_more_than_asked_and_the_longest_waiting_first(database: Database) -> None:
    for minute in (2, 0, 1):
        owe(database, now=NOON + timedelta(minutes=minute))

    jobs = claim(database, most=2, now=NOON + timedelta(hours=1))

    assert sorted(job.owed_since for job in jobs) == [NOON, NOON + timedelta(minutes=1)]


def test_what_failed_for_now_waits_longer_each_time_and_dies_in_the_end(database: Database) -> None:
    owe(database)
    now, waits = NOON, []
    while jobs := claim(database, now=now):
        database.carry_out(courier.put_off, FIRST, jobs[0], "no connection", brand=MINTA, now=now)
        job = the_job(database)
        if job.ended_at:
            break
        waits.append(job.not_before - now)
        now = job.not_before

    assert waits[:4] == [timedelta(seconds=30), timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4)]
    assert max(waits) == timedelta(hours=3)
    assert timedelta(days=1, hours=20) < now - NOON <= timedelta(days=2)
    assert (job.outcome, job.secret) == ("dead", "")
    assert job.reason.startswith("given up after ")
    assert "post:dead" in acts(database)


def test_a_job_that_kills_the_courier_each_time_is_given_up(database: Database) -> None:
    owe(database)
    now = NOON
    while claim(database, now=now):
        now += LEASE

    job = the_job(database)
    assert (job.outcome, job.reason) == ("dead", "the courier stopped each time while handing it over")


@pytest.mark.requirement("R17")
def test_a_secret_is_opened_only_at_hand_over_and_blanked_afterwards(database: Database, secrets: Secrets) -> None:
    owe(database, "initial_password", sealed_secret=seal_text(secrets, "Kezdeti123"))
    assert "Kezdeti123" not in the_job(database).secret

    (job,) = claim(database)

    assert job.secret(secrets) == "Kezdeti123"
    assert "Kezdeti123" not in repr(job)
    database.carry_out(courier.mark_sent, FIRST, job, now=NOON)
    assert the_job(database).secret == ""


@pytest.mark.parametrize("ending", ["refused", "dead"])
def test_a_secret_is_blanked_however_the_post_ends(database: Database, secrets: Secrets, ending: str) -> None:
    owe(database, "initial_password", sealed_secret=seal_text(secrets, "Kezdeti123"))
    (job,) = claim(database)

    end = courier.mark_refused if ending == "refused" else courier.give_up
    database.carry_out(end, FIRST, job, "550 no such user", now=NOON)

    assert (the_job(database).outcome, the_job(database).secret) == (ending, "")


def test_the_message_id_is_the_same_at_every_attempt_and_differs_between_jobs(database: Database, secrets: Secrets) -> None:
    owe(database, times=2)
    first = {job.id: job.message_id(secrets, "minta.example") for job in claim(database)}
    second = {job.id: job.message_id(secrets, "minta.example") for job in claim(database, now=NOON + LEASE)}

    assert first == second
    assert len(set(first.values())) == 2
    rotated = Secrets(["n" * 40, "a-secret-for-the-tests-that-is-long-enough"])
    third = {job.id: job.message_id(rotated, "minta.example") for job in claim(database, now=NOON + 2 * LEASE)}
    assert third == first


def test_quiet_hours_hold_what_nobody_asked_for(database: Database) -> None:
    owe(database, "retention_warning", now=NIGHT, urgent=False, facts={"erase_on": "2026-02-10"})
    owe(database, "password_link", now=NIGHT)

    assert [job.kind for job in claim(database, now=NIGHT)] == ["password_link"]
    assert not database.ask(courier.anything_due, FIRST, "mail", now=NIGHT + timedelta(seconds=30))


def test_unasked_post_is_not_claimed_before_the_morning(database: Database) -> None:
    owe(database, "retention_warning", now=NIGHT, urgent=False, facts={"erase_on": "2026-02-10"})

    assert claim(database, now=NIGHT) == ()
    assert claim(database, now=MORNING - timedelta(seconds=1)) == ()
    assert [job.kind for job in claim(database, now=MORNING)] == ["retention_warning"]


def test_a_claim_closes_the_job_for_gathering(database: Database) -> None:
    owe(database, "arrival", gathers="arrival:1", times=3)
    (job,) = claim(database)
    owe(database, "arrival", gathers="arrival:1")

    (later,) = claim(database)

    assert (job.count, later.count) == (3, 1)
    assert job.id != later.id


def test_channels_do_not_wait_for_each_other(database: Database) -> None:
    owe(database)
    owe(database, "initial_password", channel="sms", sealed_secret="x")

    assert [job.channel for job in claim(database, channel="sms")] == ["sms"]
    assert [job.channel for job in claim(database, channel="mail")] == ["mail"]


def test_a_permanent_refusal_flags_the_account_with_its_reason(database: Database) -> None:
    owe(database)
    (job,) = claim(database)

    database.carry_out(courier.mark_refused, FIRST, job, "550 5.1.1 no such user", now=NOON)

    account = the_account(database)
    assert (account.email_refused_at, account.email_refused_reason) == (NOON, "550 5.1.1 no such user")
    assert "address:refused" in acts(database)


def test_a_refusal_of_another_address_does_not_flag_the_account(database: Database) -> None:
    owe(database, "email_change_confirm", recipient="new@pelda.example", facts={"expires_at": NOON.isoformat()})
    (job,) = claim(database)

    database.carry_out(courier.mark_refused, FIRST, job, "550 no such user", now=NOON)

    assert the_account(database).email_refused_at is None


def test_the_flag_goes_when_the_address_takes_mail_again(database: Database) -> None:
    owe(database)
    (job,) = claim(database)
    database.carry_out(courier.mark_refused, FIRST, job, "550 no such user", now=NOON)
    owe(database)
    (job,) = claim(database)

    database.carry_out(courier.mark_sent, FIRST, job, now=NOON)

    account = the_account(database)
    assert (account.email_refused_at, account.email_refused_reason) == (None, "")


def test_nothing_is_sent_to_a_closed_account_but_the_word_that_it_is_closed(database: Database) -> None:
    owe(database, "arrival")
    owe(database, "closing_done")
    with database.writing() as db:
        db.exec(select(Account)).one().status = "closed"

    assert [job.kind for job in claim(database)] == ["closing_done"]
    (arrival,) = read(database, select(Job).where(Job.kind == "arrival"))
    assert (arrival.outcome, arrival.reason) == ("withdrawn", "the account was closed")


def test_a_reminder_is_withdrawn_when_everything_was_read_meanwhile(database: Database) -> None:
    owe(database, "reminder", urgent=False)

    assert claim(database) == ()
    assert the_job(database).outcome == "withdrawn"


@pytest.mark.requirement("R13")
def test_each_letter_the_e_mail_was_about_is_recorded_as_notified(database: Database) -> None:
    anna = open_mailbox(database, ANNA)

    def delivered(db: Session, reference: str) -> int:
        delivery = Delivery(
            public_id=reference, external_ref=reference, fingerprint="", system="core", policy_number=ANNAS_POLICY,
            kind="information", account_id=anna.customer.account_id, accepted_at=NOON, answer="{}",
        )  # fmt: skip
        db.add(delivery)
        db.flush()
        return delivery.id or 0

    ids = [anna.place(), anna.place()]
    with database.writing() as db:
        for letter, reference in zip(ids, ("first", "second"), strict=True):
            db.exec(select(Letter).where(Letter.public_id == letter)).one().delivery_id = delivered(db, reference)
    (job,) = claim(database)
    anna.place(at=NOON + timedelta(seconds=1))

    database.carry_out(courier.mark_sent, FIRST, job, now=NOON + timedelta(seconds=2))

    told = read(database, select(Event).where(Event.act == "letter:notified").order_by(col(Event.id)))
    assert [event.about for event in told] == ids
    assert all(event.delivery_id for event in told)
    assert job.count == 2
    view = database.ask(deliveries.find_delivery, CORE, "first")
    assert view.notified_at == NOON + timedelta(seconds=2)
