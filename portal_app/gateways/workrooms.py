"""What one process does at once of each kind of work: its places, and the threads that are kept for it alone."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from portal_app.domain.errors import Busy

Details = ParamSpec("Details")
Answer = TypeVar("Answer")


class Places:
    """How many may do something at once; nobody waits for a place, so it belongs to no thread and no event loop."""

    def __init__(self, most: int, *, come_back: int) -> None:
        """Take the number of places, and after how many seconds whoever finds none is asked to come back."""
        self._free = most
        self._come_back = come_back
        self._lock = threading.Lock()

    def take(self) -> None:
        """Take a place; `Busy` (fact `seconds`) where none is free."""
        with self._lock:
            if not self._free:
                raise Busy(seconds=self._come_back)
            self._free -= 1

    def leave(self, _: object = None) -> None:
        """Give the place back."""
        with self._lock:
            self._free += 1

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold a place; `Busy` as for `take`."""
        self.take()
        try:
            yield
        finally:
            self.leave()


class Workroom:
    """A few threads for one kind of work, and the places to wait for them."""

    def __init__(self, name: str, *, threads: int, waiting: int, come_back: int, begin: Callable[[], None] | None = None) -> None:
        """Take how many may wait for a thread; `begin` is done once in each of them."""
        self._places = Places(threads + waiting, come_back=come_back)
        self._threads = ThreadPoolExecutor(threads, name, begin)

    async def do(self, work: Callable[Details, Answer], *args: Details.args, **kwargs: Details.kwargs) -> Answer:
        """Do the work in one of the threads; `Busy` (fact `seconds`) when too many wait already."""
        self._places.take()
        done = self._threads.submit(work, *args, **kwargs)
        done.add_done_callback(self._places.leave)
        return await asyncio.wrap_future(done)

    def close(self) -> None:
        """Let running work finish and forget the rest."""
        self._threads.shutdown(cancel_futures=True)
