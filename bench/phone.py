"""What a customer's phone loads, and when it shows the largest thing: `weight_*` and `lcp_*`."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, sync_playwright

from bench import papers
from bench.figures import Figure, median
from bench.filling import login_of, policy_of
from bench.serving import Server
from bench.site import SMALL, Installation, Site
from portal_app.domain.actors import Operator
from portal_app.domain.deliveries import Attachment, Handover
from portal_app.domain.errors import PortalError
from portal_app.domain.kinds import LetterKind
from portal_app.gateways.clock import now
from portal_app.services import demonstration, intake
from portal_app.services.intake import Desk
from tests.chromium import chromium_path

ARGUMENTS = ("--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu")
# A mid-range phone, as Lighthouse has it: its screen, its processor, its network.
SCREEN = {"viewport": {"width": 412, "height": 823}, "device_scale_factor": 1.75, "is_mobile": True, "has_touch": True}
SLOWER = 4
NETWORK = {"offline": False, "latency": 150, "downloadThroughput": 1_600_000 / 8, "uploadThroughput": 750_000 / 8}
LOADS = 5
LATE_SECONDS = 2
"""Whatever still comes after the page is complete."""

_WATCH = """
window.largest = 0;
new PerformanceObserver(list => { for (const entry of list.getEntries()) window.largest = entry.startTime })
    .observe({ type: "largest-contentful-paint", buffered: true });
"""


@dataclass(frozen=True)
class Screen:
    """A page and how to see that it is complete."""

    name: str
    path: str
    complete: str
    """What is visible then."""


@dataclass
class Loaded:
    """What one load brought, in bytes as they travelled."""

    requests: dict[str, int] = field(default_factory=dict)
    frames: int = 0

    @property
    def total(self) -> int:
        """Everything: answers with their headers, and what the socket said."""
        return sum(self.requests.values()) + self.frames


def measure_weights(site: Site) -> list[Figure]:
    """Load the sign-in page and the inbox into an empty browser and count the bytes."""
    with _portal(site) as (screens, portal, token), _chromium() as browser, site.bare() as bare:
        plain = _weigh(browser, bare, Screen("bare", "/", "main"), "", ["gzip"]).total
        figures = []
        for screen in screens[:2]:
            cookie = "" if screen.name == "sign_in" else token
            loaded = _weigh(browser, portal, screen, cookie, ["gzip"])
            brotli = _weigh(browser, portal, screen, cookie, ["gzip", "br"])
            details = {"baseline_unit": "kB", "requests": len(loaded.requests), "socket_kb": loaded.frames / 1000,
                       "with_brotli_kb": brotli.total / 1000}  # fmt: skip
            figures.append(Figure(f"weight_{screen.name}", loaded.total / 1000, plain / 1000, details))
        return figures


def measure_paints(site: Site) -> list[Figure]:
    """Load each page several times into an empty browser on a slow phone; give the middle largest contentful paint."""
    with _portal(site) as (screens, portal, token), _chromium() as browser, site.bare() as bare:
        plain = median([_paint(browser, bare, Screen("bare", "/", "main"), "") for _ in range(LOADS)])
        figures = []
        for screen in screens:
            cookie = "" if screen.name == "sign_in" else token
            paints = [_paint(browser, portal, screen, cookie) for _ in range(LOADS)]
            again = median([_paint(browser, portal, screen, cookie, been_here=screens[0]) for _ in range(LOADS)])
            details = {"baseline_unit": "s", "slowest_s": max(paints), "after_sign_in_page_s": again, "loads": LOADS}
            figures.append(Figure(f"lcp_{screen.name}", median(paints), plain, details))
        return figures


@contextmanager
def _portal(site: Site) -> Iterator[tuple[list[Screen], Server, str]]:
    """Serve an installation in which one letter can really be read."""
    installation = site.installation(SMALL)
    letter_id = _place_letter(installation)
    screens = [
        Screen("sign_in", "/belepes", "input[autocomplete='current-password']"),
        Screen("inbox", "/kuldemenyek", "tr.letter-row"),
        Screen("letter", f"/kuldemenyek/{letter_id}", "a[href*='/letoltes']"),
    ]
    with installation.serving() as portal:
        yield screens, portal, installation.sign_in(1)


def _place_letter(installation: Installation) -> str:
    house, operator = installation.house, Operator("bench")
    paper, said = papers.letter(house.brand), papers.words(house.brand)
    handover = Handover(
        f"phone-{now().timestamp()}", policy_of(1), LetterKind.INFORMATION, said.subject, said.summary,
        (Attachment("letter.pdf", sha256(paper).hexdigest(), paper),),
    )  # fmt: skip
    desk = Desk(house.database, house.objects, house.scanner, house.brand)
    outcome = intake.hand_over(desk, operator, [handover], now=now)[0]
    if isinstance(outcome, PortalError):
        raise outcome
    return house.database.ask(demonstration.letters_of, operator, login_of(1))[-1][0]


@contextmanager
def _chromium() -> Iterator[Browser]:
    path = chromium_path()
    if path is None:
        raise RuntimeError("no Chromium; run: make chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


@contextmanager
def _new_phone(browser: Browser, server: Server, token: str) -> Iterator[tuple[Page, CDPSession]]:
    """Open a page of a browser that was never anywhere, signed in where a token is given."""
    context: BrowserContext = browser.new_context(base_url=server.url, locale="hu-HU", timezone_id="Europe/Budapest", **SCREEN)
    if token:
        context.add_cookies([{"name": "portal_sign_in", "value": token, "url": server.url, "httpOnly": True, "sameSite": "Lax"}])
    page = context.new_page()
    line = context.new_cdp_session(page)
    line.send("Network.enable")
    yield page, line
    context.close()


def _weigh(browser: Browser, server: Server, screen: Screen, token: str, encodings: list[str]) -> Loaded:
    with _new_phone(browser, server, token) as (page, line):
        loaded = Loaded()
        addresses: dict[str, str] = {}
        line.on("Network.requestWillBeSent", lambda said: addresses.update({said["requestId"]: said["request"]["url"]}))
        line.on("Network.loadingFinished", lambda said: _weighed(loaded, addresses, said))
        line.on("Network.webSocketFrameReceived", lambda said: _heard(loaded, said))
        line.send("Network.setExtraHTTPHeaders", {"headers": {"Accept-Encoding": ", ".join(encodings)}})
        _load(page, screen)
        return loaded


def _weighed(loaded: Loaded, addresses: dict[str, str], said: dict[str, Any]) -> None:
    loaded.requests[addresses.get(said["requestId"], said["requestId"])] = int(said["encodedDataLength"])


def _heard(loaded: Loaded, said: dict[str, Any]) -> None:
    loaded.frames += len(said["response"]["payloadData"].encode())


def _paint(browser: Browser, server: Server, screen: Screen, token: str, been_here: Screen | None = None) -> float:
    """Give the seconds until the largest paint; `been_here` is what this phone has visited before, on its way."""
    with _new_phone(browser, server, "") as (page, line):
        if been_here is not None:
            _load(page, been_here)
        if token:
            cookie = {"name": "portal_sign_in", "value": token, "url": server.url, "httpOnly": True}
            page.context.add_cookies([cookie])  # type: ignore[list-item]
        page.add_init_script(_WATCH)
        line.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        line.send("Network.emulateNetworkConditions", NETWORK)
        _load(page, screen)
        return float(page.evaluate("window.largest")) / 1000


def _load(page: Page, screen: Screen) -> None:
    page.goto(screen.path, wait_until="load", timeout=120_000)
    page.locator(screen.complete).first.wait_for(state="visible", timeout=120_000)
    page.wait_for_load_state("networkidle", timeout=120_000)
    page.wait_for_timeout(LATE_SECONDS * 1000)
