"""A nightly that is killed with -9 at any kind of its work is simply run again."""

import os
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import Session, SQLModel, func, select

from portal_app.database.tables import Document, DocumentKey, Event, Job, Letter
from portal_app.domain.brands import PortalName
from portal_app.domain.kinds import LetterKind
from portal_app.gateways import clock
from portal_app.operations.nightly import Night, run_night
from portal_app.services.accounts import account_for_email
from portal_app.services.documents import NewFile
from portal_app.services.house import House
from portal_app.services.placing import NewLetter, place_letters
from tests.cast import CORE
from tests.mailbox import MINTA
from tests.operations.installed import Installed, until

PEOPLE = 60
DAYS_AGO = {367: 6, 345: 2, 9: 1}
"""How many letters of each age everybody has: over, soon over, and unread for a while."""


def place_everywhere(house: House) -> None:
    """Give everybody letters of every age."""

    def opened(db: Session) -> list[int]:
        made = [
            account_for_email(
                db, CORE, f"somebody-{number}@pelda.example", portal=PortalName.KULDEMENYEIM, phone="", customer_ref="",
                now=clock.now(),
            )[0]
            for number in range(PEOPLE)
        ]  # fmt: skip
        return [account.id or 0 for account in made]

    accounts = house.database.carry_out(opened)
    for days, times in DAYS_AGO.items():
        stored = house.objects.put_many([os.urandom(200) for _ in range(PEOPLE * times)])
        letters = [
            NewLetter(
                account_id=accounts[number % PEOPLE],
                portal=PortalName.KULDEMENYEIM,
                kind=LetterKind.INFORMATION,
                subject="Tájékoztató",
                files=(NewFile("level.pdf", "application/pdf", one, pages=1),),
            )
            for number, one in enumerate(stored)
        ]
        house.database.carry_out(place_letters, CORE, letters, brand=MINTA, now=clock.now() - timedelta(days=days))


def count(house: House, table: type[SQLModel]) -> int:
    with house.database.reading() as db:
        return db.exec(select(func.count()).select_from(table)).one()


def happened(house: House, act: str) -> bool:
    with house.database.reading() as db:
        return db.exec(select(Event.id).where(Event.act == act)).first() is not None


def objects_in(house: House) -> list[Path]:
    return [path for path in Path(house.settings.objects).rglob("*") if path.is_file()]


@pytest.mark.fault
@pytest.mark.parametrize("act", ["letter:erased", "letters:warned", "letters:reminded"])
def test_killed_in_the_middle_and_run_again_it_loses_and_repeats_nothing(installed: Installed, act: str) -> None:
    house = installed.house
    place_everywhere(house)
    process = installed.start("nightly")
    until(lambda: happened(house, act) or process.poll() is not None, 60)
    process.kill()
    process.communicate()

    done = installed.run("nightly")

    assert done.returncode == 0, done.stderr
    assert [count(house, table) for table in (Letter, Document, DocumentKey)] == [PEOPLE * 3] * 3
    with house.database.reading() as db:
        told = db.exec(select(Job).where(Job.kind != "arrival")).all()
        mails = Counter((job.recipient, job.kind) for job in told)
        counts = {(job.kind, job.count) for job in told}
        remembered = set(db.exec(select(Document.object_key)).all())
    assert (len(mails), set(mails.values())) == (PEOPLE * 2, {1})
    assert counts == {("retention_warning", 2), ("reminder", 3)}
    assert remembered <= {path.relative_to(house.settings.objects).as_posix() for path in objects_in(house)}

    for path in objects_in(house):
        os.utime(path, (time.time() - 25 * 3600,) * 2)
    run_night(Night(house, clock.now()))
    assert len(objects_in(house)) == PEOPLE * 3
