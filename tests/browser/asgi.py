"""Small ASGI applications to stand inside a wrapper, and a client to knock from outside."""

from collections.abc import Mapping

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send


async def show_request(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer what arrived: path, scheme, headers, size of the body."""
    request = Request(scope, receive)
    seen = {
        "path": request.url.path,
        "scheme": request.url.scheme,
        "headers": dict(request.headers),
        "size": len(await request.body()),
    }
    await JSONResponse(seen)(scope, receive, send)


def answering(response: Response) -> ASGIApp:
    """Give an application that always answers this."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await response(scope, receive, send)

    return app


def plain(words: str = "inside", headers: Mapping[str, str] | None = None) -> ASGIApp:
    """Give an application that answers some words."""
    return answering(PlainTextResponse(words, headers=dict(headers or {})))


def knock(app: ASGIApp, origin: str = "http://localhost:8000") -> httpx.AsyncClient:
    """Give a client whose requests go straight into the application."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=origin, follow_redirects=False)
