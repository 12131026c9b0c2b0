"""The schema's steps: where a database stands, and how it gets to where the program needs it."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from portal_app.database.transactions import Database

_MIGRATIONS = Path(__file__).parent / "migrations"
# Any number will do, as long as every process uses the same one for migrating.
_ONE_AT_A_TIME = 7_205_001


class Standing(StrEnum):
    """How a database's schema relates to this program."""

    EMPTY = "empty"
    BEHIND = "behind"
    CURRENT = "current"
    AHEAD = "ahead"
    """A newer program has migrated it; steps only add, so this one goes on working with it."""


class SchemaForeign(Exception):
    """The database holds tables that no step of ours made."""


def newest_step() -> str:
    """Name the step this program needs."""
    return _script().get_current_head() or ""


def step_of(database: Database) -> str:
    """Name the step a database stands at; empty when it has no tables of ours."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() or ""


def standing_of(database: Database) -> Standing:
    """Say whether a database is ready for this program."""
    step = step_of(database)
    if not step:
        return Standing.EMPTY
    if step == newest_step():
        return Standing.CURRENT
    known = {script.revision for script in _script().walk_revisions()}
    return Standing.BEHIND if step in known else Standing.AHEAD


def migrate(database: Database, step: str = "head") -> list[str]:
    """Take every step up to `step` in one transaction and name those taken, oldest first.

    Several processes may try at once: one works, the others wait and find nothing left to do. Being killed leaves
    the database as it was. Raises `SchemaForeign` when somebody else's tables are there.
    """
    with _migrating(database) as connection:
        context = MigrationContext.configure(connection)
        before = context.get_current_revision()
        if before is None and inspect(connection).has_table("account"):
            raise SchemaForeign
        if before is not None and before not in {script.revision for script in _script().walk_revisions()}:
            return []
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, step)
        after = context.get_current_revision()
        taken = [script.revision for script in _script().iterate_revisions(after, before)]
        return taken[::-1]


def draft_step(database: Database, name: str) -> Path:
    """Write the next step from what the tables say and a migrated database does not have yet; for developers."""
    with _migrating(database) as connection:
        config = _config()
        config.attributes["connection"] = connection
        number = len(list(_script().walk_revisions())) + 1
        drafted = command.revision(config, name.replace("_", " ").capitalize(), autogenerate=True, rev_id=f"{number:04}_{name}")
        scripts = drafted if isinstance(drafted, list) else [drafted]
        path = Path(next(script.path for script in scripts if script))
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.lstrip().startswith("# ###")), encoding="utf-8")
    return path


@contextmanager
def filling(database: Database) -> Iterator[Connection]:
    """Open the one transaction in which a restored database gets its rows."""
    with _migrating(database) as connection:
        yield connection


@contextmanager
def _migrating(database: Database) -> Iterator[Connection]:
    """Open the one transaction in which a database is migrated."""
    engine = database.engine.execution_options(portal_writes=True)
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            # SQLite rebuilds a table by dropping it, which foreign keys would follow; the switch only works outside
            # a transaction, hence on the driver's connection.
            driver = connection.connection.driver_connection
            driver.execute("PRAGMA foreign_keys=OFF")  # type: ignore[union-attr]
            try:
                with connection.begin():
                    yield connection
                    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
                    if broken is not None:
                        raise RuntimeError(f"a step left rows of {broken[0]} without what they point to")
            finally:
                driver.execute("PRAGMA foreign_keys=ON")  # type: ignore[union-attr]
            return
        with connection.begin():
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ONE_AT_A_TIME})")
            yield connection


@cache
def _script() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(rev)s")
    return config
