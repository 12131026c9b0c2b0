"""Dokumentumaim and Bizonylatok as their owner uses them: found, sorted, downloaded, watched; nobody else's are there."""

import io
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from portal_app.customer.inbox.rows import FILES_IN_A_ROW
from portal_app.customer.inbox.state import InboxState
from portal_app.customer.letter import LetterState
from portal_app.database.tables import Account, Event
from portal_app.domain.actors import Customer
from portal_app.domain.calendar import budapest_date
from portal_app.domain.errors import RequestInvalid
from portal_app.domain.kinds import LetterKind
from portal_app.gateways.clock import now
from portal_app.services.house import House
from tests.cast import ANNAS_PASSWORD, BELA, BELAS_LOGIN
from tests.correspondence import letter
from tests.customer.browsing import NewBrowser, at_the_door, do, go, led_to
from tests.visitors import active

DAY = timedelta(days=1)
DOCUMENTS, PAYMENTS = "/dokumentumok", "/bizonylatok"
INDEX, COVER, NOTICE = LetterKind.INDEXATION_LETTER, LetterKind.COVER_CERTIFICATE, LetterKind.PAYMENT_NOTICE


def place(house: House, owner: Customer, subject: str, kind: LetterKind, *, files: int = 1, age: float = 0, **more: Any) -> str:
    """Place a letter so many days ago, with small files."""
    contents = tuple((f"{subject} {number}.pdf", f"%PDF-1.7 {subject} {number}".encode()) for number in range(files))
    return letter(house, owner, subject, kind=kind, files=contents, at=now() - age * DAY, **more)


def subjects(state: InboxState) -> list[str]:
    """Name what the tab shows."""
    return [row.subject for row in state.rows]


@pytest.mark.requirement("R80")
async def test_documents_lists_the_current_contract_documents(
    house: House, anna: Customer, bela: Customer, new_browser: NewBrowser
) -> None:
    place(house, anna, "Index levél 2025", INDEX, age=300)
    place(house, anna, "Index levél 2026", INDEX, age=5)
    place(house, anna, "Fedezetigazolás", COVER, age=40)
    place(house, anna, "Fizetési értesítő", NOTICE)
    place(house, bela, "Béla fedezetigazolása", COVER)
    browser = await at_the_door(new_browser)

    state = await browser.shown(InboxState, address=DOCUMENTS)

    assert await browser.leads_to(DOCUMENTS) == DOCUMENTS
    assert subjects(state) == ["Index levél 2026", "Fedezetigazolás"]
    assert (state.current_only, state.shelf, state.title.partition(" – ")[0]) == (True, "documents", "Dokumentumaim")
    await do(state, "show_current_only", False)
    assert subjects(state) == ["Index levél 2026", "Fedezetigazolás", "Index levél 2025"]


@pytest.mark.requirement("R81")
async def test_payments_lists_payment_notices_with_amount_and_deadline(
    house: House, anna: Customer, bela: Customer, new_browser: NewBrowser
) -> None:
    today = budapest_date(now())
    place(house, anna, "Értesítő", NOTICE, amount=12_450, due_on=today + 3 * DAY)
    place(house, anna, "Mai", NOTICE, amount=900, due_on=today, age=1)
    place(house, anna, "Felszólító", LetterKind.PAYMENT_REMINDER, amount=20_611, due_on=today - DAY, age=2)
    place(house, anna, "Bizonylat", LetterKind.ACCOUNTING_VOUCHER, amount=4_800, age=3)
    place(house, anna, "Index levél", INDEX)
    place(house, bela, "Béla értesítője", NOTICE, amount=1, due_on=today)
    browser = await at_the_door(new_browser)

    state = await browser.shown(InboxState, address=PAYMENTS)

    assert subjects(state) == ["Értesítő", "Mai", "Felszólító", "Bizonylat"]
    papers = [row.paper for row in state.rows if row.paper]
    assert [paper.amount.replace("\u00a0", " ") for paper in papers] == ["12 450 Ft", "900 Ft", "20 611 Ft", "4 800 Ft"]
    assert [paper.due_words for paper in papers] == ["3 nap múlva esedékes", "ma esedékes", "lejárt", ""]
    assert [paper.how_due for paper in papers] == ["soon", "today", "over", ""]


@pytest.mark.requirement("R82")
async def test_a_document_is_downloaded_from_its_row_by_its_owner_only(
    house: House, anna: Customer, bela: Customer, new_browser: NewBrowser
) -> None:
    place(house, anna, "Kötvény", LetterKind.POLICY_DOCUMENT, files=2)
    browser = await at_the_door(new_browser)
    state = await browser.shown(InboxState, address=DOCUMENTS)
    paper = state.rows[0].paper
    assert paper is not None
    first, second = paper.files

    got = await browser.get(second.address)
    stolen = await (await at_the_door(new_browser, BELAS_LOGIN)).get(first.address)

    assert (got.status_code, got.content) == (200, b"%PDF-1.7 K\xc3\xb6tv\xc3\xa9ny 1")
    assert got.headers["content-disposition"].startswith("attachment")
    assert stolen.status_code == 404
    assert [first.words.replace("\u00a0", " "), second.words.replace("\u00a0", " ")] == ["PDF, 20 B", "PDF, 20 B"]
    with house.database.reading() as db:
        downloads = db.exec(select(Event.account_id).where(col(Event.act) == "document:downloaded")).all()
    assert downloads == [anna.account_id]


async def test_many_files_come_as_one_zip(house: House, anna: Customer, new_browser: NewBrowser) -> None:
    place(house, anna, "Kötvény", LetterKind.POLICY_DOCUMENT, files=FILES_IN_A_ROW + 1)
    browser = await at_the_door(new_browser)
    paper = (await browser.shown(InboxState, address=DOCUMENTS)).rows[0].paper
    assert paper is not None

    got = await browser.get(paper.files[0].address)

    assert [file.words.replace("\u00a0", " ") for file in paper.files] == ["4 fájl egyben (zip, 80 B)"]
    with zipfile.ZipFile(io.BytesIO(got.content)) as parcel:
        assert len([name for name in parcel.namelist() if name.endswith(".pdf")]) == 4


@pytest.mark.requirement("R40")
async def test_only_the_full_portals_have_these_pages(house: House, anna: Customer, new_browser: NewBrowser) -> None:
    active(house, BELA, ANNAS_PASSWORD, now=now())
    plain = new_browser()
    await plain.sign_in(BELA, ANNAS_PASSWORD)
    full = await at_the_door(new_browser)

    for page in (DOCUMENTS, PAYMENTS, "/szerzodesek", "/szerzodesek/KGFB-1"):
        assert await plain.leads_to(page) == "/kuldemenyek"
        assert await full.leads_to(page) == page
        assert (await new_browser().leads_to(page)).startswith("/belepes?vissza=")


async def test_everything_that_decides_the_list_stands_in_its_address(
    house: House, anna: Customer, new_browser: NewBrowser
) -> None:
    for number in range(30):
        place(house, anna, f"Értesítő {number:02}", NOTICE, files=0, age=number, amount=1_000 + number, policy_number="A")
    place(house, anna, "Másik", NOTICE, policy_number="B", amount=5)
    browser = await at_the_door(new_browser)
    state = await browser.shown(InboxState, address=PAYMENTS)

    sorted_by = led_to(await do(state, "sort_by", "amount"))
    turned = led_to(await do(state, "turn_to", 2))
    narrowed = led_to(await do(state, "narrow", "szerzodes", "B"))

    assert sorted_by == (PAYMENTS, {"rendez": ["-osszeg"]})
    assert turned == (PAYMENTS, {"rendez": ["-osszeg"], "oldal": ["2"]})
    assert narrowed == (PAYMENTS, {"rendez": ["-osszeg"], "szerzodes": ["B"]})
    again = await browser.shown(InboxState, address=f"{PAYMENTS}?rendez=-osszeg&oldal=2")
    assert subjects(again)[:2] == ["Értesítő 04", "Értesítő 03"]
    assert (again.range_words, again.policies, [kind.words for kind in again.kinds]) == (
        "26–31 / 31",
        ["A", "B"],
        ["Fizetési értesítő"],
    )


async def test_sorting_a_shelf_changes_no_habit_of_the_inbox(house: House, anna: Customer, new_browser: NewBrowser) -> None:
    place(house, anna, "Értesítő", NOTICE)
    browser = await at_the_door(new_browser)
    state = await browser.shown(InboxState, address=PAYMENTS)
    await do(state, "sort_by", "due")

    go(state, f"{PAYMENTS}?rendez=-hatarido")
    await do(state, "load")

    with house.database.reading() as db:
        assert db.exec(select(Account.inbox_sort).where(col(Account.id) == anna.account_id)).one() == "-placed"


async def test_what_was_chosen_on_one_list_is_not_chosen_on_another(
    house: House, anna: Customer, new_browser: NewBrowser
) -> None:
    place(house, anna, "Index levél", INDEX)
    browser = await at_the_door(new_browser)
    state = await browser.shown(InboxState, address="/kuldemenyek")
    await do(state, "choose_all")
    assert state.chosen_count == 1

    go(state, DOCUMENTS)
    await do(state, "load")

    assert (state.shelf, state.chosen_count, state.parcel) == ("documents", 0, "")


async def test_what_arrives_is_told_only_on_its_own_shelf(house: House, anna: Customer, new_browser: NewBrowser) -> None:
    place(house, anna, "Értesítő", NOTICE)
    browser = await at_the_door(new_browser)
    state = await browser.shown(InboxState, address=PAYMENTS)
    place(house, anna, "Index levél", INDEX)
    await do(state, "refresh")
    assert (state.arrived_words, state.unread) == ("", 2)
    place(house, anna, "Újabb értesítő", NOTICE)

    await do(state, "refresh")
    assert (subjects(state), state.arrived_words) == (["Értesítő"], "1 új küldemény érkezett")
    assert state.rows[0].paper is not None
    led = led_to(await do(state, "show_arrived"))

    assert (subjects(state), led) == (["Újabb értesítő", "Értesítő"], (PAYMENTS, {"rendez": ["-erkezett"]}))


async def test_clearing_the_filters_leaves_what_the_list_began_with(
    house: House, anna: Customer, new_browser: NewBrowser
) -> None:
    place(house, anna, "Régi index", INDEX, age=300)
    place(house, anna, "Új index", INDEX)
    browser = await at_the_door(new_browser)
    state = await browser.shown(InboxState, address=f"{DOCUMENTS}?regiek=1&keres=casco")
    assert (state.total, state.current_only, state.none_found) == (0, False, "Nincs találat erre: „casco”")

    await do(state, "clear_filters")

    assert (subjects(state), state.current_only, state.chips) == (["Új index"], True, [])


async def test_an_empty_shelf_is_not_an_empty_inbox(house: House, anna: Customer, new_browser: NewBrowser) -> None:
    place(house, anna, "Index levél", INDEX)
    browser = await at_the_door(new_browser)

    empty = {
        address: (await browser.shown(InboxState, address=address)).mailbox_empty
        for address in ("/kuldemenyek", DOCUMENTS, PAYMENTS)
    }

    assert empty == {"/kuldemenyek": False, DOCUMENTS: False, PAYMENTS: True}


async def test_a_letter_leads_back_to_the_shelf_it_was_opened_from(house: House, anna: Customer, new_browser: NewBrowser) -> None:
    letter_id = place(house, anna, "Index levél", INDEX)
    browser = await at_the_door(new_browser)
    shelf = await browser.shown(InboxState, address=f"{DOCUMENTS}?rendez=targy")
    go(shelf, f"/kuldemenyek/{letter_id}")
    state = await shelf.get_state(LetterState)

    await LetterState.load.fn(state)

    assert (state.standing_of_letter, state.list_address) == ("shown", f"{DOCUMENTS}?rendez=targy")


WRONG: list[tuple[str, tuple[Any, ...]]] = [("show_current_only", ("perhaps",)), ("show_current_only", (None,))]


@pytest.mark.parametrize(("handler", "arguments"), WRONG, ids=str)
async def test_nonsense_from_outside_is_refused(
    house: House, anna: Customer, new_browser: NewBrowser, handler: str, arguments: tuple[Any, ...]
) -> None:
    place(house, anna, "Index levél", INDEX)
    browser = await at_the_door(new_browser)
    state = await browser.shown(InboxState, address=DOCUMENTS)

    with pytest.raises(RequestInvalid):
        await do(state, handler, *arguments)

    assert subjects(state) == ["Index levél"]
