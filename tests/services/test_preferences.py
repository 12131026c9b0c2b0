"""What customers set for themselves, above all the address their notifications go to."""

from datetime import timedelta

import pytest
from sqlmodel import select

from portal_app.database.tables import Account, Job, Login
from portal_app.domain.actors import Stranger
from portal_app.domain.brands import LoginKind
from portal_app.domain.errors import AddressTaken, EmailInvalid, LinkUsed, TooMany
from portal_app.gateways.secrets import random_token, token_digest
from portal_app.services import accounts, links, merges, preferences, sign_ins
from portal_app.services.house import House
from portal_app.services.links import LinkPurpose, LinkStatus
from tests.accounts import FIRST, FIRST_POLICY, SECOND, SECOND_PASSWORD, SECOND_POLICY, merged, open_full
from tests.cast import ANNA, BELA, NOON
from tests.correspondence import customer
from tests.visitors import full_customer, post_to, secret_of

NEW, NEWEST = "anna.uj@pelda.example", "anna.legujabb@pelda.example"


def _ask(house: House, address: str = NEW) -> str:
    """Let Anna ask for a new address; gives the token that was mailed."""
    anna = customer(house, ANNA)
    house.database.carry_out(preferences.ask_for_new_address, anna, address, secrets=house.secrets, now=NOON)
    with house.database.reading() as db:
        job = db.exec(select(Job).where(Job.kind == "email_change_confirm")).first()
        return accounts.open_text(house.secrets, job.secret) if job else ""


def _arrive(house: House, token: str) -> Stranger:
    """Let somebody without a sign-in open the mailed link."""
    visit = random_token()
    house.database.carry_out(
        links.arrive_by_link, Stranger(), token_digest(token), LinkPurpose.ADDRESS, token_digest(visit), now=NOON
    )
    return Stranger(visit_id=house.database.ask(sign_ins.resolve_visit, token_digest(visit), now=NOON))


def _address(house: House, account_email: str) -> str:
    with house.database.reading() as db:
        account = accounts.account_of_login(db, account_email)
        return account.email if account else ""


def test_nothing_changes_before_the_link_in_the_new_post_box_is_pressed(house: House) -> None:
    token = _ask(house)

    visitor = _arrive(house, token)
    status, address = house.database.ask(preferences.address_of_link, visitor, now=NOON)

    assert (status, address) == (LinkStatus.OPEN, NEW)
    assert _address(house, ANNA) == ANNA


def test_pressing_the_link_moves_notifications_and_sign_in_and_tells_the_old_address(house: House) -> None:
    visitor = _arrive(house, _ask(house))

    house.database.carry_out(preferences.confirm_new_address, visitor, now=NOON)

    assert (_address(house, NEW), _address(house, ANNA)) == (NEW, "")
    with house.database.reading() as db:
        told = db.exec(select(Job.recipient).where(Job.kind == "email_changed_notice_to_old")).one()
    assert told == ANNA


def test_a_link_confirms_once(house: House) -> None:
    token = _ask(house)
    house.database.carry_out(preferences.confirm_new_address, _arrive(house, token), now=NOON)

    again = _arrive(house, token)

    with pytest.raises(LinkUsed):
        house.database.carry_out(preferences.confirm_new_address, again, now=NOON)


def test_somebody_elses_address_gets_no_link_and_the_answer_does_not_tell(house: House) -> None:
    customer(house, BELA)

    token = _ask(house, BELA)

    assert token == ""
    anna = customer(house, ANNA)
    shown = house.database.ask(preferences.preferences, anna, now=NOON)
    assert (shown.email, shown.waiting_email) == (ANNA, BELA)


@pytest.mark.parametrize(("address", "mails"), [(NEW, 3), (BELA, 0)])
def test_nobody_lets_us_flood_an_address_nor_learns_from_that_whose_it_is(house: House, address: str, mails: int) -> None:
    anna, _ = customer(house, ANNA), customer(house, BELA)

    def ask() -> None:
        house.database.carry_out(preferences.ask_for_new_address, anna, address, secrets=house.secrets, now=NOON)

    for _ in range(3):
        ask()
    with pytest.raises(TooMany):
        ask()

    assert len(post_to(house, address)) == mails


def test_an_account_with_an_issued_login_may_use_an_address_that_a_letter_box_has(house: House) -> None:
    customer(house, BELA)
    anna = full_customer(house, ANNA)

    house.database.carry_out(preferences.ask_for_new_address, anna, BELA, secrets=house.secrets, now=NOON)
    with house.database.reading() as db:
        job = db.exec(select(Job).where(Job.kind == "email_change_confirm")).one()
        visitor_token = accounts.open_text(house.secrets, job.secret)
    house.database.carry_out(preferences.confirm_new_address, _arrive(house, visitor_token), now=NOON)

    with house.database.reading() as db:
        assert db.get_one(Account, anna.account_id).email == BELA
        letter_box = accounts.account_of_login(db, BELA)
    assert letter_box is not None
    assert letter_box.id != anna.account_id


def test_the_address_of_an_account_that_was_merged_into_ones_own_may_become_ones_own(house: House) -> None:
    """Both moved up from letter boxes, so both are signed in to by address as well."""
    first = open_full(house, FIRST, FIRST_POLICY)
    second = open_full(house, SECOND, SECOND_POLICY, email=NEW, password=SECOND_PASSWORD)
    with house.database.writing() as db:
        for one, address in ((first, ANNA), (second, NEW)):
            db.add(Login(account_id=one.id, kind=LoginKind.EMAIL, key=address, shown=address))
    merge_id = merged(house, first, second)

    def move_to(address: str) -> None:
        house.database.carry_out(preferences.ask_for_new_address, first.customer, address, secrets=house.secrets, now=NOON)
        token = secret_of(house, post_to(house, address, "email_change_confirm")[-1])
        house.database.carry_out(preferences.confirm_new_address, _arrive(house, token), now=NOON)

    move_to(NEW)
    assert (first.row().email, first.logins()) == (NEW, sorted([ANNA, NEW, FIRST, SECOND]))

    move_to(NEWEST)
    house.database.carry_out(merges.undo, first.customer, merge_id, now=NOON)
    assert (first.logins(), second.logins()) == (sorted([NEWEST, FIRST]), sorted([NEW, SECOND]))


def test_an_address_that_was_taken_meanwhile_is_refused(house: House) -> None:
    visitor = _arrive(house, _ask(house))
    customer(house, NEW)

    with pytest.raises(AddressTaken):
        house.database.carry_out(preferences.confirm_new_address, visitor, now=NOON)

    assert _address(house, ANNA) == ANNA


def test_a_link_that_is_too_old_confirms_nothing(house: House) -> None:
    visitor = _arrive(house, _ask(house))

    with pytest.raises(LinkUsed):
        house.database.carry_out(
            preferences.confirm_new_address, visitor, now=NOON + preferences.ADDRESS_LINK_LIFE + timedelta(seconds=1)
        )


@pytest.mark.parametrize("wrong", ["", "anna", "anna@", "a b@c.example", "a@b.example\r\nBcc: c@d.example"])
def test_what_is_no_address_is_refused(wrong: str) -> None:
    with pytest.raises(EmailInvalid):
        preferences.normal_address(wrong)


def test_language_and_reminders_are_the_customers_own(house: House) -> None:
    anna, bela = customer(house, ANNA), customer(house, BELA)

    house.database.carry_out(preferences.set_language, anna, "en")
    house.database.carry_out(preferences.set_reminders, anna, wanted=False)

    shown = [house.database.ask(preferences.preferences, who, now=NOON) for who in (anna, bela)]
    assert [(one.language, one.reminders_wanted) for one in shown] == [("en", False), ("hu", True)]


def test_a_language_nobody_speaks_becomes_hungarian(house: House) -> None:
    anna = customer(house, ANNA)

    house.database.carry_out(preferences.set_language, anna, "tlh")

    with house.database.reading() as db:
        assert db.exec(select(Account.language)).one() == "hu"
