"""Whoever speaks to the socket directly gets nothing that is not theirs, and breaks nothing."""

import asyncio
import inspect
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import aiohttp
import httpx
import pytest
import socketio
from reflex_base.registry import RegistrationContext

import portal_app.portal_app as portal
from portal_app.customer.routes import PAGES
from tests.faults.attacked import Attacked, Visitor
from tests.faults.raw_socket import PORTAL_STATE, ROOT, Tab
from tests.faults.test_requests import PLACES as FILLED
from tests.faults.test_requests import people

pytestmark = [pytest.mark.fault, pytest.mark.timeout(400)]

assert portal.app, "importing it registers the handlers"
HANDLERS: dict[str, Callable[..., Any]] = {
    name: entry.handler.fn for name, entry in sorted(RegistrationContext.get().event_handlers.items())
}
INBOX = next(name for name in HANDLERS if name.endswith("inbox_state.load"))
INBOX_REFRESH = next(name for name in HANDLERS if name.endswith("inbox_state.refresh"))
# The sentinel by which a tab notices that it still works.
MAKES_NOISE = f"{PORTAL_STATE}.show_refusal"


# The pages of one thing, by its name in the address.
HER_PAGES = [page.path for page in PAGES if not page.is_static]
WHO = ("a stranger", "Béla", "Dóra of the letter-box", "somebody who must change the password")


def filled(attacked: Attacked, path: str) -> str:
    """Fill Anna's thing in."""
    return re.sub(r"\[(\w+)\]", lambda found: (attacked.ids | FILLED)[found[1]], path)


def short(name: str) -> str:
    """A handler's name for people."""
    return ".".join(part.rpartition("____")[2] for part in name.split(".")[-2:])


def come(attacked: Attacked, who: str) -> Visitor | None:
    """Let somebody sign in anew, so that nothing another test did to them counts."""
    known = people(attacked).get(who)
    return attacked.another_sign_in_of(known) if known else None


def right_looking(attacked: Attacked, function: Callable[..., Any]) -> Iterator[dict[str, Any]]:
    """Arguments that fit the signature and name Anna's things: one after the other in every place."""
    a = attacked
    texts = [*a.ids.values(), a.reference, a.nonce, a.identifier, str(a.anna.sign_in_id)]
    numbers = [a.anna.sign_in_id, 0, 1_000_000]
    form = a.ids | {"id": a.letter_id, "nonce": a.nonce, "text": "kérem", "q": "kanari", "policy": a.ids["policy_number"]}
    wanted = list(inspect.signature(function).parameters.values())[1:]
    for turn in range(len(texts) if wanted else 1):
        fitting: dict[str, Any] = {"dict": form, "list": texts[: turn + 1], "bool": turn % 2 == 0, "int": numbers[turn % 3]}
        yield {
            parameter.name: next((value for kind, value in fitting.items() if kind in str(parameter.annotation)), texts[turn])
            for parameter in wanted
        }


@pytest.mark.parametrize("who", WHO)
async def test_nobody_else_gets_anything_from_the_pages_of_her_things(attacked: Attacked, who: str) -> None:
    """Each page of one thing is loaded at her thing's address.

    What every handler does from there is asked in `tests/customer/test_whose_things.py`.
    """
    visitor = come(attacked, who)
    before = attacked.annas_rows()
    told: dict[str, list[str]] = {}

    for page in HER_PAGES:
        async with Tab(attacked.product.url, visitor.header if visitor else "") as tab:
            place = filled(attacked, page)
            await tab.visit(place, attacked.ids | {"szerzodes": attacked.ids["policy_number"]})
            await tab.settle()
            if hers := attacked.heard_in(tab.everything, said=str(attacked.ids)):
                told[page] = hers

    assert len(HER_PAGES) >= 2
    assert told == {}
    assert attacked.annas_rows() == before
    assert visitor is None or attacked.is_signed_in(visitor), "nobody attacked as a stranger by mistake"


async def test_anna_herself_is_told_what_is_hers(attacked: Attacked) -> None:
    """What the other tests look for is really said to somebody."""
    async with Tab(attacked.product.url, attacked.anna.header) as tab:
        for path in ("/kuldemenyek", f"/kuldemenyek/{attacked.letter_id}", "/beallitasok", "/szerzodesek", "/chat", *HER_PAGES):
            await tab.visit(filled(attacked, path))

        told = set(attacked.heard_in(tab.everything))

    assert {"subject", "summary", "file name", "reply", "answer", "draft", "policy"} <= told
    assert {"second policy", "plate", "request", "chat", "chat answer"} <= told
    assert "sign-in" not in told, "not even she is told the cookie"


@pytest.mark.requirement("R1")
@pytest.mark.requirement("R4")
@pytest.mark.parametrize("who", WHO)
async def test_nobody_else_gets_anything_of_hers_from_any_handler(attacked: Attacked, who: str) -> None:
    visitor = come(attacked, who)
    before = attacked.annas_rows()
    told: dict[str, list[str]] = {}

    for name, function in HANDLERS.items():
        async with Tab(attacked.product.url, visitor.header if visitor else "") as tab:
            await tab.visit(f"/kuldemenyek/{attacked.letter_id}", {"elkuldve": attacked.message_id, "q": "kanari"})
            for arguments in right_looking(attacked, function):
                await tab.send(name, arguments)
            await tab.settle()
            if hers := attacked.heard_in(tab.everything, said=str(attacked.ids)):
                told[short(name)] = hers

    assert len(HANDLERS) > 60
    assert told == {}
    assert attacked.annas_rows() == before
    assert visitor is None or attacked.is_signed_in(visitor), "nobody attacked as a stranger by mistake"


@pytest.mark.parametrize("who", ["a stranger", "Béla", "somebody who must change the password"])
async def test_annas_tab_is_of_no_use_to_somebody_else(attacked: Attacked, who: str) -> None:
    """The tab's token stands in the address of the socket, and so perhaps in a proxy's log."""
    visitor = come(attacked, who)
    anna = await Tab(attacked.product.url, attacked.anna.header).open()
    await anna.visit(f"/kuldemenyek/{attacked.letter_id}")

    async with Tab(attacked.product.url, visitor.header if visitor else "", token=anna.token) as beside_her:
        await beside_her.visit("/kuldemenyek")
    await anna.close()
    async with Tab(attacked.product.url, visitor.header if visitor else "", token=anna.token) as after_her:
        attacked.deliver(f"REF-{who}").raise_for_status()
        await asyncio.sleep(2.5)
        told_before_asking = list(after_her.heard)
        await after_her.visit("/kuldemenyek")

    assert attacked.heard_in(anna.everything) != []
    assert attacked.heard_in(beside_her.everything) == []
    assert told_before_asking == []
    assert attacked.heard_in(after_her.everything) == []


async def test_a_sign_in_that_ended_gets_nothing_more_through_its_open_socket(attacked: Attacked) -> None:
    visitor = attacked.another_sign_in_of(attacked.anna)
    async with Tab(attacked.product.url, visitor.header) as tab:
        await tab.visit("/kuldemenyek")
        attacked.end(visitor)
        tab.heard.clear()

        await tab.send(INBOX)
        await tab.send(INBOX_REFRESH)
        await tab.settle()

    assert attacked.heard_in(tab.everything) == []


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "http://evil.example",
        "{own}.evil.example",
        "{own}@evil.example",
        "http://localhost",
        "https://localhost:{port}",
        "{own}/",
    ],
)
async def test_only_our_own_pages_may_open_a_socket(attacked: Attacked, origin: str | None) -> None:
    product = attacked.product
    asked = origin and origin.format(own=product.url, port=product.port)

    with pytest.raises(socketio.exceptions.ConnectionError):
        await Tab(product.url, attacked.anna.header, asked).open()


async def test_the_socket_speaks_nothing_but_websocket(attacked: Attacked) -> None:
    """Long polling would answer over plain requests, which other rules guard."""
    async with httpx.AsyncClient(base_url=attacked.product.url) as client:
        answers = [
            await client.get(f"/_event{slash}?EIO=4&transport=polling", headers={"Cookie": attacked.anna.header, **origin})
            for slash in ("", "/")
            for origin in ({}, {"Origin": attacked.product.url}, {"Origin": "http://evil.example"})
        ]

    assert {answer.status_code for answer in answers} <= {400, 403, 404}
    assert [answer.text for answer in answers if '"sid"' in answer.text] == []
    assert [answer for answer in answers if "evil" in answer.headers.get("access-control-allow-origin", "")] == []


@pytest.mark.parametrize("kind", ["connect", "disconnect", "_build_static_router_data", "link_token_to_sid", "emit_update", "*"])
async def test_a_socket_cannot_say_whose_it_is(attacked: Attacked, kind: str) -> None:
    """Socket.IO would hand `connect` to Reflex from any client, with headers of the client's choosing."""
    labels = f"sign_in={attacked.anna.sign_in_id}; visit=; language=hu; source=192.0.2.7"
    headers = [[b"cookie", labels.encode()], [b"cookie", attacked.anna.header.encode()]]
    forged = {"asgi.scope": {"headers": headers, "client": ["192.0.2.7"]}, "HTTP_COOKIE": attacked.anna.header}

    async with Tab(attacked.product.url) as tab:
        await tab.say(forged, kind)
        await tab.visit(f"/kuldemenyek/{attacked.letter_id}")
        await tab.say([forged, {"CONNECT_AUTH": forged}], kind)
        await tab.visit("/kuldemenyek")

    assert attacked.heard_in(tab.everything) == []


async def test_an_event_cannot_say_whose_it_is(attacked: Attacked) -> None:
    labels = f"sign_in={attacked.anna.sign_in_id}; visit=; language=hu; source=192.0.2.7"
    headers = {"cookie": labels, "Cookie": attacked.anna.header}
    forged = {"headers": headers, "ip": "192.0.2.7", "sid": "x", "token": "y", "client_token": "y", "session_id": "x"}
    path = f"/kuldemenyek/{attacked.letter_id}"

    async with Tab(attacked.product.url, cookie=f"{labels}; x-portal-sign-in=1", path=path) as tab:
        for name in (f"{ROOT}.hydrate_and_load", INBOX, INBOX_REFRESH):
            event = tab.event(name)
            await tab.say(event | {"router_data": event["router_data"] | forged, "headers": headers, "substates": [forged]})
        await tab.settle()

    assert attacked.heard_in(tab.everything) == []


async def test_the_first_event_in_the_greeting_goes_through_the_gate_too(attacked: Attacked) -> None:
    tab = Tab(attacked.product.url, attacked.bela.header)
    await tab.open(auth={"event": tab.event(f"{ROOT}.hydrate_and_load", path=f"/kuldemenyek/{attacked.letter_id}")})
    await tab.settle()
    await tab.close()
    strange = Tab(attacked.product.url)
    await strange.open(auth={"event": strange.event("no.such.handler") | {"router_data": 5}})
    await strange.settle()
    await strange.close()

    assert attacked.heard_in(tab.everything) == []
    assert f"{PORTAL_STATE}" in tab.everything


# ── nothing that is said to a handler breaks it ──

AS_LARGE_AS_A_SOCKET_TAKES = 900_000
STRANGE: dict[str, Any] = {
    "nothing": None,
    "a truth": True,
    "a number": -1,
    "a huge number": 10**400,
    "not a number": float("nan"),
    "infinity": float("inf"),
    "an empty text": "",
    "control characters": "\x00\x1b[31m\r\n\u202e\ud800",
    "a list": [1, [2, [3]]],
    "an object": {"a": {"b": [None]}, "__class__": "x", "$ne": None},
    "much nested": json.loads("[" * 400 + "]" * 400),
    "a path": "../../../../etc/passwd",
    "SQL": "' OR 1=1 --",
}
PLACES: list[dict[str, Any]] = [
    {"pathname": "", "asPath": "", "query": {}},
    {"pathname": "//[", "asPath": "//[::1", "query": {"a": {"b": [1]}}},
    {"pathname": "http://[::1", "asPath": "http://[::1", "query": {"": None}},
    {"pathname": "/kuldemenyek/%ff%00", "asPath": "/kuldemenyek/%ff?%ff=%00&a&b=", "query": {"letter_id": ["x"]}},
    {"pathname": "/kuldemenyek", "asPath": "/kuldemenyek?oldal=-1&rend=x&kuld=%F0&q=" + "x" * 5000, "query": {"oldal": 1e300}},
    {"pathname": "/kuldemenyek/\ud800", "asPath": "/kuldemenyek/\ud800?q=\ud800", "query": {"q": "\ud800"}},
]


def wrong(function: Callable[..., Any]) -> Iterator[Any]:
    """Payloads that do not fit a handler, or fit only by their names."""
    names = list(inspect.signature(function).parameters)[1:]
    for value in STRANGE.values():
        yield dict.fromkeys(names or ["extra"], value)
    yield dict.fromkeys(names or ["extra"], "x" * (AS_LARGE_AS_A_SOCKET_TAKES // max(1, len(names))))
    yield {}
    yield dict.fromkeys(names[:-1], "x")
    yield {**dict.fromkeys(names, "x"), "extra": 1, "self": 2, "cls": 3}
    yield from (None, [], "x", 1, [["a", 1]], {"": 1})


@pytest.mark.parametrize("who", ["a stranger", "Béla"])
async def test_every_handler_survives_whatever_it_is_called_with(attacked: Attacked, who: str) -> None:
    visitor = come(attacked, who)
    logged = attacked.product.log.stat().st_size
    dead: list[str] = []

    for name, function in HANDLERS.items():
        async with Tab(attacked.product.url, visitor.header if visitor else "") as tab:
            await tab.visit("/kuldemenyek")
            for payload in wrong(function):
                await tab.say(tab.event(name) | {"payload": payload})
            for place in PLACES:
                await tab.say(tab.event(name) | {"router_data": place})
            try:
                await tab.settle()
            except TimeoutError:
                dead.append(short(name))
                break

    assert dead == []
    assert attacked.product.answers()
    assert faults_since(attacked, logged) == []
    assert attacked.product.log.stat().st_size - logged < 3_000_000, "what a stranger sends does not fill the log"


def faults_since(attacked: Attacked, size: int) -> list[str]:
    """The faults in the log: a wrong argument is a refusal, never a fault."""
    lines = attacked.product.log.read_bytes()[size:].decode().splitlines()
    return sorted({line[-300:] for line in lines if '"level": "error"' in line or not line.startswith("{")})


@pytest.mark.parametrize(
    "said",
    [None, 1, True, "x", "[]", "{}", '{"name": 1}', [], {}, [[]], {"name": None}, {"name": []}, {"name": {}}, {"name": "no"}],
    ids=str,
)
async def test_what_is_no_event_is_not_answered_and_harms_nothing(attacked: Attacked, said: Any) -> None:
    logged = attacked.product.log.stat().st_size

    async with Tab(attacked.product.url) as tab:
        await tab.say(said)
        for kind in ("event", "message", "ping", "client_error", "", "on_event", "__init__"):
            await tab.say(said, kind)
        await tab.settle()

    assert faults_since(attacked, logged) == []


@pytest.mark.parametrize(
    "frame",
    [
        "42/_event,[",
        "42/_event,{}",
        "42/_event,[]",
        "42/_event,null",
        '42/_event,[["event"]]',
        "42/_event,[1,2]",
        "42",
        "40",
        "9",
        "",
        "45",
        "451-/_event,[]",
        '451-/_event,["event",{"_placeholder":true,"num":5}]',
        "43/_event,1[]",
        "41/_event",
        "2probe",
        "42/_event," + "[" * 100_000,
        '42/other,["event",{}]',
        "x" * 2_000_000,
    ],
    ids=lambda frame: frame[:40] or "nothing",
)
async def test_frames_that_no_client_would_send_end_at_most_their_own_socket(attacked: Attacked, frame: str) -> None:
    address = f"{attacked.product.url}/_event/?EIO=4&transport=websocket&token=frames"

    async with Tab(attacked.product.url) as beside:
        async with aiohttp.ClientSession() as session, session.ws_connect(address, origin=attacked.product.url) as socket:
            await socket.send_str("40/_event,")
            await socket.send_str(frame)
            await socket.send_bytes(b"\x00\xff")
            await asyncio.sleep(0.2)
        await beside.settle()

    assert attacked.product.answers()
