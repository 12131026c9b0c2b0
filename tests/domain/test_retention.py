"""How long letters stay: a year in the letter-box, as long as their policy and a year in the full portals (R24)."""

from datetime import date, timedelta

import pytest

from portal_app.domain.brands import PortalName, Retention
from portal_app.domain.kinds import LetterKind
from portal_app.domain.retention import WHILE_POLICY_RUNS, PolicyTerm, erase_on, moved_erase_on

RULES = Retention()
PLACED = date(2026, 1, 10)
TODAY = date(2026, 6, 1)
FULL = (PortalName.UGYFELPORTAL, PortalName.ONLINE24)


@pytest.mark.parametrize("policy", [None, PolicyTerm(), PolicyTerm(date(2030, 5, 1))])
@pytest.mark.parametrize("kind", [LetterKind.INFORMATION, LetterKind.PAYMENT_NOTICE])
def test_in_the_letter_box_everything_stays_a_year(kind: LetterKind, policy: PolicyTerm | None) -> None:
    assert erase_on(kind, PLACED, PortalName.KULDEMENYEIM, RULES, policy=policy) == date(2027, 1, 11)


@pytest.mark.parametrize("portal", FULL)
@pytest.mark.parametrize(
    ("policy", "gone"),
    [
        (PolicyTerm(), WHILE_POLICY_RUNS),
        (PolicyTerm(date(2026, 3, 31)), date(2027, 4, 1)),
        (PolicyTerm(date(2028, 2, 29)), date(2029, 3, 1)),
        # It came after the end of its policy, so it is not shorter there than its own year.
        (PolicyTerm(date(2025, 12, 31)), date(2027, 1, 11)),
        (None, date(2027, 1, 11)),
    ],
)
def test_in_the_full_portals_a_letter_stays_to_a_year_after_its_policys_end(
    portal: PortalName, policy: PolicyTerm | None, gone: date
) -> None:
    assert erase_on(LetterKind.POLICY_DOCUMENT, PLACED, portal, RULES, policy=policy) == gone


@pytest.mark.parametrize("portal", FULL)
@pytest.mark.parametrize("policy", [None, PolicyTerm(), PolicyTerm(date(2026, 3, 31))])
def test_in_the_full_portals_accounting_documents_stay_eight_years(portal: PortalName, policy: PolicyTerm | None) -> None:
    assert erase_on(LetterKind.ACCOUNTING_VOUCHER, PLACED, portal, RULES, policy=policy) == date(2034, 1, 11)


def test_a_date_once_given_is_not_brought_forward() -> None:
    assert moved_erase_on(date(2027, 1, 11), date(2026, 12, 1), TODAY, RULES) == date(2027, 1, 11)
    assert moved_erase_on(date(2027, 1, 11), date(2034, 1, 11), TODAY, RULES) == date(2034, 1, 11)
    assert moved_erase_on(date(2027, 1, 11), WHILE_POLICY_RUNS, TODAY, RULES) == WHILE_POLICY_RUNS


def test_when_the_policy_ends_its_letters_get_a_date_of_which_the_owner_can_still_be_warned() -> None:
    assert moved_erase_on(WHILE_POLICY_RUNS, date(2027, 4, 1), TODAY, RULES) == date(2027, 4, 1)
    assert moved_erase_on(WHILE_POLICY_RUNS, date(2025, 4, 1), TODAY, RULES) == TODAY + timedelta(days=61)
    assert moved_erase_on(WHILE_POLICY_RUNS, WHILE_POLICY_RUNS, TODAY, RULES) == WHILE_POLICY_RUNS
