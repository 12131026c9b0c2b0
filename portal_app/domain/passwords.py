"""What a password must be: the rules a brand sets, what is wrong with a candidate, and passwords we send."""

import random
import string
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from portal_app.domain.hungarian import fold

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
# A new password differs from this many before it.
PREVIOUS = 3
# Even random passwords under the letter-box's rules reach only score 2 of zxcvbn, so guesses are counted there instead.
FEWEST_GUESSES = 1_000_000
LOWEST_SCORE = 3
# Shorter words occur in good passwords by chance.
SHORTEST_WORD = 4


def normal(candidate: str) -> str:
    """Give the one Unicode form in which a password is judged and hashed, however the keyboard composed it."""
    return unicodedata.normalize("NFKC", candidate)


def rules_shown(rules: PasswordRules) -> list[ChecklistLine]:
    """List every rule as the page prints it before anything is typed: none is kept yet (R29–R33, R65–R66)."""
    unseen = [ChecklistLine(Rule.NOT_PREVIOUS, PREVIOUS, kept=False), ChecklistLine(Rule.NOT_COMMON, 0, kept=False)]
    return checklist("", rules) + unseen


def checklist(candidate: str, rules: PasswordRules) -> list[ChecklistLine]:
    """Judge the candidate by each rule that can be judged from its characters alone."""
    candidate = normal(candidate)
    longest = rules.longest or LONGEST_EVER
    lines = [ChecklistLine(Rule.LENGTH, rules.shortest, rules.shortest <= len(candidate) <= longest)]
    counted = [
        (Rule.LOWER, rules.lower, _count(candidate, LOWER)),
        (Rule.UPPER, rules.upper, _count(candidate, UPPER)),
        (Rule.DIGITS, rules.digits, _count(candidate, DIGITS)),
        (Rule.SPECIAL, rules.special, sum(is_special(character) for character in candidate)),
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
    return "".join(dict.fromkeys(c for c in normal(candidate) if c not in LOWER + UPPER + DIGITS))


def is_too_old(valid_until: datetime | None, *, sent: bool, rules: PasswordRules, now: datetime) -> bool:
    """Whether a password opens nothing any more: a sent one after its life, a chosen one after its year (R34–R35).

    Where the portal renews no passwords (R65–R66), a year that was counted in a former portal does not matter: whoever
    was moved here meanwhile is asked for a password by the new rules instead.
    """
    return valid_until is not None and valid_until <= now and (sent or rules.renewal)


def is_special(character: str) -> bool:
    """Whether a character counts as special: a punctuation mark or symbol, so no letter, digit or blank (R62, R65)."""
    return unicodedata.category(character)[0] in "PS"


def is_common(guesses: float, score: int, rules: PasswordRules) -> bool:
    """Whether a password that takes so many guesses, with this zxcvbn score of 0–4, is too easy to guess.

    Portals whose passwords are renewed count guesses, the others ask for the score.
    """
    return guesses < FEWEST_GUESSES if rules.renewal else score < LOWEST_SCORE


def holds_own_word(candidate: str, words: Iterable[str]) -> bool:
    """Whether the candidate contains the name of the insurer or of the customer, accents and case aside."""
    folded = fold(candidate).replace(" ", "")
    return any(word in folded for word in own_words(words))


def own_words(texts: Iterable[str]) -> frozenset[str]:
    """Cut names and addresses into the folded words that may not stand in a password."""
    letters = ("".join(c if c.isalpha() else " " for c in fold(text)) for text in texts)
    return frozenset(word for text in letters for word in text.split() if len(word) >= SHORTEST_WORD)


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


def could_be_sent(candidate: str) -> bool:
    """Whether a text looks like a password that a portal with issued identifiers sends (R61–R62).

    That is a property of the text alone, so judging by it tells nobody anything about an account.
    """
    known = EASY_LOWER + EASY_UPPER + EASY_DIGITS + SENT_SPECIAL
    whole = len(candidate) == SENT_LENGTH and all(character in known for character in candidate)
    return whole and any(character in SENT_SPECIAL for character in candidate)


def _count(candidate: str, alphabet: str) -> int:
    return sum(character in alphabet for character in candidate)
