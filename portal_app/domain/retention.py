"""How long letters stay: one rule decides the date on which each of them is erased (R24)."""

from datetime import date, timedelta

from portal_app.domain.brands import PortalName, Retention, WhenUnopened
from portal_app.domain.calendar import years_after
from portal_app.domain.kinds import ACCOUNTING_KINDS, LetterKind


def erase_on(kind: LetterKind, placed_on: date, portal: PortalName, rules: Retention) -> date:
    """Give the Budapest date on which a letter placed on `placed_on` is no longer readable.

    Placed on day D, a letter is readable to the end of D + 1 year (29 February: to the end of 28 February) and is
    erased by the first nightly on or after the date given. Accounting documents stay longer in the full portals.
    """
    keeps_accounts = portal != PortalName.KULDEMENYEIM and kind in ACCOUNTING_KINDS
    years = rules.accounting_years if keeps_accounts else rules.letter_years
    return years_after(placed_on, years) + timedelta(days=1)


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
