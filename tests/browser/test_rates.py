"""Token buckets: how many events a socket may send."""

import pytest
from starlette.types import Message, Receive, Scope, Send

from portal_app.browser.rates import SOCKETS, TRY_AGAIN_LATER, Buckets, SocketRate


def test_a_burst_passes_and_then_the_long_run_counts() -> None:
    time = [0.0]
    buckets = Buckets(burst=3, per_second=1, clock=lambda: time[0])

    at_once = [buckets.take("a") for _ in range(4)]
    time[0] = 2.0
    later = [buckets.take("a") for _ in range(3)]

    assert at_once == [True, True, True, False]
    assert later == [True, True, False]


def test_one_socket_does_not_use_up_anothers() -> None:
    buckets = Buckets(burst=1, per_second=0)

    assert [buckets.take("a"), buckets.take("a"), buckets.take("b")] == [True, False, True]


def test_many_sockets_do_not_fill_the_memory() -> None:
    buckets = Buckets(burst=1, per_second=0)

    for number in range(SOCKETS + 5):
        buckets.take(str(number))

    assert len(buckets._levels) == SOCKETS


async def sockets_opened(sources: list[str], kind: str = "websocket") -> list[bool]:
    """Which of these may open a socket where each source may open two; forwarded by one proxy of ours."""
    opened: list[bool] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        opened.append(True)

    async def send(message: Message) -> None:
        assert message == {"type": "websocket.close", "code": TRY_AGAIN_LATER}
        opened.append(False)

    rated = SocketRate(app, proxy_hops=1, buckets=Buckets(burst=2, per_second=0))
    for source in sources:
        headers = [(b"x-forwarded-for", source.encode())]
        await rated({"type": kind, "path": "/_event", "client": ("10.0.0.9", 5), "headers": headers}, None, send)  # type: ignore[arg-type]
    return opened


async def test_a_source_may_open_only_so_many_sockets() -> None:
    assert await sockets_opened(["203.0.113.7"] * 3 + ["203.0.113.8"]) == [True, True, False, True]


async def test_a_home_with_ipv6_is_one_source() -> None:
    assert await sockets_opened(["2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8:0:1::1"]) == [True, True, False, True]


@pytest.mark.parametrize("source", ["127.0.0.1", "::1"])
async def test_this_machine_may_open_as_many_as_it_likes(source: str) -> None:
    assert await sockets_opened([source] * 5) == [True] * 5


async def test_requests_are_not_counted() -> None:
    assert await sockets_opened(["203.0.113.7"] * 5, "http") == [True] * 5
