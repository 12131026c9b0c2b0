"""Typesetting: the PDFs we make ourselves, tagged and accessible (PDF/UA-1), by typst."""

import json
import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import typst

# A combining mark is named by its number, because it would be drawn over the quotation mark.
_NO_FONT_HAS = re.compile(r'the text `"(?:\\u\{([0-9a-f]+)\}|(.))"` could not be displayed')
_STANDS_FOR_THE_UNKNOWN = "\N{REPLACEMENT CHARACTER}"
# Each is found by typesetting anew; a text in another script is full of them.
_MOST_UNKNOWN = 8
_AFTER_CYRILLIC = "\u0500"
_OTHER_KNOWN = frozenset("\N{EN DASH}\N{EM DASH}‘’‚“”„•…‰‹›€™\N{REPLACEMENT CHARACTER}")


def render_pdf(template: str | Path, data: Mapping[str, Any]) -> bytes:
    """Return the PDF/UA-1 that a `.typ` template makes of the data.

    The template reads the data with `#let data = json(bytes(sys.inputs.data))`; as JSON it is only ever text and can
    inject nothing. The template must set a document title and a language; its pictures lie beside it.
    Control characters are left out, and what no font has (emoji, for one) is shown as �; where that is much, so is
    everything that is not Latin, Greek or Cyrillic.
    `typst.TypstError` when the template is wrong.
    """
    path = Path(template).resolve()
    written = json.dumps(_printable(data), ensure_ascii=False)
    for _ in range(_MOST_UNKNOWN):
        try:
            return _compiled(path, written)
        except typst.TypstError as refusal:
            unknown = _unknown_letter(str(refusal))
            if not unknown:
                raise
            if unknown not in written or unknown == _STANDS_FOR_THE_UNKNOWN:
                # A mark that belongs to an unknown letter, or is drawn together with one.
                break
            written = written.replace(unknown, _STANDS_FOR_THE_UNKNOWN)
    return _compiled(path, _european(written))


def _unknown_letter(refusal: str) -> str:
    found = _NO_FONT_HAS.search(refusal)
    if found is None:
        return ""
    return chr(int(found[1], 16)) if found[1] else found[2]


def _european(written: str) -> str:
    """Keep what the fonts surely have: letters of Europe with their own accents, none that are put together of several."""
    return "".join(
        letter if letter < _AFTER_CYRILLIC or letter in _OTHER_KNOWN else _STANDS_FOR_THE_UNKNOWN
        for letter in unicodedata.normalize("NFC", written)
        if unicodedata.category(letter)[0] != "M"
    )


def _compiled(path: Path, written: str) -> bytes:
    return typst.compile(
        path,
        root=path.parent,
        format="pdf",
        pdf_standards="ua-1",
        font_paths=_fonts(),
        sys_inputs={"data": written},
    )


def _printable(value: Any) -> Any:
    """Leave out what PDF/UA forbids in texts: control, direction and unassigned characters, halves of pairs."""
    if isinstance(value, str):
        return "".join(letter for letter in value if letter in "\n\t" or unicodedata.category(letter)[0] != "C")
    if isinstance(value, Mapping):
        return {key: _printable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_printable(inner) for inner in value]
    return value


@lru_cache
def _fonts() -> typst.Fonts:
    """Load the fonts typst brings along, and no other, so that a PDF looks the same on every machine."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True)
