"""Registering over HTTP: who should not, the same answer for everybody, and what the new account holds."""

from collections.abc import Iterator
from datetime import timedelta
from time import perf_counter

import httpx
import pytest
from sqlmodel import func, select, update

from portal_app.customer import posted
from portal_app.customer.inbox.state import InboxState
from portal_app.customer.registration import RegistrationState, registration_pages, registration_routes
from portal_app.customer.registration_link import RegistrationLinkState
from portal_app.customer.sign_in import SignInState
from portal_app.database.tables import Account, Event, Link
from portal_app.gateways.clock import now
from portal_app.services import api_keys
from portal_app.services.house import House
from portal_app.settings import read_brand
from tests.cast import ANNA, BELA, DENES
from tests.customer.browsing import Browser, NewBrowser
from tests.handing_over import letter, policy
from tests.ingest.conftest import Core
from tests.visitors import FULL_PASSWORD, active, post_to, registered, secret_of

PAGE = "/regisztracio"
CONFIRM = f"{PAGE}/megerosites"
NAME = "kiss.anna"
CHARACTERS = "Csak ékezet nélküli betű, számjegy, pont, kötőjel és aláhúzás lehet a felhasználónévben."
ONLINE = {"sales_route": "online24", "holder_portal24_username": NAME}


@pytest.fixture
def core(house: House) -> Iterator[Core]:
    opened = Core(house.database.carry_out(api_keys.create_key, DENES, "core", now=now()))
    yield opened
    opened._runner.close()


async def fill_in(browser: Browser, **changes: str) -> httpx.Response:
    fields = {"login": NAME, "email": ANNA, "new": FULL_PASSWORD, "again": FULL_PASSWORD, "consent": "yes"} | changes
    return await browser.post(PAGE, **fields)


def link(house: House, email: str = ANNA) -> str:
    return f"{CONFIRM}/{secret_of(house, post_to(house, email, 'registration')[-1])}"


@pytest.mark.requirement("R90")
async def test_anybody_registers_confirms_and_is_signed_in(house: House, new_browser: NewBrowser) -> None:
    browser, elsewhere = new_browser(), new_browser()
    answer = await fill_in(browser)
    shown = await browser.shown(RegistrationState)

    arrived = await elsewhere.get(link(house))
    behind = await elsewhere.shown(RegistrationLinkState)
    entered = await elsewhere.post(CONFIRM, login=NAME, password=FULL_PASSWORD)

    assert (answer.status_code, answer.headers["location"]) == (303, PAGE)
    assert (shown.stage, shown.sent_to) == ("sent", f"Elküldtük a levelet ide: {ANNA}")
    assert (shown.portal_title, behind.portal_title) == ("Portál24", "Portál24")
    assert (arrived.status_code, arrived.headers["location"]) == (303, CONFIRM)
    assert (behind.stage, behind.whose, behind.name_words) == (
        "open", "Ezt az e-mail-címet erősíti meg: a***@pelda.example", f"Felhasználónév: {NAME}",
    )  # fmt: skip
    assert entered.headers["location"] == "/kuldemenyek"
    assert await elsewhere.leads_to("/kuldemenyek") == "/kuldemenyek"
    assert (await elsewhere.shown(InboxState)).total == 0


@pytest.mark.requirement("R87")
async def test_the_chosen_name_and_password_sign_in(house: House, new_browser: NewBrowser) -> None:
    registered(house, NAME, ANNA, now=now())
    browser = new_browser()

    wrong = await browser.sign_in(NAME, "Masik!Jelszo123")
    right = await browser.sign_in(NAME.upper(), FULL_PASSWORD)

    assert wrong.headers["location"] == "/belepes"
    assert right.headers["location"] == "/kuldemenyek"


@pytest.mark.requirement("R86")
@pytest.mark.requirement("R91")
async def test_contracts_and_letters_concluded_there_appear_there(house: House, new_browser: NewBrowser, core: Core) -> None:
    registered(house, NAME, ANNA, now=now())
    stated = await core.send("PUT", "/policies/P24-1", json=policy(**ONLINE))
    delivered = await core.send("POST", "/deliveries", json=letter("P24-L1", policy_number="P24-1"))
    browser = new_browser()
    await browser.sign_in(NAME, FULL_PASSWORD)

    assert (stated.status_code, stated.json()["portal"], stated.json()["account_status"]) == (201, "online24", "active")
    assert delivered.status_code == 201
    assert [row.policy for row in (await browser.shown(InboxState)).rows] == ["P24-1"]
    assert [job.kind for job in post_to(house, ANNA)] == ["registration", "arrival"]


@pytest.mark.requirement("R90")
async def test_nothing_concluded_elsewhere_appears_in_a_registered_account(
    house: House, new_browser: NewBrowser, core: Core
) -> None:
    registered(house, NAME, ANNA, now=now())
    for number, route in (("P-1", "direct"), ("P-2", "broker_online"), ("P-3", "branch")):
        more = {"holder_portal24_username": NAME}
        stated = await core.send("PUT", f"/policies/{number}", json=policy(sales_route=route, **more))
        assert stated.json()["portal"] != "online24"
        assert (await core.send("POST", "/deliveries", json=letter(f"L-{number}", policy_number=number))).status_code == 201
    browser = new_browser()
    await browser.sign_in(NAME, FULL_PASSWORD)

    assert (await browser.shown(InboxState)).total == 0


@pytest.mark.requirement("R91")
@pytest.mark.parametrize("confirmed", [False, True])
async def test_without_a_confirmed_registration_no_online_contract_is_taken(
    house: House, new_browser: NewBrowser, core: Core, confirmed: bool
) -> None:
    await fill_in(new_browser())
    if confirmed:
        broker = new_browser()
        await broker.get(link(house))
        await broker.post(CONFIRM, password=FULL_PASSWORD)

    stated = await core.send("PUT", "/policies/P24-1", json=policy(**ONLINE))
    unnamed = await core.send("PUT", "/policies/P24-2", json=policy(sales_route="online24"))

    assert stated.status_code == (201 if confirmed else 422)
    assert confirmed or stated.json()["code"] == "account_unknown"
    assert (unnamed.status_code, unnamed.json()["code"]) == (422, "account_unknown")


async def test_the_answer_is_the_same_whoever_is_known(house: House, new_browser: NewBrowser) -> None:
    registered(house, NAME, BELA, now=now())
    active(house, ANNA, "AnnaBela12", now=now())
    seen = set()
    for name, email in (("uj.nev1", "uj@pelda.example"), (NAME, "uj@pelda.example"), ("uj.nev2", ANNA), (NAME, ANNA)):
        browser = new_browser()
        answer = await fill_in(browser, login=name, email=email)
        shown = await browser.shown(RegistrationState)
        words = shown.sent_to.replace(email, "…")
        seen.add((answer.status_code, answer.headers["location"], answer.text, shown.stage, words, shown.name_error))

    assert seen == {(303, PAGE, "", "sent", "Elküldtük a levelet ide: …", "")}


async def test_the_answer_takes_the_same_time_whoever_is_known(
    house: House, new_browser: NewBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posted, "LOOPBACK_FACTOR", 1000)
    registered(house, NAME, BELA, now=now())
    browser = new_browser(source="127.0.0.1")
    took: dict[bool, list[float]] = {True: [], False: []}
    for number in range(12):
        for known in (True, False):
            began = perf_counter()
            await fill_in(browser, login=NAME if known else f"szabad.{number}", email=f"a{number}{known}@pelda.example")
            took[known].append(perf_counter() - began)

    known, unknown = sorted(took[True])[3], sorted(took[False])[3]
    assert 0.5 < known / unknown < 2


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"login": ""}, "name_error", "Adja meg a felhasználónevét"),
        ({"login": ANNA}, "name_error", "A felhasználónév nem lehet e-mail-cím. Válasszon másikat @ nélkül."),
        ({"login": "482 917 365"}, "name_error", CHARACTERS),
        ({"login": "482917365"}, "name_error", "Legyen a felhasználónévben betű is."),
        ({"login": "ann"}, "name_error", "A felhasználónév 5–40 karakter legyen."),
        ({"email": "anna"}, "email_error", "Ez nem e-mail-cím. Így néz ki: nev@pelda.hu"),
        ({"email": " "}, "email_error", "Adja meg az e-mail-címét"),
        ({"again": "Masik!Jelszo123"}, "again_error", "A két új jelszó nem egyezik. Írja be mindkét mezőbe ugyanazt."),
        ({"new": "", "again": ""}, "new_hint", "Adja meg az új jelszavát"),
        ({"consent": ""}, "consent_error", "Ehhez a fiókhoz szükség van az elfogadásra: jelölje be a négyzetet."),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_said_and_what_was_typed_stays(
    house: House, new_browser: NewBrowser, changes: dict[str, str], error: str, says: str
) -> None:
    browser = new_browser()

    await fill_in(browser, **changes)

    shown = await browser.shown(RegistrationState)
    wanted = {"login": NAME, "email": ANNA} | changes
    assert (shown.stage, shown.name, shown.email) == ("form", wanted["login"].strip(), wanted["email"].strip())
    assert getattr(shown, error) == says
    assert shown.consented is (changes.get("consent") != "")
    assert FULL_PASSWORD not in repr(shown.dict())
    with house.database.reading() as db:
        assert db.exec(select(func.count()).select_from(Account)).one() == 0


async def test_the_portals_own_password_rules_are_asked(house: House, new_browser: NewBrowser) -> None:
    browser = new_browser()
    await fill_in(browser, new="rovid1", again="rovid1")
    short = (await browser.shown(RegistrationState)).new_hint
    await fill_in(browser, new="Kiss.Anna.2026!", again="Kiss.Anna.2026!")
    own_name = (await browser.shown(RegistrationState)).new_hint

    assert short.startswith(
        "Ez hiányzik: legalább 12 karakter; legalább 1 ékezet nélküli nagybetű; legalább 1 különleges karakter"
    )
    assert own_name == "Ez hiányzik: nem könnyen kitalálható, és nincs benne a neve."


async def test_a_taken_name_is_told_behind_the_link_only(house: House, new_browser: NewBrowser) -> None:
    registered(house, NAME, BELA, now=now())
    await fill_in(new_browser())
    browser = new_browser()
    await browser.get(link(house))
    before = await browser.shown(RegistrationLinkState)
    await browser.post(CONFIRM, login=NAME, password=FULL_PASSWORD)
    again = await browser.shown(RegistrationLinkState)
    entered = await browser.post(CONFIRM, login="anna.kiss", password=FULL_PASSWORD)

    taken = "Ez a felhasználónév már másé. Válasszon másikat."
    assert [before.name_error, again.name_error, again.password_error] == [taken, taken, ""]
    assert entered.headers["location"] == "/kuldemenyek"
    assert (await new_browser().sign_in("anna.kiss", FULL_PASSWORD)).headers["location"] == "/kuldemenyek"


async def test_who_did_not_choose_the_password_confirms_nothing(house: House, new_browser: NewBrowser) -> None:
    await fill_in(new_browser())
    victim = new_browser()
    await victim.get(link(house))

    empty = await victim.post(CONFIRM, password="")
    words = [(await victim.shown(RegistrationLinkState)).password_error]
    wrong = await victim.post(CONFIRM, password="Masik!Jelszo123")
    words.append((await victim.shown(RegistrationLinkState)).password_error)

    assert [empty.headers["location"], wrong.headers["location"]] == [CONFIRM, CONFIRM]
    assert words == ["Írja be a választott jelszót", "A jelszó nem egyezik azzal, amelyet a regisztrációkor választott."]
    assert "portal_sign_in" not in victim.cookies
    with house.database.reading() as db:
        assert db.exec(select(Account.status)).one() == "unconfirmed"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_opening_the_link_consumes_nothing(house: House, new_browser: NewBrowser, method: str) -> None:
    await fill_in(new_browser())
    for _ in range(20):
        await new_browser().get(link(house), method)
    browser = new_browser()
    await browser.get(link(house))

    assert (await browser.post(CONFIRM, password=FULL_PASSWORD)).headers["location"] == "/kuldemenyek"


@pytest.mark.parametrize(
    ("state_of_link", "status"),
    [
        ({"used_at": now()}, "link_used"),
        ({"superseded_at": now()}, "link_superseded"),
        ({"valid_until": now() - timedelta(days=1)}, "link_expired"),
    ],
)
async def test_a_dead_link_says_why(house: House, new_browser: NewBrowser, state_of_link: dict[str, object], status: str) -> None:
    await fill_in(new_browser())
    with house.database.writing() as db:
        db.exec(update(Link).values(**state_of_link))
    browser = new_browser()
    await browser.get(link(house))
    tried = await browser.post(CONFIRM, password=FULL_PASSWORD)
    shown = await browser.shown(RegistrationLinkState)

    assert tried.headers["location"] == CONFIRM
    assert (shown.stage, shown.status, shown.whose, shown.name) == ("dead", status, "", "")


async def test_the_page_without_a_link_shows_nobodys_data(new_browser: NewBrowser) -> None:
    browser = new_browser()
    unknown = new_browser()
    await unknown.get(f"{CONFIRM}/{'x' * 43}")

    shown = [await visitor.shown(RegistrationLinkState) for visitor in (browser, unknown)]

    assert [(state.stage, state.status) for state in shown] == [("dead", "link_absent"), ("dead", "link_unknown")]


@pytest.mark.usefixtures("standing_window")
async def test_one_source_gets_only_so_many_mails(house: House, new_browser: NewBrowser) -> None:
    browser = new_browser()
    answers = [await fill_in(browser, login=f"nevem.{number}", email=f"a{number}@pelda.example") for number in range(12)]

    assert [answer.status_code for answer in answers] == [303] * 10 + [429] * 2
    with house.database.reading() as db:
        assert db.exec(select(func.count()).select_from(Account)).one() == 10


async def test_another_registration_can_be_begun_in_the_same_browser(new_browser: NewBrowser) -> None:
    browser = new_browser()
    await fill_in(browser)
    await browser.post(PAGE, act="start_over")

    shown = await browser.shown(RegistrationState)

    assert (shown.stage, shown.name, shown.email) == ("form", "", "")


async def test_a_customer_is_led_to_the_letters(house: House, new_browser: NewBrowser) -> None:
    registered(house, NAME, ANNA, now=now())
    browser = new_browser()
    await browser.sign_in(NAME, FULL_PASSWORD)

    assert await browser.leads_to(PAGE) == "/kuldemenyek"
    assert (await fill_in(browser, login="masik.nev")).headers["location"] == "/kuldemenyek"


async def test_a_forgotten_password_is_replaced_by_a_mailed_link(house: House, new_browser: NewBrowser) -> None:
    registered(house, NAME, ANNA, now=now())
    browser = new_browser()
    await browser.post("/elfelejtett-jelszo", login=NAME)
    await browser.get(f"/uj-jelszo/{secret_of(house, post_to(house, ANNA, 'password_link')[-1])}")

    changed = await browser.post("/uj-jelszo", new="Hegyi+Patak+2026", again="Hegyi+Patak+2026")

    assert changed.headers["location"] == "/kuldemenyek"
    assert (await new_browser().sign_in(NAME, "Hegyi+Patak+2026")).headers["location"] == "/kuldemenyek"


async def test_the_events_name_nobody(house: House, new_browser: NewBrowser) -> None:
    await fill_in(new_browser())

    with house.database.reading() as db:
        events = db.exec(select(Event)).all()
        said = repr([(event.act, event.actor_kind, event.actor_name, event.details) for event in events])
    assert "registration:asked" in said
    assert NAME not in said
    assert ANNA not in said


def test_only_a_brand_with_such_a_portal_has_a_registration() -> None:
    brands = [read_brand(name) for name in ("minta", "allianz", "union")]

    assert [len(registration_pages(brand)) for brand in brands] == [2, 0, 2]
    assert [len(registration_routes(brand)) for brand in brands] == [3, 0, 3]


async def test_the_sign_in_page_still_says_nothing_of_names(house: House, new_browser: NewBrowser) -> None:
    await fill_in(new_browser())
    unconfirmed, nobody = new_browser(), new_browser()
    await unconfirmed.sign_in(NAME, FULL_PASSWORD)
    await nobody.sign_in("senki24", FULL_PASSWORD)

    words = [(await browser.shown(SignInState)).password_error for browser in (unconfirmed, nobody)]

    assert words[0] == words[1] != ""
