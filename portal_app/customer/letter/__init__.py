"""The letter: read, confirmed, answered, deleted."""

from portal_app.customer.letter.page import TITLE, letter_page
from portal_app.customer.letter.state import LetterState

__all__ = ["TITLE", "LetterState", "letter_page"]
