"""The full portal as its owner sees it: contracts, their documents and vouchers, and the menu that leads there."""

import re
import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlmodel import col, select, update

from portal_app.database.tables import Account, Letter
from portal_app.database.transactions import Database
from portal_app.domain.brands import PortalName
from portal_app.domain.calendar import budapest_date
from portal_app.domain.kinds import LetterKind
from portal_app.gateways.clock import now
from portal_app.gateways.objects import ObjectStore
from portal_app.gateways.secrets import Secrets
from tests.contracts import policy
from tests.journeys.looking import look, open_page, ready
from tests.journeys.product import Product
from tests.journeys.test_inbox import Town, range_is, subjects
from tests.mailbox import Mailbox, open_mailbox, stored_file

CAR, HOME = "KGFB-2026-000001", "LAK-2026-000002"
DOCUMENTS = (LetterKind.INDEXATION_LETTER, LetterKind.COVER_CERTIFICATE, LetterKind.POLICY_DOCUMENT, LetterKind.PROPOSAL)
PAYMENTS = (LetterKind.PAYMENT_NOTICE, LetterKind.ACCOUNTING_VOUCHER, LetterKind.PAYMENT_REMINDER)


class FullTown(Town):
    """The product from inside, with customers of the full portals."""

    def resident(self, page: Page, portal: PortalName = PortalName.UGYFELPORTAL) -> Mailbox:
        """Open an account in a full portal, and let this page's browser be signed in to it."""
        box = open_mailbox(self.database, f"{secrets.token_hex(4)}@pelda.example", now=now())
        with self.database.writing() as db:
            db.exec(update(Account).where(col(Account.id) == box.customer.account_id).values(portal=portal))
        resident = replace(box, customer=replace(box.customer, portal=portal))
        self.let_in(page, resident)
        return resident

    def furnish(self, box: Mailbox) -> None:
        """Give somebody three policies with documents and vouchers of two years."""
        mark = secrets.token_hex(3)
        car, home = f"{CAR}-{mark}", f"{HOME}-{mark}"
        row = policy(self, box.customer, car, plate_number="ABC-123", accounting_documents=True)
        policy(self, box.customer, home, product="LAKAS", communication="postal")
        policy(self, box.customer, f"CASCO-{mark}", product="CASCO", status="ended", ended_on=date(2025, 12, 31))
        for number in range(40):
            kind = DOCUMENTS[number % 4]
            self.put(box, f"Irat {number:02}", kind, number, policy=car if number % 2 else home)
        for number in range(30):
            kind = PAYMENTS[number % 3]
            due = budapest_date(now()) + timedelta(days=3 - 20 * number) if kind is not LetterKind.ACCOUNTING_VOUCHER else None
            letter_id = self.put(box, f"Díj {number:02}", kind, number, policy=car, due_on=due, amount=12_450 + 1_000 * number)
            with self.database.writing() as db:
                db.exec(update(Letter).where(col(Letter.public_id) == letter_id).values(policy_id=row))

    def put(self, box: Mailbox, subject: str, kind: LetterKind, age: int, **details: object) -> str:
        """Place a letter with one file."""
        file = stored_file(self.objects, b"%PDF-1.7 " + subject.encode(), f"{subject}.pdf")
        at = now() - timedelta(days=age * 8, minutes=age)
        return box.place(subject, kind=kind, at=at, files=[file], **details)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def town(portal: Product) -> Iterator[FullTown]:
    """The running product from inside."""
    settings = portal.settings
    database = Database(settings.database)
    yield FullTown(portal, database, ObjectStore(settings.objects, Secrets(settings.secrets)))
    database.close()


@pytest.mark.requirement("R79")
@pytest.mark.requirement("R83")
def test_a_tab_with_the_portals_name_opens_the_menu(town: FullTown, page: Page) -> None:
    town.resident(page)
    open_page(page, "/kuldemenyek")
    menu = page.get_by_role("navigation", name="Fő menü")
    tab = menu.locator("summary")

    expect(tab).to_have_text(re.compile("^Ügyfélportál"))
    expect(page.get_by_role("banner").get_by_role("button", name="Kilépés")).to_be_visible()
    place, sheet = tab.bounding_box(), page.viewport_size
    assert place is not None
    assert sheet is not None
    assert place["x"] < sheet["width"] / 4
    assert place["y"] < sheet["height"] / 4
    look(page)
    tab.focus()
    page.keyboard.press("Enter")

    panel = menu.locator("details")
    names = panel.get_by_role("link").all_inner_texts()
    wanted = ["Küldemények", "Elküldött", "Lomtár", "Szerződéseim", "Dokumentumaim", "Bizonylatok", "Ügyintézés"]
    assert [name.split("\n")[0] for name in names][: len(wanted)] == wanted
    assert {"Beállítások", "Súgó"} <= set(names)
    look(page)
    page.keyboard.press("Escape")
    expect(panel).not_to_have_attribute("open", "")
    expect(tab).to_be_focused()
    tab.click()
    panel.get_by_role("link", name="Bizonylatok").click()
    expect(page.locator("h1")).to_have_text("Bizonylatok")
    expect(panel).not_to_have_attribute("open", "")
    expect(page.get_by_role("banner").get_by_role("button", name="Kilépés")).to_be_visible()


@pytest.mark.requirement("R79")
def test_no_other_portals_menu_bears_the_name_of_this_one(town: FullTown, page: Page) -> None:
    town.resident(page, PortalName.ONLINE24)
    open_page(page, "/kuldemenyek")

    expect(page.get_by_role("navigation", name="Fő menü").locator("summary")).to_have_text("Menü")
    look(page)


@pytest.mark.requirement("R80")
@pytest.mark.requirement("R82")
def test_current_documents_are_found_and_downloaded_from_their_row(town: FullTown, page: Page) -> None:
    box = town.resident(page)
    town.furnish(box)
    open_page(page, "/dokumentumok")
    range_is(page, "1–4 / 4")
    expect(page.get_by_role("checkbox", name="Csak az aktuálisak").locator("visible=true")).to_be_checked()
    assert subjects(page) == ["Irat 00", "Irat 01", "Irat 02", "Irat 03"]
    look(page)

    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("^Dokumentum letöltése.*Irat 01")).click()
    assert download.value.suggested_filename == "Irat 01.pdf"

    page.get_by_text("Csak az aktuálisak").locator("visible=true").click()
    range_is(page, "1–25 / 40")
    expect(page).to_have_url(re.compile("regiek=1"))
    page.get_by_role("button", name="Dokumentum", exact=True).click()
    expect(page.get_by_role("columnheader", name="Dokumentum", exact=True)).to_have_attribute("aria-sort", "ascending")
    page.get_by_role("searchbox").fill("FEDEZETIGAZOLAS")
    page.keyboard.press("Enter")
    range_is(page, "1–10 / 10")
    expect(page).to_have_title("Dokumentumaim – Ügyfélportál")
    look(page)
    page.reload()
    ready(page)
    range_is(page, "1–10 / 10")

    page.get_by_role("link", name="Irat 05", exact=True).click()
    expect(page.locator("h1")).to_have_text("Irat 05")
    page.get_by_role("link", name="Vissza a listához").click()
    range_is(page, "1–10 / 10")


@pytest.mark.requirement("R81")
def test_payment_notices_say_how_much_and_by_when(town: FullTown, page: Page) -> None:
    box = town.resident(page)
    town.furnish(box)
    open_page(page, "/bizonylatok")
    range_is(page, "1–25 / 30")
    first = page.locator("tbody tr").first
    expect(first).to_contain_text("12 450 Ft")
    expect(first).to_contain_text("3 nap múlva esedékes")
    expect(page.locator("tbody tr").nth(2)).to_contain_text("lejárt")
    look(page)

    page.get_by_role("button", name="Összeg").click()
    expect(page.locator("#said")).to_have_text("Rendezve: Legnagyobb összeg elöl")
    assert subjects(page)[0] == "Díj 29"
    page.locator("tbody .hit").first.click()
    expect(page.locator("#chosen-words")).to_have_text("1 kijelölve")
    look(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Letöltés (zip)").click()
    assert download.value.suggested_filename.endswith(".zip")

    town.put(box, "Most jött", LetterKind.PAYMENT_NOTICE, 0, amount=900)
    expect(page.locator("#arrivals")).to_contain_text("1 új küldemény érkezett", timeout=5_000)
    page.get_by_role("button", name="Megjelenítés").click()
    expect(page.locator("tbody .letter-link").first).to_have_text("Most jött")


def test_without_vouchers_the_page_says_how_to_get_them_here(town: FullTown, page: Page) -> None:
    town.resident(page)
    open_page(page, "/bizonylatok")

    expect(page.get_by_role("heading", name="Még nincs bizonylata")).to_be_visible()
    expect(page.get_by_role("link", name="Tovább az ügyintézéshez")).to_have_attribute("href", "/ugyintezes")
    look(page)
    open_page(page, "/dokumentumok")
    expect(page.get_by_role("heading", name="Még nincs dokumentuma")).to_be_visible()
    look(page)
    open_page(page, "/szerzodesek")
    expect(page.get_by_role("heading", name="Még nincs szerződés ebben a fiókban")).to_be_visible()
    look(page)


@pytest.mark.requirement("R40")
def test_contracts_lead_to_everything_that_belongs_to_them(town: FullTown, page: Page) -> None:
    box = town.resident(page)
    town.furnish(box)
    open_page(page, "/szerzodesek")
    expect(page.get_by_role("heading", name="Élő szerződések")).to_be_visible()
    expect(page.get_by_role("heading", name="Megszűnt szerződések")).to_be_visible()
    expect(page.get_by_text("3 nap múlva esedékes")).to_be_visible()
    look(page)

    page.get_by_role("searchbox").fill("abc 123")
    page.keyboard.press("Enter")
    range_is(page, "1–1 / 1")
    page.get_by_role("link", name=re.compile("^Részletek")).click()
    expect(page.get_by_role("heading", name="A szerződés adatai")).to_be_visible()
    expect(page.get_by_text("3 nap múlva esedékes").first).to_be_visible()
    look(page)
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("^Dokumentum letöltése.*Díj 00")).click()
    assert download.value.suggested_filename == "Díj 00.pdf"
    page.get_by_role("link", name="A szerződés összes bizonylata").click()
    range_is(page, "1–25 / 30")
    expect(page.locator("h1")).to_have_text("Bizonylatok")


def test_a_contract_of_somebody_else_is_not_to_be_found(town: FullTown, page: Page) -> None:
    other = open_mailbox(town.database, f"{secrets.token_hex(4)}@pelda.example", now=now())
    number = f"BELA-{secrets.token_hex(3)}"
    policy(town, other.customer, number, holder_name="Béla titka")
    town.resident(page)

    texts = []
    for wanted in (number, "NINCS-ILYEN"):
        open_page(page, f"/szerzodesek/{wanted}")
        expect(page.locator("h1")).to_have_text("A szerződés nem található")
        texts.append(page.locator("main").inner_text())

    assert texts[0] == texts[1]
    look(page)


def test_the_lists_are_readable_in_english_and_in_the_dark(town: FullTown, page: Page) -> None:
    box = town.resident(page)
    town.furnish(box)
    page.emulate_media(color_scheme="dark")
    open_page(page, "/bizonylatok")
    page.get_by_role("button", name="English").click()
    ready(page)

    expect(page.locator("h1")).to_have_text("Payment documents")
    expect(page.locator("tbody tr").first).to_contain_text("due in 3 days")
    look(page)
    open_page(page, "/szerzodesek")
    expect(page.locator("h1")).to_have_text("My contracts")
    look(page)


def test_what_was_read_on_a_shelf_is_read_in_the_inbox(town: FullTown, page: Page) -> None:
    box = town.resident(page)
    letter_id = town.put(box, "Index levél", LetterKind.INDEXATION_LETTER, 0)
    open_page(page, "/dokumentumok")
    page.get_by_role("link", name="Index levél", exact=True).click()
    expect(page.locator("h1")).to_have_text("Index levél")

    with town.database.reading() as db:
        assert db.exec(select(Letter.unread).where(col(Letter.public_id) == letter_id)).one() is False
