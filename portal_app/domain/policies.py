"""What the core system may say about a policy, and what follows from it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum


class Communication(StrEnum):
    """How the policy's holder is written to."""

    ELECTRONIC = "electronic"
    POSTAL = "postal"


class PolicyStatus(StrEnum):
    """Whether the contract runs."""

    ACTIVE = "active"
    ENDED = "ended"


class SalesRoute(StrEnum):
    """How the contract was concluded (R98)."""

    BROKER_ONLINE = "broker_online"
    DIRECT = "direct"
    BRANCH = "branch"
    ONLINE24 = "online24"


@dataclass(frozen=True)
class Holder:
    """The policyholder as the core system knows them."""

    name: str
    email: str = ""
    phone: str = ""
    customer_ref: str = ""
    portal24_username: str = ""


@dataclass(frozen=True)
class PolicyStatement:
    """One `PUT`: everything the core system says about a policy at a moment."""

    number: str
    product: str
    holder: Holder
    communication: Communication
    sales_route: SalesRoute
    status: PolicyStatus
    as_of: datetime
    consent_at: datetime
    plate_number: str = ""
    accounting_documents: bool = False
    ended_on: date | None = None


def plate_key(plate_number: str) -> str:
    """Fold a plate number so that hyphens, blanks and case do not matter: `abc-123` and `ABC 123` are the same."""
    return "".join(character for character in plate_number.upper() if character.isalnum())


def is_outdated(statement: PolicyStatement, known_as_of: datetime | None) -> bool:
    """Whether something newer about the policy is already known."""
    return known_as_of is not None and statement.as_of < known_as_of


def takes_no_letters_since(ended_on: date | None, today: date, accept_days: int) -> bool:
    """Whether the policy ended so long ago that it takes no letters any more."""
    return ended_on is not None and today > ended_on + timedelta(days=accept_days)


def our_decision_stands(decided_here_at: datetime | None, consent_at: datetime) -> bool:
    """Whether a request carried out by us outweighs the core's word: only a newer consent overrides it."""
    return decided_here_at is not None and consent_at <= decided_here_at


def our_contact_stands(contact_decided_at: datetime | None, as_of: datetime) -> bool:
    """Whether the holder's e-mail address and phone, changed here on request, are newer than what the core says."""
    return contact_decided_at is not None and as_of <= contact_decided_at
