"""Makes databases without any table, and takes them away again."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from portal_app.database.transactions import Database


@contextmanager
def bare_databases_in(folder: Path, server_url: str | None) -> Iterator[Callable[[], Database]]:
    """Give a maker of databases: files in the folder, or databases of the PostgreSQL server."""
    made: list[Database] = []

    def make() -> Database:
        name = f"bare_{secrets.token_hex(6)}"
        if server_url is None:
            made.append(Database(f"sqlite:///{folder / name}.db"))
        else:
            _on_server(server_url, f"CREATE DATABASE {name}")
            made.append(Database(make_url(server_url).set(database=name).render_as_string(hide_password=False)))
        return made[-1]

    yield make
    for database in made:
        database.close()
        if server_url is not None:
            _on_server(server_url, f"DROP DATABASE {make_url(database.url).database} WITH (FORCE)")


def _on_server(url: str, statement: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
