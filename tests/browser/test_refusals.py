"""Refusals: what an event's exception becomes."""

import logging

import pytest
from structlog.testing import capture_logs

from portal_app.browser.gate import GateBroken
from portal_app.browser.portal_state import PortalState, sentence_for
from portal_app.browser.refusals import LONGEST_REPORT, answer_exception, note_page_fault
from portal_app.domain.errors import LetterNotFound, TooSoon
from portal_app.texts.catalogues import sentence
from tests.browser.tabs import tab


def arguments(exception: Exception) -> dict[str, object]:
    answer = answer_exception(exception)
    assert answer is not None
    return {str(name): value._var_value for name, value in answer.args}


def test_a_refusal_becomes_a_notice_with_its_facts() -> None:
    assert arguments(TooSoon(seconds=8, secret=object())) == {"code": "too_soon", "facts": {"seconds": 8}}


def test_a_fault_gets_a_number_that_the_log_knows_too(caplog: pytest.LogCaptureFixture) -> None:
    told = arguments(ValueError("postgresql://portal:secret@db/portal"))

    assert told["code"] == "unexpected"
    assert "secret" not in str(told)


def test_a_broken_gate_shows_nothing_because_its_notice_would_break_too(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        assert answer_exception(GateBroken()) is None


async def test_the_notice_is_a_sentence_in_the_visitors_language() -> None:
    state = await tab().get_state(PortalState)
    state.language = "en"

    state._refuse(LetterNotFound())

    assert state.notice == sentence("error.letter_not_found", "en")
    assert state.notice_kind == "error"


@pytest.mark.parametrize(("code", "facts"), [("no_such_code", {}), ("too_soon", {}), ("x" * 60, {"seconds": 1})])
def test_what_has_no_sentence_reads_as_a_fault_of_ours(code: str, facts: dict[str, object]) -> None:
    assert sentence_for(code, "en", facts) == sentence("error.unexpected", "en", incident="–")


def test_what_a_page_reports_is_no_fault_of_the_server_and_never_fills_the_log() -> None:
    with capture_logs() as lines:
        note_page_fault(Exception("TypeError: x is undefined\n at Page"))
        note_page_fault(Exception("y" * 100_000))

    assert [(line["log_level"], line["report"]) for line in lines] == [
        ("warning", "TypeError: x is undefined"),
        ("warning", "y" * LONGEST_REPORT),
    ]
