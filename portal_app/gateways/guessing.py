"""How many guesses a password would take (zxcvbn)."""

from collections.abc import Iterable
from dataclasses import dataclass

from zxcvbn_rs_py import zxcvbn

# The estimate's cost grows with the square of the length; what follows can only make a password better.
_LONGEST_JUDGED = 72


@dataclass(frozen=True)
class Guessability:
    """An estimate of the guesses, and the same as a score of 0 to 4."""

    guesses: float
    score: int


def guessability(password: str, words: Iterable[str] = ()) -> Guessability:
    """Estimate how hard a password is to guess for somebody who also knows these words."""
    found = zxcvbn(password[:_LONGEST_JUDGED], list(words))
    return Guessability(float(found.guesses), int(found.score))
