"""Who is asking: the visitors of the house, as values that every service receives."""

from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    """How far a sign-in has come."""

    FULL = "full"
    MUST_CHANGE = "must_change"


@dataclass(frozen=True)
class Customer:
    """A signed-in customer: the account and the sign-in they came with."""

    account_id: int
    sign_in_id: int
    portal: str
    stage: Stage = Stage.FULL
    language: str = "hu"
    display_name: str = ""


@dataclass(frozen=True)
class Stranger:
    """Somebody in a browser who has not signed in; `visit_id` is their errand, if any."""

    source: str = ""
    visit_id: int | None = None


@dataclass(frozen=True)
class InsurerSystem:
    """One of the insurer's programs, known by the name of its API key."""

    name: str
    key_id: int | None = None


@dataclass(frozen=True)
class Operator:
    """A person or timer on the server."""

    name: str


Actor = Customer | Stranger | InsurerSystem | Operator


def actor_kind(actor: Actor) -> str:
    """Name the visitor's kind for the audit trail."""
    kinds: dict[type[Actor], str] = {
        Customer: "customer",
        Stranger: "stranger",
        InsurerSystem: "insurer_system",
        Operator: "operator",
    }
    return kinds[type(actor)]


def actor_name(actor: Actor) -> str:
    """Name the visitor for the audit trail, without personal data."""
    if isinstance(actor, Customer):
        return str(actor.account_id)
    return actor.name if isinstance(actor, InsurerSystem | Operator) else ""
