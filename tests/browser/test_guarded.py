"""Guarded routes: who is let in, and what a refusal or a fault looks like."""

from collections.abc import Callable

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from portal_app.browser.addresses import WebRoute
from portal_app.browser.admission import ANYONE, CUSTOMER
from portal_app.browser.arrivals import ARRIVAL, Arrival
from portal_app.browser.guarded import guarded_routes
from portal_app.domain.actors import Actor, Customer, Stage, Stranger
from portal_app.domain.errors import Busy, DocumentNotFound, LetterNotFound, NotAllowed, PortalError
from portal_app.texts.catalogues import sentence
from tests.browser.asgi import knock

ANNA = Customer(account_id=5, sign_in_id=17, portal="kuldemenyeim")


class House:
    """A door with one route, and who was kept awake by it."""

    def __init__(self, actor: Actor, audiences: tuple[object, ...], raises: Exception | None = None) -> None:
        self.arrival = Arrival(actor, language="en", seen_step_due=True)
        self.touched: list[Customer] = []
        self.raises = raises
        routes = [WebRoute(method, "/x", self.answer, audiences) for method in ("GET", "POST")]  # type: ignore[arg-type]
        self.app = Starlette(routes=guarded_routes(routes, self.touch))

    async def answer(self, _request: Request) -> Response:
        if self.raises:
            raise self.raises
        return PlainTextResponse("inside")

    async def touch(self, actor: Customer) -> None:
        self.touched.append(actor)

    async def outside(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app({**scope, ARRIVAL: self.arrival}, receive, send)

    async def knock(self, method: str = "GET") -> httpx.Response:
        async with knock(self.outside) as client:
            return await client.request(method, "/x")


async def test_who_may_come_in_comes_in_and_is_kept_awake() -> None:
    house = House(ANNA, (CUSTOMER,))

    answer = await house.knock()

    assert (answer.status_code, answer.text, house.touched) == (200, "inside", [ANNA])


@pytest.mark.parametrize(
    ("actor", "leads_to"),
    [(Stranger(), "/belepes"), (Customer(7, 19, "kuldemenyeim", Stage.MUST_CHANGE), "/jelszo")],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_who_may_not_is_led_away_before_anything_happens(actor: Actor, leads_to: str, method: str) -> None:
    house = House(actor, (CUSTOMER,), raises=AssertionError("the route must not run"))

    answer = await house.knock(method)

    assert answer.status_code == 303
    assert answer.headers["location"].partition("?")[0] == leads_to
    assert house.touched == []


@pytest.mark.parametrize(("refusal", "status"), [(LetterNotFound, 404), (DocumentNotFound, 404), (NotAllowed, 403), (Busy, 503)])
async def test_a_refusal_is_a_page_in_words(refusal: Callable[[], PortalError], status: int) -> None:
    answer = await House(ANNA, ANYONE, raises=refusal()).knock()

    assert answer.status_code == status
    assert sentence(f"error.{refusal().code}", "en") in answer.text or status == 503
    assert '<html lang="en">' in answer.text
    assert "+36" in answer.text


async def test_a_fault_shows_a_number_and_nothing_else() -> None:
    answer = await House(ANNA, ANYONE, raises=ValueError("SELECT secret FROM account")).knock()

    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text


async def test_an_error_page_is_never_kept() -> None:
    assert (await House(ANNA, ANYONE, raises=LetterNotFound()).knock()).headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("multipart/form-data", b"--x"), ("multipart/form-data; boundary=x", b"no form"),
        ("application/x-www-form-urlencoded", b"&".join(b"f%d=1" % number for number in range(5000))),
        ("application/x-www-form-urlencoded", b"email=a%00b"),
    ],
)  # fmt: skip
async def test_a_form_that_is_none_is_refused_before_the_route_reads_it(kind: str, content: bytes) -> None:
    async with knock(House(ANNA, (CUSTOMER,)).outside) as client:
        answer = await client.post("/x", content=content, headers={"content-type": kind})

    assert answer.status_code == 400


@pytest.mark.parametrize("address", ["/x?q=%00", "/x?a=1&q=b%00c"])
async def test_an_address_that_cannot_be_stored_is_refused(address: str) -> None:
    async with knock(House(ANNA, (CUSTOMER,)).outside) as client:
        assert (await client.get(address)).status_code == 400
