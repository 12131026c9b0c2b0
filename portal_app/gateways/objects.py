"""Where document bytes rest: a local folder or an S3 bucket, encrypted with a key per document."""

import errno
import os
import re
import secrets as chance
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Protocol
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from portal_app.domain.errors import StorageFull, StorageUnavailable
from portal_app.gateways.envelopes import EnvelopeBroken, close_envelope, new_document_key, open_envelope
from portal_app.gateways.secrets import Secrets

PURPOSE = "documents"
"""The purpose under which document keys are sealed."""

_THREADS = 16
_SHARD_SIZE = 500
_READ_AT_ONCE = 256 * 1024
_KEY = re.compile(r"[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{32}")
_LEFTOVER = re.compile(_KEY.pattern + r"#[0-9]+")


class ObjectMissing(Exception):
    """No bytes rest under this key, although somebody remembers it: a fault, not a refusal."""


class ObjectDamaged(Exception):
    """The bytes under this key are not those that were stored: a fault, not a refusal."""


@dataclass(frozen=True)
class StoredObject:
    """What the database remembers of stored bytes; `size` in bytes and `sha256` (hex) are of the plain content."""

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
        """Open the place `url` names: a folder, `file:<folder>`, or `s3://bucket/prefix?endpoint=…&region=…`.

        S3 credentials come from the usual `AWS_*` environment variables.
        """
        self._place = _place(url)
        self._secrets = secrets
        self._shard = ""
        self._left_in_shard = 0
        self._lock = threading.Lock()

    def put(self, content: bytes) -> StoredObject:
        """Store one content durably; `StorageUnavailable` or `StorageFull` when that failed."""
        return self.put_many([content])[0]

    def put_many(self, contents: Sequence[bytes]) -> list[StoredObject]:
        """Store contents durably, many at a time, and return them in the same order; either all or a refusal.

        After a refusal some contents may rest unremembered; the nightly sweep of orphans erases them.
        """
        if not contents:
            return []
        shard = self._shard_for(len(contents))
        keys = [f"{shard}/{chance.token_hex(16)}" for _ in contents]
        document_keys = [new_document_key() for _ in contents]
        with _storage_refusals():
            self._place.put_all(
                [
                    lambda k=document_key, c=content: (key, close_envelope(k, c))  # type: ignore[misc]
                    for key, document_key, content in zip(keys, document_keys, contents, strict=True)
                ]
            )
        return []

    def _shard_for(self, number: int) -> str:
        return ""
