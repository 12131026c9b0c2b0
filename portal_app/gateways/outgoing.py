"""Files in the outgoing folder, each appearing complete or not at all, named so that they sort by time."""

import os
import secrets
from datetime import datetime
from pathlib import Path

from portal_app.gateways import clock


def write_outgoing(folder: Path, ending: str, content: bytes, at: datetime | None = None) -> Path:
    """Write one file for its owner only, atomically and durably, and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{at or clock.now():%Y%m%dT%H%M%S.%f}-{secrets.token_hex(4)}{ending}"
    hidden, shown = folder / f".{name}", folder / name
    descriptor = os.open(hidden, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    hidden.rename(shown)
    return shown


def folder_of(url: str, usual: Path) -> Path | None:
    """Return the folder that `file:` or `file:/path` names, None for another kind of address."""
    scheme, colon, path = url.partition(":")
    if not colon or scheme != "file":
        return None
    return Path(path.removeprefix("//")) if path else usual
