"""Closing an account (portaltörlés): on which grounds, and when it takes effect (R26–R28, C14)."""

from datetime import date, datetime, timedelta
from enum import StrEnum

from portal_app.domain.brands import Retention
from portal_app.domain.calendar import budapest_date, deadline

LINK_LIFE = timedelta(hours=24)


class Ground(StrEnum):
    """Why somebody closes their account."""

    POLICY_ENDED = "policy_ended"
    TO_POST = "to_post"
    """Back to letters by post, which also changes the policies (R28)."""
    OTHER = "other"


def takes_effect_on(confirmed_at: datetime, rules: Retention) -> date:
    """Give the Budapest date on which a closing confirmed now takes effect."""
    return deadline(budapest_date(confirmed_at), rules.closing_days)


def may_take_effect(confirmed_at: datetime, effect: date, rules: Retention, now: datetime) -> bool:
    """Whether the day has come and the customer had the full time to cancel."""
    return budapest_date(now) >= effect and now >= confirmed_at + timedelta(days=rules.closing_days)
