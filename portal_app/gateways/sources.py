"""How often one source (an address on the network) may do something."""

import ipaddress
import math
import time
from collections.abc import Callable
from typing import TypeVar

import limits
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from portal_app.gateways.clock import now

Answer = TypeVar("Answer")

_IPV6_SITE = 64
_SECONDS_WITHOUT_REDIS = 10
_SECONDS_OF_PATIENCE = 0.5


def source_key(address: str) -> str:
    """Return what counts as one source: an IPv4 address, an IPv6 /64, or the text itself when it is neither."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return f"other:{address[:100]}"
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is None:
            return str(ipaddress.ip_network((found, _IPV6_SITE), strict=False))
        found = found.ipv4_mapped
    return str(found)


class SourceLimits:
    """Counts per action and source, in Redis when several processes share it, else in memory.

    While Redis does not answer, this process counts for itself: the limit becomes wider, never absent.
    """

    def __init__(self, redis_url: str | None = None) -> None:
        """Count in memory, or in the Redis at this address; nothing is contacted yet."""
        self._own = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._shared = _shared(redis_url) if redis_url else None
        self._shared_again_at = 0.0

    def allow(self, action: str, source: str, limit: str = "30/5minute") -> bool:
        """Count one attempt of a source (its address as text) and say whether it is still within the limit.

        `limit` reads `30/5minute`; several are separated by `;` and all must hold.
        """
        key = source_key(source)
        # Every limit counts the attempt, also after one of them has said no.
        verdicts = [self._hit(item, action, key) for item in limits.parse_many(limit)]
        return all(verdicts)

    def is_over(self, action: str, source: str, limit: str) -> bool:
        """Say, without counting, whether a source has used up the limit."""
        return not all(self._test(item, action, source_key(source)) for item in limits.parse_many(limit))

    def seconds_to_wait(self, action: str, source: str, limit: str) -> int:
        """Say in how many seconds a source that has used up the limit may try again; at least one."""
        key = source_key(source)
        free_at = max(self._free_at(item, action, key) for item in limits.parse_many(limit))
        return max(1, math.ceil(free_at - now().timestamp()))

    def _free_at(self, item: limits.RateLimitItem, action: str, source: str) -> float:
        return self._ask(lambda counter: counter.get_window_stats(item, action, source).reset_time)

    def _hit(self, item: limits.RateLimitItem, action: str, source: str) -> bool:
        return self._ask(lambda counter: counter.hit(item, action, source))

    def _test(self, item: limits.RateLimitItem, action: str, source: str) -> bool:
        return self._ask(lambda counter: counter.test(item, action, source))

    def _ask(self, question: Callable[[SlidingWindowCounterRateLimiter], Answer]) -> Answer:
        if self._shared is not None and time.monotonic() >= self._shared_again_at:
            try:
                return question(self._shared)
            except StorageError:
                self._shared_again_at = time.monotonic() + _SECONDS_WITHOUT_REDIS
        return question(self._own)


def _shared(redis_url: str) -> SlidingWindowCounterRateLimiter:
    storage = RedisStorage(
        redis_url,
        key_prefix="portal:sources",
        wrap_exceptions=True,
        socket_timeout=_SECONDS_OF_PATIENCE,
        socket_connect_timeout=_SECONDS_OF_PATIENCE,
    )
    return SlidingWindowCounterRateLimiter(storage)
