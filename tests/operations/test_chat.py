"""Chats held from the server: listed, read, answered; duty begun and ended."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal_app.domain.actors import Customer
from portal_app.gateways.clock import now
from portal_app.services import chats, messages
from tests.cast import ANNA
from tests.database.bare import bare_databases_in
from tests.operations.installed import Installed, installed_in
from tests.visitors import registered

NAME = "kiss.anna"


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Installed]:
    """An installation on SQLite; the services are tested on both databases."""
    with bare_databases_in(tmp_path, None) as make, installed_in(tmp_path, make) as ready:
        yield ready


@pytest.fixture
def anna(embedded: Installed) -> Customer:
    return registered(embedded.house, NAME, ANNA, now=now())


def write(embedded: Installed, actor: Customer, text: str) -> str:
    mark = messages.form_mark(actor, "chat", text, text, ())
    house = embedded.house
    return house.database.carry_out(chats.send, actor, text, subject="Chat", mark=mark, brand=house.brand, now=now()).reference


def written(folder: Path, text: str) -> str:
    path = folder / "words.txt"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.requirement("R88")
def test_a_conversation_is_held_by_commands(embedded: Installed, anna: Customer, tmp_path: Path) -> None:
    on = embedded.run("duty", "on", "--name", " Cili ", "--hours", "2")
    reference = write(embedded, anna, "Jó napot! [red]Hol a kötvényem?[/red]")

    (listed,) = json.loads(embedded.call("chat", "--json").stdout)
    said = embedded.call("chat", reference, "--text", written(tmp_path, "\ufeffA Dokumentumaim alatt.\r\n"))
    again = embedded.call("chat", NAME, "--text", written(tmp_path, "A Dokumentumaim alatt."))
    thread = json.loads(embedded.call("chat", listed["account"], "--json").stdout)
    off = embedded.call("duty", "off")

    assert [line["name"] for line in json.loads(on.stdout)["on_duty"]] == ["Cili"]
    assert {name: listed[name] for name in ("login", "email", "portal", "waiting", "last_reference")} == {
        "login": NAME, "email": ANNA, "portal": "online24", "waiting": 1, "last_reference": reference,
    }  # fmt: skip
    assert json.loads(said.stdout)["answers"] == reference
    assert [json.loads(one.stdout)["repeated"] for one in (said, again)] == [False, True]
    assert [(line["by_customer"], line["text"], line["due_on"]) for line in thread] == [
        (True, "Jó napot! [red]Hol a kötvényem?[/red]", None), (False, "A Dokumentumaim alatt.", None),
    ]  # fmt: skip
    assert json.loads(off.stdout) == {"on_duty": []}
    assert json.loads(embedded.call("duty").stdout) == {"on_duty": []}


def test_chats_stand_among_the_messages_and_are_answered_there_too(embedded: Installed, anna: Customer, tmp_path: Path) -> None:
    reference = write(embedded, anna, "Hol a kötvényem?")
    (message,) = json.loads(embedded.call("messages", "--json", "--open").stdout)
    embedded.call("answer", reference, "--text", written(tmp_path, "Elküldtük."))

    assert (message["purpose"], message["reference"], message["status"]) == ("chat", reference, "received")
    assert message["due_on"] is not None
    assert json.loads(embedded.call("messages", "--json", "--open").stdout) == []
    assert [line["text"] for line in json.loads(embedded.call("chat", NAME, "--json").stdout)] == [
        "Hol a kötvényem?",
        "Elküldtük.",
    ]


def test_lists_and_threads_are_for_people_too(embedded: Installed, anna: Customer) -> None:
    reference = write(embedded, anna, "[red]Halló?[/red]")

    table, thread = embedded.call("chat", COLUMNS="200").stdout, embedded.run("chat", NAME).stdout

    assert "1 chats, 1 waiting" in table
    assert f"customer {reference}" in thread
    assert "[red]Halló?[/red]" in table
    assert "[red]Halló?[/red]" in thread


def test_what_cannot_be_done_has_its_exit_code(embedded: Installed, anna: Customer, tmp_path: Path) -> None:
    write(embedded, anna, "Halló?")
    words, empty = written(tmp_path, "Igen."), tmp_path / "empty.txt"
    empty.write_text(" \n")

    unknown = embedded.call("chat", "senki24", "--text", words)
    unread = embedded.call("chat", "senki24")
    nothing = embedded.call("chat", NAME, "--text", str(empty))
    no_file = embedded.call("chat", NAME, "--text", str(tmp_path / "nincs.txt"))
    too_long = embedded.call("duty", "on", "--hours", "99")

    assert [one.returncode for one in (unknown, unread, nothing, no_file, too_long)] == [1, 1, 1, 2, 2]
    assert all(one.stdout == "" for one in (unknown, unread, nothing, no_file))
    assert all(len(one.stderr.strip().splitlines()) == 1 for one in (unknown, unread, nothing, no_file))


def test_a_duty_without_a_name_is_customer_service(embedded: Installed) -> None:
    (line,) = json.loads(embedded.call("duty", "on").stdout)["on_duty"]

    assert line["name"] == "Ügyfélszolgálat"
