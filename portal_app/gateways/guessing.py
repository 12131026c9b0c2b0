"""How many guesses a password would take (zxcvbn)."""

from collections.abc import Iterable
from dataclasses import dataclass

from zxcvbn_rs_py import zxcvbn

# The estimate's cost grows with the square of the length; what follows can only make a password better.
_LONGEST_JUDGED = 72
# What people here choose first, without accents; the library knows English words and names only.
_HUNGARIAN = (
    *("jelszo", "titok", "titkos", "szeretlek", "szerelem", "szerencse", "csillag", "naplo", "kulcs", "belepes", "asztal"),
    *("kutya", "macska", "cica", "kiscica", "cicam", "maci", "nyuszi", "tigris", "oroszlan", "pillango", "szivarvany"),
    *("magyar", "magyarorszag", "budapest", "debrecen", "szeged", "miskolc", "balaton", "fradi", "ferencvaros", "ujpest"),
    *("laszlo", "istvan", "jozsef", "janos", "zoltan", "sandor", "ferenc", "gabor", "attila", "peter", "tamas", "zsolt"),
    *("tibor", "andras", "csaba", "imre", "lajos", "gyorgy", "balazs", "gyula", "mihaly", "karoly", "robert", "daniel"),
    *("maria", "erzsebet", "katalin", "ilona", "eva", "anna", "zsuzsanna", "margit", "judit", "agnes", "julianna"),
    *("andrea", "ildiko", "erika", "krisztina", "monika", "szilvia", "timea", "reka", "noemi", "nagymama", "nagypapa"),
    *("anyuka", "apuka", "csalad", "biztosito", "biztositas", "kuldemeny", "ugyfelportal"),
    *("januar", "februar", "marcius", "aprilis", "majus", "junius", "julius", "augusztus", "szeptember", "oktober"),
)


@dataclass(frozen=True)
class Guessability:
    """An estimate of the guesses, and the same as a score of 0 to 4."""

    guesses: float
    score: int


def guessability(password: str, words: Iterable[str] = ()) -> Guessability:
    """Estimate how hard a password is to guess for somebody who also knows these words, and those usual here."""
    found = zxcvbn(password[:_LONGEST_JUDGED], [*words, *_HUNGARIAN])
    return Guessability(float(found.guesses), int(found.score))
