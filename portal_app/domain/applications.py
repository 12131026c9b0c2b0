"""Requests (kérelmek): what customers ask the insurer to change, who acts next, and by when it is done (R71–R78)."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum

from portal_app.domain.calendar import budapest_date, deadline, one_year_after
from portal_app.domain.errors import ApplicationDecided
from portal_app.domain.messages import read_out


class ApplicationKind(StrEnum):
    """What is asked for."""

    ELECTRONIC = "electronic"
    """Letters into the account instead of by post (R71)."""
    POSTAL = "postal"
    """Back to letters by post (R28)."""
    ADDRESS = "address"
    PHONE = "phone"
    EMAIL = "email"
    BANK_ACCOUNT = "bank_account"
    MERGE = "merge"
    """Another account into this one, where the customer cannot prove it (R56, R58)."""
    LOST_ACCESS = "lost_access"
    """The e-mail with the way in cannot be found (R53)."""


class ApplicationStatus(StrEnum):
    """How far a request has come."""

    SUBMITTED = "submitted"
    IN_PROGRESS = "in_progress"
    WAITING = "waiting_for_customer"
    FULFILLED = "fulfilled"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class ActsNext(StrEnum):
    """Whose turn it is."""

    INSURER = "insurer"
    CUSTOMER = "customer"
    NOBODY = "nobody"


ABOUT_A_POLICY = (
    ApplicationKind.ELECTRONIC,
    ApplicationKind.POSTAL,
    ApplicationKind.ADDRESS,
    ApplicationKind.PHONE,
    ApplicationKind.EMAIL,
    ApplicationKind.BANK_ACCOUNT,
)
"""The kinds that change a policy; the others concern accounts."""
FOR_ALL_POLICIES = (ApplicationKind.ADDRESS, ApplicationKind.PHONE, ApplicationKind.EMAIL, ApplicationKind.BANK_ACCOUNT)
"""The kinds that may change every policy of the account at once."""

_ENDED = (ApplicationStatus.FULFILLED, ApplicationStatus.REJECTED, ApplicationStatus.WITHDRAWN)
_INSURERS_TURN = (ApplicationStatus.SUBMITTED, ApplicationStatus.IN_PROGRESS)

# The facts a request keeps, by kind; every value is a text, and ticks are "yes" or empty.
_NEEDED: Mapping[ApplicationKind, tuple[str, ...]] = {
    ApplicationKind.ELECTRONIC: ("terms",),
    ApplicationKind.POSTAL: (),
    ApplicationKind.ADDRESS: ("postcode", "town", "street"),
    ApplicationKind.PHONE: ("phone",),
    ApplicationKind.EMAIL: ("email",),
    ApplicationKind.BANK_ACCOUNT: ("bank_account",),
    ApplicationKind.MERGE: (),
    ApplicationKind.LOST_ACCESS: (),
}
ADDRESS_PARTS = ("postcode", "town", "street")


def is_ended(status: str) -> bool:
    """Whether nothing happens to the request any more."""
    return status in _ENDED


def acts_next(status: str) -> ActsNext:
    """Say whose turn it is."""
    if is_ended(status):
        return ActsNext.NOBODY
    return ActsNext.CUSTOMER if status == ApplicationStatus.WAITING else ActsNext.INSURER


def check_open(status: str) -> None:
    """Refuse what would change a request that has ended: `ApplicationDecided`."""
    if is_ended(status):
        raise ApplicationDecided


def reference_number(submitted_on: date, chance: int) -> str:
    """Give what the customer quotes on the phone, such as K-2026-7KQ4M2, from a random number of at least 30 bits."""
    return f"K-{submitted_on.year}-{read_out(chance)}"


def carried_out_by(received_at: datetime, days: int) -> date:
    """Give the last day for carrying the request out; the day of receipt is not counted (R76)."""
    return deadline(budapest_date(received_at), days)


def due_after_pause(due_on: date, paused_at: datetime, resumed_at: datetime) -> date:
    """Give the last day anew when the customer has answered: the days that we waited for them do not count (G9)."""
    return due_on + timedelta(days=max((budapest_date(resumed_at) - budapest_date(paused_at)).days, 0))


def is_overdue(status: str, due_on: date, today: date) -> bool:
    """Whether the insurer is late; while it waits for the customer it is not."""
    return status in _INSURERS_TURN and due_on < today


def erased_on(ended_at: datetime) -> date:
    """Give the Budapest date from which a request that has ended is erased: a year after its end."""
    return one_year_after(budapest_date(ended_at)) + timedelta(days=1)


def missing_facts(kind: ApplicationKind, facts: Mapping[str, str]) -> tuple[str, ...]:
    """Name what the request still lacks."""
    return tuple(name for name in _NEEDED[kind] if not facts.get(name, "").strip())


def address_line(facts: Mapping[str, str]) -> str:
    """Write a postal address in one line, as it is kept with the policy."""
    postcode, town, street = (facts.get(part, "").strip() for part in ADDRESS_PARTS)
    return ", ".join(part for part in (f"{postcode} {town}".strip(), street) if part)
