"""News: what has changed for the accounts whose pages are open somewhere."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlmodel import Session, col, select

from portal_app.database.tables import Account, SignIn
from portal_app.domain.actors import Operator

# SQLite takes only so many values in one statement.
AT_ONCE = 500


@dataclass(frozen=True)
class News:
    """The revision of each account asked for, and which of the sign-ins asked for are still running."""

    revisions: dict[int, int]
    running: frozenset[int]


def news_for(db: Session, actor: Operator, accounts: Iterable[int], sign_ins: Iterable[int]) -> News:  # noqa: ARG001
    """Say what the open tabs should know; `actor` is the web process itself."""
    revisions = {}
    for some in _batches(accounts):
        revisions |= dict(db.exec(select(Account.id, Account.revision).where(col(Account.id).in_(some))).all())
    running: set[int] = set()
    for some in _batches(sign_ins):
        running |= set(db.exec(select(SignIn.id).where(col(SignIn.id).in_(some), col(SignIn.ended_at).is_(None))).all())
    return News(revisions, frozenset(running))


def _batches(ids: Iterable[int]) -> Iterator[list[int]]:
    all_ids = sorted(set(ids))
    return (all_ids[at : at + AT_ONCE] for at in range(0, len(all_ids), AT_ONCE))
