"""The ways around a letter: the list it was opened from, the form's address, the page after a reply was sent."""

from typing import Annotated
from urllib.parse import parse_qsl, urlencode

from pydantic import StringConstraints

LIST = "/kuldemenyek"
LIST_PARAMETER = "lista"
SENT_PARAMETER = "elkuldve"
_LONGEST_QUERY = 4_000
_MOST_FIELDS = 20

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


def zip_address(letter_id: str) -> str:
    """Give the address of all the letter's documents in one file."""
    return f"{LIST}/zip?{urlencode({'id': letter_id})}"


def list_address(query: str) -> str:
    """Give the address of the list as it was left, from the query that the letter's link carried along.

    Only fields and values are taken from it, so that nobody can make the way back lead elsewhere.
    """
    if len(query) > _LONGEST_QUERY or query.count("&") >= _MOST_FIELDS:
        return LIST
    fields = urlencode(parse_qsl(query))
    return f"{LIST}?{fields}" if fields else LIST


def after_sending(letter_id: str, message_id: str) -> str:
    """Give the address that shows a reply that was sent."""
    return f"{letter_address(letter_id)}?{urlencode({SENT_PARAMETER: message_id})}"
