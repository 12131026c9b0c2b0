"""Our own HTTP routes, each behind its guard: audience, own act, and one translation of refusals."""

from collections.abc import Awaitable, Callable, Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from portal_app.browser import admission
from portal_app.browser.addresses import PLAIN_FORM_BYTES, WebRoute
from portal_app.browser.arrivals import arrival_of
from portal_app.browser.bodies import BodyTooLarge
from portal_app.browser.faults import answer_fault
from portal_app.browser.pages import lead_away
from portal_app.domain.actors import Customer
from portal_app.domain.errors import RequestInvalid

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
            await _read_through(route, request)
            return await route.answer(request)
        except BodyTooLarge:
            # The wrapper that counted has the answer.
            raise
        except Exception as fault:  # noqa: BLE001 - one of the translators
            return answer_fault(fault, arrival.language, route.path)

    return answer


async def _read_through(route: WebRoute, request: Request) -> None:
    """Refuse what no page sends, before the route reads it: a form that is none, and texts that cannot be stored.

    Routes that take more than a plain form look through it themselves. Raises `RequestInvalid`.
    """
    texts: list[str] = [request.scope["path"], *request.query_params.values()]
    if request.method == "POST" and route.body_bytes <= PLAIN_FORM_BYTES:
        form = await request.form()
        texts += [value for value in form.values() if isinstance(value, str)]
    if not admission.can_be_kept(texts):
        raise RequestInvalid
