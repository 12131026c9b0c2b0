"""The right door, judged by how the insurance was taken out, for every shipped brand."""

from itertools import product

import pytest

from portal_app.domain.brands import PortalName
from portal_app.domain.doors import (
    RightDoor,
    Verdict,
    makes_an_account_each,
    opened_portals,
    other_portals,
    right_door,
    routes_asked,
)
from portal_app.domain.policies import Communication, SalesRoute
from portal_app.settings import read_brand

BRANDS = ("minta", "allianz", "union")
LETTER_BOX, FULL, ONLINE = PortalName.KULDEMENYEIM, PortalName.UGYFELPORTAL, PortalName.ONLINE24
BROKER, BRANCH, DIRECT, OWN = SalesRoute.BROKER_ONLINE, SalesRoute.BRANCH, SalesRoute.DIRECT, SalesRoute.ONLINE24


@pytest.mark.parametrize(
    ("brand", "route", "portal"),
    [
        ("minta", BROKER, FULL),
        ("minta", BRANCH, LETTER_BOX),
        ("minta", DIRECT, LETTER_BOX),
        ("allianz", BROKER, LETTER_BOX),
        ("allianz", BRANCH, LETTER_BOX),
        ("union", BROKER, FULL),
        ("union", BRANCH, FULL),
        ("union", DIRECT, FULL),
    ],
)
def test_who_chose_electronic_letters_certainly_has_an_account(brand: str, route: SalesRoute, portal: PortalName) -> None:
    door = right_door(route, Communication.ELECTRONIC, read_brand(brand))

    assert door == RightDoor(Verdict.CERTAIN, (portal,))


@pytest.mark.parametrize(("brand", "route"), list(product(BRANDS, [BROKER, BRANCH, DIRECT, None])))
def test_who_chose_post_certainly_has_none(brand: str, route: SalesRoute | None) -> None:
    assert right_door(route, Communication.POSTAL, read_brand(brand)) == RightDoor(Verdict.NONE, ())


@pytest.mark.parametrize(("brand", "letters"), list(product(["minta", "union"], [*Communication, None])))
def test_who_concluded_online_registered_there_however_the_letters_come(brand: str, letters: Communication | None) -> None:
    assert right_door(OWN, letters, read_brand(brand)) == RightDoor(Verdict.CHOSEN, (ONLINE,))


def test_who_does_not_know_how_letters_come_learns_where_they_would_come() -> None:
    assert right_door(BROKER, None, read_brand("union")) == RightDoor(Verdict.PERHAPS, (FULL,))


@pytest.mark.parametrize(
    ("brand", "portals"), [("minta", (LETTER_BOX, FULL, ONLINE)), ("allianz", (LETTER_BOX,)), ("union", (FULL, ONLINE))]
)
@pytest.mark.parametrize("letters", [Communication.ELECTRONIC, None])
def test_who_knows_nothing_is_shown_every_door_of_the_brand(
    brand: str, portals: tuple[PortalName, ...], letters: Communication | None
) -> None:
    assert right_door(None, letters, read_brand(brand)) == RightDoor(Verdict.PERHAPS, portals)


def test_only_the_ways_of_the_brand_are_asked_about() -> None:
    assert routes_asked(read_brand("union")) == (BROKER, BRANCH, DIRECT, OWN)
    assert routes_asked(read_brand("allianz")) == (BROKER, BRANCH, DIRECT)
    assert right_door(OWN, Communication.ELECTRONIC, read_brand("allianz")).verdict is Verdict.PERHAPS


def test_the_brand_says_which_portals_we_open_and_which_stand_beside_them() -> None:
    assert opened_portals(read_brand("minta")) == (LETTER_BOX, FULL)
    assert opened_portals(read_brand("union")) == (FULL,)
    assert other_portals(FULL, read_brand("union")) == (ONLINE,)
    assert other_portals(FULL, read_brand("allianz")) == (LETTER_BOX,)


def test_an_account_for_each_policy_of_a_broker_is_made_where_the_brand_says_so() -> None:
    made = [(brand, name.value) for brand in BRANDS for name in PortalName if makes_an_account_each(read_brand(brand), name)]

    assert made == [("minta", "ugyfelportal"), ("union", "ugyfelportal")]
