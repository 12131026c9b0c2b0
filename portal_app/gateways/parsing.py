"""The parsing room: where untrusted files are parsed, in processes of their own with little memory and time.

A worker knows no secret (its environment is empty), may write no file, and dies when it takes too long, needs too much
memory or crashes; the file is then refused as damaged and the next file gets a new worker.
"""

import atexit
import json
import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import structlog

from portal_app.domain import errors
from portal_app.domain.errors import Busy, PortalError

log = structlog.get_logger(__name__)

HEADER_BYTES = 12
_LONGEST_ANSWER = 64 * 1024 * 1024
_FILES_PER_WORKER = 5000
_ROOT = Path(__file__).parents[2]


class ParserGaveUp(Exception):
    """The parser crashed, or took more time or memory than a decent file needs."""


@dataclass(frozen=True)
class Limits:
    """What one worker may use: seconds per file (elapsed and CPU) and megabytes of memory."""

    seconds: float = 20
    megabytes: int = 1536


@dataclass
class _Worker:
    limits: Limits
    line: socket.socket = field(init=False)
    process: subprocess.Popen[bytes] = field(init=False)
    files_left: int = _FILES_PER_WORKER

    def __post_init__(self) -> None:
        self.line, theirs = socket.socketpair()
        with theirs:
            arguments = [str(theirs.fileno()), str(self.limits.seconds), str(self.limits.megabytes)]
            self.process = subprocess.Popen(
                [sys.executable, "-m", f"{__package__}.parsing_worker", *arguments],
                pass_fds=[theirs.fileno()],
                cwd=_ROOT,
                env={"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )

    def do(self, head: bytes, content: bytes) -> tuple[dict[str, Any], bytes]:
        self.files_left -= 1
        deadline = time.monotonic() + self.limits.seconds
        self.line.settimeout(self.limits.seconds)
        self.line.sendall(len(head).to_bytes(4, "big") + len(content).to_bytes(8, "big") + head)
        self.line.sendall(content)
        sizes = self._receive(HEADER_BYTES, deadline)
        answer = self._receive(int.from_bytes(sizes[:4], "big"), deadline)
        return json.loads(answer), self._receive(int.from_bytes(sizes[4:], "big"), deadline)

    def _receive(self, size: int, deadline: float) -> bytes:
        if size > _LONGEST_ANSWER:
            raise OSError("The answer is too long.")
        received = bytearray()
        while len(received) < size:
            self.line.settimeout(max(deadline - time.monotonic(), 0.001))
            piece = self.line.recv(min(size - len(received), 1024 * 1024))
            if not piece:
                raise OSError("The worker is gone.")
            received += piece
        return bytes(received)

    def dismiss(self) -> None:
        self.line.close()
        self.process.kill()
        self.process.wait()


class ParsingRoom:
    """A few workers that parse one file each at a time; usable from any thread."""

    def __init__(self, workers: int | None = None, limits: Limits = Limits(), patience: float = 30) -> None:
        """Take the number of workers (default: one per core), their limits, and how long to wait for a free one (s)."""
        self._limits = limits
        self._patience = patience
        self._places: SimpleQueue[_Worker | None] = SimpleQueue()
        self.size = workers or os.cpu_count() or 1
        for _ in range(self.size):
            self._places.put(None)

    def parse(self, task: str, content: bytes, **details: Any) -> tuple[dict[str, Any], bytes]:
        """Have a worker do a task on a content; return the facts it found and the bytes it made.

        Refusals of the task come back as themselves. `ParserGaveUp` when the worker did not survive, `Busy` when no
        worker became free in time.
        """
        try:
            worker = self._places.get(timeout=self._patience)
        except Empty:
            raise Busy(seconds=int(self._patience)) from None
        try:
            worker = worker or _Worker(self._limits)
            facts, made = worker.do(json.dumps({"task": task, **details}).encode(), content)
        except (OSError, ValueError) as fault:
            log.warning("a parser did not survive a file", task=task, size=len(content), reason=str(fault))
            _dismiss(worker)
            worker = None
            raise ParserGaveUp(task) from fault
        finally:
            self._places.put(_rested(worker))
        if "refusal" in facts:
            raise refusal_from(facts)
        if "fault" in facts:
            log.warning("a parser stumbled over a file", task=task, size=len(content), reason=facts["fault"])
            raise ParserGaveUp(facts["fault"])
        return facts, made

    def close(self) -> None:
        """Dismiss the workers that are free."""
        with suppress(Empty):
            while True:
                _dismiss(self._places.get_nowait())


_lock = threading.Lock()
_rooms: list[ParsingRoom] = []
# A forked process must not talk to its parent's workers.
os.register_at_fork(after_in_child=_rooms.clear)


def parsing_room() -> ParsingRoom:
    """Return this process's parsing room, opened at its first use."""
    with _lock:
        if not _rooms:
            _rooms.append(ParsingRoom())
            atexit.register(_rooms[0].close)
        return _rooms[0]


def refusal_from(answer: dict[str, Any]) -> PortalError:
    """Return the refusal that a worker's answer names."""
    known = {found.code: found for found in vars(errors).values() if isinstance(found, type) and hasattr(found, "code")}
    refusal: PortalError = known[answer["refusal"]](**answer["facts"])
    return refusal


def _rested(worker: _Worker | None) -> _Worker | None:
    """Replace a worker that has done its share, so that whatever its libraries leak stays small."""
    if worker is not None and worker.files_left <= 0:
        _dismiss(worker)
        return None
    return worker


def _dismiss(worker: _Worker | None) -> None:
    if worker is not None:
        worker.dismiss()
