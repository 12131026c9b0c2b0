"""The drop folder: an index, PDFs, and a result that says what became of each line."""

import csv
import fcntl
import json
import signal
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, col, func, select

from portal_app.database.tables import Document, Letter
from portal_app.domain.errors import IndexUnusable
from portal_app.domain.policies import Communication, Holder, PolicyStatement, PolicyStatus, SalesRoute
from portal_app.gateways import clock
from portal_app.ingest.examples import small_pdf
from portal_app.operations.deliver import deliver_folder
from portal_app.operations.drop_folder import HEADINGS, read_index
from portal_app.services.openings import FirstAccess
from portal_app.services.policies import state_policy
from tests.cast import ANNA, ANNAS_POLICY, BELA, BELAS_POLICY, CORE
from tests.operations.installed import Installed

COLUMNS = ("external_ref", "policy_number", "kind", "subject", "files", "summary", "publish_at", "due_on", "amount",
           "requires_confirmation", "sha256")  # fmt: skip


def state(installed: Installed, number: str, email: str, communication: Communication = Communication.ELECTRONIC) -> None:
    """State a policy as the core system does."""

    def stated(db: Session) -> None:
        statement = PolicyStatement(
            number=number,
            product="KGFB",
            holder=Holder("Minta Anna", email),
            communication=communication,
            sales_route=SalesRoute.DIRECT,
            status=PolicyStatus.ACTIVE,
            as_of=datetime(2026, 1, 1, tzinfo=UTC),
            consent_at=datetime(2026, 1, 1, tzinfo=UTC),
        )
        state_policy(
            db, CORE, statement, consent_stated=True, first_access=FirstAccess("AnnaBela12", "hash"),
            brand=installed.house.brand, secrets=installed.house.secrets, now=clock.now(),
        )  # fmt: skip

    installed.database.carry_out(stated)


def line(reference: str, files: str = "level.pdf", **more: str) -> dict[str, str]:
    return {
        "external_ref": reference,
        "policy_number": ANNAS_POLICY,
        "kind": "payment_reminder",
        "subject": "Díjfizetési felszólító",
        "files": files,
    } | more


def write_index(folder: Path, lines: Sequence[dict[str, str]], *, delimiter: str = ",", encoding: str = "utf-8") -> None:
    with (folder / "index.csv").open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, delimiter=delimiter)
        writer.writeheader()
        writer.writerows(lines)


def results(folder: Path, name: str = "result.csv") -> list[dict[str, str]]:
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def count(installed: Installed, table: Any) -> int:
    with installed.database.reading() as db:
        return db.exec(select(func.count()).select_from(table)).one()


@pytest.fixture
def folder(tmp_path: Path, installed: Installed) -> Path:
    """A drop folder with two PDFs, in an installation that knows Anna's policy."""
    made = tmp_path / "drop"
    made.mkdir()
    (made / "level.pdf").write_bytes(small_pdf("Level"))
    (made / "melléklet.pdf").write_bytes(small_pdf("Melleklet"))
    state(installed, ANNAS_POLICY, ANNA)
    return made


def test_a_folder_is_delivered_line_by_line_with_a_result_for_each(installed: Installed, folder: Path) -> None:
    state(installed, BELAS_POLICY, BELA, Communication.POSTAL)
    (folder / "rossz.pdf").write_bytes(b"no pdf")
    digests = "|".join(sha256((folder / name).read_bytes()).hexdigest() for name in ("level.pdf", "melléklet.pdf"))
    write_index(
        folder,
        [
            line(
                "SZ-1",
                "level.pdf|melléklet.pdf",
                amount="12450",
                due_on="2027-01-31",
                requires_confirmation="yes",
                sha256=digests,
            ),
            line("SZ-2", policy_number=BELAS_POLICY),
            line("SZ-3", "rossz.pdf"),
            line("SZ-4", "hianyzik.pdf"),
            line("SZ-5", "../level.pdf"),
            line("SZ-6", amount="sok"),
            line("SZ-7", sha256="0" * 64),
            line("SZ-8", publish_at="2099-01-01T08:00:00+01:00"),
            line("SZ-1", "level.pdf"),
        ],
    )

    done = installed.run("deliver", str(folder))

    assert done.returncode == 1, done.stderr
    summary = json.loads(done.stdout)
    assert {name: summary[name] for name in ("lines", "placed", "scheduled", "repeated", "refused", "skipped")} == {
        "lines": 9, "placed": 1, "scheduled": 1, "repeated": 0, "refused": 7, "skipped": 0,
    }  # fmt: skip
    found = results(folder)
    assert tuple(found[0]) == HEADINGS
    assert [(row["line"], row["external_ref"], row["outcome"], row["code"]) for row in found] == [
        ("2", "SZ-1", "placed", ""),
        ("3", "SZ-2", "refused", "recipient_postal"),
        ("4", "SZ-3", "refused", "attachment_not_pdf"),
        ("5", "SZ-4", "refused", "attachment_unreadable"),
        ("6", "SZ-5", "refused", "attachment_name"),
        ("7", "SZ-6", "refused", "request_invalid"),
        ("8", "SZ-7", "refused", "attachment_checksum"),
        ("9", "SZ-8", "scheduled", ""),
        ("10", "SZ-1", "refused", "external_ref_taken"),
    ]
    assert all(row["what_to_do"] for row in found if row["outcome"] == "refused")
    assert "amount" in found[5]["what_to_do"]
    with installed.database.reading() as db:
        placed = db.exec(select(Letter).order_by(col(Letter.id))).first()
        assert placed is not None
        assert (placed.amount, placed.requires_confirmation, placed.documents) == (12450, True, 2)


def test_a_second_run_delivers_only_what_is_new_or_corrected(installed: Installed, folder: Path) -> None:
    write_index(folder, [line("SZ-1"), line("SZ-2", "kesobb.pdf")])
    first = deliver_folder(installed.house, folder)
    (folder / "kesobb.pdf").write_bytes(small_pdf("Kesobb"))
    write_index(folder, [line("SZ-1"), line("SZ-2", "kesobb.pdf"), line("SZ-3")])

    second = deliver_folder(installed.house, folder)
    third = deliver_folder(installed.house, folder)

    summaries = [first, second, third]
    assert [(one["skipped"], one["placed"], one["refused"]) for one in summaries] == [(0, 1, 1), (1, 2, 0), (3, 0, 0)]
    assert [row["outcome"] for row in results(folder)] == ["placed", "placed", "placed"]
    assert count(installed, Letter) == 3


def test_without_its_result_a_folder_is_repeated_and_nothing_is_delivered_twice(installed: Installed, folder: Path) -> None:
    write_index(folder, [line("SZ-1"), line("SZ-2")])
    deliver_folder(installed.house, folder)
    (folder / "result.csv").unlink()

    again = deliver_folder(installed.house, folder)

    assert (again["repeated"], again["placed"]) == (2, 0)
    assert count(installed, Letter) == 2


def test_a_result_line_that_was_cut_by_a_kill_is_made_anew(installed: Installed, folder: Path) -> None:
    write_index(folder, [line("SZ-1"), line("SZ-2")])
    deliver_folder(installed.house, folder)
    whole = (folder / "result.csv").read_text(encoding="utf-8")
    (folder / "result.csv").write_text(whole[:-30], encoding="utf-8")

    again = deliver_folder(installed.house, folder)

    assert (again["skipped"], again["repeated"]) == (1, 1)
    assert [row["external_ref"] for row in results(folder)] == ["SZ-1", "SZ-2"]


def test_a_delivery_that_is_killed_goes_on_where_it_stopped(installed: Installed, folder: Path) -> None:
    write_index(folder, [line(f"SZ-{number}") for number in range(1500)])

    process = installed.start("deliver", str(folder))
    end = time.monotonic() + 60
    while count(installed, Letter) < 200 and time.monotonic() < end:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    before = count(installed, Letter)
    finished = installed.run("deliver", str(folder))

    assert 200 <= before < 1500
    summary = json.loads(finished.stdout)
    assert finished.returncode == 0, finished.stderr
    assert summary["skipped"] + summary["repeated"] + summary["placed"] == 1500
    assert summary["skipped"] + summary["repeated"] == before
    assert (count(installed, Letter), count(installed, Document)) == (1500, 1500)
    assert [row["line"] for row in results(folder)] == [str(number) for number in range(2, 1502)]


def test_a_dry_run_judges_and_leaves_the_result_alone(installed: Installed, folder: Path) -> None:
    write_index(folder, [line("SZ-1"), line("SZ-2", policy_number="KGFB-0")])

    summary = deliver_folder(installed.house, folder, language="hu", dry_run=True)

    assert (summary["acceptable"], summary["refused"]) == (1, 1)
    assert [(row["outcome"], row["code"]) for row in results(folder, "dry-run.csv")] == [
        ("acceptable", ""),
        ("refused", "policy_unknown"),
    ]
    assert "szerződés" in results(folder, "dry-run.csv")[1]["what_to_do"].lower()
    assert not (folder / "result.csv").exists()
    assert count(installed, Letter) == 0


@pytest.mark.parametrize(("delimiter", "encoding"), [(";", "cp1250"), (";", "utf-8-sig"), ("\t", "utf-8")])
def test_an_index_as_spreadsheets_write_it_is_read(installed: Installed, folder: Path, delimiter: str, encoding: str) -> None:
    write_index(folder, [line("SZ-1", "melléklet.pdf")], delimiter=delimiter, encoding=encoding)

    summary = deliver_folder(installed.house, folder, encoding="cp1250" if encoding == "cp1250" else "utf-8")

    assert (summary["placed"], summary["refused"]) == (1, 0)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "index.csv"),
        ("external_ref,policy_number,kind,subject\n", "lacks the column files"),
        ("external_ref,policy_number,kind,subject,files,colour\n", "colour"),
        ("external_ref,policy_number,kind,subject,files\nSZ-1,P\n", "line 2"),
        ("tárgy".encode("cp1250"), "cp1250"),
    ],
)
def test_why_an_index_cannot_be_used_is_told_in_one_sentence(tmp_path: Path, content: str | bytes | None, told: str) -> None:
    folder = tmp_path
    if content is not None:
        (folder / "index.csv").write_bytes(content if isinstance(content, bytes) else content.encode())

    with pytest.raises(IndexUnusable) as refused:
        read_index(folder, "utf-8")

    assert told in str(refused.value.facts["reason"])


def test_a_command_that_can_do_nothing_says_so_in_one_sentence(installed: Installed, tmp_path: Path) -> None:
    done = installed.run("deliver", str(tmp_path / "nowhere"))

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"{tmp_path / 'nowhere'}: No such file or directory\n"


def test_two_runs_of_one_folder_do_not_meet(installed: Installed, folder: Path) -> None:
    write_index(folder, [line("SZ-1")])
    with (folder / ".deliver.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)

        done = installed.run("deliver", str(folder))

    assert done.returncode == 75
    assert count(installed, Letter) == 0
