"""How large a request may be, counted while it streams in."""

from collections.abc import Callable
from json import dumps

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class BodyLimit:
    """The wrapper that stops bodies which are larger than their address allows."""

    def __init__(self, app: ASGIApp, *, most: Callable[[Scope], int]) -> None:
        """Ask `most` how many bytes a request may carry."""
        self.app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the body on until it has grown too large."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        most = self._most(scope)
        announced = Headers(scope=scope).get("content-length", "")
        if announced.isdecimal() and int(announced) > most:
            await _too_large(scope, most)(scope, receive, send)
            return
        await _Counted(self.app, most).run(scope, receive, send)


class BodyTooLarge(Exception):
    """The body grew too large while it was read."""


class _Counted:
    """One request whose body is counted."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app = app
        self._most = most
        self._read = 0
        self._answered = False

    async def run(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def counted() -> Message:
            message = await receive()
            self._read += len(message.get("body", b""))
            if self._read > self._most:
                raise BodyTooLarge
            return message

        async def ours_instead(message: Message) -> None:
            # Frameworks turn a failed read into an answer of their own; the true reason is the size.
            if self._read > self._most:
                await self._answer(scope, receive, send)
            else:
                await send(message)

        try:
            await self._app(scope, counted, ours_instead)
        except BodyTooLarge:
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._answered:
            self._answered = True
            await _too_large(scope, self._most)(scope, receive, send)


def _too_large(scope: Scope, most: int) -> Response:
    headers = {"connection": "close"}
    if not scope["path"].startswith("/api/"):
        return PlainTextResponse("The request is too large.", 413, headers)
    problem = {
        "type": "about:blank",
        "title": "Request too large",
        "status": 413,
        "code": "request_too_large",
        "detail": f"The request is larger than {most} bytes. Send fewer or smaller attachments at once.",
    }
    return Response(dumps(problem), 413, headers, "application/problem+json")
