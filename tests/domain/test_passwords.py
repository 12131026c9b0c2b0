"""Passwords: every rule of the source documents, from the object that also prints the checklist."""

import random
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal_app.domain.passwords import (
    SENT_LENGTH,
    SENT_SPECIAL,
    PasswordRules,
    Rule,
    checklist,
    could_be_sent,
    flaws_in,
    forbidden_characters,
    holds_own_word,
    is_common,
    is_too_old,
    rules_shown,
    sent_password,
)
from tests.cast import NOON

LETTER_BOX = PasswordRules(8, 16, lower=2, upper=2, digits=2, special=0, letters_and_digits_only=True, renewal=True)
FULL_PORTAL = PasswordRules(12, lower=1, upper=1, digits=1, special=1)


@pytest.mark.parametrize(
    ("candidate", "flaws"),
    [
        ("AnnaBela12", []),
        ("ABcd123", [Rule.LENGTH]),
        ("ABcdefghijklm123", []),
        ("ABcdefghijklmn123", [Rule.LENGTH]),
        ("ABCDEFGh12", [Rule.LOWER]),
        ("abcdefgH12", [Rule.UPPER]),
        ("AbcdEfghi1", [Rule.DIGITS]),
        ("AnnaBela12!", [Rule.ALPHABET]),
        ("ÁnnaBélA12", [Rule.ALPHABET]),
        ("ÁÁáá12345", [Rule.LOWER, Rule.UPPER, Rule.ALPHABET]),
        ("", [Rule.LENGTH, Rule.LOWER, Rule.UPPER, Rule.DIGITS, Rule.ALPHABET]),
    ],
)
def test_the_letter_box_names_every_rule_a_password_breaks(candidate: str, flaws: list[Rule]) -> None:
    assert flaws_in(candidate, LETTER_BOX) == flaws


@pytest.mark.parametrize(
    ("candidate", "flaws"),
    [
        ("Abcdefghij1!", []),
        ("Abcdefghi1!", [Rule.LENGTH]),
        ("Abcdefghijk!", [Rule.DIGITS]),
        ("Abcdefghijk1", [Rule.SPECIAL]),
        ("Árvíztűrő1234", [Rule.UPPER, Rule.SPECIAL]),
        ("Abcdefghij 1", [Rule.SPECIAL]),
        ("Abcdefghij1@", []),
    ],
)
def test_the_full_portal_takes_the_stricter_of_its_two_lists(candidate: str, flaws: list[Rule]) -> None:
    assert flaws_in(candidate, FULL_PORTAL) == flaws


def test_characters_that_may_not_be_used_are_named_once_each() -> None:
    assert forbidden_characters("áBcá!12", LETTER_BOX) == "á!"


def test_the_checklist_has_a_line_for_every_rule_with_its_number() -> None:
    lines = [(line.rule, line.number, line.kept) for line in checklist("abAB1", LETTER_BOX)]

    assert lines == [
        (Rule.LENGTH, 8, False),
        (Rule.LOWER, 2, True),
        (Rule.UPPER, 2, True),
        (Rule.DIGITS, 2, False),
        (Rule.ALPHABET, 0, True),
    ]


def test_a_composed_and_a_decomposed_letter_are_the_same_forbidden_character() -> None:
    assert forbidden_characters("a\u0301Bc12", LETTER_BOX) == "á"


def test_the_page_shows_every_rule_before_anything_is_typed() -> None:
    shown = [(line.rule, line.number) for line in rules_shown(FULL_PORTAL)]

    assert shown == [
        (Rule.LENGTH, 12),
        (Rule.LOWER, 1),
        (Rule.UPPER, 1),
        (Rule.DIGITS, 1),
        (Rule.SPECIAL, 1),
        (Rule.NOT_PREVIOUS, 3),
        (Rule.NOT_COMMON, 0),
    ]
    assert not any(line.kept for line in rules_shown(FULL_PORTAL))


@pytest.mark.parametrize(
    ("guesses", "score", "rules", "common"),
    [
        (999_999, 1, LETTER_BOX, True),
        (1_000_000, 2, LETTER_BOX, False),
        (10**8, 2, FULL_PORTAL, True),
        (10**9, 3, FULL_PORTAL, False),
    ],
)
def test_how_common_a_password_may_be_depends_on_whether_it_is_renewed(
    guesses: int, score: int, rules: PasswordRules, common: bool
) -> None:
    assert is_common(guesses, score, rules) == common


@pytest.mark.parametrize(
    ("candidate", "found"),
    [("Kovacs2026AB", True), ("xxMINTA12ab", True), ("KekAblak73", False), ("Zrt12345AB", False), ("Annus12ABcd", False)],
)
def test_the_names_of_insurer_and_customer_may_not_stand_in_a_password(candidate: str, found: bool) -> None:
    assert holds_own_word(candidate, ["Minta Biztosító Zrt.", "Kovács Anna", "anna.k"]) == found


@given(st.integers(), st.sampled_from([LETTER_BOX, FULL_PORTAL]))
def test_a_password_we_send_keeps_the_rules_of_its_own_portal(seed: int, rules: PasswordRules) -> None:
    drawn = sent_password(rules, random.Random(seed))

    assert len(drawn) == SENT_LENGTH
    assert flaws_in(drawn, rules) == []
    assert any(character in SENT_SPECIAL for character in drawn) == bool(rules.special)
    assert not set(drawn) & set("0O1lIo")


def test_a_hundred_thousand_sent_passwords_all_have_twelve_characters_and_a_special_one_and_none_comes_twice() -> None:
    """R61 and R62 without exception: no draw may be the unlucky one."""
    chance = random.Random(61)
    drawn = [sent_password(FULL_PORTAL, chance) for _ in range(100_000)]

    assert {len(password) for password in drawn} == {12}
    assert all(set(password) & set(".,!?+@") for password in drawn)
    assert all(flaws_in(password, FULL_PORTAL) == [] for password in drawn)
    assert all(could_be_sent(password) for password in drawn)
    assert len(set(drawn)) == len(drawn)


@pytest.mark.requirement("R35")
@pytest.mark.parametrize(
    ("rules", "sent", "over_since", "too_old"),
    [
        (LETTER_BOX, False, 0, True),
        (LETTER_BOX, False, -1, False),
        (LETTER_BOX, False, None, False),
        (FULL_PORTAL, False, 0, False),
        (FULL_PORTAL, True, 0, True),
        (FULL_PORTAL, True, -1, False),
    ],
)
def test_a_chosen_password_runs_out_where_the_portal_renews_and_a_sent_one_everywhere(
    rules: PasswordRules, *, sent: bool, over_since: int | None, too_old: bool
) -> None:
    until = None if over_since is None else NOON - timedelta(seconds=over_since)

    assert is_too_old(until, sent=sent, rules=rules, now=NOON) is too_old


@pytest.mark.parametrize(
    "candidate",
    ["", "Tavaszi.Eso-26", "KekAblak73Hu", "abc.efghijk", "abc.efghijkmn", "abc0efghijk.", "abc efghijk.", "ábc.efghijkm"],
)
def test_what_cannot_have_been_sent_is_told_by_its_characters_alone(candidate: str) -> None:
    assert not could_be_sent(candidate)
