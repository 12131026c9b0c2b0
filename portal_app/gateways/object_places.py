"""The two places where sealed bytes can rest: a folder on this machine, or an S3 bucket."""

import errno
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import S3Store

from portal_app.domain.errors import StorageFull, StorageUnavailable

_READ_AT_ONCE = 256 * 1024
_PATIENCE = timedelta(seconds=20)
RESTS_HERE = re.compile(r"[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{32}")
"""Keys as we make them."""


class ObjectMissing(Exception):
    """No bytes rest under this key, although somebody remembers it: a fault, not a refusal."""


class Place(Protocol):
    """What the object store needs of a place."""

    def put(self, key: str, sealed: bytes) -> None:
        """Write the bytes durably under a new key."""

    def settle(self, keys: Iterable[str]) -> None:
        """Make the names of what was put durable, too."""

    def chunks(self, key: str) -> Iterator[bytes]:
        """Yield the bytes in pieces; `ObjectMissing` when there are none."""

    def delete(self, key: str) -> None:
        """Let the bytes go; nothing happens when they are gone already."""

    def list_keys(self) -> Iterator[tuple[str, datetime]]:
        """Yield every key with the moment it was written."""

    def check(self) -> None:
        """`StorageUnavailable` when the place cannot be used now."""


class Folder:
    """A local folder, written with plain system calls.

    obstore's local store neither fsyncs nor can be told to, and took twice as long as the bare write beside it.
    A file is created under its final name: nobody knows a key before its content is durable, so the half of a file
    that a crash leaves behind is an orphan like any other.
    """

    def __init__(self, root: Path) -> None:
        """Make the folder if it is not there, for its owner only."""
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._root = root.resolve()
        self._durable_shards: set[str] = set()

    def put(self, key: str, sealed: bytes) -> None:
        """Write and fsync a new file."""
        path = self._root / key
        with storage_refusals():
            if path.parent.as_posix() not in self._durable_shards:
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write_durably(path, sealed)

    def settle(self, keys: Iterable[str]) -> None:
        """Fsync each folder once, and the folders above where this process has not yet done so."""
        with storage_refusals():
            for shard in {(self._root / key).parent for key in keys}:
                _fsync(shard)
                if shard.as_posix() not in self._durable_shards:
                    _fsync(shard.parent)
                    _fsync(self._root)
                    self._durable_shards.add(shard.as_posix())

    def chunks(self, key: str) -> Iterator[bytes]:
        """Yield the file's bytes."""
        with storage_refusals():
            try:
                file = (self._root / key).open("rb", buffering=0)
            except FileNotFoundError as missing:
                raise ObjectMissing(key) from missing
            with file:
                while chunk := file.read(_READ_AT_ONCE):
                    yield chunk

    def delete(self, key: str) -> None:
        """Unlink the file."""
        with storage_refusals(), suppress(FileNotFoundError):
            (self._root / key).unlink()

    def list_keys(self) -> Iterator[tuple[str, datetime]]:
        """Yield what rests in the folder."""
        for file in self._root.glob("??/??/*"):
            key = file.relative_to(self._root).as_posix()
            with suppress(FileNotFoundError):
                if RESTS_HERE.fullmatch(key):
                    yield key, datetime.fromtimestamp(file.stat().st_mtime, UTC)

    def check(self) -> None:
        """Look whether the folder is there and can be written to."""
        if not os.access(self._root, os.R_OK | os.W_OK | os.X_OK):
            raise StorageUnavailable


class Bucket:
    """An S3 bucket; `s3://bucket/prefix?endpoint=…&region=…`, credentials from the usual `AWS_*` variables."""

    def __init__(self, url: str) -> None:
        """Read the address; nothing is asked of the bucket yet."""
        parts = urlsplit(url)
        wishes = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        unknown = wishes.keys() - {"endpoint", "region"}
        if unknown or not parts.netloc:
            raise ValueError("An S3 address looks like s3://bucket/prefix?endpoint=https://…&region=…")
        endpoint = wishes.get("endpoint")
        options = {"endpoint": endpoint} if endpoint else {}
        self._store = S3Store(
            parts.netloc,
            prefix=parts.path.strip("/") or None,
            region=wishes.get("region", "eu-central-1"),
            client_options={
                "allow_http": bool(endpoint and endpoint.startswith("http://")),
                "connect_timeout": timedelta(seconds=5),
                "timeout": _PATIENCE,
            },
            retry_config={"max_retries": 2, "retry_timeout": _PATIENCE},
            **options,  # type: ignore[arg-type]
        )

    def put(self, key: str, sealed: bytes) -> None:
        """Put the object; S3 answers when it is durable."""
        with storage_refusals():
            obstore.put(self._store, key, sealed, use_multipart=False)

    def settle(self, keys: Iterable[str]) -> None:
        """Do nothing more: in S3 an answered name is durable."""

    def chunks(self, key: str) -> Iterator[bytes]:
        """Yield the object's bytes."""
        with storage_refusals():
            try:
                answer = obstore.get(self._store, key)
            except (NotFoundError, FileNotFoundError) as missing:
                raise ObjectMissing(key) from missing
            for chunk in answer.stream(min_chunk_size=_READ_AT_ONCE):
                yield bytes(chunk)

    def delete(self, key: str) -> None:
        """Delete the object; S3 does not mind when there is none."""
        with storage_refusals(), suppress(NotFoundError, FileNotFoundError):
            obstore.delete(self._store, key)

    def list_keys(self) -> Iterator[tuple[str, datetime]]:
        """Yield what rests under the prefix."""
        with storage_refusals():
            for some in obstore.list(self._store):
                for found in some:
                    if RESTS_HERE.fullmatch(found["path"]):
                        yield found["path"], found["last_modified"]

    def check(self) -> None:
        """Ask the bucket for one name."""
        with storage_refusals():
            next(iter(obstore.list(self._store, chunk_size=1)), None)


def place_of(url: str) -> Place:
    """Open the place an address names: `s3://…`, `file:<folder>` or just a folder."""
    if url.startswith("s3://"):
        return Bucket(url)
    if url.startswith("file:"):
        return Folder(Path(unquote(urlsplit(url).path)))
    if "://" in url:
        raise ValueError("Objects rest in a folder or at s3://…")
    return Folder(Path(url))


@contextmanager
def storage_refusals() -> Iterator[None]:
    """Turn what the storage library and the system report into our refusals."""
    try:
        yield
    except OSError as fault:
        if fault.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise StorageFull from fault
        raise StorageUnavailable from fault
    except BaseError as fault:
        raise StorageUnavailable from fault


def _write_durably(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        waiting = memoryview(content)
        while waiting:
            waiting = waiting[os.write(descriptor, waiting) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
