"""Which Chromium the journeys drive; `python -m tests.chromium` installs one where there is none."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def chromium_path() -> str | None:
    """Give the path of a Chromium: the one named in CHROMIUM, the machine's, or Playwright's own; None without any."""
    if named := os.environ.get("CHROMIUM"):
        return named
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    return found or _playwrights_own()


def _playwrights_own() -> str | None:
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def install() -> None:
    """Install Debian's package as root on Debian, else Playwright's own."""
    if os.getuid() == 0 and Path("/etc/debian_version").exists():
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], check=True, env=environment)
        command = ["apt-get", "install", "-qq", "-y", "--no-install-recommends", "chromium", "fonts-noto-core"]
        if subprocess.run(command, check=False, env=environment).returncode == 0:
            return
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)


if __name__ == "__main__":
    if chromium_path() is None:
        print("No Chromium found; installing one …", file=sys.stderr)
        install()
