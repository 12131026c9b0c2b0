"""A tab without a browser: Socket.IO spoken directly, with any cookie, origin, token and event."""

import asyncio
import itertools
import json
import uuid
from dataclasses import dataclass, field
from typing import Any, Self

import aiohttp
import socketio

NAMESPACE = "/_event"
ROOT = "reflex___state____state"
PORTAL_STATE = f"{ROOT}.portal_app___browser___portal_state____portal_state"
PATIENCE_SECONDS = 20
_numbers = itertools.count(1000)


class Escaped:
    """JSON as a browser never writes it: everything escaped, so that even half characters can be sent."""

    loads = staticmethod(json.loads)

    @staticmethod
    def dumps(said: Any, **ways: Any) -> str:
        """Write JSON in ASCII."""
        return json.dumps(said, **ways | {"ensure_ascii": True})


@dataclass
class Tab:
    """One open socket and everything the portal ever said to it."""

    url: str
    cookie: str = ""
    origin: str | None = ""
    """Empty for the portal's own; None sends no Origin at all."""
    token: str = field(default_factory=lambda: str(uuid.uuid4()))
    path: str = "/sugo"
    heard: list[str] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def _hear(self, *said: Any) -> None:
        self.heard.append(json.dumps(said, ensure_ascii=False))
        self.news.set()

    @property
    def everything(self) -> str:
        """All that was heard."""
        return "\n".join(self.heard)

    async def open(self, auth: Any = None, query: str = "") -> Self:
        """Connect; raises what the client raises when it is refused."""
        origin = self.url if self.origin == "" else self.origin
        headers = {name: value for name, value in (("Cookie", self.cookie), ("Origin", origin)) if value}
        self.session = aiohttp.ClientSession()
        self.client = socketio.AsyncClient(reconnection=False, logger=False, json=Escaped, http_session=self.session)
        self.client.on("*", self._hear, namespace=NAMESPACE)
        try:
            await self.client.connect(
                f"{self.url}?token={self.token}{query}", headers=headers, auth=auth, transports=["websocket"],
                namespaces=[NAMESPACE], socketio_path=NAMESPACE, wait_timeout=10,
            )  # fmt: skip
        except socketio.exceptions.ConnectionError:
            await self.session.close()
            raise
        return self

    async def close(self) -> None:
        """Leave."""
        await self.client.disconnect()
        await self.session.close()

    async def __aenter__(self) -> Self:
        """Connect."""
        return await self.open()

    async def __aexit__(self, *reason: object) -> None:
        """Leave."""
        await self.close()

    def event(self, name: str, payload: Any = None, path: str = "", query: dict[str, str] | None = None) -> dict[str, Any]:
        """Write an event as the front end would."""
        place = path or self.path
        asked = "&".join(f"{key}={value}" for key, value in (query or {}).items())
        router = {"pathname": place, "query": query or {}, "asPath": f"{place}?{asked}" if asked else place}
        return {"token": self.token, "name": name, "payload": {} if payload is None else payload, "router_data": router}

    async def send(self, name: str, payload: Any = None, path: str = "", query: dict[str, str] | None = None) -> None:
        """Send an event."""
        await self.say(self.event(name, payload, path, query))

    async def say(self, anything: Any, kind: str = "event") -> None:
        """Send whatever it is."""
        await self.client.emit(kind, anything, namespace=NAMESPACE)

    async def visit(self, path: str, query: dict[str, str] | None = None) -> None:
        """Load a page: hydrate, then run what it loads."""
        self.path = path
        before = len(self.heard)
        await self.send(f"{ROOT}.hydrate_and_load", {"vars": {}, "hashes": []}, path, query)
        await self.hears('"is_hydrated_rx_state_": true', since=before)
        await self.settle()

    async def settle(self) -> None:
        """Wait until everything sent so far, and what that set off, is answered; fails when the tab no longer works."""
        for _ in range(4):
            number = next(_numbers)
            await self.send(f"{PORTAL_STATE}.show_refusal", {"code": "too_soon", "facts": {"seconds": number}})
            await self.hears(str(number))

    async def hears(self, words: str, seconds: float = PATIENCE_SECONDS, since: int = 0) -> None:
        """Wait until the portal has said this, after the first so many things that were heard."""
        async with asyncio.timeout(seconds):
            while not any(words in said for said in self.heard[since:]):
                self.news.clear()
                await self.news.wait()
