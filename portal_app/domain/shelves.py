"""Shelves: the letters of an account sorted by what they are good for, as the full portal shows them (R80, R81)."""

from enum import StrEnum

from portal_app.domain.kinds import LetterKind


class Shelf(StrEnum):
    """Where a letter stands, by its kind; every kind stands on one shelf."""

    DOCUMENTS = "documents"
    """Dokumentumaim: what proves or changes the contract."""
    PAYMENTS = "payments"
    """Bizonylatok: what is to be paid and what was."""
    CORRESPONDENCE = "correspondence"
    """Everything else."""


_SHELVES = {
    LetterKind.PROPOSAL: Shelf.DOCUMENTS,
    LetterKind.POLICY_DOCUMENT: Shelf.DOCUMENTS,
    LetterKind.COVER_CERTIFICATE: Shelf.DOCUMENTS,
    LetterKind.INDEXATION_LETTER: Shelf.DOCUMENTS,
    LetterKind.PREMIUM_CERTIFICATE: Shelf.DOCUMENTS,
    LetterKind.CANCELLATION_NOTICE: Shelf.DOCUMENTS,
    LetterKind.PAYMENT_NOTICE: Shelf.PAYMENTS,
    LetterKind.PAYMENT_REMINDER: Shelf.PAYMENTS,
    LetterKind.ACCOUNTING_VOUCHER: Shelf.PAYMENTS,
    LetterKind.INFORMATION: Shelf.CORRESPONDENCE,
    LetterKind.ANSWER: Shelf.CORRESPONDENCE,
}


def shelf_of(kind: LetterKind) -> Shelf:
    """Say on which shelf a letter of this kind stands."""
    return _SHELVES[kind]


def kinds_on(shelf: Shelf) -> frozenset[LetterKind]:
    """Name the kinds that stand on a shelf."""
    return frozenset(kind for kind, place in _SHELVES.items() if place is shelf)


def shows_current_only(shelf: Shelf | None) -> bool:
    """Whether a list of this shelf begins with what is current: the newest of each kind for each policy (R80)."""
    return shelf is Shelf.DOCUMENTS
