"""Settings, help, the way to the full portal and the way out, as a customer tells them."""

import re

import pytest
from playwright.sync_api import Page, expect

from portal_app.texts.help import ARTICLES
from tests.journeys.conftest import NewVisitor
from tests.journeys.looking import look, look_twice, open_page, ready
from tests.journeys.post_box import wait_for_mail
from tests.journeys.product import Product


def person(portal: Product, about: str) -> dict[str, str]:
    """Give the demonstration's person whose row says this."""
    return next(row for row in portal.people() if about in row["about"])


def _link(portal: Product, address: str, subject: str) -> str:
    """Give the address that was mailed to this post box."""
    return wait_for_mail(portal.settings.outgoing, address, subject).path


def enter(page: Page, who: dict[str, str]) -> None:
    """Sign in."""
    open_page(page, "/belepes")
    page.locator("[autocomplete=username]").fill(who["login"])
    page.locator("[autocomplete=current-password]").fill(who["password"])
    page.get_by_role("button", name="Belépés", exact=True).click()
    expect(page).to_have_url(re.compile("/kuldemenyek"))
    ready(page)


@pytest.mark.requirement("R38")
@pytest.mark.requirement("R41")
def test_the_full_portals_services_are_shown_and_one_press_is_enough_to_get_them(page: Page, portal: Product) -> None:
    enter(page, person(portal, "empty inbox"))

    page.get_by_role("link", name="Átlépek az Ügyfélportálra").click()
    ready(page)

    for service in ("Szerződéseim", "Dokumentumaim", "Bizonylatok", "Ügyintézés"):
        expect(page.get_by_text(service, exact=True)).to_be_visible()
    expect(page.get_by_text("Kötelező gépjármű-felelősségbiztosítás")).to_be_visible()
    expect(page.get_by_role("button", name="Átlépek az Ügyfélportálra")).to_be_visible()
    look_twice(page)


def test_the_settings_keep_every_rule_in_both_languages(page: Page, portal: Product) -> None:
    enter(page, person(portal, "Uses the portal in English") | {"password": "LondonBridge26"})
    open_page(page, "/beallitasok")

    expect(page.get_by_role("heading", level=1)).to_have_text("Settings")
    expect(page.get_by_text("This browser")).to_be_visible()
    look(page)
    page.get_by_role("main").get_by_role("button", name="Magyar").click()
    ready(page)

    expect(page.get_by_role("heading", level=1)).to_have_text("Beállítások")
    look(page)
    page.get_by_role("main").get_by_role("button", name="English").click()
    ready(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Settings")


def test_a_new_address_needs_the_password_and_the_link_in_its_own_post_box(page: Page, portal: Product) -> None:
    karoly = person(portal, "refuses our mail")
    enter(page, karoly)
    open_page(page, "/beallitasok")
    expect(page.get_by_text("nem fogadja leveleinket")).to_be_visible()

    _ask_for(page, "karoly.uj@pelda.example", "NemEzAz1234")
    expect(page.get_by_role("alert")).to_contain_text("A jelenlegi jelszó nem egyezik.")
    look_twice(page)
    _ask_for(page, "karoly.uj@pelda.example", karoly["password"])
    expect(page.get_by_text("Elküldtük a linket az új címre.")).to_be_visible()
    expect(page.get_by_text("Megerősítésre vár.")).to_be_visible()
    look_twice(page)

    page.goto(_link(portal, "karoly.uj@pelda.example", "megerősítése"))
    ready(page)
    expect(page).to_have_url(re.compile("/beallitasok/e-mail$"))
    look_twice(page)
    page.get_by_role("button", name="Megerősítem ezt a címet").click()
    ready(page)

    expect(page.get_by_text("Az értesítések ezentúl az új címre érkeznek.")).to_be_visible()
    open_page(page, "/beallitasok")
    expect(page.locator("#ertesitesek").get_by_text("karoly.uj@pelda.example")).to_be_visible()
    expect(page.get_by_text("nem fogadja leveleinket")).to_be_hidden()


def _ask_for(page: Page, address: str, password: str) -> None:
    if not page.get_by_label("Új e-mail-cím").is_visible():
        page.get_by_text("Másik e-mail-címet adok meg").click()
    page.get_by_label("Új e-mail-cím").fill(address)
    page.get_by_label("Jelenlegi jelszó", exact=True).fill(password)
    page.get_by_role("button", name="Link küldése az új címre").click()
    ready(page)


def test_another_browser_can_be_signed_out_from_the_settings(page: Page, portal: Product, new_visitor: NewVisitor) -> None:
    ferenc = person(portal, "expires in 12 days")
    elsewhere = new_visitor().new_page()
    enter(elsewhere, ferenc)
    enter(page, ferenc)
    open_page(page, "/beallitasok")
    expect(page.get_by_text("Ez a böngésző")).to_be_visible()

    everywhere_else = page.get_by_role("button", name="Minden más böngésző kiléptetése")
    everywhere_else.click()
    expect(everywhere_else).to_be_hidden()

    elsewhere.goto("/beallitasok")
    expect(elsewhere).to_have_url(re.compile("/belepes"))


def test_help_is_found_by_words_without_accents_and_without_signing_in(page: Page) -> None:
    open_page(page, "/sugo")
    look_twice(page)

    page.get_by_label("Keresés a súgóban").fill("dokumentumaimat")
    expect(page.locator(".help-article")).not_to_have_count(len(ARTICLES))
    expect(page.get_by_role("status").filter(has_text="kérdés maradt")).to_be_visible()
    expect(page.locator(".help-article").filter(has_text="Hol találom a dokumentumaimat?")).to_have_attribute("open", "")
    look(page)

    page.get_by_label("Keresés a súgóban").fill("jelszo elfelejtettem")
    expect(page.get_by_text("Elfelejtettem a jelszavamat")).to_be_visible()
    page.get_by_label("Keresés a súgóban").fill("xyzzy")
    expect(page.get_by_text("Erre nincs kérdés a súgóban.")).to_be_visible()


@pytest.mark.requirement("R3")
@pytest.mark.requirement("R26")
@pytest.mark.requirement("R27")
def test_an_account_is_closed_from_outside_by_a_mailed_link_and_can_be_kept(page: Page, portal: Product) -> None:
    istvan = person(portal, "five days")
    open_page(page, "/portaltorles")
    look_twice(page)
    page.get_by_label("Mivel lép be?").fill(istvan["login"])
    page.get_by_role("button", name="Kérem a megerősítő linket").click()
    ready(page)
    expect(page.get_by_role("alert")).to_contain_text("Válassza ki, miért kéri a törlést")
    expect(page.get_by_label("Mivel lép be?")).to_have_value(istvan["login"])
    look_twice(page)
    page.get_by_label("Megszűnt a biztosítási szerződésem").check()
    page.get_by_role("button", name="Kérem a megerősítő linket").click()
    ready(page)
    expect(page.get_by_text("Ha van ilyen fiók, elküldtük")).to_be_visible()
    look_twice(page)

    page.goto(_link(portal, istvan["login"], "törlés"))
    ready(page)
    expect(page.get_by_role("heading", name="Biztosan törli a fiókját?")).to_be_visible()
    expect(page.get_by_text("4 küldemény törlődik")).to_be_visible()
    look_twice(page)
    page.get_by_role("button", name="Törlöm a fiókomat").click()
    ready(page)
    expect(page.get_by_text("Feljegyeztük a törlést.")).to_be_visible()

    enter(page, istvan)
    open_page(page, "/portaltorles")
    expect(page.get_by_role("heading", name="A fiók törlés alatt áll")).to_be_visible()
    look_twice(page)
    page.get_by_role("button", name="Megtartom a fiókomat").click()

    expect(page.get_by_text("A fiókja megmarad.")).to_be_visible()


@pytest.mark.requirement("R28")
def test_going_back_to_post_names_the_policies_that_change(page: Page, portal: Product) -> None:
    ferenc = person(portal, "expires in 12 days")
    open_page(page, "/portaltorles")
    page.get_by_label("Mivel lép be?").fill(ferenc["login"])
    page.get_by_label("Postán szeretném kapni a leveleimet").check()
    page.get_by_role("button", name="Kérem a megerősítő linket").click()
    ready(page)

    page.goto(_link(portal, ferenc["login"], "törlés"))
    ready(page)

    expect(page.get_by_text("Ezek a szerződések postai kapcsolattartásra váltanak:")).to_be_visible()
    expect(page.locator(".plain-list li")).to_have_count(1)
    look_twice(page)


def test_whoever_asks_for_a_closing_gets_the_same_answer(page: Page) -> None:
    open_page(page, "/portaltorles")
    page.get_by_label("Mivel lép be?").fill("nincs.ilyen@pelda.example")
    page.get_by_label("Más okból").check()
    page.get_by_role("button", name="Kérem a megerősítő linket").click()
    ready(page)

    expect(page.get_by_text("Ha van ilyen fiók, elküldtük")).to_be_visible()


def test_the_demonstrations_post_box_is_readable(page: Page) -> None:
    page.goto("/postafiok")

    expect(page.get_by_role("heading", level=1)).to_have_text("A bemutató postafiókja")
    expect(page.get_by_role("article").first).to_be_visible()
