"""Turns: work of the house that only one process may do at a time, on this machine or any other."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zlib import crc32

from sqlalchemy import text
from sqlalchemy.engine import make_url

from portal_app.database.transactions import Database

BUSY = 75
"""The exit code of a command that found another process at the same work: try again later (EX_TEMPFAIL)."""


class TurnTaken(Exception):
    """Another process is doing this work now."""


@contextmanager
def turn(database: Database, work: str) -> Iterator[None]:
    """Do a kind of work alone; raises `TurnTaken` at once when somebody else is at it.

    PostgreSQL keeps the turn on a connection, SQLite in a file beside the database; both give it back when the
    process dies, however it dies.
    """
    if database.engine.dialect.name == "sqlite":
        with _turn_on_file(Path(f"{make_url(database.url).database}.{work}")):
            yield
    else:
        with _turn_on_server(database, crc32(work.encode())):
            yield


@contextmanager
def _turn_on_file(path: Path) -> Iterator[None]:
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise TurnTaken from None
    finally:
        os.close(descriptor)


@contextmanager
def _turn_on_server(database: Database, number: int) -> Iterator[None]:
    engine = database.engine.execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        if not connection.execute(text("SELECT pg_try_advisory_lock(:number)"), {"number": number}).scalar():
            raise TurnTaken
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:number)"), {"number": number})
