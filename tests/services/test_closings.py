"""Closing an account: asked for, confirmed by a mailed link, open to second thoughts, and then thorough."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import SQLModel, col, func, select

from portal_app.database.tables import (
    Account,
    Application,
    ApplicationDraft,
    Closing,
    Credential,
    Delivery,
    Device,
    Document,
    Draft,
    Event,
    Job,
    Letter,
    Link,
    Login,
    Message,
    Policy,
    SignIn,
)
from portal_app.domain.actors import Customer, Stranger
from portal_app.domain.applications import ApplicationKind
from portal_app.domain.brands import PortalName
from portal_app.domain.closings import Ground
from portal_app.domain.errors import ClosingNotFound, LinkExpired, LinkSuperseded, LinkUnknown, LinkUsed
from portal_app.gateways.secrets import token_digest
from portal_app.services import accounts, applications, closings, messages, sign_ins
from portal_app.services.closings import DueClosing, Notice
from portal_app.services.house import House
from tests.asking import asked
from tests.cast import ANNA, BELA, CORE, DENES, NOON
from tests.mailbox import MINTA, Mailbox, open_mailbox, stored_file

ASKER = Stranger("192.0.2.1")
WEEK_LATER = NOON + timedelta(days=7)
NOTICE = Notice("Fiók törlése", "Az ügyfél kérte.")


def read(house: House, *wanted: Any) -> list[Any]:
    with house.database.reading() as db:
        return list(db.exec(select(*wanted)).all())


def count(house: House, table: type[SQLModel], *where: Any) -> int:
    with house.database.reading() as db:
        return db.exec(select(func.count()).select_from(table).where(*where)).one()


def with_policy(house: House, mailbox: Mailbox, number: str, **values: Any) -> None:
    account_id = mailbox.customer.account_id
    known = {
        "product": "KGFB", "holder_name": "Kiss Anna", "communication": "electronic", "sales_route": "direct",
        "status": "active", "as_of": NOON, "account_id": account_id, "opened_account_id": account_id,
    }  # fmt: skip
    with house.database.writing() as db:
        db.add(Policy(number=number, **(known | values)))


def ask(
    house: House,
    actor: Customer | Stranger = ASKER,
    ground: Ground = Ground.OTHER,
    *,
    login: str = ANNA,
    now: datetime = NOON,
    **more: Any,
) -> None:
    house.database.carry_out(closings.ask, actor, ground, login=login, secrets=house.secrets, now=now, **more)


def last_token(house: House) -> str:
    _, secret = max(read(house, Job.id, Job.secret))
    return token_digest(accounts.open_text(house.secrets, secret))


def confirmed(house: House, ground: Ground = Ground.OTHER, **more: Any) -> None:
    ask(house, ground=ground, **more)
    house.database.carry_out(closings.confirm, ASKER, last_token(house), brand=MINTA, now=NOON)


def due(house: House, now: datetime = WEEK_LATER) -> list[DueClosing]:
    return house.database.ask(closings.due_closings, DENES, brand=MINTA, now=now)


def carry_out(house: House, now: datetime = WEEK_LATER) -> None:
    for one in due(house, now):
        house.database.carry_out(closings.close_doors, DENES, one, now=now)
        while house.database.carry_out(closings.erase_some, DENES, one.account_id, most=2, now=now):
            pass
        house.database.carry_out(closings.finish, DENES, one, NOTICE, brand=MINTA, now=now)


def test_asking_changes_nothing_but_mails_a_link(house: House) -> None:
    open_mailbox(house.database, ANNA).place(at=NOON)

    ask(house)

    assert read(house, Account.status) == ["active"]
    assert [kind for kind in read(house, Job.kind) if kind.startswith("closing")] == ["closing_confirm"]
    assert due(house) == []


def test_the_answer_is_the_same_for_somebody_we_do_not_know(house: House) -> None:
    open_mailbox(house.database, ANNA)

    ask(house, login="nobody@pelda.example")

    assert (count(house, Closing), count(house, Job)) == (0, 0)


def test_a_link_is_mailed_at_most_three_times_an_hour(house: House) -> None:
    open_mailbox(house.database, ANNA)

    for minute in range(6):
        ask(house, now=NOON + timedelta(minutes=minute))
    ask(house, now=NOON + timedelta(hours=2))

    assert count(house, Job, Job.kind == "closing_confirm") == 4
    assert count(house, Closing) == 1


def test_looking_at_the_link_consumes_nothing_and_shows_what_goes(house: House) -> None:
    anna = open_mailbox(house.database, ANNA)
    anna.place()
    anna.place()
    with_policy(house, anna, "KGFB-1")
    with_policy(house, open_mailbox(house.database, BELA), "KGFB-2")
    ask(house, ground=Ground.TO_POST, policies=["KGFB-1", "KGFB-2"])

    for _ in range(2):
        view = house.database.ask(closings.read_by_link, ASKER, last_token(house), brand=MINTA, now=NOON)

    assert (view.letters, view.policies, view.confirmed) == (2, ("KGFB-1",), False)
    assert view.takes_effect_on == date(2026, 1, 17)


def test_a_confirmed_closing_runs_for_seven_days_and_can_be_cancelled(house: House) -> None:
    anna = open_mailbox(house.database, ANNA)
    confirmed(house)

    assert read(house, Account.status) == ["closing"]
    running = house.database.ask(closings.running, anna.customer, brand=MINTA, now=NOON)
    assert running is not None
    assert running.takes_effect_on == date(2026, 1, 17)
    assert due(house, WEEK_LATER - timedelta(seconds=1)) == []
    house.database.carry_out(closings.cancel, anna.customer, now=WEEK_LATER - timedelta(seconds=1))

    assert read(house, Account.status) == ["active"]
    assert due(house, WEEK_LATER + timedelta(days=30)) == []
    assert house.database.ask(closings.running, anna.customer, brand=MINTA, now=NOON) is None
    with pytest.raises(ClosingNotFound):
        house.database.carry_out(closings.cancel, anna.customer, now=NOON)


def test_a_link_works_once_and_says_why_not(house: House) -> None:
    open_mailbox(house.database, ANNA)
    ask(house)
    first = last_token(house)
    ask(house, now=NOON + timedelta(minutes=1))
    second = last_token(house)

    def confirm(token: str, now: datetime = NOON) -> None:
        house.database.carry_out(closings.confirm, ASKER, token, brand=MINTA, now=now)

    with pytest.raises(LinkSuperseded):
        confirm(first)
    with pytest.raises(LinkExpired):
        confirm(second, NOON + timedelta(hours=25))
    confirm(second)
    with pytest.raises(LinkUsed):
        confirm(second)
    with pytest.raises(LinkUnknown):
        confirm("0" * 64)


@pytest.mark.requirement("R27")
def test_on_its_day_the_account_is_closed_its_letters_are_erased_and_the_person_is_forgotten(house: House) -> None:
    anna, bela = open_mailbox(house.database, ANNA), open_mailbox(house.database, BELA)
    letters = [anna.place(files=[stored_file(house.objects, b"pdf")]) for _ in range(5)]
    bela.place()
    house.database.carry_out(messages.begin_reply, anna.customer, letters[0], now=NOON)
    house.database.carry_out(messages.send_reply, anna.customer, letters[1], "Kérdés", [], mark="m", brand=MINTA, now=NOON)
    anna.place(publish_at=NOON + timedelta(days=90))
    confirmed(house, Ground.POLICY_ENDED)

    carry_out(house)

    account_id = anna.customer.account_id
    assert count(house, Letter, Letter.account_id == account_id) == 0
    assert count(house, Letter, Letter.account_id == bela.customer.account_id) == 1
    assert count(house, Document) == 0
    for table in (Login, Credential, Device, Draft, Link):
        assert count(house, table, col(table.account_id) == account_id) == 0
    with house.database.reading() as db:
        account = db.exec(select(Account).where(Account.id == account_id)).one()
        assert (account.status, account.email, account.email_key, account.phone, account.unread) == ("closed", "", "", "", 0)
        assert db.exec(select(SignIn.end_reason).where(SignIn.account_id == account_id)).all() == ["account_closed"]
    assert due(house, WEEK_LATER + timedelta(days=1)) == []
    assert accounts_status(house, bela) == "active"


def accounts_status(house: House, mailbox: Mailbox) -> str:
    with house.database.reading() as db:
        return db.exec(select(Account.status).where(Account.id == mailbox.customer.account_id)).one()


def test_owner_and_insurer_are_told_at_the_end(house: House) -> None:
    anna = open_mailbox(house.database, ANNA)
    with_policy(house, anna, "KGFB-1")
    confirmed(house, Ground.TO_POST)

    carry_out(house)

    with house.database.reading() as db:
        job = db.exec(select(Job).where(Job.kind == "closing_done")).one()
        assert (job.recipient, job.facts) == (ANNA, '{"turned_postal": 1}')
        message = db.exec(select(Message).where(Message.purpose == "closing")).one()
        assert (message.subject, message.policy_number, message.status) == ("Fiók törlése", "KGFB-1", "received")


@pytest.mark.requirement("R28")
def test_ground_two_turns_the_chosen_policies_postal_and_no_others(house: House) -> None:
    anna, bela = open_mailbox(house.database, ANNA), open_mailbox(house.database, BELA)
    with_policy(house, anna, "KGFB-1")
    with_policy(house, anna, "KGFB-2")
    with_policy(house, bela, "KGFB-3")
    confirmed(house, Ground.TO_POST, policies=["KGFB-1"])

    carry_out(house)

    with house.database.reading() as db:
        rows = db.exec(
            select(Policy.number, Policy.communication, Policy.decided_here_at, Policy.account_id).order_by(Policy.number)
        ).all()
    assert [tuple(row) for row in rows] == [
        ("KGFB-1", "postal", WEEK_LATER, None),
        ("KGFB-2", "electronic", None, None),
        ("KGFB-3", "electronic", None, bela.customer.account_id),
    ]


def test_a_cancellation_in_the_last_moment_wins(house: House) -> None:
    anna = open_mailbox(house.database, ANNA)
    confirmed(house)
    (one,) = due(house)
    house.database.carry_out(closings.cancel, anna.customer, now=WEEK_LATER)

    assert not house.database.carry_out(closings.close_doors, DENES, one, now=WEEK_LATER)
    assert read(house, Account.status) == ["active"]


def test_a_closing_that_was_interrupted_is_due_again_and_finished(house: House) -> None:
    anna = open_mailbox(house.database, ANNA)
    for _ in range(3):
        anna.place()
    confirmed(house)
    (one,) = due(house)
    house.database.carry_out(closings.close_doors, DENES, one, now=WEEK_LATER)
    house.database.carry_out(closings.erase_some, DENES, one.account_id, most=2, now=WEEK_LATER)

    carry_out(house)

    assert (count(house, Letter), count(house, Job, Job.kind == "closing_done")) == (0, 1)
    assert read(house, Closing.done_at) == [WEEK_LATER]


def test_nobody_comes_in_once_the_doors_are_closed(house: House) -> None:
    anna = open_mailbox(house.database, ANNA)
    confirmed(house)
    (one,) = due(house)

    house.database.carry_out(closings.close_doors, DENES, one, now=WEEK_LATER)

    assert house.database.ask(sign_ins.resolve_row, anna.customer.sign_in_id, brand=MINTA, now=NOON) is None


def test_the_address_can_open_an_account_again(house: House) -> None:
    old = open_mailbox(house.database, ANNA)
    confirmed(house)
    carry_out(house)

    new, opened = house.database.carry_out(
        accounts.account_for_email, CORE, ANNA, portal=PortalName.KULDEMENYEIM, phone="", customer_ref="", now=WEEK_LATER
    )

    assert opened
    assert new.id != old.customer.account_id


def test_what_the_insurer_has_not_answered_yet_stays_and_what_is_answered_goes(house: House) -> None:
    anna = open_mailbox(house.database, ANNA)
    letter = anna.place()
    for number in ("1", "2"):
        house.database.carry_out(messages.send_reply, anna.customer, letter, number, [], mark=number, brand=MINTA, now=NOON)
    with house.database.writing() as db:
        db.exec(select(Message).where(Message.text == "1")).one().status = "answered"
    confirmed(house)

    carry_out(house)

    assert sorted(read(house, Message.text)) == ["2", NOTICE.text]


@pytest.mark.requirement("R59")
def test_an_account_that_turned_postal_closes_when_its_last_letter_has_gone(house: House) -> None:
    anna, bela = open_mailbox(house.database, ANNA), open_mailbox(house.database, BELA)
    for mailbox, number in ((anna, "KGFB-1"), (bela, "KGFB-2")):
        with_policy(house, mailbox, number, communication="postal")
    with_policy(house, bela, "KGFB-3")
    open_mailbox(house.database, "cili@pelda.example")
    anna.place()

    def emptied() -> list[int]:
        return house.database.ask(closings.emptied_postal_accounts, DENES, most=10)

    assert emptied() == []
    with house.database.writing() as db:
        db.delete(db.exec(select(Letter)).one())
    assert emptied() == [anna.customer.account_id]
    house.database.carry_out(closings.close_emptied, DENES, anna.customer.account_id, now=NOON)

    assert emptied() == []
    assert accounts_status(house, anna) == "closed"
    assert count(house, Job, Job.kind == "closing_done") == 1
    assert count(house, Event, Event.act == "account:closed") == 1
    assert count(house, Delivery) == 0


def test_an_emptied_postal_account_waits_for_the_decision_about_its_request(house: House) -> None:
    mailbox = open_mailbox(house.database, ANNA)
    with_policy(house, mailbox, "KGFB-1", communication="postal")
    asked(house, mailbox.customer, policy="KGFB-1")

    waiting = house.database.ask(closings.emptied_postal_accounts, DENES, most=10)
    (application,) = house.database.ask(applications.list_own, mailbox.customer, now=NOON)
    house.database.carry_out(applications.withdraw, mailbox.customer, application.public_id, now=NOON)

    assert waiting == []
    assert house.database.ask(closings.emptied_postal_accounts, DENES, most=10) == [mailbox.customer.account_id]


def test_what_was_decided_goes_with_the_account_and_what_was_begun_too(house: House) -> None:
    mailbox = open_mailbox(house.database, ANNA)
    with_policy(house, mailbox, "KGFB-1")
    decided, still_open = (asked(house, mailbox.customer, ApplicationKind.PHONE, policy="KGFB-1", nonce=n) for n in "12")
    house.database.carry_out(applications.withdraw, mailbox.customer, decided.public_id, now=NOON)
    house.database.carry_out(applications.save_draft, mailbox.customer, ApplicationKind.EMAIL, {"email": "x"}, now=NOON)

    confirmed(house)
    carry_out(house)

    assert read(house, Application.reference) == [still_open.reference]
    assert count(house, ApplicationDraft) == 0
