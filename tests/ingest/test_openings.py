"""Accounts of the full portals open by themselves: which policies share one, how access is sent, where letters go later."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import Session, col, select

from portal_app.database.tables import Account, Credential, Job, Login, Merge, Policy
from portal_app.domain.brands import Brand, LoginKind
from portal_app.domain.passwords import flaws_in
from portal_app.gateways.clock import now
from portal_app.gateways.secrets import public_id
from portal_app.services import closings
from portal_app.services.accounts import open_text
from portal_app.services.house import House, use_house
from portal_app.settings import read_brand
from tests.cast import ANNA, ANNAS_POLICY, BELA, BELAS_POLICY, DENES
from tests.handing_over import policy
from tests.ingest.conftest import Core, rows
from tests.visitors import active, facts_of, full_customer

THIRD_POLICY = "KGFB-2026-000003"
ANNAS_REF = "U-1"
PHONE = "+36301234567"


@pytest.fixture
def union(house: House) -> Iterator[House]:
    """The same house under the brand whose direct routes open the full portal."""
    yield from _under(house, read_brand("union"))


@pytest.fixture
def allianz(house: House) -> Iterator[House]:
    """The same house under the brand that knows no online24."""
    yield from _under(house, read_brand("allianz"))


def _under(house: House, brand: Brand) -> Iterator[House]:
    changed = replace(house, brand=brand)
    use_house(changed)
    yield changed
    use_house(house)


def accounts(house: House) -> list[Account]:
    return rows(house, select(Account).order_by(col(Account.id)))


def account_of(house: House, number: str) -> Account:
    (found,) = rows(house, select(Account).join(Policy, col(Policy.account_id) == Account.id).where(Policy.number == number))
    return found


def logins(house: House) -> list[Login]:
    return rows(house, select(Login).order_by(col(Login.id)))


def owed(house: House, *kinds: str) -> list[Job]:
    return rows(house, select(Job).where(col(Job.kind).in_(kinds)).order_by(col(Job.id)))


def used(house: House, number: str) -> Account:
    """Let somebody have signed in to the account of this policy."""
    account = account_of(house, number)

    def activate(db: Session) -> None:
        known = db.get_one(Account, account.id)
        known.status, known.activated_at = "active", now()
        for sent in db.exec(select(Credential).where(Credential.account_id == account.id)):
            sent.ended_at = now()

    house.database.carry_out(activate)
    return account


# ── the first access ──


@pytest.mark.requirement("R45")
@pytest.mark.requirement("R46")
@pytest.mark.requirement("R47")
def test_a_broker_sold_policy_opens_an_account_with_its_name_sent_by_mail_and_the_password_by_sms(
    core: Core, house: House
) -> None:
    answer = core.put_policy(ANNAS_POLICY, sales_route="broker_online", holder_phone="06 30 123 4567")

    assert (answer.status_code, answer.json()["portal"], answer.json()["account_status"]) == (201, "ugyfelportal", "invited")
    (login,) = logins(house)
    assert (login.kind, len(login.key), login.key.isdigit()) == (LoginKind.ISSUED, 9, True)
    (told,) = owed(house, "issued_login")
    assert (told.channel, told.recipient, facts_of(told)["login"]) == ("mail", ANNA, login.shown)
    assert [(job.channel, job.recipient) for job in owed(house, "first_password")] == [("sms", PHONE)]
    assert owed(house, "activation", "initial_password") == []


@pytest.mark.requirement("R48")
@pytest.mark.requirement("R61")
@pytest.mark.requirement("R62")
def test_without_a_phone_the_password_goes_in_a_mail_of_its_own(core: Core, house: House) -> None:
    core.put_policy(ANNAS_POLICY, sales_route="broker_online")

    (told,), (password,) = owed(house, "issued_login"), owed(house, "first_password")
    sent = open_text(house.secrets, password.secret)
    (credential,) = rows(house, select(Credential))
    assert [(job.channel, job.recipient) for job in (told, password)] == [("mail", ANNA)] * 2
    assert told.id != password.id
    assert len(sent) == 12
    assert set(sent) & set(".,!?+@")
    assert flaws_in(sent, house.brand.portal("ugyfelportal").passwords) == []
    assert house.hashing.verify(sent, credential.hash)
    assert sent not in told.facts + password.facts + credential.hash
    assert credential.valid_until - credential.created_at == timedelta(days=14)


# ── which account ──


@pytest.mark.requirement("R55")
def test_each_broker_sold_policy_opens_an_account_of_its_own(core: Core, house: House) -> None:
    answers = [
        core.put_policy(number, sales_route="broker_online", holder_customer_ref=ANNAS_REF).json()
        for number in (ANNAS_POLICY, BELAS_POLICY)
    ]

    assert [answer["account_opened"] for answer in answers] == [True, True]
    assert len({account.id for account in accounts(house)}) == 2
    assert len({login.key for login in logins(house)}) == 2
    passwords = [open_text(house.secrets, job.secret) for job in owed(house, "first_password")]
    assert len(set(passwords)) == 2


@pytest.mark.requirement("R94")
def test_direct_policies_of_one_customer_share_an_account_by_the_insurers_own_number_alone(core: Core, union: House) -> None:
    core.put_policy(ANNAS_POLICY, holder_customer_ref=ANNAS_REF)
    core.put_policy(BELAS_POLICY, holder_customer_ref=ANNAS_REF, holder_email=BELA, sales_route="branch")
    core.put_policy(THIRD_POLICY, holder_customer_ref="U-2")
    core.put_policy("KGFB-2026-000004")
    core.put_policy("KGFB-2026-000005")

    assert account_of(union, ANNAS_POLICY).id == account_of(union, BELAS_POLICY).id
    assert len(accounts(union)) == 4
    assert {account.portal for account in accounts(union)} == {"ugyfelportal"}


def test_the_first_account_is_used_again_even_when_it_is_opened_by_two_policies_at_once(core: Core, union: House) -> None:
    said = [("PUT", f"/policies/KGFB-2026-10000{number}", {"json": policy(holder_customer_ref=ANNAS_REF)}) for number in range(4)]
    answers = core.ask_together(*said)

    assert [answer.status_code for answer in answers] == [201] * 4
    assert len(accounts(union)) == 1


@pytest.mark.requirement("R59")
@pytest.mark.parametrize("route", ["broker_online", "branch"])
def test_postal_policies_open_no_account_in_the_full_portal(core: Core, union: House, route: str) -> None:
    answer = core.put_policy(ANNAS_POLICY, sales_route=route, communication="postal", holder_phone=PHONE)

    assert (answer.json()["portal"], answer.json()["account_status"]) == (None, "none")
    assert (accounts(union), logins(union), rows(union, select(Job))) == ([], [], [])


@pytest.mark.requirement("R11")
@pytest.mark.parametrize("route", ["direct", "broker_online"])
def test_the_account_that_an_address_took_along_to_the_full_portal_wins(core: Core, house: House, route: str) -> None:
    anna_id = upgraded(house, ANNA)

    answer = core.put_policy(ANNAS_POLICY, sales_route=route).json()

    assert (answer["portal"], answer["account_opened"]) == ("ugyfelportal", False)
    assert account_of(house, ANNAS_POLICY).id == anna_id
    assert len(accounts(house)) == 1


def upgraded(house: House, email: str) -> int:
    account_id = active(house, email, "AnnaBela12", now=now())

    def upgrade(db: Session) -> None:
        account = db.get_one(Account, account_id)
        account.portal, account.upgraded_at = "ugyfelportal", now()
        db.add(Login(account_id=account_id, kind=LoginKind.ISSUED, key="482917365", shown="482 917 365"))

    house.database.carry_out(upgrade)
    return account_id


def test_a_letter_box_that_has_not_moved_does_not_keep_a_broker_sold_policy(core: Core, house: House) -> None:
    core.put_policy(ANNAS_POLICY)

    core.put_policy(BELAS_POLICY, sales_route="broker_online")

    assert account_of(house, ANNAS_POLICY).portal == "kuldemenyeim"
    assert account_of(house, BELAS_POLICY).portal == "ugyfelportal"


# ── joining ──


def registered(house: House, name: str, *, status: str = "active", email: str = ANNA) -> int:
    """Let somebody have registered in the online portal."""

    def register(db: Session) -> int:
        account = Account(
            public_id=public_id(), portal="online24", status=status, email=email, email_key=email, created_at=now(),
            email_confirmed_at=now(), activated_at=now(),
        )  # fmt: skip
        db.add(account)
        db.flush()
        db.add(Login(account_id=account.id or 0, kind=LoginKind.CHOSEN, key=name.casefold(), shown=name))
        return account.id or 0

    return house.database.carry_out(register)


@pytest.mark.requirement("R86")
def test_a_policy_concluded_online_joins_the_account_of_the_named_customer_and_opens_none(core: Core, union: House) -> None:
    anna_id = registered(union, "Anna24")

    answer = core.put_policy(ANNAS_POLICY, sales_route="online24", holder_email=None, holder_portal24_username=" anna24 ")

    assert (answer.status_code, answer.json()["portal"], answer.json()["account_opened"]) == (201, "online24", False)
    assert account_of(union, ANNAS_POLICY).id == anna_id
    assert len(accounts(union)) == 1
    assert rows(union, select(Job)) == []


@pytest.mark.parametrize("name", ["bela24", "", "482917365", "anna@pelda.example"])
def test_an_unknown_name_is_refused_and_nothing_is_kept(core: Core, house: House, name: str) -> None:
    registered(house, "Anna24")
    registered(house, "Bela24", status="unconfirmed")
    full_customer(house, BELA)
    active(house, ANNA, "AnnaBela12")

    answer = core.put_policy(ANNAS_POLICY, sales_route="online24", holder_portal24_username=name)

    assert (answer.status_code, answer.json()["code"]) == (422, "account_unknown")
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/holder/portal24_username"]
    assert rows(house, select(Policy)) == []


@pytest.mark.parametrize(("email", "joins"), [("masik.anna@pelda.example", False), (ANNA, True)])
def test_a_name_that_somebody_else_registered_again_gets_no_policy_of_whoever_had_it_before(
    core: Core, house: House, email: str, *, joins: bool
) -> None:
    """Names of closed accounts are free again; only who has confirmed the holder's own address is taken for the same person."""
    first_id = registered(house, "Anna24")
    core.put_policy(ANNAS_POLICY, sales_route="online24", holder_portal24_username="Anna24")
    house.database.carry_out(closings.close_emptied, DENES, first_id, now=now())
    again_id = registered(house, "Anna24", email=email)

    answer = core.put_policy(ANNAS_POLICY, sales_route="online24", holder_portal24_username="anna24", product="KGFB-2")

    assert (answer.status_code, answer.json().get("code", "")) == ((200, "") if joins else (422, "account_unknown"))
    assert rows(house, select(Policy.account_id)) == [again_id if joins else None]


def test_what_a_new_statement_says_again_stays_where_it_is(core: Core, house: House) -> None:
    """The core system may date its word back, before the account was there."""
    core.put_policy(
        ANNAS_POLICY, sales_route="online24", holder_portal24_username="Anna24", holder_email=BELA,
        as_of="2026-01-01T00:00:00Z", communication="postal",
    )  # fmt: skip
    anna_id = registered(house, "Anna24")

    said = [
        core.put_policy(
            ANNAS_POLICY,
            sales_route="online24",
            holder_portal24_username="Anna24",
            holder_email=BELA,
            as_of=f"2026-01-0{day}T00:00:00Z",
        ).status_code
        for day in (2, 3)
    ]

    assert said == [200, 200]
    assert account_of(house, ANNAS_POLICY).id == anna_id


def test_a_new_number_of_an_unopened_account_is_not_taken_as_proved(core: Core, house: House) -> None:
    core.put_policy(ANNAS_POLICY, sales_route="broker_online", holder_phone=PHONE)
    with house.database.writing() as db:
        db.exec(select(Account)).one().phone_confirmed_at = now()

    core.put_policy(ANNAS_POLICY, sales_route="broker_online", holder_phone="+36309999999")

    (account,) = accounts(house)
    assert (account.phone, account.phone_confirmed_at) == ("+36309999999", None)


def test_a_route_that_the_brand_does_not_list_is_refused(core: Core, allianz: House) -> None:
    answer = core.put_policy(ANNAS_POLICY, sales_route="online24", holder_portal24_username="Anna24")

    assert (answer.status_code, answer.json()["code"]) == (422, "sales_route_unknown")
    assert accounts(allianz) == []


# ── another address ──


def test_before_the_first_sign_in_the_same_name_and_a_new_password_go_to_the_new_address(core: Core, house: House) -> None:
    core.put_policy(ANNAS_POLICY, sales_route="broker_online")
    before = account_of(house, ANNAS_POLICY)

    core.put_policy(ANNAS_POLICY, sales_route="broker_online", holder_email="anna.uj@pelda.example")

    after = account_of(house, ANNAS_POLICY)
    told = owed(house, "issued_login")
    first, second = (open_text(house.secrets, job.secret) for job in owed(house, "first_password"))
    assert (after.id, after.email, after.email_key) == (before.id, "anna.uj@pelda.example", "anna.uj@pelda.example")
    assert [job.recipient for job in told] == [ANNA, "anna.uj@pelda.example"]
    assert len({facts_of(job)["login"] for job in told}) == 1
    open_ones = [row.hash for row in rows(house, select(Credential).where(col(Credential.ended_at).is_(None)))]
    assert [house.hashing.verify(first, stored) for stored in open_ones] == [False]
    assert [house.hashing.verify(second, stored) for stored in open_ones] == [True]


def test_afterwards_letters_go_to_an_account_of_the_new_address_and_the_old_one_is_told(core: Core, house: House) -> None:
    core.put_policy(ANNAS_POLICY, sales_route="broker_online")
    before = used(house, ANNAS_POLICY)

    answer = core.put_policy(ANNAS_POLICY, sales_route="broker_online", holder_email=BELA).json()

    assert answer["account_opened"]
    assert account_of(house, ANNAS_POLICY).id != before.id
    assert [job.recipient for job in owed(house, "letters_go_elsewhere")] == [ANNA]
    assert [job.recipient for job in owed(house, "issued_login")] == [ANNA, BELA]


def test_the_same_person_keeps_the_account_when_the_insurer_learns_another_address(core: Core, house: House) -> None:
    core.put_policy(ANNAS_POLICY, sales_route="broker_online", holder_customer_ref=ANNAS_REF)
    before = used(house, ANNAS_POLICY)

    core.put_policy(ANNAS_POLICY, sales_route="broker_online", holder_customer_ref=ANNAS_REF, holder_email=BELA)

    after = account_of(house, ANNAS_POLICY)
    assert (after.id, after.email, after.email_confirmed_at) == (before.id, BELA, None)
    assert [job.recipient for job in owed(house, "email_changed_notice_to_old")] == [ANNA]
    assert owed(house, "letters_go_elsewhere") == []


def test_an_address_that_its_owner_chose_is_not_overwritten(core: Core, house: House) -> None:
    core.put_policy(ANNAS_POLICY, sales_route="broker_online", holder_customer_ref=ANNAS_REF)
    before = used(house, ANNAS_POLICY)
    with house.database.writing() as db:
        chosen = db.get_one(Account, before.id)
        chosen.email = chosen.email_key = "sajat@pelda.example"

    core.put_policy(ANNAS_POLICY, sales_route="broker_online", holder_customer_ref=ANNAS_REF, holder_email=BELA)

    assert account_of(house, ANNAS_POLICY).email == "sajat@pelda.example"
    assert owed(house, "email_changed_notice_to_old", "letters_go_elsewhere") == []


def test_a_policy_that_changes_hands_leaves_the_account_of_who_held_it(core: Core, union: House) -> None:
    core.put_policy(ANNAS_POLICY, holder_customer_ref=ANNAS_REF)
    before = used(union, ANNAS_POLICY)

    core.put_policy(ANNAS_POLICY, holder_customer_ref="U-2")

    assert account_of(union, ANNAS_POLICY).id != before.id
    assert [job.recipient for job in owed(union, "letters_go_elsewhere")] == [ANNA]


def test_a_new_address_that_has_moved_to_the_full_portal_gets_the_letters(core: Core, house: House) -> None:
    belas_id = upgraded(house, BELA)
    core.put_policy(ANNAS_POLICY, sales_route="broker_online", holder_customer_ref=ANNAS_REF)

    core.put_policy(ANNAS_POLICY, sales_route="broker_online", holder_customer_ref=ANNAS_REF, holder_email=BELA)

    assert account_of(house, ANNAS_POLICY).id == belas_id


@pytest.mark.requirement("R57")
def test_a_policy_of_an_account_that_sleeps_inside_another_one_follows_it(core: Core, house: House) -> None:
    core.put_policy(ANNAS_POLICY, sales_route="broker_online")
    core.put_policy(BELAS_POLICY, sales_route="broker_online")
    survivor, sleeping = account_of(house, ANNAS_POLICY), account_of(house, BELAS_POLICY)
    with house.database.writing() as db:
        db.get_one(Account, sleeping.id).status = "merged"
        moment, undo_until = now(), now() + timedelta(days=30)
        ids = {"account_id": survivor.id or 0, "merged_id": sleeping.id or 0}
        db.add(Merge(public_id=public_id(), merged_at=moment, undo_until=undo_until, **ids))

    answer = core.put_policy(BELAS_POLICY, sales_route="broker_online").json()

    assert not answer["account_opened"]
    assert account_of(house, BELAS_POLICY).id == survivor.id
    assert len(accounts(house)) == 2
