"""E-mail addresses and telephone numbers as other systems write them, brought into the form that we keep."""

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from portal_app.domain.errors import EmailInvalid, PhoneInvalid

HOME = "HU"


def tidy_email(address: str) -> str:
    """Return the address in its usual form; nobody is asked whether it exists. `EmailInvalid` when it is none."""
    try:
        return validate_email(address.strip(), check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError as flaw:
        raise EmailInvalid from flaw


def tidy_phone(number: str) -> str:
    """Return the number as E.164 (`+36301234567`); numbers without a country are Hungarian. `PhoneInvalid` otherwise."""
    try:
        parsed = phonenumbers.parse(number, HOME)
    except phonenumbers.NumberParseException as flaw:
        raise PhoneInvalid from flaw
    if not phonenumbers.is_possible_number(parsed):
        raise PhoneInvalid
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
