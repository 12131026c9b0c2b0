"""The insurer systems' API as a process of its own."""

import subprocess
import sys
import time
from dataclasses import dataclass, field

import httpx
import pytest

from tests.conftest import free_port
from tests.operations.installed import ROOT, Installed


@dataclass
class Server:
    """The API as a process that is killed and started again."""

    installed: Installed
    key: str
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/v1"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    def start(self) -> None:
        arguments = ["--interface", "asgi", "--host", "127.0.0.1", "--port", str(self.port), "--log-level", "error"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "granian", *arguments, "tests.faults.ingest_server:app"],
            cwd=ROOT,
            env=self.installed.environment,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                httpx.get(f"{self.address}/docs.css")
            except httpx.HTTPError:
                time.sleep(0.05)
            else:
                return
        pytest.fail("the server did not start")

    def kill(self) -> None:
        """Kill the server and its worker at once, as a power cut or the kernel would."""
        assert self.process is not None
        subprocess.run(["kill", "-9", "--", f"-{self.process.pid}"], check=False)
        self.process.wait()
