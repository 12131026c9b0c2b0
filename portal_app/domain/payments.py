"""What is to be paid and by when, as the insurer's letters say; whether it was paid, only the insurer knows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from portal_app.domain.calendar import days_left

# From so many days before, a deadline is told in days; and from so many, as something to see to.
TOLD_DAYS = 30
SOON_DAYS = 7


class Due(StrEnum):
    """How near a payment deadline is."""

    LATER = ""
    TOLD = "told"
    SOON = "soon"
    TODAY = "today"
    OVER = "over"


def how_due(due_on: date, today: date) -> Due:
    """Say how near a deadline is; it lasts to the end of its Budapest day."""
    days = days_left(due_on, today)
    if days <= 0:
        return Due.TODAY if days == 0 else Due.OVER
    if days <= SOON_DAYS:
        return Due.SOON
    return Due.TOLD if days <= TOLD_DAYS else Due.LATER


@dataclass(frozen=True)
class PaymentNotice:
    """What a payment notice (fizetési értesítő) asks for; `amount` in forints."""

    policy_id: int
    placed_at: datetime
    due_on: date
    amount: int | None


def next_due(notices: Iterable[PaymentNotice], today: date) -> PaymentNotice | None:
    """Choose the notice that is to be paid next: the nearest deadline that is not over.

    Of several for the same day the newest counts, because it corrects the others.
    """
    ahead = [notice for notice in notices if notice.due_on >= today]
    return min(ahead, key=lambda notice: (notice.due_on, -notice.placed_at.timestamp()), default=None)
