"""Identifiers: how those we issue look, and how any of them is read, whatever the customer types between its characters."""

import random
import re
import unicodedata
from enum import StrEnum

ISSUED_DIGITS = 9
_GROUP = 3
SHORTEST_NAME, LONGEST_NAME = 5, 40
_NAME = re.compile(r"[A-Za-z0-9._-]*")


class NameFlaw(StrEnum):
    """Why a text cannot be a chosen user name."""

    EMPTY = "empty"
    EMAIL = "email"
    """An e-mail address is an identifier of its own and may belong to somebody else."""
    DIGITS = "digits"
    """It reads like an identifier that we issue."""
    CHARACTERS = "characters"
    LENGTH = "length"


def issued_login(chance: random.Random) -> str:
    """Draw an identifier that we issue (R46): nine digits that follow no order and are said on the phone in threes.

    None begins with zero, so that no spreadsheet shortens it.
    """
    first = chance.randrange(10 ** (ISSUED_DIGITS - 1), 10**ISSUED_DIGITS)
    return str(first)


def issued_shown(login: str) -> str:
    """Write an issued identifier the way it is read out: 482 917 365."""
    return " ".join(login[start : start + _GROUP] for start in range(0, len(login), _GROUP))


def looks_issued(text: str) -> bool:
    """Whether the text is digits and nothing else, blanks and hyphens aside; nobody may choose such a name."""
    folded = login_key(text)
    return folded.isascii() and folded.isdigit()


def login_key(text: str) -> str:
    """Fold an identifier so that case, Unicode form and surrounding blanks do not matter (S08).

    Between the digits of an issued one blanks and hyphens do not matter either.
    """
    folded = unicodedata.normalize("NFKC", text).strip().casefold()
    bare = "".join(character for character in folded if not _separates(character))
    return bare if bare.isascii() and bare.isdigit() else folded


def _separates(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) in {"Pd", "Cf"}


def flaw_in_name(text: str) -> NameFlaw | None:
    """Say why somebody cannot choose this user name (R87); None when they can.

    5–40 unaccented letters, digits, dots, hyphens and underscores: typed alike on every keyboard, and never taken for
    an e-mail address or an issued identifier.
    """
    name = text.strip()
    if not name:
        return NameFlaw.EMPTY
    if "@" in name:
        return NameFlaw.EMAIL
    if not _NAME.fullmatch(name):
        return NameFlaw.CHARACTERS
    if not SHORTEST_NAME <= len(name) <= LONGEST_NAME:
        return NameFlaw.LENGTH
    return None if any(character.isalpha() for character in name) else NameFlaw.DIGITS
