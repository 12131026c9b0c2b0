"""API keys: which of the insurer's systems is calling; a key is shown once, its SHA-256 is kept."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from portal_app.database.tables import ApiKey
from portal_app.domain.actors import Actor, InsurerSystem
from portal_app.domain.errors import KeyMissing, KeyNameTaken, KeyUnknown
from portal_app.gateways.secrets import random_token, token_digest
from portal_app.services.events import record

# A fixed beginning lets secret scanners recognise a key that was published by mistake.
PREFIX = "portal_"


@dataclass(frozen=True)
class KeyView:
    """A key as the operator's list shows it."""

    name: str
    created_at: datetime
    revoked_at: datetime | None


def create_key(db: Session, actor: Actor, name: str, *, now: datetime) -> str:
    """Make a key for one of the insurer's systems and give it, for the only time; `KeyNameTaken` when the name is used.

    A name is used for ever, so that the event log stays clear about who it was.
    """
    if db.exec(select(ApiKey).where(ApiKey.name == name)).first() is not None:
        raise KeyNameTaken(name=name)
    key = PREFIX + random_token()
    db.add(ApiKey(name=name, sha256=token_digest(key), created_at=now))
    record(db, actor, "key:created", now=now, about=name)
    return key


def list_keys(db: Session, actor: Actor) -> list[KeyView]:
    """List all keys by name, revoked ones included."""
    del actor
    rows = db.exec(select(ApiKey).order_by(col(ApiKey.name))).all()
    return [KeyView(row.name, row.created_at, row.revoked_at) for row in rows]


def revoke_key(db: Session, actor: Actor, name: str, *, now: datetime) -> None:
    """Let a key open nothing any more, at once; `KeyUnknown` when there is none that still works."""
    row = db.exec(select(ApiKey).where(ApiKey.name == name, col(ApiKey.revoked_at).is_(None))).first()
    if row is None:
        raise KeyUnknown(name=name)
    row.revoked_at = now
    record(db, actor, "key:revoked", now=now, about=name)


def system_of(db: Session, key: str) -> InsurerSystem:
    """Say which system bears this key; `KeyMissing` when none does (any more)."""
    row = db.exec(select(ApiKey).where(ApiKey.sha256 == token_digest(key), col(ApiKey.revoked_at).is_(None))).first()
    if row is None:
        raise KeyMissing
    return InsurerSystem(row.name, row.id)
