"""Every sentence of the portal by its key, in Hungarian (formal and informal) and English.

Sentences live in gettext catalogues, one room per subject: `hu/inbox.po`, `hu@informal/inbox.po`, `en/inbox.po`.
The `msgid` is a key such as `inbox.empty`. `hu@informal` holds only what differs from the formal Hungarian.
"""

import string
from functools import cache
from pathlib import Path

from babel.core import Locale
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

LANGUAGES = ("hu", "en")
REGISTERS = ("formal", "informal")
CATALOGUES = ("hu", "hu@informal", "en")
COUNT = "n"

_HERE = Path(__file__).parent

# One text, or the plural forms of one text in the order of Babel's plural categories: one, other.
Texts = str | tuple[str, ...]


class SentenceMissing(KeyError):
    """No catalogue of this language holds the key."""


class ValueMissing(KeyError):
    """The sentence has a place for a value that was not given."""


class CatalogueBroken(ValueError):
    """Two rooms hold the same key, or a key has no text."""


def sentence(key: str, language: str, register: str = "formal", /, **values: object) -> str:
    """Say the sentence in the visitor's language, its `{places}` filled with the values.

    Where a text has plural forms, the value `n` chooses. Raises `SentenceMissing` for an unknown key or language and
    `ValueMissing` for a place without a value: nothing falls back in silence.
    """
    text = _chosen_form(key, _texts(key, language, register), language, values)
    try:
        return text.format_map(values)
    except KeyError as missing:
        raise ValueMissing(f"{key} needs a value for {missing.args[0]}") from None


def has_sentence(key: str, language: str, register: str = "formal", /) -> bool:
    """Whether the language knows the key."""
    return key in effective_catalogue(language, register)


def keys(language: str, /) -> frozenset[str]:
    """Every key the language knows, whatever the register."""
    return frozenset(effective_catalogue(language, "formal"))


def places(key: str, language: str, register: str = "formal", /) -> frozenset[str]:
    """Name the values that the sentence asks for."""
    return frozenset(place for text in forms(key, language, register) for place in _places_in(text))


def forms(key: str, language: str, register: str = "formal", /) -> tuple[str, ...]:
    """Give the text as it is written, with its places; several where there are plural forms."""
    texts = _texts(key, language, register)
    return (texts,) if isinstance(texts, str) else texts


@cache
def effective_catalogue(language: str, register: str, /) -> dict[str, Texts]:
    """Give every text a visitor of this language and register meets."""
    if language not in LANGUAGES or register not in REGISTERS:
        raise SentenceMissing(f"no texts in {language}, {register}")
    formal = read_catalogue(language)
    return formal | read_catalogue("hu@informal") if (language, register) == ("hu", "informal") else formal


@cache
def read_catalogue(catalogue: str, /) -> dict[str, Texts]:
    """Read all rooms of one catalogue; raises `CatalogueBroken` where a key has no text or two rooms share it."""
    texts: dict[str, Texts] = {}
    for room in sorted((_HERE / catalogue).glob("*.po")):
        for key, text in read_room(room).items():
            if key in texts:
                raise CatalogueBroken(f"{key} stands in {room.name} of {catalogue} and in another room too")
            texts[key] = text
    return texts


def read_room(room: Path, /) -> dict[str, Texts]:
    """Read one `.po` file; raises `CatalogueBroken` where a key has no text."""
    with room.open("rb") as file:
        catalogue = read_po(file, locale=room.parent.name.partition("@")[0], abort_invalid=True)
    texts: dict[str, Texts] = {}
    for message in catalogue:
        if not message.id:
            continue
        if not message.string or not all(message.string):
            raise CatalogueBroken(f"{_key(message)} has no text in {room.parent.name}/{room.name}")
        texts[_key(message)] = message.string if isinstance(message.string, str) else tuple(message.string)
    return texts


def _texts(key: str, language: str, register: str) -> Texts:
    try:
        return effective_catalogue(language, register)[key]
    except KeyError:
        raise SentenceMissing(f"no sentence {key} in {language}, {register}") from None


def _chosen_form(key: str, texts: Texts, language: str, values: dict[str, object]) -> str:
    if isinstance(texts, str):
        return texts
    count = values.get(COUNT)
    if not isinstance(count, int):
        raise ValueMissing(f"{key} needs a whole number for {COUNT}")
    return texts[0] if _locale(language).plural_form(count) == "one" else texts[-1]


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(language)


@cache
def _places_in(text: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name)


def _key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]
