"""What Alembic runs: the migrations on the connection it was handed, in the transaction that is already open."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

from portal_app.database.tables import Moment, SortKey

_WRITTEN_AS = {
    Moment: "sa.DateTime(timezone=True)",
    SortKey: "sa.String().with_variant(sa.String(collation='C'), 'postgresql')",
    AutoString: "sa.String()",
}


def _written(kind: str, thing: Any, _context: AutogenContext) -> str | Literal[False]:
    """Write our column types in words of SQLAlchemy, so that old migrations do not change with the code."""
    return _WRITTEN_AS.get(type(thing), False) if kind == "type" else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    render_item=_written,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
