"""Sources are counted fairly, together over processes where Redis is there, and never without limit."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal_app.gateways.sources import SourceLimits, source_key

LIMIT = "3/minute"


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """Start a private Redis."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(tmp_path)]
    process = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)
    _wait_for(port)
    yield f"redis://127.0.0.1:{port}/0", process
    process.kill()
    process.wait()


def _wait_for(port: int) -> None:
    for _ in range(100):
        with socket.socket() as line:
            if line.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)


def asked(limits: SourceLimits, times: int, source: str = "192.0.2.7", action: str = "sign_in") -> list[bool]:
    return [limits.allow(action, source, LIMIT) for _ in range(times)]


def test_a_source_may_try_as_often_as_the_limit_says() -> None:
    assert asked(SourceLimits(), 5) == [True, True, True, False, False]


def test_who_has_used_up_the_limit_learns_how_long_to_wait() -> None:
    limits = SourceLimits()
    asked(limits, 4)

    waits = [limits.seconds_to_wait("sign_in", source, LIMIT) for source in ("192.0.2.7", "192.0.2.8")]

    assert 1 <= waits[0] <= 60
    assert waits[1] == 1


def test_sources_and_actions_are_counted_apart() -> None:
    limits = SourceLimits()
    asked(limits, 4)

    assert asked(limits, 1, source="192.0.2.8") == [True]
    assert asked(limits, 1, action="forgotten") == [True]


def test_several_limits_must_all_hold() -> None:
    limits = SourceLimits()

    assert [limits.allow("sign_in", "192.0.2.7", "100/minute;2/hour") for _ in range(3)] == [True, True, False]


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::ffff", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "other:testclient"),
        ("", "other:"),
    ],
)
def test_one_source_is_an_ipv4_address_or_an_ipv6_site(address: str, key: str) -> None:
    assert source_key(address) == key


def test_neighbours_in_one_ipv6_site_share_the_limit() -> None:
    limits = SourceLimits()

    answers = [limits.allow("sign_in", f"2001:db8::{number}", LIMIT) for number in range(4)]

    assert answers == [True, True, True, False]


def test_processes_that_share_a_redis_share_the_count(redis: tuple[str, "subprocess.Popen[bytes]"]) -> None:
    url, _ = redis
    first, second = SourceLimits(url), SourceLimits(url)

    assert asked(first, 2) + asked(second, 2) == [True, True, True, False]


def test_when_redis_dies_each_process_counts_for_itself(redis: tuple[str, "subprocess.Popen[bytes]"]) -> None:
    url, process = redis
    limits = SourceLimits(url)
    asked(limits, 4)
    process.kill()
    process.wait()

    started = time.monotonic()

    assert asked(limits, 5) == [True, True, True, False, False]
    assert time.monotonic() - started < 2


def test_without_redis_from_the_start_there_still_is_a_limit() -> None:
    assert asked(SourceLimits("redis://127.0.0.1:9/0"), 4) == [True, True, True, False]


def test_asking_whether_a_source_is_over_its_limit_does_not_count() -> None:
    sources = SourceLimits()
    for _ in range(10):
        assert not sources.is_over("act", "192.0.2.1", LIMIT)

    assert [sources.allow("act", "192.0.2.1", LIMIT) for _ in range(3)] == [True] * 3

    assert sources.is_over("act", "192.0.2.1", LIMIT)
    assert not sources.is_over("act", "192.0.2.2", LIMIT)
