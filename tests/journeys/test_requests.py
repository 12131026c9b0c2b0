"""Ügyintézés as customers tell it: from a policy by post to the first electronic letter, and the way back."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Page, expect

from portal_app.domain.actors import Customer
from portal_app.domain.applications import ApplicationKind
from portal_app.gateways.clock import now
from portal_app.services.house import House, open_house
from tests.asking import asked, policy_of
from tests.handing_over import letter, policy
from tests.journeys.looking import look, open_page, ready
from tests.journeys.post_box import mails_to, wait_for_mail
from tests.journeys.product import Product
from tests.visitors import FULL_PASSWORD, full_customer

PATH = (
    "Változások bejelentése",
    "Módosítás bejelentése",
    "Szerződéses adatok módosítása",
    "Elektronikus kommunikáció iránti kérelem",
)


@dataclass
class Core:
    """The insurer's core system at the running product's API."""

    url: str
    key: str

    def put_policy(self, number: str, **changes: object) -> httpx.Response:
        """State a policy."""
        return self._send("PUT", f"/policies/{number}", policy(**changes))

    def deliver(self, number: str) -> httpx.Response:
        """Hand over one letter."""
        return self._send("POST", "/deliveries", letter(f"REF-{uuid4().hex}", policy_number=number))

    def _send(self, method: str, path: str, body: object) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.key}", "Idempotency-Key": uuid4().hex}
        return httpx.request(method, f"{self.url}/api/v1{path}", json=body, headers=headers, timeout=30)


@dataclass
class Resident:
    """A customer of the full portal with one policy by post."""

    customer: Customer
    login: str
    email: str
    number: str


@pytest.fixture(scope="module")
def house(portal: Product) -> Iterator[House]:
    """The running product's own house."""
    opened = open_house(portal.settings)
    yield opened
    opened.database.close()


@pytest.fixture(scope="module")
def core(portal: Product) -> Core:
    """The core system with a key of its own."""
    return Core(portal.url, portal.command("key", "create", "--name", f"core-{uuid4().hex[:8]}").strip())


@pytest.fixture
def resident(house: House, core: Core) -> Resident:
    """Somebody who signs in to the full portal and whose policy goes by post."""
    mark = uuid4().hex[:8]
    login, email, number = str(100_000_000 + uuid4().int % 900_000_000), f"{mark}@pelda.example", f"KGFB-{mark}"
    customer = full_customer(house, email, login=login, customer_ref=f"C-{mark}", now=now())
    stated = core.put_policy(
        number, communication="postal", holder_email=email, holder_customer_ref=f"C-{mark}", plate_number="ABC-123"
    )
    assert stated.status_code == httpx.codes.CREATED
    return Resident(customer, login, email, number)


def enter(page: Page, login: str) -> None:
    """Sign in to the full portal."""
    open_page(page, "/belepes?portal=ugyfelportal")
    page.locator("[autocomplete=username]").fill(login)
    page.locator("[autocomplete=current-password]").fill(FULL_PASSWORD)
    page.get_by_role("button", name="Belépés", exact=True).click()
    expect(page).to_have_url(re.compile("/kuldemenyek"))
    ready(page)


def titled(page: Page, title: str | re.Pattern[str]) -> None:
    """Wait until the page's heading says this."""
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def go_on(page: Page) -> None:
    """Press the button that leads to the next question."""
    page.get_by_role("button", name="Tovább").click()


def fill_in(page: Page, number: str) -> None:
    """Answer one question a page, forget one answer, reload before sending, and send."""
    page.get_by_role("link", name="Kérelem kitöltése").click()
    titled(page, "Melyik szerződésről van szó?")
    page.get_by_label(re.compile(number)).check()
    look(page)
    go_on(page)
    titled(page, "Elfogadja az elektronikus kommunikáció feltételeit?")
    go_on(page)
    expect(page.get_by_role("alert")).to_contain_text("jelölje be, hogy elfogadja")
    look(page)
    page.get_by_label(re.compile("Elfogadom a feltételeket")).check()
    go_on(page)
    titled(page, "A számviteli bizonylatok is ide érkezzenek?")
    page.get_by_label(re.compile("^Igen")).check()
    look(page)
    go_on(page)
    titled(page, "Ellenőrizze a válaszait")
    page.reload()
    ready(page)
    expect(page.get_by_text(number)).to_be_visible()
    look(page)
    page.get_by_role("button", name="Kérelem beküldése").click()


@pytest.mark.requirement("R71")
@pytest.mark.requirement("R72")
@pytest.mark.requirement("R74")
@pytest.mark.requirement("R76")
@pytest.mark.requirement("R77")
@pytest.mark.requirement("R78")
def test_from_a_policy_by_post_to_the_first_electronic_letter(
    page: Page, portal: Product, core: Core, resident: Resident
) -> None:
    assert core.deliver(resident.number).json()["code"] == "recipient_postal"
    enter(page, resident.login)

    # The path of the source document, level by level.
    open_page(page, "/ugyintezes")
    titled(page, "Ügyintézés")
    expect(page.get_by_role("link", name="Elektronikus levelezést kérek")).to_be_visible()
    look(page)
    main = page.get_by_role("main")
    for level in PATH:
        main.get_by_role("link", name=level, exact=True).last.click()
        titled(page, level)
        look(page)
    crumbs = page.get_by_role("navigation", name="Itt jár most").get_by_role("listitem")
    expect(crumbs).to_have_text(["Ügyintézés", *PATH])

    fill_in(page, resident.number)

    # The confirmation: number, date, receipt.
    titled(page, PATH[-1])
    expect(page.locator("#request-received")).to_contain_text(re.compile(r"K-\d{4}-[A-Z2-9]{6}"))
    expect(page.locator("#request-received")).to_contain_text(re.compile(r"15 napon belül, legkésőbb .+-ig átvezetjük"))
    look(page)
    reference = re.search(r"K-\d{4}-\w{6}", page.locator("#request-received").inner_text())
    assert reference
    with page.expect_download() as receipt:
        page.get_by_role("link", name="Igazolás letöltése").click()
    assert receipt.value.path().read_bytes().startswith(b"%PDF-")
    assert reference.group() in wait_for_mail(portal.settings.outgoing, resident.email, "Megkaptuk").subject
    (listed,) = [one for one in json.loads(portal.command("requests", "--json")) if one["reference"] == reference.group()]
    assert (listed["kind"], listed["policy_number"], listed["facts"]) == (
        "electronic", resident.number, {"accounting": "yes", "terms": "yes"},
    )  # fmt: skip

    # It is carried out while the page is open, and the next letter arrives.
    portal.command("decide", reference.group(), "--fulfil")
    expect(page.get_by_text("A szerződés levelei ezentúl ide érkeznek")).to_be_visible(timeout=5_000)
    look(page)
    assert core.deliver(resident.number).status_code == httpx.codes.CREATED
    wait_for_mail(portal.settings.outgoing, resident.email, "küldeménye érkezett")
    open_page(page, "/kuldemenyek")
    expect(page.get_by_role("link", name="Díjfizetési felszólító")).to_be_visible()


@pytest.mark.requirement("R28")
def test_going_back_to_post_and_changing_ones_mind(
    page: Page, portal: Product, core: Core, house: House, resident: Resident
) -> None:
    number = f"CASCO-{uuid4().hex[:8]}"
    policy_of(house, resident.customer, number, holder_name="Kiss Anna", email=resident.email, as_of=now())
    enter(page, resident.login)
    open_page(page, "/ugyintezes?keres=posta")
    look(page)
    page.get_by_role("link", name="Postai levelezést kérek").click()
    titled(page, "Postai levelezés kérése")
    page.get_by_role("link", name="Kérelem kitöltése").click()
    expect(page.get_by_label(re.compile(number))).to_be_checked()
    go_on(page)
    titled(page, "Mi az új levelezési cím?")
    go_on(page)
    expect(page.get_by_role("alert")).to_contain_text("Írja be a négyjegyű irányítószámot")
    look(page)
    for field, text in (("#postcode", "1117"), ("#town", "Budapest"), ("#street", "Fehérvári út 1.")):
        page.locator(field).fill(text)
    go_on(page)
    titled(page, "Ellenőrizze a válaszait")
    page.get_by_role("button", name="Kérelem beküldése").click()
    expect(page.locator("#request-received")).to_be_visible()

    (request,) = [one for one in json.loads(portal.command("requests", "--json")) if one["policy_number"] == number]
    portal.command("decide", request["reference"], "--ask", "Mi a rendszám?")
    expect(page.get_by_text("Mi a rendszám?").first).to_be_visible(timeout=5_000)
    look(page)
    page.locator("#words").fill("ABC-123")
    page.get_by_role("button", name="Válasz elküldése").click()
    expect(page.get_by_text("Folyamatban").first).to_be_visible()
    portal.command("decide", request["reference"], "--fulfil")
    expect(page.get_by_text("ezentúl postán érkeznek")).to_be_visible(timeout=5_000)
    assert core.deliver(number).json()["code"] == "recipient_postal"


def test_requests_are_listed_sorted_and_withdrawn(page: Page, house: House, resident: Resident) -> None:
    number = f"LAK-{uuid4().hex[:8]}"
    policy_of(house, resident.customer, number, as_of=now())
    enter(page, resident.login)
    open_page(page, "/kerelmek")
    expect(page.get_by_text("Még nincs kérelme")).to_be_visible()
    look(page)
    first = asked(house, resident.customer, ApplicationKind.PHONE, policy=number, nonce="1", now=now())
    asked(house, resident.customer, ApplicationKind.ADDRESS, policy=number, nonce="2", now=now())

    expect(page.get_by_role("row")).to_have_count(3, timeout=5_000)
    look(page)
    page.get_by_role("button", name="Kérelem", exact=True).click()
    expect(page).to_have_url(re.compile("rendez=kind"))
    expect(page.get_by_role("row").nth(1)).to_contain_text("Levelezési cím módosítása")
    page.get_by_role("link", name="Telefonszám módosítása").click()
    expect(page.get_by_text(first.reference).first).to_be_visible()
    page.get_by_role("button", name="Kérelem visszavonása").click()
    look(page)
    page.get_by_role("button", name="Igen, visszavonom").click()

    expect(page.get_by_text("Visszavonva").first).to_be_visible()
    look(page)


@pytest.mark.requirement("R73")
@pytest.mark.requirement("R75")
def test_somebody_without_an_account_asks_and_gets_one(page: Page, portal: Product, core: Core) -> None:
    mark = uuid4().hex[:8]
    number, email = f"KGFB-{mark}", f"postas-{mark}@pelda.example"
    core.put_policy(number, communication="postal", holder_email=None, sales_route="broker_online", plate_number="XYZ-987")

    open_page(page, "/ugyintezes/elektronikus-levelezes")
    titled(page, "Elektronikus levelezést kérek")
    look(page)
    page.get_by_role("button", name="Kérelem beküldése").click()
    expect(page.get_by_role("alert")).to_contain_text("Írja be a kötvényszámot")
    look(page)
    page.locator("#policy-number").fill(number)
    page.locator("#plate-number").fill("XYZ-987")
    page.get_by_role("button", name="Kérelem beküldése").click()
    expect(page.get_by_role("alert")).not_to_contain_text("Írja be a kötvényszámot")
    expect(page.locator("#policy-number")).to_have_value(number)
    for field, text in (("policy-number", number), ("plate-number", "XYZ-987"), ("name", "Minta Anna"), ("email", email)):
        page.locator(f"#{field}").fill(text)
    page.locator("#phone").fill("06 30 111 2233")
    page.get_by_label(re.compile("Elfogadom a feltételeket")).check()
    with page.expect_download() as declaration:
        page.get_by_role("link", name=re.compile("elektronikus kommunikáció feltételei")).click()
    page.get_by_role("button", name="Kérelem beküldése").click()

    expect(page.locator("#outside-sent")).to_contain_text(re.compile(r"K-\d{4}-[A-Z2-9]{6}"))
    look(page)
    assert declaration.value.path().read_bytes().startswith(b"%PDF-")
    wait_for_mail(portal.settings.outgoing, email, "Megkaptuk")
    assert len(mails_to(portal.settings.outgoing, email)) == 1
    (request,) = [one for one in json.loads(portal.command("requests", "--json")) if one["policy_number"] == number]
    assert request["fits"] == {"policy": True, "name": True, "plate_number": True, "phone": False, "email": False}
    portal.command("decide", request["reference"], "--fulfil")
    wait_for_mail(portal.settings.outgoing, email, "Döntöttünk")
    wait_for_mail(portal.settings.outgoing, email, "felhasználóneve")
