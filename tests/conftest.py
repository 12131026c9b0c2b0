"""What every test may ask for: databases of both kinds, a house, the post box."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import literal, select, text, union_all
from sqlmodel import SQLModel

from portal_app.database import tables  # noqa: F401 - registers the tables
from portal_app.database.transactions import Database, use_database
from portal_app.gateways.hashing import PasswordHashing
from portal_app.gateways.objects import ObjectStore
from portal_app.gateways.scanner import NoScanner
from portal_app.gateways.secrets import Secrets
from portal_app.gateways.sources import SourceLimits
from portal_app.services.house import House, use_house
from portal_app.settings import Settings, read_brand

SECRET = "a-secret-for-the-tests-that-is-long-enough"
IN_CI = bool(os.environ.get("CI"))


def free_port() -> int:
    """Give a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def postgres() -> Iterator[str | None]:
    """Start a private PostgreSQL and give its URL; None where it is not installed (an error in CI)."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs:
        assert not IN_CI, "CI needs PostgreSQL"
        yield None
        return
    # Not among pytest's own folders: every other run of pytest closes those to PostgreSQL's user.
    folder = Path(tempfile.mkdtemp(prefix="portal-postgres-"))
    if os.getuid() == 0:
        shutil.chown(folder, "postgres")
    as_postgres = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    port, data = free_port(), folder / "data"
    _run(*as_postgres, programs[-1] / "initdb", "-D", data, "-U", "portal", "-A", "trust", "-E", "UTF8")
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    control = [*as_postgres, programs[-1] / "pg_ctl", "-D", data, "-w"]
    _run(*control, "-o", options, "-l", folder / "log", "start")
    yield f"postgresql+psycopg://portal@127.0.0.1:{port}/postgres"
    _run(*control, "-m", "immediate", "stop")
    shutil.rmtree(folder)


def _run(*command: str | Path) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "portal.db"
    database = Database(f"sqlite:///{path}")
    SQLModel.metadata.create_all(database.engine.execution_options(portal_writes=True))
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path


@pytest.fixture(scope="session")
def _postgres_database(postgres: str | None) -> Iterator[Database | None]:
    if postgres is None:
        yield None
        return
    database = Database(postgres)
    SQLModel.metadata.create_all(database.engine)
    yield database
    database.close()


@pytest.fixture
def sqlite_database(_sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """An empty SQLite database of this test's own."""
    path = tmp_path / "portal.db"
    shutil.copy(_sqlite_template, path)
    opened = Database(f"sqlite:///{path}")
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """An empty database; every test that asks for one runs on both kinds."""
    if request.param == "sqlite":
        opened = request.getfixturevalue("sqlite_database")
    else:
        opened = request.getfixturevalue("_postgres_database")
        if opened is None:
            pytest.skip("PostgreSQL is not installed")
        _empty(opened)
    use_database(opened)
    yield opened
    use_database(None)


def _empty(database: Database) -> None:
    """Leave every table as it was made; TRUNCATE would make all files anew, which takes ten times longer.

    VACUUM gives the space back, so that rows lie in the order in which a test inserts them.
    """
    probes = [
        select(literal(table.name)).select_from(table).limit(1).subquery().select() for table in SQLModel.metadata.sorted_tables
    ]
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        full = set(connection.scalars(union_all(*probes)))
        for table in reversed(SQLModel.metadata.sorted_tables):
            if table.name in full:
                connection.execute(table.delete())
        if full:
            connection.execute(text(f"VACUUM {', '.join(full)}"))
            connection.execute(text("SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S'"))


@pytest.fixture(scope="session")
def secrets() -> Secrets:
    """The tests' secrets."""
    return Secrets([SECRET])


@pytest.fixture(scope="session")
def hashing(secrets: Secrets) -> Iterator[PasswordHashing]:
    """Password hashing at the lowest cost; one test asserts the cost of production."""
    with PasswordHashing(secrets, cost=4) as opened:
        yield opened


@pytest.fixture
def standing_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the clock that sources are counted by: on the turn of a window it lets one more through."""
    moment = time.time()
    monkeypatch.setattr("limits.storage.memory.time", SimpleNamespace(time=lambda: moment))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The tests' settings: post as files, brand minta."""
    return Settings(
        _env_file=None, brand="minta", data=tmp_path, secret_key=SECRET, smtp_url="file:", sms_url="file:",
        public_url="http://localhost:8000",
    )  # fmt: skip


@pytest.fixture
def house(database: Database, settings: Settings, secrets: Secrets, hashing: PasswordHashing) -> Iterator[House]:
    """A house of this test's own, also set as the process's house."""
    opened = House(
        settings=settings,
        brand=read_brand("minta"),
        database=database,
        secrets=secrets,
        objects=ObjectStore(settings.objects, secrets),
        hashing=hashing,
        scanner=NoScanner(),
        limits=SourceLimits(None),
    )
    use_house(opened)
    yield opened
    use_house(None)
