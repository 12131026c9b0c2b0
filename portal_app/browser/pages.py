"""The built pages at their addresses: who may load one, and the built address replaced by the real one."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portal_app.browser import admission
from portal_app.browser.addresses import Page
from portal_app.browser.admission import CHANGING, CUSTOMER, STRANGER, Audience
from portal_app.browser.arrivals import arrival_of
from portal_app.domain.actors import Customer
from portal_app.domain.brands import PortalName

SIGN_IN = "/belepes"
CHANGE = "/jelszo"
INBOX = "/kuldemenyek"
RETURN = "vissza"
TIMED_OUT = "lejart"

# The address that every build is made with; see `operations/builds.py`.
BUILT_ADDRESS = "localhost:8000"
ADDRESS_FILES = "/assets/reflex-env-"


class Pages:
    """The wrapper around the built files."""

    def __init__(self, app: ASGIApp, *, pages: Sequence[Page], build: Path, public_origin: str) -> None:
        """Guard `pages`; `build` is the folder of the built files."""
        self.app = app
        self._pages = pages
        self._addresses = _address_files(build, public_origin)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the address file, lead away who may not load a page, pass on the rest."""
        if scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"}:
            await self.app(scope, receive, send)
            return
        path = scope["path"]
        page = self._page(path)
        if path in self._addresses:
            await _unchanging(scope, self._addresses[path])(scope, receive, send)
        elif page is None:
            await self.app(scope, receive, send)
        elif elsewhere := lead_away(Request(scope), page.audiences, page.portals):
            await elsewhere(scope, receive, send)
        else:
            # The build keeps a page as a folder; without the slash the file server would redirect once more.
            inner = path if path.endswith("/") or not page.is_static else f"{path}/"
            inside = {**scope, "path": inner, "raw_path": quote(inner).encode()}
            await self.app(inside, receive, send if STRANGER in page.audiences else _never_kept(send))

    def _page(self, path: str) -> Page | None:
        return next((page for page in self._pages if page.pattern.fullmatch(path)), None)


def lead_away(
    request: Request, audiences: Sequence[Audience], portals: Sequence[PortalName] = tuple(PortalName)
) -> Response | None:
    """Lead a visitor to where they belong when this address is not open to them, or not in their portal."""
    actor = arrival_of(request).actor
    audience = admission.audience_of(actor)
    elsewhere = isinstance(actor, Customer) and actor.portal not in portals
    if audience in audiences and not elsewhere:
        return None
    if audience is CUSTOMER:
        return see_other(INBOX)
    if audience is CHANGING:
        return see_other(CHANGE)
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    asked = [f"{RETURN}={quote(wanted, safe='/')}"] if request.method == "GET" and wanted != INBOX else []
    if "sign_in" in arrival_of(request).tokens:
        # A cookie that stands for nobody any more: the page says why it asks again.
        asked.append(f"{TIMED_OUT}=1")
    return see_other(SIGN_IN + (f"?{'&'.join(asked)}" if asked else ""))


def see_other(path: str) -> RedirectResponse:
    """Answer 303 to another page of ours."""
    return RedirectResponse(path, 303, {"cache-control": "no-store"})


def own_path(wanted: str | None, otherwise: str = INBOX) -> str:
    """Give the path to go back to if it is one of our own pages, else `otherwise`."""
    plain = wanted is not None and wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable()
    return wanted if plain and wanted is not None else otherwise


def _never_kept(send: Send) -> Send:
    """Keep a page that only customers may load out of the browser's memory: *Back* after sign-out must ask again."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message)["cache-control"] = "no-store"
        await send(message)

    return sending


def _address_files(build: Path, public_origin: str) -> dict[str, bytes]:
    """Put the installation's address into the files that hold the built one."""
    scheme, _, place = public_origin.partition("://")
    web, socket = f"{scheme}://{place}", f"{'wss' if scheme == 'https' else 'ws'}://{place}"
    files = build.glob(f"{ADDRESS_FILES.lstrip('/')}*.js")
    return {
        f"/{file.relative_to(build).as_posix()}": file.read_text(encoding="utf-8")
        .replace(f"http://{BUILT_ADDRESS}", web)
        .replace(f"ws://{BUILT_ADDRESS}", socket)
        .encode()
        for file in files
    }


def _unchanging(scope: Scope, content: bytes) -> Response:
    tag = f'"{sha256(content).hexdigest()[:32]}"'
    headers = {"etag": tag, "cache-control": "no-cache"}
    if Headers(scope=scope).get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type="text/javascript")
