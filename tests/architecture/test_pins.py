"""The environment is exactly what the requirements pin: the same commit installs the same software on any day."""

import re
from importlib.metadata import distributions

from tests.architecture.source import ROOT

PIN = re.compile(r"([\w.-]+)(?:\[[^\]]*\])?==(\S+)")
OF_PYTHON_ITSELF = {"pip", "setuptools"}


def plain(name: str) -> str:
    """Spell a package's name as PyPI compares it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_everything_that_is_installed_is_pinned_and_nothing_else_is() -> None:
    lines = [line for name in ("requirements.txt", "requirements-dev.txt") for line in (ROOT / name).read_text().splitlines()]
    pinned = {plain(found[1]): found[2] for line in lines if (found := PIN.match(line))}
    installed = {plain(one.metadata["Name"]): one.version for one in distributions()}

    assert {name: version for name, version in installed.items() if name not in OF_PYTHON_ITSELF} == pinned
