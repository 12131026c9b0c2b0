"""Randomness, and what the installation's secret key may be used for (its purposes)."""

import hmac
import secrets
from collections.abc import Sequence
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SHORTEST_KEY = 32
"""A secret key has at least this many characters (256 bits when they are random)."""

_KEY_BYTES = 32
_KEY_NAME_BYTES = 4
_NONCE_BYTES = 12
_READ_OUT = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


class SealBroken(Exception):
    """The sealed bytes were changed, belong to another purpose, or their key is no longer known."""


def random_token() -> str:
    """Return a new secret of 256 bits, safe in addresses and cookies."""
    return secrets.token_urlsafe(32)


def token_digest(token: str) -> str:
    """Return the SHA-256 of a token in hex; only this is ever stored."""
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def public_id() -> str:
    """Return a new public id: 128 random bits as 32 hex characters."""
    return secrets.token_hex(16)


def incident_number() -> str:
    """Return a new number for a fault, easy to read out on the phone: `K7QM-29FP`."""
    letters = "".join(secrets.choice(_READ_OUT) for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"


class Secrets:
    """The installation's secret keys, newest first, each usable for separate purposes only.

    New values are always made with the newest key. Older keys still open what they once sealed, so a key
    is rotated by putting a new one in front and taking the old one away when nothing needs it any more.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        """Take the keys, newest first; `ValueError` when there is none or one is short."""
        if not keys:
            raise ValueError("At least one secret key is needed.")
        if any(len(key) < SHORTEST_KEY for key in keys):
            raise ValueError(f"A secret key needs at least {SHORTEST_KEY} characters.")
        self._sources = tuple(key.encode() for key in keys)
        self._derived: dict[str, tuple[bytes, ...]] = {}

    def __repr__(self) -> str:
        """Never show a key, not even in a traceback."""
        return f"<Secrets: {len(self._sources)} keys>"

    def key(self, purpose: str) -> bytes:
        """Return the newest key for one purpose (32 bytes)."""
        return self.keys(purpose)[0]

    def keys(self, purpose: str) -> tuple[bytes, ...]:
        """Return every key for one purpose, newest first (32 bytes each)."""
        if purpose not in self._derived:
            self._derived[purpose] = tuple(_derive(source, purpose) for source in self._sources)
        return self._derived[purpose]

    def fingerprint(self, purpose: str, text: str) -> str:
        """Return a keyed, one-way name of a text (64 hex characters), made with the newest key."""
        return self.fingerprints(purpose, text)[0]

    def fingerprints(self, purpose: str, text: str) -> tuple[str, ...]:
        """Return the fingerprints of a text under every key, newest first, to find rows written before a rotation."""
        content = text.encode("utf-8", "surrogatepass")
        return tuple(hmac.digest(key, content, "sha256").hex() for key in self.keys(purpose))

    def seal(self, purpose: str, content: bytes) -> bytes:
        """Encrypt and authenticate a short content (AES-256-GCM) so that only the same purpose opens it."""
        key = self.key(purpose)
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return _name_of(key) + nonce + AESGCM(key).encrypt(nonce, content, purpose.encode())

    def open(self, purpose: str, sealed: bytes) -> bytes:
        """Return what was sealed for this purpose with any known key; `SealBroken` otherwise."""
        name, rest = sealed[:_KEY_NAME_BYTES], sealed[_KEY_NAME_BYTES:]
        for key in self.keys(purpose):
            if _name_of(key) == name:
                return _decrypt(key, rest, purpose)
        raise SealBroken(f"No known key opens this seal of {purpose}.")

    def is_sealed_with_newest(self, purpose: str, sealed: bytes) -> bool:
        """Say whether a seal was made with the newest key; the others are to be renewed after a rotation."""
        return sealed[:_KEY_NAME_BYTES] == _name_of(self.key(purpose))

    def check_value(self) -> str:
        """Return what the database keeps to recognise the key later; it says nothing about the key."""
        return self.fingerprint("check value", "portal")

    def recognises(self, check_value: str) -> bool:
        """Say whether a kept check value was made by one of these keys."""
        known = self.fingerprints("check value", "portal")
        return any(hmac.compare_digest(value, check_value) for value in known)


def _derive(source: bytes, purpose: str) -> bytes:
    return HKDF(hashes.SHA256(), _KEY_BYTES, salt=b"portal", info=purpose.encode()).derive(source)


def _name_of(key: bytes) -> bytes:
    return sha256(b"name of key" + key).digest()[:_KEY_NAME_BYTES]


def _decrypt(key: bytes, nonce_and_content: bytes, purpose: str) -> bytes:
    nonce, content = nonce_and_content[:_NONCE_BYTES], nonce_and_content[_NONCE_BYTES:]
    try:
        return AESGCM(key).decrypt(nonce, content, purpose.encode())
    except (InvalidTag, ValueError) as broken:
        raise SealBroken(f"This seal of {purpose} was changed or cut.") from broken
