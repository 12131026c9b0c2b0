"""What the outbox owes reaches people: as files, over SMTP, through an SMS gateway; what cannot be sent holds up nobody."""

import asyncio
import email
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from sqlmodel import select

from portal_app.database.tables import Account, Event, Job, Letter
from portal_app.domain.kinds import LetterKind
from portal_app.gateways.mail import FileMail, SmtpMail
from portal_app.gateways.sms import FileSms, HttpSms
from portal_app.operations.courier import Courier, CourierThread, courier_of
from portal_app.services.accounts import seal_text
from portal_app.services.house import House
from portal_app.services.outbox import enqueue
from tests.cast import ANNA, BELA, NOON
from tests.gateways.test_mail import Tempered, served
from tests.mailbox import open_mailbox
from tests.operations.installed import Installed, until


def drain(house: House, mail: Any = None, sms: Any = None, *, now: datetime = NOON) -> int:
    worker = Courier(house, mail or FileMail(house.settings.outgoing), sms or FileSms(house.settings.outgoing), now=lambda: now)

    async def work() -> int:
        claimed = await worker.drain()
        await worker.close()
        return claimed

    return asyncio.run(work())


def owe(house: House, kind: str, *, account: str = ANNA, now: datetime = NOON, **details: Any) -> None:
    with house.database.writing() as db:
        enqueue(db, kind, db.exec(select(Account).where(Account.email == account)).one(), now=now, **details)


def mails(house: House) -> list[EmailMessage]:
    return [parsed(file.read_bytes()) for file in sorted(house.settings.outgoing.glob("*.eml"))]


def parsed(content: bytes) -> EmailMessage:
    message = email.message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def words_of(message: EmailMessage) -> str:
    return str(message) + "".join(part.get_content() for part in message.iter_parts())  # type: ignore[attr-defined]


def outcomes(house: House) -> dict[str, str]:
    with house.database.reading() as db:
        return {job.kind: job.outcome for job in db.exec(select(Job))}


@pytest.mark.requirement("R12")
@pytest.mark.requirement("R13")
@pytest.mark.requirement("R97")
def test_the_e_mail_about_letters_carries_sender_date_number_and_link_and_nothing_else_of_them(house: House) -> None:
    anna = open_mailbox(house.database, ANNA)
    for subject in ("Felmondás titkos oka", "Másik titkos tárgy"):
        anna.place(
            subject, kind=LetterKind.CANCELLATION_NOTICE, policy="KGFB-2026-000001", plate="TTK-001", summary="Titkos kivonat"
        )

    drain(house)

    (message,) = mails(house)
    assert message["To"] == ANNA
    assert message["From"] == "Minta Biztosító Küldeményeim <kuldemenyeim@mintabiztosito.example>"
    assert "2 új küldeménye" in message["Subject"]
    words = words_of(message)
    for said in ("Minta Biztosító Zrt.", "2026. január 10.", "http://localhost:8000/kuldemenyek", "küldeménye"):
        assert said in words
    for secret in ("titkos", "Titkos", "KGFB", "000001", "TTK-001", "felmondás", "Felmondás", "törlés"):
        assert secret not in words
    assert list(message.iter_attachments()) == []


def test_links_are_built_from_the_public_origin_and_carry_the_token(house: House) -> None:
    open_mailbox(house.database, ANNA)
    owe(house, "password_link", sealed_secret=seal_text(house.secrets, "the-token"))

    drain(house)

    assert "http://localhost:8000/uj-jelszo/the-token" in words_of(mails(house)[0])
    with house.database.reading() as db:
        assert db.exec(select(Job.secret)).all() == [""]


def test_post_speaks_the_accounts_language(house: House) -> None:
    open_mailbox(house.database, ANNA)
    open_mailbox(house.database, BELA)
    with house.database.writing() as db:
        db.exec(select(Account).where(Account.email == BELA)).one().language = "en"
    owe(house, "password_changed")
    owe(house, "password_changed", account=BELA)

    drain(house)

    by_recipient = {message["To"]: message for message in mails(house)}
    assert (by_recipient[ANNA]["Content-Language"], by_recipient[BELA]["Content-Language"]) == ("hu", "en")
    assert "jelsz" in by_recipient[ANNA]["Subject"]
    assert "password" in by_recipient[BELA]["Subject"]


@pytest.mark.requirement("R16")
def test_an_initial_password_goes_by_sms_as_a_file(house: House) -> None:
    open_mailbox(house.database, ANNA)
    owe(
        house, "initial_password", channel="sms", recipient="+36301234567", sealed_secret=seal_text(house.secrets, "Kezdeti12345")
    )

    drain(house)

    (file,) = house.settings.outgoing.glob("*.json")
    sms = json.loads(file.read_text(encoding="utf-8"))
    assert sms["to"] == "+36301234567"
    assert "Kezdeti12345" in sms["text"]


def test_an_sms_gateway_gets_the_message_once_and_a_busy_one_is_asked_again_later(house: House, httpserver: HTTPServer) -> None:
    open_mailbox(house.database, ANNA)
    owe(
        house, "initial_password", channel="sms", recipient="+36301234567", sealed_secret=seal_text(house.secrets, "Kezdeti12345")
    )
    httpserver.expect_ordered_request("/send", method="POST").respond_with_data("", status=503)
    httpserver.expect_ordered_request("/send", method="POST").respond_with_data("", status=202)

    drain(house, sms=HttpSms(httpserver.url_for("/send")))
    drain(house, sms=HttpSms(httpserver.url_for("/send")), now=NOON + timedelta(seconds=29))
    drain(house, sms=HttpSms(httpserver.url_for("/send")), now=NOON + timedelta(seconds=30))

    keys = [request.headers["Idempotency-Key"] for request, _ in httpserver.log]
    assert len(keys) == 2
    assert len(set(keys)) == 1
    assert outcomes(house) == {"initial_password": "sent"}


def test_smtp_takes_the_post_and_an_address_refused_for_good_is_flagged(house: House) -> None:
    open_mailbox(house.database, ANNA)
    owe(house, "password_changed")
    temper = Tempered(at_recipient="550 5.1.1 <anna@pelda.example> unknown")

    with served(temper) as port:
        drain(house, SmtpMail(f"smtp://127.0.0.1:{port}?starttls=no"))

    assert outcomes(house) == {"password_changed": "refused"}
    with house.database.reading() as db:
        account = db.exec(select(Account)).one()
        assert account.email_refused_at == NOON
        assert "550 5.1.1" in account.email_refused_reason
        assert ANNA not in account.email_refused_reason
        assert db.exec(select(Event.act).where(Event.act == "address:refused")).all() == ["address:refused"]


@pytest.mark.parametrize(
    "temper", [Tempered(at_recipient="452 4.2.2 full"), Tempered(at_data="451 later"), Tempered(hang_up_at_data=True)]
)
def test_a_passing_trouble_is_tried_again_with_the_same_message_id(house: House, temper: Tempered) -> None:
    open_mailbox(house.database, ANNA)
    owe(house, "password_changed")

    with served(temper) as port:
        drain(house, SmtpMail(f"smtp://127.0.0.1:{port}?starttls=no", seconds=5))
        temper.at_recipient = temper.at_data = "250 OK"
        temper.hang_up_at_data = False
        drain(house, SmtpMail(f"smtp://127.0.0.1:{port}?starttls=no"), now=NOON + timedelta(minutes=1))

    assert outcomes(house) == {"password_changed": "sent"}
    assert len({parsed(content)["Message-ID"] for _, content in temper.received}) == 1


def test_a_server_that_is_away_for_two_hours_loses_nothing(house: House) -> None:
    open_mailbox(house.database, ANNA)
    for _ in range(10):
        owe(house, "password_changed")
    away = SmtpMail("smtp://127.0.0.1:9?starttls=no")
    for minutes in range(0, 120, 5):
        drain(house, away, now=NOON + timedelta(minutes=minutes))
    temper = Tempered()

    with served(temper) as port:
        for minutes in range(120, 250, 5):
            drain(house, SmtpMail(f"smtp://127.0.0.1:{port}?starttls=no"), now=NOON + timedelta(minutes=minutes))

    assert len(temper.received) == 10
    assert outcomes(house) == {"password_changed": "sent"}


def test_a_job_whose_template_fails_is_dead_with_a_reason_and_the_others_flow(house: House) -> None:
    open_mailbox(house.database, ANNA)
    owe(house, "no_such_kind")
    owe(house, "retention_warning", facts={})
    owe(house, "password_link", sealed_secret="bm90IHNlYWxlZA==")
    owe(house, "password_changed")

    drain(house)

    assert outcomes(house) == {
        "no_such_kind": "dead",
        "retention_warning": "dead",
        "password_link": "dead",
        "password_changed": "sent",
    }
    with house.database.reading() as db:
        reasons = dict(db.exec(select(Job.kind, Job.reason).where(Job.outcome == "dead")).all())
    assert reasons == {
        "no_such_kind": "cannot be composed: PostUnknown",
        "retention_warning": "cannot be composed: FactMissing",
        "password_link": "cannot be composed: SealBroken",
    }


def test_a_silent_server_does_not_hold_up_the_other_channel(house: House) -> None:
    open_mailbox(house.database, ANNA)
    owe(house, "password_changed")
    owe(
        house, "initial_password", channel="sms", recipient="+36301234567", sealed_secret=seal_text(house.secrets, "Kezdeti12345")
    )

    class Silent:
        async def send(self, mail: object) -> None:
            await asyncio.sleep(3600)

        async def close(self) -> None:
            return

    worker = Courier(house, Silent(), FileSms(house.settings.outgoing), now=lambda: NOON)

    async def until_the_sms_is_there() -> None:
        stop = asyncio.Event()
        working = asyncio.create_task(worker.run(stop))
        while not list(house.settings.outgoing.glob("*.json")):  # noqa: ASYNC110 - a file cannot ring
            await asyncio.sleep(0.05)
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)

    asyncio.run(asyncio.wait_for(until_the_sms_is_there(), 10))


def test_letters_whose_moment_has_come_are_placed_and_told_of(house: House) -> None:
    anna = open_mailbox(house.database, ANNA)
    letter_id = anna.place(publish_at=NOON + timedelta(hours=1))

    assert drain(house) == 0
    assert drain(house, now=NOON + timedelta(hours=1)) == 1

    with house.database.reading() as db:
        assert db.exec(select(Letter.publish_at).where(Letter.public_id == letter_id)).one() is None
    assert mails(house)[0]["Subject"] == "1 új küldeménye érkezett"


def test_unasked_post_waits_for_the_morning(house: House) -> None:
    open_mailbox(house.database, ANNA)
    night, morning = datetime(2026, 1, 10, 22, 0, tzinfo=UTC), datetime(2026, 1, 11, 8, 0, tzinfo=UTC)
    owe(house, "password_expiry", facts={"expires_on": "2026-02-10"}, urgent=False, now=night)

    assert drain(house, now=night) == 0
    assert drain(house, now=morning) == 1


def test_the_thread_in_the_web_process_sends_within_two_seconds_and_stops(house: House) -> None:
    open_mailbox(house.database, ANNA)
    worker = CourierThread(house)
    worker.start()
    owe(house, "password_changed", now=datetime.now(UTC))
    until(lambda: mails(house) != [], 2)
    worker.stop()
    assert not worker.is_working


def test_the_settings_choose_the_ways_out(house: House) -> None:
    assert isinstance(courier_of(house)._mail, FileMail)
    assert isinstance(courier_of(house)._sms, FileSms)


def test_the_command_hands_over_what_is_due_and_ends(installed: Installed) -> None:
    installed.owe("password_changed", ANNA, times=3)

    done = installed.run("courier", "--once")

    assert (done.returncode, done.stderr.splitlines()[-1]) == (0, "3 jobs worked on")
    assert len(mails(installed.house)) == 3
    assert "https://portal.minta.example/elfelejtett-jelszo" in words_of(mails(installed.house)[0])


@pytest.mark.parametrize(("command", "role"), [("courier", "all"), ("serve", "courier")])
def test_a_courier_of_its_own_works_until_sigterm_and_then_ends_well(installed: Installed, command: str, role: str) -> None:
    process = installed.start(command, PORTAL_ROLE=role)
    try:
        installed.owe("password_changed", ANNA)

        until(lambda: mails(installed.house) != [], 30)
    finally:
        process.terminate()
        _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (0, "")


def test_the_command_refuses_a_database_that_waits_for_migrate(make_bare: Callable[[], Any], installed: Installed) -> None:
    done = installed.run("courier", "--once", PORTAL_DATABASE_URL=make_bare().url)

    assert done.returncode == 2
    assert done.stderr == "the database is at step none, this release needs 0002_portals: run `python -m portal_app migrate`\n"


def test_neither_log_nor_outcome_names_people_or_secrets(installed: Installed) -> None:
    installed.owe("password_link", ANNA, sealed_secret=seal_text(installed.house.secrets, "the-secret-token"))
    installed.owe("no_such_kind", ANNA, sealed_secret=seal_text(installed.house.secrets, "another-secret-token"))

    done = installed.run("courier", "--once", PORTAL_SMTP_URL="smtp://127.0.0.1:9?starttls=no")

    said = done.stdout + done.stderr
    assert "post put off" in said
    assert "post cannot be composed" in said
    for secret in (ANNA, "anna", "the-secret-token", "another-secret-token"):
        assert secret not in said
