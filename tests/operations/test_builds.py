"""Builds: when the pages are built anew, and when not."""

import os
import shutil
from pathlib import Path

import pytest

from portal_app.operations import builds
from portal_app.operations.builds import COPY, ROOT, SOURCES, fingerprint, serving_environment


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what builds depend on."""
    folder = tmp_path_factory.mktemp("sources")
    for source in SOURCES:
        if (ROOT / source).is_file():
            shutil.copy(ROOT / source, folder / source)
        else:
            shutil.copytree(ROOT / source, folder / source, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@pytest.mark.parametrize(
    "place",
    ["portal_app/customer/statement.py", "portal_app/texts/hu/shell.po", "assets/portal.css", "rxconfig.py", "requirements.txt"],
)
def test_a_change_that_a_page_could_show_builds_anew(sources: Path, place: str) -> None:
    before, content = fingerprint("minta", sources), (sources / place).read_bytes()

    (sources / place).write_bytes(content + b"\n")
    after = fingerprint("minta", sources)
    (sources / place).write_bytes(content)

    assert before != after
    assert fingerprint("minta", sources) == before


@pytest.mark.parametrize("place", ["portal_app/operations/serve.py", "portal_app/ingest/api.py", "portal_app/gateways/clock.py"])
def test_a_change_in_the_back_rooms_does_not(sources: Path, place: str) -> None:
    before, content = fingerprint("minta", sources), (sources / place).read_bytes()

    (sources / place).write_bytes(content + b"\n")
    after = fingerprint("minta", sources)
    (sources / place).write_bytes(content)

    assert before == after


def test_each_brand_has_its_own_build(sources: Path) -> None:
    assert fingerprint("minta", sources) != fingerprint("allianz", sources)


def test_a_brand_by_path_has_the_same_build_as_by_name(sources: Path) -> None:
    assert fingerprint(str(ROOT / "portal_app/brands/minta.toml"), sources) == fingerprint("minta", sources)


def test_the_build_for_these_sources_is_found_again_without_building(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builds, "BUILDS", tmp_path)
    kept = tmp_path / fingerprint("minta", ROOT)
    kept.mkdir()

    assert builds.current_build("minta") == kept


def test_old_builds_go_and_the_newest_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builds, "BUILDS", tmp_path)
    for number in range(6):
        (tmp_path / f"build{number}").mkdir()
    newest = tmp_path / "build0"

    builds._forget_old(newest)

    assert newest.is_dir()
    assert len(list(tmp_path.iterdir())) <= builds.KEPT + 1


def test_a_build_that_a_server_runs_on_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builds, "BUILDS", tmp_path)
    for number in range(7):
        (tmp_path / f"build{number}").mkdir()
        os.utime(tmp_path / f"build{number}", (number, number))
    served = tmp_path / "build0"
    builds.hold(served)

    builds._forget_old(tmp_path / "build6")

    assert sorted(folder.name for folder in tmp_path.iterdir() if folder.is_dir()) == [
        "build0", "build3", "build4", "build5", "build6"
    ]  # fmt: skip


def test_a_build_is_served_without_compiling_and_without_telemetry(tmp_path: Path) -> None:
    environment = serving_environment(tmp_path)

    assert environment["REFLEX_WEB_WORKDIR"] == str(tmp_path)
    assert environment["__REFLEX_SKIP_COMPILE"] == "true"
    assert environment["REFLEX_TELEMETRY_ENABLED"] == "false"


def test_builds_leave_nothing_at_the_root() -> None:
    assert COPY.is_relative_to(ROOT / "var")
    assert not (ROOT / ".web").exists()
    assert not (ROOT / ".states").exists()
