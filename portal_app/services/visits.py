"""Visits: what a browser came for before it has signed in, and how its last attempt ended, so that the page can say it.

A page is drawn after the form's answer, in another request; the visit carries over what the form's route decided.
A customer's forms have a visit too, bound to the sign-in instead of a cookie.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlmodel import Session, select

from portal_app.database.tables import Visit
from portal_app.domain.actors import Customer, Stranger

LIFE = timedelta(minutes=15)

Fact = str | int


@dataclass(frozen=True)
class Outcome:
    """How the last attempt ended: the code of a refusal or of a success, with facts that are no secrets."""

    code: str = ""
    facts: dict[str, Fact] = field(default_factory=dict)


def visit_of(db: Session, actor: Customer | Stranger, *, now: datetime) -> Visit | None:
    """Give the running visit of this visitor, or None."""
    if isinstance(actor, Customer):
        row = db.exec(select(Visit).where(Visit.token_sha256 == _bound_to(actor))).first()
    else:
        row = db.get(Visit, actor.visit_id) if actor.visit_id else None
    return row if row is not None and row.valid_until > now else None


def keep_visit(db: Session, actor: Customer | Stranger, token_sha256: str, *, now: datetime) -> Visit:
    """Give the visitor's visit with fifteen more minutes, beginning one under this token when there is none."""
    visit = visit_of(db, actor, now=now)
    if visit is None:
        visit = begin_visit(db, actor, token_sha256, now=now)
    visit.valid_until = now + LIFE
    return visit


def begin_visit(
    db: Session, actor: Customer | Stranger, token_sha256: str, *, now: datetime, link_id: int | None = None
) -> Visit:
    """Begin a visit; a customer's former one makes way."""
    account_id = None
    if isinstance(actor, Customer):
        token_sha256, account_id = _bound_to(actor), actor.account_id
        end_visit(db, db.exec(select(Visit).where(Visit.token_sha256 == token_sha256)).first())
    visit = Visit(token_sha256=token_sha256, created_at=now, valid_until=now + LIFE, link_id=link_id, account_id=account_id)
    db.add(visit)
    db.flush()
    return visit


def end_visit(db: Session, visit: Visit | None) -> None:
    """Forget a visit whose errand is done."""
    if visit is not None:
        db.delete(visit)
        db.flush()


def note_outcome(visit: Visit, code: str, **facts: Fact) -> None:
    """Remember how the attempt ended, for the page that is drawn next."""
    visit.outcome = json.dumps({"code": code, "facts": facts}, ensure_ascii=False)


def note_for(db: Session, actor: Customer | Stranger, code: str, *, now: datetime, **facts: Fact) -> None:
    """Remember an outcome for a visitor; a stranger whose visit has run out has nothing to remember it by."""
    visit = keep_visit(db, actor, "", now=now) if isinstance(actor, Customer) else visit_of(db, actor, now=now)
    if visit is not None:
        visit.valid_until = now + LIFE
        note_outcome(visit, code, **facts)


def note_typed(db: Session, actor: Customer | Stranger, token_sha256: str, code: str, *, now: datetime, **typed: Fact) -> None:
    """Remember what a form was sent with that lacks something, so that nobody types it twice; never a secret."""
    note_outcome(keep_visit(db, actor, token_sha256, now=now), code, **typed)


def forget_typed(db: Session, actor: Customer | Stranger, code: str, *, now: datetime) -> None:
    """Forget it when the form has been taken."""
    visit = visit_of(db, actor, now=now)
    if visit is not None and outcome_of(visit).code == code:
        visit.outcome = ""


def outcome_for(db: Session, actor: Customer | Stranger, *, now: datetime) -> Outcome:
    """Read how the visitor's last attempt ended."""
    return outcome_of(visit_of(db, actor, now=now))


def outcome_of(visit: Visit | None) -> Outcome:
    """Read how the last attempt ended."""
    return Outcome(**json.loads(visit.outcome)) if visit is not None and visit.outcome else Outcome()


def _bound_to(actor: Customer) -> str:
    # No cookie's SHA-256 reads like this, so nobody can present a cookie that leads here.
    return f"sign-in {actor.sign_in_id}"
