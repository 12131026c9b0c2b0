"""Szerződéseim: a customer finds their own policies and what belongs to each; another's is as missing as none."""

from datetime import timedelta
from typing import Any

import pytest

from portal_app.browser import admission
from portal_app.customer.policies.addresses import number_in, policy_page
from portal_app.customer.policies.details import PolicyState
from portal_app.customer.policies.overview import PoliciesState
from portal_app.domain.actors import Customer, Stranger
from portal_app.domain.applications import ApplicationKind
from portal_app.domain.calendar import budapest_date
from portal_app.domain.errors import NotSignedIn, RequestInvalid
from portal_app.domain.kinds import LetterKind
from portal_app.gateways.clock import now
from portal_app.services import applications
from portal_app.services.applications import NewApplication
from portal_app.services.house import House
from portal_app.texts.dates import long_date
from tests.contracts import policy
from tests.correspondence import letter
from tests.customer.browsing import NewBrowser, at_the_door, do, tab_at

DAY = timedelta(days=1)


@pytest.mark.requirement("R40")
@pytest.mark.requirement("R2")
async def test_the_policies_are_listed_with_how_letters_come_and_what_is_due(
    house: House, anna: Customer, bela: Customer, new_browser: NewBrowser
) -> None:
    due = budapest_date(now()) + 3 * DAY
    car = policy(house, anna, "KGFB-1", plate_number="ABC-123", accounting_documents=True)
    policy(house, anna, "LAK-2", product="Otthonom", communication="postal", status="ended", ended_on=due)
    policy(house, bela, "KGFB-9", plate_number="BELA-001")
    letter(house, anna, kind=LetterKind.PAYMENT_NOTICE, policy_id=car, due_on=due, amount=12_450, at=now())
    browser = await at_the_door(new_browser)

    state = await browser.shown(PoliciesState, address="/szerzodesek")

    assert ([one.number for one in state.running], [one.number for one in state.ended_ones]) == (["KGFB-1"], ["LAK-2"])
    first, last = state.running[0], state.ended_ones[0]
    assert (first.plate, first.status, first.communication) == ("ABC-123", "Élő", "Elektronikusan, ezen a portálon")
    assert (first.amount.replace("\u00a0", " "), first.due, first.due_words) == (
        "12 450 Ft",
        long_date(due, "hu"),
        "3 nap múlva esedékes",
    )
    assert (last.product, last.status, last.communication) == ("Otthonom", f"Megszűnt: {long_date(due, 'hu')}", "Postai úton")
    assert (first.accounting, last.accounting) == ("Elektronikusan", "Nem kéri elektronikusan")


async def test_a_policy_is_searched_for_in_the_address(house: House, anna: Customer, new_browser: NewBrowser) -> None:
    policy(house, anna, "KGFB-1", plate_number="ABC-123")
    policy(house, anna, "LAK-2")
    browser = await at_the_door(new_browser)

    found = await browser.shown(PoliciesState, address="/szerzodesek?keres=abc%20123")
    nothing = await browser.shown(PoliciesState, address="/szerzodesek?keres=casco&oldal=7")

    assert ([one.number for one in found.running], found.range_words, found.search) == (["KGFB-1"], "1–1 / 1", "abc 123")
    assert (nothing.total, nothing.everything, nothing.none_found) == (0, 2, "Nincs találat erre: „casco”")
    assert "keres=LAK" in str((await do(found, "find", {"keres": "LAK"})).args)
    assert "/szerzodesek" in str((await do(found, "clear_search")).args)


async def test_an_account_without_policies_says_so(house: House, anna: Customer, bela: Customer, new_browser: NewBrowser) -> None:
    policy(house, bela, "KGFB-9")

    state = await (await at_the_door(new_browser)).shown(PoliciesState, address="/szerzodesek")

    assert (state.ready, state.everything, state.running) == (True, 0, [])


@pytest.mark.requirement("R2")
async def test_a_policys_page_shows_what_belongs_to_it(
    house: House, anna: Customer, bela: Customer, new_browser: NewBrowser
) -> None:
    for who, number in ((anna, "A/1"), (anna, "B"), (bela, "C")):
        policy(house, who, number, holder_name=f"Aki tartja: {number}")
        letter(house, who, f"{number} indexe", policy_number=number, files=(("index.pdf", b"%PDF-1.7"),), at=now())
        letter(house, who, f"{number} értesítője", kind=LetterKind.PAYMENT_NOTICE, policy_number=number, at=now())
    browser = await at_the_door(new_browser)

    state = await browser.shown(PolicyState, address="/szerzodesek/A%2F1")

    shelves = (state.details.documents, state.details.payments, state.details.letters)
    assert (state.standing_of_policy, state.policy.number, state.details.holder) == ("shown", "A/1", "Aki tartja: A/1")
    assert [[row.subject for row in shelf.rows] for shelf in shelves] == [["A/1 indexe"], ["A/1 értesítője"], []]
    assert [shelf.everything for shelf in shelves] == [
        "/dokumentumok?szerzodes=A%2F1",
        "/bizonylatok?szerzodes=A%2F1",
        "/kuldemenyek?szerzodes=A%2F1",
    ]


async def test_a_policys_page_shows_the_requests_about_it(
    house: House, anna: Customer, bela: Customer, new_browser: NewBrowser
) -> None:
    for who, number in ((anna, "A"), (anna, "B"), (bela, "C")):
        policy(house, who, number, accounting_documents=number == "A")
        asked = NewApplication(ApplicationKind.POSTAL, f"nonce {number}", policy_number=number)
        house.database.carry_out(applications.submit, who, asked, brand=house.brand, now=now())
    browser = await at_the_door(new_browser)

    mine, other = [await browser.shown(PolicyState, address=f"/szerzodesek/{number}") for number in ("A", "B")]

    assert [(row.policy, row.status) for row in mine.requests] == [("A", "submitted")]
    assert mine.to_electronic == ""
    assert other.to_electronic.endswith("/elektronikus-kommunikacio-iranti-kerelem?szerzodes=B")


async def test_somebody_elses_policy_looks_exactly_like_a_missing_one(
    house: House, anna: Customer, bela: Customer, new_browser: NewBrowser
) -> None:
    policy(house, bela, "KGFB-9", holder_name="Béla titka")
    browser = await at_the_door(new_browser)

    his, missing = [await browser.shown(PolicyState, address=f"/szerzodesek/{number}") for number in ("KGFB-9", "KGFB-0")]

    shown = [(one.standing_of_policy, one.policy, one.details, one.requests, one.notice) for one in (his, missing)]
    assert shown[0] == shown[1]
    assert his.standing_of_policy == "missing"


@pytest.mark.parametrize("number", ["KGFB-2026-1", "A/1", "Ő 1", "a?b#c", "100%"])
def test_every_number_has_an_address_of_its_own(number: str) -> None:
    assert number_in(policy_page(number)) == number


@pytest.mark.parametrize(("handler", "arguments"), [("turn_to", (0,)), ("turn_to", ("x",)), ("find", ({"keres": "x" * 10**6},))])
async def test_nonsense_from_outside_is_refused(
    house: House, anna: Customer, new_browser: NewBrowser, handler: str, arguments: tuple[Any, ...]
) -> None:
    policy(house, anna, "KGFB-1")
    state = await (await at_the_door(new_browser)).shown(PoliciesState, address="/szerzodesek")

    with pytest.raises(RequestInvalid):
        await do(state, handler, *arguments)

    assert [one.number for one in state.running] == ["KGFB-1"]


async def test_nothing_is_shown_to_a_stranger(house: House, anna: Customer) -> None:
    policy(house, anna, "KGFB-1")
    admission.welcome(Stranger())

    for state in (PoliciesState, PolicyState):
        with pytest.raises(NotSignedIn):
            await do(tab_at(state), "load")
