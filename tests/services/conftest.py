"""Who comes to most services: two customers, each with a letter-box, and Anna with two accounts of the full portal."""

import pytest

from portal_app.domain.actors import Customer
from portal_app.services.house import House
from tests import correspondence
from tests.accounts import FIRST, FIRST_POLICY, SECOND, SECOND_PASSWORD, SECOND_POLICY, WORK, Opened, open_full
from tests.cast import ANNA, BELA


@pytest.fixture
def anna(house: House) -> Customer:
    """Anna, signed in."""
    return correspondence.customer(house, ANNA)


@pytest.fixture
def bela(house: House) -> Customer:
    """Béla, signed in."""
    return correspondence.customer(house, BELA)


@pytest.fixture
def first(house: House) -> Opened:
    """The account Anna is signed in to."""
    return open_full(house, FIRST, FIRST_POLICY)


@pytest.fixture
def second(house: House) -> Opened:
    """Anna's other account, at another address."""
    return open_full(house, SECOND, SECOND_POLICY, email=WORK, password=SECOND_PASSWORD, letters=2)
