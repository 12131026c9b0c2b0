"""The right door over HTTP: every answer is the same for everybody, and the true one goes out by e-mail."""

import json
import re
from time import perf_counter

import httpx
import pytest
from sqlmodel import select

from portal_app.customer import lost_access, posted
from portal_app.customer.closing import ClosingState
from portal_app.customer.lost_access import LostAccessState
from portal_app.customer.profile import ProfileState
from portal_app.customer.right_door import RightDoorState
from portal_app.customer.wrong_place import WrongPlaceState
from portal_app.database.tables import Application, Closing, Policy
from portal_app.domain.brands import PortalName
from portal_app.domain.policies import plate_key
from portal_app.gateways.clock import now
from portal_app.services.house import House
from tests.cast import ANNA, ANNAS_POLICY, NOON
from tests.customer.browsing import Browser, NewBrowser
from tests.visitors import FULL_PASSWORD, full_customer, post_to

PAGE = "/segitseg"
LOST = "/segitseg/hozzaferes"
ANNAS_ID, ANNAS_PLATE = "482917365", "ABC-123"
KNOWN = [(ANNA, ""), (ANNAS_ID, ""), (ANNAS_POLICY, ANNAS_PLATE), ("", ANNAS_PLATE)]
UNKNOWN = [("senki@pelda.example", ""), ("999888777", ""), ("KGFB-1", "AAA-000"), (ANNAS_POLICY, "AAA-000"), ("", "AAA-000")]


@pytest.fixture
def insured(house: House) -> None:
    """Anna has an account of the full portal with one policy."""
    anna = full_customer(house, ANNA, login=ANNAS_ID, now=now())
    with house.database.writing() as db:
        db.add(
            Policy(
                number=ANNAS_POLICY, product="KGFB", holder_name="Minta Anna", email=ANNA, plate_number=ANNAS_PLATE,
                plate_key=plate_key(ANNAS_PLATE), communication="electronic", sales_route="broker_online", status="active",
                as_of=NOON, account_id=anna.account_id,
            )
        )  # fmt: skip


def told(answer: httpx.Response) -> tuple[int, list[tuple[str, str]], str]:
    """Everything a stranger is told, without the time of day."""
    return answer.status_code, sorted((k, v) for k, v in answer.headers.items() if k != "date"), answer.text


@pytest.mark.requirement("R44")
@pytest.mark.usefixtures("insured")
async def test_known_and_unknown_are_answered_alike_and_only_the_known_get_an_email(
    house: House, new_browser: NewBrowser
) -> None:
    answers = [
        told(await new_browser(source=f"198.51.100.{place}").post(PAGE, clue=clue, plate=plate))
        for place, (clue, plate) in enumerate([*UNKNOWN, *KNOWN], start=1)
    ]

    assert len({json.dumps(answer) for answer in answers}) == 1
    assert (answers[0][0], dict(answers[0][1])["location"]) == (303, f"{PAGE}?elkuldve=1")
    assert "set-cookie" not in dict(answers[0][1])
    assert len(post_to(house, ANNA, "whereabouts")) == 3


@pytest.mark.usefixtures("insured")
async def test_finding_somebody_takes_no_longer_than_finding_nobody(house: House, new_browser: NewBrowser) -> None:
    took: dict[str, list[float]] = {ANNA: [], "senki@pelda.example": []}
    for turn in range(4):
        for clue, times in took.items():
            browser = new_browser(source=f"198.51.100.{turn}")
            begun = perf_counter()
            await browser.post(PAGE, clue=clue, plate="")
            times.append(perf_counter() - begun)

    assert min(min(times) for times in took.values()) >= posted.SAME_SECONDS
    assert max(min(times) for times in took.values()) < posted.SAME_SECONDS * 1.5


async def test_who_writes_nothing_is_asked_to(new_browser: NewBrowser) -> None:
    browser = new_browser()

    answer = await browser.post(PAGE, clue=" ", plate=" - ")

    assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGE}?hianyzik=1")
    shown = await browser.shown(RightDoorState, address=answer.headers["location"])
    assert shown.clue_error.startswith("Adja meg az e-mail-címét")


@pytest.mark.usefixtures("insured", "standing_window")
async def test_one_source_asks_ten_times_in_five_minutes_and_no_more(house: House, new_browser: NewBrowser) -> None:
    browser = new_browser()

    statuses = [(await browser.post(PAGE, clue=f"{number}@pelda.example", plate="")).status_code for number in range(11)]

    assert statuses == [303] * 10 + [429]


@pytest.mark.parametrize(
    ("query", "verdict", "portals"),
    [
        ("", "", []),
        ("?kotes=broker_online&levelek=electronic", "certain", ["ugyfelportal"]),
        ("?kotes=direct&levelek=electronic", "certain", ["kuldemenyeim"]),
        ("?kotes=branch&levelek=postal", "none", []),
        ("?kotes=online24", "chosen", ["online24"]),
        ("?kotes=unknown&levelek=unknown", "perhaps", ["kuldemenyeim", "ugyfelportal", "online24"]),
        ("?kotes=%3Cscript%3E&levelek=1%27", "perhaps", ["kuldemenyeim", "ugyfelportal", "online24"]),
    ],
)
async def test_the_address_holds_the_answers(
    house: House, new_browser: NewBrowser, query: str, verdict: str, portals: list[str]
) -> None:
    shown = await new_browser().shown(RightDoorState, address=f"{PAGE}{query}")

    assert (shown.verdict, shown.portals, shown.told) == (verdict, portals, False)


# ── no way in at all ──


async def ask_staff(browser: Browser, **changes: str) -> httpx.Response:
    said = {"name": "Minta Anna", "policy_number": ANNAS_POLICY, "plate_number": ANNAS_PLATE, "email": "uj@pelda.example"}
    return await browser.post(LOST, **(said | {"words": "Megszűnt a régi címem."} | changes))


@pytest.mark.requirement("R53")
@pytest.mark.requirement("R54")
@pytest.mark.usefixtures("insured")
async def test_who_cannot_get_in_asks_staff_with_policy_and_plate_number(house: House, new_browser: NewBrowser) -> None:
    browser = new_browser()

    known = await ask_staff(browser)
    unknown = await ask_staff(browser, policy_number="KGFB-1", plate_number="")

    for answer in (known, unknown):
        assert answer.status_code == 303
        assert re.fullmatch(rf"{LOST}\?kerelem=K-\d{{4}}-\w{{6}}", answer.headers["location"])
    shown = await browser.shown(LostAccessState, address=known.headers["location"])
    assert shown.reference == known.headers["location"].partition("=")[2]
    with house.database.reading() as db:
        asked = db.exec(select(Application).order_by(Application.id)).all()  # type: ignore[arg-type]
        assert [(row.kind, row.policy_number, row.email, row.account_id) for row in asked] == [
            ("lost_access", ANNAS_POLICY, "uj@pelda.example", None),
            ("lost_access", "KGFB-1", "uj@pelda.example", None),
        ]
        assert json.loads(asked[0].facts) == {
            "language": "hu", "name": "Minta Anna", "plate_number": ANNAS_PLATE, "words": "Megszűnt a régi címem.",
        }  # fmt: skip


async def test_the_same_form_sent_twice_is_one_request(house: House, new_browser: NewBrowser) -> None:
    browser = new_browser()
    nonce = (await browser.shown(LostAccessState, address=LOST)).nonce

    answers = [await ask_staff(browser, nonce=nonce) for _ in range(2)]

    assert answers[0].headers["location"] == answers[1].headers["location"]
    with house.database.reading() as db:
        assert len(db.exec(select(Application)).all()) == 1


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"name": " "}, "name"),
        ({"email": "nem cím"}, "email"),
        ({"name": "", "policy_number": "", "email": ""}, "name,policy_number,email"),
    ],
)
async def test_what_is_missing_is_said_in_words(
    house: House, new_browser: NewBrowser, changes: dict[str, str], missing: str
) -> None:
    browser = new_browser()

    answer = await ask_staff(browser, **changes)

    assert answer.headers["location"] == f"{LOST}?hianyzik={missing}"
    shown = await browser.shown(LostAccessState, address=answer.headers["location"])
    said = {"name": shown.name_error, "policy_number": shown.policy_error, "email": shown.email_error}
    assert [name for name, words in said.items() if words] == missing.split(",")
    with house.database.reading() as db:
        assert db.exec(select(Application)).all() == []


async def test_what_was_typed_stays_in_the_form_and_out_of_the_address_and_nobody_else_sees_it(
    house: House, new_browser: NewBrowser
) -> None:
    browser, other = new_browser(), new_browser()
    typed = {"name": "", "policy_number": ANNAS_POLICY, "plate_number": ANNAS_PLATE, "email": "anna@", "words": "Új\r\ncím."}

    page = (await ask_staff(browser, **typed)).headers["location"]
    again, others = [await one.shown(LostAccessState, address=page) for one in (browser, other)]
    sent = (await ask_staff(browser)).headers["location"]
    afterwards = await browser.shown(LostAccessState, address=page)

    assert again.typed == typed | {"words": "Új\ncím."}
    assert page == f"{LOST}?hianyzik=name,email"
    assert not any(others.typed.values())
    assert sent.startswith(f"{LOST}?kerelem=")
    assert not any(afterwards.typed.values())


async def test_who_closes_an_account_without_a_name_or_a_ground_types_nothing_twice(
    house: House, new_browser: NewBrowser
) -> None:
    browser, anna = new_browser(), new_browser()
    full_customer(house, ANNA, login=ANNAS_ID, now=now())
    await anna.sign_in(ANNAS_ID, FULL_PASSWORD)

    pages = [
        (await one.post("/portaltorles", **said)).headers["location"]
        for one, said in ((browser, {"ground": "other", "words": "Köszönöm."}), (anna, {"words": "Köszönöm."}))
    ]
    stranger = await browser.shown(ClosingState, address=pages[0])
    customer = await anna.shown(ClosingState, address=pages[1])

    assert pages == ["/portaltorles?hianyzik=login", "/portaltorles?hianyzik=ground"]
    assert [(shown.step, bool(shown.login_error), bool(shown.ground_error)) for shown in (stranger, customer)] == [
        ("form", True, False), ("form", False, True),
    ]  # fmt: skip
    assert stranger.typed == {"login": "", "ground": "other", "words": "Köszönöm."}
    assert customer.typed == {"login": "", "ground": "", "words": "Köszönöm."}
    with house.database.reading() as db:
        assert db.exec(select(Closing)).all() == []


async def test_a_new_address_stays_typed_when_the_password_was_wrong(house: House, new_browser: NewBrowser) -> None:
    browser = new_browser()
    full_customer(house, ANNA, login=ANNAS_ID, now=now())
    await browser.sign_in(ANNAS_ID, FULL_PASSWORD)

    await browser.post("/beallitasok", email="uj@pelda.example", password="Rossz1Jelszo2")
    shown = await browser.shown(ProfileState)
    await browser.post("/beallitasok", email="uj@pelda.example", password=FULL_PASSWORD)
    afterwards = await browser.shown(ProfileState)

    assert (shown.outcome, shown.typed_email) == ("address_password_wrong", "uj@pelda.example")
    assert (afterwards.outcome, afterwards.typed_email) == ("address_asked", "")


async def test_a_reference_that_is_none_is_not_repeated_on_the_page(new_browser: NewBrowser) -> None:
    shown = await new_browser().shown(LostAccessState, address=f"{LOST}?{lost_access.SENT}=hivja-a-0690-et")

    assert shown.reference == ""


# ── the wrong place ──


@pytest.mark.requirement("R83")
async def test_an_empty_account_says_where_it_is_and_a_full_one_does_not(
    house: House, new_browser: NewBrowser, insured: None
) -> None:
    full_customer(house, "uj@pelda.example", login="777666555", portal=PortalName.ONLINE24, now=now())
    lost, right = new_browser(), new_browser()
    await lost.sign_in("777666555", FULL_PASSWORD)
    await right.sign_in(ANNAS_ID, FULL_PASSWORD)

    shown = await lost.shown(WrongPlaceState)

    assert (shown.lost, shown.host) == (True, "localhost:8000")
    assert (await right.shown(WrongPlaceState)).lost is False


@pytest.mark.requirement("R84")
@pytest.mark.requirement("R85")
@pytest.mark.parametrize("portal", ["ugyfelportal", "online24"])
async def test_the_way_out_leads_to_the_other_portals_sign_in(
    house: House, new_browser: NewBrowser, insured: None, portal: str
) -> None:
    browser = new_browser()
    await browser.sign_in(ANNAS_ID, FULL_PASSWORD)

    answer = await browser.post("/kilepes", portal=portal)

    assert answer.headers["location"] == f"/belepes?kilepett=1&portal={portal}"
    assert await browser.leads_to("/kuldemenyek") == "/belepes"


@pytest.mark.parametrize("portal", ["", "nincs", "//evil.example", "online24&vissza=//evil.example"])
async def test_the_way_out_leads_nowhere_else(new_browser: NewBrowser, portal: str) -> None:
    answer = await new_browser().post("/kilepes", portal=portal)

    assert answer.headers["location"] == "/belepes?kilepett=1"
