"""The floors: every import looks down."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source import ROOT

LINTER = Path(sys.executable).with_name("lint-imports")


def test_every_import_looks_down() -> None:
    done = subprocess.run([LINTER, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("offence", "where"),
    [
        ("from portal_app.services import letters", "domain/calendar.py"),
        ("from portal_app.ingest import api", "customer/entrance.py"),
        ("from portal_app.database import tables", "ui/words.py"),
        ("import reflex", "services/news.py"),
        ("import sqlmodel", "domain/calendar.py"),
    ],
)
def test_the_contract_notices_an_offence(tmp_path: Path, offence: str, where: str) -> None:
    for file in (ROOT / "portal_app").rglob("*.py"):
        copy = tmp_path / file.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text(encoding="utf-8"), encoding="utf-8")
    offender = tmp_path / "portal_app" / where
    offender.write_text(offender.read_text(encoding="utf-8") + f"\n{offence}\n", encoding="utf-8")

    done = subprocess.run([LINTER, "--no-cache"], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 1, done.stdout
