"""Carrying requests out: what changes by each kind, whose it is meanwhile, and what cannot be done."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from sqlmodel import func, select

from portal_app.database.tables import Account, Policy
from portal_app.domain.actors import Customer, Stranger
from portal_app.domain.applications import ApplicationKind
from portal_app.domain.brands import PortalName
from portal_app.domain.deliveries import Attachment, Handover
from portal_app.domain.errors import (
    AccountClosed,
    AccountUnknown,
    MergeNotPossible,
    PolicyElsewhere,
    PolicyEnded,
    PolicyUnknown,
    RecipientPostal,
)
from portal_app.domain.kinds import LetterKind
from portal_app.domain.policies import Communication, Holder, PolicyStatement, PolicyStatus, SalesRoute
from portal_app.services import applications, intake, policies
from portal_app.services.applications import NewApplication
from portal_app.services.house import House
from portal_app.services.intake import Desk
from tests.asking import asked, asked_outside, by_post, fulfil, known_policy, policy_of, status
from tests.cast import ANNA, ANNAS_POLICY, BELA, BELAS_POLICY, CORE, NOON
from tests.handing_over import HELLO
from tests.visitors import full_customer, post_to

LATER = NOON + timedelta(days=2)
OUTSIDE = Stranger("192.0.2.1")


@pytest.fixture
def anna(house: House) -> Customer:
    """Anna with a policy that goes by post."""
    return by_post(house)


def verdict(house: House, *, now: datetime = LATER) -> Any:
    """Say whether the policy's next letter would be refused, without handing it over."""
    file = Attachment("level.pdf", sha256(HELLO).hexdigest(), HELLO)
    handover = Handover("SZ-1", ANNAS_POLICY, LetterKind.PREMIUM_CERTIFICATE, "Díjigazolás", "", (file,))
    desk = Desk(house.database, house.objects, house.scanner, house.brand)
    return intake.judge(desk, CORE, [handover], now=now)[0]


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
    receipt = asked_outside(house, phone="+36301112233", accounting="yes")

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


@pytest.mark.parametrize("status", ["active", "invited"])
def test_a_request_from_outside_changes_nothing_of_an_account_that_is_there(house: House, status: str) -> None:
    """Whoever typed the request may be anybody; the account's contact data are changed in the account."""
    bela = full_customer(house, BELA)
    with house.database.writing() as db:
        db.get_one(Account, bela.account_id).status = status
    policy_of(house, bela, communication="postal", email=BELA, phone="+36301234567", sales_route="broker_online")

    fulfil(house, asked_outside(house, phone="+36309999999"))

    policy = known_policy(house)
    with house.database.reading() as db:
        account = db.get_one(Account, bela.account_id)
    assert (policy.communication, policy.account_id, policy.email, policy.phone) == (
        "electronic", bela.account_id, BELA, "+36301234567",
    )  # fmt: skip
    assert (account.email, account.phone) == (BELA, "")


def test_nothing_changes_before_staff_decide(house: House) -> None:
    policy_of(house, None, communication="postal", email="")

    asked_outside(house)

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
    receipt = asked_outside(house)

    with pytest.raises(refusal):
        fulfil(house, receipt)

    assert (status(house, receipt), known_policy(house).communication) == ("submitted", "postal")


def test_a_number_that_nobody_handed_over_cannot_be_carried_out(house: House) -> None:
    with pytest.raises(PolicyUnknown):
        fulfil(house, asked_outside(house, "NINCS-1"))


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
