"""Doing a thing once: the lease on an Idempotency-Key while the work goes on, and the kept answer afterwards."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256

from fastapi import Request, Response
from sqlmodel import Session

from portal_app.database.transactions import carry_out
from portal_app.domain.actors import InsurerSystem
from portal_app.domain.errors import IdempotencyKeyMissing
from portal_app.gateways.clock import now
from portal_app.services import idempotency
from portal_app.services.idempotency import KeptAnswer, Lease

_LONGEST_KEY = 255
_RENEW_EVERY = idempotency.LEASE.total_seconds() / 3


@dataclass
class Held:
    """A lease in use; the work calls `keep` in the transaction that makes its answer true."""

    system: InsurerSystem
    lease: Lease

    def keep(self, db: Session, status: int, body: bytes) -> None:
        """Keep a successful answer for the retries."""
        idempotency.keep(db, self.system, self.lease, KeptAnswer(status, body.decode()))


def key_of(request: Request) -> str:
    """Give the request's Idempotency-Key; `IdempotencyKeyMissing` when it has none of 1 to 255 printable characters."""
    key = request.headers.get("idempotency-key", "").strip()
    if not key or len(key) > _LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise IdempotencyKeyMissing
    return key


async def once(request: Request, system: InsurerSystem, body: bytes, work: Callable[[Held], Awaitable[Response]]) -> Response:
    """Do the work of a creating request once, and answer its retries as the first time.

    Raises `IdempotencyKeyMissing`, `IdempotencyKeyReused`, `RequestInFlight`, and what `work` raises; a refused
    request leaves its key free.
    """
    key = key_of(request)
    digest = await asyncio.to_thread(_digest, request.url.path, body)
    begun = await carry_out(idempotency.begin, system, key, digest, now=now())
    if isinstance(begun, KeptAnswer):
        return Response(begun.body, begun.status, {"Idempotent-Replayed": "true"}, "application/json")
    held = Held(system, begun)
    renewing = asyncio.create_task(_renew(held))
    try:
        return await work(held)
    except BaseException:
        await carry_out(idempotency.let_go, system, held.lease)
        raise
    finally:
        renewing.cancel()
        with suppress(asyncio.CancelledError):
            await renewing


async def _renew(held: Held) -> None:
    """Hold on to the lease for as long as the work takes."""
    while True:
        await asyncio.sleep(_RENEW_EVERY)
        held.lease = await carry_out(idempotency.renew, held.system, held.lease, now=now())


def _digest(path: str, body: bytes) -> str:
    return sha256(path.encode() + b"\0" + body).hexdigest()
