"""Ways in: a link, a password or a new first access for whoever cannot sign in any more, and the same answer for all."""

from datetime import timedelta

import pytest

from portal_app.domain.actors import Stage
from portal_app.services import first_sign_in, ways_in
from portal_app.services.house import House
from portal_app.services.links import LinkPurpose, LinkStatus
from portal_app.services.visits import Outcome
from tests.cast import ANNA, ANNAS_PASSWORD, NOON
from tests.visitors import Guest, active, facts_of, invited, post_to, secret_of, set_by_link

NEW = "ZoldHegy58Ut"


@pytest.mark.requirement("R22")
def test_a_forgotten_password_is_replaced_by_a_mailed_link(house: House) -> None:
    active(house, ANNA, ANNAS_PASSWORD)
    guest = Guest(house)

    guest.ask_for_new_password("ANNA@pelda.example")
    (mail,) = post_to(house, ANNA, "password_link")
    guest.open_link(secret_of(house, mail), LinkPurpose.PASSWORD)
    done = set_by_link(house, guest)

    assert facts_of(mail) == {"reason": "forgotten"}
    assert done.customer.stage is Stage.FULL
    assert Guest(house, "other").attempt(ANNA, NEW) is not None


def test_an_unknown_address_gets_the_same_answer_and_no_mail(house: House) -> None:
    active(house, ANNA, ANNAS_PASSWORD)
    known, unknown = Guest(house, "known"), Guest(house, "unknown")

    known.ask_for_new_password(ANNA)
    unknown.ask_for_new_password("senki@pelda.example")

    assert known.view().outcome == unknown.view().outcome == Outcome("way_in_sent")
    assert post_to(house, "senki@pelda.example") == []
    assert len(post_to(house, ANNA, "password_link")) == 1


def test_at_most_three_links_an_hour_are_mailed(house: House) -> None:
    active(house, ANNA, ANNAS_PASSWORD)

    for minute in range(1, 10):
        Guest(house, f"guest {minute}").ask_for_new_password(ANNA, now=NOON + timedelta(minutes=minute))
    assert len(post_to(house, ANNA, "password_link")) == 2  # the third was the activation

    Guest(house).ask_for_new_password(ANNA, now=NOON + timedelta(minutes=61))
    assert len(post_to(house, ANNA, "password_link")) == 3


def test_pressing_again_within_a_minute_sends_nothing_more(house: House) -> None:
    active(house, ANNA, ANNAS_PASSWORD)
    guest = Guest(house)

    guest.ask_for_new_password(ANNA)
    guest.ask_for_new_password(ANNA, now=NOON + timedelta(seconds=59))
    assert len(post_to(house, ANNA, "password_link")) == 1

    guest.ask_for_new_password(ANNA, now=NOON + timedelta(seconds=60))
    assert len(post_to(house, ANNA, "password_link")) == 2


def test_who_has_never_signed_in_gets_a_new_first_access(house: House) -> None:
    invited(house, ANNA)
    guest = Guest(house)
    old_link = secret_of(house, post_to(house, ANNA, "activation")[0])

    guest.ask_for_new_password(ANNA)

    assert [job.kind for job in post_to(house, ANNA)] == ["activation", "initial_password"] * 2
    guest.open_link(old_link, LinkPurpose.ACTIVATION)
    view = house.database.ask(first_sign_in.first_sign_in_view, guest.actor, brand=house.brand, now=NOON)
    assert view.status is LinkStatus.SUPERSEDED
    guest.open_link(secret_of(house, post_to(house, ANNA, "activation")[1]), LinkPurpose.ACTIVATION)
    assert guest.first_sign_in("MasikAjto48Ke") is not None


def test_a_password_by_sms_that_was_asked_for_is_not_held_by_the_quiet_hours(house: House) -> None:
    invited(house, ANNA, phone="+36301234567")

    Guest(house).ask_for_new_password(ANNA)

    assert [job.urgent for job in post_to(house, "+36301234567", "initial_password")] == [False, True]


def test_a_new_link_is_sent_to_the_address_on_file(house: House) -> None:
    invited(house, ANNA)
    guest, later = Guest(house), NOON + timedelta(days=15)
    guest.open_link(secret_of(house, post_to(house, ANNA, "activation")[0]), LinkPurpose.ACTIVATION, now=later)
    view = house.database.ask(first_sign_in.first_sign_in_view, guest.actor, brand=house.brand, now=later)
    assert (view.status, view.email) == (LinkStatus.EXPIRED, ANNA)

    house.database.carry_out(
        ways_in.request_new_link, guest.actor, initial_password="MasikAjto48Ke",
        hashed=house.hashing.hash("MasikAjto48Ke"), brand=house.brand, secrets=house.secrets, now=later,
    )  # fmt: skip

    assert len(post_to(house, ANNA, "activation")) == 2
    guest.open_link(secret_of(house, post_to(house, ANNA, "activation")[1]), LinkPurpose.ACTIVATION, now=later)
    assert guest.first_sign_in("MasikAjto48Ke", now=later) is not None


@pytest.mark.requirement("R35")
def test_an_expired_password_is_replaced_through_a_link_that_one_press_sends(house: House) -> None:
    active(house, ANNA, ANNAS_PASSWORD, days=1)
    guest, later = Guest(house), NOON + timedelta(days=2)
    guest.attempt(ANNA, ANNAS_PASSWORD, now=later)
    parts = {"brand": house.brand, "secrets": house.secrets, "now": later}

    house.database.carry_out(ways_in.request_after_expiry, guest.actor, initial_password="", hashed="", **parts)

    (mail,) = post_to(house, ANNA, "password_link")
    assert facts_of(mail) == {"reason": "expired"}
    guest.open_link(secret_of(house, mail), LinkPurpose.PASSWORD, now=later)
    set_by_link(house, guest, minutes=2 * 24 * 60)
    assert Guest(house, "next").attempt(ANNA, NEW, now=later) is not None


def test_nobody_gets_that_link_without_the_old_password(house: House) -> None:
    active(house, ANNA, ANNAS_PASSWORD, days=1)
    guest, later = Guest(house), NOON + timedelta(days=2)
    guest.attempt(ANNA, "Rossz1Jelszo2", now=later)
    parts = {"brand": house.brand, "secrets": house.secrets, "now": later}

    house.database.carry_out(ways_in.request_after_expiry, guest.actor, initial_password="", hashed="", **parts)

    assert post_to(house, ANNA, "password_link") == []
