"""The same pages for an insurer that addresses its customers informally, and in English: register, chat, ask, merge."""

import re
from collections.abc import Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from portal_app.gateways.clock import now
from portal_app.services.house import House, open_house
from tests.asking import ADDRESS, policy_of
from tests.journeys.looking import glance_twice, open_page, ready
from tests.journeys.post_box import wait_for_mail
from tests.journeys.product import Product
from tests.visitors import FULL_PASSWORD, full_customer

PASSWORD = "Hegyi+Patak+2026"
FORMS = "/ugyintezes/valtozasok-bejelentese/modositas-bejelentese/szerzodeses-adatok-modositasa"


@pytest.fixture(scope="module")
def house(union: Product) -> Iterator[House]:
    """The running product's own house."""
    opened = open_house(union.settings)
    yield opened
    opened.objects.close()
    opened.database.close()


def enter(page: Page, login: str, password: str) -> None:
    """Sign in to the full portal."""
    open_page(page, "/belepes")
    page.locator("[autocomplete=username]").fill(login)
    page.locator("[autocomplete=current-password]").fill(password)
    page.get_by_role("button", name="Belépés", exact=True).click()
    expect(page).to_have_url(re.compile("/kuldemenyek"))
    ready(page)


def press(page: Page, name: str) -> None:
    """Press a button that leads to another page."""
    page.get_by_role("button", name=name, exact=True).click()
    ready(page)


def titled(page: Page, title: str) -> None:
    """Wait until the page's heading says this."""
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


@pytest.mark.requirement("R52")
@pytest.mark.requirement("R88")
@pytest.mark.requirement("R90")
def test_registering_and_chatting_informally_and_in_english(at_union: BrowserContext, union: Product) -> None:
    name = f"nora-{uuid4().hex[:8]}"
    page = at_union.new_page()
    open_page(page, "/regisztracio")
    expect(page.locator(".brand-portal")).to_have_text("UNION24")
    expect(page.locator("#who-should-not")).to_contain_text("Ne regisztrálj itt, ha a biztosításodat közvetítőnél kötötted")
    press(page, "Regisztrálok")
    expect(page.get_by_role("alert")).to_contain_text("Add meg a felhasználónevedet")
    glance_twice(page)

    page.get_by_label("Felhasználónév").fill(name)
    page.get_by_label("E-mail-cím").fill(f"{name}@pelda.example")
    for place in (0, 1):
        page.locator("[autocomplete=new-password]").nth(place).fill(PASSWORD)
    page.get_by_label(re.compile("Elolvastam az adatkezelési tájékoztatót")).check()
    press(page, "Regisztrálok")
    titled(page, "Nézd meg az e-mailjeidet")
    glance_twice(page)
    page.goto(wait_for_mail(union.settings.outgoing, f"{name}@pelda.example", "Regisztráció megerősítése: UNION24").path)
    ready(page)
    expect(page.locator("main")).to_contain_text("Ebből tudjuk, hogy te kérted.")
    glance_twice(page)
    page.get_by_label("A választott jelszó").fill(PASSWORD)
    press(page, "Megerősítés és belépés")
    expect(page.locator("#wrong-place")).to_contain_text("Most itt vagy: UNION24")
    glance_twice(page)

    open_page(page, "/chat")
    expect(page.locator("main")).to_contain_text("Üzenetedet megkapjuk, és legkésőbb eddig válaszolunk:")
    page.get_by_label("Az üzeneted").fill("Hol találom a kötvényemet?")
    page.get_by_role("button", name="Küldés").click()
    expect(page.get_by_role("log")).to_contain_text(re.compile("^Te .*Hivatkozási szám: V-"))
    glance_twice(page)


@pytest.mark.requirement("R28")
def test_asking_informally_and_in_english(at_union: BrowserContext, house: House) -> None:
    login, number = str(100_000_000 + uuid4().int % 900_000_000), f"KGFB-{uuid4().hex[:8]}"
    customer = full_customer(house, f"{number}@pelda.example".lower(), login=login, now=now())
    policy_of(house, customer, number, as_of=now())
    page = at_union.new_page()
    enter(page, login, FULL_PASSWORD)

    open_page(page, "/ugyintezes")
    expect(page.get_by_role("main")).to_contain_text("Mit szeretnél elintézni?")
    glance_twice(page)
    open_page(page, f"{FORMS}/postai-levelezes")
    page.get_by_role("link", name="Kérelem kitöltése").click()
    titled(page, "Melyik szerződésről van szó?")
    page.get_by_role("button", name="Tovább").click()
    titled(page, "Mi az új levelezési cím?")
    page.get_by_role("button", name="Tovább").click()
    expect(page.get_by_role("alert")).to_contain_text("Írd be a négyjegyű irányítószámot")
    for field, text in ADDRESS.items():
        page.locator(f"#{field}").fill(text)
    page.get_by_role("button", name="Tovább").click()
    titled(page, "Ellenőrizd a válaszaidat")
    glance_twice(page)
    page.get_by_role("button", name="Kérelem beküldése").click()

    expect(page.locator("#request-received")).to_contain_text(re.compile(r"K-\d{4}-[A-Z2-9]{6}"))
    expect(page.locator("main")).to_contain_text("Ezt az oldalt elmentheted a könyvjelzőid közé")
    glance_twice(page)


@pytest.mark.requirement("R56")
@pytest.mark.requirement("R57")
def test_merging_informally_and_in_english(at_union: BrowserContext, union: Product) -> None:
    first, second = (one for one in union.people() if one["about"].startswith(("The first of two", "The second of the two")))
    page = at_union.new_page()
    enter(page, first["login"], first["password"])
    open_page(page, "/osszevonas")
    expect(page.locator("main")).to_contain_text("Előbb igazold, hogy a másik fiók is a tiéd.")
    page.locator("#login").fill(second["login"])
    page.locator("#password").fill(second["password"])
    page.locator("#by-password").get_by_role("button", name="Igazolás").click()
    ready(page)
    expect(page.locator("[data-preview]")).to_contain_text("Minden szerződésed és leveled ebben a fiókban lesz.")
    glance_twice(page)

    press(page, "Összevonom a két fiókot")
    expect(page.locator("#merge-done")).to_contain_text("Minden szerződésed és leveled itt van")
    glance_twice(page)
    page.locator("#undo").get_by_role("button", name=re.compile("Visszavonás")).click()
    expect(page.locator("#merge-undone")).to_be_visible()
    expect(page.locator("[data-preview]")).to_have_count(0)
