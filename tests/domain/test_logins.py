"""Identifiers: how issued ones look, and how they are read."""

import itertools
import random

import pytest

from portal_app.domain.logins import LONGEST_NAME, NameFlaw, flaw_in_name, issued_login, issued_shown, login_key, looks_issued


def test_an_issued_login_is_nine_digits_that_follow_no_order() -> None:
    chance = random.Random(46)
    drawn = [issued_login(chance) for _ in range(10_000)]
    assert all(len(login) == 9 and login.isdigit() and login[0] != "0" for login in drawn)
    assert len(set(drawn)) > 9_990
    steps = {int(later) - int(earlier) for earlier, later in itertools.pairwise(drawn)}
    assert len(steps) > 9_990


def test_an_issued_login_is_shown_in_threes() -> None:
    assert issued_shown("482917365") == "482 917 365"


@pytest.mark.parametrize(
    "typed",
    ["482917365", "482 917 365", " 482-917-365 ", "482–917–365", "482\u00a0917\u00a0365", "４８２９１７３６５", "48 29 17 36 5"],
)
def test_blanks_and_hyphens_in_an_issued_login_do_not_matter(typed: str) -> None:
    assert login_key(typed) == "482917365"


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        (" Anna@Pelda.example ", "anna@pelda.example"),
        ("anna-kovacs", "anna-kovacs"),
        ("Anna 24", "anna 24"),
        ("12-34@pelda.example", "12-34@pelda.example"),
        ("", ""),
        ("--", "--"),
    ],
)
def test_other_identifiers_keep_their_hyphens_and_blanks(typed: str, key: str) -> None:
    assert login_key(typed) == key


def test_what_looks_issued_is_digits_alone() -> None:
    assert looks_issued("482-917 365")
    assert not looks_issued("482917365a")
    assert not looks_issued("")


@pytest.mark.parametrize(
    ("name", "flaw"),
    [
        ("anna1", None),
        (" kiss.anna-1980_bp ", None),
        ("a" * LONGEST_NAME, None),
        ("", NameFlaw.EMPTY),
        ("  ", NameFlaw.EMPTY),
        ("anna", NameFlaw.LENGTH),
        ("a" * (LONGEST_NAME + 1), NameFlaw.LENGTH),
        ("anna@pelda.example", NameFlaw.EMAIL),
        ("kissné", NameFlaw.CHARACTERS),
        ("kiss anna", NameFlaw.CHARACTERS),
        ("<b>anna</b>", NameFlaw.CHARACTERS),
        ("482917365", NameFlaw.DIGITS),
        ("482-917-365", NameFlaw.DIGITS),
        ("12.34_56", NameFlaw.DIGITS),
        ("４８２９１７", NameFlaw.CHARACTERS),
    ],
)
def test_a_chosen_name_is_never_taken_for_an_address_or_an_issued_login(name: str, flaw: NameFlaw | None) -> None:
    assert flaw_in_name(name) == flaw
