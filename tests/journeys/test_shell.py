"""The shell that every page shares: language, focus, errors, a lost connection."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.looking import look, look_twice, open_page, ready
from tests.journeys.product import Product


@pytest.mark.requirement("R14")
def test_the_start_address_leads_to_the_sign_in_page(page: Page) -> None:
    page.goto("/")

    expect(page).to_have_url("/belepes")


def test_the_statement_keeps_every_rule_in_both_languages(page: Page) -> None:
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
    look_twice(page)


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


def test_before_the_sign_in_runs_out_the_page_asks_and_staying_is_one_press(page: Page, portal: Product) -> None:
    sign_in(page, portal)
    warning = page.get_by_role("alertdialog", name="Hamarosan kiléptetjük")
    expect(warning).to_be_hidden()

    # What the server would say after thirteen idle minutes, less a second.
    page.locator("#sign-in-clock").evaluate("(clock) => { clock.dataset.left = '121'; clock.dataset.warn = '120'; }")
    expect(warning).to_be_visible()
    look(page)
    page.get_by_role("button", name="Maradok").click()

    expect(warning).to_be_hidden()


def test_signing_out_leaves_nothing_behind(page: Page, portal: Product) -> None:
    sign_in(page, portal)

    page.get_by_role("button", name="Kilépés").click()
    expect(page).to_have_url(re.compile("/belepes"))
    page.go_back()

    expect(page).to_have_url(re.compile("/belepes"))
    assert "portal_sign_in" not in {cookie["name"] for cookie in page.context.cookies()}


def test_a_page_that_needs_a_sign_in_is_shown_right_after_it(page: Page, portal: Product) -> None:
    page.goto("/beallitasok")
    expect(page).to_have_url(re.compile("/belepes"))
    ready(page)

    fill_in(page, portal)

    expect(page).to_have_url("/beallitasok")


def test_another_tab_is_emptied_when_the_sign_in_ends(page: Page, portal: Product) -> None:
    sign_in(page, portal)
    other = page.context.new_page()
    open_page(other, "/kuldemenyek")

    page.get_by_role("button", name="Kilépés").click()

    expect(other.get_by_role("heading", level=1)).to_have_text("Kiléptettük", timeout=5_000)
    expect(other.get_by_role("navigation", name="Fő menü")).to_be_hidden()
    look(other)
    other.get_by_role("link", name="Belépés újra").click()
    expect(other).to_have_url(re.compile("/belepes"))


def sign_in(page: Page, portal: Product) -> None:
    """Sign in as the demonstration's first customer."""
    open_page(page, "/belepes")
    fill_in(page, portal)
    expect(page).to_have_url(re.compile("/kuldemenyek"))
    ready(page)


def fill_in(page: Page, portal: Product) -> None:
    anna = portal.people()[0]
    page.locator("[autocomplete=username]").fill(anna["login"])
    page.locator("[autocomplete=current-password]").fill(anna["password"])
    page.get_by_role("button", name="Belépés", exact=True).click()


def test_a_page_that_breaks_says_so_without_a_stack_trace(browser: Browser, portal: Product) -> None:
    context = browser.new_context(base_url=portal.url, locale="hu-HU")
    page = context.new_page()
    open_page(page, "/sugo")

    # The first article cannot be drawn again, as a fault in a page would have it.
    page.evaluate(
        """() => {
          const slug = document.querySelector("details.help-article").id;
          const includes = Array.prototype.includes;
          Array.prototype.includes = function (wanted, ...more) {
            if (wanted === slug) throw new Error("a fault in the page");
            return includes.call(this, wanted, ...more);
          };
        }"""
    )
    page.get_by_role("searchbox").fill("jelszó")

    expect(page.get_by_role("alert").get_by_role("heading", level=1)).to_have_text("Hiba történt")
    expect(page.get_by_role("link", name="Vissza a kezdőlapra")).to_be_visible()
    assert "a fault in the page" not in page.locator("body").inner_text()
    context.close()
