"""Bank account numbers, as people copy them from their statements."""

import pytest

from portal_app.domain.errors import BankAccountInvalid
from portal_app.gateways.bank_accounts import shown_bank_account, tidy_bank_account

KEPT = "HU42117730161111101800000000"


@pytest.mark.parametrize(
    "written",
    [
        "11773016-11111018-00000000",
        "11773016-11111018",
        "11773016 11111018",
        "HU42 1177 3016 1111 1018 0000 0000",
        "hu42117730161111101800000000",
    ],
)
def test_every_way_to_write_the_same_account_is_kept_alike(written: str) -> None:
    assert tidy_bank_account(written) == KEPT


def test_accounts_of_other_countries_count_too() -> None:
    assert tidy_bank_account("DE89 3704 0044 0532 0130 00") == "DE89370400440532013000"


@pytest.mark.parametrize(
    "written",
    [
        "",
        "11773016-11111019",
        "11773016",
        "HU43 1177 3016 1111 1018 0000 0000",
        "HU86 1177 3016 1111 1019 0000 0000",
        "00000000-00000000",
        "１１７７３０１６１１１１１０１８",
        "Béla",
    ],
)
def test_a_mistyped_number_is_refused(written: str) -> None:
    with pytest.raises(BankAccountInvalid):
        tidy_bank_account(written)


def test_a_number_is_shown_in_groups() -> None:
    assert shown_bank_account(KEPT) == "HU42 1177 3016 1111 1018 0000 0000"
