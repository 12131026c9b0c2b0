"""Zip archives, made while they are sent: nothing is held in memory or on disk."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from zipstream import ZipStream

_LONGEST_NAME = 100
_LONGEST_ENDING = 10
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9.()+-]+")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)", re.IGNORECASE)


@dataclass(frozen=True)
class ZipEntry:
    """One file of an archive: `chunks` is called only when its turn comes; `size` in bytes, None when not known."""

    name: str
    size: int | None
    chunks: Callable[[], Iterable[bytes]]


def zip_entry(name: str, content: bytes) -> ZipEntry:
    """Return an entry whose small content is at hand."""
    return ZipEntry(name, len(content), lambda: (content,))


def zip_stream(entries: Iterable[ZipEntry]) -> tuple[int | None, Iterator[bytes]]:
    """Return the archive's exact length in bytes (None when a size is not known) and its bytes, made lazily.

    Names become plain ASCII (`plain_name`) and unique. Files are stored, not compressed: PDFs and photos are already.
    A fault while reading an entry ends the stream before its end, so nobody takes a part for the whole.
    """
    queued = list(entries)
    sized = all(entry.size is not None for entry in queued)
    archive = ZipStream(sized=sized)
    taken: set[str] = set()
    for entry in queued:
        archive.add(_Lazily(entry.chunks), unique_name(plain_name(entry.name), taken), size=entry.size)
    return (len(archive) if sized else None), iter(archive)


def plain_name(name: str) -> str:
    """Return a file name in ASCII that every program on every system unpacks: accents dropped, no path, no blanks."""
    bare = name.replace("\\", "/").rpartition("/")[2]
    letters = unicodedata.normalize("NFKD", bare)
    base = "".join(letter for letter in letters if not unicodedata.combining(letter))
    plain = _NOT_PLAIN.sub("_", base).strip("._") or "file"
    plain = f"_{plain}" if _RESERVED.match(plain) else plain
    stem, ending = _parted(plain)
    return f"{stem[: _LONGEST_NAME - len(ending)].rstrip('._')}{ending}"


class _Lazily:
    """Opens the source only when the archive comes to it."""

    def __init__(self, chunks: Callable[[], Iterable[bytes]]) -> None:
        self._chunks = chunks

    def __iter__(self) -> Iterator[bytes]:
        yield from self._chunks()


def unique_name(name: str, taken: set[str]) -> str:
    """Return the name, numbered when it is taken already, and take it.

    Upper and lower case are the same file on many systems.
    """
    stem, ending = _parted(name)
    candidate, number = name, 1
    while candidate.lower() in taken:
        number += 1
        candidate = f"{stem}_{number}{ending}"
    taken.add(candidate.lower())
    return candidate


def _parted(name: str) -> tuple[str, str]:
    stem, dot, ending = name.rpartition(".")
    if not dot or not stem or len(ending) > _LONGEST_ENDING:
        return name, ""
    return stem, f".{ending}"
