"""The kinds of letters have names, and the names by which they are searched and sorted are the same ones."""

from portal_app.domain.hungarian import fold
from portal_app.domain.kinds import FOLDED_NAMES, LetterKind
from portal_app.texts.catalogues import keys, sentence


def test_every_kind_of_letter_has_a_name() -> None:
    assert {key for key in keys("hu") if key.startswith("kind.")} == {f"kind.{kind}" for kind in LetterKind}


def test_letters_are_found_by_the_name_of_their_kind_that_the_page_shows() -> None:
    assert {kind: fold(sentence(f"kind.{kind}", "hu")) for kind in LetterKind} == dict(FOLDED_NAMES)
