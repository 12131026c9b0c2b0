"""Registering: the screen tells nothing, the e-mail everything, and only who chose the password confirms."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlmodel import Session, col, func, select

from portal_app.database.tables import Account, Credential, FailureBucket, Job, Link, Login, Visit
from portal_app.domain.actors import Customer
from portal_app.domain.brands import LoginKind, PortalName
from portal_app.domain.logins import NameFlaw
from portal_app.gateways.secrets import random_token, token_digest
from portal_app.services import accounts, registrations
from portal_app.services.house import House
from portal_app.services.links import LinkPurpose, LinkStatus
from portal_app.services.registrations import NAME_TAKEN, SENT, ConfirmationView, Wanted
from portal_app.services.visits import Outcome
from tests.cast import ANNA, BELA, DENES, NOON
from tests.visitors import FULL_PASSWORD, Guest, active, facts_of, post_to, registered, secret_of

NAME = "kiss.anna"


def ask(house: House, guest: Guest, name: str = NAME, email: str = ANNA, *, now=NOON) -> None:  # type: ignore[no-untyped-def]
    digest = token_digest(random_token())
    house.database.carry_out(
        registrations.ask, guest.actor, Wanted(name, email), house.hashing.hash(FULL_PASSWORD), digest,
        portal=PortalName.ONLINE24, language="hu", brand=house.brand, secrets=house.secrets, now=now,
    )  # fmt: skip
    if guest.visit_id is None:
        with house.database.reading() as db:
            guest.visit_id = db.exec(select(Visit.id).where(Visit.token_sha256 == digest)).one()


def confirm(house: House, guest: Guest, password: str = FULL_PASSWORD, name: str = "", *, now=NOON) -> Customer | None:  # type: ignore[no-untyped-def]
    parts = {"brand": house.brand, "now": now}
    ticket = house.database.carry_out(registrations.reserve_confirmation, guest.actor, **parts)
    matches = ticket.number is not None and house.hashing.verify(password, ticket.stored)
    return house.database.carry_out(
        registrations.conclude_confirmation, guest.actor, ticket, name, guest.browser, token_digest(random_token()),
        matches=matches, **parts,
    )  # fmt: skip


def arrived(house: House, email: str = ANNA, *, now=NOON) -> Guest:  # type: ignore[no-untyped-def]
    guest = Guest(house, random_token())
    guest.open_link(secret_of(house, post_to(house, email, "registration")[-1]), LinkPurpose.REGISTRATION, now=now)
    return guest


def seen(house: House, guest: Guest, *, now=NOON) -> ConfirmationView:  # type: ignore[no-untyped-def]
    return house.database.ask(registrations.confirmation_view, guest.actor, brand=house.brand, now=now)


def counted(db: Session, table: type) -> int:
    return db.exec(select(func.count()).select_from(table)).one()


def test_a_registration_is_confirmed_by_link_and_password_and_signs_in(house: House) -> None:
    ask(house, Guest(house))
    guest = arrived(house)

    assert seen(house, guest) == ConfirmationView(LinkStatus.OPEN, name=NAME, email=ANNA)
    customer = confirm(house, guest)

    assert customer is not None
    assert (customer.portal, customer.display_name) == ("online24", ANNA)
    with house.database.reading() as db:
        account = db.exec(select(Account)).one()
        assert (account.status, account.email_confirmed_at, account.activated_at) == ("active", NOON, NOON)
        login = db.exec(select(Login)).one()
        assert (login.kind, login.key, login.shown) == (LoginKind.CHOSEN, NAME, NAME)


def test_before_the_link_is_pressed_nothing_leads_to_the_account(house: House) -> None:
    ask(house, Guest(house))

    assert Guest(house).attempt(NAME, FULL_PASSWORD) is None
    with house.database.reading() as db:
        assert accounts.account_of_login(db, NAME) is None
        assert db.exec(select(Account.status)).one() == "unconfirmed"


def test_the_chosen_name_and_password_sign_in_whatever_its_case(house: House) -> None:
    registered(house, "Kiss.Anna", ANNA)

    customer = Guest(house).attempt(" KISS.anna ", FULL_PASSWORD)

    assert customer is not None
    assert customer.portal == "online24"


def test_the_screen_is_the_same_for_taken_names_and_known_addresses(house: House) -> None:
    registered(house, NAME, BELA)
    active(house, ANNA, "AnnaBela12")
    shown = []
    for name, email in (("uj.nev1", "uj@pelda.example"), (NAME, "uj@pelda.example"), ("uj.nev2", ANNA), ("KISS.ANNA", ANNA)):
        guest = Guest(house, name)
        ask(house, guest, name, email)
        view = house.database.ask(registrations.registration_view, guest.actor, now=NOON)
        shown.append((view.wanted, view.outcome))

    assert shown == [
        (Wanted(name, email), Outcome(SENT, {"email": email}))
        for name, email in (("uj.nev1", "uj@pelda.example"), (NAME, "uj@pelda.example"), ("uj.nev2", ANNA), ("KISS.ANNA", ANNA))
    ]
    facts = [facts_of(job) for email in ("uj@pelda.example", ANNA) for job in post_to(house, email, "registration")]
    assert facts == [{}, {"taken": 1}, {"known": 1}, {"taken": 1, "known": 1}]


def test_only_the_password_that_was_chosen_confirms(house: House) -> None:
    ask(house, Guest(house))
    guest = arrived(house)

    assert confirm(house, guest, "Masik!Jelszo123") is None

    assert seen(house, guest).outcome.code == "sign_in_refused"
    assert seen(house, guest).status is LinkStatus.OPEN
    assert confirm(house, guest) is not None


def test_a_link_bears_ten_tries_and_no_more(house: House) -> None:
    ask(house, Guest(house))
    guest = arrived(house)
    for _ in range(10):
        confirm(house, guest, "Masik!Jelszo123")

    assert seen(house, guest).locked
    assert confirm(house, guest) is None
    ask(house, Guest(house), now=NOON + timedelta(minutes=1))
    assert confirm(house, arrived(house)) is not None


def test_a_link_does_not_try_out_which_names_are_taken(house: House) -> None:
    registered(house, "foglalt.nev", BELA)
    ask(house, Guest(house))
    guest = arrived(house)

    for _ in range(12):
        assert confirm(house, guest, name="foglalt.nev") is None

    assert seen(house, guest).locked
    assert confirm(house, guest) is None


def test_an_address_gets_three_mails_although_all_ask_at_once(house: House) -> None:
    guests = [Guest(house, f"guest {number}") for number in range(6)]

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda guest: ask(house, guest, f"nev.{guests.index(guest)}x"), guests))

    assert len(post_to(house, ANNA, "registration")) == 3


def test_a_taken_name_is_replaced_behind_the_link(house: House) -> None:
    registered(house, NAME, BELA)
    ask(house, Guest(house))
    guest = arrived(house)

    assert not seen(house, guest).name_free
    assert confirm(house, guest) is None
    assert seen(house, guest).outcome.facts == {"flaw": NAME_TAKEN, "name": NAME}
    assert confirm(house, guest, name="482917365") is None
    assert seen(house, guest).outcome.facts == {"flaw": NameFlaw.DIGITS, "name": "482917365"}
    customer = confirm(house, guest, name="anna.kiss")

    assert customer is not None
    with house.database.reading() as db:
        assert sorted(db.exec(select(Login.key)).all()) == ["anna.kiss", NAME]


def test_of_two_who_want_a_name_the_first_to_confirm_gets_it(house: House) -> None:
    ask(house, Guest(house), NAME, BELA)
    ask(house, Guest(house), NAME, ANNA)

    assert confirm(house, arrived(house, ANNA)) is not None
    late = arrived(house, BELA)
    assert confirm(house, late) is None
    assert not seen(house, late).name_free


def test_a_link_works_once_until_it_is_replaced_or_its_time_is_over(house: House) -> None:
    ask(house, Guest(house))
    first = arrived(house)
    ask(house, Guest(house), now=NOON + timedelta(minutes=1))
    second = arrived(house)
    late = NOON + timedelta(minutes=10)

    assert seen(house, first, now=late).status is LinkStatus.SUPERSEDED
    assert confirm(house, second, now=late) is not None
    assert seen(house, arrived(house)).status is LinkStatus.USED
    ask(house, Guest(house), "masik.nev")
    over = NOON + timedelta(hours=house.brand.lives.registration_link_hours)
    expired = arrived(house, now=over)
    assert seen(house, expired, now=over).status is LinkStatus.EXPIRED
    assert confirm(house, expired, now=over) is None


def test_an_address_gets_three_mails_an_hour_and_hears_nothing_of_the_rest(house: House) -> None:
    guests = [Guest(house, f"g{number}") for number in range(5)]
    for number, guest in enumerate(guests):
        ask(house, guest, f"nevem.{number}", ANNA.upper() if number % 2 else ANNA)

    assert len(post_to(house, ANNA, "registration")) + len(post_to(house, ANNA.upper(), "registration")) == 3
    outcomes = {house.database.ask(registrations.registration_view, guest.actor, now=NOON).outcome.code for guest in guests}
    assert outcomes == {SENT}
    ask(house, Guest(house), "nevem.9", now=NOON + timedelta(minutes=61))
    assert len(post_to(house, ANNA, "registration")) >= 2


def test_the_night_erases_what_nobody_confirmed_and_nothing_else(house: House) -> None:
    bela = registered(house, "bela24", BELA)
    ask(house, Guest(house))
    guest = arrived(house)
    confirm(house, guest, "Masik!Jelszo123")
    hours = house.brand.lives.registration_link_hours

    def night(at) -> int:  # type: ignore[no-untyped-def]
        return house.database.carry_out(registrations.forget_unconfirmed, DENES, most=10, now=at)

    assert night(NOON + timedelta(hours=hours, seconds=-1)) == 0
    assert night(NOON + timedelta(hours=hours)) == 1
    assert night(NOON + timedelta(hours=hours)) == 0
    with house.database.reading() as db:
        assert db.exec(select(Account.id)).all() == [bela.account_id]
        for table in (Credential, Link):
            assert set(db.exec(select(table.account_id)).all()) == {bela.account_id}
        assert db.exec(select(Job.recipient).where(col(Job.recipient) == ANNA)).all() == []
        assert db.exec(select(FailureBucket.account_key).where(col(FailureBucket.failures) > 0)).all() == []
        assert counted(db, Account) == 1


@pytest.mark.parametrize("status", ["active", "closing", "merged"])
def test_a_name_that_leads_to_an_account_is_taken(house: House, status: str) -> None:
    bela = registered(house, NAME, BELA)
    with house.database.writing() as db:
        db.get_one(Account, bela.account_id).status = status
    ask(house, Guest(house))

    assert facts_of(post_to(house, ANNA, "registration")[-1]) == {"taken": 1}


def test_the_name_of_a_closed_account_is_free_again(house: House) -> None:
    bela = registered(house, NAME, BELA)
    with house.database.writing() as db:
        db.get_one(Account, bela.account_id).status = "closed"
    ask(house, Guest(house))

    assert confirm(house, arrived(house)) is not None
