"""Merging accounts: which two can become one, and until when it can be undone (R55–R57)."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from portal_app.domain.brands import PortalName
from portal_app.domain.calendar import budapest_date, end_of_day

PORTALS = (PortalName.UGYFELPORTAL, PortalName.ONLINE24)
"""The portals in which one person may have several accounts."""


class Contact(StrEnum):
    """What two accounts can both have confirmed; the first one found is used."""

    EMAIL = "email"
    PHONE = "phone"


class Mergeable(Protocol):
    """What has to be known of an account."""

    id: int | None
    portal: str
    status: str


def may_be_merged(survivor: Mergeable, other: Mergeable) -> bool:
    """Whether `other` can go into `survivor`: two accounts of the same portal, the one in use, the other not closing.

    Accounts of different portals stay apart: what was concluded in one of them is managed there (R86, R90).
    """
    return (
        survivor.id != other.id
        and survivor.portal == other.portal
        and survivor.portal in PORTALS
        and survivor.status == "active"
        and other.status in {"active", "invited"}
    )


def undo_until(merged_at: datetime, days: int) -> datetime:
    """Give the moment until which the merge can be undone: the end of so many Budapest days, today not counted."""
    return end_of_day(budapest_date(merged_at) + timedelta(days=days))
