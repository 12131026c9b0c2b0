"""Sizes of files as people read them: 3,2 MB (ux.md 1.13)."""

from babel.numbers import format_decimal

from portal_app.texts.dates import LOCALES
from portal_app.texts.money import NO_BREAK

_STEP = 1000
_UNITS = ("B", "kB", "MB", "GB")
_ONE_DECIMAL_BELOW = 10


def file_size(size: int, language: str) -> str:
    """Write a number of bytes in the largest unit that keeps it at 1 or more, one decimal below ten."""
    amount, unit = float(size), 0
    while unit < len(_UNITS) - 1 and round(amount) >= _STEP:
        amount, unit = amount / _STEP, unit + 1
    pattern = "0.#" if unit and amount < _ONE_DECIMAL_BELOW else "0"
    return f"{format_decimal(amount, pattern, locale=LOCALES[language])}{NO_BREAK}{_UNITS[unit]}"
