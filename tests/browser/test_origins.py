"""One origin: foreign hosts and foreign pages get nothing."""

import pytest
from starlette.types import Message

from portal_app.browser.origins import OneOrigin
from tests.browser.asgi import knock, show_request

HOME = "https://portal.example"


def wrapped(*, demo: bool = False, home: str = HOME) -> OneOrigin:
    aliases = {"kuldemenyeim.example": "kuldemenyeim"}
    return OneOrigin(show_request, public_origin=home, aliases=aliases, redirect_unknown=demo)


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "https://portal.example.evil", "http://portal.example", "https://portal.example:444", ""],
)
async def test_an_unsafe_request_from_elsewhere_is_refused(origin: str) -> None:
    headers = {"origin": origin} if origin else {}

    async with knock(wrapped(), HOME) as client:
        answer = await client.post("/belepes", headers=headers)

    assert answer.status_code == 403


async def test_our_own_page_may_post_and_the_application_learns_the_true_scheme() -> None:
    async with knock(wrapped(), "http://portal.example") as client:
        answer = await client.post("/belepes", headers={"origin": HOME})

    assert answer.status_code == 200
    assert answer.json()["scheme"] == "https"


async def test_reading_needs_no_origin() -> None:
    async with knock(wrapped(), HOME) as client:
        assert (await client.get("/belepes", headers={"origin": "https://evil.example"})).status_code == 200


async def test_the_api_is_known_by_its_key_and_needs_no_origin() -> None:
    async with knock(wrapped(), HOME) as client:
        assert (await client.post("/api/v1/deliveries")).status_code == 200


async def test_an_alias_leads_to_its_portal() -> None:
    async with knock(wrapped(), "https://kuldemenyeim.example") as client:
        answer = await client.get("/anything")

    assert (answer.status_code, answer.headers["location"]) == (308, f"{HOME}/belepes?portal=kuldemenyeim")


@pytest.mark.parametrize(("demo", "status"), [(True, 308), (False, 421)])
async def test_an_unknown_host_is_led_home_in_the_demonstration_only(*, demo: bool, status: int) -> None:
    async with knock(wrapped(demo=demo), "https://unknown.example") as client:
        assert (await client.get("/belepes")).status_code == status


async def test_machines_may_ask_for_health_by_address() -> None:
    async with knock(wrapped(), "http://10.1.2.3:8000") as client:
        assert (await client.get("/healthz")).status_code == 200


@pytest.mark.parametrize(
    ("origin", "passes"), [("http://127.0.0.1:8000", True), ("http://localhost:8000", True), ("http://[::1]:8000", False)]
)
async def test_a_loopback_installation_answers_to_the_name_in_use(origin: str, *, passes: bool) -> None:
    async with knock(wrapped(home="http://localhost:8000"), "http://127.0.0.1:8000") as client:
        answer = await client.post("/belepes", headers={"origin": origin})

    assert answer.status_code == (200 if passes else 403)


@pytest.mark.parametrize("origin", [b"https://evil.example", b"null", None])
async def test_a_socket_from_elsewhere_is_closed_before_it_opens(origin: bytes | None) -> None:
    sent: list[Message] = []
    headers = [(b"host", b"portal.example"), *([(b"origin", origin)] if origin else [])]
    scope = {"type": "websocket", "path": "/_event/", "headers": headers}

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await wrapped()(scope, receive, send)

    assert sent == [{"type": "websocket.close", "code": 1008}]


@pytest.mark.parametrize(
    "host", ["[::1].evil.example", "localhost.evil.example", "evil@localhost", "localhost:1:2", "[::1", "local host"]
)
async def test_a_host_that_only_looks_like_this_machine_is_none_of_ours(host: str) -> None:
    async with knock(wrapped(), HOME) as client:
        answer = await client.get("/belepes", headers={"host": host})

    assert answer.status_code == 421
