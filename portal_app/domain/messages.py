"""Messages between customer and insurer: what may be written, how it is numbered, by when it is answered."""

from datetime import date, timedelta
from enum import StrEnum

from portal_app.domain.brands import PortalName
from portal_app.domain.calendar import deadline, one_year_after
from portal_app.domain.errors import ReplyEmpty, ReplyTooLong

# Digits and letters that nobody mixes up on the phone: no 0 and O, no 1 and I.
_READ_OUT = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_REFERENCE_LETTERS = 6
# Neither printable to Python nor harmful: no-break spaces, and what joins an emoji.
_KEPT = "\u00a0\u202f\u200d"
# The counter of characters appears when this share of them is used up.
_COUNTED_FROM_PERCENT = 80

CHAT_PORTALS = (PortalName.UGYFELPORTAL, PortalName.ONLINE24)
"""The portals whose customers can chat (R88); every move of an account between full portals keeps its thread."""
CHAT_CHARACTERS = 2_000
"""How long one message of a chat may be."""

FILE_ENDINGS = (".pdf", ".jpg", ".jpeg", ".png", ".heic", ".heif", ".docx")
"""What may be attached to a message; `gateways/uploads.py` knows how to read each of them."""


class Direction(StrEnum):
    """Who wrote a message."""

    CUSTOMER = "customer"
    INSURER = "insurer"


class Purpose(StrEnum):
    """What a message is about."""

    REPLY = "reply"
    ANSWER = "answer"
    UPGRADE_WISH = "upgrade_wish"
    CLOSING = "closing"
    CHAT = "chat"


class MessageStatus(StrEnum):
    """How far the insurer has come with a customer's message."""

    RECEIVED = "received"
    IN_PROGRESS = "in_progress"
    ANSWERED = "answered"


def read_out(chance: int) -> str:
    """Give six letters and digits that nobody mixes up on the phone, from a random number of at least 30 bits."""
    letters = ""
    for _ in range(_REFERENCE_LETTERS):
        chance, letter = divmod(chance, len(_READ_OUT))
        letters += _READ_OUT[letter]
    return letters


def reference_number(written_on: date, chance: int) -> str:
    """Give what the customer quotes on the phone, such as V-2026-7KQ4M2, from a random number of at least 30 bits."""
    return f"V-{written_on.year}-{read_out(chance)}"


def clean_text(text: str) -> str:
    """Give the text as it is kept: line ends alike, no control characters, no blank lines around it."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ").split("\n")
    printable = ("".join(letter for letter in line if letter.isprintable() or letter in _KEPT).rstrip() for line in lines)
    return "\n".join(printable).strip("\n")


def check_text(text: str, most: int) -> None:
    """Refuse a cleaned text that is empty (`ReplyEmpty`) or longer than `most` characters (`ReplyTooLong`)."""
    if not text.strip():
        raise ReplyEmpty
    if len(text) > most:
        raise ReplyTooLong(most=most)


def counted_from(most: int) -> int:
    """Give the number of characters from which the customer is told how many are left."""
    return most * _COUNTED_FROM_PERCENT // 100


def answered_by(received_on: date, days: int) -> date:
    """Give the last day for the insurer's answer; the day of receipt is not counted."""
    return deadline(received_on, days)


def message_erased_on(written_on: date, letter_erased_on: date | None) -> date:
    """Give the Budapest date from which a message is erased: a year after it was written (R24).

    A conversation does not end before the letter it belongs to.
    """
    own = one_year_after(written_on) + timedelta(days=1)
    return max(own, letter_erased_on) if letter_erased_on else own
