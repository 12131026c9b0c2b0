"""Customers' messages, read and answered on the server."""

import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from portal_app.domain.actors import Customer
from portal_app.domain.messages import Purpose
from portal_app.gateways.clock import now
from portal_app.gateways.scanner import NoScanner
from portal_app.services import documents, messages
from portal_app.services.messages import MessageView
from tests import correspondence
from tests.cast import ANNA, ANNAS_POLICY
from tests.database.bare import bare_databases_in
from tests.making import encrypted_pdf, letter_pdf, photo
from tests.operations.installed import Installed, installed_in


@pytest.fixture
def anna(installed: Installed) -> Customer:
    """Anna, signed in."""
    return correspondence.customer(installed.house, ANNA, now=now())


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Installed]:
    """An installation on SQLite, for what does not depend on the database; each command is a process and takes its time."""
    with bare_databases_in(tmp_path, None) as make, installed_in(tmp_path, make) as ready:
        yield ready


def letter(installed: Installed, owner: Customer) -> str:
    return correspondence.letter(installed.house, owner, "Index levél", at=now() - timedelta(days=1))


def sent(installed: Installed, actor: Customer, letter_id: str, text: str = "Kérem a javítást.", picture: bytes = b"") -> str:
    house = installed.house
    checked = [documents.check_upload("kép.png", picture, most=10_000_000, scanner=NoScanner())] if picture else []
    files = documents.store_files(house.objects, checked)
    return house.database.carry_out(
        messages.send_reply, actor, letter_id, text, files, mark=f"{letter_id}{text}", brand=house.brand, now=now()
    ).reference


def thread(installed: Installed, actor: Customer, letter_id: str) -> tuple[MessageView, ...]:
    return installed.database.ask(messages.read_thread, actor, letter_id, now=now())


def written(folder: Path, name: str, content: str | bytes) -> str:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


@pytest.mark.requirement("R20")
def test_messages_are_read_answered_and_the_customer_sees_the_answer(
    installed: Installed, anna: Customer, tmp_path: Path
) -> None:
    letter_id, picture, pdf = letter(installed, anna), photo("PNG"), letter_pdf()
    reference = sent(installed, anna, letter_id, picture=picture)

    listed = installed.run("messages", "--json", "--files", str(tmp_path / "in"))
    (message,) = json.loads(listed.stdout)
    given = installed.call(
        "answer", message["id"], "--text", written(tmp_path, "válasz.txt", "\ufeffTisztelt Ügyfelünk!\r\n\r\nJavítottuk.\n"),
        "--attach", written(tmp_path, "Javított.pdf", pdf), "--attach", written(tmp_path, "kép.png", picture),
    )  # fmt: skip

    assert (listed.returncode, given.returncode) == (0, 0)
    assert {name: message[name] for name in ("reference", "purpose", "status", "policy_number", "text", "email", "answers")} == {
        "reference": reference, "purpose": "reply", "status": "received", "policy_number": ANNAS_POLICY,
        "text": "Kérem a javítást.", "email": ANNA, "answers": 0,
    }  # fmt: skip
    assert message["letter_external_ref"].startswith("REF-")
    assert [(file["name"], file["size"], file["sha256"]) for file in message["files"]] == [
        ("kép.png", len(picture), hashlib.sha256(picture).hexdigest())
    ]
    assert (tmp_path / "in" / reference / "1-kép.png").read_bytes() == picture
    asked, answered = thread(installed, anna, letter_id)
    assert (asked.status, answered.text) == ("answered", "Tisztelt Ügyfelünk!\n\nJavítottuk.")
    assert [file.name for file in answered.documents] == ["Javított.pdf", "kép.png"]
    assert json.loads(given.stdout) == {
        "id": answered.public_id, "reference": answered.reference, "answers": reference, "repeated": False,
    }  # fmt: skip


def test_an_answered_message_is_no_longer_open(embedded: Installed, tmp_path: Path) -> None:
    anna = correspondence.customer(embedded.house, ANNA, now=now())
    letter_id = letter(embedded, anna)
    first, second = sent(embedded, anna, letter_id, "1"), sent(embedded, anna, letter_id, "2")

    again = [embedded.call("answer", first, "--text", written(tmp_path, "a.txt", "Igen.")) for _ in range(2)]

    assert [json.loads(one.stdout)["repeated"] for one in again] == [False, True]
    assert [one["reference"] for one in json.loads(embedded.call("messages", "--json", "--open").stdout)] == [second]
    assert len(json.loads(embedded.call("messages", "--json").stdout)) == 2


def test_wishes_stand_among_the_messages_and_a_table_is_for_people(embedded: Installed) -> None:
    anna = correspondence.customer(embedded.house, ANNA, now=now())
    receipt = embedded.database.carry_out(
        messages.write_request, anna, anna.account_id, Purpose.UPGRADE_WISH, subject="Átlépés", text="[red]Szeretném[/red]",
        brand=embedded.house.brand, now=now(),
    )  # fmt: skip

    table = embedded.call("messages", COLUMNS="200").stdout
    (message,) = json.loads(embedded.call("messages", "--json").stdout)

    assert (message["purpose"], message["letter_external_ref"]) == ("upgrade_wish", "")
    assert receipt.reference in table
    assert "[red]Szeretném[/red]" in table


def test_taking_a_message_shows_its_customer_that_it_is_worked_on(embedded: Installed) -> None:
    anna = correspondence.customer(embedded.house, ANNA, now=now())
    letter_id = letter(embedded, anna)
    reference = sent(embedded, anna, letter_id)

    taken = embedded.call("messages", "--take", reference.lower(), "--json")

    assert (taken.returncode, json.loads(taken.stdout)[0]["status"]) == (0, "in_progress")
    assert thread(embedded, anna, letter_id)[0].status == "in_progress"


@pytest.mark.parametrize(
    ("text", "name", "content", "said"), [("", "", b"", ""), ("Igen.", "titkos.pdf", encrypted_pdf(), "titkos.pdf: ")]
)
def test_an_answer_that_cannot_be_given_changes_nothing(
    embedded: Installed, tmp_path: Path, text: str, name: str, content: bytes, said: str
) -> None:
    anna = correspondence.customer(embedded.house, ANNA, now=now())
    letter_id = letter(embedded, anna)
    reference = sent(embedded, anna, letter_id)

    attach = ["--attach", written(tmp_path, name, content)] if name else []
    refused = embedded.call("answer", reference, "--text", written(tmp_path, "a.txt", text), *attach)

    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith(said)
    assert len(refused.stderr.strip().splitlines()) == 1
    assert [message.status for message in thread(embedded, anna, letter_id)] == ["received"]


def test_unknown_messages_and_unreadable_files_have_their_own_exit_codes(embedded: Installed, tmp_path: Path) -> None:
    anna = correspondence.customer(embedded.house, ANNA, now=now())
    reference = sent(embedded, anna, letter(embedded, anna))
    words = written(tmp_path, "a.txt", "Igen.")

    unknown = embedded.call("answer", "V-2026-NINCS2", "--text", words)
    no_text = embedded.call("answer", reference, "--text", str(tmp_path / "nincs.txt"))
    no_file = embedded.call("answer", reference, "--text", words, "--attach", str(tmp_path / "nincs.pdf"))
    not_taken = embedded.call("messages", "--take", "V-2026-NINCS2")

    assert [one.returncode for one in (unknown, no_text, no_file, not_taken)] == [1, 2, 2, 1]
    assert all(len(one.stderr.strip().splitlines()) == 1 for one in (unknown, no_text, no_file, not_taken))
