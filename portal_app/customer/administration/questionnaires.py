"""What each form asks, one question a page, as data; and what an answer has to be like."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from portal_app.domain.applications import FOR_ALL_POLICIES, ApplicationKind
from portal_app.domain.errors import PortalError
from portal_app.gateways.bank_accounts import tidy_bank_account
from portal_app.gateways.contacts import tidy_email, tidy_phone

CHECK = "ellenorzes"
"""The step after the last question: all answers once more."""
ALL, OTHER = "mind", "masik"
"""Answers to the first question besides a policy's number: every policy, or one that is not listed."""
YES, NO = "yes", "no"

Answers = Mapping[str, str]


class Question(StrEnum):
    """A question; its value is the last part of its address."""

    POLICY = "szerzodes"
    TERMS = "feltetelek"
    ACCOUNTING = "bizonylatok"
    ADDRESS = "cim"
    PHONE = "telefon"
    EMAIL = "e-mail"
    BANK_ACCOUNT = "bankszamla"


FIELDS: Mapping[Question, tuple[str, ...]] = {
    Question.POLICY: ("policy", "policy_other"),
    Question.TERMS: ("terms",),
    Question.ACCOUNTING: ("accounting",),
    Question.ADDRESS: ("postcode", "town", "street"),
    Question.PHONE: ("phone",),
    Question.EMAIL: ("email",),
    Question.BANK_ACCOUNT: ("bank_account",),
}
ALL_FIELDS = tuple(name for names in FIELDS.values() for name in names)

QUESTIONS: Mapping[ApplicationKind, tuple[Question, ...]] = {
    ApplicationKind.ELECTRONIC: (Question.POLICY, Question.TERMS, Question.ACCOUNTING),
    ApplicationKind.POSTAL: (Question.POLICY, Question.ADDRESS),
    ApplicationKind.ADDRESS: (Question.POLICY, Question.ADDRESS),
    ApplicationKind.PHONE: (Question.POLICY, Question.PHONE),
    ApplicationKind.EMAIL: (Question.POLICY, Question.EMAIL),
    ApplicationKind.BANK_ACCOUNT: (Question.POLICY, Question.BANK_ACCOUNT),
}
"""The forms that customers fill in."""

_POSTCODE = re.compile(r"[1-9]\d{3}")
_LONGEST = 200


@dataclass(frozen=True)
class Checked:
    """Answers as they are kept, or the fields that have to be corrected."""

    answers: Answers
    wrong: tuple[str, ...] = ()


def check(question: Question, kind: ApplicationKind, given: Answers, numbers: tuple[str, ...]) -> Checked:
    """Check the answers to one question; `numbers` are the policies that can be chosen."""
    said = {name: " ".join(given.get(name, "").split())[:_LONGEST] for name in FIELDS[question]}
    if question is Question.POLICY:
        return _check_policy(kind, said, numbers)
    kept, wrong = dict[str, str](), list[str]()
    for name, text in said.items():
        try:
            kept[name] = _TIDY[name](text)
        except (PortalError, ValueError):
            wrong.append(name)
    return Checked(kept, tuple(wrong))


def first_open(kind: ApplicationKind, answers: Answers, numbers: tuple[str, ...]) -> Question | None:
    """Name the first question without a good answer, or None when everything is answered."""
    return next((question for question in QUESTIONS[kind] if check(question, kind, answers, numbers).wrong), None)


def chosen_policy(answers: Answers) -> str:
    """Give the number of the policy chosen, empty for all."""
    chosen = answers.get("policy", "")
    return {ALL: "", OTHER: answers.get("policy_other", "")}.get(chosen, chosen)


def facts_of(kind: ApplicationKind, answers: Answers) -> dict[str, str]:
    """Give what the request keeps: every answer but the policy, which has a place of its own."""
    names = [name for question in QUESTIONS[kind][1:] for name in FIELDS[question]]
    return {name: answers[name] for name in names if answers.get(name) not in (None, "", NO)}


def may_choose_all(kind: ApplicationKind, numbers: tuple[str, ...]) -> bool:
    """Whether one request can be about every policy of the account."""
    return kind in FOR_ALL_POLICIES and len(numbers) > 1


def _check_policy(kind: ApplicationKind, said: dict[str, str], numbers: tuple[str, ...]) -> Checked:
    chosen, other = said["policy"], said["policy_other"]
    if chosen == OTHER and kind is ApplicationKind.ELECTRONIC:
        return Checked(said, () if other and len(other) <= 64 else ("policy_other",))  # noqa: PLR2004 - as a policy's number
    good = chosen in numbers or (chosen == ALL and may_choose_all(kind, numbers))
    return Checked({"policy": chosen, "policy_other": ""}, () if good else ("policy",))


def _filled(text: str) -> str:
    if not text:
        raise ValueError
    return text


def _ticked(text: str) -> str:
    if text not in ("on", "True", YES):
        raise ValueError
    return YES


def _yes_or_no(text: str) -> str:
    if text not in (YES, NO):
        raise ValueError
    return text


def _postcode(text: str) -> str:
    if not _POSTCODE.fullmatch(text):
        raise ValueError
    return text


_TIDY: Mapping[str, Callable[[str], str]] = {
    "terms": _ticked,
    "accounting": _yes_or_no,
    "postcode": _postcode,
    "town": _filled,
    "street": _filled,
    "phone": tidy_phone,
    "email": tidy_email,
    "bank_account": tidy_bank_account,
}
