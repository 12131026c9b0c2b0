"""Locks of the database: writers of one queue wait for each other, so that its rows become visible in their order."""

from sqlalchemy import text
from sqlmodel import Session

MESSAGES = 1
APPLICATIONS = 2
OPENINGS = 3
REGISTRATIONS = 4
WHEREABOUTS = 5


def one_at_a_time(db: Session, queue: int) -> None:
    """Let no other transaction write to this queue before this one ends; SQLite has one writer anyway."""
    if db.get_bind().dialect.name == "postgresql":
        db.connection().execute(text("SELECT pg_advisory_xact_lock(:queue)"), {"queue": queue})
