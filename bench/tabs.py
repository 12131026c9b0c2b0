"""Raw websocket clients: what a browser's tab says to Reflex, without the browser."""

import asyncio
import json
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import aiohttp

from bench.serving import Server

STATE = "reflex___state____state"
INBOX = f"{STATE}.portal_app___browser___portal_state____portal_state.portal_app___customer___inbox___state____inbox_state"
COUNTER = f"{STATE}.bare___bare____counter"
ROWS, COUNT, HYDRATED = '"rows_rx_state_"', '"count_rx_state_"', '"is_hydrated_rx_state_":true'
SECONDS_OF_PATIENCE = 30


@dataclass
class Tab:
    """One open tab at a page."""

    server: Server
    path: str
    token: str = ""
    query: str = ""
    _line: aiohttp.ClientWebSocketResponse = field(init=False, repr=False)

    async def open(self, browser: aiohttp.ClientSession) -> Self:
        """Connect and hydrate as the built pages do; returns when the page is shown."""
        headers = {"Origin": self.server.url}
        if self.token:
            headers["Cookie"] = f"portal_sign_in={self.token}"
        address = f"{self.server.socket_url}?EIO=4&transport=websocket&token={uuid.uuid4()}"
        self._line = await browser.ws_connect(address, headers=headers, max_msg_size=0)
        hydrate = {
            "name": f"{STATE}.hydrate_and_load",
            "payload": {"vars": {}, "hashes": self.server.hashes},
            "router_data": self._place(),
        }
        await self._line.send_str("40/_event," + json.dumps({"event": hydrate}))
        await self._hear(HYDRATED)
        return self

    async def act(self, handler: str, answer: str, **payload: Any) -> float:
        """Call a handler and give the seconds until the answer that holds these words."""
        event = {"name": handler, "payload": payload, "router_data": self._place()}
        said = "42/_event," + json.dumps(["event", event])
        began = time.perf_counter()
        await self._line.send_str(said)
        await self._hear(answer)
        return time.perf_counter() - began

    async def follow_redirect(self) -> None:
        """Go where the last act led, as the page's router does, and say so."""
        heard = await self._hear('"_redirect"')
        said = json.loads(heard[heard.index("[") :])
        path = next(event["payload"]["path"] for event in said[1]["events"] if event["name"] == "_redirect")
        self.query = path.partition("?")[2]
        event = {"name": f"{STATE}.reflex___state____on_load_internal_state.on_load_internal", "payload": {}}
        await self._line.send_str("42/_event," + json.dumps(["event", {**event, "router_data": self._place()}]))
        await self._hear(HYDRATED)

    async def close(self) -> None:
        """Close the tab."""
        await self._line.close()

    def _place(self) -> dict[str, Any]:
        query = dict(pair.split("=", 1) for pair in self.query.split("&") if pair)
        whole = f"{self.path}?{self.query}" if self.query else self.path
        return {"pathname": self.path, "asPath": whole, **({"query": query} if query else {})}

    async def _hear(self, words: str) -> str:
        """Listen until something holds these words."""
        async with asyncio.timeout(SECONDS_OF_PATIENCE):
            while True:
                message = await self._line.receive()
                if message.type is not aiohttp.WSMsgType.TEXT:
                    raise ConnectionError(f"the socket was closed: {message}")
                if message.data == "2":
                    await self._line.send_str("3")
                elif words in message.data:
                    return str(message.data)


def new_browser() -> aiohttp.ClientSession:
    """Open a browser that may have as many tabs as one likes."""
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))


async def open_tabs(
    browser: aiohttp.ClientSession, server: Server, path: str, tokens: Sequence[str], at_once: int = 4
) -> list[Tab]:
    """Open one tab for each cookie, a few at a time."""
    places = asyncio.Semaphore(at_once)

    async def one(token: str) -> Tab:
        async with places:
            return await Tab(server, path, token).open(browser)

    return list(await asyncio.gather(*(one(token) for token in tokens)))
