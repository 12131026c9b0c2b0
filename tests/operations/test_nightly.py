"""The night's work as an operator sees it: one command, one line of JSON, safe to repeat, to miss and to kill."""

import json
import os
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import SQLModel, col, func, select, update

from portal_app.database.tables import Account, DocumentKey, Duty, Job, Letter, MergedRow, Message, Visit
from portal_app.domain.actors import Stranger
from portal_app.domain.closings import Ground
from portal_app.gateways import clock
from portal_app.gateways.secrets import token_digest
from portal_app.operations.nightly import COUNTED, Night, run_night
from portal_app.operations.turns import TurnTaken, turn
from portal_app.services import accounts, closings, installation
from portal_app.services.house import House
from tests.accounts import FIRST, FIRST_POLICY, SECOND, SECOND_PASSWORD, SECOND_POLICY, merged, open_full
from tests.cast import ANNA, BELA
from tests.database.bare import bare_databases_in
from tests.mailbox import MINTA, Mailbox, open_mailbox, stored_file
from tests.operations.installed import Installed, installed_in

A_YEAR = timedelta(days=367)


def night(house: House, **more: Any) -> dict[str, Any]:
    return run_night(Night(house, clock.now(), **more))


def count(house: House, table: type[SQLModel], *where: Any) -> int:
    with house.database.reading() as db:
        return db.exec(select(func.count()).select_from(table).where(*where)).one()


def objects_in(house: House) -> list[Path]:
    return [path for path in Path(house.settings.objects).rglob("*") if path.is_file()]


def age_objects(house: House, hours: float) -> None:
    for path in objects_in(house):
        os.utime(path, (time.time() - hours * 3600,) * 2)


def place(house: House, mailbox: Mailbox, *, days_ago: int, times: int = 1) -> list[str]:
    at = clock.now() - timedelta(days=days_ago)
    return [mailbox.place(at=at, files=[stored_file(house.objects, os.urandom(300))]) for _ in range(times)]


@pytest.mark.requirement("R24")
def test_the_command_erases_what_is_over_with_its_bytes_and_prints_one_line_of_json(installed: Installed) -> None:
    house = installed.house
    anna = open_mailbox(house.database, ANNA)
    place(house, anna, days_ago=367, times=3)
    place(house, anna, days_ago=364, times=2)

    done = installed.call("nightly")

    assert (done.returncode, done.stderr) == (0, "")
    summary = json.loads(done.stdout)
    assert {what: summary[what] for what in ("command", "erased_letters", "erased_objects", "problems")} == {
        "command": "nightly",
        "erased_letters": 3,
        "erased_objects": 3,
        "problems": [],
    }
    assert set(COUNTED) < set(summary)
    assert (count(house, Letter), len(objects_in(house))) == (2, 2)


@pytest.fixture
def sqlite_house(tmp_path: Path) -> Iterator[House]:
    """A house over SQLite, where deleted rows would stay in free pages; PostgreSQL's vacuum takes its own time."""
    with bare_databases_in(tmp_path, None) as make, installed_in(tmp_path, make) as ready:
        yield ready.house


def test_nothing_of_an_erased_letter_is_left_in_the_files_of_the_database(sqlite_house: House) -> None:
    house = sqlite_house
    anna = open_mailbox(house.database, ANNA)
    at = clock.now() - timedelta(days=367)
    anna.place("Ezt senki se lelje meg", at=at, files=[stored_file(house.objects, b"content")])
    with house.database.reading() as db:
        wrapped = db.exec(select(DocumentKey.wrapped)).one()
    path = Path(str(house.database.engine.url.database))

    def left(text: str) -> list[str]:
        return [file.name for file in path.parent.glob(f"{path.name}*") if text.encode() in file.read_bytes()]

    assert left(wrapped) != []
    night(house)

    assert (left(wrapped), left("Ezt senki se lelje meg")) == ([], [])


def test_a_second_run_has_nothing_to_do_and_tells_nobody_again(house: House) -> None:
    anna = open_mailbox(house.database, ANNA)
    place(house, anna, days_ago=367)
    place(house, anna, days_ago=340, times=2)
    place(house, anna, days_ago=10)
    first = night(house)
    owed = count(house, Job)

    second = night(house)

    assert (first["erased_letters"], first["warned"], first["reminded"]) == (1, 2, 3)
    assert {what: second[what] for what in COUNTED} == dict.fromkeys(COUNTED, 0)
    assert count(house, Job) == owed


def test_every_kind_of_work_is_done_in_one_run(house: House) -> None:
    anna, bela = open_mailbox(house.database, ANNA), open_mailbox(house.database, BELA)
    anna.place(at=clock.now() - timedelta(hours=2), publish_at=clock.now() - timedelta(hours=1))
    (binned,) = place(house, anna, days_ago=40)
    with house.database.writing() as db:
        db.exec(update(Letter).where(col(Letter.public_id) == binned).values(binned_at=clock.now() - timedelta(days=31)))
    place(house, bela, days_ago=3, times=2)
    _closing_confirmed(house, BELA, days_ago=8)
    house.objects.put(b"nobody's")
    for _ in range(3):
        house.objects.delete(stored_file(house.objects, b"x").stored.key)
    age_objects(house, 25)

    done = night(house)

    assert (done["erased_letters"], done["erased_objects"], done["closed"], done["orphans"]) == (3, 3, 1, 1)
    assert done["problems"] == []
    assert objects_in(house) == []
    with house.database.reading() as db:
        assert dict(db.exec(select(Account.id, Account.status)).all()) == {
            anna.customer.account_id: "active",
            bela.customer.account_id: "closed",
        }
        message = db.exec(select(Message)).one()
        assert (message.subject, message.text.split(":")[0]) == (
            "Fiók törlése: Küldeményeim",
            "Az ügyfél kérésére töröltük a fiókját itt",
        )


def _closing_confirmed(house: House, email: str, *, days_ago: int) -> None:
    then = clock.now() - timedelta(days=days_ago)
    house.database.carry_out(closings.ask, Stranger(), Ground.OTHER, login=email, secrets=house.secrets, now=then)
    with house.database.reading() as db:
        sealed = db.exec(select(Job.secret).where(Job.kind == "closing_confirm")).one()
    token = token_digest(accounts.open_text(house.secrets, sealed))
    house.database.carry_out(closings.confirm, Stranger(), token, brand=MINTA, now=then)


def test_young_objects_are_left_alone(house: House) -> None:
    house.objects.put(b"being taken in")
    age_objects(house, 23)

    assert night(house)["orphans"] == 0
    assert len(objects_in(house)) == 1


def test_nothing_is_swept_when_most_objects_are_strangers_to_the_database(house: House) -> None:
    for _ in range(30):
        house.objects.put(b"of another database")
    age_objects(house, 25)

    refused = night(house)
    assert (refused["orphans"], len(objects_in(house))) == (0, 30)
    (problem,) = refused["problems"]
    assert problem.startswith("30 of 30 stored objects belong to no document: is this the right database?")

    assert night(house, sweep_all=True)["orphans"] == 30


def test_a_problem_is_told_by_the_exit_code_and_the_time_of_the_run_is_not_kept(installed: Installed) -> None:
    for _ in range(30):
        installed.house.objects.put(b"of another database")
    age_objects(installed.house, 25)

    done = installed.call("nightly")

    assert done.returncode == 1
    assert len(json.loads(done.stdout)["problems"]) == 1
    assert installed.database.ask(installation.recall_moment, installation.NIGHTLY_FINISHED) is None


def test_the_time_of_a_good_run_is_remembered(house: House) -> None:
    night(house)

    finished = house.database.ask(installation.recall_moment, installation.NIGHTLY_FINISHED)
    assert finished is not None
    assert clock.now() - finished < timedelta(minutes=1)


def test_only_one_nightly_works_at_a_time_and_the_other_says_so(installed: Installed) -> None:
    with turn(installed.database, "nightly"):
        done = installed.call("nightly")

    assert (done.returncode, done.stdout, done.stderr) == (75, "", "another nightly is running\n")


def test_a_turn_is_given_back_when_its_holder_ends(house: House) -> None:
    with turn(house.database, "nightly"), pytest.raises(TurnTaken), turn(house.database, "nightly"):
        raise AssertionError("two at once")
    with turn(house.database, "nightly"), turn(house.database, "backup"):
        pass


def test_what_has_expired_is_forgotten_in_time(house: House) -> None:
    with house.database.writing() as db:
        for days in (0, 2):
            then = clock.now() - timedelta(days=days)
            db.add(Visit(token_sha256=str(days), created_at=then, valid_until=then))
            db.add(Duty(name=f"Cili {days}", until=then))

    assert night(house)["forgotten"] == 2
    assert (count(house, Visit), count(house, Duty)) == (1, 1)


def test_who_wished_for_the_full_portal_is_invited_once(installed: Installed) -> None:
    house = installed.house
    for who in (ANNA, BELA):
        open_mailbox(house.database, who)
    installed.change_account(ANNA, upgrade_wished_at=clock.now() - timedelta(days=90))

    done = [night(house)["invited"] for _ in range(2)]

    assert done == [1, 0]
    assert [count(house, Job, Job.kind == "upgrade_invitation", Job.recipient == who) for who in (ANNA, BELA)] == [1, 0]


def test_merges_become_final_when_they_can_no_longer_be_undone(installed: Installed) -> None:
    house, undo_days = installed.house, installed.house.brand.merge_undo_days
    merged_at = clock.now() - timedelta(days=undo_days + 1)
    first = open_full(house, FIRST, FIRST_POLICY, now=merged_at)
    second = open_full(house, SECOND, SECOND_POLICY, email=BELA, password=SECOND_PASSWORD, now=merged_at)
    merged(house, first, second, now=merged_at)

    done = [night(house)["merges_final"] for _ in range(2)]

    assert done == [1, 0]
    assert count(house, MergedRow) == 0
    assert (second.row().status, second.row().email, first.policies()) == ("merged", "", [FIRST_POLICY, SECOND_POLICY])
