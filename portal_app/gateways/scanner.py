"""The virus scanner: clamd, spoken to in its own protocol; only its explicit OK counts as clean."""

import socket
from typing import Protocol
from urllib.parse import urlsplit

from portal_app.domain.errors import FileInfected, ScannerUnavailable

_PIECE = 64 * 1024
_LONGEST_ANSWER = 4096
_USUAL_PORT = 3310


class Scanner(Protocol):
    """What uploads need of a scanner."""

    active: bool
    """Whether files are really looked at."""

    def scan(self, content: bytes) -> None:
        """Return when the content is clean; `FileInfected` or `ScannerUnavailable` otherwise."""

    def check(self) -> None:
        """`ScannerUnavailable` when nothing can be scanned now."""


class NoScanner:
    """Stands where no scanner is configured, and says so."""

    active = False

    def scan(self, content: bytes) -> None:
        """Let everything through."""

    def check(self) -> None:
        """Be content."""


class Clamd:
    """A clamd behind TCP or a unix socket. Blocking: async doors call it in a thread.

    The protocol is spoken here because `aioclamd` knows no unix socket and sends 1 kB at a time.
    """

    active = True

    def __init__(self, address: tuple[str, int] | str, seconds: float = 30) -> None:
        """Take host and port or the path of a unix socket, and how long one step of an exchange may take."""
        self._address = address
        self._seconds = seconds

    def scan(self, content: bytes) -> None:
        """Send the content to clamd; whatever is neither OK nor FOUND is `ScannerUnavailable`."""
        answer = self._exchange(b"zINSTREAM\0", content)
        if answer == b"stream: OK":
            return
        if answer.startswith(b"stream: ") and answer.endswith(b" FOUND"):
            name = answer.removeprefix(b"stream: ").removesuffix(b" FOUND")
            raise FileInfected(virus=name.decode("ascii", "replace"))
        raise ScannerUnavailable

    def check(self) -> None:
        """Ask clamd for a PONG."""
        if self._exchange(b"zPING\0", None) != b"PONG":
            raise ScannerUnavailable

    def _exchange(self, command: bytes, content: bytes | None) -> bytes:
        try:
            with self._connect() as line:
                line.sendall(command)
                if content is not None:
                    _send_in_pieces(line, content)
                return _answer(line)
        except OSError as fault:
            raise ScannerUnavailable from fault

    def _connect(self) -> socket.socket:
        if isinstance(self._address, tuple):
            return socket.create_connection(self._address, self._seconds)
        line = socket.socket(socket.AF_UNIX)
        line.settimeout(self._seconds)
        try:
            line.connect(self._address)
        except OSError:
            line.close()
            raise
        return line


def scanner_for(url: str) -> Scanner:
    """Return the scanner an address names: `tcp://host:port`, `unix:/path`, or none when it is empty."""
    if not url:
        return NoScanner()
    parts = urlsplit(url)
    if parts.scheme == "tcp" and parts.hostname:
        return Clamd((parts.hostname, parts.port or _USUAL_PORT))
    if parts.scheme == "unix" and parts.path:
        return Clamd(parts.path)
    raise ValueError("clamd's address looks like tcp://host:3310 or unix:/run/clamav/clamd.ctl")


def _send_in_pieces(line: socket.socket, content: bytes) -> None:
    for start in range(0, len(content), _PIECE):
        piece = content[start : start + _PIECE]
        line.sendall(len(piece).to_bytes(4, "big") + piece)
    line.sendall(bytes(4))


def _answer(line: socket.socket) -> bytes:
    answer = b""
    while not answer.endswith(b"\0") and len(answer) < _LONGEST_ANSWER:
        received = line.recv(_LONGEST_ANSWER)
        if not received:
            break
        answer += received
    return answer.removesuffix(b"\0").strip()
