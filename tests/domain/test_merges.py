"""Which two accounts can become one, and until when it can be undone."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from portal_app.domain.merges import may_be_merged, undo_until


@dataclass
class Known:
    """What is known of an account."""

    id: int | None
    portal: str = "ugyfelportal"
    status: str = "active"


@pytest.mark.parametrize(
    ("survivor", "other", "possible"),
    [
        (Known(1), Known(2), True),
        (Known(1), Known(2, status="invited"), True),
        (Known(1, "online24"), Known(2, "online24"), True),
        (Known(1), Known(1), False),
        (Known(1), Known(2, "online24"), False),
        (Known(1, "kuldemenyeim"), Known(2, "kuldemenyeim"), False),
        (Known(1), Known(2, "kuldemenyeim"), False),
        (Known(1, status="closing"), Known(2), False),
        (Known(1, status="merged"), Known(2), False),
        (Known(1), Known(2, status="merged"), False),
        (Known(1), Known(2, status="closing"), False),
        (Known(1), Known(2, status="closed"), False),
        (Known(1), Known(2, status="unconfirmed"), False),
    ],
)
def test_two_awake_accounts_of_the_same_full_portal_can_become_one(survivor: Known, other: Known, *, possible: bool) -> None:
    assert may_be_merged(survivor, other) is possible


def test_it_can_be_undone_to_the_end_of_the_last_day_in_budapest() -> None:
    merged_at = datetime(2026, 3, 1, 22, 59, tzinfo=UTC)

    # The day of the merge is not counted, and the clocks change in between.
    assert undo_until(merged_at, 30) == datetime(2026, 3, 31, 22, 0, tzinfo=UTC)
