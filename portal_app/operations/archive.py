"""The form of a backup: one tar with a manifest, tables as compressed JSON lines, documents as they rest, and an end.

The keys of the documents lie in a file of their own beside it, so that erasing a document also erases it from every
backup whose keys file is gone. Neither holds the installation's secret.
"""

import gzip
import io
import json
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

FORMAT = 1
MANIFEST, END = "manifest.json", "end.json"
TABLES, OBJECTS = "tables/", "objects/"
KEYS_TABLE = "document_key"
LEFT_OUT = frozenset({"installation", KEYS_TABLE})
"""The facts of an installation belong to it; the keys go into the file beside."""


class ArchiveWrong(Exception):
    """The file is no complete backup of ours; the text is one sentence."""


@dataclass(frozen=True)
class Manifest:
    """What a backup says about itself."""

    made_at: str
    brand: str
    step: str
    """The step of the schema that the tables have."""
    secret_check: str
    """By which the secret that opens the keys is recognised; says nothing about it."""
    format: int = FORMAT


class Writing:
    """A backup that is being written; nothing is seen under its name before it is complete."""

    def __init__(self, tar: tarfile.TarFile, keys: gzip.GzipFile) -> None:
        """Take the two files."""
        self._tar, self._keys = tar, keys
        self.rows: dict[str, int] = {}
        self.objects = 0
        self._chunks = 0

    def manifest(self, manifest: Manifest) -> None:
        """Begin."""
        self._add(MANIFEST, json.dumps(asdict(manifest)).encode())

    def table(self, name: str, lines: list[str]) -> None:
        """Add some rows of a table; document keys go into the file beside."""
        content = "".join(f"{line}\n" for line in lines).encode()
        self.rows[name] = self.rows.get(name, 0) + len(lines)
        if name == KEYS_TABLE:
            self._keys.write(content)
            return
        self._chunks += 1
        self._add(f"{TABLES}{name}/{self._chunks:06}.jsonl.gz", gzip.compress(content, 6))

    def object(self, key: str, sealed: bytes) -> None:
        """Add a document as it rests, encrypted."""
        self._add(f"{OBJECTS}{key}", sealed)
        self.objects += 1

    def end(self) -> None:
        """Write down how much there is, by which a cut file is known."""
        self._add(END, json.dumps({"rows": self.rows, "objects": self.objects}).encode())

    def _add(self, name: str, content: bytes) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode = len(content), 0o600
        self._tar.addfile(member, io.BytesIO(content))


@contextmanager
def writing(path: Path) -> Iterator[Writing]:
    """Write a backup and its keys; when something fails, neither appears. The files are for their owner only."""
    parts = [Path(f"{path}.part"), Path(f"{path}.keys.part")]
    try:
        with parts[0].open("wb") as file, parts[1].open("wb") as keys:
            with tarfile.open(fileobj=file, mode="w") as tar, gzip.GzipFile(fileobj=keys, mode="wb") as packed:
                yield Writing(tar, packed)
            for each in (file, keys):
                each.flush()
                os.fsync(each.fileno())
        parts[1].rename(f"{path}.keys")
        parts[0].rename(path)
        _sync_folder(path.parent)
    finally:
        for part in parts:
            part.unlink(missing_ok=True)


class Reading:
    """A complete backup that is being read, piece by piece: it may be larger than memory."""

    def __init__(self, path: Path, keys: Path | None) -> None:
        """Look through the file once; raises `ArchiveWrong` when it is cut or not ours."""
        self._path, self._keys = path, keys
        names = [name for name, _ in self._pieces({MANIFEST, END}, all_names=True)]
        if not names or names[0] != MANIFEST:
            raise ArchiveWrong("this is no backup of ours")
        if names[-1] != END:
            raise ArchiveWrong("the backup is not complete: it was cut while it was written or copied")
        found = dict(self._pieces({MANIFEST, END}))
        facts = json.loads(found[MANIFEST])
        if facts.get("format") != FORMAT:
            raise ArchiveWrong(f"the backup has format {facts.get('format')}, this release reads {FORMAT}")
        self.manifest = Manifest(**facts)
        self.end: dict[str, Any] = json.loads(found[END])

    def tables(self, only: str = "") -> Iterator[tuple[str, list[str]]]:
        """Yield every table's rows as JSON lines, some at a time, in the order in which they go in."""
        for name, content in self._pieces({f"{TABLES}{only}"}):
            yield name.split("/")[1], gzip.decompress(content).decode().splitlines()

    def key_rows(self) -> list[str]:
        """Give the rows of the keys file as JSON lines; none where it is left out."""
        if self._keys is None:
            return []
        try:
            with gzip.open(self._keys, "rb") as packed:
                return packed.read().decode().splitlines()
        except FileNotFoundError as missing:
            raise ArchiveWrong(f"there is no keys file {self._keys}") from missing
        except (gzip.BadGzipFile, EOFError) as wrong:
            raise ArchiveWrong("the keys file is damaged") from wrong

    def objects(self) -> Iterator[tuple[str, bytes]]:
        """Yield every document as it rested."""
        for name, content in self._pieces({OBJECTS}):
            yield name.removeprefix(OBJECTS), content

    def _pieces(self, beginnings: set[str], *, all_names: bool = False) -> Iterator[tuple[str, bytes]]:
        """Yield the pieces whose names begin so; with `all_names` the others too, but empty."""
        try:
            with tarfile.open(self._path, "r:") as tar:
                while member := tar.next():
                    # The library remembers every piece it has seen, which a large backup has too many of.
                    tar.members.clear()  # type: ignore[attr-defined]
                    if member.name.startswith(tuple(beginnings)):
                        file = tar.extractfile(member)
                        yield member.name, file.read() if file else b""
                    elif all_names:
                        yield member.name, b""
        except tarfile.TarError as wrong:
            raise ArchiveWrong("this is no backup of ours, or it is damaged") from wrong
        except FileNotFoundError as missing:
            raise ArchiveWrong(f"there is no file {self._path}") from missing


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
