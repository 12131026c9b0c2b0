"""The insurer's core system at our API: a client with a key, against the real app and both databases."""

import asyncio
import itertools
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from portal_app.gateways.clock import now
from portal_app.ingest.api import ingest_routes
from portal_app.services import api_keys
from portal_app.services.house import House
from tests.cast import DENES
from tests.handing_over import policy


class Core:
    """The core system: every request bears its key; creating ones bear a new Idempotency-Key unless they name one."""

    def __init__(self, key: str) -> None:
        self.key = key
        self._app = Starlette(routes=ingest_routes())
        self._runner = asyncio.Runner()
        self._numbers = itertools.count(1)
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(self._app), base_url="http://localhost:8000")

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        return self._runner.run(self.send(method, path, **more))

    def ask_together(self, *requests: tuple[str, str, dict[str, Any]]) -> list[httpx.Response]:
        async def together() -> list[httpx.Response]:
            return await asyncio.gather(*(self.send(method, path, **more) for method, path, more in requests))

        return self._runner.run(together())

    async def send(self, method: str, path: str, *, key: str | None = "", **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.key}", **more.pop("headers", {})}
        if method == "POST" and key is not None:
            headers["Idempotency-Key"] = key or f"key-{next(self._numbers)}"
        return await self._client.request(method, f"/api/v1{path}", headers=headers, **more)

    def put_policy(self, number: str, **changes: Any) -> httpx.Response:
        return self.ask("PUT", f"/policies/{number}", json=policy(**changes))

    def deliver(self, letter: dict[str, Any], **more: Any) -> httpx.Response:
        return self.ask("POST", "/deliveries", json=letter, **more)

    def deliver_batch(self, letters: list[Any], **more: Any) -> httpx.Response:
        return self.ask("POST", "/deliveries/batch", json={"deliveries": letters}, **more)

    def close(self) -> None:
        self._runner.run(self._client.aclose())
        self._runner.close()


@pytest.fixture
def core(house: House) -> Iterator[Core]:
    """The core system with a working key."""
    opened = Core(house.database.carry_out(api_keys.create_key, DENES, "core", now=now()))
    yield opened
    opened.close()


def rows(house: House, statement: Any) -> list[Any]:
    """Read rows (or single columns) that stay usable after the transaction."""
    with house.database.reading() as db:
        found = list(db.exec(statement))
        db.expunge_all()
    return found
