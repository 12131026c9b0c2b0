"""Whole installations, on both databases."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from portal_app.database.transactions import Database
from tests.database.conftest import make_bare  # noqa: F401 - a fixture
from tests.operations.installed import Installed, installed_in


@pytest.fixture
def installed(make_bare: Callable[[], Database], tmp_path: Path) -> Iterator[Installed]:  # noqa: F811 - the fixture
    """An installation nobody has used yet; post is written as files."""
    with installed_in(tmp_path, make_bare) as ready:
        yield ready
