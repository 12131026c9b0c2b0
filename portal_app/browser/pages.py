"""The built pages at their addresses: who may load one, and the built address replaced by the real one."""

import json
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
MANIFEST = "/assets/manifest-"


class Pages:
    """The wrapper around the built files."""

    def __init__(self, app: ASGIApp, *, pages: Sequence[Page], build: Path, public_origin: str) -> None:
        """Guard `pages`; `build` is the folder of the built files."""
        self.app = app
        self._pages = pages
        self._addresses = _address_files(build, public_origin)
        self._scripts = _own_scripts(build)

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
            await self.app(inside, receive, _with_headers(send, self._headers(page)))

    def _page(self, path: str) -> Page | None:
        return next((page for page in self._pages if page.pattern.fullmatch(path)), None)

    def _headers(self, page: Page) -> dict[str, str]:
        """Say what the answer must carry besides the built page."""
        # A page that only customers may load is not kept by the browser: *Back* after sign-out must ask again.
        headers = {} if STRANGER in page.audiences else {"cache-control": "no-store"}
        # All dynamic addresses share one built file, which does not know what this one will need (RFC 8288, HTML preload).
        if not page.is_static and page.path in self._scripts:
            headers["link"] = f"<{self._scripts[page.path]}>; rel=modulepreload"
        return headers


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


def _with_headers(send: Send, headers: dict[str, str]) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(headers)
        await send(message)

    return sending


def _own_scripts(build: Path) -> dict[str, str]:
    """Read from the build which script belongs to which page."""
    scripts: dict[str, str] = {}
    for manifest in build.glob(f"{MANIFEST.lstrip('/')}*.js"):
        written = manifest.read_text(encoding="utf-8")
        routes = json.loads(written[written.index("{") : written.rindex("}") + 1])["routes"]
        for route in routes.values():
            parts = [f"[{part[1:]}]" if part.startswith(":") else part for part in route.get("path", "").split("/")]
            scripts[f"/{'/'.join(parts)}"] = route["module"]
    return scripts


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
