"""`erasing`: letters a second that retention erases, beside a loop that deletes the same rows and files."""

import shutil
import sqlite3
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from bench.figures import Figure
from bench.filling import DOCUMENT_BYTES
from bench.site import SMALL, Site
from portal_app.gateways.clock import now
from portal_app.operations import nightly
from portal_app.operations.nightly import ERASED_AT_ONCE, Night

CONTENT = b"\0" * DOCUMENT_BYTES


def measure(site: Site) -> list[Figure]:
    """Erase an installation whose letters are all overdue, as the nightly does, and a copy of it by hand."""
    installation = site.new_installation("erasing", SMALL, age=timedelta(days=500))
    house, folder = installation.house, installation.folder
    keys = _object_keys(folder / "portal.db")
    _write_files(folder / "objects", keys)
    copy = site.folder / "erasing-bare"
    copy.mkdir()
    shutil.copy(folder / "portal.db", copy / "portal.db")
    _write_files(copy / "objects", keys)
    bare = _bare_loop(copy, most=SMALL // 2)
    night = Night(house, now())
    began = time.perf_counter()
    nightly.erase(night)
    ours = night.counts["erased_letters"] / (time.perf_counter() - began)
    bare = (bare + _bare_loop(copy, most=SMALL)) / 2
    left = [key for key in keys if (folder / "objects" / key).exists()]
    if night.counts["erased_letters"] != SMALL or left:
        raise RuntimeError(f"{night.counts['erased_letters']} letters were erased and {len(left)} files are left")
    shutil.rmtree(copy)
    details = {"a_second": ours, "baseline_unit": "letters a second", "at_once": ERASED_AT_ONCE, "letters": SMALL}
    return [Figure("erasing", ours / bare, bare, details)]


def _object_keys(path: Path) -> list[str]:
    connection = sqlite3.connect(path)
    keys = [key for (key,) in connection.execute("SELECT object_key FROM document")]
    connection.close()
    return keys


def _write_files(folder: Path, keys: list[str]) -> None:
    for key in keys:
        file = folder / key
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(CONTENT)


def _bare_loop(folder: Path, most: int) -> float:
    """Delete letters with their documents, keys and files, as many at once as the product; give the letters a second."""
    connection = sqlite3.connect(folder / "portal.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    done, began = 0, time.perf_counter()
    for letters, documents in _overdue(connection, most):
        connection.execute("BEGIN IMMEDIATE")
        for table, column, ids in (
            ("document_key", "document_id", [row for row, _ in documents]),
            ("document", "id", [row for row, _ in documents]),
            ("letter", "id", letters),
        ):
            marks = ", ".join("?" * len(ids))
            connection.execute(f"DELETE FROM {table} WHERE {column} IN ({marks})", ids)
        connection.execute("COMMIT")
        for _, key in documents:
            (folder / "objects" / key).unlink()
        done += len(letters)
    seconds = time.perf_counter() - began
    connection.close()
    return done / seconds


def _overdue(connection: sqlite3.Connection, most: int) -> Iterator[tuple[list[int], list[tuple[int, str]]]]:
    """Find portion after portion what is to be deleted: letters, and their documents with object keys."""
    while most > 0:
        found = connection.execute("SELECT id FROM letter ORDER BY erase_on LIMIT ?", (min(most, ERASED_AT_ONCE),))
        letters = [row for (row,) in found]
        if not letters:
            return
        marks = ", ".join("?" * len(letters))
        yield letters, connection.execute(f"SELECT id, object_key FROM document WHERE letter_id IN ({marks})", letters).fetchall()
        most -= len(letters)
