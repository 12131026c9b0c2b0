"""How Hungarian is searched and sorted: pure text rules that give the same order on every database.

SQLite compares bytes and PostgreSQL's "C" collation does too, so the keys made here are plain ASCII.
"""

import unicodedata
from functools import lru_cache

# A key longer than this is cut; what differs only beyond it counts as equal.
LONGEST_KEY = 200

# Letters that Unicode does not decompose, and dashes that people do not tell apart when they type.
_SEARCH_TWINS = str.maketrans({
    "\u0142": "l", "\u0111": "d", "\u00f8": "o", "\u00e6": "ae", "\u0153": "oe", "\u0131": "i",
    "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u2212": "-",
    "\u00ad": None, "\u200b": None, "\u200c": None, "\u200d": None, "\ufeff": None,
})  # fmt: skip

# Digraphs count as one letter after their first (AkH. 14); the longest match wins.
_DIGRAPHS = {
    "cs": "c1", "dz": "d1", "dzs": "d2", "gy": "g1", "ly": "l1", "ny": "n1", "sz": "s1", "ty": "t1", "zs": "z1",
}  # fmt: skip
# A long digraph is written shortened: ssz stands for sz + sz.
_LONG_DIGRAPHS = {digraph[0] + digraph: letter for digraph, letter in _DIGRAPHS.items()}
_LONGEST_DIGRAPH = 4
_FIRST_OF_DIGRAPH = frozenset("cdglnstzCDGLNSTZ")

_ACUTE, _DIAERESIS, _DOUBLE_ACUTE = "\u0301", "\u0308", "\u030b"
_ROUNDED = {"o": "o1", "u": "u1"}
# The order CLDR gives to the marks that occur in letters; every other mark sorts after them by code point.
_MARKS = " _-\u2013\u2014,;:!?.\u2026'\"\u201d\u201e()[]{}\u00a7@*/\\&#%`^\u00a9+<=>|~$\u20ac"
_LEVEL = "!"


def fold(text: str) -> str:
    """Fold for searching: case, accents and kinds of blanks no longer matter; punctuation stays.

    Folding a folded text changes nothing. Used for the stored search key and for every search word.
    """
    if text.isascii():
        return " ".join(text.lower().split())
    while (folded := _fold_once(text)) != text:
        if folded.isascii():  # Nothing is left that another pass could change.
            return folded
        text = folded
    return text


def words(query: str) -> list[str]:
    """Split a search into folded words, each once; every one of them has to be found."""
    return list(dict.fromkeys(fold(query).split()))


def sort_key(text: str) -> str:
    """Give the ASCII key whose byte order is the Hungarian order of the text (AkH. 14-15, CLDR hu).

    Blanks come before punctuation, then digits, then letters; digraphs are letters of their own; short and long
    vowels differ only where nothing else does, and case only after that. A digraph that merely arises where two
    parts of a word meet is taken for one, as every program without a dictionary does. At most LONGEST_KEY characters.
    """
    elements = _elements(text)
    first = "".join(primary for primary, _, _ in elements)
    second = "".join(accent for _, accent, _ in elements).rstrip("0")
    third = "".join(form for _, _, form in elements).rstrip("0")
    return f"{first}{_LEVEL}{second}{_LEVEL}{third}"[:LONGEST_KEY]


def _fold_once(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_SEARCH_TWINS))
    bare = "".join(character for character in decomposed if not unicodedata.combining(character))
    return " ".join(bare.casefold().translate(_SEARCH_TWINS).split())


def _elements(text: str) -> list[tuple[str, str, str]]:
    """Cut the text into sorting elements: what it is, its accent, its form."""
    characters = _characters(text)
    elements: list[tuple[str, str, str]] = []
    position = 0
    while position < len(characters):
        found = _digraph_at(characters, position)
        length = found[0] if found else 1
        elements += found[1] if found else [_element(*characters[position])]
        position += length
    return elements


def _characters(text: str) -> list[tuple[str, str]]:
    """Split into base characters, each with its combining marks; blanks at the ends and doubled ones go."""
    composed = unicodedata.normalize("NFKC", " ".join(text.split()))
    pairs: list[tuple[str, str]] = []
    for character in unicodedata.normalize("NFD", composed):
        if unicodedata.combining(character) and pairs:
            pairs[-1] = (pairs[-1][0], pairs[-1][1] + character)
        else:
            pairs += [(part, "") for part in _without_ligatures(character)]
    return pairs


def _without_ligatures(character: str) -> str:
    """Write out what casefolding writes out, such as the German sharp s."""
    folded = character.casefold()
    return folded if len(folded) > 1 else character


def _digraph_at(characters: list[tuple[str, str]], position: int) -> tuple[int, list[tuple[str, str, str]]] | None:
    """Find the longest digraph that starts here; a small letter before a capital is no digraph."""
    if characters[position][0] not in _FIRST_OF_DIGRAPH:
        return None
    for length in range(_LONGEST_DIGRAPH, 1, -1):
        piece = characters[position : position + length]
        spelled = "".join(character for character, _ in piece)
        if len(piece) < length or any(marks for _, marks in piece) or not _spelled_as_one(spelled):
            continue
        small, form = spelled.lower(), _form(spelled)
        if small in _DIGRAPHS:
            return length, [(_DIGRAPHS[small], "0", form)]
        if small in _LONG_DIGRAPHS:
            letter = _LONG_DIGRAPHS[small]
            return length, [(letter, "0", form), (letter, "0", "3")]
    return None


def _spelled_as_one(spelled: str) -> bool:
    return spelled.isascii() and (spelled[1:].islower() or spelled.isupper())


def _form(spelled: str) -> str:
    """Rank the spelling: small before capitalised before capitals."""
    if spelled.islower():
        return "0"
    return "2" if spelled.isupper() and len(spelled) > 1 else "1"


@lru_cache(maxsize=1024)
def _element(character: str, marks: str) -> tuple[str, str, str]:
    small = character.lower()
    if small.isascii() and small.isalpha():
        rounded = small in _ROUNDED and (_DIAERESIS in marks or _DOUBLE_ACUTE in marks)
        return (_ROUNDED[small] if rounded else f"{small}0"), _accent(marks, rounded=rounded), _form(character)
    if small.isdecimal():
        return str(unicodedata.decimal(small)), "0", "0"
    return _other(small), _accent(marks, rounded=False), _form(character) if character.isalpha() else "0"


def _accent(marks: str, *, rounded: bool) -> str:
    """Rank the accent: short before long before foreign."""
    if not marks or (rounded and marks == _DIAERESIS):
        return "0"
    return "1" if marks in (_ACUTE, _DOUBLE_ACUTE) else "2"


def _other(character: str) -> str:
    """Place what is neither letter nor digit: known marks in CLDR's order, unknown ones and other scripts after."""
    if character in _MARKS:
        return f"#{_MARKS.index(character):02x}"
    return f"{'~' if character.isalpha() else '#~'}{ord(character):06x}"
