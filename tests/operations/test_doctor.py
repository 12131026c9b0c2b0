"""The doctor says in one line each what is wrong and what to do."""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select, update

from portal_app.database.tables import Document, DocumentKey, Job, Letter
from portal_app.database.transactions import Database
from portal_app.gateways import clock
from portal_app.gateways.hashing import PasswordHashing
from portal_app.gateways.objects import ObjectStore
from portal_app.gateways.secrets import Secrets
from portal_app.operations.nightly import Night, run_night
from portal_app.operations.rewrap import rewrap_all
from portal_app.services import rotation
from portal_app.services.accounts import seal_text
from portal_app.services.documents import read_wrapped
from tests.cast import ANNA, DENES
from tests.conftest import SECRET
from tests.gateways.test_mail import Tempered, served
from tests.mailbox import open_mailbox, stored_file
from tests.operations.installed import Installed
from tests.visitors import active


def found(installed: Installed, **more: str) -> dict[str, tuple[str, str]]:
    """What the doctor says, by the name of the check."""
    lines = installed.call("doctor", **more).stdout.splitlines()
    return {line.split()[1]: (line.split()[0], line.split(None, 2)[2]) for line in lines}


def problems(installed: Installed, **more: str) -> dict[str, str]:
    return {name: words for name, (verdict, words) in found(installed, **more).items() if verdict == "PROBLEM"}


@pytest.fixture
def healthy(installed: Installed, tmp_path: Path) -> Installed:
    """An installation in which everything is as it should be, but for the virus scanner."""
    run_night(Night(installed.house, clock.now()))
    assert installed.call("backup", str(tmp_path / "copy")).returncode == 0
    for folder, _, files in os.walk(tmp_path):
        Path(folder).chmod(0o700)
        for file in files:
            (Path(folder) / file).chmod(0o600)
    tmp_path.chmod(0o711)
    return installed


def test_a_healthy_installation_has_no_problem(healthy: Installed) -> None:
    said = found(healthy)

    assert {name for name, (verdict, _) in said.items() if verdict == "PROBLEM"} == {"scanner"}
    assert set(said) > {"settings", "database", "schema", "objects", "documents", "mail", "post", "nightly", "backup"}


def test_the_exit_code_tells_whether_there_are_problems(healthy: Installed) -> None:
    assert healthy.call("doctor").returncode == 1
    demo = healthy.call("doctor", PORTAL_DEMO="1")
    assert (demo.returncode, demo.stderr) == (0, ""), demo.stdout


def test_a_wrong_setting_is_the_only_line(installed: Installed) -> None:
    said = installed.call("doctor", PORTAL_SMTP_URL="")

    assert said.returncode == 1
    assert said.stdout.splitlines() == [
        "PROBLEM settings  outside demo mode these must be named (file: writes post to files): PORTAL_SMTP_URL"
    ]


def test_a_database_that_cannot_be_reached_ends_the_examination(installed: Installed) -> None:
    said = found(installed, PORTAL_DATABASE_URL="postgresql+psycopg://portal@127.0.0.1:9/portal")

    assert list(said) == ["settings", "database"]
    assert said["database"][0] == "PROBLEM"


def test_a_database_that_waits_for_migrate_says_so(installed: Installed, make_bare: Callable[[], Database]) -> None:
    said = problems(installed, PORTAL_DATABASE_URL=make_bare().url)

    assert said["schema"].endswith("run `python -m portal_app migrate`")


def test_a_missing_and_a_changed_document_are_found(installed: Installed) -> None:
    house = installed.house
    file = stored_file(house.objects, b"content")
    open_mailbox(house.database, ANNA).place(files=[file])
    path = Path(house.settings.objects) / file.stored.key

    assert found(installed)["documents"] == ("ok", "the newest 1 can be read and are unchanged")
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert "is damaged" in problems(installed)["documents"]
    path.unlink()
    assert "is missing" in problems(installed)["documents"]


@pytest.mark.parametrize(
    ("name", "settings", "words"),
    [
        ("mail", {"PORTAL_SMTP_URL": "smtp://127.0.0.1:9"}, "check PORTAL_SMTP_URL"),
        ("sms", {"PORTAL_SMS_URL": "http://127.0.0.1:9/send"}, "check PORTAL_SMS_URL"),
        ("scanner", {"PORTAL_CLAMD_URL": "tcp://127.0.0.1:9"}, "check PORTAL_CLAMD_URL"),
        ("scanner", {}, "set PORTAL_CLAMD_URL"),
        ("redis", {"PORTAL_REDIS_URL": "redis://127.0.0.1:9"}, "check PORTAL_REDIS_URL"),
        ("settings", {"PORTAL_PUBLIC_URL": "http://portal.minta.example"}, "is not https"),
        ("settings", {"PORTAL_PUBLIC_URL": ""}, "leads to this machine only"),
        ("belonging", {"PORTAL_SECRET_KEY": "s" * 40}, "is not the secret this database was begun with"),
        ("nightly", {}, "enable portal-nightly.timer"),
        ("backup", {}, "enable portal-backup.timer"),
    ],
)
def test_each_problem_says_what_to_do(installed: Installed, name: str, settings: dict[str, str], words: str) -> None:
    assert words in problems(installed, **settings)[name]


def test_a_mail_server_that_answers_is_fine(installed: Installed) -> None:
    with served(Tempered()) as port:
        assert found(installed, PORTAL_SMTP_URL=f"smtp://127.0.0.1:{port}?starttls=no")["mail"] == ("ok", "the server answers")


def test_late_and_dead_post_are_problems(installed: Installed) -> None:
    installed.owe("password_changed", ANNA, now=clock.now() - timedelta(minutes=40))
    assert problems(installed)["post"].startswith("post waits for 40 minutes")

    with installed.database.writing() as db:
        db.exec(update(Job).values(ended_at=clock.now(), outcome="dead"))
    assert problems(installed)["post"].startswith("1 jobs were given up")


def test_data_that_others_can_read_is_a_problem(installed: Installed) -> None:
    Path(installed.house.settings.objects).chmod(0o755)

    assert "chmod -R go-rwx" in problems(installed)["rights"]


def test_after_a_rotation_rewrap_frees_the_documents_from_the_old_secret(installed: Installed) -> None:
    house = installed.house
    anna = open_mailbox(house.database, ANNA)
    for _ in range(3):
        anna.place(files=[stored_file(house.objects, b"content")])
    active(house, "bela@pelda.example", "BelaAnna34")
    installed.owe("password_link", ANNA, sealed_secret=seal_text(house.secrets, "token"))
    both, newest = f"{'n' * 40},{SECRET}", "n" * 40
    assert "run `python -m portal_app rewrap`" in problems(installed, PORTAL_SECRET_KEY=both)["keys"]

    done = installed.call("rewrap", PORTAL_SECRET_KEY=both)
    again = installed.call("rewrap", PORTAL_SECRET_KEY=both)

    assert '"rewrapped": 3, "passwords_left": 1, "post_left": 3' in done.stdout
    assert '"rewrapped": 0' in again.stdout
    alone = ObjectStore(house.settings.objects, Secrets([newest]))
    with house.database.reading() as db:
        rows = db.exec(select(Document.object_key, DocumentKey.wrapped).join(DocumentKey)).all()
    assert [alone.read(key, read_wrapped(wrapped)) for key, wrapped in rows] == [b"content"] * 3
    alone.close()


def test_rewrapping_goes_through_all_keys_in_portions(installed: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal_app.operations.rewrap.AT_ONCE", 2)
    house = installed.house
    anna = open_mailbox(house.database, ANNA)
    anna.place(files=[stored_file(house.objects, b"content") for _ in range(5)])
    rotated = Secrets(["n" * 40, SECRET])
    objects = ObjectStore(house.settings.objects, rotated)

    assert rewrap_all(replace(house, secrets=rotated, objects=objects)) == 5
    assert not house.database.ask(rotation.any_key_is_old, DENES, secrets=rotated)
    objects.close()


def test_passwords_of_the_newest_secret_are_not_counted(installed: Installed) -> None:
    active(installed.house, ANNA, "AnnaBela12")
    with PasswordHashing(Secrets(["n" * 40, SECRET]), cost=4) as rotated:
        marks = [installed.house.hashing.newest_mark, rotated.newest_mark]

    assert [installed.database.ask(rotation.passwords_with_old_secret, DENES, newest=mark) for mark in marks] == [0, 1]


def test_no_letter_is_named_by_the_doctor(installed: Installed) -> None:
    open_mailbox(installed.database, ANNA).place("titkos", files=[stored_file(installed.house.objects, b"content")])
    with installed.database.writing() as db:
        db.exec(update(Letter).values(summary="titkos"))

    said = installed.call("doctor")
    assert all(word not in said.stdout + said.stderr for word in ("titkos", ANNA, SECRET))
