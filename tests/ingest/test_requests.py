"""What a decided request means for the core system: its letters arrive, or are answered as postal."""

from datetime import timedelta

import pytest
from sqlmodel import select

from portal_app.database.tables import Job, Letter
from portal_app.domain.applications import ApplicationKind
from portal_app.gateways.clock import now
from portal_app.services import decisions
from portal_app.services.fulfilments import Decision
from portal_app.services.house import House
from tests.asking import asked, known_policy, policy_of
from tests.cast import ANNA, ANNAS_POLICY, DENES
from tests.handing_over import letter
from tests.ingest.conftest import Core, rows
from tests.visitors import full_customer


def fulfil(house: House, reference: str) -> None:
    decision = Decision(house.brand, house.secrets)
    house.database.carry_out(decisions.fulfil, DENES, reference, decision, now=now())


@pytest.mark.requirement("R71")
@pytest.mark.requirement("R77")
@pytest.mark.requirement("R78")
def test_after_an_electronic_request_letters_arrive_and_each_is_announced(core: Core, house: House) -> None:
    anna = full_customer(house, ANNA, now=now())
    policy_of(house, anna, communication="postal")
    before = core.deliver(letter("SZ-1"))
    receipt = asked(house, anna, now=now())
    while_waiting = core.deliver(letter("SZ-2"))

    fulfil(house, receipt.reference)
    after = [core.deliver(letter("SZ-3")), core.deliver(letter("SZ-4"))]

    assert [(one.status_code, one.json()["code"]) for one in (before, while_waiting)] == [(409, "recipient_postal")] * 2
    assert [one.status_code for one in after] == [201, 201]
    assert rows(house, select(Letter.account_id)) == [anna.account_id] * 2
    assert rows(house, select(Job.recipient, Job.count).where(Job.kind == "arrival")) == [(ANNA, 2)]


@pytest.mark.requirement("R28")
def test_after_going_back_to_post_letters_are_refused_and_placed_ones_stay(core: Core, house: House) -> None:
    anna = full_customer(house, ANNA, now=now())
    policy_of(house, anna)
    before = core.deliver(letter("SZ-1"))

    fulfil(house, asked(house, anna, ApplicationKind.POSTAL, now=now()).reference)
    after = core.deliver(letter("SZ-2"))

    assert before.status_code == 201
    assert (after.status_code, after.json()["code"]) == (409, "recipient_postal")
    assert rows(house, select(Letter.account_id)) == [anna.account_id]


def test_the_core_repeats_an_older_word_without_undoing_the_decision(core: Core, house: House) -> None:
    anna = full_customer(house, ANNA, now=now())
    policy_of(house, anna, communication="postal")
    fulfil(house, asked(house, anna, now=now()).reference)

    yesterday = (now() - timedelta(days=1)).isoformat()
    repeated = core.put_policy(ANNAS_POLICY, communication="postal", consent_at=yesterday)

    assert (repeated.status_code, repeated.json()["communication"]) == (200, "electronic")
    assert known_policy(house).account_id == anna.account_id
    assert core.deliver(letter("SZ-5")).status_code == 201
