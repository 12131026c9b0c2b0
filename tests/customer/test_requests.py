"""Ügyintézés without a browser: the path, the forms question by question, the list, the papers and the public form."""

import io
import re
from typing import Any

import pikepdf
import pypdfium2
import pytest
from reflex.event import Event
from sqlmodel import func, select

from portal_app.browser import admission
from portal_app.browser.portal_state import PortalState
from portal_app.customer.administration.addresses import (
    CHANGES,
    CONTRACT_DATA,
    DECLARATION,
    FORMS,
    MODIFICATION,
    OUTSIDE,
    REQUESTS,
    START,
)
from portal_app.customer.administration.form import FormState
from portal_app.customer.administration.outside import OutsideState
from portal_app.customer.administration.overview import AdministrationState
from portal_app.customer.administration.request import RequestState
from portal_app.customer.administration.requests import RequestsState
from portal_app.database.tables import Account, Application
from portal_app.domain.actors import Actor, Customer, Stranger
from portal_app.domain.applications import ApplicationKind
from portal_app.domain.errors import RequestInvalid, TooMany
from portal_app.gateways.clock import now
from portal_app.services import applications, decisions
from portal_app.services.fulfilments import Decision
from portal_app.services.house import House
from portal_app.texts.catalogues import sentence
from tests.asking import asked, by_post, known_policy, policy_of
from tests.cast import ANNA, ANNAS_PASSWORD, ANNAS_POLICY, BELA, BELAS_POLICY, DENES
from tests.customer.browsing import NewBrowser, Shown, do, tab_at
from tests.visitors import FULL_PASSWORD, active, facts_of, full_customer, post_to

FORM = f"{CONTRACT_DATA}/elektronikus-kommunikacio-iranti-kerelem"
BELAS_LOGIN = "482917366"


@pytest.fixture
def anna(house: House) -> Customer:
    """Anna with a policy that goes by post."""
    return by_post(house, now=now())


def at(state: type[Shown], actor: Actor, path: str) -> Shown:
    """Open a tab of somebody at an address."""
    admission.welcome(actor, revision=0)
    return tab_at(state, path)


async def press(state: PortalState, handler: str, *arguments: Any) -> str | None:
    """Run a handler; gives the path it leads to, if any."""
    led = await do(state, handler, *arguments)
    return None if led is None else str(Event.from_event_type(led)[0].payload["path"])


async def shown(state: type[Shown], actor: Actor, path: str) -> Shown:
    """Load a page."""
    opened = at(state, actor, path)
    await do(opened, "load")
    return opened


async def filled(actor: Customer, *answers: dict[str, str]) -> str:
    """Fill in the form for electronic letters question by question and send it; gives where it led."""
    path = (await shown(FormState, actor, FORM)).begun
    for answer in answers:
        path = await press(await shown(FormState, actor, path), "answer", answer)
    return str(await press(await shown(FormState, actor, path), "send"))


def in_account(house: House, actor: Customer) -> list[tuple[str, str]]:
    with house.database.reading() as db:
        rows = db.exec(select(Application.kind, Application.policy_number).where(Application.account_id == actor.account_id))
        return list(rows.all())


# ── the path ──


@pytest.mark.requirement("R72")
@pytest.mark.parametrize("path", [START, CHANGES, MODIFICATION, CONTRACT_DATA, FORM, f"{FORM}/szerzodes", REQUESTS])
async def test_every_page_of_the_path_is_the_full_portals_customers_alone(
    house: House, new_browser: NewBrowser, path: str
) -> None:
    full_customer(house, ANNA, login="482917365", now=now())
    active(house, BELA, ANNAS_PASSWORD, now=now())
    stranger, customer, mailbox = new_browser(), new_browser(), new_browser()
    await customer.sign_in("482917365", FULL_PASSWORD)
    await mailbox.sign_in(BELA, ANNAS_PASSWORD)

    assert await customer.leads_to(path) == path
    assert (await stranger.leads_to(path)).startswith("/belepes?vissza=")
    assert await mailbox.leads_to(path) == "/kuldemenyek"


@pytest.mark.requirement("R72")
def test_the_levels_of_the_path_are_named_as_the_source_document_names_them() -> None:
    names = [sentence(f"administration.{part}", "hu") for part in ("title", "changes", "modification", "contract_data")]

    assert [*names, sentence("request.kind_electronic", "hu")] == [
        "Ügyintézés", "Változások bejelentése", "Módosítás bejelentése", "Szerződéses adatok módosítása",
        "Elektronikus kommunikáció iránti kérelem",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("posta", ["electronic", "postal", "address"]),
        ("KÖLTÖZÉS", ["address"]),
        ("iban", ["bank_account"]),
        ("e-mail cím", ["email"]),
        ("nincs ilyen", []),
    ],
)
async def test_the_search_finds_ways_by_what_people_call_them(anna: Customer, words: str, found: list[str]) -> None:
    state = await shown(AdministrationState, anna, f"{START}?keres={words}")

    assert state.found == found
    assert (state.none_found != "") is (found == [])


async def test_without_a_search_every_way_is_there(anna: Customer) -> None:
    found = (await shown(AdministrationState, anna, START)).found

    assert {kind.value for kind in FORMS} < set(found)


# ── a form ──


@pytest.mark.requirement("R71")
@pytest.mark.requirement("R74")
@pytest.mark.requirement("R76")
async def test_a_customer_asks_for_electronic_letters_question_by_question(house: House, anna: Customer) -> None:
    led = await filled(anna, {"policy": ANNAS_POLICY}, {"terms": "on"}, {"accounting": "yes"})

    (view,) = house.database.ask(applications.list_own, anna, now=now())
    page = await shown(RequestState, anna, led)
    assert led == f"{REQUESTS}/{view.public_id}"
    assert (view.policy_number, view.facts) == (ANNAS_POLICY, {"terms": "yes", "accounting": "yes"})
    assert (view.due_on - view.submitted_at.date()).days in (15, 16)
    assert page.request.promise.startswith("15 napon belül, legkésőbb ")
    assert page.request.promise.endswith("-ig átvezetjük.")
    assert re.fullmatch(r"K-\d{4}-[A-Z2-9]{6}", page.request.reference)
    assert [answer.answer for answer in page.request.answers] == [
        "Elfogadva", "Igen, kérem a fizetési mód változását, a számviteli bizonylat is ide érkezzen",
    ]  # fmt: skip


async def test_answers_survive_a_reload_and_can_be_changed_before_sending(anna: Customer) -> None:
    await press(await shown(FormState, anna, f"{FORM}/szerzodes"), "answer", {"policy": ANNAS_POLICY})
    await press(await shown(FormState, anna, f"{FORM}/feltetelek"), "answer", {"terms": "on"})
    led = await press(await shown(FormState, anna, f"{FORM}/bizonylatok"), "answer", {"accounting": "no"})

    again = await shown(FormState, anna, f"{FORM}/szerzodes")
    check = await shown(FormState, anna, led)

    assert (again.step, again.values["policy"]) == ("policy", ANNAS_POLICY)
    assert (check.step, check.answers[0].answer) == ("check", ANNAS_POLICY)
    assert [answer.change for answer in check.answers] == [
        f"{FORM}/{step}" for step in ("szerzodes", "feltetelek", "bizonylatok")
    ]


async def test_nobody_gets_ahead_of_a_question(anna: Customer) -> None:
    assert await press(at(FormState, anna, f"{FORM}/ellenorzes"), "load") == f"{FORM}/szerzodes"
    assert await press(at(FormState, anna, f"{FORM}/bizonylatok"), "load") == f"{FORM}/szerzodes"
    await press(await shown(FormState, anna, f"{FORM}/szerzodes"), "answer", {"policy": ANNAS_POLICY})
    assert await press(at(FormState, anna, f"{FORM}/ellenorzes"), "load") == f"{FORM}/feltetelek"


async def test_sending_without_answers_leads_to_the_beginning(house: House, anna: Customer) -> None:
    form = await shown(FormState, anna, FORM)

    assert await press(form, "send") == FORM
    assert in_account(house, anna) == []


@pytest.mark.parametrize(
    ("slug", "step", "answer", "wrong"),
    [
        ("elektronikus-kommunikacio-iranti-kerelem", "szerzodes", {}, ["policy"]),
        ("elektronikus-kommunikacio-iranti-kerelem", "szerzodes", {"policy": BELAS_POLICY}, ["policy"]),
        ("elektronikus-kommunikacio-iranti-kerelem", "szerzodes", {"policy": "masik"}, ["policy_other"]),
        ("elektronikus-kommunikacio-iranti-kerelem", "feltetelek", {}, ["terms"]),
        ("elektronikus-kommunikacio-iranti-kerelem", "bizonylatok", {}, ["accounting"]),
        ("levelezesi-cim", "szerzodes", {"policy": "masik", "policy_other": "X"}, ["policy"]),
        ("levelezesi-cim", "cim", {"postcode": "117", "town": " ", "street": "Fő u. 1."}, ["postcode", "town"]),
        ("telefonszam", "telefon", {"phone": "sok"}, ["phone"]),
        ("e-mail-cim", "e-mail", {"email": "anna@"}, ["email"]),
        ("bankszamlaszam", "bankszamla", {"bank_account": "11773016-11111019"}, ["bank_account"]),
    ],
)
async def test_what_has_to_be_corrected_is_said_beside_the_field(
    house: House, anna: Customer, slug: str, step: str, answer: dict[str, str], wrong: list[str]
) -> None:
    policy_of(house, full_customer(house, BELA, login=BELAS_LOGIN, now=now()), BELAS_POLICY, communication="postal")
    start = f"{CONTRACT_DATA}/{slug}"
    questions = ["szerzodes", "feltetelek"] if "elektronikus" in slug else ["szerzodes"]
    for before in questions[: questions.index(step)] if step in questions else questions:
        given = {"szerzodes": {"policy": ANNAS_POLICY}, "feltetelek": {"terms": "on"}}[before]
        await press(await shown(FormState, anna, f"{start}/{before}"), "answer", given)

    form = await shown(FormState, anna, f"{start}/{step}")
    led = await press(form, "answer", answer)

    assert led is None
    assert [name for name, error in form.errors.items() if error] == wrong
    assert form.wrong is True


@pytest.mark.parametrize(
    ("slug", "step", "answer", "kept"),
    [
        ("levelezesi-cim", "cim", {"postcode": "1117", "town": "Budapest", "street": " Fő  u. 1."}, {"street": "Fő u. 1."}),
        ("telefonszam", "telefon", {"phone": "06 30 111 2233"}, {"phone": "+36301112233"}),
        ("e-mail-cim", "e-mail", {"email": " uj@PELDA.example "}, {"email": "uj@pelda.example"}),
        ("bankszamlaszam", "bankszamla", {"bank_account": "11773016-11111018"}, {"bank_account": "HU42117730161111101800000000"}),
    ],
)  # fmt: skip
async def test_the_other_forms_follow_the_same_pattern_for_one_policy_or_all(
    house: House, anna: Customer, slug: str, step: str, answer: dict[str, str], kept: dict[str, str]
) -> None:
    policy_of(house, anna, "CASCO-1")
    start = f"{CONTRACT_DATA}/{slug}"
    first = await shown(FormState, anna, f"{start}/szerzodes")

    await press(first, "answer", {"policy": "mind"})
    led = await press(await shown(FormState, anna, f"{start}/{step}"), "answer", answer)
    await press(await shown(FormState, anna, led), "send")

    (view,) = house.database.ask(applications.list_own, anna, now=now())
    assert (first.all_offered, view.policy_number) == (True, "")
    assert view.facts.items() >= kept.items()


@pytest.mark.requirement("R28")
async def test_going_back_to_post_is_asked_here_and_carried_out(house: House) -> None:
    anna = full_customer(house, ANNA, now=now())
    policy_of(house, anna)
    start = f"{CONTRACT_DATA}/postai-levelezes"
    await press(await shown(FormState, anna, f"{start}/szerzodes"), "answer", {"policy": ANNAS_POLICY})
    address = {"postcode": "1117", "town": "Budapest", "street": "Fő u. 1."}
    led = await press(await shown(FormState, anna, f"{start}/cim"), "answer", address)
    page = await shown(RequestState, anna, str(await press(await shown(FormState, anna, led), "send")))

    decision = Decision(house.brand, house.secrets)
    house.database.carry_out(decisions.fulfil, DENES, page.request.reference, decision, now=now())

    assert (known_policy(house).communication, known_policy(house).mailing_address) == ("postal", "1117 Budapest, Fő u. 1.")


async def test_a_form_that_does_not_exist_leads_back(anna: Customer) -> None:
    for path in (f"{CONTRACT_DATA}/nincs", f"{FORM}/nincs"):
        assert (await shown(FormState, anna, path)).step == "missing"


async def test_what_the_browser_adds_to_the_answers_does_not_matter(anna: Customer) -> None:
    state = await shown(FormState, anna, f"{FORM}/szerzodes")

    led = await press(state, "answer", {"policy": ANNAS_POLICY, "policy-1": [True], "policy_masik": None, "policy_other": None})

    assert led == f"{FORM}/feltetelek"


@pytest.mark.parametrize("form", [{"policy": "x" * 400}, {"policy": ["a"]}, {1: "a"}, "policy"])
async def test_nonsense_is_refused(anna: Customer, form: Any) -> None:
    state = await shown(FormState, anna, f"{FORM}/szerzodes")

    with pytest.raises(RequestInvalid):
        await press(state, "answer", form)


# ── the list and the page of a request ──


async def test_the_list_shows_status_deadline_and_whose_turn_it_is(house: House, anna: Customer) -> None:
    first = asked(house, anna, now=now())
    second = asked(house, anna, ApplicationKind.PHONE, nonce="2", now=now())
    house.database.carry_out(decisions.ask_back, DENES, second.reference, "Melyik?", now=now())
    bela = full_customer(house, BELA, login=BELAS_LOGIN, now=now())

    newest = await shown(RequestsState, anna, REQUESTS)
    by_kind = await shown(RequestsState, anna, f"{REQUESTS}?rendez=kind")

    assert [(row.reference, row.status_words) for row in newest.rows] == [
        (second.reference, "Válaszra vár"), (first.reference, "Beküldve"),
    ]  # fmt: skip
    assert "Önön a sor" in newest.rows[0].acts_words
    assert [row.reference for row in by_kind.rows] == [first.reference, second.reference]
    assert await press(by_kind, "sort_by", "kind") == f"{REQUESTS}?rendez=-kind"
    assert await press(by_kind, "sort_as", "nonsense") == f"{REQUESTS}?rendez=-submitted"
    assert (await shown(RequestsState, bela, REQUESTS)).rows == []


async def test_a_question_of_the_insurer_is_answered_on_the_page(house: House, anna: Customer) -> None:
    receipt = asked(house, anna, now=now())
    house.database.carry_out(decisions.ask_back, DENES, receipt.reference, "Mi a rendszám?", now=now())
    page = await shown(RequestState, anna, f"{REQUESTS}/{receipt.public_id}")
    asked_words = (page.request.waits, page.request.reason, page.request.promise)

    await press(page, "respond", {"words": "ABC-123"})

    assert asked_words == (True, "Mi a rendszám?", "")
    assert (page.request.status, page.request.waits) == ("in_progress", False)
    assert [step.words for step in page.request.history] == ["ABC-123", "Mi a rendszám?", ""]


async def test_a_request_is_withdrawn_after_being_asked_once_more(house: House, anna: Customer) -> None:
    receipt = asked(house, anna, now=now())
    page = await shown(RequestState, anna, f"{REQUESTS}/{receipt.public_id}")

    await press(page, "ask_withdrawal", True)
    still_open = page.request.is_open
    await press(page, "withdraw")

    assert (still_open, page.asks_withdrawal, page.request.status_words) == (True, False, "Visszavonva")


async def test_somebody_elses_request_is_as_missing_as_one_that_never_was(house: House, anna: Customer) -> None:
    hers = asked(house, anna, now=now()).public_id
    bela = full_customer(house, BELA, login=BELAS_LOGIN, now=now())

    pages = [await shown(RequestState, bela, f"{REQUESTS}/{named}") for named in (hers, "0" * 32)]

    assert [(page.standing_of_request, page.request.reference) for page in pages] == [("missing", ""), ("missing", "")]


# ── papers ──


def words_of(content: bytes) -> str:
    document = pypdfium2.PdfDocument(content)
    text = " ".join(page.get_textpage().get_text_range() for page in document)
    return re.sub(r"\s+", " ", text.replace("\ufffe", "-"))


@pytest.mark.requirement("R73")
@pytest.mark.requirement("R74")
@pytest.mark.requirement("R75")
async def test_the_declaration_is_filled_for_its_customer_and_blank_for_everybody_else(
    house: House, new_browser: NewBrowser
) -> None:
    anna = full_customer(house, ANNA, login="482917365", now=now())
    policy_of(house, anna, communication="postal", holder_name="Kiss Anna", plate_number="ABC-123")
    full_customer(house, BELA, login=BELAS_LOGIN, now=now())
    customer, other, stranger = new_browser(), new_browser(), new_browser()
    await customer.sign_in("482917365", FULL_PASSWORD)
    await other.sign_in(BELAS_LOGIN, FULL_PASSWORD)

    answers = [await browser.get(f"{DECLARATION}?szerzodes={ANNAS_POLICY}") for browser in (customer, other, stranger)]

    hers, his, blank = (words_of(answer.content) for answer in answers)
    contact = house.brand.contact
    for told in (hers, his, blank):
        assert "Ügyfélportálon keresztül történő elektronikus kommunikáció feltételei" in told
        assert "Fizetési mód változás: a számviteli bizonylatot is elektronikusan" in told
        assert contact.email in told
        assert contact.postal_address in told
        assert "15 napon belül" in told
    assert all(fact in hers for fact in ("Kiss Anna", ANNAS_POLICY, "ABC-123", ANNA))
    assert his == blank
    assert not any(fact in his for fact in ("Kiss Anna", ANNAS_POLICY, "ABC-123", ANNA))


async def test_the_papers_are_accessible(house: House, new_browser: NewBrowser) -> None:
    browser = new_browser()

    answer = await browser.get(DECLARATION)

    with pikepdf.open(io.BytesIO(answer.content)) as pdf:
        assert pdf.Root.MarkInfo.Marked
        assert str(pdf.Root.Lang).startswith("hu")
        with pdf.open_metadata() as metadata:
            assert metadata["pdfuaid:part"] == "1"
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "private, no-store"
    assert ".pdf" in answer.headers["content-disposition"]


async def test_the_receipt_of_a_request_is_its_owners_alone(house: House, new_browser: NewBrowser) -> None:
    anna = full_customer(house, ANNA, login="482917365", now=now())
    policy_of(house, anna, communication="postal")
    receipt = asked(house, anna, now=now())
    full_customer(house, BELA, login=BELAS_LOGIN, now=now())
    customer, other, stranger = new_browser(), new_browser(), new_browser()
    await customer.sign_in("482917365", FULL_PASSWORD)
    await other.sign_in(BELAS_LOGIN, FULL_PASSWORD)
    path = f"{REQUESTS}/{receipt.public_id}/igazolas"

    hers, his, never = await customer.get(path), await other.get(path), await other.get(f"{REQUESTS}/{'0' * 32}/igazolas")

    told = words_of(hers.content)
    assert receipt.reference in told
    assert "legkésőbb" in told
    assert (his.status_code, never.status_code) == (404, 404)
    assert his.text == never.text
    assert (await stranger.leads_to(path)).startswith("/belepes?vissza=")


# ── from outside ──

TYPED = {
    "policy_number": ANNAS_POLICY, "plate_number": "ABC-123", "name": "Kiss Anna", "email": ANNA, "phone": "06301112233",
    "terms": "on", "accounting": "on",
}  # fmt: skip


async def sent_from_outside(typed: dict[str, str] = TYPED, source: str = "192.0.2.1", **changes: str) -> OutsideState:
    state = await loaded_outside(source)
    await press(state, "send", typed | changes)
    return state


async def loaded_outside(source: str = "192.0.2.1") -> OutsideState:
    state = at(OutsideState, Stranger(source), OUTSIDE)
    await press(state, "load")
    return state


@pytest.mark.requirement("R71")
async def test_somebody_without_an_account_asks_and_learns_nothing_of_the_policy(house: House) -> None:
    before = await sent_from_outside()
    policy_of(house, None, communication="postal")

    after = await sent_from_outside()

    rows = house.database.ask(decisions.list_open, DENES, now=now())
    assert [bool(state.reference) for state in (before, after)] == [True, True]
    assert (before.promise, before.errors) == (after.promise, after.errors)
    assert {mail.kind for mail in post_to(house, ANNA)} == {"application_received"}
    assert [sorted(facts_of(mail)) for mail in post_to(house, ANNA)] == [["due_on", "link", "reference"]] * 2
    assert [row.facts for row in rows] == [
        {
            "accounting": "yes",
            "language": "hu",
            "name": "Kiss Anna",
            "phone": "+36301112233",
            "plate_number": "ABC-123",
            "terms": "yes",
        }
    ] * 2
    assert rows[0].fits == {"policy": True, "name": True, "plate_number": True, "phone": False, "email": True}
    with house.database.reading() as db:
        assert db.exec(select(func.count()).select_from(Account)).one() == 0
    assert known_policy(house).communication == "postal"


async def test_the_public_form_says_what_is_missing_and_stores_nothing(house: House) -> None:
    state = await sent_from_outside(dict.fromkeys(TYPED, "") | {"email": "anna@", "phone": "sok"})

    assert [name for name, error in state.errors.items() if error] == ["policy_number", "name", "email", "phone", "terms"]
    assert (state.reference, house.database.ask(decisions.list_open, DENES, now=now())) == ("", [])


async def test_the_public_form_pressed_twice_is_one_request(house: House) -> None:
    state = await loaded_outside()

    for _ in range(2):
        await press(state, "send", TYPED)

    assert len(house.database.ask(decisions.list_open, DENES, now=now())) == 1


async def test_one_source_can_ask_only_so_often(house: House) -> None:
    del house
    for _ in range(10):
        await sent_from_outside(source="192.0.2.77")

    with pytest.raises(TooMany):
        await sent_from_outside(source="192.0.2.77")


async def test_anybody_may_load_the_public_form(house: House, new_browser: NewBrowser) -> None:
    active(house, BELA, ANNAS_PASSWORD, now=now())
    stranger, mailbox = new_browser(), new_browser()
    await mailbox.sign_in(BELA, ANNAS_PASSWORD)

    assert [await browser.leads_to(OUTSIDE) for browser in (stranger, mailbox)] == [OUTSIDE, OUTSIDE]
