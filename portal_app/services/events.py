"""The event log: what happened, appended in the same transaction as the deed; it is also the proof of delivery."""

import json
from datetime import datetime

from sqlmodel import Session

from portal_app.database.tables import Event
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
