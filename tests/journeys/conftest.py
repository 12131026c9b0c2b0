"""The running product and a browser page, for journeys named as the customer would tell them."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response, sync_playwright

from tests.chromium import chromium_path
from tests.journeys.product import Product, new_product

ARGUMENTS = ("--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything here as a journey."""
    for item in items:
        if "tests/journeys" in str(item.path):
            item.add_marker(pytest.mark.journey)
            item.add_marker(pytest.mark.timeout(420))


@pytest.fixture(scope="session")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The product with its demonstration, started once for all journeys."""
    product = new_product(tmp_path_factory.mktemp("product"))
    product.start()
    yield product
    product.stop()


@pytest.fixture(scope="session")
def union(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The product of an insurer with another register and other portals, started once for all journeys that go there."""
    product = new_product(tmp_path_factory.mktemp("union"), "union")
    product.start()
    yield product
    product.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all journeys."""
    path = chromium_path()
    assert path, "no Chromium; run: make chromium"
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield opened
        opened.close()


NewVisitor = Callable[..., BrowserContext]


@pytest.fixture
def new_visitor(browser: Browser, portal: Product) -> Iterator[NewVisitor]:
    """Open browsers without any cookies; every page in them fails the test for script errors, CSP reports and 5xx."""
    yield from _visitors(browser, portal)


@pytest.fixture
def at_union(browser: Browser, union: Product) -> Iterator[BrowserContext]:
    """A browser that was never at that insurer's before."""
    for new_visitor in _visitors(browser, union):
        yield new_visitor()


@pytest.fixture
def page(new_visitor: NewVisitor) -> Page:
    """A page of a browser that was never here before, 1280 px wide."""
    return new_visitor().new_page()


@pytest.fixture
def phone(new_visitor: NewVisitor) -> Page:
    """The same on a phone, 360 px wide, with touch."""
    return new_visitor(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True, device_scale_factor=2).new_page()


def _visitors(browser: Browser, product: Product) -> Iterator[NewVisitor]:
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def open_context(**options: object) -> BrowserContext:
        chosen = {"viewport": {"width": 1280, "height": 800}, "locale": "hu-HU", "timezone_id": "Europe/Budapest", **options}
        context = browser.new_context(base_url=product.url, **chosen)
        context.on("page", lambda page: _watch(page, faults))
        contexts.append(context)
        return context

    yield open_context
    for context in contexts:
        context.close()
    assert faults == []


def _watch(page: Page, faults: list[str]) -> None:
    def heard(message: ConsoleMessage) -> None:
        if message.type == "error" and "Content Security Policy" in message.text:
            faults.append(f"{page.url}: {message.text}")

    def answered(response: Response) -> None:
        if response.status >= 500:
            faults.append(f"{response.url}: {response.status}")

    page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
    page.on("console", heard)
    page.on("response", answered)
