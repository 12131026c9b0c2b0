"""Merging accounts through the real routes: nothing is said before it is proved, and what is done can be undone."""

from dataclasses import replace
from time import perf_counter

import pytest
from sqlmodel import col, select, update

from portal_app.customer.merge import MergeState
from portal_app.database.tables import Application, Credential, FailureBucket
from portal_app.gateways.clock import now
from portal_app.gateways.hashing import PasswordHashing
from portal_app.services.house import House, use_house
from tests.accounts import FIRST, FIRST_POLICY, SECOND, SECOND_PASSWORD, SECOND_POLICY, Opened, open_full
from tests.cast import ANNA, ANNAS_PASSWORD
from tests.customer.browsing import Browser, NewBrowser
from tests.visitors import FULL_PASSWORD, active, post_to, secret_of

WORK = "anna.kovacs@munka.example"
WRONG = "Rossz.Jelszo-2026"
PAGE = "/osszevonas"


@pytest.fixture
def first(house: House) -> Opened:
    """The account Anna signs in to."""
    return open_full(house, FIRST, FIRST_POLICY, now=now())


@pytest.fixture
def second(house: House) -> Opened:
    """Anna's other account, at another address."""
    return open_full(house, SECOND, SECOND_POLICY, email=WORK, password=SECOND_PASSWORD, letters=2, now=now())


async def signed_in(new_browser: NewBrowser, login: str = FIRST, password: str = FULL_PASSWORD) -> Browser:
    browser = new_browser()
    await browser.sign_in(login, password)
    return browser


async def prove(browser: Browser, login: str = SECOND, password: str = SECOND_PASSWORD) -> MergeState:
    """Send the form with the other account's identifier and password, and look at the page."""
    answer = await browser.post(PAGE, act="prove", login=login, password=password)
    assert (answer.status_code, answer.headers["location"], answer.text) == (303, PAGE, "")
    return await browser.shown(MergeState)


async def merge(browser: Browser) -> None:
    shown = await prove(browser)
    answer = await browser.post(PAGE, act="merge", other=shown.proved[0].id)
    assert answer.headers["location"] == f"{PAGE}?osszevonva=1"


@pytest.mark.requirement("R56")
@pytest.mark.requirement("R57")
async def test_after_proving_and_confirming_everything_is_in_one_place(
    house: House, new_browser: NewBrowser, first: Opened, second: Opened
) -> None:
    browser = await signed_in(new_browser)

    shown = await prove(browser)
    assert [(one.login, one.policies, one.letters) for one in shown.proved] == [("105 332 871", [SECOND_POLICY], "2 küldemény")]
    await merge(browser)

    assert (first.policies(), len(first.letters())) == ([FIRST_POLICY, SECOND_POLICY], 3)
    assert [len(post_to(house, address, "accounts_merged")) for address in (ANNA, WORK)] == [1, 1]
    assert (await new_browser().sign_in(SECOND, FULL_PASSWORD)).headers["location"] == "/kuldemenyek"
    assert second.row().status == "merged"


@pytest.mark.requirement("R57")
async def test_undoing_lets_both_sign_in_on_their_own_again(new_browser: NewBrowser, first: Opened, second: Opened) -> None:
    browser = await signed_in(new_browser)
    await merge(browser)
    shown = await browser.shown(MergeState)
    assert [(one.login, one.policies) for one in shown.merges] == [("105 332 871", SECOND_POLICY)]
    assert (shown.login, shown.proved) == ("", [])

    answer = await browser.post(PAGE, act="undo", merge=shown.merges[0].id)
    afterwards = await browser.shown(MergeState)

    assert answer.headers["location"] == f"{PAGE}?visszavonva=1"
    assert (afterwards.login, afterwards.proved, afterwards.merges) == ("", [], [])
    assert (first.policies(), second.policies()) == ([FIRST_POLICY], [SECOND_POLICY])
    assert (await new_browser().sign_in(SECOND, SECOND_PASSWORD)).headers["location"] == "/kuldemenyek"


async def test_the_other_accounts_browsers_are_signed_out(new_browser: NewBrowser, first: Opened, second: Opened) -> None:
    elsewhere = await signed_in(new_browser, SECOND, SECOND_PASSWORD)
    assert await elsewhere.leads_to("/kuldemenyek") == "/kuldemenyek"

    await merge(await signed_in(new_browser))

    assert (await elsewhere.leads_to("/kuldemenyek")).startswith("/belepes")
    assert (first.row().status, second.row().status) == ("active", "merged")


async def test_the_page_says_nothing_of_an_account_that_is_not_proved(
    house: House, new_browser: NewBrowser, first: Opened, second: Opened
) -> None:
    seen = []
    for login in (SECOND, "999888777"):
        browser = await signed_in(new_browser)
        shown = await prove(browser, login, WRONG)
        seen.append((shown.login_error, shown.picture, shown.proved, shown.merges, shown.shared, shown.refused))
        forged = await browser.post(PAGE, act="merge", other=second.row().public_id)
        assert forged.headers["location"] == PAGE
        with house.database.writing() as db:
            db.exec(update(FailureBucket).values(not_before=None))

    assert seen[0] == seen[1]
    assert seen[0][0] == "Az azonosító vagy a jelszó nem egyezik."
    assert (first.policies(), second.row().status) == ([FIRST_POLICY], "active")


async def test_trying_an_unknown_identifier_takes_as_long_as_a_known_one(
    house: House, new_browser: NewBrowser, first: Opened, second: Opened
) -> None:
    with PasswordHashing(house.secrets, cost=10) as slower:
        use_house(replace(house, hashing=slower))
        with house.database.writing() as db:
            for opened, password in ((first, FULL_PASSWORD), (second, SECOND_PASSWORD)):
                theirs = update(Credential).where(col(Credential.account_id) == opened.id)
                db.exec(theirs.values(hash=slower.hash(password)))
        # Other work on this machine disturbs a round now and then; what an attacker could see, every round would show.
        for number in range(12):
            apart = await fastest_apart(house, new_browser, number)
            if apart < 0.2:
                break

    assert apart < 0.2


async def fastest_apart(house: House, new_browser: NewBrowser, number: int) -> float:
    """Say how far the fastest answers for a known and an unknown identifier lie apart, as a share."""
    browser = new_browser(source=f"203.0.113.{number}")
    await browser.sign_in(FIRST, FULL_PASSWORD)
    took: dict[str, list[float]] = {SECOND: [], "999888777": []}
    for _ in range(4):
        for login, times in took.items():
            with house.database.writing() as db:
                db.exec(update(FailureBucket).values(not_before=None, failures=0))
            began = perf_counter()
            await browser.post(PAGE, act="prove", login=login, password=WRONG)
            times.append(perf_counter() - began)
    known, unknown = (min(times) for times in took.values())
    return abs(known / unknown - 1)


async def test_a_code_to_the_address_that_both_confirmed_proves_the_other_one(house: House, new_browser: NewBrowser) -> None:
    here = open_full(house, FIRST, FIRST_POLICY, now=now())
    open_full(house, SECOND, SECOND_POLICY, password=SECOND_PASSWORD, now=now())
    browser = await signed_in(new_browser)
    shown = await browser.shown(MergeState)
    assert (shown.shared, shown.contact, shown.code_sent, shown.proved) == ("email", "a***@pelda.example", False, [])

    await browser.post(PAGE, act="send_code")
    assert (await browser.shown(MergeState)).code_sent
    await browser.post(PAGE, act="give_code", contact_code="12")
    assert (await browser.shown(MergeState)).code_error != ""
    await browser.post(PAGE, act="give_code", contact_code=secret_of(house, post_to(house, ANNA, "confirmation_code")[0]))
    shown = await browser.shown(MergeState)
    await browser.post(PAGE, act="merge", other=shown.proved[0].id)

    assert here.policies() == [FIRST_POLICY, SECOND_POLICY]


async def test_no_code_goes_out_where_nothing_is_shared(
    house: House, new_browser: NewBrowser, first: Opened, second: Opened
) -> None:
    browser = await signed_in(new_browser)

    await browser.post(PAGE, act="send_code")

    assert (await browser.shown(MergeState)).shared == ""
    assert [post_to(house, address, "confirmation_code") for address in (ANNA, WORK)] == [[], []]
    assert (first.row().status, second.row().status) == ("active", "active")


@pytest.mark.requirement("R58")
async def test_who_cannot_prove_it_sends_a_request_to_staff(house: House, new_browser: NewBrowser, first: Opened) -> None:
    browser = await signed_in(new_browser)

    sent = [
        await browser.post(PAGE, act="request", nonce="n" * 32, other_login="105 332 871", words="LAK-2026-000012, ABC-123")
        for _ in range(2)
    ]

    with house.database.reading() as db:
        found = db.exec(select(Application)).all()
    assert [(one.kind, one.account_id) for one in found] == [("merge", first.id)]
    assert {answer.headers["location"] for answer in sent} == {f"/kerelmek/{found[0].public_id}"}
    assert len(post_to(house, ANNA, "application_received")) == 1


async def test_only_customers_of_portals_with_several_accounts_see_the_page(house: House, new_browser: NewBrowser) -> None:

    active(house, ANNA, ANNAS_PASSWORD, now=now())
    browser = await signed_in(new_browser, ANNA, ANNAS_PASSWORD)

    assert await browser.leads_to(PAGE) == "/kuldemenyek"
    assert (await new_browser().leads_to(PAGE)).startswith("/belepes")
