"""Rotation of the secret: what is still sealed with an older one, and sealing it anew."""

import base64
from dataclasses import dataclass

from sqlmodel import Session, col, func, select

from portal_app.database.tables import Credential, DocumentKey, Job
from portal_app.domain.actors import Operator
from portal_app.gateways.objects import PURPOSE, ObjectStore
from portal_app.gateways.secrets import Secrets
from portal_app.services.documents import read_wrapped, write_wrapped

LOOKED_AT = 100


@dataclass(frozen=True)
class Rewrapped:
    """What one transaction came to; `last` is where the next one goes on."""

    seen: int
    changed: int
    last: int


def rewrap_some(db: Session, actor: Operator, after: int, *, most: int, objects: ObjectStore, secrets: Secrets) -> Rewrapped:
    """Seal the keys of some documents with the newest secret."""
    del actor
    rows = db.exec(
        select(DocumentKey)
        .where(DocumentKey.document_id > after)
        .order_by(col(DocumentKey.document_id))
        .limit(most)
        .with_for_update()
    ).all()
    old = [row for row in rows if not secrets.is_sealed_with_newest(PURPOSE, read_wrapped(row.wrapped))]
    for row in old:
        row.wrapped = write_wrapped(objects.rewrap(read_wrapped(row.wrapped)))
    return Rewrapped(len(rows), len(old), rows[-1].document_id if rows else after)


def any_key_is_old(db: Session, actor: Operator, *, secrets: Secrets) -> bool:
    """Whether the oldest documents are still sealed with an older secret; they are sealed anew first."""
    del actor
    oldest = db.exec(select(DocumentKey.wrapped).order_by(col(DocumentKey.document_id)).limit(LOOKED_AT)).all()
    return any(not secrets.is_sealed_with_newest(PURPOSE, read_wrapped(wrapped)) for wrapped in oldest)


def post_with_old_secret(db: Session, actor: Operator, *, secrets: Secrets) -> int:
    """Count owed post that only an older secret opens; it is gone after two days at the latest."""
    del actor
    sealed = db.exec(select(Job.secret).where(col(Job.ended_at).is_(None), Job.secret != "")).all()
    return sum(not secrets.is_sealed_with_newest("outbox", base64.b64decode(secret)) for secret in sealed)


def passwords_with_old_secret(db: Session, actor: Operator, *, newest: str) -> int:
    """Count running passwords whose hash names another pepper than the newest; each is renewed at its next sign-in."""
    del actor
    running = (col(Credential.ended_at).is_(None), ~col(Credential.hash).startswith(newest, autoescape=True))
    return db.exec(select(func.count()).select_from(Credential).where(*running)).one()
