"""Every kind of letter stands on one shelf."""

import pytest

from portal_app.domain.kinds import LetterKind
from portal_app.domain.letters import Filter, at_first
from portal_app.domain.shelves import Shelf, kinds_on, shelf_of


@pytest.mark.parametrize("kind", LetterKind)
def test_every_kind_stands_on_exactly_one_shelf(kind: LetterKind) -> None:
    assert [shelf for shelf in Shelf if kind in kinds_on(shelf)] == [shelf_of(kind)]


def test_contract_documents_and_vouchers_are_told_apart() -> None:
    assert {shelf_of(kind) for kind in (LetterKind.INDEXATION_LETTER, LetterKind.COVER_CERTIFICATE)} == {Shelf.DOCUMENTS}
    assert kinds_on(Shelf.PAYMENTS) == {
        LetterKind.PAYMENT_NOTICE,
        LetterKind.PAYMENT_REMINDER,
        LetterKind.ACCOUNTING_VOUCHER,
    }


def test_only_documents_begin_with_what_is_current() -> None:
    assert at_first(None) == Filter()
    assert [shelf for shelf in Shelf if at_first(shelf).current_only] == [Shelf.DOCUMENTS]
