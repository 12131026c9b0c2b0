"""Only clamd's explicit OK is clean; every other answer, and none, keeps a file out."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from portal_app.domain.errors import FileInfected, ScannerUnavailable
from portal_app.gateways.scanner import Clamd, NoScanner, scanner_for

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class SpokenClamd:
    """Speaks clamd's protocol: PING, and INSTREAM that finds the EICAR test file and keeps a size limit."""

    def __init__(self, line: socket.socket, judge: Callable[[bytes], bytes | None]) -> None:
        self._listening = line
        self._judge = judge
        self.seen: list[bytes] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._listening.accept()
            except OSError:
                return
            with line:
                self._answer(line)

    def _answer(self, line: socket.socket) -> None:
        stream = line.makefile("rb")
        command = _until_null(stream)
        if command == b"zPING":
            line.sendall(b"PONG\0")
            return
        assert command == b"zINSTREAM"
        content = b""
        while size := struct.unpack("!L", stream.read(4))[0]:
            content += stream.read(size)
        self.seen.append(content)
        answer = self._judge(content)
        if answer is not None:
            line.sendall(answer)


def _until_null(stream: object) -> bytes:
    read = b""
    while not read.endswith(b"\0"):
        read += stream.read(1)  # type: ignore[attr-defined]
    return read[:-1]


def honest(content: bytes) -> bytes:
    return b"stream: Eicar-Test-Signature FOUND\0" if EICAR in content else b"stream: OK\0"


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with closing(socket.create_server(("127.0.0.1", 0))) as line:
        yield line


def clamd_at(line: socket.socket, seconds: float = 5) -> Clamd:
    return Clamd(("127.0.0.1", line.getsockname()[1]), seconds)


@pytest.mark.parametrize("size", [0, 1, 65536, 65537, 1_000_000])
def test_a_clean_file_reaches_clamd_whole_and_passes(listening: socket.socket, size: int) -> None:
    spoken = SpokenClamd(listening, honest)

    clamd_at(listening).scan(b"x" * size)

    assert spoken.seen == [b"x" * size]


def test_the_test_virus_is_found_and_named(listening: socket.socket) -> None:
    SpokenClamd(listening, honest)

    with pytest.raises(FileInfected) as refusal:
        clamd_at(listening).scan(EICAR)

    assert refusal.value.facts == {"virus": "Eicar-Test-Signature"}


@pytest.mark.parametrize(
    "answer",
    [
        b"INSTREAM size limit exceeded. ERROR\0",
        b"stream: lstat() failed ERROR\0",
        b"stream: OK ERROR\0",
        b"OK\0",
        b"stream: not OK\0",
        b"UNKNOWN COMMAND\0",
        b"\0",
        b"",
        b"x" * 10_000,
        None,
    ],
)
def test_every_other_answer_is_no_answer(listening: socket.socket, answer: bytes | None) -> None:
    SpokenClamd(listening, lambda _: answer)

    with pytest.raises(ScannerUnavailable):
        clamd_at(listening).scan(b"content")


def test_a_clamd_that_hangs_up_on_a_large_file_is_no_answer(listening: socket.socket) -> None:
    def hang_up() -> None:
        line, _ = listening.accept()
        line.recv(10)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        line.close()

    threading.Thread(target=hang_up, daemon=True).start()

    with pytest.raises(ScannerUnavailable):
        clamd_at(listening).scan(b"x" * 10_000_000)


def test_a_silent_clamd_is_no_answer(listening: socket.socket) -> None:
    with pytest.raises(ScannerUnavailable):
        clamd_at(listening, seconds=0.3).scan(b"content")


def test_no_clamd_is_no_answer() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as line:
        scanner = clamd_at(line)

    with pytest.raises(ScannerUnavailable):
        scanner.scan(b"content")
    with pytest.raises(ScannerUnavailable):
        scanner.check()


def test_a_clamd_that_answers_passes_the_check(listening: socket.socket) -> None:
    SpokenClamd(listening, honest)

    clamd_at(listening).check()


def test_a_unix_socket_works_alike(tmp_path: Path) -> None:
    with closing(socket.socket(socket.AF_UNIX)) as line:
        line.bind(str(tmp_path / "clamd.ctl"))
        line.listen()
        SpokenClamd(line, honest)
        scanner = scanner_for(f"unix:{tmp_path}/clamd.ctl")

        scanner.scan(b"clean")
        with pytest.raises(FileInfected):
            scanner.scan(EICAR)

    with pytest.raises(ScannerUnavailable):
        scanner_for(f"unix:{tmp_path}/nobody").scan(b"clean")


def test_without_an_address_nothing_is_scanned_and_the_scanner_says_so() -> None:
    scanner = scanner_for("")

    scanner.scan(EICAR)
    scanner.check()

    assert isinstance(scanner, NoScanner)
    assert not scanner.active
    assert scanner_for("tcp://127.0.0.1:3310").active


@pytest.mark.parametrize("url", ["http://clamd", "clamd:3310", "tcp://", "unix:"])
def test_an_address_that_is_none_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match="clamd"):
        scanner_for(url)
