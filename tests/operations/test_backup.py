"""The drill: a backup taken while the portal works becomes the same installation again, on either database."""

import gzip
import json
import os
import tarfile
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from sqlmodel import SQLModel, col, func, select, update

from portal_app.database.copies import copied_tables
from portal_app.database.tables import Account, ApiKey, Document, DocumentKey, Job, Letter, Merge, MergedRow, Policy
from portal_app.database.transactions import Database
from portal_app.domain.applications import ApplicationKind
from portal_app.gateways import clock
from portal_app.gateways.secrets import public_id
from portal_app.operations.nightly import Night, run_night
from portal_app.operations.turns import turn
from portal_app.services import applications, duty, installation, letters, messages
from portal_app.services.accounts import seal_text
from portal_app.services.documents import find_document, read_wrapped
from portal_app.services.house import House
from tests.cast import ANNA, BELA, DENES, NOON
from tests.conftest import SECRET
from tests.database.bare import bare_databases_in
from tests.mailbox import MINTA, Mailbox, open_mailbox, stored_file
from tests.operations.installed import Installed, installed_in

CONTENTS = [os.urandom(size) for size in (1, 300, 70_000, 200_000)]


def used(installed: Installed) -> Mailbox:
    """Use the installation: letters with files, opened ones, a reply with a file, post, a policy, requests, a merge."""
    house = installed.house
    anna = open_mailbox(house.database, ANNA)
    for content in CONTENTS:
        anna.place("Árvíztűrő tükörfúrógép", files=[stored_file(house.objects, content)], at=clock.now())
    letter_id = anna.place(at=clock.now())
    house.database.carry_out(letters.open_letter, anna.customer, letter_id, now=clock.now())
    file = stored_file(house.objects, b"attached", "kep.pdf")
    house.database.carry_out(
        messages.send_reply, anna.customer, letter_id, "Kérdés", [file], mark="m", brand=MINTA, now=clock.now()
    )
    installed.owe("password_link", BELA, sealed_secret=seal_text(house.secrets, "the-secret-token"))
    with house.database.writing() as db:
        db.add(
            Policy(
                number="KGFB-1", product="KGFB", holder_name="Kiss Anna", communication="electronic", sales_route="direct",
                status="ended", ended_on=NOON.date(), as_of=NOON, account_id=anna.customer.account_id,
            )
        )  # fmt: skip
        db.add(ApiKey(name="core", sha256="0" * 64, created_at=NOON))
    use_portals(house, anna)
    return anna


def use_portals(house: House, anna: Mailbox) -> None:
    """Ask for something, begin to ask for more, merge an account, be on duty."""
    account_id = anna.customer.account_id
    new = applications.NewApplication(ApplicationKind.PHONE, "n", {"phone": "+36301234567"})
    house.database.carry_out(applications.submit, anna.customer, new, brand=MINTA, now=clock.now())
    house.database.carry_out(
        applications.save_draft, anna.customer, ApplicationKind.EMAIL, {"email": "uj@pelda.example"}, now=clock.now()
    )
    house.database.carry_out(duty.begin_duty, DENES, "Cili", clock.now() + timedelta(hours=1), now=clock.now())
    other = open_mailbox(house.database, "regi@pelda.example").customer.account_id
    with house.database.writing() as db:
        db.get_one(Account, other).status = "merged"
        done = Merge(
            public_id=public_id(), account_id=account_id, merged_id=other, merged_at=clock.now(),
            undo_until=clock.now() + timedelta(days=30),
        )  # fmt: skip
        db.add(done)
        db.flush()
        db.add(MergedRow(merge_id=done.id or 0, kind="letter", row_id=1))


def everything(database: Database) -> dict[str, list[tuple[object, ...]]]:
    with database.reading() as db:
        return {
            table.name: sorted(map(tuple, db.execute(select(table)).all()), key=repr)
            for table in copied_tables()
            if table.name != "installation"
        }


def readable_documents(house: House) -> dict[str, bool]:
    """Whether each document's bytes have the hash that its row remembers."""
    with house.database.reading() as db:
        rows = db.exec(select(Document, DocumentKey).join(DocumentKey)).all()
        return {
            document.public_id: sha256(house.objects.read(document.object_key, read_wrapped(key.wrapped))).hexdigest()
            == document.sha256
            for document, key in rows
        }


def count(database: Database, table: type[SQLModel]) -> int:
    with database.reading() as db:
        return db.exec(select(func.count()).select_from(table)).one()


@pytest.fixture(params=["sqlite", "postgresql"])
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Installed]:
    """An empty installation on another machine, of either database."""
    url = None if request.param == "sqlite" else request.getfixturevalue("postgres")
    if request.param == "postgresql" and url is None:
        pytest.skip("PostgreSQL is not installed")
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    with bare_databases_in(folder, url) as make, installed_in(folder, make) as ready:
        yield ready


def test_the_drill(installed: Installed, elsewhere: Installed, tmp_path: Path) -> None:
    used(installed)
    made = installed.run("backup", str(tmp_path / "copy"))
    assert made.returncode == 0, made.stderr

    restored = elsewhere.run("restore", str(tmp_path / "copy"))

    assert restored.returncode == 0, restored.stderr
    assert json.loads(made.stdout)["objects"] == json.loads(restored.stdout)["objects"] == 5
    assert everything(elsewhere.database) == everything(installed.database)
    there = {name for name, rows in everything(elsewhere.database).items() if rows}
    assert there >= {"application", "application_draft", "merge", "merged_row", "duty"}
    assert list(readable_documents(elsewhere.house).values()) == [True] * 5


def test_life_goes_on_in_the_restored_installation(installed: Installed, elsewhere: Installed, tmp_path: Path) -> None:
    anna = used(installed)
    installed.call("backup", str(tmp_path / "copy"))
    elsewhere.call("restore", str(tmp_path / "copy"))

    Mailbox(elsewhere.database, anna.customer).place("after", at=clock.now())
    open_mailbox(elsewhere.database, "new@pelda.example")
    sent = elsewhere.call("courier", "--once")

    assert (sent.returncode, count(elsewhere.database, Letter)) == (0, 6)


def test_neither_file_holds_the_secret_or_anything_readable(installed: Installed, tmp_path: Path) -> None:
    used(installed)
    installed.call("backup", str(tmp_path / "copy"))

    with tarfile.open(tmp_path / "copy") as tar:
        inside = b"".join(
            gzip.decompress(content) if member.name.endswith(".gz") else content
            for member in tar.getmembers()
            for content in [tar.extractfile(member).read()]  # type: ignore[union-attr]
        )
    keys = gzip.decompress((tmp_path / "copy.keys").read_bytes())
    for secret in (SECRET.encode(), b"the-secret-token", CONTENTS[2], b"%PDF", b"attached"):
        assert secret not in inside + keys
    with installed.database.reading() as db:
        wrapped = db.exec(select(DocumentKey.wrapped)).all()
    assert all(key.encode() not in inside and key.encode() in keys for key in wrapped)
    assert [oct((tmp_path / name).stat().st_mode & 0o777) for name in ("copy", "copy.keys")] == ["0o600", "0o600"]


def test_what_was_erased_after_the_backup_cannot_be_read_from_it_without_its_old_keys_file(
    installed: Installed, elsewhere: Installed, tmp_path: Path
) -> None:
    anna = used(installed)
    installed.call("backup", str(tmp_path / "old"))
    with installed.database.writing() as db:
        over = db.exec(select(Document.letter_id).where(col(Document.letter_id).is_not(None))).first()
        db.exec(update(Letter).where(Letter.id == over).values(erase_on=clock.now().date()))  # type: ignore[arg-type]
        erased = db.exec(select(Document.public_id, Document.object_key).where(Document.letter_id == over)).one()
    run_night(Night(installed.house, clock.now() + timedelta(hours=2)))
    installed.call("backup", str(tmp_path / "new"))
    (tmp_path / "old.keys").unlink()

    restored = elsewhere.call("restore", str(tmp_path / "old"), "--keys", str(tmp_path / "new.keys"))

    assert restored.returncode == 0, restored.stderr
    assert json.loads(restored.stdout)["without_key"] == 1
    readable = readable_documents(elsewhere.house)
    assert (len(readable), all(readable.values())) == (4, True)
    assert erased[0] not in readable
    assert not (Path(elsewhere.house.settings.objects) / erased[1]).exists()
    with pytest.raises(Exception, match="document_not_found"), elsewhere.database.reading() as db:
        find_document(db, anna.customer, erased[0], now=clock.now())


def test_without_any_keys_file_a_backup_is_refused_or_unreadable(
    installed: Installed, elsewhere: Installed, tmp_path: Path
) -> None:
    used(installed)
    installed.call("backup", str(tmp_path / "copy"))
    (tmp_path / "copy.keys").unlink()

    refused = elsewhere.call("restore", str(tmp_path / "copy"))
    assert (refused.returncode, refused.stderr) == (1, f"{tmp_path}/copy: there is no keys file {tmp_path}/copy.keys\n")
    assert count(elsewhere.database, Letter) == 0

    assert elsewhere.call("restore", str(tmp_path / "copy"), "--without-keys").returncode == 0
    assert (count(elsewhere.database, Letter), readable_documents(elsewhere.house)) == (5, {})


def test_a_backup_taken_while_letters_arrive_is_consistent(installed: Installed, elsewhere: Installed, tmp_path: Path) -> None:
    house = installed.house
    anna = open_mailbox(house.database, ANNA)
    anna.place(files=[stored_file(house.objects, os.urandom(500))], at=clock.now())
    ended = threading.Event()

    def deliver() -> None:
        while not ended.is_set():
            anna.place(files=[stored_file(house.objects, os.urandom(500))], at=clock.now())

    delivering = threading.Thread(target=deliver)
    delivering.start()
    made = installed.call("backup", str(tmp_path / "copy"))
    ended.set()
    delivering.join()
    restored = elsewhere.call("restore", str(tmp_path / "copy"))

    assert (made.returncode, restored.returncode) == (0, 0), made.stderr + restored.stderr
    counts = [count(elsewhere.database, table) for table in (Letter, Document, DocumentKey)]
    assert counts[0] > 0
    assert len(set(counts)) == 1
    assert all(readable_documents(elsewhere.house).values())
    with elsewhere.database.reading() as db:
        assert sum(db.exec(select(Job.count).where(Job.kind == "arrival"))) == counts[0]


def test_the_time_of_the_last_backup_is_remembered(installed: Installed, tmp_path: Path) -> None:
    installed.call("backup", str(tmp_path / "copy"))

    finished = installed.database.ask(installation.recall_moment, installation.BACKUP_FINISHED)
    assert finished is not None
    assert clock.now() - finished < timedelta(minutes=1)


def test_nothing_is_overwritten_and_nothing_half_is_left(installed: Installed, tmp_path: Path) -> None:
    (tmp_path / "copy").write_text("mine")
    refused = installed.call("backup", str(tmp_path / "copy"))
    nowhere = installed.call("backup", str(tmp_path / "missing" / "copy"))

    assert (refused.returncode, refused.stderr) == (1, f"{tmp_path}/copy exists already: nothing is overwritten\n")
    assert (nowhere.returncode, nowhere.stderr) == (
        1,
        f"{tmp_path}/missing/copy could not be written: No such file or directory\n",
    )
    assert sorted(path.name for path in tmp_path.glob("copy*")) == ["copy"]


def test_a_document_without_bytes_is_told_and_the_rest_is_saved(installed: Installed, tmp_path: Path) -> None:
    used(installed)
    with installed.database.reading() as db:
        installed.house.objects.delete(db.exec(select(Document.object_key).limit(1)).one())

    made = installed.call("backup", str(tmp_path / "copy"))

    assert made.returncode == 1
    assert {name: json.loads(made.stdout)[name] for name in ("objects", "missing")} == {"objects": 4, "missing": 1}


def test_no_nightly_runs_beside_a_backup(house: House, tmp_path: Path) -> None:
    from portal_app.operations.backup import make_backup
    from portal_app.operations.turns import TurnTaken

    with turn(house.database, "nightly"), pytest.raises(TurnTaken):
        make_backup(house, tmp_path / "copy", waits=timedelta(seconds=1))
    assert list(tmp_path.glob("copy*")) == []


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def without_its_end(path: Path) -> None:
    whole = path.with_name("whole")
    path.rename(whole)
    with tarfile.open(whole) as tar, tarfile.open(path, "w") as shorter:
        for member in tar.getmembers()[:-1]:
            shorter.addfile(member, tar.extractfile(member))


def another_file(path: Path) -> None:
    path.write_text("no backup")


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (cut, "not complete|damaged"),
        (without_its_end, "the backup is not complete: it was cut while it was written or copied"),
        (another_file, "this is no backup of ours, or it is damaged"),
    ],
)
def test_a_damaged_backup_is_refused_and_nothing_is_changed(
    harm: Callable[[Path], None], words: str, installed: Installed, tmp_path: Path
) -> None:
    used(installed)
    installed.call("backup", str(tmp_path / "copy"))
    harm(tmp_path / "copy")
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    with bare_databases_in(folder, None) as make, installed_in(folder, make) as elsewhere:
        refused = elsewhere.call("restore", str(tmp_path / "copy"))

        assert refused.returncode == 1
        assert any(word in refused.stderr for word in words.split("|"))
        assert refused.stderr.count("\n") == 1
        assert count(elsewhere.database, Letter) == 0


def test_a_backup_goes_into_an_empty_installation_of_the_same_brand_and_secret_only(installed: Installed, tmp_path: Path) -> None:
    used(installed)
    installed.call("backup", str(tmp_path / "copy"))
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    with bare_databases_in(folder, None) as make:
        fresh = {"PORTAL_DATABASE_URL": make().url, "PORTAL_DATA": str(folder)}
        said = [
            installed.call("restore", str(tmp_path / "copy")).stderr,
            installed.call("restore", str(tmp_path / "copy"), **fresh, PORTAL_SECRET_KEY="s" * 40).stderr,
            installed.call("restore", str(tmp_path / "copy"), **fresh, PORTAL_BRAND="allianz").stderr,
        ]

    assert said == [
        "the database is not empty: restore into a new one\n",
        "PORTAL_SECRET_KEY is not the secret this backup was made with\n",
        "the backup belongs to the brand minta, PORTAL_BRAND is allianz\n",
    ]


def test_a_restore_that_was_interrupted_can_be_repeated(installed: Installed, elsewhere: Installed, tmp_path: Path) -> None:
    used(installed)
    installed.call("backup", str(tmp_path / "copy"))
    with tarfile.open(tmp_path / "copy") as tar:
        some = [member for member in tar.getmembers() if member.name.startswith("objects/")][:2]
        for member in some:
            elsewhere.house.objects.put_sealed([(member.name.removeprefix("objects/"), tar.extractfile(member).read())])  # type: ignore[union-attr]

    assert elsewhere.call("restore", str(tmp_path / "copy")).returncode == 0
    assert list(readable_documents(elsewhere.house).values()) == [True] * 5
