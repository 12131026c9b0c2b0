"""The last resort: what goes wrong outside of the routes still ends as a page with the headers of every answer."""

import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portal_app.browser.addresses import door_of
from portal_app.browser.error_pages import error_page
from portal_app.domain.errors import Busy, PortalError, RequestInvalid
from portal_app.gateways.secrets import public_id

log = structlog.get_logger(__name__)

INTERNAL_ERROR = 1011
NO_DATABASE = (OperationalError, PoolTimeout)
# What Starlette raises over a body that makes no sense, or whose sender left.
NO_REQUEST = (ClientDisconnect, HTTPException, MultiPartException)


def answer_fault(fault: Exception, language: str, path: str) -> Response:
    """Turn what was raised into a page; a fault of ours gets an incident number that the log knows too."""
    if isinstance(fault, NO_REQUEST):
        return error_page(RequestInvalid(), language)
    if isinstance(fault, PortalError):
        log.info("refused", code=fault.code, path=path)
        return error_page(fault, language)
    if isinstance(fault, NO_DATABASE):
        log.error("the database does not answer", path=path, exc_info=fault)
        return error_page(Busy(seconds=5), language)
    incident = public_id()[:8]
    log.error("unexpected failure", incident=incident, path=path, exc_info=fault)
    return error_page(None, language, incident)


class LastResort:
    """The wrapper that answers where nothing else did."""

    def __init__(self, app: ASGIApp, *, language: str = "hu") -> None:
        """Wrap `app`; who came is not known here, nor which language they chose."""
        self.app = app
        self._language = language

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and answer what failed before it was answered."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as fault:  # noqa: BLE001 - one of the translators
            answer = answer_fault(fault, self._language, door_of(scope["path"]))
            if begun:
                return
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": INTERNAL_ERROR})
            else:
                await answer(scope, receive, send)
