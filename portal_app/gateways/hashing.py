"""Password hashing: a peppered pre-hash, bcrypt, and a small pool of threads of its own."""

import base64
import hmac
import os
import threading
import unicodedata
from hashlib import sha256
from typing import Self

import bcrypt

from portal_app.gateways.secrets import Secrets
from portal_app.gateways.workrooms import Workroom

_SCHEME = "portal1"
_NICENESS = 5
_SECONDS_TO_WAIT_WHEN_BUSY = 5


class PasswordHashing:
    """Turns passwords into stored values and checks them.

    A stored value is `portal1$<pepper name>$<bcrypt>`, where bcrypt sees
    `base64(hmac-sha384(pepper, NFKC(password)))`: no length limit, no NUL, useless without the pepper.
    A value whose pepper is no longer known never matches.
    """

    def __init__(self, secrets: Secrets, cost: int = 12, threads: int | None = None, queue: int | None = None) -> None:
        """Take the keys, bcrypt's cost, the threads (default: one per core) and how many may wait for them."""
        self._peppers = {_name_of(pepper): pepper for pepper in secrets.keys("passwords")}
        self._newest = _name_of(secrets.key("passwords"))
        self._cost = cost
        threads = threads or os.cpu_count() or 1
        waiting = threads * 16 if queue is None else queue
        self._nothing = bcrypt.gensalt(cost) + b"." * 31
        self._room = Workroom(
            "hashing", threads=threads, waiting=waiting, come_back=_SECONDS_TO_WAIT_WHEN_BUSY, begin=_stand_back
        )

    @property
    def newest_mark(self) -> str:
        """How values begin that need no older pepper."""
        return f"{_SCHEME}${self._newest}$"

    def hash(self, password: str) -> str:
        """Return the value to store for a password; takes as long as bcrypt takes."""
        prepared = _prepare(self._peppers[self._newest], password)
        hashed = bcrypt.hashpw(prepared, bcrypt.gensalt(self._cost)).decode()
        return f"{_SCHEME}${self._newest}${hashed}"

    def verify(self, password: str, stored: str | None) -> bool:
        """Say whether the password is the stored one; without a usable stored value takes the same time and says no."""
        pepper_name, hashed = _parts(stored or "")
        pepper = self._peppers.get(pepper_name)
        if pepper is None or not hashed:
            return self.verify_nothing(password)
        try:
            return bcrypt.checkpw(_prepare(pepper, password), hashed)
        except ValueError:
            return self.verify_nothing(password)

    def verify_nothing(self, password: str) -> bool:
        """Take the time of a check where there is nothing to check; always no."""
        bcrypt.checkpw(_prepare(self._peppers[self._newest], password), self._nothing)
        return False

    def needs_upgrade(self, stored: str) -> bool:
        """Say whether a stored value was made with an older pepper or another cost and should be made anew."""
        pepper_name, hashed = _parts(stored)
        return pepper_name != self._newest or hashed[4:6] != b"%02d" % self._cost

    async def hash_async(self, password: str) -> str:
        """Do `hash` in the pool; `Busy` when too many wait already."""
        return await self._room.do(self.hash, password)

    async def verify_async(self, password: str, stored: str | None) -> bool:
        """Do `verify` in the pool; `Busy` when too many wait already."""
        return await self._room.do(self.verify, password, stored)

    async def verify_nothing_async(self, password: str) -> bool:
        """Do `verify_nothing` in the pool; `Busy` when too many wait already."""
        return await self._room.do(self.verify_nothing, password)

    def close(self) -> None:
        """Let running work finish and forget the rest."""
        self._room.close()

    def __enter__(self) -> Self:
        """Serve as a context manager that closes the pool."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the pool."""
        self.close()


def _prepare(pepper: bytes, password: str) -> bytes:
    folded = unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
    return base64.b64encode(hmac.digest(pepper, folded, "sha384"))


def _name_of(pepper: bytes) -> str:
    return sha256(b"name of pepper" + pepper).hexdigest()[:8]


def _parts(stored: str) -> tuple[str, bytes]:
    scheme, _, rest = stored.partition("$")
    pepper_name, _, hashed = rest.partition("$")
    if scheme != _SCHEME:
        return "", b""
    return pepper_name, hashed.encode()


def _stand_back() -> None:
    """Lower this thread's priority, so that a storm of sign-ins does not slow down those who are already in.

    Linux counts niceness per thread; elsewhere the pool simply runs at normal priority.
    """
    if hasattr(os, "setpriority") and os.uname().sysname == "Linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
