"""One origin: whose host we answer to, and that unsafe requests and sockets come from our own pages."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from portal_app.browser.addresses import door_of

log = structlog.get_logger(__name__)

_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?")
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# Machines ask these by address, not by name; the API authenticates by key, not by cookie.
ANY_HOST = ("/healthz", "/readyz", "/metrics")
NO_COOKIES = ("/api/",)


class OneOrigin:
    """The wrapper that refuses foreign hosts and foreign origins."""

    def __init__(self, app: ASGIApp, *, public_origin: str, aliases: Mapping[str, str], redirect_unknown: bool) -> None:
        """Answer to `public_origin`; `aliases` lead a host to its portal; in demo mode any other host is led home."""
        self.app = app
        self._origin = public_origin
        self._aliases = aliases
        self._redirect_unknown = redirect_unknown

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass what may pass; answer the rest."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._wrong_host(scope, headers) or self._foreign(scope, headers)
        if refusal is None:
            await self.app({**scope, "scheme": self._scheme(scope)}, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await refusal(scope, receive, send)

    def _scheme(self, scope: Scope) -> str:
        secure = self._origin.startswith("https://")
        return ("wss" if secure else "ws") if scope["type"] == "websocket" else ("https" if secure else "http")

    def _wrong_host(self, scope: Scope, headers: Headers) -> Response | None:
        host = headers.get("host", "").lower()
        name = _hostname(host)
        if host == urlsplit(self._origin).netloc or name in LOOPBACK or scope["path"].startswith(ANY_HOST):
            return None
        if name in self._aliases:
            return RedirectResponse(f"{self._origin}/belepes?portal={self._aliases[name]}", 308)
        if self._redirect_unknown:
            return RedirectResponse(f"{self._origin}/belepes", 308)
        return PlainTextResponse("Misdirected request", 421)

    def _foreign(self, scope: Scope, headers: Headers) -> Response | None:
        safe = scope["type"] == "http" and scope["method"] in SAFE
        if safe or scope["path"].startswith(NO_COOKIES):
            return None
        if headers.get("origin") in self._own_origins(headers):
            return None
        log.info("foreign origin refused", door=door_of(scope["path"]))
        return PlainTextResponse("This request did not come from our own page.", 403)

    def _own_origins(self, headers: Headers) -> frozenset[str]:
        return own_origins(self._origin, headers.get("host", ""))


def own_origins(public_origin: str, host: str) -> frozenset[str]:
    """Name the origins that count as our own for a request to this host.

    An installation on a loopback address has several names for the same machine, and answers to the one in use.
    """
    parts = urlsplit(public_origin)
    if parts.hostname in LOOPBACK and _hostname(host) in LOOPBACK:
        return frozenset({public_origin, f"{parts.scheme}://{host}"})
    return frozenset({public_origin})


def _hostname(host: str) -> str:
    """Give the name in a Host header, or nothing when it is not written like one."""
    written = _HOST.fullmatch(host.lower())
    return written["name"].strip("[]") if written else ""
