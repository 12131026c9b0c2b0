"""Getting in, as customers would tell it: for the first time, after mistakes, after forgetting, and while others try."""

from datetime import timedelta
from uuid import uuid4

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlmodel import update

from portal_app.database.tables import SignIn
from portal_app.gateways.clock import now
from portal_app.services.house import House, open_house
from tests.cast import ANNAS_PASSWORD
from tests.journeys.conftest import NewVisitor
from tests.journeys.looking import look, look_twice, open_page, ready
from tests.journeys.post_box import mails_to, wait_for_mail
from tests.journeys.product import Product
from tests.visitors import Guest, active, invited

WRONG = "Rossz1Jelszo2"
NEW = "ZoldHegy58Ut"


@pytest.fixture(scope="module")
def house(portal: Product) -> House:
    """The running product's own house: its database and its secrets."""
    return open_house(portal.settings)


@pytest.fixture
def address() -> str:
    """An address nobody has used yet."""
    return f"anna.{uuid4().hex[:8]}@pelda.example"


def enter(page: Page, address: str, password: str, code: str = "") -> None:
    """Fill in the sign-in form and send it."""
    page.get_by_label("E-mail-cím").fill(address)
    page.locator("input[autocomplete=current-password]").fill(password)
    if code:
        page.locator("input[autocomplete=one-time-code]").fill(code)
    page.get_by_role("button", name="Belépés", exact=True).click()
    ready(page)


def choose(page: Page, password: str) -> None:
    """Fill in the new password twice and send it."""
    for field in page.locator("input[autocomplete=new-password]").all():
        field.fill(password)
    page.get_by_role("button", name="Jelszó mentése").click()
    ready(page)


def get_in(page: Page, address: str, password: str) -> None:
    """Sign in and arrive at the letters."""
    open_page(page, "/belepes")
    enter(page, address, password)
    expect(page).to_have_url("/kuldemenyek")


# ── for the first time ──


@pytest.mark.requirement("R15")
@pytest.mark.requirement("R16")
@pytest.mark.requirement("R17")
def test_from_the_first_email_to_the_letters(house: House, portal: Product, address: str, phone: Page) -> None:
    invited(house, address, now=now())
    link = wait_for_mail(portal.settings.outgoing, address, "belépés").path
    initial = wait_for_mail(portal.settings.outgoing, address, "kezdeti jelsz").shown

    phone.goto(link)
    ready(phone)
    expect(phone).to_have_url("/elso-belepes")
    expect(phone.get_by_role("heading", level=1)).to_have_text("Első belépés")
    look_twice(phone)
    field = phone.get_by_label("Kezdeti jelszó", exact=True)
    field.press_sequentially(f" {initial[:6]}")
    expect(phone.get_by_text("6/12 karakter. A szóközt a jelszó elejéről és végéről levágjuk.")).to_be_visible()
    field.fill(f"{initial} ")
    phone.get_by_role("button", name="Tovább").click()
    ready(phone)

    expect(phone).to_have_url("/jelszo")
    expect(phone.get_by_role("heading", level=1)).to_have_text("Válasszon saját jelszót")
    expect(phone.get_by_label("Jelenlegi jelszó")).to_have_count(0)
    look_twice(phone)
    phone.goto("/kuldemenyek")
    expect(phone).to_have_url("/jelszo")
    ready(phone)
    choose(phone, NEW)

    expect(phone).to_have_url("/kuldemenyek")
    expect(phone.locator("#notice")).to_contain_text("Jelszavát beállítottuk. Lejár:")
    expect(phone.get_by_role("heading", level=1)).to_have_text("Küldemények")


@pytest.mark.requirement("R16")
def test_a_link_used_before_says_so_and_sends_a_new_one(
    house: House, portal: Product, address: str, new_visitor: NewVisitor
) -> None:
    invited(house, address, now=now())
    box = portal.settings.outgoing
    link, initial = wait_for_mail(box, address, "belépés").path, wait_for_mail(box, address, "kezdeti jelsz").shown
    first, second = new_visitor().new_page(), new_visitor().new_page()
    first.goto(link)
    ready(first)
    first.get_by_label("Kezdeti jelszó", exact=True).fill(initial)
    first.get_by_role("button", name="Tovább").click()
    expect(first).to_have_url("/jelszo")

    second.goto(link)
    ready(second)
    expect(second.locator("main")).to_contain_text("Ezt a linket már felhasználták.")
    look_twice(second)
    second.get_by_role("button", name="Új linket kérek").click()
    ready(second)

    expect(second.get_by_role("heading", level=1)).to_have_text("Elküldtük az új linket")
    look_twice(second)
    newer = wait_for_mail(box, address, "belépés", number=2).path
    assert newer != link
    second.goto(link)
    ready(second)
    expect(second.locator("main")).to_contain_text("Ezt a linket már felhasználták.")


@pytest.mark.requirement("R16")
def test_expired_superseded_and_unknown_links_each_have_their_sentence(
    house: House, portal: Product, address: str, page: Page
) -> None:
    box = portal.settings.outgoing
    invited(house, address, now=now() - timedelta(days=15))
    old = wait_for_mail(box, address, "belépés").path
    page.goto(old)
    ready(page)
    expect(page.locator("main")).to_contain_text("Ez a link lejárt.")
    look_twice(page)

    page.get_by_role("button", name="Új linket kérek").click()
    ready(page)
    wait_for_mail(box, address, "belépés", number=2)
    page.goto(old)
    ready(page)
    expect(page.locator("main")).to_contain_text("Azóta újabb linket küldtünk.")

    page.goto("/elso-belepes/no-such-link")
    ready(page)
    expect(page.locator("main")).to_contain_text("Ezt a linket nem ismerjük.")
    look_twice(page)
    page.goto("/elso-belepes")
    expect(page).to_have_url("/elso-belepes")


# ── after mistakes ──


@pytest.mark.requirement("R36")
def test_after_three_mistakes_a_code_by_email_helps(house: House, portal: Product, address: str, page: Page) -> None:
    active(house, address, ANNAS_PASSWORD, now=now())
    open_page(page, "/belepes")
    look_twice(page)

    enter(page, address, WRONG)
    summary = page.get_by_role("alert")
    expect(summary).to_contain_text("Az e-mail-cím vagy a jelszó nem egyezik. Még 2 próba után biztonsági kódot kérünk.")
    expect(summary).to_be_focused()
    expect(page.get_by_label("E-mail-cím")).to_have_value(address)
    expect(page.locator("input[autocomplete=current-password]")).to_have_value("")
    enter(page, address, WRONG)
    expect(page.get_by_label("Biztonsági kód", exact=True)).to_have_count(0)
    enter(page, address, WRONG)
    expect(page.get_by_role("img", name="Kép az 5 karakterből álló biztonsági kóddal")).to_be_visible()
    assert page.locator(".code-picture").evaluate("picture => picture.naturalWidth") == 280
    look_twice(page)

    page.get_by_role("button", name="Kérem a kódot e-mailben").click()
    ready(page)
    expect(page.get_by_role("status").filter(has_text="elküldtük a kódot e-mailben")).to_be_visible()
    look_twice(page)
    code = wait_for_mail(portal.settings.outgoing, address, "Biztonsági kód").shown
    enter(page, address, ANNAS_PASSWORD, f"{code[:3]} {code[3:]}")

    expect(page).to_have_url("/kuldemenyek")


@pytest.mark.requirement("R37")
def test_ten_mistakes_lock_the_door_and_a_new_password_opens_it(house: House, portal: Product, address: str, page: Page) -> None:
    active(house, address, ANNAS_PASSWORD, now=now())
    Guest(house, uuid4().hex).fail(address, 9, now=now() - timedelta(minutes=10))
    box = portal.settings.outgoing
    open_page(page, "/belepes")
    enter(page, address, WRONG)
    page.get_by_role("button", name="Kérem a kódot e-mailben").click()
    ready(page)
    enter(page, address, WRONG, wait_for_mail(box, address, "Biztonsági kód").shown)

    expect(page.get_by_role("heading", level=1)).to_have_text("A belépést biztonsági okból letiltottuk")
    look_twice(page)
    wait_for_mail(box, address, "Letiltottuk a belépést")
    page.get_by_role("button", name="Új jelszó igénylése").click()
    ready(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Nézze meg a telefonját és az e-mailjeit")
    page.goto(wait_for_mail(box, address, "Új jelszó").path)
    ready(page)
    choose(page, NEW)

    expect(page).to_have_url("/kuldemenyek")
    page.get_by_role("button", name="Kilépés").click()
    ready(page)
    enter(page, address, NEW)
    expect(page).to_have_url("/kuldemenyek")


@pytest.mark.requirement("R37")
def test_a_browser_that_was_here_before_gets_in_while_strangers_have_locked_the_account(
    house: House, address: str, new_visitor: NewVisitor
) -> None:
    active(house, address, ANNAS_PASSWORD, now=now())
    at_home: BrowserContext = new_visitor()
    home = at_home.new_page()
    get_in(home, address, ANNAS_PASSWORD)
    Guest(house, uuid4().hex).fail(address, 10, now=now() - timedelta(minutes=10))

    home.reload()
    ready(home)
    expect(home).to_have_url("/kuldemenyek")
    home.get_by_role("button", name="Kilépés").click()
    ready(home)
    expect(home.locator("main")).to_contain_text("Kilépett.")
    enter(home, address, ANNAS_PASSWORD)
    expect(home).to_have_url("/kuldemenyek")

    elsewhere = new_visitor().new_page()
    open_page(elsewhere, "/belepes")
    enter(elsewhere, address, ANNAS_PASSWORD)
    expect(elsewhere.get_by_role("heading", level=1)).to_have_text("A belépést biztonsági okból letiltottuk")


def test_after_some_mistakes_the_button_sleeps_for_a_moment(house: House, portal: Product, address: str, page: Page) -> None:
    active(house, address, ANNAS_PASSWORD, now=now())
    Guest(house, uuid4().hex).fail(address, 7, now=now() - timedelta(minutes=10))
    open_page(page, "/belepes")
    enter(page, address, WRONG)
    page.get_by_role("button", name="Kérem a kódot e-mailben").click()
    ready(page)

    enter(page, address, WRONG, wait_for_mail(portal.settings.outgoing, address, "Biztonsági kód").shown)

    expect(page.get_by_role("alert")).to_contain_text("Még 2 próbálkozás, utána letiltjuk a belépést.")
    button = page.get_by_role("button", name="Belépés", exact=True)
    expect(button).to_be_disabled()
    expect(page.locator("main")).to_contain_text("Újra próbálhatja ennyi másodperc múlva:")
    look_twice(page)
    expect(button).to_be_enabled(timeout=20_000)


# ── forgotten, expired, changed ──


@pytest.mark.requirement("R22")
def test_who_forgot_the_password_sets_a_new_one(house: House, portal: Product, address: str, page: Page) -> None:
    active(house, address, ANNAS_PASSWORD, now=now())
    box = portal.settings.outgoing
    open_page(page, "/belepes")
    page.get_by_role("link", name="Elfelejtette jelszavát?").click()
    expect(page).to_have_url("/elfelejtett-jelszo")
    ready(page)
    look_twice(page)
    page.get_by_label("E-mail-cím").fill(address)
    page.get_by_role("button", name="Új jelszó igénylése").click()
    ready(page)

    expect(page.get_by_role("heading", level=1)).to_have_text("Nézze meg a telefonját és az e-mailjeit")
    expect(page.get_by_role("button", name="Újraküldés")).to_be_disabled()
    expect(page.locator("main")).to_contain_text("Újraküldheti ennyi másodperc múlva:")
    expect(page.locator("main")).to_contain_text("kuldemenyeim@mintabiztosito.example")
    look_twice(page)

    page.goto(wait_for_mail(box, address, "Új jelszó").path)
    ready(page)
    look_twice(page)
    choose(page, "PassWord12")
    expect(page.locator(".field-error")).to_contain_text("nem könnyen kitalálható")
    look_twice(page)
    choose(page, NEW)
    expect(page).to_have_url("/kuldemenyek")
    wait_for_mail(box, address, "Megváltozott a jelszava")


@pytest.mark.requirement("R22")
def test_an_address_nobody_has_gets_the_same_answer(portal: Product, address: str, page: Page) -> None:
    open_page(page, "/elfelejtett-jelszo")
    page.get_by_label("E-mail-cím").fill(address)
    page.get_by_role("button", name="Új jelszó igénylése").click()
    ready(page)

    expect(page.get_by_role("heading", level=1)).to_have_text("Nézze meg a telefonját és az e-mailjeit")
    assert mails_to(portal.settings.outgoing, address) == []


@pytest.mark.requirement("R35")
def test_an_expired_password_leads_in_only_through_a_link(house: House, portal: Product, address: str, page: Page) -> None:
    active(house, address, ANNAS_PASSWORD, now=now() - timedelta(days=366))
    open_page(page, "/belepes")
    enter(page, address, WRONG)
    expect(page.get_by_role("alert")).to_contain_text("nem egyezik")
    enter(page, address, ANNAS_PASSWORD)
    expect(page.get_by_role("heading", level=1)).to_have_text("Lejárt a jelszava")
    look_twice(page)

    page.get_by_role("button", name="Linket kérek e-mailben").click()
    ready(page)
    page.goto(wait_for_mail(portal.settings.outgoing, address, "Új jelszó").path)
    ready(page)
    choose(page, NEW)

    expect(page).to_have_url("/kuldemenyek")


@pytest.mark.requirement("R23")
@pytest.mark.requirement("R33")
def test_the_rules_follow_what_is_typed_and_nothing_typed_leaves_the_page(house: House, address: str, page: Page) -> None:
    active(house, address, ANNAS_PASSWORD, now=now())
    get_in(page, address, ANNAS_PASSWORD)
    sent: list[str] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(str(frame))))
    open_page(page, "/jelszo")
    expect(page.locator("input[autocomplete]")).to_have_count(4)
    look_twice(page)
    rules = page.locator(".checklist li")
    expect(rules).to_have_count(7)

    page.get_by_label("Új jelszó", exact=True).press_sequentially("zöldHegy5")

    expect(page.locator(".checklist [data-state=met]")).to_have_count(2)
    expect(page.get_by_text("Nem használható: „ö”")).to_be_visible()
    expect(page.locator("#new-summary")).to_contain_text("Teljesült feltételek: 2 / 5.")
    expect(page.locator(".field-error")).to_have_count(0)
    look_twice(page)
    page.get_by_label("Új jelszó", exact=True).fill(NEW)
    expect(page.locator(".checklist [data-state=met]")).to_have_count(5)
    page.get_by_label("Új jelszó még egyszer").fill(NEW)
    page.get_by_label("Jelenlegi jelszó").fill(ANNAS_PASSWORD)
    page.get_by_role("button", name="Jelszó mentése").click()
    ready(page)
    expect(page).to_have_url("/kuldemenyek")
    assert [frame for frame in sent if NEW in frame or ANNAS_PASSWORD in frame or "zöldHegy" in frame] == []


# ── and out again ──


def test_after_signing_out_the_way_back_shows_nothing(house: House, address: str, page: Page) -> None:
    active(house, address, ANNAS_PASSWORD, now=now())
    get_in(page, address, ANNAS_PASSWORD)

    page.get_by_role("button", name="Kilépés").click()
    ready(page)
    expect(page.locator("main")).to_contain_text("Kilépett. A böngészőt nyugodtan bezárhatja.")
    look_twice(page)
    page.go_back()

    expect(page.get_by_role("button", name="Belépés", exact=True)).to_be_visible()
    assert address not in page.content()


def test_a_sign_in_that_ran_out_says_so_and_leads_back_to_the_page(house: House, address: str, page: Page) -> None:
    anna_id = active(house, address, ANNAS_PASSWORD, now=now())
    get_in(page, address, ANNAS_PASSWORD)
    with house.database.writing() as db:
        past = now() - timedelta(minutes=15)
        db.exec(update(SignIn).where(SignIn.account_id == anna_id).values(seen_at=past))  # type: ignore[arg-type]

    page.goto("/beallitasok")
    ready(page)
    expect(page.locator("main")).to_contain_text("Egy ideje nem történt semmi, ezért az adatai védelmében kiléptettük.")
    look_twice(page)
    enter(page, address, ANNAS_PASSWORD)

    expect(page).to_have_url("/beallitasok")


def test_the_family_of_pages_speaks_english_too(house: House, address: str, page: Page) -> None:
    active(house, address, ANNAS_PASSWORD, now=now())
    open_page(page, "/belepes")
    page.get_by_role("button", name="English").click()
    ready(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    page.get_by_label("Email address").fill(address)
    page.get_by_label("Password", exact=True).fill(WRONG)
    page.get_by_role("button", name="Sign in", exact=True).click()
    ready(page)
    expect(page.get_by_role("alert")).to_contain_text("The email address and password do not match.")
    look(page)
    open_page(page, "/elfelejtett-jelszo")
    look(page)
    open_page(page, "/elso-belepes")
    look(page)
