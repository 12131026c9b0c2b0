"""Serve: prepare database, demonstration and pages, then become the web server."""

import os
import sys

from portal_app.operations import builds
from portal_app.operations.courier import run_courier
from portal_app.operations.demo import fill_if_empty
from portal_app.operations.opening import open_installation
from portal_app.settings import Role, Settings, load_settings, read_brand

# A stopping server lets downloads finish, but not for ever.
KILL_AFTER = "10s"
# Every open tab holds a socket, and a socket counts as a request that is still being answered.
OPEN_REQUESTS = 20_000


def serve() -> None:
    """Start the web application on one port in production mode; with PORTAL_ROLE=courier the courier instead.

    Raises `SettingsWrong` and `BuildFailed`.
    """
    settings = load_settings()
    if settings.role is Role.COURIER:
        run_courier(once=False)
        return
    brand = read_brand(settings.brand)
    prepare()
    build = builds.current_build(settings.brand)
    builds.hold(build)
    environment = {**os.environ, **builds.serving_environment(build), "PORT": str(settings.port), "HOST": settings.host}
    print(f"{brand.insurer}: {settings.public_origin}", file=sys.stderr, flush=True)
    os.chdir(builds.ROOT)
    os.execve(sys.executable, server_command(settings), environment)  # noqa: S606 - our own interpreter, no shell


def server_command(settings: Settings) -> list[str]:
    """Write the command of the web server: one worker unless Redis lets several share their states."""
    workers = os.environ.get("GRANIAN_WORKERS", "2") if settings.redis_url else "1"
    options = {
        "interface": "asgi",
        "host": settings.host,
        "port": str(settings.port),
        "workers": workers,
        "workers-kill-timeout": KILL_AFTER,
        "backpressure": str(OPEN_REQUESTS),
        "log-level": "warning",
    }
    flat = [word for name, value in options.items() for word in (f"--{name}", value)]
    return [sys.executable, "-m", "granian", "--factory", *flat, "portal_app.portal_app:app"]


def prepare() -> None:
    """Make sure that the database is ready and ours; the demonstration fills an empty one.

    Raises `SettingsWrong`.
    """
    with open_installation() as house:
        if house.settings.demo:
            fill_if_empty(house)
