"""Backup: a consistent copy of everything while the portal goes on working."""

import json
import time
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import structlog
import typer
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from portal_app.database.copies import copied_tables, rows_of
from portal_app.database.schema import step_of
from portal_app.gateways import clock
from portal_app.gateways.objects import ObjectMissing
from portal_app.operations.archive import KEYS_TABLE, LEFT_OUT, Manifest, Writing, writing
from portal_app.operations.failures import CommandFailed
from portal_app.operations.opening import open_installation
from portal_app.operations.turns import BUSY, TurnTaken, turn
from portal_app.services import installation
from portal_app.services.house import House

WAITS_FOR_NIGHTLY = timedelta(minutes=15)

log = structlog.get_logger(__name__)


def backup(file: Annotated[Path, typer.Argument(help="The new file; its keys go into FILE.keys.")]) -> None:
    """Write a consistent copy of database and documents to FILE, and the documents' wrapped keys to FILE.keys.

    Works while the portal does; waits up to 15 minutes for a running nightly. Keep FILE.keys no longer than 35 days and
    apart from FILE: without it, erased documents cannot be read from old copies. The secret is in neither.
    Prints one line of JSON. Exit codes: 0 written; 1 written, but some documents had no bytes, or not written;
    2 a setting is wrong; 75 a nightly or another backup is running.
    """
    for path in (file, Path(f"{file}.keys")):
        if path.exists():
            raise CommandFailed(f"{path} exists already: nothing is overwritten")
    with open_installation() as house:
        try:
            summary = make_backup(house, file)
        except TurnTaken:
            raise CommandFailed("a nightly or another backup is running", BUSY) from None
        except OSError as fault:
            raise CommandFailed(f"{file} could not be written: {fault.strerror}") from fault
    print(json.dumps(summary))
    if summary["missing"]:
        raise typer.Exit(1)


def make_backup(house: House, file: Path, *, waits: timedelta = WAITS_FOR_NIGHTLY) -> dict[str, Any]:
    """Write the backup and give the summary; raises `TurnTaken` when a nightly does not end in time.

    No nightly runs meanwhile, because only it takes documents away: everything the tables name is still there.
    """
    began = time.monotonic()
    made_at = clock.now()
    _wait_for_turn(house, waits)
    with turn(house.database, "nightly"), writing(file) as archive, _progress() as shown:
        manifest = Manifest(made_at.isoformat(), house.brand.name, step_of(house.database), house.secrets.check_value())
        archive.manifest(manifest)
        object_keys = _copy_tables(house, archive, shown)
        missing = _copy_objects(house, archive, object_keys, shown)
        archive.end()
    with house.database.writing() as db:
        installation.remember(db, installation.BACKUP_FINISHED, made_at.isoformat())
    return {
        "command": "backup",
        "at": made_at.isoformat(),
        "rows": sum(archive.rows.values()),
        "objects": archive.objects,
        "keys": archive.rows.get(KEYS_TABLE, 0),
        "missing": missing,
        "bytes": file.stat().st_size,
        "seconds": round(time.monotonic() - began, 3),
    }


def _wait_for_turn(house: House, waits: timedelta) -> None:
    """Wait until no nightly runs; the turn itself is taken afterwards."""
    end = time.monotonic() + waits.total_seconds()
    while time.monotonic() < end:
        try:
            with turn(house.database, "nightly"):
                return
        except TurnTaken:
            time.sleep(0.5)


def _copy_tables(house: House, archive: Writing, shown: Progress) -> list[str]:
    """Copy every table as it is at one moment; give the names under which documents rest."""
    task = shown.add_task("rows", total=None)
    object_keys: list[str] = []
    with house.database.reading() as db:
        for table in copied_tables():
            if table.name in LEFT_OUT - {KEYS_TABLE}:
                continue
            for lines in rows_of(db, table):
                archive.table(table.name, lines)
                if table.name == "document":
                    object_keys += [json.loads(line)["object_key"] for line in lines]
                shown.advance(task, len(lines))
    return object_keys


def _copy_objects(house: House, archive: Writing, object_keys: list[str], shown: Progress) -> int:
    """Copy the documents as they rest, encrypted; give the number of those that are not there."""
    missing = 0
    for key in shown.track(object_keys, description="documents"):
        try:
            archive.object(key, house.objects.read_sealed(key))
        except ObjectMissing:
            missing += 1
            log.warning("a document has no bytes", object_key=key)
    return missing


def _progress() -> Progress:
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description:10}"), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
