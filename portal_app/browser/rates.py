"""How many events a socket may send, and how many sockets a source may open: a token bucket each."""

from collections import OrderedDict
from collections.abc import Callable
from time import monotonic

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from portal_app.browser.arrivals import source_of
from portal_app.gateways.sources import source_key

log = structlog.get_logger(__name__)

SOCKETS = 10_000
TRY_AGAIN_LATER = 1013
LOOPBACK = frozenset({"127.0.0.1", "::/64"})


class Buckets:
    """One token bucket per socket, in this process's memory."""

    def __init__(self, *, burst: float = 600, per_second: float = 100, clock: Callable[[], float] = monotonic) -> None:
        """Let `burst` events pass at once and `per_second` in the long run."""
        self._burst = burst
        self._per_second = per_second
        self._clock = clock
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, socket: str) -> bool:
        """Take one token; False when the socket has none left."""
        now = self._clock()
        level, at = self._levels.pop(socket, (self._burst, now))
        level = min(self._burst, level + (now - at) * self._per_second)
        passes = level >= 1
        self._levels[socket] = (level - 1 if passes else level, now)
        if len(self._levels) > SOCKETS:
            self._levels.popitem(last=False)
        return passes


class SocketRate:
    """The wrapper that limits how many sockets a source may open: each one keeps a state in memory for a while.

    A whole office behind one address opens its pages at once; after that, a page a second. This machine is not limited.
    """

    def __init__(self, app: ASGIApp, *, proxy_hops: int, buckets: Buckets | None = None) -> None:
        """Wrap `app`."""
        self.app = app
        self._proxy_hops = proxy_hops
        self._buckets = buckets or Buckets(burst=300, per_second=1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, unless it is one socket too many."""
        if scope["type"] == "websocket":
            source = source_key(source_of(scope, Headers(scope=scope), self._proxy_hops))
            if source not in LOOPBACK and not self._buckets.take(source):
                log.info("too many sockets from one source")
                await send({"type": "websocket.close", "code": TRY_AGAIN_LATER})
                return
        await self.app(scope, receive, send)
