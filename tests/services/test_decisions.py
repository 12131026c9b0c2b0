"""What the insurer decides is what happens: letters change their way, data change, and the customer is told."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from sqlmodel import func, select

from portal_app.database.tables import Account, Application, Event, Policy
from portal_app.domain.actors import Customer, Stranger
from portal_app.domain.applications import ApplicationKind, ApplicationStatus
from portal_app.domain.brands import PortalName
from portal_app.domain.deliveries import Attachment, Handover
from portal_app.domain.errors import (
    AccountClosed,
    AccountUnknown,
    ApplicationDecided,
    ApplicationNotFound,
    MergeNotPossible,
    PolicyElsewhere,
    PolicyEnded,
    PolicyUnknown,
    PortalError,
    RecipientPostal,
    ReplyEmpty,
)
from portal_app.domain.kinds import LetterKind
from portal_app.domain.policies import Communication, Holder, PolicyStatement, PolicyStatus, SalesRoute
from portal_app.services import applications, decisions, intake, openings, policies
from portal_app.services.applications import ApplicationReceipt, NewApplication
from portal_app.services.decisions import Decision, InsurersApplication
from portal_app.services.house import House
from portal_app.services.intake import Desk
from tests.asking import asked, by_post, known_policy, policy_of
from tests.cast import ANNA, ANNAS_POLICY, BELA, BELAS_POLICY, CORE, DENES, NOON
from tests.handing_over import HELLO
from tests.visitors import facts_of, full_customer, post_to

LATER = NOON + timedelta(days=2)
OUTSIDE = Stranger("192.0.2.1")


@pytest.fixture
def anna(house: House) -> Customer:
    """Anna with a policy that goes by post."""
    return by_post(house)


def fulfil(house: House, receipt: ApplicationReceipt, *, now: datetime = LATER) -> None:
    decision = Decision(house.brand, house.secrets)
    try:
        house.database.carry_out(decisions.fulfil, DENES, receipt.reference, decision, now=now)
    except openings.FirstAccessNeeded:
        route = house.database.ask(decisions.sales_route_of, DENES, receipt.reference)
        first = openings.draw_first_access(route, brand=house.brand, hashing=house.hashing)
        house.database.carry_out(decisions.fulfil, DENES, receipt.reference, replace(decision, first_access=first), now=now)


def verdict(house: House, *, now: datetime = LATER) -> Any:
    """Say whether the policy's next letter would be refused, without handing it over."""
    file = Attachment("level.pdf", sha256(HELLO).hexdigest(), HELLO)
    handover = Handover("SZ-1", ANNAS_POLICY, LetterKind.PREMIUM_CERTIFICATE, "Díjigazolás", "", (file,))
    desk = Desk(house.database, house.objects, house.scanner, house.brand)
    return intake.judge(desk, CORE, [handover], now=now)[0]


def outside(house: House, number: str = ANNAS_POLICY, **facts: str) -> ApplicationReceipt:
    new = NewApplication(ApplicationKind.ELECTRONIC, "n", {"terms": "yes", **facts}, number)
    return house.database.carry_out(
        applications.submit_from_outside, OUTSIDE, new, email="anna.uj@pelda.example", language="hu",
        brand=house.brand, now=NOON,
    )  # fmt: skip


def listed(house: House, now: datetime = NOON) -> list[InsurersApplication]:
    return house.database.ask(decisions.list_open, DENES, now=now)


def status(house: House, receipt: ApplicationReceipt) -> str:
    return house.database.ask(decisions.read, DENES, receipt.reference, now=LATER).status


def together(*works: Callable[[], None]) -> list[str | None]:
    """Do all at the same moment; give what each was refused with."""
    start = threading.Barrier(len(works))

    def run(work: Callable[[], None]) -> str | None:
        start.wait()
        try:
            work()
        except PortalError as refusal:
            return refusal.code
        return None

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def stated(house: House, *, as_of: datetime, consent_at: datetime, **changes: Any) -> None:
    statement = PolicyStatement(
        number=ANNAS_POLICY, product="KGFB", holder=Holder("Kiss Anna", email=ANNA, phone="+36301234567"),
        communication=Communication.POSTAL, sales_route=SalesRoute.DIRECT, status=PolicyStatus.ACTIVE,
        as_of=as_of, consent_at=consent_at,
    )  # fmt: skip
    house.database.carry_out(
        policies.state_policy, CORE, replace(statement, **changes), consent_stated=True, first_access=None,
        brand=house.brand, secrets=house.secrets, now=as_of,
    )  # fmt: skip


# ── to the account, and back to post ──


def test_after_an_electronic_request_the_letters_go_to_the_customers_account(house: House, anna: Customer) -> None:
    before = verdict(house)

    fulfil(house, asked(house, anna))

    policy = known_policy(house)
    assert isinstance(before, RecipientPostal)
    assert verdict(house) is None
    assert (policy.communication, policy.account_id, policy.consent_at, policy.decided_here_at) == (
        "electronic", anna.account_id, LATER, LATER,
    )  # fmt: skip


@pytest.mark.parametrize(("ticked", "consented"), [("yes", True), ("", False)])
def test_accounting_documents_are_a_consent_of_their_own(house: House, anna: Customer, ticked: str, *, consented: bool) -> None:
    fulfil(house, asked(house, anna, accounting=ticked))

    assert known_policy(house).accounting_documents is consented


def test_a_policy_of_nobodys_account_gets_the_account_of_whoever_asked(house: House) -> None:
    anna = full_customer(house, ANNA, customer_ref="C-1")
    policy_of(house, None, communication="postal", customer_ref="C-1", email="")

    fulfil(house, asked(house, anna))

    policy = known_policy(house)
    assert (policy.account_id, policy.opened_account_id, policy.email) == (anna.account_id, anna.account_id, ANNA)


def test_the_account_that_the_letters_leave_is_told(house: House) -> None:
    bela, anna = full_customer(house, BELA), full_customer(house, ANNA, login="482917366")
    policy_of(house, bela, communication="postal")

    fulfil(house, asked(house, anna))

    assert [job.kind for job in post_to(house, BELA)] == ["letters_go_elsewhere"]
    assert known_policy(house).opened_account_id == bela.account_id


def test_an_older_word_of_the_core_does_not_undo_it_and_a_newer_consent_does(house: House, anna: Customer) -> None:
    fulfil(house, asked(house, anna))

    stated(house, as_of=LATER + timedelta(hours=1), consent_at=NOON)
    after_old = known_policy(house).communication
    stated(house, as_of=LATER + timedelta(hours=2), consent_at=LATER + timedelta(hours=2))

    assert (after_old, known_policy(house).communication) == ("electronic", "postal")


def test_after_a_postal_request_later_letters_are_refused_and_the_account_stays(house: House) -> None:
    anna = full_customer(house, ANNA)
    policy_of(house, anna)
    before = verdict(house)

    fulfil(house, asked(house, anna, ApplicationKind.POSTAL))

    policy = known_policy(house)
    assert before is None
    assert isinstance(verdict(house), RecipientPostal)
    assert (policy.account_id, policy.mailing_address) == (anna.account_id, "1117 Budapest, Fehérvári út 1.")


def test_nothing_goes_to_an_account_that_was_closed_meanwhile(house: House, anna: Customer) -> None:
    receipt = asked(house, anna)
    with house.database.writing() as db:
        db.get_one(Account, anna.account_id).status = "closed"

    with pytest.raises(AccountClosed):
        fulfil(house, receipt)

    assert (known_policy(house).communication, status(house, receipt)) == ("postal", "submitted")


@pytest.mark.parametrize(("portal", "route"), [("ugyfelportal", "online24"), ("online24", "branch")])
def test_contracts_of_the_online_portal_stay_there_and_no_others_come_there(house: House, portal: str, route: str) -> None:
    anna = full_customer(house, ANNA, portal=PortalName(portal))
    policy_of(house, anna, communication="postal", sales_route=route)
    receipt = asked(house, anna)

    with pytest.raises(PolicyElsewhere):
        fulfil(house, receipt)

    assert (status(house, receipt), known_policy(house).communication) == ("submitted", "postal")


# ── data ──


@pytest.mark.parametrize(
    ("kind", "column", "value"),
    [
        (ApplicationKind.ADDRESS, "mailing_address", "1117 Budapest, Fehérvári út 1."),
        (ApplicationKind.PHONE, "phone", "+36301112233"),
        (ApplicationKind.EMAIL, "email", "uj@pelda.example"),
        (ApplicationKind.BANK_ACCOUNT, "bank_account", "HU42117730161111101800000000"),
    ],
)
def test_new_data_change_the_policy_named_or_all_of_the_account_and_nobody_elses(
    house: House, anna: Customer, kind: ApplicationKind, column: str, value: str
) -> None:
    bela = full_customer(house, BELA, login="482917366")
    policy_of(house, anna, "CASCO-1")
    policy_of(house, bela, BELAS_POLICY)

    def known() -> list[bool]:
        return [getattr(known_policy(house, number), column) == value for number in (ANNAS_POLICY, "CASCO-1", BELAS_POLICY)]

    fulfil(house, asked(house, anna, kind, policy="CASCO-1", nonce="one"))
    one = known()
    fulfil(house, asked(house, anna, kind, policy="", nonce="all"))

    assert (one, known()) == ([False, True, False], [True, True, False])


def test_the_core_overrides_new_contact_data_only_with_a_newer_word(house: House, anna: Customer) -> None:
    fulfil(house, asked(house, anna, ApplicationKind.EMAIL))

    stated(house, as_of=LATER - timedelta(hours=1), consent_at=NOON)
    after_old = known_policy(house).email
    stated(house, as_of=LATER + timedelta(hours=1), consent_at=NOON)

    assert (after_old, known_policy(house).email) == ("uj@pelda.example", ANNA)


# ── from outside ──


def test_a_request_from_outside_opens_an_account_as_the_brand_says(house: House) -> None:
    policy_of(house, None, communication="postal", email="", sales_route="broker_online")
    receipt = outside(house, phone="+36301112233", accounting="yes")

    fulfil(house, receipt)

    policy = known_policy(house)
    with house.database.reading() as db:
        account = db.get_one(Account, policy.account_id)
    assert (account.portal, account.email, account.status) == ("ugyfelportal", "anna.uj@pelda.example", "invited")
    assert (policy.communication, policy.email, policy.phone, policy.accounting_documents, policy.decided_here_at) == (
        "electronic", "anna.uj@pelda.example", "+36301112233", True, LATER,
    )  # fmt: skip
    assert {job.kind for job in post_to(house, "anna.uj@pelda.example")} >= {"application_received", "application_decided"}
    assert verdict(house) is None


def test_nothing_changes_before_staff_decide(house: House) -> None:
    policy_of(house, None, communication="postal", email="")

    outside(house)

    with house.database.reading() as db:
        assert db.exec(select(func.count()).select_from(Account)).one() == 0
    assert (known_policy(house).communication, known_policy(house).email) == ("postal", "")


@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        ({"sales_route": "online24", "portal24_username": "nincs"}, AccountUnknown),
        ({"status": "ended", "ended_on": date(2020, 1, 1)}, PolicyEnded),
    ],
)
def test_what_cannot_be_carried_out_leaves_the_request_open(
    house: House, values: dict[str, Any], refusal: type[Exception]
) -> None:
    policy_of(house, None, communication="postal", **values)
    receipt = outside(house)

    with pytest.raises(refusal):
        fulfil(house, receipt)

    assert (status(house, receipt), known_policy(house).communication) == ("submitted", "postal")


def test_a_number_that_nobody_handed_over_cannot_be_carried_out(house: House) -> None:
    with pytest.raises(PolicyUnknown):
        fulfil(house, outside(house, "NINCS-1"))


def test_a_policy_that_ended_long_ago_meanwhile_is_not_said_to_bring_letters(house: House, anna: Customer) -> None:
    receipt = asked(house, anna)
    with house.database.writing() as db:
        db.exec(select(Policy)).one().ended_on = date(2020, 1, 1)

    with pytest.raises(PolicyEnded):
        fulfil(house, receipt)

    assert (status(house, receipt), known_policy(house).communication) == ("submitted", "postal")


@pytest.mark.parametrize(
    "kind",
    [
        ApplicationKind.POSTAL,
        ApplicationKind.ADDRESS,
        ApplicationKind.PHONE,
        ApplicationKind.EMAIL,
        ApplicationKind.BANK_ACCOUNT,
    ],
)
def test_who_lost_the_policy_meanwhile_changes_nothing_of_it(house: House, kind: ApplicationKind) -> None:
    """Above all not the bank account that the new holder's money goes to."""
    anna, bela = full_customer(house, ANNA), full_customer(house, BELA, login="482917366")
    policy_of(house, anna)
    receipt = asked(house, anna, kind)
    with house.database.writing() as db:
        db.exec(select(Policy)).one().account_id = bela.account_id
    before = known_policy(house).model_dump()

    with pytest.raises(PolicyUnknown):
        fulfil(house, receipt)

    assert (status(house, receipt), known_policy(house).model_dump()) == ("submitted", before)


def test_what_is_taken_back_while_it_is_decided_ends_one_way_only(house: House, anna: Customer) -> None:
    for number in range(4):
        receipt = asked(house, anna, ApplicationKind.PHONE, nonce=f"{number}")

        def withdraw(receipt: ApplicationReceipt = receipt) -> None:
            house.database.carry_out(applications.withdraw, anna, receipt.public_id, now=LATER)

        ended = together(withdraw, lambda receipt=receipt: fulfil(house, receipt))

        assert sorted(map(str, ended)) == ["None", "application_decided"]


def test_staff_see_what_fits_and_what_does_not(house: House) -> None:
    policy_of(house, None, communication="postal", phone="+36301112233")
    outside(house, name="kiss  anna", plate_number="abc 123", phone="+36309999999")

    (shown,) = listed(house)

    assert shown.fits == {"policy": True, "name": True, "plate_number": True, "phone": False, "email": False}
    assert (shown.has_account, shown.email) == (False, "anna.uj@pelda.example")


# ── steps ──


def test_overdue_requests_come_first_and_then_the_most_urgent(house: House, anna: Customer) -> None:
    waiting = asked(house, anna, nonce="1", now=NOON - timedelta(days=30))
    house.database.carry_out(decisions.ask_back, DENES, waiting.reference, "Mi a rendszám?", now=NOON)
    late = asked(house, anna, nonce="2", now=NOON - timedelta(days=20))
    new = asked(house, anna, nonce="3")
    decided = asked(house, anna, nonce="4")
    house.database.carry_out(decisions.reject, DENES, decided.reference, "Nem.", now=NOON)

    assert [(one.reference, one.overdue) for one in listed(house)] == [
        (late.reference, True), (waiting.reference, False), (new.reference, False),
    ]  # fmt: skip


def test_taking_up_is_seen_and_ends_the_waiting(house: House, anna: Customer) -> None:
    receipt = asked(house, anna)

    house.database.carry_out(decisions.take_up, DENES, receipt.reference.lower(), now=NOON)
    taken = status(house, receipt)
    house.database.carry_out(decisions.ask_back, DENES, receipt.public_id, "Mi a rendszám?", now=NOON)
    house.database.carry_out(decisions.take_up, DENES, receipt.reference, now=NOON + timedelta(days=3))

    again = house.database.ask(decisions.read, DENES, receipt.reference, now=LATER)
    assert (taken, again.status, again.due_on) == ("in_progress", "in_progress", date(2026, 1, 28))


def test_asking_twice_the_same_mails_once(house: House, anna: Customer) -> None:
    receipt = asked(house, anna)

    for _ in range(2):
        house.database.carry_out(decisions.ask_back, DENES, receipt.reference, "Mi a rendszám?", now=NOON)

    assert len(post_to(house, ANNA, "application_question")) == 1


def test_the_customer_reads_the_reason_on_the_page_and_a_stranger_in_the_mail(house: House, anna: Customer) -> None:
    hers, theirs = asked(house, anna), outside(house)

    for receipt in (hers, theirs):
        house.database.carry_out(decisions.reject, DENES, receipt.reference, " Nem egyezik. ", now=LATER)

    assert house.database.ask(applications.read_own, anna, hers.public_id, now=LATER).reason == "Nem egyezik."
    assert facts_of(post_to(house, ANNA, "application_decided")[0]) == {
        "reference": hers.reference, "outcome": "rejected", "link": f"/kerelmek/{hers.public_id}",
    }  # fmt: skip
    assert facts_of(post_to(house, "anna.uj@pelda.example", "application_decided")[0]) == {
        "reference": theirs.reference, "outcome": "rejected", "words": "Nem egyezik.", "link": "",
    }  # fmt: skip


def test_a_rejection_needs_a_reason(house: House, anna: Customer) -> None:
    receipt = asked(house, anna)

    with pytest.raises(ReplyEmpty):
        house.database.carry_out(decisions.reject, DENES, receipt.reference, " ", now=NOON)

    assert status(house, receipt) == "submitted"


def test_a_request_is_decided_once(house: House, anna: Customer) -> None:
    receipt = asked(house, anna)
    fulfil(house, receipt)

    with pytest.raises(ApplicationDecided):
        fulfil(house, receipt)
    with pytest.raises(ApplicationDecided):
        house.database.carry_out(decisions.reject, DENES, receipt.reference, "Mégsem.", now=LATER)
    with pytest.raises(ApplicationNotFound):
        house.database.carry_out(decisions.take_up, DENES, "K-2026-NINCS2", now=LATER)
    assert len(post_to(house, ANNA, "application_decided")) == 1


def test_open_tabs_see_every_step(house: House, anna: Customer) -> None:
    receipt = asked(house, anna)
    house.database.carry_out(decisions.take_up, DENES, receipt.reference, now=NOON)
    fulfil(house, receipt)

    with house.database.reading() as db:
        assert db.get_one(Account, anna.account_id).revision == 3
        acts = db.exec(select(Event.act).where(Event.about == receipt.public_id).order_by(Event.id)).all()
    assert acts == ["application:submitted", "application:taken_up", "application:fulfilled"]


def test_decided_requests_are_erased_a_year_later_and_open_ones_never(house: House, anna: Customer) -> None:
    open_one, decided = asked(house, anna, nonce="1"), asked(house, anna, nonce="2")
    fulfil(house, decided, now=NOON)

    def erased(now: datetime) -> int:
        return house.database.carry_out(decisions.erase_ended, DENES, most=10, now=now)

    counts = [erased(datetime(2027, 1, 10, 22, 59, tzinfo=UTC)), erased(datetime(2027, 1, 10, 23, 1, tzinfo=UTC))]

    with house.database.reading() as db:
        assert db.exec(select(Application.reference)).all() == [open_one.reference]
        assert db.exec(select(func.count()).select_from(Policy)).one() == 1
    assert counts == [0, 1]
    assert status(house, open_one) == ApplicationStatus.SUBMITTED


# ── accounts ──


def test_staff_merge_the_account_that_was_named_into_the_one_that_asked(house: House, anna: Customer) -> None:
    other = full_customer(house, "anna.regi@pelda.example", login="482917367")
    policy_of(house, other, "CASCO-1")

    fulfil(house, asked(house, anna, ApplicationKind.MERGE, policy="", login="482 917 367"))

    assert known_policy(house, "CASCO-1").account_id == anna.account_id


def test_a_merge_with_an_account_that_is_not_there_leaves_the_request_open(house: House, anna: Customer) -> None:
    receipt = asked(house, anna, ApplicationKind.MERGE, policy="", login="999999999")

    with pytest.raises(MergeNotPossible):
        fulfil(house, receipt)

    assert status(house, receipt) == "submitted"


def test_lost_access_that_leads_to_nobody_stays_open(house: House, anna: Customer) -> None:
    """Else the customer would be told that it is done, and wait for an e-mail that was never sent."""
    del anna
    facts = {"name": "Kiss Anna", "plate_number": "XXX-999"}
    new = NewApplication(ApplicationKind.LOST_ACCESS, "n", facts, ANNAS_POLICY)
    receipt = house.database.carry_out(
        applications.submit_from_outside, OUTSIDE, new, email="mas@pelda.example", language="hu", brand=house.brand, now=NOON
    )

    with pytest.raises(PolicyUnknown):
        fulfil(house, receipt)

    assert (status(house, receipt), len(post_to(house, "mas@pelda.example"))) == ("submitted", 1)


def test_lost_access_tells_the_address_on_file_and_not_the_one_that_was_typed(house: House, anna: Customer) -> None:
    del anna
    new = NewApplication(ApplicationKind.LOST_ACCESS, "n", {"name": "Kiss Anna", "plate_number": "ABC-123"}, ANNAS_POLICY)
    receipt = house.database.carry_out(
        applications.submit_from_outside, OUTSIDE, new, email="mas@pelda.example", language="hu", brand=house.brand, now=NOON
    )

    fulfil(house, receipt)

    assert "whereabouts" in [job.kind for job in post_to(house, ANNA)]
    assert [job.kind for job in post_to(house, "mas@pelda.example")] == ["application_received", "application_decided"]
