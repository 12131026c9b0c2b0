"""A transaction that hangs with nearly everything done, for tests that kill its process there."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, text


@contextmanager
def stuck_at_the_post(engine: Engine) -> Iterator[None]:
    """Let whoever owes post hang there."""
    if engine.dialect.name == "postgresql":
        with engine.begin() as holding:
            holding.execute(text("LOCK TABLE job IN SHARE MODE"))
            yield
        return
    # Counting so many pairs takes longer than any test.
    slow = "CREATE TRIGGER slow BEFORE INSERT ON job BEGIN SELECT count(*) FROM event a, event b, event c, event d; END"
    with engine.execution_options(portal_writes=True).begin() as connection:
        connection.exec_driver_sql(slow)
    yield
    with engine.execution_options(portal_writes=True).begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER slow")
