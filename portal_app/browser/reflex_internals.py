"""Everything that touches private names of Reflex 0.10.1; an upgrade reads this module first."""

import inspect
import logging
from collections.abc import Callable, Mapping
from typing import Any

import reflex as rx
from reflex.event import Event
from reflex.istate.delta import _resolve_delta
from reflex.state import BaseState, StateUpdate
from reflex_base.registry import RegistrationContext

# Loggers that print what a client sent, passwords included, when they cannot make sense of it.
TALKATIVE = ("reflex.app", "reflex_base.event.processor.base_state_processor", "reflex_base.event.processor.event_processor")


def handler_function(event_name: str) -> tuple[Callable[..., Any] | None, bool]:
    """Give the function behind an event's name, and whether it is one of ours rather than Reflex's."""
    registered = RegistrationContext.get().event_handlers.get(event_name)
    if registered is None:
        return None, True
    state = registered.handler.state
    return registered.handler.fn, state is None or state.is_user_defined()


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
        inspect.signature(function).bind(None, **payload)
    except TypeError:
        return False
    return True


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


def connected_tabs(app: rx.App) -> frozenset[str]:
    """Name the tabs whose socket this process holds."""
    namespace = app.event_namespace
    return frozenset(namespace.token_to_sid) if namespace else frozenset()


async def push(app: rx.App, tab: str, event: Any) -> None:
    """Run an event handler for a tab as if the tab had asked for it, through the gate."""
    await app.event_processor.enqueue_many(tab, *Event.from_event_type(event))


class WithoutArguments(logging.Filter):
    """Cuts what a client sent from Reflex's own log lines."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep the line up to the point where the client's data begins."""
        message = record.getMessage()
        for marker in ("Event data:", "Error transforming event", "Failed to deserialize event data:", " with value "):
            if marker in message:
                record.msg, record.args = message.split(marker)[0] + marker.rstrip(":") + " (cut)", ()
        return True


def quiet_reflex() -> None:
    """Keep arguments of events out of the log."""
    for name in TALKATIVE:
        logging.getLogger(name).addFilter(WithoutArguments())
