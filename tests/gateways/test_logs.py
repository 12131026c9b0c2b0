"""The log is for operators: JSON lines, and nothing in them about anybody."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from portal_app.database.transactions import Database
from portal_app.gateways.logs import configure_logs


@pytest.fixture(autouse=True)
def _logs() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure_logs()
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def line_of(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    (line,) = capsys.readouterr().err.splitlines()
    found: dict[str, str] = json.loads(line)
    return found


def test_a_line_is_one_json_object_with_time_level_and_place(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs()
    structlog.get_logger("portal_app.somewhere").info("post put off", job=7)

    line = line_of(capsys)
    assert (line["event"], line["job"], line["level"], line["logger"]) == ("post put off", 7, "info", "portal_app.somewhere")
    assert line["at"].endswith("Z")


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("550 no mailbox anna.kiss+portal@pelda.example here", "550 no mailbox (address) here"),
        ("sms to +36 30 123 4567 failed", "sms to (number) failed"),
        ("GET /elso-belepes/AbC-123_x 303", "GET /elso-belepes/(token) 303"),
        ("GET /_event?token=abc-123&EIO=4", "GET /_event?token=(token)&EIO=4"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer (token)"),
        ("smtp://courier:p4ss@mail.example:587 away", "smtp://(secret)/mail.example:587 away"),
        ("DETAIL: Key (email_key)=(whatever) already exists.", "DETAIL: (values)"),
        ("letter 2026-01-10 12:00 job=17", "letter 2026-01-10 12:00 job=17"),
    ],
)
def test_people_and_secrets_are_taken_out_of_what_libraries_say(said: str, kept: str, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs()
    logging.getLogger("some.library").warning(said)

    assert line_of(capsys)["event"] == kept


def test_values_that_should_never_be_logged_are_hidden(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs()
    structlog.get_logger("x").warning("careless", password="Kezdeti123", email="anna@pelda.example")

    line = line_of(capsys)
    assert (line["password"], line["email"]) == ("(hidden)", "(hidden)")


def test_a_traceback_shows_no_values(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs()
    password = "Kezdeti123"
    try:
        with database.writing() as db:
            db.execute(text("INSERT INTO account (email) VALUES (:email)"), {"email": password})
    except SQLAlchemyError:
        structlog.get_logger("x").exception("unexpected failure")

    said = capsys.readouterr().err
    assert "Traceback" in said
    assert password not in said
