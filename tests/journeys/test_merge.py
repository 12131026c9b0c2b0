"""Two accounts of one person become one, and two again."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import NewVisitor
from tests.journeys.looking import look, open_page, ready
from tests.journeys.post_box import wait_for_mail
from tests.journeys.product import Product

PAGE = "/osszevonas"


def person(portal: Product, about: str) -> dict[str, str]:
    return next(row for row in portal.people() if about in row["about"])


def enter(page: Page, login: str, password: str) -> None:
    open_page(page, "/belepes")
    page.locator("[autocomplete=username]").fill(login)
    page.locator("[autocomplete=current-password]").fill(password)
    page.get_by_role("button", name="Belépés", exact=True).click()


def is_in(page: Page) -> None:
    expect(page).to_have_url(re.compile("/kuldemenyek"))
    ready(page)


def leave(page: Page) -> None:
    page.get_by_role("button", name="Kilépés").first.click()
    expect(page).to_have_url(re.compile("/belepes"))


def prove(page: Page, login: str, password: str) -> None:
    """Give the other account's identifier and password on the page."""
    page.locator("#login").fill(login)
    page.locator("#password").fill(password)
    page.locator("#by-password").get_by_role("button", name="Igazolás").click()
    ready(page)


def own_policies(page: Page) -> list[str]:
    card = page.get_by_role("heading", name="Ez a fiókja").locator("..")
    expect(card.locator(".plain-list li").first).to_be_visible()
    return card.locator(".plain-list li").all_inner_texts()


@pytest.mark.requirement("R56")
@pytest.mark.requirement("R57")
def test_two_accounts_are_merged_and_unmerged(page: Page, new_visitor: NewVisitor, portal: Product) -> None:
    first, second = person(portal, "The first of two accounts"), person(portal, "The second of the two")
    enter(page, first["login"], first["password"])
    is_in(page)
    open_page(page, "/beallitasok")
    look(page)
    page.locator("#osszevonas").get_by_role("link", name="Fiókok összevonása").click()
    ready(page)
    mine = own_policies(page)
    look(page)

    prove(page, second["login"], "Rossz.Jelszo-2026")
    expect(page.get_by_text("Az azonosító vagy a jelszó nem egyezik.").first).to_be_visible()
    look(page)
    page.wait_for_timeout(1500)
    prove(page, second["login"], second["password"])
    preview = page.locator("[data-preview]")
    expect(preview).to_have_count(1)
    theirs = preview.locator(".card-grid .plain-list").first.locator("li").all_inner_texts()
    look(page)
    page.get_by_role("button", name="Összevonom a két fiókot").click()

    expect(page.locator("#merge-done")).to_be_visible()
    ready(page)
    assert sorted(own_policies(page)) == sorted(mine + theirs)
    look(page)
    wait_for_mail(portal.settings.outgoing, "robert.juhasz@pelda.example", "Összevontunk két fiókot", number=2)
    other = new_visitor().new_page()
    enter(other, second["login"], first["password"])
    is_in(other)

    open_page(page, "/beallitasok")
    look(page)
    page.locator("#osszevonas").get_by_role("button", name=re.compile("Visszavonás")).click()

    expect(page.locator("#merge-undone")).to_be_visible()
    ready(page)
    assert own_policies(page) == mine
    look(page)
    leave(other)
    enter(other, second["login"], second["password"])
    is_in(other)
    open_page(other, PAGE)
    assert own_policies(other) == theirs


@pytest.mark.requirement("R58")
def test_the_code_to_the_shared_address_proves_it_and_staff_are_there_for_the_rest(page: Page, portal: Product) -> None:
    first = person(portal, "The first of two accounts")
    enter(page, first["login"], first["password"])
    is_in(page)
    open_page(page, PAGE)
    shared = page.locator("#by-contact")
    expect(shared.get_by_text("r***@pelda.example")).to_be_visible()

    shared.get_by_role("button", name="Kódot kérek").click()
    ready(page)
    look(page)
    code = wait_for_mail(portal.settings.outgoing, "robert.juhasz@pelda.example", "Igazoló kód").shown
    page.locator("#contact-code").fill(code)
    page.locator("#by-contact").get_by_role("button", name="Igazolás").click()
    ready(page)
    expect(page.locator("[data-preview]")).to_have_count(1)
    look(page)
    page.get_by_role("button", name="Mégsem").click()
    ready(page)
    expect(page.locator("[data-preview]")).to_have_count(0)

    staff = page.locator("#by-staff")
    expect(staff.get_by_text("1000 Budapest, Minta utca 1.")).to_be_visible()
    staff.get_by_text("Kérelem beküldése innen").click()
    staff.locator("#words").fill("LAK-2026-000012, ABC-123")
    look(page)
    staff.get_by_role("button", name="Kérelem beküldése", exact=True).click()

    expect(page).to_have_url(re.compile("/kerelmek/"))
    ready(page)
    expect(page.get_by_text(re.compile(r"K-\d{4}-[A-Z0-9]{6}")).first).to_be_visible()
