"""What tests of the customer's door may ask for."""

from pathlib import Path

import pytest

from portal_app.services.house import House
from tests.customer.browsing import Browser, NewBrowser


@pytest.fixture
def new_browser(house: House, tmp_path: Path) -> NewBrowser:
    """Open browsers that have never been here."""
    return lambda **options: Browser(house, tmp_path, **options)
