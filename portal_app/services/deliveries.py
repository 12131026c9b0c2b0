"""Deliveries: what became of a letter that the insurer handed over."""

import json
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select

from portal_app.database.tables import Delivery, Event, Letter
from portal_app.domain.actors import InsurerSystem, Operator
from portal_app.domain.errors import DeliveryNotFound
from portal_app.domain.letters import is_lasting, last_readable_day


@dataclass(frozen=True)
class DeliveryView:
    """What became of a delivery; `status` is scheduled, placed, opened, confirmed, binned or erased."""

    id: str
    external_ref: str
    policy_number: str
    kind: str
    status: str
    accepted_at: datetime
    publish_at: datetime | None
    placed_at: datetime | None
    notified_at: datetime | None
    """When an e-mail that counted this letter was handed to the customer's mail server."""
    opened_at: datetime | None
    confirmed_at: datetime | None
    readable_until: date | None
    """The last Budapest date on which the customer can read it."""


@dataclass(frozen=True)
class EventView:
    """One thing that happened to a delivery; `by` names the kind of visitor who did it."""

    at: datetime
    event: str
    by: str
    details: dict[str, str | int | bool]


def find_delivery(db: Session, actor: InsurerSystem | Operator, delivery_id: str) -> DeliveryView:
    """Say what became of a delivery; `DeliveryNotFound` when there is none."""
    del actor
    delivery = _delivery(db, delivery_id)
    letter = db.exec(select(Letter).where(Letter.delivery_id == delivery.id)).first()
    happened = {event.act: event.at for event in reversed(_events(db, delivery))}
    return DeliveryView(
        id=delivery.public_id,
        external_ref=delivery.external_ref,
        policy_number=delivery.policy_number,
        kind=delivery.kind,
        status=_status(letter),
        accepted_at=delivery.accepted_at,
        publish_at=delivery.publish_at,
        placed_at=happened.get("letter:placed"),
        notified_at=happened.get("letter:notified"),
        opened_at=happened.get("letter:opened"),
        confirmed_at=happened.get("letter:confirmed"),
        readable_until=_readable_until(letter.erase_on) if letter else None,
    )


def _readable_until(erase_on: date) -> date | None:
    last_day = last_readable_day(erase_on)
    return None if is_lasting(last_day) else last_day


def delivery_events(db: Session, actor: InsurerSystem | Operator, delivery_id: str) -> list[EventView]:
    """List what happened to a delivery, in order; `DeliveryNotFound` when there is none."""
    del actor
    events = _events(db, _delivery(db, delivery_id))
    return [EventView(event.at, event.act, event.actor_kind, json.loads(event.details or "{}")) for event in events]


def _delivery(db: Session, delivery_id: str) -> Delivery:
    delivery = db.exec(select(Delivery).where(Delivery.public_id == delivery_id)).first()
    if delivery is None:
        raise DeliveryNotFound
    return delivery


def _events(db: Session, delivery: Delivery) -> list[Event]:
    return list(db.exec(select(Event).where(Event.delivery_id == delivery.id).order_by(col(Event.id))))


def _status(letter: Letter | None) -> str:
    if letter is None:
        return "erased"
    if letter.publish_at:
        return "scheduled"
    if letter.binned_at:
        return "binned"
    if letter.confirmed_at:
        return "confirmed"
    return "opened" if letter.opened_at else "placed"
