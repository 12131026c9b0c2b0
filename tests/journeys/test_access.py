"""Getting in to the full portal, as customers would tell it: the name by e-mail, the password by SMS, and one's own."""

import re
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect
from sqlmodel import Session, col, select, update

from portal_app.database.tables import Account, Credential, Job, Login
from portal_app.domain.policies import Communication, Holder, PolicyStatement, PolicyStatus, SalesRoute
from portal_app.gateways.clock import now
from portal_app.services import openings, policies
from portal_app.services.house import House, open_house
from tests.cast import CORE
from tests.journeys.conftest import NewVisitor
from tests.journeys.looking import look, open_page, ready
from tests.journeys.post_box import wait_for_mail, wait_for_sms
from tests.journeys.product import Product
from tests.visitors import FULL_PASSWORD, Guest, full_customer

NEW = "Zold.Hegyek-58"
NAME = re.compile(r"\b\d{3} \d{3} \d{3}\b")
PAGE = "/belepes?portal=ugyfelportal"


@pytest.fixture(scope="module")
def house(portal: Product) -> House:
    """The running product's own house."""
    return open_house(portal.settings)


@pytest.fixture
def address() -> str:
    """An address nobody has used yet."""
    return f"nora.{uuid4().hex[:8]}@pelda.example"


def sold_by_broker(house: House, address: str, phone: str) -> None:
    """Let the core system hand over a policy that was bought on a broker's page."""
    moment = now()
    statement = PolicyStatement(
        f"KGFB-{uuid4().hex[:8].upper()}", "KGFB", Holder("Farkas Nóra", address, phone), Communication.ELECTRONIC,
        SalesRoute.BROKER_ONLINE, PolicyStatus.ACTIVE, as_of=moment, consent_at=moment,
    )  # fmt: skip
    drawn = openings.draw_first_access(SalesRoute.BROKER_ONLINE, brand=house.brand, hashing=house.hashing)
    house.database.carry_out(
        policies.state_policy, CORE, statement, consent_stated=True, first_access=drawn,
        brand=house.brand, secrets=house.secrets, now=moment,
    )  # fmt: skip


def a_phone() -> str:
    return f"+3630{uuid4().int % 10_000_000:07}"


def login_of(house: House, address: str) -> str:
    with house.database.reading() as db:
        own = select(Login.shown).join(Account, col(Account.id) == Login.account_id).where(Account.email == address)
        return db.exec(own).one()


def enter(page: Page, login: str, password: str) -> None:
    page.locator("input[autocomplete=username]").fill(login)
    page.locator("input[autocomplete=current-password]").fill(password)
    page.get_by_role("button", name="Belépés", exact=True).click()
    ready(page)


def choose(page: Page, current: str, new: str = NEW, again: str = "") -> None:
    page.get_by_label("Jelenlegi jelszó", exact=True).fill(current)
    page.get_by_label("Új jelszó", exact=True).fill(new)
    page.get_by_label("Új jelszó még egyszer", exact=True).fill(again or new)
    page.get_by_role("button", name="Jelszó mentése").click()
    ready(page)


@pytest.mark.requirement("R46")
@pytest.mark.requirement("R47")
@pytest.mark.requirement("R49")
@pytest.mark.requirement("R60")
@pytest.mark.requirement("R63")
@pytest.mark.requirement("R64")
def test_from_the_two_messages_to_the_letters(house: House, portal: Product, address: str, phone: Page) -> None:
    number, box = a_phone(), portal.settings.outgoing
    sold_by_broker(house, address, number)
    # The courier may hold an SMS that nobody asked for until the morning.
    house.database.carry_out(send_at_once, number)
    mail = wait_for_mail(box, address, "felhasználóneve")
    found = NAME.search(mail.text)
    assert found
    assert f"{portal.url}{PAGE}" in mail.text
    sent = wait_for_sms(box, number)

    open_page(phone, PAGE)
    expect(phone.locator(".brand-portal")).to_have_text("Ügyfélportál")
    expect(phone.get_by_label("Azonosító")).to_be_visible()
    expect(phone.locator("main")).to_contain_text("mindig 12 karakter")
    look(phone)
    phone.locator("input[autocomplete=current-password]").press_sequentially(sent[:5])
    expect(phone.get_by_text("Eddig 5 karakter")).to_be_visible()
    enter(phone, found.group(), sent)

    expect(phone).to_have_url("/jelszo")
    expect(phone.locator("main")).to_contain_text("Küldött jelszóval lépett be, kérjük, cserélje le.")
    look(phone)
    choose(phone, f"{sent}x")
    expect(phone.locator("main")).to_contain_text("A jelenlegi jelszó nem egyezik.")
    look(phone)
    phone.goto("/kuldemenyek")
    expect(phone).to_have_url("/jelszo")
    ready(phone)
    choose(phone, sent)

    expect(phone).to_have_url("/kuldemenyek")
    expect(phone.locator("#notice")).to_contain_text("Jelszavát beállítottuk.")
    expect(phone.locator(".brand-portal")).to_have_text("Ügyfélportál")
    look(phone)


def send_at_once(db: Session, phone: str) -> None:
    """Let it be day, whenever the tests run."""
    db.exec(update(Job).where(col(Job.recipient) == phone).values(urgent=True, not_before=now()))


@pytest.mark.requirement("R67")
@pytest.mark.requirement("R69")
@pytest.mark.requirement("R70")
def test_who_forgot_the_password_gets_another_by_sms_which_replaces_the_old_one(
    house: House, portal: Product, address: str, page: Page, new_visitor: NewVisitor
) -> None:
    number = a_phone()
    full_customer(house, address, login=str(100_000_000 + uuid4().int % 899_999_999), phone=number, now=now())
    login = login_of(house, address)

    open_page(page, PAGE)
    page.get_by_role("link", name="Elfelejtette jelszavát?").click()
    expect(page).to_have_url("/elfelejtett-jelszo?portal=ugyfelportal")
    ready(page)
    look(page)
    page.get_by_label("Azonosító").fill(login)
    page.get_by_role("button", name="Új jelszó igénylése").click()
    ready(page)
    ways_out = ("+36 1 555 0100", "ugyfelszolgalat@mintabiztosito")
    for words in ("Lehet, hogy elírta az azonosítót.", "nem tud SMS-t fogadni", *ways_out):
        expect(page.locator("main")).to_contain_text(words)
    look(page)
    sent = wait_for_sms(portal.settings.outgoing, number)

    other = new_visitor().new_page()
    open_page(other, PAGE)
    enter(other, login, FULL_PASSWORD)
    expect(other).to_have_url("/kuldemenyek")
    page.get_by_role("link", name="Vissza a belépéshez").click()
    ready(page)
    enter(page, login, sent)
    expect(page).to_have_url("/jelszo")
    choose(page, sent)
    expect(page).to_have_url("/kuldemenyek")


@pytest.mark.requirement("R37")
def test_after_ten_mistakes_a_password_by_sms_opens_the_door(house: House, portal: Product, address: str, page: Page) -> None:
    number = a_phone()
    full_customer(house, address, login=str(100_000_000 + uuid4().int % 899_999_999), phone=number, now=now())
    login = login_of(house, address)
    Guest(house, uuid4().hex).fail(login, 10)

    open_page(page, PAGE)
    enter(page, login, FULL_PASSWORD)
    expect(page.get_by_role("heading", level=1)).to_have_text("A belépést biztonsági okból letiltottuk")
    expect(page.locator("main")).to_contain_text("új jelszót küldünk SMS-ben vagy e-mailben")
    look(page)
    page.get_by_role("button", name="Új jelszó igénylése").click()
    ready(page)
    sent = wait_for_sms(portal.settings.outgoing, number)
    open_page(page, PAGE)
    enter(page, login, sent)

    expect(page).to_have_url("/jelszo")
    choose(page, sent)
    expect(page).to_have_url("/kuldemenyek")


def test_a_sent_password_that_came_too_late_is_told_with_the_way_to_another(
    house: House, portal: Product, address: str, page: Page
) -> None:
    number = a_phone()
    customer = full_customer(house, address, login=str(100_000_000 + uuid4().int % 899_999_999), phone=number, now=now())
    login = login_of(house, address)
    open_page(page, "/elfelejtett-jelszo?portal=ugyfelportal")
    page.get_by_label("Azonosító").fill(login)
    page.get_by_role("button", name="Új jelszó igénylése").click()
    ready(page)
    sent = wait_for_sms(portal.settings.outgoing, number)
    with house.database.writing() as db:
        late = update(Credential).where(col(Credential.account_id) == customer.account_id, col(Credential.kind) == "sent")
        db.exec(late.values(valid_until=now()))

    open_page(page, PAGE)
    enter(page, login, sent)
    expect(page.get_by_role("heading", level=1)).to_have_text("Lejárt a jelszó, amelyet küldtünk")
    look(page)
    page.get_by_role("button", name="Új jelszó igénylése").click()
    ready(page)
    another = wait_for_sms(portal.settings.outgoing, number, number=2)

    open_page(page, PAGE)
    enter(page, login, another)
    expect(page).to_have_url("/jelszo")


def test_an_identifier_typed_where_no_portal_was_asked_for_leads_home_without_a_word(
    house: House, address: str, page: Page
) -> None:
    full_customer(house, address, login=str(100_000_000 + uuid4().int % 899_999_999), now=now())
    open_page(page, "/belepes")
    expect(page.get_by_label("E-mail-cím vagy azonosító")).to_be_visible()
    expect(page.get_by_role("link", name="Ügyfélportál belépés")).to_be_visible()

    enter(page, login_of(house, address), FULL_PASSWORD)

    expect(page).to_have_url("/kuldemenyek")
    expect(page.locator("#empty, table, #wrong-place").first).to_be_visible()
    expect(page.locator("#notice")).to_be_empty()


def test_whoever_asked_for_another_portal_is_told_once_on_the_first_page(house: House, address: str, page: Page) -> None:
    full_customer(house, address, login=str(100_000_000 + uuid4().int % 899_999_999), now=now())
    open_page(page, "/belepes?vissza=/szerzodesek&portal=kuldemenyeim")

    enter(page, login_of(house, address), FULL_PASSWORD)

    expect(page).to_have_url("/szerzodesek")
    expect(page.locator("#notice")).to_contain_text("Ön most itt van: Ügyfélportál.")
    page.get_by_role("link", name="Dokumentumaim").first.click()
    expect(page).to_have_url("/dokumentumok")
    expect(page.locator("#notice")).to_be_empty()
    page.go_back()
    expect(page).to_have_url("/szerzodesek")
    expect(page.locator("#notice")).to_be_empty()
