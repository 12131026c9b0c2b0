"""The kinds of letters an insurer sends (R9)."""

from collections.abc import Iterable, Mapping
from enum import StrEnum


class LetterKind(StrEnum):
    """Letter kinds, with the Hungarian name the glossary gives."""

    PROPOSAL = "proposal"
    POLICY_DOCUMENT = "policy_document"
    PAYMENT_REMINDER = "payment_reminder"
    CANCELLATION_NOTICE = "cancellation_notice"
    PREMIUM_CERTIFICATE = "premium_certificate"
    COVER_CERTIFICATE = "cover_certificate"
    INDEXATION_LETTER = "indexation_letter"
    PAYMENT_NOTICE = "payment_notice"
    ACCOUNTING_VOUCHER = "accounting_voucher"
    INFORMATION = "information"
    ANSWER = "answer"


# Letters whose being unread can cost the customer cover or money: they are reminded of sooner.
LEGAL_KINDS = frozenset({LetterKind.PAYMENT_REMINDER, LetterKind.CANCELLATION_NOTICE, LetterKind.POLICY_DOCUMENT})
ACCOUNTING_KINDS = frozenset({LetterKind.PAYMENT_NOTICE, LetterKind.ACCOUNTING_VOUCHER})

# The Hungarian names of the kinds, folded as `domain/hungarian.py` folds: letters are searched and sorted by them.
# A test compares them with the catalogue.
FOLDED_NAMES = {
    LetterKind.PROPOSAL: "ajanlat",
    LetterKind.POLICY_DOCUMENT: "kotveny",
    LetterKind.PAYMENT_REMINDER: "dijfizetesi felszolito",
    LetterKind.CANCELLATION_NOTICE: "torlesertesito",
    LetterKind.PREMIUM_CERTIFICATE: "dijigazolas",
    LetterKind.COVER_CERTIFICATE: "fedezetigazolas",
    LetterKind.INDEXATION_LETTER: "index level",
    LetterKind.PAYMENT_NOTICE: "fizetesi ertesito",
    LetterKind.ACCOUNTING_VOUCHER: "szamviteli bizonylat",
    LetterKind.INFORMATION: "tajekoztato",
    LetterKind.ANSWER: "ugyfelszolgalati valasz",
}

# Where a page shows other names than the Hungarian ones: the kinds in the order of those. A test compares them, too.
SHOWN_ORDERS: Mapping[str, tuple[LetterKind, ...]] = {
    "en": (
        LetterKind.ACCOUNTING_VOUCHER,
        LetterKind.ANSWER,
        LetterKind.CANCELLATION_NOTICE,
        LetterKind.COVER_CERTIFICATE,
        LetterKind.INDEXATION_LETTER,
        LetterKind.INFORMATION,
        LetterKind.PAYMENT_NOTICE,
        LetterKind.PAYMENT_REMINDER,
        LetterKind.POLICY_DOCUMENT,
        LetterKind.PREMIUM_CERTIFICATE,
        LetterKind.PROPOSAL,
    )
}


def in_shown_order(kinds: Iterable[LetterKind], language: str) -> list[LetterKind]:
    """Sort kinds by the names that a page in this language shows."""
    order = SHOWN_ORDERS.get(language)
    return sorted(kinds, key=order.index if order else FOLDED_NAMES.__getitem__)
