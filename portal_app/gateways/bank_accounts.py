"""Bank account numbers as people write them, brought into the form that we keep: an IBAN without blanks."""

from stdnum import iban
from stdnum.exceptions import ValidationError

from portal_app.domain.errors import BankAccountInvalid

_SHORT, _LONG = 16, 24
_BANK_DIGITS = 8
# The check figures of Hungarian account numbers (GIRO): the weighted digits of each part add up to a multiple of ten.
_WEIGHTS = (9, 7, 3, 1)


def tidy_bank_account(number: str) -> str:
    """Return the IBAN of an account; Hungarian numbers of 16 or 24 digits count too. `BankAccountInvalid` otherwise."""
    plain = "".join(character for character in number if character.isalnum()).upper()
    if plain.isascii() and plain.isdigit():
        return _iban_of(plain)
    try:
        written = str(iban.validate(plain))
    except ValidationError as flaw:
        raise BankAccountInvalid from flaw
    return _iban_of(written.removeprefix("HU")[2:]) if written.startswith("HU") else written


def shown_bank_account(number: str) -> str:
    """Write an IBAN in groups of four, as banks print it."""
    return " ".join(number[at : at + 4] for at in range(0, len(number), 4))


def _iban_of(digits: str) -> str:
    if len(digits) not in {_SHORT, _LONG} or not _adds_up(digits[:_BANK_DIGITS]) or not _adds_up(digits[_BANK_DIGITS:]):
        raise BankAccountInvalid
    whole = digits.ljust(_LONG, "0")
    return f"HU{iban.calc_check_digits(f'HU00{whole}')}{whole}"


def _adds_up(part: str) -> bool:
    return int(part) > 0 and sum(int(digit) * _WEIGHTS[at % len(_WEIGHTS)] for at, digit in enumerate(part)) % 10 == 0
