"""Migrations: they lead to exactly what the tables say, on both databases, whatever happens on the way."""

import multiprocessing
import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Column, Table, UniqueConstraint, create_engine, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

from portal_app.database.schema import SchemaForeign, Standing, migrate, newest_step, standing_of, step_of
from portal_app.database.tables import Login
from portal_app.database.transactions import Database
from tests.cast import ANNA
from tests.database.shape import shape_of


def test_migrating_leads_to_exactly_the_schema_the_tables_describe(make_bare: Callable[[], Database]) -> None:
    migrated, described = make_bare(), make_bare()
    SQLModel.metadata.create_all(described.engine.execution_options(portal_writes=True))

    taken = migrate(migrated)

    assert taken[-1] == newest_step()
    shape = shape_of(migrated)
    del shape["alembic_version"]
    assert shape == shape_of(described)


def test_what_points_at_a_row_is_found_by_a_whole_index() -> None:
    """Else deleting or moving one account looks through everybody's letters: partial indexes do not help there."""
    pointing = [(table, column) for table in SQLModel.metadata.tables.values() for column in table.c if column.foreign_keys]

    unindexed = [f"{table.name}.{column.name}" for table, column in pointing if column not in whole_indexes_of(table)]

    assert len(pointing) > 20
    assert unindexed == []


def whole_indexes_of(table: Table) -> set[Column[Any]]:
    """Give the columns that an index over all rows begins with."""
    whole = [index for index in table.indexes if index.dialect_options["sqlite"]["where"] is None]
    begun = [table.primary_key, *whole, *(rule for rule in table.constraints if isinstance(rule, UniqueConstraint))]
    return {next(iter(index.columns)) for index in begun if len(index.columns)}


def test_a_migrated_database_is_current_and_migrating_again_does_nothing(bare_database: Database) -> None:
    assert standing_of(bare_database) is Standing.EMPTY
    migrate(bare_database)

    assert standing_of(bare_database) is Standing.CURRENT
    assert migrate(bare_database) == []


def test_foreign_tables_are_refused_and_left_alone(bare_database: Database) -> None:
    with bare_database.engine.execution_options(portal_writes=True).begin() as connection:
        connection.execute(text("CREATE TABLE account (name TEXT)"))

    with pytest.raises(SchemaForeign):
        migrate(bare_database)

    assert shape_of(bare_database)["account"]["columns"].keys() == {"name"}


def test_a_database_of_a_newer_program_is_left_as_it_is(bare_database: Database) -> None:
    migrate(bare_database)
    with bare_database.engine.execution_options(portal_writes=True).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999_later'"))

    assert standing_of(bare_database) is Standing.AHEAD
    assert migrate(bare_database) == []
    assert step_of(bare_database) == "9999_later"


def test_two_processes_migrating_at_once_take_each_step_once(bare_database: Database) -> None:
    taken: list[list[str]] = []
    others = [Database(bare_database.url) for _ in range(3)]
    threads = [threading.Thread(target=lambda one=one: taken.append(migrate(one))) for one in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in others:
        one.close()

    assert [steps for steps in taken if steps] == [["0001_first", "0002_portals"]]
    assert standing_of(bare_database) is Standing.CURRENT


def _migrate_and_stop_before_the_end(url: str, reached: Any) -> None:
    from portal_app.database import schema

    database = Database(url)
    with schema._migrating(database) as connection:
        SQLModel.metadata.create_all(connection)
        reached.set()
        threading.Event().wait()


def test_being_killed_while_migrating_leaves_the_database_as_it_was(bare_database: Database) -> None:
    spawning = multiprocessing.get_context("spawn")
    reached = spawning.Event()
    process = spawning.Process(target=_migrate_and_stop_before_the_end, args=(bare_database.url, reached))
    process.start()
    assert reached.wait(30)
    process.kill()
    process.join()

    assert standing_of(bare_database) is Standing.EMPTY
    assert migrate(bare_database)[-1] == newest_step()


def test_foreign_keys_hold_again_after_migrating(bare_database: Database) -> None:
    migrate(bare_database)

    with pytest.raises(IntegrityError, match=r"(?i)foreign key"), bare_database.writing() as db:
        db.add(Login(account_id=1, kind="email", key=ANNA, shown=ANNA))


def test_a_database_can_be_reached_without_our_settings(bare_database: Database) -> None:
    migrate(bare_database)

    engine = create_engine(bare_database.url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == newest_step()
    engine.dispose()
