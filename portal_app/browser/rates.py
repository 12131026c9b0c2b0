"""How many events a socket may send: a token bucket each, forgotten when it is full again."""

from collections import OrderedDict
from collections.abc import Callable
from time import monotonic

SOCKETS = 10_000


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
