"""The demonstration: everybody in their state, the same list every time, filled once."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlmodel import func, select
from typer.testing import CliRunner

from portal_app.__main__ import commands
from portal_app.database.tables import Account, Document, DocumentKey, Job, Letter, Login, Policy
from portal_app.domain.brands import PortalName
from portal_app.domain.kinds import LetterKind
from portal_app.gateways.clock import now
from portal_app.gateways.pdf import inspect_pdf
from portal_app.operations import demo
from portal_app.services import applications, chats, demonstration
from portal_app.services.documents import read_wrapped
from portal_app.services.house import House
from portal_app.settings import read_brand
from portal_app.texts import demo_letters
from tests.cast import BELA, DENES
from tests.correspondence import customer

FIRST_ACCESS = ["activation", "initial_password", "issued_login", "first_password", "registration"]


def test_the_list_is_the_same_every_time_and_its_first_row_signs_in_at_once() -> None:
    runs = [CliRunner().invoke(commands, ["demo", "--json"]) for _ in range(2)]

    rows = json.loads(runs[0].stdout)
    assert runs[0].stdout == runs[1].stdout
    assert [set(row) for row in rows] == [{"role", "portal", "login", "password", "about"}] * len(rows)
    assert (rows[0]["portal"], rows[0]["login"]) == ("kuldemenyeim", "anna.kovacs@pelda.example")
    assert rows[0]["password"]
    assert [row["login"] for row in rows if row["password"] is None] == [
        person.login for person in demo_letters.people() if person.state in demo.NOT_AT_ONCE
    ]


@pytest.mark.parametrize("brand", ["minta", "allianz", "union"])
def test_each_brand_lists_people_of_its_own_portals_and_the_first_of_each_signs_in_at_once(brand: str) -> None:
    rows = demo.people_rows(read_brand(brand))

    first = {row["portal"]: row for row in reversed(rows)}
    assert set(first) == {name.value for name in read_brand(brand).switched_on}
    assert all(row["password"] for row in first.values())
    assert first["ugyfelportal"]["login"] == "417902536"


def test_listing_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_DATA", str(tmp_path))

    CliRunner().invoke(commands, ["demo", "--json"])

    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the crowded mailbox hold one letter of each kind, so that filling is quick."""
    monkeypatch.setattr(demo, "CROWD", len(demo.KINDS))


@pytest.mark.usefixtures("few")
def test_an_empty_database_is_filled_once_with_everybody_and_real_tagged_letters(house: House) -> None:
    filled = [demo.fill_if_empty(house) for _ in range(2)]

    with house.database.reading() as db:
        emails = set(db.exec(select(Account.email)).all())
        kinds = set(db.exec(select(Letter.kind)).all())
        open_post = db.exec(
            select(Job.kind, Job.channel, Account.email)
            .join(Account)
            .where(
                Job.ended_at.is_(None),
                Job.kind.in_(FIRST_ACCESS),
            )
            .order_by(Account.email, Job.kind)
        ).all()
    assert filled == [True, False]
    assert emails == {person.address_on_file for person in demo_letters.people() if person.state != "postal"}
    assert kinds == set(LetterKind)
    assert [tuple(row) for row in open_post] == [
        ("activation", "mail", "bela.nagy@pelda.example"),
        ("initial_password", "sms", "bela.nagy@pelda.example"),
        ("activation", "mail", "cecilia.toth@pelda.example"),
        ("initial_password", "mail", "cecilia.toth@pelda.example"),
        ("first_password", "sms", "oliver.papp@pelda.example"),
        ("issued_login", "mail", "oliver.papp@pelda.example"),
        ("first_password", "mail", "piroska.takacs@pelda.example"),
        ("issued_login", "mail", "piroska.takacs@pelda.example"),
        ("registration", "mail", "zita.gal@pelda.example"),
    ]


@pytest.mark.usefixtures("few")
def test_the_online_portal_holds_what_was_concluded_there_and_nothing_else(house: House) -> None:
    demo.fill_if_empty(house)

    with house.database.reading() as db:
        rows = db.exec(select(Account.email, Account.status).where(Account.portal == "online24").order_by(Account.email)).all()
        routes = db.exec(
            select(Policy.sales_route).join(Account, Account.id == Policy.account_id).where(Account.portal == "online24")
        ).all()
        owners = db.exec(select(Account.email).join(Letter).where(Account.portal == "online24").distinct()).all()
    assert [tuple(row) for row in rows] == [
        ("timea.balla@pelda.example", "active"), ("vilmos.orosz@pelda.example", "active"),
        ("zita.gal@pelda.example", "unconfirmed"),
    ]  # fmt: skip
    assert routes == ["online24", "online24"]
    assert owners == ["timea.balla@pelda.example"]


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("brand", ["allianz", "union"])
def test_the_full_portal_of_every_brand_is_filled(house: House, brand: str) -> None:
    other = replace(house, brand=read_brand(brand))

    demo.fill_if_empty(other)

    with house.database.reading() as db:
        accounts = db.exec(select(Account.portal, Account.status).where(Account.portal == "ugyfelportal")).all()
        known = db.exec(select(Account).join(Login, Login.account_id == Account.id).where(Login.key == "417902536")).one()
        letters = db.exec(select(Letter).where(Letter.account_id == known.id)).all()
        postal = db.exec(select(Policy).where(Policy.communication == "postal")).one()
    assert sorted({status for _, status in accounts}) == (["active"] if brand == "allianz" else ["active", "invited"])
    assert (known.status, known.portal) == ("active", "ugyfelportal")
    assert {letter.kind for letter in letters} == set(LetterKind)
    assert any(letter.amount and letter.due_on for letter in letters if letter.kind == LetterKind.PAYMENT_NOTICE)
    assert (postal.account_id, postal.number, postal.plate_number) == (None, "KGFB-2025-019000", "ABC-119")


def test_an_informal_brand_writes_informally() -> None:
    said = [words(brand, kind) for brand in ("minta", "union") for kind in demo.KINDS]

    formal, informal = said[: len(demo.KINDS)], said[len(demo.KINDS) :]
    assert all("Tisztelt" in text and "Kedves" not in text for text in formal)
    assert all("Kedves" in text and "Tisztelt" not in text for text in informal)


def words(brand: str, kind: LetterKind) -> str:
    """Everything one letter says."""
    person, policy = demo_letters.people()[0], demo_letters.DemoPolicy("KGFB-1", "KGFB", "ABC-123", 40_000)
    letter = demo_letters.letter(kind, read_brand(brand), person, policy, written_on=date(2026, 1, 10), due_on=date(2026, 2, 9))
    return f"{letter.subject} {letter.summary} {letter.page}"


@pytest.mark.usefixtures("few")
def test_every_letter_of_the_demonstration_is_a_tagged_hungarian_pdf(house: House) -> None:
    demo.fill_if_empty(house)

    with house.database.reading() as db:
        found = db.exec(select(Document.object_key, Document.tagged, Document.id)).all()
        keys = dict(db.exec(select(DocumentKey.document_id, DocumentKey.wrapped)).all())
    content = house.objects.read(found[0][0], read_wrapped(keys[found[0][2]]))
    facts = inspect_pdf(content)
    assert {tagged for _, tagged, _ in found} == {True}
    assert (facts.tagged, facts.language) == (True, "hu-HU")


@pytest.mark.usefixtures("few")
def test_a_run_that_was_killed_is_continued_without_doubling_anything(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    everybody = demo_letters.people()
    with monkeypatch.context() as killed:
        killed.setattr(demo_letters, "people", lambda: (*everybody[:3], None))
        with pytest.raises(AttributeError):
            demo.fill_if_empty(house)

    demo.fill_if_empty(house)

    with house.database.reading() as db:
        letters = db.exec(select(func.count()).select_from(Letter)).one()
    assert letters == sum(len(demo.posts_of(person)) for person in everybody)


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("brand", ["minta", "allianz", "union"])
def test_a_newcomer_sees_requests_in_every_standing_and_a_chat_with_an_unread_answer(house: House, brand: str) -> None:
    other, moment = replace(house, brand=read_brand(brand)), now()
    demo.fill_if_empty(other)
    ready = [(number, person) for number, person in demo.people_of(other.brand) if person.state == "ready"]

    # What was killed before it could note that it is done comes again.
    for number, person in ready:
        demo._Scene(other, person, number, moment)._reach()

    people = {person.portal: house.database.ask(demonstration.customer_of, DENES, person.login) for _, person in ready}
    asked = house.database.ask(applications.list_own, people[PortalName.UGYFELPORTAL], now=moment)
    assert [str(row.status) for row in asked] == ["submitted", "in_progress", "withdrawn", "fulfilled"]
    assert all(row.due_on > moment.date() for row in asked if row.ended_at is None)
    if brand == "allianz":
        return
    chat = house.database.ask(chats.read_chat, people[PortalName.ONLINE24], brand=other.brand, now=moment)
    assert [line.by_customer for line in chat.lines] == [True, False, True, False]
    assert house.database.ask(chats.count_unseen, people[PortalName.ONLINE24], now=moment) == 1


def test_a_database_with_other_accounts_is_left_alone(house: House) -> None:
    customer(house, BELA)

    with pytest.raises(demo.NotEmpty):
        demo.fill_if_empty(house)

    with house.database.reading() as db:
        assert db.exec(select(Account.email)).all() == [BELA]
