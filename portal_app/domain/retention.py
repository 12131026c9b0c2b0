"""How long letters stay: one rule decides the date on which each of them is erased (R24)."""

from dataclasses import dataclass
from datetime import date, timedelta

from portal_app.domain.brands import PortalName, Retention, WhenUnopened
from portal_app.domain.calendar import years_after
from portal_app.domain.kinds import ACCOUNTING_KINDS, LetterKind


@dataclass(frozen=True)
class PolicyTerm:
    """How long the policy that a letter belongs to lasts; `ended_on` is empty while it runs."""

    ended_on: date | None = None


WHILE_POLICY_RUNS = date.max
"""The `erase_on` of a letter that stays as long as its policy, whose end nobody knows yet."""


def erase_on(
    kind: LetterKind, placed_on: date, portal: PortalName, rules: Retention, *, policy: PolicyTerm | None = None
) -> date:
    """Give the Budapest date on which a letter placed on `placed_on` is no longer readable.

    In the letter-box, placed on day D, it is readable to the end of D + 1 year (29 February: to the end of
    28 February) and is erased by the first nightly on or after the date given. In the full portals accounting
    documents stay longer, and the other letters of a policy to the end of the year after the policy's end.
    """
    if portal == PortalName.KULDEMENYEIM:
        return years_after(placed_on, rules.letter_years) + timedelta(days=1)
    if kind in ACCOUNTING_KINDS:
        return years_after(placed_on, rules.accounting_years) + timedelta(days=1)
    if policy is not None and policy.ended_on is None:
        return WHILE_POLICY_RUNS
    counted_from = max(placed_on, policy.ended_on or placed_on) if policy else placed_on
    return years_after(counted_from, rules.letter_years) + timedelta(days=1)


def moved_erase_on(present: date, anew: date, today: date, rules: Retention) -> date:
    """Give a letter's date when its portal or its policy has changed; `anew` is what `erase_on` says now.

    A date once given is not brought forward. A letter that was to stay as long as its policy gets a date when the
    policy ends, and not before its owner could be warned of it.
    """
    if present != WHILE_POLICY_RUNS:
        return max(present, anew)
    warned = max((*rules.warn_days, *rules.warn_unopened_days), default=0)
    return max(anew, today + timedelta(days=warned + 1))


def readable(letter_erase_on: date, today: date) -> bool:
    """Whether a letter may still be read: never from its `erase_on` on, also when no nightly has run yet.

    Services filter by `Letter.erase_on > today`, with `today = budapest_date(now)`.
    """
    return today < letter_erase_on


def keeps_unopened(rules: Retention) -> bool:
    """Whether the brand keeps a letter that nobody has ever opened, instead of erasing it."""
    return rules.when_unopened is WhenUnopened.KEEP


def kept_until(letter_erase_on: date, today: date, rules: Retention) -> date:
    """Give the new date of an unopened letter that the brand keeps: further years, until it lies after tomorrow.

    Its date is moved the day before it would come, so that the letter never becomes unreadable in between.
    """
    moved = letter_erase_on
    while moved <= today + timedelta(days=1):
        moved = years_after(moved, rules.letter_years)
    return moved
