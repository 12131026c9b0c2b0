"""Every refusal has its sentence, says what to do, and its facts are in words."""

import ast
from datetime import date
from pathlib import Path

import pytest

import portal_app
from portal_app.domain import errors
from portal_app.domain.errors import PortalError
from portal_app.texts.catalogues import has_sentence, keys, places
from portal_app.texts.refusals import api_sentence, has_api_sentence, refusal_sentence

HOUSE = Path(portal_app.__file__).parent
# Sentences for what is no refusal of ours: faults, and what the web framework answers by itself.
NOT_REFUSALS = {"error.unexpected", "api.unexpected", "api.not_found", "api.method_not_allowed"}


def every_refusal(root: type[PortalError] = PortalError) -> list[type[PortalError]]:
    """All refusals, however deep."""
    return [found for child in root.__subclasses__() for found in (child, *every_refusal(child))]


REFUSALS = {refusal.__name__: refusal for refusal in every_refusal() if refusal.__module__ == errors.__name__}


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
def test_every_refusal_has_a_sentence_in_both_languages(refusal: type[PortalError]) -> None:
    assert has_sentence(f"error.{refusal.code}", "hu")
    assert has_sentence(f"error.{refusal.code}", "en")


def test_no_sentence_stands_for_a_refusal_that_is_gone() -> None:
    codes = {refusal.code for refusal in REFUSALS.values()}
    spoken = {key for key in keys("hu") if key.startswith(("error.", "api."))} - NOT_REFUSALS

    assert sorted(key for key in spoken if key.partition(".")[2] not in codes) == []


def raised() -> list[tuple[str, str, set[str]]]:
    """Where the code refuses: (place, code, facts given); calls that hand facts on are left out."""
    found = []
    for file in sorted(HOUSE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            facts = {keyword.arg for keyword in node.keywords}
            if name in REFUSALS and None not in facts:
                found.append((f"{file.relative_to(HOUSE)}:{node.lineno}", REFUSALS[name].code, facts))
    return found


def test_every_refusal_is_raised_with_the_facts_that_its_sentence_shows() -> None:
    short = [
        (place, sorted(needed - facts))
        for place, code, facts in raised()
        for prefix in ("error", "api")
        if has_sentence(f"{prefix}.{code}", "hu") and (needed := places(f"{prefix}.{code}", "hu")) - facts
    ]

    assert short == []


def test_bytes_and_dates_are_told_to_people_in_their_own_words() -> None:
    assert refusal_sentence("file_too_large", "hu", "formal", {"most": 10_000_000}) == (
        "Ez a fájl túl nagy. Válasszon kisebbet. Legfeljebb ekkora lehet: 10\u00a0MB"
    )
    assert refusal_sentence("too_many_files", "hu", "informal", {"most": 5}) == (
        "Túl sok a fájl. Vegyél ki belőlük. Legfeljebb ennyi lehet: 5"
    )


def test_figures_and_dates_are_told_to_programs_as_they_are() -> None:
    assert api_sentence("attachment_too_large", "en", {"most": 25_000_000}) == (
        "An attachment is larger than 25000000 bytes. Send a smaller file."
    )
    assert api_sentence("policy_ended", "en", {"ended_on": date(2024, 6, 30)}) == (
        "This policy ended on 2024-06-30, too long ago to take letters here. Send this letter by post."
    )
    assert "JavaScript, Launch" in api_sentence("attachment_active", "en", {"reasons": ["JavaScript", "Launch"]})
    assert "/api/v1/policies/{policy_number} first" in api_sentence("policy_unknown", "en", {})


def test_what_only_customers_meet_has_no_sentence_for_programs() -> None:
    assert has_api_sentence("attachment_damaged")
    assert not has_api_sentence("sign_in_locked")
