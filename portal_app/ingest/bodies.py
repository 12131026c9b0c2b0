"""Request bodies: read while they are counted, and never more of them at once than this process can hold."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Request

from portal_app.domain.errors import Busy, RequestTooLarge

# Each may hold a whole batch in memory; the others wait their turn with nothing read yet.
READ_AT_ONCE = 16
WORKED_AT_ONCE = 4
WAITING = 1000
_SECONDS_TO_WAIT = 5


class Places:
    """The places at which requests with large bodies are read, or worked on."""

    def __init__(self, at_once: int, waiting: int = WAITING) -> None:
        """Take how many hold a place at once, and how many may wait for one."""
        self._free = asyncio.Semaphore(at_once)
        self._most = at_once + waiting
        self._here = 0

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Hold a place; `Busy` (fact `seconds`) when too many wait already."""
        if self._here >= self._most:
            raise Busy(seconds=_SECONDS_TO_WAIT)
        self._here += 1
        try:
            async with self._free:
                yield
        finally:
            self._here -= 1


async def read_body(request: Request, most: int) -> bytes:
    """Read the body; `RequestTooLarge` (fact `most`) as soon as it is more than `most` bytes."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > most:
        raise RequestTooLarge(most=most)
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > most:
            raise RequestTooLarge(most=most)
        pieces.append(piece)
    return b"".join(pieces)
