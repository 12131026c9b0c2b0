"""Health for load balancers and service managers: is the process there, and can it do its work."""

import asyncio
import time

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from portal_app.domain.actors import Operator
from portal_app.domain.errors import PortalError
from portal_app.gateways import clock
from portal_app.services import figures
from portal_app.services.house import House, the_house

ANSWERS_WITHIN = 5.0
"""Seconds after which a part that does not answer counts as away."""
KEPT_FOR = 2.0
LATE_AFTER = 15 * 60
_NO_STORE = {"cache-control": "no-store"}

log = structlog.get_logger(__name__)


class Readiness:
    """What the last look found. One look at a time, so that probes of a hanging database do not use up its threads."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._looking: asyncio.Task[dict[str, str | int]] | None = None
        self._found: dict[str, str | int] = {}
        self._found_at = 0.0

    async def answer(self, request: Request) -> Response:
        """Answer 200 when database and objects can be used, else 503.

        Late post is told but does not make the process unready: pages work all the same.
        """
        del request
        found = await self._look(the_house())
        ready = found["database"] == found["objects"] == "ok"
        return JSONResponse({"ready": ready, **found}, 200 if ready else 503, headers=_NO_STORE)

    async def _look(self, house: House) -> dict[str, str | int]:
        """Say of each part whether it is `ok` or `away`, and how post is going."""
        if time.monotonic() - self._found_at < KEPT_FOR:
            return self._found
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(_parts_of(house))
        try:
            self._found = await asyncio.wait_for(asyncio.shield(self._looking), ANSWERS_WITHIN)
        except TimeoutError:
            return {"database": "away", "objects": "away"}
        self._found_at = time.monotonic()
        return self._found


async def healthz(request: Request) -> Response:
    """Answer as long as the process does."""
    del request
    return PlainTextResponse("ok\n", headers=_NO_STORE)


async def _parts_of(house: House) -> dict[str, str | int]:
    found: dict[str, str | int] = {"database": "ok", "objects": "ok"}
    try:
        post = await house.database.in_thread(
            lambda: house.database.ask(figures.post_figures, Operator("readiness"), now=clock.now())
        )
        found |= {
            "post": "ok" if post.oldest_seconds < LATE_AFTER else "late",
            "post_oldest_seconds": round(post.oldest_seconds),
        }
    except SQLAlchemyError as fault:
        log.warning("the database is away", fault=type(fault).__name__)
        found["database"] = "away"
    try:
        await asyncio.to_thread(house.objects.check)
    except PortalError as refusal:
        log.warning("the object store is away", code=refusal.code)
        found["objects"] = "away"
    return found
