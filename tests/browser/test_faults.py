"""The last resort: what fails outside of every route still ends as a page."""

import pytest
from sqlalchemy.exc import OperationalError
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send
from structlog.testing import capture_logs

from portal_app.browser.addresses import door_of
from portal_app.browser.faults import INTERNAL_ERROR, LastResort
from portal_app.browser.headers import ALWAYS, SecurityHeaders
from portal_app.domain.errors import Busy
from tests.browser.asgi import knock, plain


def failing(fault: Exception, *, begun: bool = False) -> LastResort:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if begun:
            await plain("so far")(scope, receive, send)
        raise fault

    return LastResort(app)


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (ValueError("postgresql://portal:secret@db/portal"), 500),
        (Busy(seconds=5), 503),
        (OperationalError("SELECT", {}, Exception("gone")), 503),
        (ClientDisconnect(), 400),
    ],
)
async def test_a_fault_ends_as_a_page_that_tells_nothing_and_bears_every_header(fault: Exception, status: int) -> None:
    app = SecurityHeaders(failing(fault), policies={}, secure=True)

    with capture_logs() as lines:
        async with knock(app) as client:
            answer = await client.get("/x")

    assert answer.status_code == status
    assert "secret" not in answer.text
    assert {name for name in ALWAYS if name not in answer.headers} == set()
    assert answer.headers["cache-control"] == "no-store"
    assert [line["log_level"] for line in lines] == ([] if status == 400 else ["info"] if isinstance(fault, Busy) else ["error"])


async def test_the_incident_number_on_the_page_is_the_one_in_the_log() -> None:
    with capture_logs() as lines:
        async with knock(failing(ValueError())) as client:
            answer = await client.get("/x")

    assert lines[0]["incident"] in answer.text


async def test_what_fails_after_its_answer_has_begun_is_written_down_and_no_more() -> None:
    with capture_logs() as lines:
        async with knock(failing(ValueError(), begun=True)) as client:
            answer = await client.get("/x")

    assert (answer.status_code, answer.text) == (200, "so far")
    assert len(lines) == 1


async def test_a_socket_that_could_not_be_opened_is_closed() -> None:
    said: list[Message] = []

    async def send(message: Message) -> None:
        said.append(message)

    with capture_logs():
        await failing(ValueError())({"type": "websocket", "path": "/_event"}, None, send)  # type: ignore[arg-type]

    assert said == [{"type": "websocket.close", "code": INTERNAL_ERROR}]


def test_the_log_names_the_door_and_not_the_token_behind_it() -> None:
    assert [door_of(path) for path in ("/elso-belepes/a-token", "//x/y", "/", "")] == ["/elso-belepes", "/x", "/", "/"]
