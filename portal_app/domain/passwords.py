"""What a password must be: the rules a brand sets, what is wrong with a candidate, and passwords we send."""

import random
import string
from dataclasses import dataclass
from enum import StrEnum

LOWER = string.ascii_lowercase
UPPER = string.ascii_uppercase
DIGITS = string.digits
# Characters that are easily mistaken for one another are left out of passwords that are read from a screen or letter.
EASY_LOWER = "abcdefghijkmnpqrstuvwxyz"
EASY_UPPER = "ABCDEFGHJKLMNPQRSTUVWXYZ"
EASY_DIGITS = "23456789"
SENT_SPECIAL = ".,!?+@"
SENT_LENGTH = 12


class Rule(StrEnum):
    """One line of the checklist under the field."""

    LENGTH = "length"
    LOWER = "lower"
    UPPER = "upper"
    DIGITS = "digits"
    SPECIAL = "special"
    ALPHABET = "alphabet"
    NOT_PREVIOUS = "not_previous"
    NOT_COMMON = "not_common"


@dataclass(frozen=True)
class PasswordRules:
    """The numbers of one portal (R29–R33, R65–R66); `longest` 0 means no upper limit of the brand."""

    shortest: int = 12
    longest: int = 0
    lower: int = 1
    upper: int = 1
    digits: int = 1
    special: int = 1
    letters_and_digits_only: bool = False
    renewal: bool = False


@dataclass(frozen=True)
class ChecklistLine:
    """A rule with its number, and whether the candidate keeps it."""

    rule: Rule
    number: int
    kept: bool


# Longer input is refused before it reaches the hash, whatever the brand says.
LONGEST_EVER = 1024


def checklist(candidate: str, rules: PasswordRules) -> list[ChecklistLine]:
    """Judge the candidate by each rule that can be judged from its characters alone."""
    longest = rules.longest or LONGEST_EVER
    lines = [ChecklistLine(Rule.LENGTH, rules.shortest, rules.shortest <= len(candidate) <= longest)]
    counted = [
        (Rule.LOWER, rules.lower, _count(candidate, LOWER)),
        (Rule.UPPER, rules.upper, _count(candidate, UPPER)),
        (Rule.DIGITS, rules.digits, _count(candidate, DIGITS)),
        (Rule.SPECIAL, rules.special, len(candidate) - _count(candidate, LOWER + UPPER + DIGITS)),
    ]
    lines += [ChecklistLine(rule, number, found >= number) for rule, number, found in counted if number]
    if rules.letters_and_digits_only:
        lines.append(ChecklistLine(Rule.ALPHABET, 0, bool(candidate) and not forbidden_characters(candidate, rules)))
    return lines


def flaws_in(candidate: str, rules: PasswordRules) -> list[Rule]:
    """Name every rule the candidate breaks; an empty list means it may be used."""
    return [line.rule for line in checklist(candidate, rules) if not line.kept]


def forbidden_characters(candidate: str, rules: PasswordRules) -> str:
    """Name, once each, the characters that may not be used (R33)."""
    if not rules.letters_and_digits_only:
        return ""
    return "".join(dict.fromkeys(c for c in candidate if c not in LOWER + UPPER + DIGITS))


def sent_password(rules: PasswordRules, chance: random.Random) -> str:
    """Draw a password that we send: 12 characters (R61), keeping its own portal's rules, easy to read.

    With `special` in the rules it always contains one of `. , ! ? + @` (R62).
    """
    wanted = (
        [chance.choice(EASY_LOWER) for _ in range(max(2, rules.lower))]
        + [chance.choice(EASY_UPPER) for _ in range(max(2, rules.upper))]
        + [chance.choice(EASY_DIGITS) for _ in range(max(2, rules.digits))]
        + [chance.choice(SENT_SPECIAL) for _ in range(rules.special)]
    )
    rest = [chance.choice(EASY_LOWER + EASY_UPPER + EASY_DIGITS) for _ in range(SENT_LENGTH - len(wanted))]
    drawn = wanted + rest
    chance.shuffle(drawn)
    return "".join(drawn)


def _count(candidate: str, alphabet: str) -> int:
    return sum(character in alphabet for character in candidate)
