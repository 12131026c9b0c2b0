"""Telephone numbers as people read and press them."""

import phonenumbers

from portal_app.texts.money import NO_BREAK


def phone(number: str) -> str:
    """Write a number the international way, such as +36 1 486 4343; what is no number stays as it is."""
    parsed = _parsed(number)
    if parsed is None:
        return number
    written = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return written.replace(" ", NO_BREAK)


def phone_link(number: str) -> str:
    """Give the address that calls the number when it is pressed; empty for what is no number."""
    parsed = _parsed(number)
    return "" if parsed is None else phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.RFC3966)


def masked_phone(number: str) -> str:
    """Show only the last two digits, so that the owner recognises the number and nobody else learns it."""
    digits = [character for character in number if character.isdigit()]
    return f"**{NO_BREAK}***{NO_BREAK}**{''.join(digits[-2:])}"


def masked_email(address: str) -> str:
    """Show the first letter and the domain, so that the owner recognises the address and nobody else learns it."""
    name, at, domain = address.partition("@")
    return f"{name[:1]}***{at}{domain}"


def _parsed(number: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(number, "HU")
    except phonenumbers.NumberParseException:
        return None
