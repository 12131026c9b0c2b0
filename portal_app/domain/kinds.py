"""The kinds of letters an insurer sends (R9)."""

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
