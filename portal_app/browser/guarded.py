"""Our own HTTP routes, each behind its guard: audience, own act, and one translation of refusals."""

from collections.abc import Awaitable, Callable, Sequence

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from portal_app.browser.addresses import WebRoute
from portal_app.browser.arrivals import arrival_of
from portal_app.browser.error_pages import error_page
from portal_app.browser.pages import lead_away
from portal_app.domain.actors import Customer
from portal_app.domain.errors import PortalError
from portal_app.gateways.secrets import public_id

log = structlog.get_logger(__name__)

Touch = Callable[[Customer], Awaitable[None]]


def guarded_routes(routes: Sequence[WebRoute], touch: Touch) -> list[Route]:
    """Build the Starlette routes of a door."""
    return [
        Route(route.path, _guarded(route, touch), methods=[route.method], name=f"{route.method} {route.path}") for route in routes
    ]


def _guarded(route: WebRoute, touch: Touch) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        arrival = arrival_of(request)
        if elsewhere := lead_away(request, route.audiences):
            return elsewhere
        if route.own_act and arrival.seen_step_due and isinstance(arrival.actor, Customer):
            await touch(arrival.actor)
        try:
            return await route.answer(request)
        except PortalError as refusal:
            log.info("refused", code=refusal.code, path=route.path)
            return error_page(refusal, arrival.language)
        except Exception:
            incident = public_id()[:8]
            log.exception("unexpected failure in a route", incident=incident, path=route.path)
            return error_page(None, arrival.language, incident)

    return answer
