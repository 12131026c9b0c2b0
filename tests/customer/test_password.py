"""The change of the password: forced after the first sign-in, or wanted; nothing else answers before a forced one."""

import pytest
from sqlmodel import select, update

from portal_app.customer.password import PasswordState
from portal_app.customer.profile import ProfileState
from portal_app.customer.routes import PAGES, ROUTES
from portal_app.customer.welcome import WelcomeState
from portal_app.database.tables import SignIn
from portal_app.domain.actors import Stage
from portal_app.gateways.clock import now
from portal_app.services.house import House
from tests.cast import ANNA, ANNAS_PASSWORD
from tests.customer.browsing import Browser, NewBrowser
from tests.visitors import active, post_to

NEW = "ZoldHegy58Ut"


@pytest.fixture
async def anna(house: House, new_browser: NewBrowser) -> Browser:
    """Anna's browser, signed in."""
    active(house, ANNA, ANNAS_PASSWORD, now=now())
    browser = new_browser()
    await browser.sign_in(ANNA, ANNAS_PASSWORD)
    return browser


@pytest.fixture
def forced(house: House, anna: Browser) -> Browser:
    """The same, as it stands right after a first sign-in."""
    with house.database.writing() as db:
        db.exec(update(SignIn).values(stage=Stage.MUST_CHANGE))
    return anna


async def change(browser: Browser, new: str, again: str | None = None, current: str = ANNAS_PASSWORD) -> str:
    """Send the form; give where it leads."""
    answer = await browser.post("/jelszo", current=current, new=new, again=new if again is None else again)
    return str(answer.headers["location"])


@pytest.mark.requirement("R17")
@pytest.mark.requirement("R23")
async def test_a_good_new_password_leads_to_the_letters_under_a_new_cookie(anna: Browser, new_browser: NewBrowser) -> None:
    before = anna.cookies["portal_sign_in"]

    assert await change(anna, NEW) == "/kuldemenyek"

    assert anna.cookies["portal_sign_in"] != before
    assert await anna.leads_to("/kuldemenyek") == "/kuldemenyek"
    assert (await new_browser().sign_in(ANNA, NEW)).headers["location"] == "/kuldemenyek"
    assert (await new_browser().sign_in(ANNA, ANNAS_PASSWORD)).headers["location"] == "/belepes"


async def test_the_first_page_afterwards_says_once_until_when_it_holds(anna: Browser) -> None:
    await change(anna, NEW)

    news = await anna.shown(WelcomeState, "greet")
    again = await anna.shown(WelcomeState, "greet")

    assert news.notice.startswith("Jelszavát beállítottuk. Lejár: ")
    assert again.notice == ""


@pytest.mark.parametrize(
    ("new", "missing"),
    [
        ("ABcdefghijklmn123", "8–16 karakter"),
        ("ABCDEFGh12YZ", "legalább 2 ékezet nélküli kisbetű"),
        ("zoldhegyuT58", "legalább 2 ékezet nélküli nagybetű"),
        ("ZoldHegyUtca5", "legalább 2 számjegy"),
        ("ZoldHegy58Ut!", "csak ékezet nélküli betű és számjegy. Nem használható karakter: „!”"),
        ("ZöldHegy58Út", "csak ékezet nélküli betű és számjegy. Nem használható karakter: „ö”, „Ú”"),
        ("Password12AB", "nem könnyen kitalálható, és nincs benne a neve"),
        (ANNAS_PASSWORD, "nem könnyen kitalálható, és nincs benne a neve"),
    ],
)
@pytest.mark.requirement("R29")
@pytest.mark.requirement("R30")
@pytest.mark.requirement("R31")
@pytest.mark.requirement("R32")
@pytest.mark.requirement("R33")
async def test_a_password_that_breaks_a_rule_is_refused_in_words(anna: Browser, new: str, missing: str) -> None:
    assert await change(anna, new) == "/jelszo"

    shown = await anna.shown(PasswordState)
    assert shown.new_error == "Az új jelszó még nem felel meg minden feltételnek."
    assert missing in shown.new_hint
    assert new not in repr(shown.dict())
    assert await anna.leads_to("/kuldemenyek") == "/kuldemenyek"


async def test_a_former_password_may_not_come_back(anna: Browser) -> None:
    await change(anna, NEW)

    assert await change(anna, NEW, current=NEW) == "/jelszo"

    assert (await anna.shown(PasswordState)).new_hint == "Ez hiányzik: nem az utolsó 3 jelszó egyike."


async def test_the_two_new_passwords_must_be_the_same(anna: Browser) -> None:
    assert await change(anna, NEW, "ZoldHegy58Uz") == "/jelszo"

    shown = await anna.shown(PasswordState)
    assert (shown.new_error, shown.again_error) == (
        "",
        "A két új jelszó nem egyezik. Írja be mindkét mezőbe ugyanazt.",
    )


async def test_the_current_password_has_to_be_right(anna: Browser, new_browser: NewBrowser) -> None:
    assert await change(anna, NEW, current="Rossz1Jelszo2") == "/jelszo"

    assert (await anna.shown(PasswordState)).current_error == "A jelenlegi jelszó nem egyezik."
    assert (await anna.shown(ProfileState)).outcome == ""
    assert (await new_browser().sign_in(ANNA, ANNAS_PASSWORD)).headers["location"] == "/kuldemenyek"


async def test_ten_wrong_current_passwords_end_the_sign_in(anna: Browser) -> None:
    led = [await change(anna, NEW, current="Rossz1Jelszo2") for _ in range(11)]

    assert led == ["/jelszo"] * 10 + ["/belepes"]
    assert (await anna.leads_to("/kuldemenyek")).startswith("/belepes")


async def test_other_browsers_are_signed_out_and_the_owner_is_told(house: House, anna: Browser, new_browser: NewBrowser) -> None:
    elsewhere = new_browser()
    await elsewhere.sign_in(ANNA, ANNAS_PASSWORD)

    await change(anna, NEW)

    assert await elsewhere.leads_to("/kuldemenyek") == "/belepes?lejart=1"
    assert len(post_to(house, ANNA, "password_changed")) == 1


@pytest.mark.requirement("R17")
async def test_before_a_forced_change_nothing_else_answers(forced: Browser) -> None:
    pages = [page for page in PAGES if page.is_static]
    answers = {page.path: await forced.leads_to(page.path) for page in pages}
    routes = {
        (route.method, route.path): await forced.get(route.path.replace("{page:int}", "1"), route.method) for route in ROUTES
    }

    open_pages = {path for path, leads_to in answers.items() if leads_to == path}
    assert answers["/kuldemenyek"] == answers["/beallitasok"] == "/jelszo"
    assert "/jelszo" in open_pages
    assert not {"/kuldemenyek", "/beallitasok", "/atlepes", "/belepes", "/elso-belepes", "/uj-jelszo"} & open_pages
    closed = {key for key, answer in routes.items() if answer.headers.get("location") == "/jelszo"}
    assert ("POST", "/belepes") in closed
    assert ("POST", "/beallitasok") in closed


@pytest.mark.requirement("R17")
async def test_the_forced_change_does_not_ask_for_the_initial_password_again(house: House, forced: Browser) -> None:
    shown = await forced.shown(PasswordState)

    answer = await forced.post("/jelszo", new=NEW, again=NEW)

    assert shown.forced
    assert answer.headers["location"] == "/kuldemenyek"
    with house.database.reading() as db:
        assert db.exec(select(SignIn.stage)).one() == Stage.FULL


async def test_a_stranger_changes_nothing(house: House, new_browser: NewBrowser) -> None:
    active(house, ANNA, ANNAS_PASSWORD, now=now())

    answer = await new_browser().post("/jelszo", current=ANNAS_PASSWORD, new=NEW, again=NEW)

    assert answer.headers["location"] == "/belepes"
    assert (await new_browser().sign_in(ANNA, ANNAS_PASSWORD)).headers["location"] == "/kuldemenyek"
