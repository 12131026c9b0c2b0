"""Proving that another account is one's own too: by its password or by what both have confirmed, and never by guessing."""

from datetime import timedelta

import pytest
from sqlmodel import col, select, update

from portal_app.database.tables import Account, Credential
from portal_app.domain.brands import PortalName
from portal_app.domain.errors import MergeNotPossible, MergeNotProved, TooMany
from portal_app.domain.merges import Contact
from portal_app.services import merge_proofs
from portal_app.services.house import House
from tests.accounts import (
    BELAS,
    FIRST,
    FIRST_POLICY,
    SECOND,
    SECOND_PASSWORD,
    SECOND_POLICY,
    WORK,
    Opened,
    forget_waits,
    invited_full,
    merge,
    merge_page,
    open_full,
    prove,
)
from tests.cast import ANNA, BELA, NOON
from tests.visitors import FULL_PASSWORD, Guest, post_to, secret_of, signed_in

WRONG = "Rossz.Jelszo-2026"
PHONE = "+36301234567"


# ── by identifier and password ──


def test_identifier_and_password_prove_the_other_account(house: House, first: Opened, second: Opened) -> None:
    assert merge_page(house, first).proved == ()

    assert prove(house, first.customer, SECOND, SECOND_PASSWORD)

    shown = merge_page(house, first)
    assert [(one.login, one.policies, one.letters) for one in shown.proved] == [("105 332 871", (SECOND_POLICY,), 2)]
    assert (shown.own.login, shown.own.policies, shown.own.letters) == ("482 917 365", (FIRST_POLICY,), 1)


def test_a_password_that_we_sent_proves_an_account_that_nobody_has_opened(house: House, first: Opened) -> None:
    invited_full(house, SECOND, "Ab3.efGhjkm7")

    assert prove(house, first.customer, SECOND, "Ab3.efGhjkm7")

    assert [one.login for one in merge_page(house, first).proved] == ["105 332 871"]
    with house.database.reading() as db:
        assert db.exec(select(Credential.used_at).where(Credential.kind == "sent")).one() is None


@pytest.mark.parametrize(("kind", "proves"), [("chosen", True), ("sent", False)])
def test_a_year_of_a_former_portal_ends_no_password_here_but_a_sent_one_has_its_life(
    house: House, first: Opened, second: Opened, kind: str, *, proves: bool
) -> None:
    over = update(Credential).where(col(Credential.account_id) == second.id)
    with house.database.writing() as db:
        db.exec(over.values(kind=kind, valid_until=NOON - timedelta(days=1), used_at=NOON - timedelta(days=2)))

    assert prove(house, first.customer, SECOND, SECOND_PASSWORD) is proves


@pytest.mark.usefixtures("second")
def test_unknown_identifiers_and_wrong_passwords_look_alike(house: House, first: Opened) -> None:
    seen = []
    for login in (SECOND, "999888777"):
        assert not prove(house, first.customer, login, WRONG)
        shown = merge_page(house, first)
        seen.append(
            (shown.attempt.outcome, shown.attempt.failures, shown.attempt.until_code, shown.attempt.challenge, shown.proved)
        )
        forget_waits(house)

    assert seen[0] == seen[1]


def test_failed_proofs_are_counted_with_failed_sign_ins(house: House, first: Opened, second: Opened) -> None:
    Guest(house).fail(SECOND, 2)
    forget_waits(house)

    assert not prove(house, first.customer, SECOND, WRONG)

    assert merge_page(house, first).attempt.failures == 3
    assert merge_page(house, first).attempt.challenge != ""
    assert not prove(house, first.customer, SECOND, SECOND_PASSWORD)
    assert merge_page(house, first).proved == ()
    assert second.row().status == "active"


def test_a_proof_holds_for_a_quarter_of_an_hour_and_for_this_sign_in_only(house: House, first: Opened, second: Opened) -> None:
    elsewhere = Opened(house, signed_in(house, first.id, "elsewhere"), FIRST, FIRST_POLICY)
    prove(house, first.customer, SECOND, SECOND_PASSWORD)

    for who, moment in ((first, NOON + timedelta(minutes=15)), (elsewhere, NOON)):
        assert merge_page(house, who, now=moment).proved == ()
        with pytest.raises(MergeNotProved):
            merge(house, who, second, now=moment)

    assert second.row().status == "active"


def test_only_what_was_proved_can_be_merged(house: House, first: Opened, second: Opened) -> None:
    bela = open_full(house, BELAS, "KGFB-2026-000002", email=BELA)
    prove(house, first.customer, SECOND, SECOND_PASSWORD)

    with pytest.raises(MergeNotProved):
        merge(house, first, bela)

    assert (bela.row().status, second.row().status) == ("active", "active")


@pytest.mark.parametrize("portal", [PortalName.KULDEMENYEIM, PortalName.ONLINE24])
def test_an_account_of_another_portal_stays_apart_even_when_it_is_proved(house: House, first: Opened, portal: PortalName) -> None:
    other = open_full(house, SECOND, SECOND_POLICY, password=SECOND_PASSWORD)
    with house.database.writing() as db:
        db.get_one(Account, other.id).portal = portal

    assert not prove(house, first.customer, SECOND, SECOND_PASSWORD)

    assert merge_page(house, first).attempt.outcome.code == MergeNotPossible.code


def test_ones_own_account_cannot_be_merged_into_itself(house: House, first: Opened) -> None:
    assert not prove(house, first.customer, FIRST, FULL_PASSWORD)

    assert merge_page(house, first).proved == ()


# ── by what both have confirmed ──


def test_a_confirmed_address_in_common_is_said_and_a_code_there_proves_it(house: House, first: Opened) -> None:
    other = open_full(house, SECOND, SECOND_POLICY)
    open_full(house, BELAS, "KGFB-2026-000002", email=BELA)
    assert (merge_page(house, first).shared, merge_page(house, first).contact) == (Contact.EMAIL, ANNA)

    house.database.carry_out(merge_proofs.send_code, first.customer, brand=house.brand, secrets=house.secrets, now=NOON)
    code = secret_of(house, post_to(house, ANNA, "confirmation_code")[0])

    assert merge_page(house, first).code_sent
    assert house.database.carry_out(merge_proofs.prove_by_code, first.customer, code, secrets=house.secrets, now=NOON)
    assert [one.account_id for one in merge_page(house, first).proved] == [other.row().public_id]


def test_a_confirmed_phone_in_common_is_proved_by_text_message(house: House) -> None:
    here = open_full(house, FIRST, FIRST_POLICY, phone=PHONE)
    there = open_full(house, SECOND, SECOND_POLICY, email=WORK, phone=PHONE)
    assert merge_page(house, here).shared is Contact.PHONE

    house.database.carry_out(merge_proofs.send_code, here.customer, brand=house.brand, secrets=house.secrets, now=NOON)
    job = post_to(house, PHONE, "confirmation_code")[0]

    assert job.channel == "sms"
    assert house.database.carry_out(
        merge_proofs.prove_by_code, here.customer, secret_of(house, job), secrets=house.secrets, now=NOON
    )
    assert [one.account_id for one in merge_page(house, here).proved] == [there.row().public_id]


@pytest.mark.parametrize("which", ["own", "other"])
def test_an_address_that_one_of_them_has_not_confirmed_is_no_hint(house: House, first: Opened, which: str) -> None:
    other = open_full(house, SECOND, SECOND_POLICY)
    with house.database.writing() as db:
        db.get_one(Account, first.id if which == "own" else other.id).email_confirmed_at = None

    assert merge_page(house, first).shared is None
    with pytest.raises(MergeNotPossible):
        house.database.carry_out(merge_proofs.send_code, first.customer, brand=house.brand, secrets=house.secrets, now=NOON)
    assert post_to(house, ANNA) == [] or [job.kind for job in post_to(house, ANNA)] == ["arrival", "arrival"]


def test_a_code_that_went_to_the_address_proves_nothing_about_the_phone(house: House) -> None:
    one = open_full(house, FIRST, FIRST_POLICY, phone=PHONE)
    open_full(house, SECOND, SECOND_POLICY, phone=PHONE, password=SECOND_PASSWORD, email=WORK)
    alike = open_full(house, BELAS, "UTAS-2026-000013")
    house.database.carry_out(merge_proofs.send_code, one.customer, brand=house.brand, secrets=house.secrets, now=NOON)
    code = secret_of(house, post_to(house, ANNA, "confirmation_code")[-1])
    with house.database.writing() as db:
        db.get_one(Account, alike.id).email_confirmed_at = None

    proved = house.database.carry_out(merge_proofs.prove_by_code, one.customer, code, secrets=house.secrets, now=NOON)

    assert (merge_page(house, one).shared, proved) == (Contact.PHONE, False)


def test_a_wrong_code_proves_nothing_and_codes_are_few(house: House, first: Opened) -> None:
    open_full(house, SECOND, SECOND_POLICY)
    for _ in range(3):
        house.database.carry_out(merge_proofs.send_code, first.customer, brand=house.brand, secrets=house.secrets, now=NOON)
    right = secret_of(house, post_to(house, ANNA, "confirmation_code")[-1])
    wrong = "000000" if right != "000000" else "111111"

    tried = [
        house.database.carry_out(merge_proofs.prove_by_code, first.customer, code, secrets=house.secrets, now=NOON)
        for code in (wrong, wrong, wrong, wrong, wrong, right)
    ]

    assert tried == [False] * 6
    assert merge_page(house, first).proved == ()
    with pytest.raises(TooMany):
        house.database.carry_out(merge_proofs.send_code, first.customer, brand=house.brand, secrets=house.secrets, now=NOON)
