"""Whole installations to be hurt."""

from collections.abc import Iterator

import pytest

from tests.database.conftest import make_bare  # noqa: F401 - a fixture
from tests.faults.attacked import Attacked, attacked_portal
from tests.operations.conftest import installed  # noqa: F401 - a fixture


@pytest.fixture(scope="session")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    """One running portal for everybody who attacks it, with Anna and Béla in it."""
    with attacked_portal(tmp_path_factory.mktemp("attacked")) as opened:
        yield opened
