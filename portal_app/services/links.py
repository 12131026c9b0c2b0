"""Links we mailed: opening one consumes nothing, what is done with it does, and only once (R16, R22; S18–S19)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select, update

from portal_app.database.tables import Account, Link
from portal_app.domain.actors import Customer, Stranger
from portal_app.services.visits import begin_visit, note_outcome, visit_of


class LinkPurpose(StrEnum):
    """What a link is for."""

    ACTIVATION = "activation"
    PASSWORD = "password"  # noqa: S105 - the purpose's name
    ADDRESS = "address"
    CLOSING = "closing"
    REGISTRATION = "registration"


PASSWORD_PURPOSES = (LinkPurpose.ACTIVATION, LinkPurpose.PASSWORD)


class LinkStatus(StrEnum):
    """Whether a link still works, and why not."""

    OPEN = "open"
    EXPIRED = "link_expired"
    USED = "link_used"
    SUPERSEDED = "link_superseded"
    UNKNOWN = "link_unknown"
    ABSENT = "link_absent"
    """The page was opened without a link, or too long ago."""


@dataclass(frozen=True)
class FoundLink:
    """The link a visitor came with, and whose it is."""

    status: LinkStatus
    link: Link | None = None
    account: Account | None = None


def arrive_by_link(
    db: Session, actor: Customer | Stranger, link_sha256: str, purpose: LinkPurpose, visit_sha256: str, *, now: datetime
) -> None:
    """Begin a visit with the link the visitor opened; the link itself stays as it is, so that mail scanners do no harm."""
    link = db.exec(select(Link).where(Link.token_sha256 == link_sha256, Link.purpose == purpose)).first()
    visit = begin_visit(db, actor, visit_sha256, now=now, link_id=link.id if link else None)
    if link is None:
        note_outcome(visit, LinkStatus.UNKNOWN)


def link_of_visit(db: Session, actor: Customer | Stranger, purpose: LinkPurpose, *, now: datetime) -> FoundLink:
    """Give the link the visitor came with, and say whether it still works."""
    visit = visit_of(db, actor, now=now)
    link = db.get(Link, visit.link_id) if visit is not None and visit.link_id else None
    if visit is None or (link is None and not visit.outcome):
        return FoundLink(LinkStatus.ABSENT)
    if link is None or link.purpose != purpose:
        return FoundLink(LinkStatus.UNKNOWN)
    account = db.get(Account, link.account_id)
    if account is None or account.status in {"closed", "merged"}:
        return FoundLink(LinkStatus.UNKNOWN)
    return FoundLink(_status(link, now), link, account)


def standing_of_visit(db: Session, actor: Customer | Stranger, purpose: LinkPurpose, *, now: datetime) -> tuple[LinkStatus, str]:
    """Say how the link the visitor came with stands, and give its SHA-256; nothing when they came without one."""
    found = link_of_visit(db, actor, purpose, now=now)
    return found.status, found.link.token_sha256 if found.link else ""


def use_link(db: Session, link: Link, *, now: datetime) -> bool:
    """Consume the link; of several who try at once only one is told yes."""
    used = (
        update(Link)
        .where(
            col(Link.id) == link.id,
            col(Link.used_at).is_(None),
            col(Link.superseded_at).is_(None),
            col(Link.valid_until) > now,
        )
        .values(used_at=now)
    )
    return db.execute(used.returning(col(Link.id))).first() is not None


def supersede_links(db: Session, account_id: int, *which: ColumnElement[bool], now: datetime) -> None:
    """Let no unused link of the account work any more that was sent before; of `which` alone where that is said."""
    unused = (col(Link.account_id) == account_id, col(Link.used_at).is_(None), col(Link.superseded_at).is_(None))
    db.exec(update(Link).where(*unused, *which).values(superseded_at=now))


def end_links(db: Session, account_id: int, *, now: datetime) -> None:
    """Let no link that leads to a password work any more: there is a new password."""
    db.exec(
        update(Link)
        .where(
            col(Link.account_id) == account_id,
            col(Link.purpose).in_(PASSWORD_PURPOSES),
            col(Link.used_at).is_(None),
            col(Link.valid_until) > now,
        )
        .values(valid_until=now)
    )


def _status(link: Link, now: datetime) -> LinkStatus:
    if link.used_at:
        return LinkStatus.USED
    if link.superseded_at:
        return LinkStatus.SUPERSEDED
    return LinkStatus.OPEN if link.valid_until > now else LinkStatus.EXPIRED
