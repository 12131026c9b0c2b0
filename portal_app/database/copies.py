"""Copies: every row of every table as plain values that any of our databases can take back.

Rows travel as JSON: moments and dates as ISO 8601, everything else as it is. So a copy made from SQLite can be
put into PostgreSQL and the other way round.
"""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, Date, DateTime, MetaData, Table, func, insert, inspect, select, tuple_
from sqlmodel import Session, SQLModel

from portal_app.database import tables  # noqa: F401 - registers the tables
from portal_app.database.transactions import Database

ROWS_AT_ONCE = 2_000


def copied_tables() -> list[Table]:
    """Give our tables in an order in which rows find what they point to."""
    return list(SQLModel.metadata.sorted_tables)


def rows_of(db: Session, table: Table) -> Iterator[list[str]]:
    """Yield a table's rows as JSON lines, some at a time, in the order of the primary key; each look is short."""
    keys = list(table.primary_key.columns)
    asked = select(table).order_by(*keys).limit(ROWS_AT_ONCE)
    last: tuple[Any, ...] | None = None
    while True:
        some = asked if last is None else asked.where(tuple_(*keys) > last)
        rows = db.execute(some).mappings().all()
        if rows:
            yield [json.dumps(dict(row), default=_written, ensure_ascii=False) for row in rows]
        if len(rows) < ROWS_AT_ONCE:
            return
        last = tuple(rows[-1][key.name] for key in keys)


def is_unused(database: Database, *, but: set[str]) -> bool:
    """Whether no table of ours holds a row, those named apart; true for a database without tables, too."""
    with database.engine.connect() as connection:
        there = set(inspect(connection).get_table_names())
        return not any(
            connection.execute(select(func.count()).select_from(table)).scalar()
            for table in copied_tables()
            if table.name in there and table.name not in but
        )


class Filling:
    """Puts copied rows into an empty database, in the one transaction of the connection."""

    def __init__(self, connection: Connection) -> None:
        """Look at the tables as they are there, which may be those of an older release."""
        self._connection = connection
        self._metadata = MetaData()
        self._metadata.reflect(connection)

    def insert(self, name: str, lines: list[str]) -> int:
        """Insert rows of the table of this name; give their number."""
        table = self._metadata.tables[name]
        rows = [_read(table, json.loads(line)) for line in lines]
        if rows:
            self._connection.execute(insert(table), rows)
        return len(rows)

    def settle_counters(self) -> None:
        """Let PostgreSQL go on counting after the highest number that was put in; SQLite does so by itself."""
        if self._connection.dialect.name != "postgresql":
            return
        for table in self._metadata.sorted_tables:
            if "id" in table.columns:
                counter = func.pg_get_serial_sequence(f'"{table.name}"', "id")
                highest = select(func.max(table.c.id)).scalar_subquery()
                self._connection.execute(select(func.setval(counter, func.coalesce(highest, 1), highest.is_not(None))))


def _written(value: object) -> str:
    if isinstance(value, date):  # Moments are dates, too.
        return value.isoformat()
    raise TypeError(f"a column holds {type(value).__name__}")


def _read(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    for column in table.columns:
        value = row.get(column.name)
        if isinstance(value, str):
            if isinstance(column.type, DateTime):
                row[column.name] = datetime.fromisoformat(value).astimezone(UTC)
            elif isinstance(column.type, Date):
                row[column.name] = date.fromisoformat(value)
    return row
