"""From the letter-box of Allianz to its full portal: two presses, every letter comes along, a power cut does no harm."""

import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from portal_app.database.transactions import Database
from portal_app.settings import BRANDS
from tests.journeys.looking import glance_twice, look, open_page, ready
from tests.journeys.post_box import wait_for_mail, wait_for_sms
from tests.journeys.product import Product, new_product
from tests.stuck import stuck_at_the_post

MOVE = "Átlépek az Ügyfélportálra"
NEW_PASSWORD = "Tavaszi.Szello-27"


MENU = ["Küldemények", "Szerződéseim", "Dokumentumaim", "Bizonylatok", "Ügyintézés"]
# Words of the other insurers' portals, and of the portal that this one has not.
ELSEWHERE = re.compile("Portál24|UNION|Minta Biztosító|Regisztrálok|Van-e fiókod")


@pytest.fixture(scope="module")
def moving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The product of an insurer whose letter-box grows into the full portal; of these journeys alone, because it is killed."""
    product = new_product(tmp_path_factory.mktemp("moving"), "allianz")
    product.start()
    yield product
    product.stop()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a browser that knows only this journey's product."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="hu-HU", timezone_id="Europe/Budapest")
    yield context.new_page()
    context.close()


def enter(page: Page, product: Product, login: str, password: str) -> None:
    open_page(page, f"{product.url}/belepes")
    page.locator("[autocomplete=username]").fill(login)
    page.locator("[autocomplete=current-password]").fill(password)
    page.get_by_role("button", name="Belépés", exact=True).click()


def shows_all_letters(page: Page) -> None:
    expect(page).to_have_url(re.compile("/kuldemenyek"))
    ready(page)
    expect(page.get_by_text("1–25 / 300")).to_be_visible()


def press_and_cut_the_power(page: Page, moving: Product) -> None:
    """Press the button, and let the process die with the move half done."""
    database = Database(moving.settings.database)
    with stuck_at_the_post(database.engine):
        page.get_by_role("button", name=MOVE).click(no_wait_after=True)
        time.sleep(1.5)
        moving.stop(signal.SIGKILL)
    database.close()
    moving.start()


def choose_password(page: Page, current: str) -> None:
    page.locator("[autocomplete=current-password]").fill(current)
    for place in (0, 1):
        page.locator("[autocomplete=new-password]").nth(place).fill(NEW_PASSWORD)
    page.get_by_role("button", name=re.compile("jelszó", re.IGNORECASE)).last.click()


def person(product: Product, about: str) -> dict[str, str]:
    return next(row for row in product.people() if row["about"].startswith(about))


def test_allianz_shows_its_two_portals_and_no_word_of_another(page: Page, moving: Product) -> None:
    doors = {"": "Küldeményeim", "?portal=online24": "Küldeményeim", "?portal=ugyfelportal": "Ügyfélportál"}
    for asked, title in doors.items():
        open_page(page, f"{moving.url}/belepes{asked}")
        expect(page.locator(".brand-insurer")).to_have_text("Allianz")
        expect(page.locator(".brand-portal")).to_have_text(title)
        expect(page.locator("main").get_by_role("link", name=re.compile("belépés$"))).to_have_count(1)
        expect(page.locator("body")).not_to_contain_text(ELSEWHERE)
    for path in ("/segitseg", "/sugo"):
        open_page(page, f"{moving.url}{path}")
        expect(page.locator("body")).not_to_contain_text(ELSEWHERE)
    open_page(page, f"{moving.url}/segitseg?kotes=direct&levelek=electronic")
    expect(page.locator("#answer-certain-kuldemenyeim")).to_contain_text("Biztosan van fiókja itt: Küldeményeim")
    glance_twice(page)
    answer = page.goto(f"{moving.url}/regisztracio")
    assert answer is not None
    assert answer.status == 404


@pytest.mark.requirement("R39")
@pytest.mark.requirement("R42")
@pytest.mark.requirement("R43")
def test_two_presses_move_three_hundred_letters_also_after_a_power_cut(page: Page, moving: Product) -> None:
    denes = person(moving, "300 letters")
    enter(page, moving, denes["login"], denes["password"])
    shows_all_letters(page)
    look(page)

    page.get_by_role("link", name=MOVE).click()
    ready(page)
    expect(page.get_by_text("300 küldemény jön Önnel")).to_be_visible()
    glance_twice(page)
    press_and_cut_the_power(page, moving)

    open_page(page, f"{moving.url}/kuldemenyek")
    shows_all_letters(page)
    expect(page.locator(".brand-portal").first).to_have_text("Küldeményeim")
    page.get_by_role("link", name=MOVE).click()
    ready(page)
    page.get_by_role("button", name=MOVE).click()

    expect(page).to_have_url(re.compile("/jelszo"))
    ready(page)
    expect(page.locator(".brand-portal").first).to_have_text("Ügyfélportál")
    look(page)
    choose_password(page, denes["password"])
    shows_all_letters(page)
    expect(page.get_by_role("link", name=MOVE)).to_have_count(0)
    expect(page.locator(".menu-at-hand a")).to_have_text([re.compile(f"^{place}") for place in MENU])
    look(page)

    mail = wait_for_mail(moving.settings.outgoing, denes["login"], "Átlépett ide")
    issued = re.search(r"^\s*(\d{3} \d{3} \d{3})\s*$", mail.text, re.MULTILINE)
    assert issued is not None
    for login in (denes["login"], issued.group(1)):
        page.get_by_role("button", name="Kilépés").click()
        enter(page, moving, login, NEW_PASSWORD)
        shows_all_letters(page)
        expect(page.locator(".brand-portal").first).to_have_text("Ügyfélportál")


@pytest.mark.requirement("R39")
def test_an_insurer_may_ask_for_a_policy_number_and_a_code_by_phone_first(page: Page, moving: Product, tmp_path: Path) -> None:
    asking = tmp_path / "allianz.toml"
    described = (BRANDS / "allianz.toml").read_text(encoding="utf-8")
    asking.write_text(f"upgrade_asks_phone_code = true\n{described}", encoding="utf-8")
    moving.stop()
    moving.brand = str(asking)
    moving.start()
    anna = person(moving, "Ready to sign in: a letter of every kind")
    enter(page, moving, anna["login"], anna["password"])
    expect(page).to_have_url(re.compile("/kuldemenyek"))
    open_page(page, f"{moving.url}/atlepes")
    expect(page.get_by_role("button", name=MOVE)).to_have_count(0)
    page.get_by_label("Egyik szerződésének száma").fill("KGFB-0000-000000")
    page.get_by_role("button", name="Kódot kérek SMS-ben").click()
    expect(page.get_by_role("alert")).to_contain_text("Nem ismerünk ilyen számú szerződést.")
    ready(page)
    glance_twice(page)

    page.get_by_label("Egyik szerződésének száma").fill("KGFB-2025-001000")
    page.get_by_role("button", name="Kódot kérek SMS-ben").click()
    expect(page.locator("#move")).to_contain_text("A kódot elküldtük erre a telefonszámra: ** *** **01")
    ready(page)
    expect(page.get_by_role("alert")).to_have_count(0)
    glance_twice(page)
    page.get_by_label("SMS-ben kapott kód").fill("12")
    page.get_by_role("button", name=MOVE).click()
    expect(page.get_by_role("alert")).to_be_visible()
    ready(page)
    page.get_by_label("SMS-ben kapott kód").fill(wait_for_sms(moving.settings.outgoing, "+36305550101"))
    page.get_by_role("button", name=MOVE).click()

    expect(page).to_have_url(re.compile("/jelszo"))
    ready(page)
    choose_password(page, anna["password"])
    expect(page).to_have_url(re.compile("/kuldemenyek"))
    expect(page.locator(".brand-portal").first).to_have_text("Ügyfélportál")
