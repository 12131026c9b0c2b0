"""A browser tab without a browser: a state tree, and events as a socket would send them."""

from dataclasses import replace
from typing import Any

import reflex as rx
from reflex.event import Event
from reflex.istate.data import HeaderData, ReflexURL, RouterData, SessionData
from reflex.state import State

from portal_app.browser.arrivals import Labels


def tab(labels: Labels | None = None, token: str = "tab-1", socket: str = "socket-1") -> State:
    """Make a fresh state tree that a socket with these labels has opened."""
    root = rx.State()
    show_labels(root, labels or Labels(), token, socket)
    return root


def show_labels(root: State, labels: Labels, token: str = "tab-1", socket: str = "socket-1") -> None:
    """Let the tab's socket connect anew with other labels."""
    root.router = RouterData(
        headers=HeaderData(cookie=labels.header()), session=SessionData(client_token=token, session_id=socket)
    )


def show_page(root: State, address: str) -> None:
    """Let the tab show another page."""
    root.router = replace(root.router, url=ReflexURL(f"https://portal.example{address}"))


def event_of(state: type[State], handler: str, **payload: Any) -> Event:
    """Write the event by which a client calls a handler."""
    return Event(name=f"{state.get_full_name()}.{handler}", payload=payload)
