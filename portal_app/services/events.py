"""The event log: what happened, appended in the same transaction as the deed; it is also the proof of delivery."""

import json
from datetime import datetime

from sqlalchemy import Select, insert, literal
from sqlmodel import Session

from portal_app.database.tables import Event, Moment
from portal_app.domain.actors import Actor, actor_kind, actor_name


def record(
    db: Session,
    actor: Actor,
    act: str,
    *,
    now: datetime,
    account_id: int | None = None,
    delivery_id: int | None = None,
    about: str = "",
    **details: str | int | bool,
) -> None:
    """Append one event.

    `act` reads `subject:verb` (`letter:opened`); `about` is a public id; `details` never hold personal data.
    """
    db.add(
        Event(
            at=now,
            act=act,
            actor_kind=actor_kind(actor),
            actor_name=actor_name(actor),
            account_id=account_id,
            delivery_id=delivery_id,
            about=about,
            details=json.dumps(details, sort_keys=True) if details else "",
        )
    )


def record_for_all(db: Session, actor: Actor, act: str, found: Select[int, int | None, str], *, now: datetime) -> None:
    """Append the same event for many rows in one statement.

    `found` selects, in the order wanted, the account, the delivery and the public id that each event is about.
    """
    names = ["account_id", "delivery_id", "about", "at", "act", "actor_kind", "actor_name", "details"]
    said = [literal(text) for text in (act, actor_kind(actor), actor_name(actor), "")]
    db.connection().execute(insert(Event).from_select(names, found.add_columns(literal(now, Moment), *said)))
