"""The first sign-in: link and initial password together, once, and guessed at only a few times."""

from datetime import timedelta

import pytest

from portal_app.domain.actors import Stage
from portal_app.services import first_sign_in
from portal_app.services.house import House
from portal_app.services.links import LinkPurpose, LinkStatus
from tests.cast import ANNA, NOON
from tests.visitors import Guest, invited, post_to, secret_of


@pytest.mark.requirement("R16")
def test_link_and_initial_password_together_open_the_account(house: House) -> None:
    invited(house, ANNA)
    guest = Guest(house)
    guest.open_link(secret_of(house, post_to(house, ANNA, "activation")[0]), LinkPurpose.ACTIVATION)
    initial = secret_of(house, post_to(house, ANNA, "initial_password")[0])

    wrong = guest.first_sign_in("RosszAblak73")
    right = guest.first_sign_in(initial)

    assert wrong is None
    assert right is not None
    assert right.stage is Stage.MUST_CHANGE


def test_the_first_sign_in_happens_once(house: House) -> None:
    invited(house, ANNA)
    token = secret_of(house, post_to(house, ANNA, "activation")[0])
    guest, other = Guest(house), Guest(house, "other")
    guest.open_link(token, LinkPurpose.ACTIVATION)
    other.open_link(token, LinkPurpose.ACTIVATION)

    assert guest.first_sign_in("KekAblak73Hu") is not None
    assert other.first_sign_in("KekAblak73Hu") is None

    view = house.database.ask(first_sign_in.first_sign_in_view, other.actor, brand=house.brand, now=NOON)
    assert (view.status, view.has_password) == (LinkStatus.USED, False)


def test_the_initial_password_is_guessed_at_most_ten_times_for_a_link_and_strangers_do_not_count(house: House) -> None:
    invited(house, ANNA)
    now = Guest(house, "stranger").fail(ANNA, 10)
    guest = Guest(house)
    guest.open_link(secret_of(house, post_to(house, ANNA, "activation")[0]), LinkPurpose.ACTIVATION, now=now)
    for number in range(10):
        code = guest.code() if number >= 3 else ""
        assert guest.first_sign_in("RosszAblak73", code, now=now) is None
        now += timedelta(seconds=31)

    assert len(guest.checks) == 10
    assert guest.first_sign_in("KekAblak73Hu", now=now) is None
    assert guest.view(now=now).outcome.code == "sign_in_locked"
