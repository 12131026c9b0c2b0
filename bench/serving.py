"""The portal and its bare counterpart as running servers, each started as an operator starts the portal."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import httpx
import psutil

from portal_app.operations import builds
from portal_app.settings import Settings

BARE = Path(__file__).parent / "bare"
BRAND = "minta"
SECRET = "the secret of the figures and of nothing else"
PATIENCE_SECONDS = 120


@dataclass(frozen=True)
class Server:
    """A running server with one worker."""

    url: str
    process: psutil.Process
    hashes: list[str]
    """What the built pages say of the state they hold; the server then answers with what differs."""

    @property
    def socket_url(self) -> str:
        """Where its socket listens."""
        return self.url.replace("http", "ws", 1) + "/_event/"

    def memory(self) -> int:
        """Give the resident bytes of all its processes."""
        return sum(process.memory_info().rss for process in (self.process, *self.process.children(recursive=True)))


def settings_for(folder: Path, port: int = 8000) -> Settings:
    """Give the settings of an installation in this folder, as in production but with post as files."""
    elsewhere = {"public_url": "", "database_url": "", "objects_url": "", "redis_url": "", "clamd_url": "", "metrics_token": ""}
    return Settings(
        _env_file=None, brand=BRAND, data=folder, demo=False, secret_key=SECRET, smtp_url="file:", sms_url="file:", PORT=port,
        proxy_hops=1, **elsewhere,
    )  # fmt: skip


@contextmanager
def serving_portal(folder: Path, role: str = "all") -> Iterator[Server]:
    """Serve the installation in this folder; the pages are built first where that was not done yet."""
    build, port = builds.current_build(BRAND), _free_port()
    environment = {
        **_bare_environment(),
        "PORTAL_BRAND": BRAND,
        "PORTAL_DATA": str(folder),
        "PORTAL_SECRET_KEY": SECRET,
        "PORTAL_SMTP_URL": "file:",
        "PORTAL_SMS_URL": "file:",
        "PORTAL_PROXY_HOPS": "1",
        "PORTAL_ROLE": role,
        "PORT": str(port),
        "HOST": "127.0.0.1",
    }
    command = [sys.executable, "-m", "portal_app", "serve"]
    with _running(command, builds.ROOT, environment, f"http://localhost:{port}/sugo", folder / "server.log") as process:
        yield Server(f"http://localhost:{port}", process, _hashes(build))


@contextmanager
def serving_bare(folder: Path) -> Iterator[Server]:
    """Serve the bare Reflex app, built and served the same way: production, granian, one process, states in memory."""
    build, port = _bare_build(), _free_port()
    environment = {**_bare_environment(), **builds.serving_environment(build), "PORT": str(port)}
    words = ["--factory", "--interface", "asgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command = [sys.executable, "-m", "granian", *words, "--backpressure", "20000", "--log-level", "warning", "bare.bare:app"]
    with _running(command, BARE, environment, f"http://localhost:{port}/", folder / "bare.log") as process:
        yield Server(f"http://localhost:{port}", process, _hashes(build))


@contextmanager
def _running(command: list[str], folder: Path, environment: dict[str, str], url: str, log: Path) -> Iterator[psutil.Process]:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=output, start_new_session=True)
    try:
        _wait_for(process, url, log)
        yield psutil.Process(process.pid)
    finally:
        _stop(process)


def _wait_for(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not _answers(url):
        if process.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"the server did not start:\n{log.read_text(encoding='utf-8')[-4000:]}")
        time.sleep(0.1)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5, follow_redirects=True).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(5)


def _bare_build() -> Path:
    """Give the bare app's build, making it once for each state of its sources and of the toolchain."""
    toolchain = (builds.ROOT / "requirements.txt", builds.ROOT / "reflex.lock" / "package.json")
    digest = sha256()
    for source in (*sorted(BARE.rglob("*.py")), *(file for file in toolchain if file.exists())):
        digest.update(source.read_bytes())
    build = builds.ROOT / "var" / "bench" / digest.hexdigest()[:16]
    if not build.is_dir():
        _make_bare(build)
    return build


def _make_bare(build: Path) -> None:
    """Export from a copy of the sources, where Reflex may leave what it likes."""
    builds.current_build(BRAND)  # also puts Node where Reflex finds it
    copy, web, log = build.with_suffix(".src"), build.with_suffix(".web"), build.with_suffix(".log")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(BARE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(builds.ROOT / "reflex.lock", copy / "reflex.lock")
    node = builds.ROOT / "var" / "node"
    environment = {
        **_bare_environment(),
        **builds.QUIET,
        "REFLEX_WEB_WORKDIR": str(web),
        "REFLEX_ENV_MODE": "prod",
        "REFLEX_USE_NPM": "1",
        "PATH": f"{node}:{os.environ.get('PATH', '')}",
    }
    asked = subprocess.run(
        [node / "node", node / "npm", "config", "get", "registry"], capture_output=True, text=True, check=False
    )
    environment["NPM_CONFIG_REGISTRY"] = asked.stdout.strip() or "https://registry.npmjs.org"
    with log.open("w") as output:
        command = [sys.executable, "-m", "reflex", "export", "--frontend-only", "--no-zip"]
        done = subprocess.run(command, cwd=copy, env=environment, stdout=output, stderr=output, check=False)
    if done.returncode:
        raise RuntimeError(f"the bare app could not be built; see {log}")
    part = build.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(web / "build" / "client", part / "build" / "client")
    part.rename(build)
    shutil.rmtree(web)
    shutil.rmtree(copy)


def _hashes(build: Path) -> list[str]:
    """Read from the built pages what they send when they connect."""
    for script in (build / "build" / "client" / "assets").glob("*.js"):
        # The bundler writes a long list of strings as one string that is split.
        if found := re.search(r"initialStateHashes=(\[[^\]]*\]|`[^`]*`)", script.read_text(encoding="utf-8")):
            return re.findall(r"[0-9a-f]{8,}", found[1])
    raise RuntimeError(f"{build}: the pages do not say which state they hold")


def _bare_environment() -> dict[str, str]:
    """Give the environment without anything that was meant for another installation."""
    foreign = ("PORTAL_", "REFLEX_", "__REFLEX_", "GRANIAN_")
    return {name: value for name, value in os.environ.items() if not name.startswith(foreign)}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
