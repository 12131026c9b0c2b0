"""Takes the README's pictures from the running product: `make pictures`."""

import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.chromium import chromium_path
from tests.journeys.looking import open_page, ready
from tests.journeys.product import Product, new_product

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
HEIGHTS = {360: 740, 1280: 860}
"""By width, in pixels."""


def take_pictures() -> None:
    """Start the demonstrations in folders of their own, sign in as their first customers, and take every picture."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox", "--disable-gpu"])
        with _demonstration("minta") as product:
            _visit(browser, product, "kuldemenyeim", {"inbox": _inbox, "letter": _letter})
        with _demonstration("union") as product:
            _visit(browser, product, "ugyfelportal", {"vouchers": _vouchers}, widths=[1280])
            _visit(browser, product, "online24", {"chat": _chat}, widths=[360])
        browser.close()


@contextmanager
def _demonstration(brand: str) -> Iterator[Product]:
    with tempfile.TemporaryDirectory() as folder:
        product = new_product(Path(folder), brand)
        product.start()
        try:
            yield product
        finally:
            product.stop()


def _visit(
    browser: Browser, product: Product, portal: str, pictures: dict[str, Callable[[Page], None]], widths: Iterable[int] = HEIGHTS
) -> None:
    """Walk through one portal in every width; each step leaves the page as its picture shows it."""
    customer = next(person for person in product.people() if person["portal"] == portal)
    for width in widths:
        size = {"width": width, "height": HEIGHTS[width]}
        context = browser.new_context(base_url=product.url, viewport=size, locale="hu-HU", timezone_id="Europe/Budapest")
        page = context.new_page()
        open_page(page, f"/belepes?portal={portal}")
        page.locator("[autocomplete=username]").fill(customer["login"])
        page.locator("[autocomplete=current-password]").fill(customer["password"])
        page.get_by_role("button", name="Belépés", exact=True).click()
        page.wait_for_url("**/kuldemenyek**")
        for name, step in pictures.items():
            step(page)
            page.wait_for_load_state("networkidle")
            page.screenshot(path=FOLDER / f"{name}-{width}.png")
        context.close()


def _inbox(page: Page) -> None:
    ready(page)
    expect(page.get_by_role("link", name="Indexlevél").locator("visible=true").first).to_be_visible()


def _letter(page: Page) -> None:
    # The newest letter about opening hours: the one that was answered.
    href = page.get_by_role("link", name="ügyfélfogadásunk").locator("visible=true").first.get_attribute("href")
    open_page(page, str(href))
    expect(page.locator("main img").first).to_be_visible()


def _vouchers(page: Page) -> None:
    open_page(page, "/bizonylatok")
    expect(page.locator("main a[href$='/letoltes']").locator("visible=true").first).to_be_visible()


def _chat(page: Page) -> None:
    open_page(page, "/chat")
    expect(page.get_by_role("textbox")).to_be_visible()


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    take_pictures()
    print(f"pictures in {FOLDER}", file=sys.stderr)
