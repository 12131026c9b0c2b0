"""Nobody stands at the wrong door: who has an account where, the true answer by e-mail, and the way from an empty account."""

import re
from uuid import uuid4

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from portal_app.domain.brands import PortalName
from portal_app.gateways.clock import now
from portal_app.services.house import House, open_house
from tests.journeys.conftest import NewVisitor
from tests.journeys.looking import look, open_page, ready
from tests.journeys.post_box import mails_to, wait_for_mail
from tests.journeys.product import Product
from tests.visitors import FULL_PASSWORD, full_customer

DOOR = "/segitseg"


@pytest.fixture(scope="module")
def house(portal: Product) -> House:
    """The running product's own house: its database and its secrets."""
    return open_house(portal.settings)


def new_login() -> str:
    """Nine digits that nobody has yet."""
    return str(100_000_000 + uuid4().int % 900_000_000)


def enter(page: Page, login: str) -> None:
    """Fill in the sign-in form and send it."""
    page.locator("#login").fill(login)
    page.locator("#password").fill(FULL_PASSWORD)
    page.get_by_role("button", name="Belépés", exact=True).click()
    ready(page)


def answer(page: Page, how: str, letters: str) -> None:
    """Answer both questions."""
    page.get_by_label(how).check()
    page.get_by_role("radio", name=letters, exact=True).check()
    page.get_by_role("button", name=re.compile("Muta")).click()
    ready(page)


# ── who has an account where ──


@pytest.mark.requirement("R44")
@pytest.mark.requirement("R45")
@pytest.mark.requirement("R49")
@pytest.mark.requirement("R50")
@pytest.mark.requirement("R51")
@pytest.mark.requirement("R52")
@pytest.mark.requirement("R53")
@pytest.mark.requirement("R54")
def test_who_bought_from_a_broker_learns_that_there_certainly_is_an_account(at_union: BrowserContext) -> None:
    page = at_union.new_page()
    open_page(page, "/belepes")

    page.get_by_role("link", name="Nem tudod, van-e fiókod?").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Van-e fiókod, és hol lépsz be?")
    look(page)
    answer(page, "Az interneten, biztosításközvetítő (alkusz) oldalán", "Elektronikusan")

    certain = page.locator("#answer-certain-ugyfelportal")
    expect(certain).to_contain_text("Biztosan van fiókod itt: Ügyfélportál")
    expect(certain).to_contain_text("néhány napon belül")
    mailbox = page.locator("#answer-mailbox")
    for said in (
        "„felhasználóneve”",
        "UNION VIG Biztosító ZRt.",
        "noreply@unionbiztosito.hu",
        "Levélszemét (Spam)",
        "Ha a napokban kötöttél biztosítást, várj néhány napot",
        "Ne regisztrálj itt: UNION24",
        "kötvényszámodat és a rendszámodat",
        "ugyfelszolgalat@union.hu",
        "1380 Budapest, Pf. 1076",
    ):
        expect(mailbox).to_contain_text(said)
    expect(page.locator("#answer-none")).to_be_hidden()
    assert "kotes=broker_online" in page.url, "the answer has an address of its own"
    look(page)
    certain.get_by_role("link", name="Ügyfélportál belépés").click()
    ready(page)
    expect(page).to_have_url("/belepes?portal=ugyfelportal")


@pytest.mark.requirement("R59")
def test_who_gets_letters_by_post_learns_that_there_certainly_is_none(page: Page) -> None:
    open_page(page, DOOR)

    answer(page, "Személyesen, a biztosító irodájában", "Postán")

    none = page.locator("#answer-none")
    expect(none).to_contain_text("Biztosan nem készítettünk fiókot")
    expect(page.locator("#answer-mailbox")).to_be_hidden()
    look(page)
    none.get_by_role("link", name="Elektronikus levelezést kérek").click()
    ready(page)
    expect(page).to_have_url("/ugyintezes/elektronikus-levelezes")


@pytest.mark.requirement("R86")
@pytest.mark.requirement("R87")
@pytest.mark.requirement("R88")
@pytest.mark.requirement("R89")
def test_who_concluded_online_signs_in_with_what_they_chose(at_union: BrowserContext) -> None:
    page = at_union.new_page()
    open_page(page, f"{DOOR}?kotes=online24")

    chosen = page.locator("#answer-chosen")

    expect(chosen).to_contain_text("Itt van saját fiókod: UNION24")
    expect(chosen).to_contain_text("azzal a felhasználónévvel és jelszóval", ignore_case=True)
    expect(chosen).to_contain_text("+36\u00a01\u00a0486\u00a04343")
    expect(chosen.get_by_role("link", name="UNION24 belépés")).to_have_attribute("href", "/belepes?portal=online24")
    expect(chosen.locator("a[href$='.pdf']")).to_be_visible()
    look(page)


def test_without_scripts_every_answer_is_there_to_be_read(new_visitor: NewVisitor) -> None:
    page = new_visitor(java_script_enabled=False).new_page()

    page.goto(DOOR)

    for name in ("certain-ugyfelportal", "certain-kuldemenyeim", "none", "chosen", "perhaps", "mailbox"):
        expect(page.locator(f"#answer-{name}")).to_be_visible()
    expect(page.get_by_role("button", name="Küldjék el e-mailben")).to_be_visible()


# ── the true answer by e-mail ──


@pytest.mark.requirement("R44")
@pytest.mark.requirement("R49")
def test_the_true_answer_comes_by_email_and_the_screen_says_the_same_to_everybody(
    house: House, portal: Product, page: Page
) -> None:
    address, login = f"anna.{uuid4().hex[:8]}@pelda.example", new_login()
    full_customer(house, address, login=login, now=now())
    told = []
    for clue in (f"senki.{uuid4().hex[:8]}@pelda.example", login, address):
        open_page(page, DOOR)
        page.get_by_label("E-mail-cím, azonosító vagy kötvényszám").fill(clue)
        page.get_by_role("button", name="Küldjék el e-mailben").click()
        ready(page)
        told.append((page.url, page.locator("main").inner_text()))
    look(page)

    assert len(set(told)) == 1
    mail = wait_for_mail(portal.settings.outgoing, address, "fiókjai", number=2)
    assert f"Minta Biztosító Ügyfélportál: {login[:3]} {login[3:6]} {login[6:]}" in mail.text
    assert f"{portal.url}/belepes" in mail.text
    assert [one for one in mails_to(portal.settings.outgoing, "senki.") if "fiók" in one.subject] == []


def test_who_writes_nothing_is_asked_to(page: Page) -> None:
    open_page(page, DOOR)

    page.get_by_role("button", name="Küldjék el e-mailben").click()
    ready(page)

    expect(page.locator(".error-summary")).to_contain_text("Adja meg az e-mail-címét")
    look(page)


@pytest.mark.requirement("R53")
@pytest.mark.requirement("R54")
def test_who_has_no_way_in_at_all_asks_staff(portal: Product, phone: Page) -> None:
    address = f"uj.{uuid4().hex[:8]}@pelda.example"
    open_page(phone, DOOR)
    phone.get_by_role("link", name="Segítséget kérek a hozzáféréshez").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Segítség a hozzáféréshez")
    look(phone)

    phone.get_by_label("Név, ahogy a kötvényen áll").fill("Minta Anna")
    phone.get_by_label("Rendszám (ha járműbiztosítás)").fill("ABC-123")
    phone.get_by_label("E-mail-cím, ahová válaszolhatunk").fill(address)
    phone.get_by_label("Mi történt?").fill("Megszűnt a régi e-mail-címem.")
    phone.get_by_role("button", name="Kérés elküldése").click()
    ready(phone)

    expect(phone.get_by_role("alert")).to_have_text(re.compile("Adja meg a kötvényszámát"))
    expect(phone).to_have_url(re.compile(r"/segitseg/hozzaferes\?hianyzik=policy_number$"))
    expect(phone.get_by_label("Név, ahogy a kötvényen áll")).to_have_value("Minta Anna")
    expect(phone.get_by_label("Mi történt?")).to_have_value("Megszűnt a régi e-mail-címem.")
    look(phone)
    phone.get_by_label("Kötvényszám").fill("KGFB-2026-000001")
    phone.get_by_role("button", name="Kérés elküldése").click()
    ready(phone)

    expect(phone.get_by_role("heading", level=1)).to_have_text("Megkaptuk a kérését")
    reference = phone.locator("#lost-access-sent strong").inner_text()
    assert re.fullmatch(r"K-\d{4}-\w{6}", reference)
    look(phone)
    assert reference in wait_for_mail(portal.settings.outgoing, address, "").text


# ── the wrong place ──


@pytest.mark.requirement("R83")
@pytest.mark.requirement("R84")
def test_from_an_empty_union24_account_to_the_ugyfelportal(at_union: BrowserContext, union: Product) -> None:
    house, login, name = open_house(union.settings), new_login(), f"anna.{uuid4().hex[:6]}"
    full_customer(house, f"{name}@pelda.example", login=name, portal=PortalName.ONLINE24, now=now())
    full_customer(house, f"{name}@masik.example", login=login, now=now())
    page = at_union.new_page()
    open_page(page, "/belepes?portal=online24")

    enter(page, name)

    card = page.locator("#wrong-place")
    expect(card).to_contain_text("Most itt vagy: UNION24")
    expect(card).to_contain_text(f"localhost:{union.port}")
    expect(card).to_contain_text("ugyfelportal.union.hu")
    expect(card.get_by_role("button", name="Kilépés")).to_be_visible()
    expect(card.get_by_role("button", name="UNION24 belépés")).to_be_visible()
    look(page)
    card.get_by_role("button", name="Ügyfélportál belépés").click()
    ready(page)
    assert page.url.endswith("/belepes?kilepett=1&portal=ugyfelportal")
    enter(page, login)
    expect(page).to_have_url("/kuldemenyek")
    expect(page.locator(".brand-portal").first).to_have_text("Ügyfélportál")


@pytest.mark.requirement("R85")
def test_from_an_empty_ugyfelportal_account_to_union24(at_union: BrowserContext, union: Product) -> None:
    house, login = open_house(union.settings), new_login()
    full_customer(house, f"bela.{login}@pelda.example", login=login, now=now())
    page = at_union.new_page()
    open_page(page, "/belepes")
    enter(page, login)

    for path in ("/szerzodesek", "/dokumentumok", "/kuldemenyek"):
        open_page(page, path)
        expect(page.locator("#wrong-place")).to_contain_text("Most itt vagy: UNION Ügyfélportál")
        look(page)
    expect(page.locator("#wrong-place")).to_contain_text("www.union24.hu")
    page.locator("#wrong-place").get_by_role("button", name="UNION24 belépés").click()
    ready(page)

    assert page.url.endswith("/belepes?kilepett=1&portal=online24")
    expect(page.locator(".brand-portal").first).to_have_text("UNION24")


def test_after_a_failure_the_page_hints_at_the_other_doors_whoever_asks(at_union: BrowserContext) -> None:
    page = at_union.new_page()
    open_page(page, "/belepes")

    enter(page, "999000111")

    page.get_by_role("link", name="Segítünk megtalálni").click()
    expect(page).to_have_url(DOOR)


# ── help ──


def test_help_answers_in_the_customers_words_and_lists_the_official_senders(at_union: BrowserContext) -> None:
    page = at_union.new_page()
    open_page(page, "/sugo")

    for question in ("Nem tudom, van-e Ügyfélportálom", "UNION24 vagy Ügyfélportál?", "Két fiókom van"):
        expect(page.get_by_role("heading", name=question)).to_be_visible()
    expect(page.get_by_role("heading", name="Mit jelent az átlépés")).to_have_count(0)
    for sender in ("noreply@unionbiztosito.hu", "ugyfelszolgalat@union.hu"):
        expect(page.locator("#official-senders")).to_contain_text(sender)
    page.get_by_label("Keresés a súgóban").fill("két fiók")
    expect(page.get_by_text("Ha közvetítő oldalán több biztosítást is kötöttél")).to_be_visible()
    look(page)
