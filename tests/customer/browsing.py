"""A browser without pages: it sends forms to the real routes behind the real wrappers, keeps cookies, and follows nothing.

And its tabs: what the states of pages show and do.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import httpx
from reflex.event import Event
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from portal_app.browser import admission, doors
from portal_app.browser.arrivals import Labels
from portal_app.browser.portal_state import PortalState
from portal_app.customer.routes import PAGES, ROUTES
from portal_app.services.house import House
from tests.browser.tabs import show_page, tab
from tests.cast import ANNAS_LOGIN
from tests.visitors import FULL_PASSWORD

Shown = TypeVar("Shown", bound=PortalState)


class Browser:
    """One browser with its cookies."""

    def __init__(self, house: House, folder: Path, *, source: str = "198.51.100.7") -> None:
        """Come from `source`; `folder` stands for a build without pages."""
        self.house = house
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(_site(folder), client=(source, 4711)),
            base_url=house.settings.public_origin,
            headers={"origin": house.settings.public_origin, "user-agent": "Firefox"},
        )

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies by name."""
        return dict(self._client.cookies)

    async def post(self, path: str, **fields: str) -> httpx.Response:
        """Send a form."""
        return await self._client.post(path, data=fields)

    async def get(self, path: str, method: str = "GET") -> httpx.Response:
        """Follow a link."""
        return await self._client.request(method, path)

    async def sign_in(self, login: str, password: str, **more: str) -> httpx.Response:
        """Send the sign-in form."""
        return await self.post("/belepes", login=login, password=password, **more)

    async def leads_to(self, path: str) -> str:
        """Say where a page leads, or the path itself when it may be loaded."""
        answer = await self.get(path)
        return answer.headers["location"] if answer.status_code == httpx.codes.SEE_OTHER else path

    async def shown(self, state: type[Shown], handler: str = "load", *, address: str = "") -> Shown:
        """Load a page's state as its socket would, at this address with its query."""
        known = await doors.recognise({name.removeprefix("portal_"): token for name, token in self.cookies.items()}, "")
        admission.welcome(known.actor)
        found = tab_at(state, address)
        await do(found, handler)
        return found


def _site(folder: Path) -> ASGIApp:
    async def built(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("page")(scope, receive, send)

    return doors.open_doors(built, pages=PAGES, routes=ROUTES, others=(), build=folder)


NewBrowser = Callable[..., Browser]


async def at_the_door(new_browser: NewBrowser, login: str = ANNAS_LOGIN) -> Browser:
    """Open a browser and sign in with an issued identifier."""
    browser = new_browser()
    answer = await browser.sign_in(login, FULL_PASSWORD)
    assert answer.headers["location"].startswith("/kuldemenyek")
    return browser


def tab_at(state: type[Shown], address: str = "") -> Shown:
    """Open a tab of whoever was welcomed last, with this page's state, at this address with its query."""
    root = tab(Labels())
    if address:
        show_page(root, address)
    found: Shown = root.get_substate(state.get_full_name().split("."))  # type: ignore[assignment]
    return found


def go(state: PortalState, address: str) -> None:
    """Let the tab be at another address."""
    show_page(state._get_root_state(), address)


async def do(state: PortalState, handler: str, *arguments: Any) -> Any:
    """Run a handler as the gate lets it run."""
    answer = getattr(type(state), handler).fn(state, *arguments)
    return await answer if isinstance(answer, Awaitable) else answer


def led_to(answer: Any) -> tuple[str, dict[str, list[str]]]:
    """Read the address that an answer leads to: its path and its query."""
    parts = urlsplit(str(Event.from_event_type(answer)[0].payload["path"]))
    return parts.path, parse_qs(parts.query)
