"""Everything that touches private names of Reflex 0.10.1; an upgrade reads this module first."""

import inspect
import logging
from collections.abc import Callable, Mapping
from functools import cache
from typing import Annotated, Any

import reflex as rx
import structlog
from pydantic import Field
from reflex.event import Event
from reflex.istate.delta import _resolve_delta
from reflex.state import BaseState, StateUpdate
from reflex_base.registry import RegistrationContext

from portal_app.browser import admission

# Loggers that print what a client sent, passwords included, when they cannot make sense of it.
TALKATIVE = ("reflex.app", "reflex_base.event.processor.base_state_processor", "reflex_base.event.processor.event_processor")
CUT_AFTER = (
    "Event data:",
    "Error transforming event",
    "Failed to deserialize event data:",
    " with value ",
    "Error processing event queue entry",
    "Attempting to send delta to disconnected client",
)

log = structlog.get_logger(__name__)

# What a page says over its socket, and with how many things beside.
SPOKEN = {"event": 1, "ping": 0, "client_error": 1}
# Nothing of ours is kept in the browser's storage, so a page that brings such values is none of ours.
_NoVars = Annotated[dict[str, Any], Field(max_length=0)]
_Hashes = list[Annotated[str, Field(max_length=100)]]
_Report = Annotated[str, Field(max_length=20_000)]
# Reflex's own handlers that pages call, with their arguments. The others, `setvar` above all, are open to nobody.
REFLEX_HANDLERS: Mapping[str, Mapping[str, Any]] = {
    "hydrate": {},
    "hydrate_and_load": {"vars": _NoVars | None, "hashes": _Hashes | None},
    "on_load_internal": {},
    "update_vars_internal": {"vars": _NoVars},
    "set_is_hydrated": {"value": bool},
    "handle_frontend_exception": {"info": _Report, "component_stack": _Report},
}


def handler_function(event_name: str) -> tuple[Callable[..., Any] | None, bool]:
    """Give the function behind an event's name, and whether it is one of ours rather than Reflex's."""
    registered = RegistrationContext.get().event_handlers.get(event_name)
    if registered is None:
        return None, True
    state = registered.handler.state
    return registered.handler.fn, state is None or state.is_user_defined()


def arguments_of(event_name: str) -> Mapping[str, Any] | None:
    """Give the kinds of the arguments of one of Reflex's own handlers, or None when no page calls it."""
    return REFLEX_HANDLERS.get(event_name.rpartition(".")[2])


def our_handlers() -> dict[str, Callable[..., Any]]:
    """List every event handler of our states by its name; `setvar` is Reflex's, and never open to anybody."""
    return {
        name: registered.handler.fn
        for name, registered in RegistrationContext.get().event_handlers.items()
        if registered.handler.state is not None and registered.handler.state.is_user_defined() and not name.endswith(".setvar")
    }


def payload_fits(function: Callable[..., Any], payload: Mapping[str, Any]) -> bool:
    """Whether a handler can be called with the arguments that a client sent."""
    try:
        _signature(function).bind(None, **payload)
    except TypeError:
        return False
    return True


# Reading a signature takes longer than comparing with it; there are as many as handlers.
_signature = cache(inspect.signature)


def socket_of(state: BaseState) -> tuple[str, str]:
    """Give the Cookie header and the id of the socket that sent the event; `router` would put together much more."""
    root: Any = state._get_root_state()  # noqa: SLF001
    return root.rx_router_headers.cookie, root.rx_router_session.session_id


def page_of(state: BaseState) -> str:
    """Give the path of the page that the tab shows, as cheaply."""
    root: Any = state._get_root_state()  # noqa: SLF001
    return str(root.rx_router_url.path)


def is_own_navigation(event: Event) -> bool:
    """Whether the browser itself announced a new page: what Reflex queues after a reconnect carries no location."""
    return event.name.endswith(".on_load_internal") and bool(event.router_data)


def start_afresh(state: BaseState) -> None:
    """Forget everything in a tab but where it is and that it is hydrated."""
    root: Any = state._get_root_state()  # noqa: SLF001
    hydrated = root.is_hydrated
    root.reset()
    root.is_hydrated = hydrated


async def changes_of(state: BaseState) -> StateUpdate:
    """Take the changes that have not been sent yet, as the answer of a refused event."""
    root: Any = state._get_root_state()  # noqa: SLF001
    delta = await _resolve_delta(root.get_delta())
    root._clean()  # noqa: SLF001
    return StateUpdate(delta=delta)


def connected_tabs(app: rx.App) -> Mapping[str, str]:
    """Give the tabs whose socket this process holds, with that socket."""
    namespace = app.event_namespace
    return dict(namespace.token_to_sid) if namespace else {}


async def push(app: rx.App, tab: str, event: Any) -> None:
    """Run an event handler for a tab as if the tab had asked for it, through the gate."""
    await app.event_processor.enqueue_many(tab, *Event.from_event_type(event))


def guard_socket(app: rx.App) -> None:
    """Let only what our pages say reach Reflex through a socket, in the shape in which they say it.

    Socket.IO hands whatever a client names to the method of that name: `connect` with headers of the client's choosing
    would be believed like the real ones, and so would make anybody of anybody. Reflex also writes what it cannot read
    into its log as a whole.
    """
    server: Any = app.sio
    namespace: Any = app.event_namespace
    hear, take_event = server._handle_event, namespace.on_event  # noqa: SLF001

    async def hear_pages(socket: str, place: str | None, number: int | None, said: Any) -> None:
        if is_spoken(said):
            await hear(socket, place, number, said)
        else:
            log.info("a socket said what no page says")

    async def take_pages_event(socket: str, said: Any = None) -> None:
        if is_event(said):
            await take_event(socket, said)
        else:
            log.info("a socket sent what is no event")

    server._handle_event, namespace.on_event = hear_pages, take_pages_event  # noqa: SLF001
    # Both write lines of their own unless they are told to leave it to the house.
    for name in ("engineio.server", "socketio.server"):
        logging.getLogger(name).handlers.clear()


def is_spoken(said: object) -> bool:
    """Whether this is what pages say, apart from what they say with it."""
    return isinstance(said, list) and bool(said) and isinstance(said[0], str) and SPOKEN.get(said[0]) == len(said) - 1


def is_event(said: object) -> bool:
    """Whether this is an event as pages send them, for a handler that exists."""
    if not isinstance(said, dict):
        return False
    name, payload, place = said.get("name"), said.get("payload", {}), said.get("router_data", {})
    if not isinstance(name, str) or not isinstance(payload, dict) or not isinstance(place, dict):
        return False
    asked = place.get("query", {})
    if not isinstance(asked, dict):
        return False
    # The parts of an address that no page has come as a list under this name.
    wrong = asked.get("splat", [])
    named = [value for name, value in asked.items() if name != "splat"]
    if not isinstance(wrong, list):
        return False
    addresses = (place.get("pathname", ""), place.get("asPath", ""), *named, *wrong)
    known = name in RegistrationContext.get().event_handlers
    return known and all(isinstance(address, str) for address in addresses) and admission.can_be_kept(said)


class WithoutArguments(logging.Filter):
    """Cuts what a client sent from Reflex's own log lines."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep the line up to the point where the client's data begins."""
        message = record.getMessage()
        for marker in CUT_AFTER:
            if marker in message:
                record.msg, record.args = message.split(marker)[0] + marker.rstrip(":") + " (cut)", ()
        return True


def quiet_reflex() -> None:
    """Keep arguments of events out of the log."""
    for name in TALKATIVE:
        logging.getLogger(name).addFilter(WithoutArguments())
