"""Moving to the full portal: nothing is lost, everything follows, and it happens once or not at all."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlmodel import Session, col, select

from portal_app.database.tables import Account, Event, Letter, Login, Message, Policy, SignIn
from portal_app.domain.actors import Customer, Stage
from portal_app.domain.brands import Brand, PortalName
from portal_app.domain.errors import CodeWrong, PhoneMissing, PolicyUnknown, TooMany, UpgradeNotPossible
from portal_app.domain.kinds import LetterKind
from portal_app.domain.policies import Communication, Holder, PolicyStatement, PolicyStatus, SalesRoute
from portal_app.domain.retention import WHILE_POLICY_RUNS
from portal_app.services import messages, passwords, policies, sign_ins, upgrades
from portal_app.services.house import House
from portal_app.services.placing import NewLetter, place_letters
from tests.cast import ANNA, ANNAS_PASSWORD, ANNAS_POLICY, BELA, BELAS_PASSWORD, CORE, DENES, NOON
from tests.visitors import Guest, active, facts_of, post_to, secret_of, signed_in

LATER = NOON + timedelta(days=10)


@pytest.fixture
def anna(house: House) -> Customer:
    """Anna, who has been in her letter-box for a while."""
    return signed_in(house, active(house, ANNA, ANNAS_PASSWORD), now=LATER)


def policy_of(house: House, customer: Customer, number: str = ANNAS_POLICY, *, ended_on: date | None = None) -> int:
    """Let the customer hold a policy."""

    def add(db: Session) -> int:
        policy = Policy(
            number=number, product="KGFB", holder_name="Kovács Anna", email=ANNA, communication="electronic",
            sales_route="direct", status="ended" if ended_on else "active", ended_on=ended_on, as_of=NOON,
            account_id=customer.account_id, opened_account_id=customer.account_id,
        )  # fmt: skip
        db.add(policy)
        db.flush()
        return policy.id or 0

    return house.database.carry_out(add)


def place(house: House, customer: Customer, kind: LetterKind, policy_id: int | None, times: int = 1) -> list[str]:
    """Place letters in the customer's letter-box."""
    new = NewLetter(customer.account_id, customer.portal, kind, "Levél", (), policy_id=policy_id)
    placed = house.database.carry_out(place_letters, CORE, [new] * times, brand=house.brand, now=NOON)
    return [letter.public_id for letter in placed]


def move(house: House, customer: Customer, *, brand: Brand | None = None, now: datetime = LATER, **more: bool) -> bool:
    return house.database.carry_out(upgrades.upgrade, customer, brand=brand or house.brand, now=now, **more)


def dates_of(house: House, customer: Customer) -> list[date]:
    with house.database.reading() as db:
        return list(db.exec(select(Letter.erase_on).where(Letter.account_id == customer.account_id).order_by(col(Letter.id))))


def account(house: House, customer: Customer) -> Account:
    with house.database.reading() as db:
        found = db.get_one(Account, customer.account_id)
        db.expunge(found)
        return found


@pytest.fixture
def asking(house: House) -> Brand:
    """The brand, asking for a policy number and a code by phone."""
    return replace(house.brand, upgrade_asks_phone_code=True)


def test_every_letter_stays_and_gets_the_full_portals_date(house: House, anna: Customer) -> None:
    running, over = policy_of(house, anna), policy_of(house, anna, "LAK-1", ended_on=date(2026, 3, 31))
    place(house, anna, LetterKind.POLICY_DOCUMENT, running)
    place(house, anna, LetterKind.INFORMATION, over)
    place(house, anna, LetterKind.PAYMENT_NOTICE, running)
    place(house, anna, LetterKind.INFORMATION, None)
    assert dates_of(house, anna) == [date(2027, 1, 11)] * 4

    assert move(house, anna)

    assert dates_of(house, anna) == [WHILE_POLICY_RUNS, date(2027, 4, 1), date(2034, 1, 11), date(2027, 1, 11)]
    assert (account(house, anna).portal, account(house, anna).upgraded_at) == (PortalName.UGYFELPORTAL, LATER)


def test_the_new_identifier_comes_beside_the_address_and_is_told_by_mail(house: House, anna: Customer) -> None:
    move(house, anna)

    with house.database.reading() as db:
        logins = db.exec(select(Login.kind, Login.shown).where(Login.account_id == anna.account_id)).all()
    issued = dict(logins)["issued"]
    assert sorted(kind for kind, _ in logins) == ["email", "issued"]
    assert [facts_of(job) for job in post_to(house, ANNA, "upgraded")] == [{"login": issued}]


def test_a_new_password_is_asked_for_at_once_and_other_sign_ins_end(house: House, anna: Customer) -> None:
    elsewhere = signed_in(house, anna.account_id, "another browser", now=LATER)

    move(house, anna)

    here = house.database.ask(sign_ins.resolve_row, anna.sign_in_id, brand=house.brand, now=LATER)
    assert here is not None
    assert (here.customer.stage, here.customer.portal) == (Stage.MUST_CHANGE, PortalName.UGYFELPORTAL)
    assert house.database.ask(sign_ins.resolve_row, elsewhere.sign_in_id, brand=house.brand, now=LATER) is None
    ticket = house.database.carry_out(passwords.begin_change, here.customer, brand=house.brand, now=LATER)
    assert ticket is not None
    assert (ticket.rules.shortest, ticket.rules.special) == (12, 1)


def test_whoever_left_without_a_new_password_is_asked_for_it_at_the_next_sign_in(house: House, anna: Customer) -> None:
    move(house, anna)

    came_back = Guest(house).attempt(ANNA, ANNAS_PASSWORD, now=LATER)

    assert came_back is not None
    assert (came_back.account_id, came_back.stage, came_back.portal) == (anna.account_id, Stage.MUST_CHANGE, "ugyfelportal")


def test_pressing_twice_moves_once(house: House, anna: Customer) -> None:
    assert move(house, anna)
    assert not move(house, anna)

    assert len(post_to(house, ANNA, "upgraded")) == 1
    with house.database.reading() as db:
        assert len(db.exec(select(Login.id).where(Login.account_id == anna.account_id)).all()) == 2
        assert len(db.exec(select(Event.id).where(Event.act == "account:upgraded")).all()) == 1


def test_two_presses_at_the_same_moment_move_once(house: House, anna: Customer) -> None:
    place(house, anna, LetterKind.INFORMATION, policy_of(house, anna), times=30)

    with ThreadPoolExecutor(2) as hands:
        moved = list(hands.map(lambda _: move(house, anna), range(2)))

    assert sorted(moved) == [False, True]
    assert len(post_to(house, ANNA, "upgraded")) == 1


def test_later_letters_follow_under_the_new_dates(house: House, anna: Customer) -> None:
    running = policy_of(house, anna)
    move(house, anna)

    later = NewLetter(anna.account_id, account(house, anna).portal, LetterKind.INFORMATION, "Új", (), policy_id=running)
    house.database.carry_out(place_letters, CORE, [later], brand=house.brand, now=LATER)

    assert dates_of(house, anna) == [WHILE_POLICY_RUNS]
    assert len(post_to(house, ANNA, "arrival")) == 1


def test_where_the_brand_has_no_full_portal_nothing_moves(house: House, anna: Customer) -> None:
    alone = replace(house.brand, switched_on=(PortalName.KULDEMENYEIM,))

    with pytest.raises(UpgradeNotPossible):
        move(house, anna, brand=alone)

    assert account(house, anna).portal == PortalName.KULDEMENYEIM


def test_an_account_that_is_being_closed_does_not_move(house: House, anna: Customer) -> None:
    with house.database.writing() as db:
        db.get_one(Account, anna.account_id).status = "closing"

    with pytest.raises(UpgradeNotPossible):
        move(house, anna)


# ── where the brand asks for a code by phone ──


def give_phone(house: House, customer: Customer) -> None:
    with house.database.writing() as db:
        db.get_one(Account, customer.account_id).phone = "+36301234567"


def ask_for_code(house: House, customer: Customer, brand: Brand, number: str = ANNAS_POLICY) -> None:
    house.database.carry_out(upgrades.send_phone_code, customer, number, brand=brand, secrets=house.secrets, now=LATER)


def try_code(house: House, customer: Customer, code: str, now: datetime = LATER) -> bool:
    return house.database.carry_out(upgrades.check_phone_code, customer, code, secrets=house.secrets, now=now)


def test_the_code_goes_to_the_phone_once_a_policy_was_named(house: House, anna: Customer, asking: Brand) -> None:
    policy_of(house, anna)
    give_phone(house, anna)
    with pytest.raises(CodeWrong):
        move(house, anna, brand=asking)

    ask_for_code(house, anna, asking)

    sent = post_to(house, "+36301234567", "confirmation_code")
    assert [job.channel for job in sent] == ["sms"]
    assert house.database.ask(upgrades.offer, anna, brand=asking, now=LATER).code_sent
    assert try_code(house, anna, secret_of(house, sent[0]))
    assert move(house, anna, brand=asking, phone_proved=True)
    assert account(house, anna).phone_confirmed_at == LATER


def test_a_code_works_once_and_not_for_long(house: House, anna: Customer, asking: Brand) -> None:
    policy_of(house, anna)
    give_phone(house, anna)
    ask_for_code(house, anna, asking)
    code = secret_of(house, post_to(house, "+36301234567")[0])

    assert not try_code(house, anna, code, LATER + timedelta(minutes=15))
    assert try_code(house, anna, code)
    assert not try_code(house, anna, code)


def test_after_five_wrong_codes_the_right_one_is_worth_nothing(house: House, anna: Customer, asking: Brand) -> None:
    policy_of(house, anna)
    give_phone(house, anna)
    ask_for_code(house, anna, asking)
    code = secret_of(house, post_to(house, "+36301234567")[0])
    wrong = "000000" if code != "000000" else "111111"

    assert [try_code(house, anna, wrong) for _ in range(5)] == [False] * 5

    assert not try_code(house, anna, code)


def test_another_customers_policy_number_brings_no_code(house: House, anna: Customer, asking: Brand) -> None:
    bela = signed_in(house, active(house, BELA, BELAS_PASSWORD), now=LATER)
    policy_of(house, bela, "KGFB-2026-000002")
    give_phone(house, anna)

    with pytest.raises(PolicyUnknown):
        ask_for_code(house, anna, asking, "KGFB-2026-000002")

    assert post_to(house, "+36301234567") == []


def test_no_phone_and_a_fourth_code_are_refused(house: House, anna: Customer, asking: Brand) -> None:
    policy_of(house, anna)
    with pytest.raises(PhoneMissing):
        ask_for_code(house, anna, asking)
    give_phone(house, anna)
    for _ in range(3):
        ask_for_code(house, anna, asking)

    with pytest.raises(TooMany):
        ask_for_code(house, anna, asking)


# ── wishes ──


def test_who_wished_for_it_is_invited_once(house: House, anna: Customer) -> None:
    bela = active(house, BELA, BELAS_PASSWORD)
    with house.database.writing() as db:
        db.get_one(Account, anna.account_id).upgrade_wished_at = NOON

    found = house.database.ask(upgrades.wishes_to_invite, DENES, brand=house.brand, most=10)
    told = [house.database.carry_out(upgrades.invite, DENES, found, now=LATER) for _ in range(2)]

    assert (found, told) == ([anna.account_id], [1, 0])
    assert [len(post_to(house, address, "upgrade_invitation")) for address in (ANNA, BELA)] == [1, 0]
    assert house.database.ask(upgrades.wishes_to_invite, DENES, brand=house.brand, most=10) == []
    assert bela != anna.account_id


def test_nobody_is_invited_while_the_portal_is_off(house: House, anna: Customer) -> None:
    with house.database.writing() as db:
        db.get_one(Account, anna.account_id).upgrade_wished_at = NOON
    alone = replace(house.brand, switched_on=(PortalName.KULDEMENYEIM,))

    assert house.database.ask(upgrades.wishes_to_invite, DENES, brand=alone, most=10) == []


def test_sign_ins_that_ended_with_the_move_say_why(house: House, anna: Customer) -> None:
    signed_in(house, anna.account_id, "another browser", now=LATER)

    move(house, anna)

    with house.database.reading() as db:
        assert db.exec(select(SignIn.end_reason).where(SignIn.account_id == anna.account_id).order_by(SignIn.id)).all() == [
            "", "upgraded",
        ]  # fmt: skip


# ── the dates go with the policy ──


def test_when_the_policy_ends_its_letters_get_their_date_and_lose_it_when_it_runs_again(house: House, anna: Customer) -> None:
    letter_id = place(house, anna, LetterKind.INFORMATION, policy_of(house, anna))[0]
    move(house, anna)
    house.database.carry_out(messages.send_reply, anna, letter_id, "Kérdésem van.", (), mark="m", brand=house.brand, now=LATER)

    state(house, "ended", ended_on=date(2026, 6, 30), as_of=LATER)
    assert dates_of(house, anna) == [date(2027, 7, 1)]
    with house.database.reading() as db:
        assert db.exec(select(Message.erase_on)).all() == [date(2027, 7, 1)]

    state(house, "active", as_of=LATER + timedelta(days=1))
    assert dates_of(house, anna) == [WHILE_POLICY_RUNS]


def state(house: House, status: str, *, as_of: datetime, ended_on: date | None = None) -> None:
    """Let the core system say how the policy stands."""
    statement = PolicyStatement(
        number=ANNAS_POLICY, product="KGFB", holder=Holder("Kovács Anna", ANNA), communication=Communication.ELECTRONIC,
        sales_route=SalesRoute.DIRECT, status=PolicyStatus(status), ended_on=ended_on, as_of=as_of, consent_at=NOON,
    )  # fmt: skip
    house.database.carry_out(
        policies.state_policy, CORE, statement, consent_stated=False, first_access=None,
        brand=house.brand, secrets=house.secrets, now=as_of,
    )  # fmt: skip
