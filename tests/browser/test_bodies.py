"""Bodies: how much a request may bring."""

from collections.abc import AsyncIterator

import pytest

from portal_app.browser.bodies import BodyLimit
from tests.browser.asgi import knock, show_request


def wrapped() -> BodyLimit:
    return BodyLimit(show_request, most=lambda scope: 1000 if scope["path"] == "/small" else 2000)


async def in_pieces(pieces: int) -> AsyncIterator[bytes]:
    for _ in range(pieces):
        yield b"x" * 500


@pytest.mark.parametrize(("path", "size", "status"), [("/small", 1000, 200), ("/small", 1001, 413), ("/large", 1001, 200)])
async def test_an_announced_size_is_judged_at_once(path: str, size: int, status: int) -> None:
    async with knock(wrapped()) as client:
        assert (await client.post(path, content=b"x" * size)).status_code == status


@pytest.mark.parametrize(("pieces", "status"), [(2, 200), (3, 413)])
async def test_an_unannounced_size_is_counted_while_it_streams(pieces: int, status: int) -> None:
    async with knock(wrapped()) as client:
        assert (await client.post("/small", content=in_pieces(pieces))).status_code == status


async def test_insurer_systems_are_told_in_their_own_form() -> None:
    async with knock(BodyLimit(show_request, most=lambda _scope: 10)) as client:
        answer = await client.post("/api/v1/deliveries", content=b"x" * 11)

    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "request_too_large"
