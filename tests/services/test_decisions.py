"""Decisions on requests: what staff see, each step once, and what its customer is told."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import func, select

from portal_app.database.tables import Account, Application, Event, Policy
from portal_app.domain.actors import Customer, Stranger
from portal_app.domain.applications import ApplicationKind, ApplicationStatus
from portal_app.domain.errors import (
    ApplicationDecided,
    ApplicationNotFound,
    PortalError,
    ReplyEmpty,
)
from portal_app.services import applications, decisions
from portal_app.services.applications import ApplicationReceipt
from portal_app.services.house import House
from tests.asking import asked, asked_outside, by_post, fulfil, listed, policy_of, status
from tests.cast import ANNA, BELA, BELAS_POLICY, DENES, NOON
from tests.visitors import facts_of, full_customer, post_to

LATER = NOON + timedelta(days=2)
OUTSIDE = Stranger("192.0.2.1")


@pytest.fixture
def anna(house: House) -> Customer:
    """Anna with a policy that goes by post."""
    return by_post(house)


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
    hers, theirs = asked(house, anna), asked_outside(house)

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


def test_what_is_taken_back_while_it_is_decided_ends_one_way_only(house: House, anna: Customer) -> None:
    for number in range(4):
        receipt = asked(house, anna, ApplicationKind.PHONE, nonce=f"{number}")

        def withdraw(receipt: ApplicationReceipt = receipt) -> None:
            house.database.carry_out(applications.withdraw, anna, receipt.public_id, now=LATER)

        ended = together(withdraw, lambda receipt=receipt: fulfil(house, receipt))

        assert sorted(map(str, ended)) == ["None", "application_decided"]


@pytest.mark.parametrize(
    ("holder", "fitting"),
    [
        ({"holder_name": "Kiss Anna", "email": ANNA, "phone": "+36301234567", "customer_ref": "U-1"}, True),
        ({"holder_name": "Nagy Béla", "email": BELA, "phone": "+36309999999", "customer_ref": "U-2"}, False),
    ],
)
def test_staff_see_whether_a_policy_of_nobodys_account_can_be_the_customers(
    house: House, holder: dict[str, str], *, fitting: bool
) -> None:
    """Any number may be named: whose it is must not be left to staff to guess."""
    anna = full_customer(house, ANNA, phone="+36301234567", customer_ref="U-1")
    policy_of(house, anna, BELAS_POLICY)
    policy_of(house, None, communication="postal", **holder)
    asked(house, anna)

    (shown,) = listed(house)

    assert shown.fits == {"policy": True, "account": False} | dict.fromkeys(("name", "email", "phone", "customer_ref"), fitting)


def test_staff_see_what_fits_and_what_does_not(house: House) -> None:
    policy_of(house, None, communication="postal", phone="+36301112233")
    asked_outside(house, name="kiss  anna", plate_number="abc 123", phone="+36309999999")

    (shown,) = listed(house)

    assert shown.fits == {"policy": True, "name": True, "plate_number": True, "phone": False, "email": False}
    assert (shown.has_account, shown.email) == (False, "anna.uj@pelda.example")
