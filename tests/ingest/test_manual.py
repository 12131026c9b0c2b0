"""The manual for insurers' developers: its commands run, and its table of codes is complete and true."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from portal_app.ingest import commands
from portal_app.ingest.examples import small_pdf
from portal_app.ingest.problems import STATUSES
from portal_app.texts.catalogues import places, sentence
from tests.database.conftest import make_bare  # noqa: F401 - a fixture
from tests.operations.conftest import installed  # noqa: F401 - a fixture
from tests.operations.installed import ROOT, Installed
from tests.serving import Server

MANUAL = (ROOT / "docs" / "INGEST_API.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"<!-- (\w+) -->\n```sh\n(.*?)\n```", MANUAL, re.DOTALL))
FIRST = re.search(r"```sh\n(.*?)\n```", MANUAL, re.DOTALL)


def test_the_page_and_the_manual_show_the_same_commands() -> None:
    assert BLOCKS == commands.EXAMPLES
    assert FIRST is not None
    assert FIRST[1] == commands.SETTING


def test_every_code_stands_in_the_manual_with_its_status_and_its_sentence() -> None:
    table = re.findall(r"^\| `(\w+)` \| (\d+) \| (.*) \|$", MANUAL, re.MULTILINE)

    said = {code: (int(status), words) for code, status, words in table}
    assert said == {
        code: (status, sentence(f"api.{code}", "en", **{place: f"`{{{place}}}`" for place in places(f"api.{code}", "en")}))
        for code, status in STATUSES.items()
    }


@pytest.fixture
def running(installed: Installed, tmp_path: Path) -> Server:  # noqa: F811 - the fixture
    """A server, and a folder with what a newcomer has: the virtual environment and a PDF."""
    (tmp_path / "letter.pdf").write_bytes(small_pdf("Any letter"))
    (tmp_path / ".venv").symlink_to(Path(sys.executable).parents[1])
    return Server(installed, key="")


def test_the_commands_of_the_manual_run_as_they_stand(running: Server, tmp_path: Path) -> None:
    running.start()
    assert FIRST is not None
    script = "\n".join(["set -euo pipefail", FIRST[1].replace(":8000", f":{running.port}"), *BLOCKS.values()])

    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env=running.installed.environment | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    running.kill()

    assert done.returncode == 0, done.stderr + done.stdout
    for expected in (
        '"account_status":"invited"',
        '"repeated":false',
        '"repeated":1',
        '"status":"placed"',
        '"letter:placed"',
        '"items":[]',
    ):
        assert expected in done.stdout
