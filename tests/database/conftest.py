"""Databases without any table, of both kinds."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from portal_app.database.transactions import Database
from tests.database.bare import bare_databases_in


@pytest.fixture(params=["sqlite", "postgresql"])
def make_bare(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Database]]:
    """Makes databases that nobody has used yet, all of one kind."""
    url = None if request.param == "sqlite" else request.getfixturevalue("postgres")
    if request.param == "postgresql" and url is None:
        pytest.skip("PostgreSQL is not installed")
    with bare_databases_in(tmp_path, url) as make:
        yield make


@pytest.fixture
def bare_database(make_bare: Callable[[], Database]) -> Database:
    """A database that nobody has used yet."""
    return make_bare()
