"""Whole installations to be hurt."""

from tests.database.conftest import make_bare  # noqa: F401 - a fixture
from tests.operations.conftest import installed  # noqa: F401 - a fixture
