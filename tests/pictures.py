"""Takes the README's pictures from the running product: `make pictures`."""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from tests.chromium import chromium_path
from tests.journeys.looking import ready
from tests.journeys.product import Product, new_product

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
SIZES = {360: 740, 1280: 860}


def take_pictures() -> None:
    """Start the demonstration in a folder of its own, sign in as its first customer, and take every picture."""
    with tempfile.TemporaryDirectory() as folder:
        product = new_product(Path(folder))
        product.start()
        try:
            _walk(product)
        finally:
            product.stop()


def _walk(product: Product) -> None:
    anna = product.people()[0]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox", "--disable-gpu"])
        for width, height in SIZES.items():
            size = {"width": width, "height": height}
            context = browser.new_context(base_url=product.url, viewport=size, locale="hu-HU", timezone_id="Europe/Budapest")
            page = context.new_page()
            _enter(page, anna["login"], anna["password"])
            _take(page, f"inbox-{width}")
            # The newest letter about opening hours: the one that was answered.
            href = page.get_by_role("link", name="ügyfélfogadásunk").locator("visible=true").first.get_attribute("href")
            page.goto(str(href))
            ready(page)
            expect(page.locator("main img").first).to_be_visible()
            page.wait_for_load_state("networkidle")
            _take(page, f"letter-{width}")
            context.close()
        browser.close()


def _enter(page: Page, login: str, password: str) -> None:
    page.goto("/belepes")
    ready(page)
    page.locator("[autocomplete=username]").fill(login)
    page.locator("[autocomplete=current-password]").fill(password)
    page.get_by_role("button", name="Belépés", exact=True).click()
    page.wait_for_url("**/kuldemenyek**")
    ready(page)
    expect(page.get_by_role("link", name="Indexlevél").locator("visible=true").first).to_be_visible()


def _take(page: Page, name: str) -> None:
    FOLDER.mkdir(exist_ok=True)
    page.screenshot(path=FOLDER / f"{name}.png")


if __name__ == "__main__":
    take_pictures()
    print(f"pictures in {FOLDER}", file=sys.stderr)
