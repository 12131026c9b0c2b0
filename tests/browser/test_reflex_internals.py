"""What Reflex is allowed to hear, and what it is kept from."""

from typing import Any

import pytest
from reflex_base.registry import RegistrationContext

import portal_app.portal_app as portal
from portal_app.browser.reflex_internals import REFLEX_HANDLERS, arguments_of, guard_socket, is_event

HYDRATE = "reflex___state____state.hydrate"
EVENT = {"name": HYDRATE, "payload": {}, "router_data": {"pathname": "/sugo", "query": {}, "asPath": "/sugo"}}


def test_every_handler_of_reflex_itself_is_known() -> None:
    """A new release of Reflex may bring new ones; each must be looked at."""
    assert portal.app
    own = {
        name.rpartition(".")[2]
        for name, entry in RegistrationContext.get().event_handlers.items()
        if entry.handler.state is not None and not entry.handler.state.is_user_defined()
    }

    assert own == {*REFLEX_HANDLERS, "setvar"}
    assert arguments_of("reflex___state____state.setvar") is None


def test_an_event_as_pages_send_it_is_one() -> None:
    assert is_event(EVENT)
    assert is_event({"name": HYDRATE})
    assert is_event(EVENT | {"router_data": {"pathname": "/a/b", "query": {"splat": ["a", "b"]}}})


@pytest.mark.parametrize(
    "change",
    [
        {"name": None}, {"name": 1}, {"name": []}, {"name": {}}, {"name": "no.such.handler"}, {"name": "x" * 100_000},
        {"payload": None}, {"payload": []}, {"payload": "x"}, {"router_data": None}, {"router_data": []},
        {"router_data": {"query": 5}}, {"router_data": {"query": {"letter_id": ["x"]}}}, {"payload": {"text": "a\x00b"}},
        {"payload": {"list": [{"deep": ["half \ud83d"]}]}}, {"router_data": {"asPath": "/\udfff"}}, {"payload": {"\x00": 1}},
        {"router_data": {"pathname": None}}, {"router_data": {"asPath": []}},
    ],
)  # fmt: skip
def test_what_is_no_event_is_not_taken_for_one(change: dict[str, Any]) -> None:
    assert not is_event(EVENT | change)


@pytest.mark.parametrize("said", [None, 1, "x", [], [[]], "[]"])
def test_what_is_no_object_is_no_event(said: object) -> None:
    assert not is_event(said)


class Heard:
    """An app of which only the socket is there: what came through to Socket.IO and to Reflex."""

    def __init__(self) -> None:
        self.sio = self.event_namespace = self
        self.names: list[str] = []
        self.events: list[object] = []

    async def _handle_event(self, socket: str, place: str, number: int | None, said: Any) -> None:
        self.names.append(said[0])

    async def on_event(self, socket: str, said: Any) -> None:
        self.events.append(said)


@pytest.mark.parametrize(
    ("said", "names"),
    [
        (["event", EVENT], ["event"]),
        (["ping"], ["ping"]),
        (["client_error", {}], ["client_error"]),
        (["connect", {"asgi.scope": {"headers": [[b"cookie", b"sign_in=1"]]}}], []),
        (["disconnect"], []),
        (["event"], []),
        (["event", EVENT, EVENT], []),
        (["ping", 1], []),
        (["_build_static_router_data", {}], []),
        ([], []),
        ([["event"]], []),
        ([None], []),
        ({"0": "event"}, []),
        ("event", []),
        (None, []),
    ],
)
async def test_a_socket_may_say_only_what_pages_say(said: object, names: list[str]) -> None:
    heard: Any = Heard()
    guard_socket(heard)

    await heard._handle_event("socket", "/_event", None, said)

    assert heard.names == names


async def test_only_events_reach_reflex() -> None:
    heard: Any = Heard()
    guard_socket(heard)

    for said in (EVENT, {"name": 1}, None, "x"):
        await heard.on_event("socket", said)

    assert heard.events == [EVENT]
