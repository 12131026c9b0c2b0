"""Transactions: a door asks (reads) or carries out (writes); services never commit.

Writing begins at once (`BEGIN IMMEDIATE` on SQLite): a deferred transaction that turns from reading to writing
fails when somebody else committed in between.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlmodel import Session

Details = ParamSpec("Details")
Answer = TypeVar("Answer")

THREADS = 8
BUSY_SECONDS = 10


class Database:
    """One database, with its pool of connections and its threads for async doors."""

    def __init__(self, url: str) -> None:
        """Connect lazily to `url` (sqlite:///… or postgresql+psycopg://…)."""
        self.url = url
        self.engine = _sqlite_engine(url) if url.startswith("sqlite") else _postgres_engine(url)
        # Engines with their options, made once: making one takes as long as a small question.
        self._reader = self.engine.execution_options(**_reading_options(self.engine))
        self._writer = self.engine.execution_options(portal_writes=True)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="database")

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a session on a snapshot that cannot write."""
        # Closing ends the transaction; rolling back would first go through everything that was read.
        with Session(self._reader, expire_on_commit=False) as db:
            yield db

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Give a session whose work is committed at the end, or not at all."""
        with Session(self._writer, expire_on_commit=False) as db, db.begin():
            yield db

    def ask(
        self, service: Callable[Concatenate[Session, Details], Answer], *args: Details.args, **kwargs: Details.kwargs
    ) -> Answer:
        """Ask a reading service."""
        with self.reading() as db:
            return service(db, *args, **kwargs)

    def carry_out(
        self, service: Callable[Concatenate[Session, Details], Answer], *args: Details.args, **kwargs: Details.kwargs
    ) -> Answer:
        """Carry out a service in one transaction."""
        with self.writing() as db:
            return service(db, *args, **kwargs)

    async def in_thread(self, work: Callable[Details, Answer], *args: Details.args, **kwargs: Details.kwargs) -> Answer:
        """Run work in this database's bounded threads, so that no customer waits for another's query."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, lambda: work(*args, **kwargs))

    def close(self) -> None:
        """Give back threads and connections."""
        self._threads.shutdown(wait=True)
        self.engine.dispose()


_open: list[Database] = []


def use_database(database: Database | None) -> None:
    """Set, or forget, the database of this process."""
    _open[:] = [database] if database else []


def the_database() -> Database:
    """Give the database of this process."""
    return _open[0]


async def ask(service: Callable[Concatenate[Session, Details], Answer], *args: Details.args, **kwargs: Details.kwargs) -> Answer:
    """Ask a reading service from an async door without holding up everyone else."""
    database = the_database()
    return await database.in_thread(lambda: database.ask(service, *args, **kwargs))


async def carry_out(
    service: Callable[Concatenate[Session, Details], Answer], *args: Details.args, **kwargs: Details.kwargs
) -> Answer:
    """Carry out a writing service from an async door in one transaction."""
    database = the_database()
    return await database.in_thread(lambda: database.carry_out(service, *args, **kwargs))


def _sqlite_engine(url: str) -> Engine:
    path = make_url(url).database
    if path:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url, pool_size=THREADS, max_overflow=THREADS, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS}
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        # The driver would begin transactions by itself, and deferred ones; ours begin below.
        connection.isolation_level = None
        _keep_a_log_ahead(connection)
        # What is erased is overwritten, so that neither letters nor document keys stay behind in free pages.
        for pragma in ("synchronous=FULL", "foreign_keys=ON", "secure_delete=ON", "cache_size=-16000"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        # What cannot fail goes straight to the driver: the way through SQLAlchemy takes ten times as long.
        driver = connection.connection.driver_connection
        writes = connection.get_execution_options().get("portal_writes", False)
        if connection.info.get("portal_writes") is not writes:
            driver.execute(f"PRAGMA query_only={'OFF' if writes else 'ON'}")
            connection.info["portal_writes"] = writes
        if writes:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            driver.execute("BEGIN")

    return engine


def _keep_a_log_ahead(connection: sqlite3.Connection) -> None:
    """Let readers and the writer work side by side (WAL).

    A new file is switched over once. Whoever finds another process doing so is refused at once instead of waiting as
    for any other lock, hence the tries.
    """
    last_try = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > last_try:
                raise
            time.sleep(0.01)
        else:
            return


def _postgres_engine(url: str) -> Engine:
    return create_engine(
        url,
        pool_size=THREADS,
        max_overflow=THREADS,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={"connect_timeout": BUSY_SECONDS, "options": "-c statement_timeout=60000 -c lock_timeout=10000"},
    )


def _reading_options(engine: Engine) -> dict[str, Any]:
    if engine.dialect.name == "postgresql":
        return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    return {}
