"""Sizes of files as people read them: 3,2 MB."""

from babel.numbers import format_decimal

from portal_app.texts.dates import LOCALES
from portal_app.texts.money import NO_BREAK

_STEP = 1000
_UNITS = ("B", "kB", "MB", "GB")
_ONE_DECIMAL_BELOW = 10
_TYPE_NAMES = {
    "application/pdf": "PDF",
    "image/jpeg": "JPG",
    "image/png": "PNG",
    "image/heic": "HEIC",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "DOCX",
}


def file_size(size: int, language: str) -> str:
    """Write a number of bytes in the largest unit that keeps it at 1 or more, one decimal below ten."""
    amount, unit = float(size), 0
    while unit < len(_UNITS) - 1 and round(amount) >= _STEP:
        amount, unit = amount / _STEP, unit + 1
    pattern = "0.#" if unit and amount < _ONE_DECIMAL_BELOW else "0"
    return f"{format_decimal(amount, pattern, locale=LOCALES[language])}{NO_BREAK}{_UNITS[unit]}"


def typed_size(media_type: str, size: int, language: str) -> str:
    """Write what kind of file it is, where people know its name, and its size: PDF, 214 kB."""
    return ", ".join(filter(None, [_TYPE_NAMES.get(media_type, ""), file_size(size, language)]))
