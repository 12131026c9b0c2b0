"""The operator's manual, the example of the settings and the deployment's files say what the program does."""

import re
import shlex
from pathlib import Path

import pytest
import typer

from portal_app.__main__ import commands
from portal_app.operations.example import example_environment, variable_of
from portal_app.operations.nightly import COUNTED
from portal_app.settings import Settings
from tests.operations.installed import ROOT

MANUAL = (ROOT / "docs" / "OPERATIONS.md").read_text(encoding="utf-8")
VARIABLES = [variable_of(name, field) for name, field in Settings.model_fields.items()]
UNITS = sorted((ROOT / "deploy" / "systemd").iterdir())


def command_names() -> list[str]:
    main = typer.main.get_command(commands)
    names = []
    for name, command in main.commands.items():  # type: ignore[attr-defined]
        inner = getattr(command, "commands", None)
        names += [f"{name} {each}" for each in inner] if inner else [name]
    return names


@pytest.mark.parametrize("variable", VARIABLES)
def test_every_setting_has_its_line_in_the_manual(variable: str) -> None:
    assert re.search(rf"^\| `{variable}` \| [^|]+ \| [^|]{{10,}}", MANUAL, re.MULTILINE)


def test_no_setting_is_explained_that_does_not_exist() -> None:
    assert set(re.findall(r"^\| `(PORTAL_\w+|PORT|HOST)` \|", MANUAL, re.MULTILINE)) == set(VARIABLES)


@pytest.mark.parametrize("name", command_names())
def test_every_command_has_its_line_with_exit_codes_in_the_manual(name: str) -> None:
    assert re.search(rf"^\| `{name}[^`]*` \| .+ \| 0", MANUAL, re.MULTILINE)


def test_no_command_is_explained_that_does_not_exist() -> None:
    table = MANUAL.split("## Commands")[1].split("## Timers")[0]
    named = re.findall(r"^\| `([a-z]+(?: [a-z]+)?)", table, re.MULTILINE)

    assert sorted(named) == sorted(command_names())


def test_the_example_file_is_the_one_the_program_prints() -> None:
    assert (ROOT / ".env.example").read_text(encoding="utf-8") == example_environment()


def test_the_example_file_shows_no_secret_and_changes_nothing(tmp_path: Path) -> None:
    lines = [line for line in example_environment().splitlines() if line]

    assert all(line.startswith("#") for line in lines)


def test_the_nightlys_line_is_shown_as_it_is() -> None:
    assert all(f'"{name}"' in MANUAL for name in COUNTED)


@pytest.mark.parametrize("unit", [unit for unit in UNITS if unit.suffix == ".service"], ids=lambda unit: unit.name)
def test_every_unit_calls_a_command_that_exists(unit: Path) -> None:
    (line,) = re.findall(r"^ExecStart=(.+)$", unit.read_text(encoding="utf-8"), re.MULTILINE)
    (called,) = re.findall(r"-m portal_app ([a-z]+)", line)

    assert called in command_names()
    assert shlex.split(line)


def test_every_timer_has_its_service() -> None:
    names = {unit.name for unit in UNITS}

    assert {name.replace(".timer", ".service") for name in names if name.endswith(".timer")} <= names


@pytest.mark.parametrize("file", ["environment.example", "compose.yaml", "Dockerfile"])
def test_the_deployments_files_name_only_settings_that_exist(file: str) -> None:
    named = set(re.findall(r"PORTAL_[A-Z_]+", (ROOT / "deploy" / file).read_text(encoding="utf-8")))

    assert named - set(VARIABLES) == set()


def test_the_manual_names_every_figure() -> None:
    from portal_app.operations.metrics import Metrics

    figures = {family.name for family in Metrics()._registry.collect() if family.name.startswith("portal_")}
    assert {name for name in figures if name not in MANUAL} == set()
