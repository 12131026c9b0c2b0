"""Contention: what two writers can do to each other, and that trying again settles it."""

import time
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import Session

from portal_app.database.transactions import Database

Details = ParamSpec("Details")
Answer = TypeVar("Answer")

TRIES = 4
_FIRST_WAIT = 0.02
# PostgreSQL's words for: serialisation failure, deadlock found, lock not available in time.
_PASSING = frozenset({"40001", "40P01", "55P03"})


def carry_out_again(
    database: Database,
    service: Callable[Concatenate[Session, Details], Answer],
    *args: Details.args,
    **kwargs: Details.kwargs,
) -> Answer:
    """Carry out a service in one transaction, again when another writer was quicker with the same thing.

    For services that look first and then insert: at the second try they find what the other one has inserted.
    """
    for attempt in range(1, TRIES):
        try:
            return database.carry_out(service, *args, **kwargs)
        except DBAPIError as fault:
            if not _may_pass(fault):
                raise
            time.sleep(_FIRST_WAIT * 2**attempt)
    return database.carry_out(service, *args, **kwargs)


def _may_pass(fault: DBAPIError) -> bool:
    return isinstance(fault, IntegrityError) or getattr(fault.orig, "sqlstate", None) in _PASSING
