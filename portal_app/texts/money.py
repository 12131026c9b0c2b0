"""Amounts of money as people read them: whole forints."""

from babel.numbers import format_decimal

NO_BREAK = "\u00a0"
# Hungarian spelling groups from five digits on; a column of figures groups four too, so that they stand in line.
_GROUPED_FROM = 10_000


def forints(amount: int, language: str, *, in_column: bool = False) -> str:
    """Write whole forints with the currency; the parts never break across lines."""
    grouped = in_column or abs(amount) >= _GROUPED_FROM or language == "en"
    if language == "en":
        return f"HUF{NO_BREAK}{format_decimal(amount, '#,##0', locale='en_GB')}"
    return f"{format_decimal(amount, '#,##0' if grouped else '0', locale='hu_HU')}{NO_BREAK}Ft"
