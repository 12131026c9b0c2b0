"""Every address, on both databases: what is Anna's and what does not exist look the same to everybody else.

The same matrix as `tests/faults/test_requests.py`, which asks the running product, here through the routes themselves.
"""

import asyncio
import inspect
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from reflex.istate.data import ReflexURL
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from portal_app.browser import admission, doors
from portal_app.browser.arrivals import Labels
from portal_app.customer.routes import PAGES, ROUTES
from portal_app.domain.actors import Actor, Customer, Stranger
from portal_app.domain.errors import PortalError
from portal_app.gateways.clock import now
from portal_app.ingest.api import ingest_routes
from portal_app.services import api_keys
from portal_app.services.house import House
from tests.browser.tabs import tab
from tests.cast import DENES
from tests.faults.attacked import FULL, Attacked, peopled
from tests.faults.test_requests import DOORS, NAMING, WHO, Door, cookie_of, hers, knock, nobodys, people
from tests.faults.test_sockets import HANDLERS, HER_PAGES, filled, right_looking


@dataclass
class InProcess:
    """The portal without a process of its own."""

    url: str


class Client:
    """A browser, or the insurer's core system, that waits for each answer and follows nothing."""

    def __init__(self, site: ASGIApp, url: str) -> None:
        self._runner = asyncio.Runner()
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(site), base_url=url)
        self.cookies, self.headers = self._client.cookies, self._client.headers

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Ask once."""
        return self._runner.run(self._client.request(method, path, **more))

    def put(self, path: str, **more: Any) -> httpx.Response:
        """State something."""
        return self.request("PUT", path, **more)

    def post(self, path: str, **more: Any) -> httpx.Response:
        """Hand something over."""
        return self.request("POST", path, **more)

    def close(self) -> None:
        """Leave."""
        self._runner.run(self._client.aclose())
        self._runner.close()


@pytest.fixture
def client(house: House, tmp_path: Path) -> Iterator[Client]:
    """A browser that follows nothing, at the real routes behind the real wrappers."""

    async def built(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("page")(scope, receive, send)

    site = doors.open_doors(built, pages=PAGES, routes=ROUTES, others=ingest_routes(), build=tmp_path)
    opened = Client(site, house.settings.public_origin)
    yield opened
    opened.close()


@pytest.fixture
def attacked(house: House, client: Client) -> Attacked:
    """Anna with everything she can have, and the others."""
    key = house.database.carry_out(api_keys.create_key, DENES, "core", now=now())
    client.headers["Authorization"] = f"Bearer {key}"
    everybody = peopled(InProcess(house.settings.public_origin), house, client)  # type: ignore[arg-type]
    del client.headers["Authorization"]
    return everybody


@pytest.mark.timeout(300)
def test_every_address_answers_alike_for_hers_and_for_nothing(attacked: Attacked, client: Client) -> None:
    before = attacked.annas_rows()
    different = [
        (who, str(door))
        for who in WHO
        for door in NAMING
        if knock(client, attacked, door, who, hers(attacked)) != knock(client, attacked, door, who, nobodys(attacked))
    ]

    assert different == []
    assert attacked.annas_rows() == before


def test_bela_finds_none_of_her_things(attacked: Attacked, client: Client) -> None:
    asked = [door for door in DOORS if "_id}" in door.path and not door.path.endswith("/valasz")]

    statuses = {str(door): knock(client, attacked, door, "Béla", hers(attacked))[0] for door in asked}

    assert {door: status for door, status in statuses.items() if status != 404} == {}
    assert len(statuses) >= 3


@pytest.mark.parametrize("page", [page.path for page in PAGES if not page.is_static])
def test_the_pages_of_her_things_are_the_same_file_for_everybody(attacked: Attacked, client: Client, page: str) -> None:
    """What a page shows comes through the socket, where the gate stands; `tests/faults/test_sockets.py` asks there."""
    door = Door("GET", page)

    answer = client.request("GET", door.at(hers(attacked)), headers=cookie_of(attacked, "Béla"))

    assert (answer.status_code, answer.text) in {(200, "page"), (303, "")}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("who", WHO)
async def test_no_handler_tells_or_does_anything_of_hers(attacked: Attacked, who: str) -> None:
    """Every handler that the gate would let this visitor call, from the pages of her things, with all her ids."""
    before, told = attacked.annas_rows(), {}
    known = str(attacked.ids)

    for page in HER_PAGES:
        root = tab(Labels())
        root.router = replace(root.router, url=ReflexURL(f"{attacked.product.url}{filled(attacked, page)}?szerzodes={known}"))
        for name, function in HANDLERS.items():
            admission.welcome(actor_of(attacked, who))
            if may_call(attacked, who, function):
                for arguments in right_looking(attacked, function):
                    await call(root, name, function, arguments)
        if hers_told := attacked.heard_in(str(root.dict()), said=known):
            told[page] = hers_told

    assert told == {}
    assert attacked.annas_rows() == before


async def test_her_own_pages_tell_her_what_is_hers(attacked: Attacked) -> None:
    """What the others are not told is really there to be told."""
    actor = Customer(attacked.anna.account_id, attacked.anna.sign_in_id, FULL)
    heard: set[str] = set()

    for page in HER_PAGES:
        root = tab(Labels())
        root.router = replace(root.router, url=ReflexURL(f"{attacked.product.url}{filled(attacked, page)}"))
        for name, function in HANDLERS.items():
            admission.welcome(actor)
            if name.endswith(".load"):
                await call(root, name, function, {})
        heard |= set(attacked.heard_in(str(root.dict())))

    assert {"subject", "summary", "reply", "answer", "policy", "plate", "address", "request", "chat", "chat answer"} <= heard


def actor_of(attacked: Attacked, who: str) -> Actor:
    visitor = people(attacked).get(who)
    if visitor is None:
        return Stranger("198.51.100.7")
    portal = "kuldemenyeim" if visitor is attacked.dora else FULL
    return Customer(visitor.account_id, visitor.sign_in_id, portal, visitor.stage)


def may_call(attacked: Attacked, who: str, function: Callable[..., Any]) -> bool:
    """Whether the gate would let the event pass."""
    opening = admission.opening_of(function)
    return opening is not None and admission.audience_of(actor_of(attacked, who)) in opening.audiences


async def call(root: Any, name: str, function: Callable[..., Any], arguments: dict[str, Any]) -> None:
    """Run a handler as the gate would; refusals are the rule here."""
    place, _, _ = name.rpartition(".")
    with suppress(PortalError):
        answer = function(root.get_substate(place.split(".")), **arguments)
        if inspect.isawaitable(answer):
            await answer
        elif inspect.isasyncgen(answer):
            async for _ in answer:
                pass
