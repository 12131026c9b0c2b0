"""The ways around a letter: the list it was opened from, the form's address, the page after a reply was sent."""

from typing import Annotated
from urllib.parse import urlencode

from pydantic import StringConstraints

LIST = "/kuldemenyek"
SENT_PARAMETER = "elkuldve"

# What somebody types into the form; far more than a reply may have, so that too much is kept rather than lost.
Typed = Annotated[str, StringConstraints(max_length=100_000)]


def letter_address(letter_id: str) -> str:
    """Give the address of a letter's page."""
    return f"{LIST}/{letter_id}"


def letter_id_in(path: str) -> str:
    """Give the letter's id from the address of its page."""
    return path.removeprefix(f"{LIST}/").strip("/") if path.startswith(f"{LIST}/") else ""


def reply_address(letter_id: str) -> str:
    """Give the address to which the reply is posted."""
    return f"{letter_address(letter_id)}/valasz"


def list_address(path: str, query: str) -> str:
    """Give the address of the list as it was left: the inbox, or one of its shelves."""
    return f"{path}?{query}" if query else path


def after_sending(letter_id: str, message_id: str) -> str:
    """Give the address that shows a reply that was sent."""
    return f"{letter_address(letter_id)}?{urlencode({SENT_PARAMETER: message_id})}"
