"""The shape of a database: every table's columns, keys and indexes, as the database itself tells them."""

from typing import Any

from sqlalchemy import Connection, inspect, text

from portal_app.database.transactions import Database


def shape_of(database: Database) -> dict[str, dict[str, Any]]:
    """Describe every table so that two databases of a kind can be compared."""
    with database.engine.connect() as connection:
        inspector = inspect(connection)
        return {
            table: {
                "columns": {
                    column["name"]: (repr(column["type"]), column["nullable"], str(column["default"]))
                    for column in inspector.get_columns(table)
                },
                "primary key": inspector.get_pk_constraint(table)["constrained_columns"],
                "foreign keys": sorted(
                    (key["constrained_columns"], key["referred_table"], key["referred_columns"])
                    for key in inspector.get_foreign_keys(table)
                ),
                "unique": sorted(key["column_names"] for key in inspector.get_unique_constraints(table)),
                "indexes": _indexes(connection, table),
            }
            for table in sorted(inspector.get_table_names())
        }


def _indexes(connection: Connection, table: str) -> list[str]:
    asked = (
        "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = :table AND sql IS NOT NULL"
        if connection.dialect.name == "sqlite"
        else "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = :table"
    )
    rows = connection.execute(text(asked), {"table": table}).scalars()
    return sorted(" ".join(row.replace('"', "").split()) for row in rows)
