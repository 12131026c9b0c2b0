"""A courier that is killed with -9 loses no post, and repeats at most what it held, under the same Message-ID."""

import asyncio
import email
import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from sqlmodel import func, select

from portal_app.database.tables import Job
from portal_app.database.transactions import Database
from portal_app.gateways import clock
from portal_app.gateways.mail import FileMail, SmtpMail
from portal_app.gateways.sms import FileSms
from portal_app.operations.courier import SENT_AT_ONCE, Courier
from portal_app.services.courier import LEASE
from tests.cast import ANNA
from tests.gateways.test_mail import Tempered, served
from tests.operations.installed import Installed, until

OWED = 40


class Slow(Tempered):
    """A server that takes its time before it answers."""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        answer = await super().handle_DATA(server, session, envelope)
        await asyncio.sleep(0.05)
        return answer


def message_ids(temper: Tempered) -> Counter[str]:
    found: Counter[str] = Counter()
    for _, content in temper.received:
        message = email.message_from_bytes(content, policy=default)
        assert isinstance(message, EmailMessage)
        found[message["Message-ID"]] += 1
    return found


def sent(installed: Installed) -> int:
    with installed.database.reading() as db:
        return db.exec(select(func.count()).select_from(Job).where(Job.outcome == "sent")).one()


def drain(installed: Installed, url: str, *, later: timedelta) -> None:
    worker = Courier(installed.house, SmtpMail(url), FileSms(installed.house.settings.outgoing), now=lambda: clock.now() + later)

    async def work() -> None:
        await worker.drain()
        await worker.close()

    asyncio.run(work())


@pytest.mark.fault
def test_killed_while_sending_it_loses_nothing_and_repeats_at_most_what_it_held(installed: Installed) -> None:
    installed.owe("password_changed", ANNA, times=OWED)
    temper = Slow()
    with served(temper) as port:
        url = f"smtp://127.0.0.1:{port}?starttls=no"
        for kill in range(1, 4):
            process = installed.start("courier", PORTAL_SMTP_URL=url)
            until(lambda seen=kill * 8: len(temper.received) >= seen, 30)
            process.kill()
            process.communicate()
        until_quiet(temper)
        drain(installed, url, later=LEASE)

    ids = message_ids(temper)
    assert len(ids) == OWED
    assert sent(installed) == OWED
    assert max(ids.values()) <= 2
    assert sum(ids.values()) - OWED <= 3 * SENT_AT_ONCE


def until_quiet(temper: Tempered) -> None:
    """Wait for what the server still holds of killed couriers."""
    before = -1
    while before != len(temper.received):
        before = len(temper.received)
        time.sleep(0.2)


@pytest.mark.fault
def test_several_couriers_at_once_send_everything_once(installed: Installed) -> None:
    installed.owe("password_changed", ANNA, times=OWED)
    temper = Slow()
    with served(temper) as port:
        processes = [
            installed.start("courier", "--once", PORTAL_SMTP_URL=f"smtp://127.0.0.1:{port}?starttls=no") for _ in range(3)
        ]
        codes = []
        for process in processes:
            process.communicate(timeout=60)
            codes.append(process.returncode)

    assert codes == [0, 0, 0]
    assert (len(message_ids(temper)), len(temper.received)) == (OWED, OWED)


@pytest.mark.fault
def test_a_database_that_is_away_for_a_while_is_waited_for(installed: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    installed.owe("password_changed", ANNA)
    monkeypatch.setattr("portal_app.operations.courier.CALM_AFTER_FAULT", 0.1)
    house = installed.house
    away = replace(house, database=Database("postgresql+psycopg://portal@127.0.0.1:9/portal"))
    worker = Courier(away, FileMail(house.settings.outgoing), FileSms(house.settings.outgoing))

    async def while_it_comes_back() -> None:
        stop = asyncio.Event()
        working = asyncio.create_task(worker.run(stop))
        await asyncio.sleep(0.5)
        worker.house = house
        while not list(house.settings.outgoing.glob("*.eml")):  # noqa: ASYNC110 - a file cannot ring
            await asyncio.sleep(0.05)
        stop.set()
        await working

    asyncio.run(asyncio.wait_for(while_it_comes_back(), 30))
    away.database.close()
    assert sent(installed) == 1
