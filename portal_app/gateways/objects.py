"""Document bytes: stored durably under generated keys, each encrypted with a key of its own."""

import secrets as chance
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from portal_app.gateways.envelopes import EnvelopeBroken, close_envelope, new_document_key, open_envelope
from portal_app.gateways.object_places import RESTS_HERE, ObjectMissing, place_of
from portal_app.gateways.secrets import SealBroken, Secrets

__all__ = ["PURPOSE", "ObjectDamaged", "ObjectMissing", "ObjectStore", "StoredObject"]

PURPOSE = "documents"
"""The purpose under which document keys are sealed."""

_THREADS = 8
_SHARD_SIZE = 500


class ObjectDamaged(Exception):
    """The bytes under this key are not those that were stored: a fault, not a refusal."""


@dataclass(frozen=True)
class StoredObject:
    """What the database remembers of stored bytes; `size` in bytes and `sha256` in hex are of the plain content."""

    key: str
    size: int
    sha256: str
    wrapped_key: bytes


class ObjectStore:
    """Stores immutable contents under generated keys and gives them back.

    When `put` or `put_many` returns, the bytes survive a power failure. Each content is encrypted with a key of its
    own, which is returned sealed: whoever forgets the sealed key has destroyed the content, also in every backup.
    """

    def __init__(self, url: str, secrets: Secrets) -> None:
        """Open the place `url` names: a folder, `file:<folder>`, or `s3://bucket/prefix?endpoint=…&region=…`."""
        self._place = place_of(url)
        self._secrets = secrets
        self._lock = threading.Lock()
        self._shard, self._left_in_shard = "", 0
        self._pool = ThreadPoolExecutor(_THREADS, "objects")

    def put(self, content: bytes) -> StoredObject:
        """Store one content durably; `StorageUnavailable` or `StorageFull` when that failed."""
        stored = self._write(self._new_key(), content)
        self._place.settle([stored.key])
        return stored

    def put_many(self, contents: Sequence[bytes]) -> list[StoredObject]:
        """Store contents durably, many at a time, and return them in the same order; either all or a refusal.

        After a refusal some contents may rest unremembered; the nightly sweep of orphans erases them.
        """
        keys = [self._new_key() for _ in contents]
        stored = list(self._pool.map(self._write, keys, contents))
        self._place.settle(keys)
        return stored

    def read(self, key: str, wrapped_key: bytes) -> bytes:
        """Return the whole plain content; refusals and faults as with `stream`."""
        return b"".join(self.stream(key, wrapped_key))

    def stream(self, key: str, wrapped_key: bytes) -> Iterator[bytes]:
        """Yield the plain content in pieces of at most 64 KiB, without holding more than a few of them.

        `StorageUnavailable` is a refusal (try later); `ObjectMissing` and `ObjectDamaged` are faults. A damage may
        show only at the end: who must not pass on a part uses `read`.
        """
        chunks = self._place.chunks(_generated(key))
        try:
            yield from open_envelope(self._secrets.open(PURPOSE, wrapped_key), chunks)
        except (EnvelopeBroken, SealBroken) as broken:
            raise ObjectDamaged(key) from broken

    def read_sealed(self, key: str) -> bytes:
        """Return the bytes as they rest, for a backup; `ObjectMissing` when there are none."""
        return b"".join(self._place.chunks(_generated(key)))

    def put_sealed(self, sealed: Sequence[tuple[str, bytes]]) -> None:
        """Store bytes of a backup durably under the keys they had; what rests there is replaced."""
        keys = [_generated(key) for key, _ in sealed]
        for _ in self._pool.map(self._replace, keys, [content for _, content in sealed]):
            pass
        self._place.settle(keys)

    def delete(self, key: str) -> None:
        """Let the bytes go; nothing happens when they are gone already."""
        self._place.delete(_generated(key))

    def delete_many(self, keys: Sequence[str]) -> None:
        """Let many bytes go, several at a time."""
        for _ in self._pool.map(self.delete, keys):
            pass

    def list_keys(self) -> Iterator[tuple[str, datetime]]:
        """Yield every stored key with the moment it was written (UTC), for the sweep of orphans."""
        return self._place.list_keys()

    def check(self) -> None:
        """`StorageUnavailable` when nothing can be stored or read now."""
        self._place.check()

    def rewrap(self, wrapped_key: bytes) -> bytes:
        """Return a document key sealed with the newest secret key, for the time after a rotation."""
        return self._secrets.seal(PURPOSE, self._secrets.open(PURPOSE, wrapped_key))

    def close(self) -> None:
        """Let running writes finish."""
        self._pool.shutdown()

    def _replace(self, key: str, sealed: bytes) -> None:
        self._place.delete(key)
        self._place.put(key, sealed)

    def _write(self, key: str, content: bytes) -> StoredObject:
        document_key = new_document_key()
        self._place.put(key, close_envelope(document_key, content))
        wrapped_key = self._secrets.seal(PURPOSE, document_key)
        return StoredObject(key, len(content), sha256(content).hexdigest(), wrapped_key)

    def _new_key(self) -> str:
        """Return a key `ab/cd/<id>`; neighbours in time share a shard, because each shard costs an fsync of its own."""
        with self._lock:
            if self._left_in_shard == 0:
                shard = chance.token_hex(2)
                self._shard, self._left_in_shard = f"{shard[:2]}/{shard[2:]}", _SHARD_SIZE
            self._left_in_shard -= 1
            return f"{self._shard}/{chance.token_hex(16)}"


def _generated(key: str) -> str:
    if not RESTS_HERE.fullmatch(key):
        raise ValueError("This is not a key that was ever generated here.")
    return key
