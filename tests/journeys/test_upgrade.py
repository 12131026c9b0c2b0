"""From the letter-box to the full portal: two presses, every letter comes along, and a power cut in the middle does no harm."""

import re
import signal
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from portal_app.database.transactions import Database
from tests.journeys.looking import look, open_page, ready
from tests.journeys.post_box import wait_for_mail
from tests.journeys.product import Product, new_product
from tests.stuck import stuck_at_the_post

MOVE = "Átlépek az Ügyfélportálra"
NEW_PASSWORD = "Tavaszi.Szello-27"


@pytest.fixture
def moving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A product of this journey's own, because it is killed."""
    product = new_product(tmp_path_factory.mktemp("moving"))
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


@pytest.mark.requirement("R39")
@pytest.mark.requirement("R42")
@pytest.mark.requirement("R43")
def test_two_presses_move_three_hundred_letters_also_after_a_power_cut(page: Page, moving: Product) -> None:
    denes = next(row for row in moving.people() if row["about"].startswith("300 letters"))
    enter(page, moving, denes["login"], denes["password"])
    shows_all_letters(page)
    look(page)

    page.get_by_role("link", name=MOVE).click()
    ready(page)
    expect(page.get_by_text("300 küldemény jön Önnel")).to_be_visible()
    look(page)
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
    page.locator("[autocomplete=current-password]").fill(denes["password"])
    for place in (0, 1):
        page.locator("[autocomplete=new-password]").nth(place).fill(NEW_PASSWORD)
    page.get_by_role("button", name=re.compile("jelszó", re.IGNORECASE)).last.click()
    shows_all_letters(page)
    expect(page.get_by_role("link", name=MOVE)).to_have_count(0)
    look(page)

    mail = wait_for_mail(moving.settings.outgoing, denes["login"], "Átlépett ide")
    issued = re.search(r"^\s*(\d{3} \d{3} \d{3})\s*$", mail.text, re.MULTILINE)
    assert issued is not None
    for login in (denes["login"], issued.group(1)):
        page.get_by_role("button", name="Kilépés").click()
        enter(page, moving, login, NEW_PASSWORD)
        shows_all_letters(page)
        expect(page.locator(".brand-portal").first).to_have_text("Ügyfélportál")
