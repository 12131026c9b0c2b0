"""The shell that every page shares: language, focus, errors, a lost connection."""

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.looking import look, open_page, ready
from tests.journeys.product import Product


@pytest.mark.requirement("R14")
def test_the_start_address_leads_to_the_sign_in_page(page: Page) -> None:
    page.goto("/")

    expect(page).to_have_url("/belepes")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_statement_keeps_every_rule_in_both_languages_and_schemes(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    open_page(page, "/akadalymentesseg")
    look(page)

    page.get_by_role("button", name="English").click()
    ready(page)

    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("heading", level=1)).to_have_text("Accessibility statement")
    expect(page).to_have_title("Accessibility statement – Küldeményeim")
    look(page)


def test_a_wrong_address_says_so_in_the_visitors_language(page: Page) -> None:
    answer = page.goto("/nincs-ilyen")
    ready(page)

    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("heading", level=1)).to_have_text("Az oldal nem található")
    look(page)


def test_the_skip_link_is_the_first_stop_and_leads_to_the_content(page: Page) -> None:
    open_page(page, "/akadalymentesseg")

    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Ugrás a tartalomra")
    page.keyboard.press("Enter")

    expect(page).to_have_url("/akadalymentesseg#content")


def test_a_new_page_moves_the_focus_to_its_heading(page: Page) -> None:
    open_page(page, "/akadalymentesseg")

    page.locator(".help-block").get_by_role("link", name="Súgó").click()

    expect(page).to_have_url("/sugo")
    expect(page.locator("h1")).to_be_focused()


def test_a_lost_connection_is_told_in_the_visitors_words(page: Page) -> None:
    open_page(page, "/akadalymentesseg")

    page.context.set_offline(True)

    expect(page.get_by_role("alert").filter(has_text="Nincs kapcsolat. Amit begépelt, megmarad.").first).to_be_visible()
    page.context.set_offline(False)
    expect(page.locator("#offline")).to_be_hidden()


def test_nothing_on_the_page_is_left_of_the_framework(page: Page, portal: Product) -> None:
    open_page(page, "/akadalymentesseg")

    words = page.locator("body").inner_text()

    assert [word for word in ("Reflex", "Built with", "Notifications", "Loading") if word in words] == []
