"""The built product as a subprocess, as an operator starts it, with a data folder and a port of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from portal_app.settings import Settings
from tests.conftest import free_port

ROOT = Path(__file__).parents[2]
# The first start builds the pages.
PATIENCE_SECONDS = 300


@dataclass
class Product:
    """A running portal."""

    port: int
    data: Path
    brand: str = "minta"
    more: dict[str, str] = field(default_factory=dict)
    """Further settings, by their variable."""
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The origin to open in a browser."""
        return f"http://localhost:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What the product and its commands are started with."""
        ours = {name: value for name, value in os.environ.items() if not name.startswith(("PORTAL_", "REFLEX_", "PYTEST_"))}
        own = {"PORTAL_DEMO": "1", "PORTAL_DATA": str(self.data), "PORTAL_BRAND": self.brand, "PORT": str(self.port)}
        return {**ours, **own, "HOST": "127.0.0.1", **self.more}

    @property
    def settings(self) -> Settings:
        """The settings the product runs with, for tests that look into its database."""
        return Settings(_env_file=None, brand=self.brand, data=self.data, demo=True, PORT=self.port)

    @property
    def log(self) -> Path:
        """What the product wrote."""
        return self.data / "server.log"

    def command(self, *words: str) -> str:
        """Run one of the operator's commands on the same data; gives what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "portal_app", *words],
            cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def people(self) -> list[dict[str, str]]:
        """List the demonstration's people as `demo --json` does."""
        return list(json.loads(self.command("demo", "--json")))

    def start(self) -> None:
        """Start and wait until it answers."""
        self.data.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "portal_app", "serve"],
                cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        end = time.monotonic() + PATIENCE_SECONDS
        while not self.answers():
            assert self.process.poll() is None, self.log.read_text(encoding="utf-8")[-4000:]
            assert time.monotonic() < end, "the product did not answer in time"
            time.sleep(0.1)

    def answers(self) -> bool:
        """Whether the product answers."""
        try:
            return httpx.get(f"{self.url}/akadalymentesseg", timeout=5).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def stop(self, with_signal: signal.Signals = signal.SIGTERM) -> None:
        """Stop the process group."""
        if self.process is None or self.process.poll() is not None:
            return
        os.killpg(self.process.pid, with_signal)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(5)


def new_product(data: Path, brand: str = "minta") -> Product:
    """Describe a product on a free port, not started yet."""
    return Product(free_port(), data, brand)
