"""`INSERT … ON CONFLICT` for both databases: one statement, so two writers cannot both believe to be the first."""

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql.dml import Insert as PostgresInsert
from sqlalchemy.dialects.sqlite.dml import Insert as SqliteInsert
from sqlmodel import Session, SQLModel


def insert_into(db: Session, table: type[SQLModel]) -> PostgresInsert | SqliteInsert:
    """Begin an insert into `table` that knows `on_conflict_do_update` and `on_conflict_do_nothing`."""
    on_postgres = db.get_bind().dialect.name == "postgresql"
    return postgresql.insert(table) if on_postgres else sqlite.insert(table)
