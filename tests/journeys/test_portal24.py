"""Portal24: registering in the wrong place and the way back, and a chat that outlasts a lost connection."""

import json
import re
import secrets as chance
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from portal_app.domain.brands import PortalName
from portal_app.domain.logins import issued_login
from portal_app.gateways.clock import now
from portal_app.services.house import House, open_house
from tests import correspondence
from tests.journeys.conftest import NewVisitor
from tests.journeys.looking import look, open_page, ready
from tests.journeys.post_box import wait_for_mail
from tests.journeys.product import Product
from tests.visitors import FULL_PASSWORD, full_customer

PASSWORD = "Hegyi+Patak+2026"


@pytest.fixture
def house(portal: Product) -> Iterator[House]:
    """The product's database, to make people in it."""
    opened = open_house(portal.settings)
    yield opened
    opened.objects.close()
    opened.database.close()


@pytest.fixture
def name() -> str:
    """A user name that nobody else has."""
    return f"anna-{chance.token_hex(4)}"


def issued() -> str:
    return issued_login(chance.SystemRandom())


def enter(page: Page, login: str, password: str) -> None:
    page.locator("input[autocomplete=username]").fill(login)
    page.locator("input[autocomplete=current-password]").fill(password)
    page.get_by_role("button", name="Belépés", exact=True).click()
    ready(page)


def write(page: Page, words: str) -> None:
    page.get_by_label("Az Ön üzenete").fill(words)
    page.get_by_role("button", name="Küldés").click()


def say(portal: Product, who: str, words: str, folder: Path) -> None:
    file = folder / "words.txt"
    file.write_text(words, encoding="utf-8")
    portal.command("chat", who, "--text", str(file))


def fill_in(page: Page, password: str) -> None:
    page.get_by_label("Új jelszó", exact=True).fill(password)
    expect(page.locator("[data-checks=new] [data-rule=length]")).to_have_attribute("data-state", "met")
    page.get_by_label("Új jelszó még egyszer").fill(password)
    page.get_by_label(re.compile("Elolvastam az adatkezelési tájékoztatót")).check()
    page.get_by_role("button", name="Regisztrálok").click()
    ready(page)


@pytest.mark.requirement("R52")
@pytest.mark.requirement("R90")
def test_who_registers_in_the_wrong_place_finds_the_way_back(house: House, portal: Product, name: str, phone: Page) -> None:
    address = f"{name}@pelda.example"
    login = issued()
    broker_sold = full_customer(house, address, login=login, now=now())
    correspondence.letter(house, broker_sold, "Index levél a közvetítőnél kötött szerződéshez", at=now())

    # The warning comes first, with both doors.
    open_page(phone, "/belepes?portal=online24")
    phone.get_by_role("link", name="Regisztráció", exact=True).click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Regisztráció")
    warning = phone.locator("#who-should-not")
    expect(warning).to_contain_text("Ne regisztráljon itt, ha biztosítását közvetítőnél kötötte: üres fiók maradna")
    expect(warning.get_by_role("link", name="Ügyfélportál belépés")).to_have_attribute("href", "/belepes?portal=ugyfelportal")
    expect(warning.get_by_role("link", name="Portál24 belépés")).to_have_attribute("href", "/belepes?portal=online24")
    look(phone)

    # Registered all the same: mistakes are said, what was typed stays, the answer names no one.
    phone.get_by_label("Felhasználónév").fill(name)
    phone.get_by_label("E-mail-cím").fill(address)
    phone.get_by_label("Új jelszó", exact=True).fill("rovid")
    phone.get_by_role("button", name="Regisztrálok").click()
    ready(phone)
    summary = phone.get_by_role("alert")
    expect(summary).to_contain_text("Az új jelszó még nem felel meg minden feltételnek.")
    expect(summary).to_contain_text("jelölje be a négyzetet")
    expect(summary).to_be_focused()
    expect(phone.get_by_label("Felhasználónév")).to_have_value(name)
    expect(phone).to_have_title(re.compile("^Hiba: Regisztráció"))
    look(phone)
    fill_in(phone, PASSWORD)
    expect(phone.locator("main")).to_contain_text(f"Elküldtük a levelet ide: {address}")
    look(phone)

    # The e-mail tells what the screen does not; the chosen password opens the account.
    mail = wait_for_mail(portal.settings.outgoing, address, "Regisztráció megerősítése")
    assert "Ehhez az e-mail-címhez már tartozik nálunk fiók." in " ".join(mail.text.split())
    phone.goto(mail.path)
    ready(phone)
    expect(phone).to_have_url("/regisztracio/megerosites")
    expect(phone.locator("main")).to_contain_text("Ezt az e-mail-címet erősíti meg: a***@pelda.example")
    look(phone)
    phone.get_by_label("A választott jelszó").fill(PASSWORD)
    phone.get_by_role("button", name="Megerősítés és belépés").click()
    ready(phone)
    expect(phone).to_have_url("/kuldemenyek")

    # The account stays empty and says where its visitor is; one press leads to the right door, where the letter lies.
    card = phone.locator("#wrong-place")
    expect(card).to_contain_text("Portál24")
    expect(phone.get_by_text("Index levél a közvetítőnél")).to_have_count(0)
    look(phone)
    card.get_by_role("button", name="Ügyfélportál belépés").click()
    ready(phone)
    expect(phone).to_have_url(re.compile("portal=ugyfelportal"))
    enter(phone, login, FULL_PASSWORD)
    expect(phone.get_by_role("link", name="Index levél a közvetítőnél kötött szerződéshez")).to_be_visible()


@pytest.mark.requirement("R88")
def test_a_chat_goes_on_after_the_network_was_cut(
    house: House, portal: Product, name: str, new_visitor: NewVisitor, tmp_path: Path
) -> None:
    login = issued()
    full_customer(house, f"{name}@pelda.example", login=login, portal=PortalName.ONLINE24, now=now())
    context = new_visitor()
    page = context.new_page()
    phone = new_visitor(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True).new_page()
    for one in (page, phone):
        open_page(one, "/belepes?portal=online24")
        enter(one, login, FULL_PASSWORD)
        open_page(one, "/chat")
    log = page.get_by_role("log")

    # Nobody is on duty: the message is an ordinary one, with reference and day; then somebody comes.
    expect(page.locator("main")).to_contain_text("Most senki sincs a csevegésnél.")
    look(page)
    write(page, "Jó napot! Hol találom a kötvényemet?")
    expect(log).to_contain_text(re.compile(r"Hivatkozási szám: V-\d{4}-\w{6}\. Legkésőbb eddig válaszolunk:"))
    (listed,) = [one for one in json.loads(portal.command("messages", "--json", "--open")) if one["email"].startswith(name)]
    assert (listed["purpose"], listed["text"]) == ("chat", "Jó napot! Hol találom a kötvényemet?")
    portal.command("duty", "on", "--name", "Cili", "--hours", "1")
    expect(page.locator("main")).to_contain_text("Most itt van: Cili. Eddig válaszolunk:")

    # Live in both directions, in both browsers.
    say(portal, login, "A Dokumentumaim menüpontban.", tmp_path)
    for one in (page, phone):
        expect(one.get_by_role("log")).to_contain_text("A Dokumentumaim menüpontban.")
        expect(one.get_by_role("log")).not_to_contain_text("Hivatkozási szám")
    phone.get_by_label("Az Ön üzenete").fill("Köszönöm!\nMegnézem.")
    phone.get_by_role("button", name="Küldés").click()
    expect(log).to_contain_text("Megnézem.")
    look(phone)

    # The network goes: what was typed waits and is sent once, and what was said meanwhile is there.
    context.set_offline(True)
    page.get_by_label("Az Ön üzenete").fill("Megvan, köszönöm a segítséget!")
    page.keyboard.press("Enter")
    expect(page.locator("#chat-status")).to_contain_text("Nincs kapcsolat. Az üzenet itt marad")
    expect(page.get_by_label("Az Ön üzenete")).to_have_value("Megvan, köszönöm a segítséget!")
    say(portal, login, "Segíthetek még?", tmp_path)
    context.set_offline(False)
    expect(log).to_contain_text("Megvan, köszönöm a segítséget!", timeout=20_000)
    expect(log).to_contain_text("Segíthetek még?", timeout=20_000)
    expect(page.get_by_label("Az Ön üzenete")).to_have_value("")
    say(portal, login, "Viszontlátásra!", tmp_path)
    expect(log).to_contain_text("Viszontlátásra!", timeout=20_000)
    thread = json.loads(portal.command("chat", login, "--json"))
    assert [line["text"] for line in thread].count("Megvan, köszönöm a segítséget!") == 1
    assert len(thread) == 6

    # It is kept: a new tab shows the whole, a draft outlives a reload, Shift and Enter begins a line.
    again = context.new_page()
    open_page(again, "/chat")
    expect(again.get_by_role("log").locator(".chat-line")).to_have_count(6)
    again.get_by_label("Az Ön üzenete").press_sequentially("Még valami")
    again.keyboard.press("Shift+Enter")
    again.keyboard.type("eszembe jutott.")
    again.reload()
    ready(again)
    expect(again.get_by_label("Az Ön üzenete")).to_have_value("Még valami\neszembe jutott.")
    portal.command("duty", "off")
    expect(again.locator("main")).to_contain_text("Most senki sincs a csevegésnél.")


@pytest.mark.requirement("R88")
def test_an_answer_in_the_chat_is_counted_in_the_menu_of_every_page_until_it_is_read(
    house: House, portal: Product, name: str, page: Page, tmp_path: Path
) -> None:
    login = issued()
    full_customer(house, f"{name}@pelda.example", login=login, portal=PortalName.ONLINE24, now=now())
    open_page(page, "/belepes?portal=online24")
    enter(page, login, FULL_PASSWORD)
    open_page(page, "/chat")
    write(page, "Mikor jön meg a kötvényem?")
    expect(page.get_by_role("log")).to_contain_text("Mikor jön meg a kötvényem?")
    waiting = page.locator(".header-row").get_by_role("link", name=re.compile("Chat"))

    open_page(page, "/beallitasok")
    expect(waiting).to_have_count(0)
    say(portal, login, "Megérkezett.", tmp_path)
    expect(waiting).to_have_text("Chat1 olvasatlan", timeout=10_000)
    expect(page.locator(".menu-panel a[href='/chat']")).to_have_text("Chat1 olvasatlan")
    look(page)
    waiting.click()

    expect(page.get_by_role("log")).to_contain_text("Megérkezett.")
    expect(waiting).to_have_count(0)


@pytest.mark.requirement("R88")
@pytest.mark.requirement("R89")
def test_the_help_offers_the_guide_the_chat_and_the_phone(page: Page) -> None:
    open_page(page, "/sugo")
    main = page.locator("main")
    expect(main).to_contain_text("Chat: belépés után a menüben találja. Hol: Ügyfélportál, Portál24")
    expect(page.get_by_role("link", name="+36 1 555 0100").first).to_be_visible()
    look(page)

    with page.expect_download() as download:
        main.get_by_role("link", name="Felhasználói útmutató letöltése (PDF)").click()

    assert download.value.suggested_filename == "Minta Biztosító – felhasználói útmutató.pdf"
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF-")
