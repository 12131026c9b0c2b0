"""Restore: a backup becomes an installation again, on either database."""

import json
import os
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from portal_app.database.copies import Filling, is_unused
from portal_app.database.schema import Standing, filling, migrate, standing_of
from portal_app.gateways.logs import configure_logs
from portal_app.operations.archive import KEYS_TABLE, ArchiveWrong, Manifest, Reading
from portal_app.operations.failures import CommandFailed
from portal_app.services.house import House, open_house
from portal_app.services.installation import check_installation
from portal_app.services.reminders import in_portions
from portal_app.settings import load_settings

OBJECTS_AT_ONCE = 200


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `backup` wrote.")],
    *,
    keys: Annotated[Path | None, typer.Option(help="The keys file, when it is not FILE.keys.")] = None,
    without_keys: Annotated[bool, typer.Option("--without-keys", help="Do without keys: no document can be read.")] = False,
) -> None:
    """Put a backup into an empty installation with the same brand and secret.

    Documents whose key is not in the keys file stay erased. Prints one line of JSON. Exit codes: 0 restored; 1 not
    restored, and the sentence says why; 2 a setting is wrong.
    """
    os.umask(0o077)
    configure_logs()
    house = open_house(load_settings())
    try:
        reading = Reading(file, None if without_keys else keys or Path(f"{file}.keys"))
        print(json.dumps(put_back(house, reading)))
    except ArchiveWrong as wrong:
        raise CommandFailed(f"{file}: {wrong}") from None
    finally:
        house.objects.close()
        house.database.close()


def put_back(house: House, reading: Reading) -> dict[str, Any]:
    """Restore and give the summary; documents first, then all rows in one transaction, so that it may be repeated.

    Raises `CommandFailed` when the installation is not empty or is another one, and `ArchiveWrong`.
    """
    began = time.monotonic()
    _check_fit(house, reading.manifest)
    key_rows = reading.key_rows()
    live = _live_objects(reading, key_rows)
    objects = 0
    for some in in_portions((item for item in reading.objects() if item[0] in live), OBJECTS_AT_ONCE):
        house.objects.put_sealed(some)
        objects += len(some)
    migrate(house.database, reading.manifest.step)
    rows: dict[str, int] = {}
    with filling(house.database) as connection:
        into = Filling(connection)
        for name, lines in reading.tables():
            rows[name] = rows.get(name, 0) + into.insert(name, lines)
        for some_keys in in_portions(key_rows, 2000):
            rows[KEYS_TABLE] = rows.get(KEYS_TABLE, 0) + into.insert(KEYS_TABLE, some_keys)
        expected = {name: count for name, count in reading.end["rows"].items() if name != KEYS_TABLE and count}
        if expected != {name: count for name, count in rows.items() if name != KEYS_TABLE and count}:
            raise ArchiveWrong("the backup does not hold the rows that it announces")
        into.settle_counters()
    migrate(house.database)
    house.database.carry_out(check_installation, house.brand, house.secrets)
    return {
        "command": "restore",
        "made_at": reading.manifest.made_at,
        "rows": sum(rows.values()),
        "objects": objects,
        "without_key": reading.end["rows"].get("document", 0) - rows.get(KEYS_TABLE, 0),
        "seconds": round(time.monotonic() - began, 3),
    }


def _check_fit(house: House, manifest: Manifest) -> None:
    if manifest.brand != house.brand.name:
        raise CommandFailed(f"the backup belongs to the brand {manifest.brand}, PORTAL_BRAND is {house.brand.name}")
    if not house.secrets.recognises(manifest.secret_check):
        raise CommandFailed("PORTAL_SECRET_KEY is not the secret this backup was made with")
    if standing_of(house.database) is Standing.AHEAD or not is_unused(house.database, but={"installation"}):
        raise CommandFailed("the database is not empty: restore into a new one")


def _live_objects(reading: Reading, key_rows: list[str]) -> set[str]:
    """Name the objects whose documents still have a key; the others were erased and stay so."""
    with_key = {json.loads(row)["document_id"] for row in key_rows}
    documents = (json.loads(line) for _, lines in reading.tables("document/") for line in lines)
    return {document["object_key"] for document in documents if document["id"] in with_key}
