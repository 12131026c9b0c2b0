"""Serving: what is refused before it starts, and how the server is called."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from portal_app.__main__ import commands
from portal_app.operations.serve import server_command
from portal_app.settings import Settings


def settings(tmp_path: Path, **more: object) -> Settings:
    return Settings(_env_file=None, demo=True, data=tmp_path, **more)  # type: ignore[arg-type]


def option(command: list[str], name: str) -> str:
    return command[command.index(f"--{name}") + 1]


def test_one_port_one_process(tmp_path: Path) -> None:
    command = server_command(settings(tmp_path, PORT=8123, HOST="0.0.0.0"))  # noqa: S104 - as in a container

    assert (option(command, "port"), option(command, "host"), option(command, "workers")) == ("8123", "0.0.0.0", "1")  # noqa: S104


def test_several_processes_need_redis_to_share_their_states(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRANIAN_WORKERS", "4")

    alone = server_command(settings(tmp_path))
    together = server_command(settings(tmp_path, redis_url="redis://localhost"))

    assert (option(alone, "workers"), option(together, "workers")) == ("1", "4")


def test_every_command_is_listed_with_a_sentence() -> None:
    listed = CliRunner().invoke(commands, ["--help"], env={"COLUMNS": "200"}).stdout

    assert [name for name in ("serve", "build", "demo", "courier") if name not in listed] == []
    assert [command.name for command in commands.registered_commands if not (command.callback and command.callback.__doc__)] == []
