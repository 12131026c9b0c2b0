"""Built pages: who may load one, and the address that replaces the built one."""

import json
from pathlib import Path

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from portal_app.browser.addresses import Page
from portal_app.browser.admission import ANYONE, CHANGING, CUSTOMER, STRANGER
from portal_app.browser.arrivals import ARRIVAL, Arrival
from portal_app.browser.pages import Pages, own_path
from portal_app.domain.actors import Actor, Customer, Stage, Stranger
from tests.browser.asgi import knock, show_request

ANNA = Customer(account_id=5, sign_in_id=17, portal="kuldemenyeim")
ANNA_CHANGING = Customer(account_id=5, sign_in_id=17, portal="kuldemenyeim", stage=Stage.MUST_CHANGE)
PAGES = (
    Page("/belepes", str, "x", (STRANGER,)),
    Page("/kuldemenyek", str, "x", (CUSTOMER,)),
    Page("/kuldemenyek/[letter_id]", str, "x", (CUSTOMER,)),
    Page("/jelszo", str, "x", (CHANGING, CUSTOMER)),
    Page("/sugo", str, "x", ANYONE),
)


def site(build: Path, actor: Actor, origin: str = "http://localhost:8000") -> ASGIApp:
    inner = Pages(show_request, pages=PAGES, build=build, public_origin=origin)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await inner({**scope, ARRIVAL: Arrival(actor)}, receive, send)

    return app


@pytest.mark.parametrize(
    ("actor", "path", "leads_to"),
    [
        (Stranger(), "/kuldemenyek", "/belepes"),
        (Stranger(), "/kuldemenyek/abc?x=1", "/belepes?vissza=/kuldemenyek/abc%3Fx%3D1"),
        (Stranger(), "/jelszo", "/belepes?vissza=/jelszo"),
        (ANNA_CHANGING, "/kuldemenyek", "/jelszo"),
        (ANNA_CHANGING, "/belepes", "/jelszo"),
        (ANNA, "/belepes", "/kuldemenyek"),
    ],
)
@pytest.mark.requirement("R17")
async def test_a_page_that_is_not_open_leads_where_the_visitor_belongs(
    tmp_path: Path, actor: Actor, path: str, leads_to: str
) -> None:
    async with knock(site(tmp_path, actor)) as client:
        answer = await client.get(path)

    assert (answer.status_code, answer.headers["location"]) == (303, leads_to)
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("actor", "path", "inner"),
    [
        (Stranger(), "/belepes", "/belepes/"),
        (Stranger(), "/belepes/", "/belepes/"),
        (ANNA, "/kuldemenyek/abc", "/kuldemenyek/abc"),
        (ANNA, "/jelszo", "/jelszo/"),
        (ANNA_CHANGING, "/sugo", "/sugo/"),
        (Stranger(), "/assets/x.js", "/assets/x.js"),
    ],
)
async def test_an_open_page_is_found_without_another_redirect(tmp_path: Path, actor: Actor, path: str, inner: str) -> None:
    async with knock(site(tmp_path, actor)) as client:
        assert (await client.get(path)).json()["path"] == inner


async def test_a_dynamic_page_names_its_own_script(tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    routes = {
        "a": {"path": "", "module": "/assets/root.js"},
        "b": {"path": "kuldemenyek", "module": "/assets/inbox.js"},
        "c": {"path": "kuldemenyek/:letter_id", "module": "/assets/letter.js"},
    }
    (tmp_path / "assets" / "manifest-1.js").write_text(f"window.__reactRouterManifest={json.dumps({'routes': routes})};")

    async with knock(site(tmp_path, ANNA)) as client:
        answers = [await client.get(path) for path in ("/kuldemenyek/abc", "/kuldemenyek", "/assets/x.js")]

    assert [answer.headers.get("link") for answer in answers] == ["</assets/letter.js>; rel=modulepreload", None, None]
    assert [answer.headers.get("cache-control") for answer in answers] == ["no-store", "no-store", None]


@pytest.mark.parametrize(
    ("origin", "web", "socket"),
    [
        ("https://portal.example", "https://portal.example", "wss://portal.example"),
        ("http://localhost:9000", "http://localhost:9000", "ws://localhost:9000"),
    ],
)
async def test_the_build_gets_its_address_when_it_is_served(tmp_path: Path, origin: str, web: str, socket: str) -> None:
    (tmp_path / "assets").mkdir()
    built = "var e={PING:`http://localhost:8000/ping`,EVENT:`ws://localhost:8000/_event`}"
    (tmp_path / "assets" / "reflex-env-abc.js").write_text(built)

    async with knock(site(tmp_path, Stranger(), origin)) as client:
        answer = await client.get("/assets/reflex-env-abc.js")
        again = await client.get("/assets/reflex-env-abc.js", headers={"if-none-match": answer.headers["etag"]})

    assert answer.text == f"var e={{PING:`{web}/ping`,EVENT:`{socket}/_event`}}"
    assert answer.headers["cache-control"] == "no-cache"
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("wanted", "goes_to"),
    [
        ("/lomtar?oldal=2", "/lomtar?oldal=2"),
        ("//evil.example", "/kuldemenyek"),
        ("/\\evil.example", "/kuldemenyek"),
        ("https://evil.example", "/kuldemenyek"),
        ("/x\r\nset-cookie: a=b", "/kuldemenyek"),
        ("", "/kuldemenyek"),
        (None, "/kuldemenyek"),
    ],
)
def test_going_back_never_leaves_the_portal(wanted: str | None, goes_to: str) -> None:
    assert own_path(wanted) == goes_to
