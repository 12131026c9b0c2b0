"""The kinds of letters have names, and the names by which they are searched and sorted are the same ones."""

from portal_app.domain.hungarian import fold, sort_key
from portal_app.domain.kinds import FOLDED_NAMES, SHOWN_ORDERS, LetterKind, in_shown_order
from portal_app.texts.catalogues import LANGUAGES, keys, sentence


def test_every_kind_of_letter_has_a_name() -> None:
    assert {key for key in keys("hu") if key.startswith("kind.")} == {f"kind.{kind}" for kind in LetterKind}


def test_letters_are_found_by_the_name_of_their_kind_that_the_page_shows() -> None:
    assert {kind: fold(sentence(f"kind.{kind}", "hu")) for kind in LetterKind} == dict(FOLDED_NAMES)


def test_kinds_are_sorted_by_the_names_that_the_page_shows() -> None:
    for language in LANGUAGES:
        assert in_shown_order(LetterKind, language) == sorted(
            LetterKind, key=lambda kind: sort_key(sentence(f"kind.{kind}", language))
        )
    assert set(SHOWN_ORDERS) == set(LANGUAGES) - {"hu"}
