"""Pages that wait, that cannot reach the portal, and that get no answer from it."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.journeys.looking import look, open_page, ready
from tests.journeys.product import Product
from tests.journeys.test_shell import sign_in

LISTS = ("/kuldemenyek", "/elkuldott", "/lomtar")


def test_while_a_page_waits_it_shows_that_it_does(page: Page, portal: Product) -> None:
    sign_in(page, portal)
    page.route_web_socket(re.compile("_event"), _never_answer)

    for path in LISTS:
        page.goto(path)
        expect(page.locator("[aria-busy=true]")).to_be_visible()
        look(page)


@pytest.mark.parametrize("language", ["hu", "en"])
def test_a_list_without_a_connection_stays_readable(page: Page, portal: Product, language: str) -> None:
    sign_in(page, portal)
    _speak(page, language)
    page.reload()
    ready(page)
    expect(page.locator("tbody tr").first).to_be_visible()

    page.context.set_offline(True)

    expect(page.locator("#offline")).to_be_visible()
    expect(page.locator("tbody tr").first).to_be_visible()
    look(page)


@pytest.mark.parametrize(("language", "failed", "retry"), [("hu", "nem sikerült", "Újra"), ("en", "could not be", "Try again")])
def test_a_list_that_cannot_be_read_says_so_and_is_asked_for_again(
    page: Page, portal: Product, language: str, failed: str, retry: str
) -> None:
    sign_in(page, portal)
    _speak(page, language)
    fresh = page.context.new_page()
    with _letters_mislaid(portal):
        open_page(fresh, "/kuldemenyek")
        expect(fresh.locator(".empty")).to_contain_text(failed)
        look(fresh)

    fresh.get_by_role("button", name=retry).click()

    expect(fresh.locator("tbody tr").first).to_be_visible()


def _never_answer(_: WebSocketRoute) -> None:
    """Let the connection stand and say nothing."""


def _speak(page: Page, language: str) -> None:
    page.context.add_cookies([{"name": "nyelv", "value": language, "url": page.url}])


@contextmanager
def _letters_mislaid(portal: Product) -> Iterator[None]:
    """Let the database answer every question about letters with a fault."""
    database = sqlite3.connect(portal.data / "demo-minta" / "portal.db", isolation_level=None, timeout=10)
    database.execute("ALTER TABLE letter RENAME TO mislaid")
    try:
        yield
    finally:
        database.execute("ALTER TABLE mislaid RENAME TO letter")
        database.close()
