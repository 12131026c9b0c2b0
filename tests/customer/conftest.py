"""What tests of the customer's door may ask for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from portal_app.browser import admission
from portal_app.browser.live import live
from portal_app.domain.actors import Customer, Stranger
from portal_app.gateways.clock import now
from portal_app.services.house import House
from tests.cast import ANNA, ANNAS_LOGIN, BELA, BELAS_LOGIN
from tests.customer.browsing import Browser, NewBrowser
from tests.visitors import full_customer


@pytest.fixture
def new_browser(house: House, tmp_path: Path) -> NewBrowser:
    """Open browsers that have never been here."""
    return lambda **options: Browser(house, tmp_path, **options)


@pytest.fixture(autouse=True)
def _nobody_is_here() -> Iterator[None]:
    yield
    admission.welcome(Stranger())
    live._tabs.clear()


@pytest.fixture
def anna(house: House) -> Customer:
    """Anna in the full portal."""
    return full_customer(house, ANNA, login=ANNAS_LOGIN, now=now())


@pytest.fixture
def bela(house: House) -> Customer:
    """Béla in the full portal."""
    return full_customer(house, BELA, login=BELAS_LOGIN, now=now())
