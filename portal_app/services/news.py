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
    revisions: dict[int, int] = {}
    for some in _batches(accounts):
        rows = db.exec(select(col(Account.id), col(Account.revision)).where(col(Account.id).in_(some)))
        revisions |= {account: revision for account, revision in rows if account is not None}
    running: set[int] = set()
    for some in _batches(sign_ins):
        found = db.exec(select(col(SignIn.id)).where(col(SignIn.id).in_(some), col(SignIn.ended_at).is_(None)))
        running |= {sign_in for sign_in in found if sign_in is not None}
    return News(revisions, frozenset(running))


def _batches(ids: Iterable[int]) -> Iterator[list[int]]:
    all_ids = sorted(set(ids))
    return (all_ids[at : at + AT_ONCE] for at in range(0, len(all_ids), AT_ONCE))
