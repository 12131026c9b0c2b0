"""Arrivals: every request and socket is authenticated once, before Reflex sees it.

Reflex keeps the headers of a socket in its state. So the Cookie header is replaced by labels that are no secrets:
the row of the sign-in, the row of the visit, the language. Rows can be guessed, so the labels bear this process's seal.
"""

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from portal_app.browser import admission
from portal_app.browser.cookies import LANGUAGE, CookieNames, read_cookies
from portal_app.domain.actors import Actor, Customer, Stranger
from portal_app.gateways.secrets import random_token
from portal_app.texts.catalogues import LANGUAGES

ARRIVAL = "portal.arrival"
_SEAL = random_token().encode()
# Built files are the same for everybody; nobody needs to be known for them.
UNAUTHENTICATED = ("/assets/", "/api/", "/healthz", "/readyz", "/metrics")


@dataclass(frozen=True)
class Labels:
    """What Reflex may know of a visitor's cookies."""

    sign_in: int | None = None
    visit: int | None = None
    language: str = ""
    source: str = ""

    def header(self) -> str:
        """Write the labels as the Cookie header that Reflex keeps."""
        pairs = (
            ("sign_in", self.sign_in or ""),
            ("visit", self.visit or ""),
            ("language", self.language),
            ("source", self.source),
        )
        words = "; ".join(f"{name}={value}" for name, value in pairs)
        return f"{words}; seal={_seal_of(words)}"


# The same few words come with every event of a socket.
@lru_cache(maxsize=4_096)
def read_labels(header: str) -> Labels:
    """Read the labels back from what Reflex kept; whatever does not bear our seal stands for nobody."""
    words, _, seal = header.rpartition("; seal=")
    if not hmac.compare_digest(seal.encode("utf-8", "replace"), _seal_of(words).encode()):
        return Labels()
    values = dict(pair.strip().split("=", 1) for pair in words.split(";") if "=" in pair)
    return Labels(
        sign_in=int(values["sign_in"]) if values.get("sign_in", "").isdecimal() else None,
        visit=int(values["visit"]) if values.get("visit", "").isdecimal() else None,
        language=values.get("language", ""),
        source=values.get("source", ""),
    )


def _seal_of(words: str) -> str:
    return hmac.new(_SEAL, words.encode("utf-8", "replace"), "sha256").hexdigest()


@dataclass(frozen=True)
class Arrival:
    """Who came, with the tokens of their cookies; our own routes read it, Reflex never does."""

    actor: Actor = field(default_factory=Stranger)
    tokens: dict[str, str] = field(default_factory=dict, repr=False)
    language: str = "hu"
    source: str = ""
    seen_step_due: bool = False
    language_chosen: bool = False
    """Whether this browser was told which language to speak."""

    @property
    def labels(self) -> Labels:
        """Give what Reflex may know."""
        customer = self.actor if isinstance(self.actor, Customer) else None
        stranger = self.actor if isinstance(self.actor, Stranger) else None
        return Labels(
            sign_in=customer.sign_in_id if customer else None,
            visit=stranger.visit_id if stranger else None,
            language=self.language,
            source=self.source,
        )


def arrival_of(connection: HTTPConnection) -> Arrival:
    """Tell who a request of our own routes comes from."""
    arrival = connection.scope.get(ARRIVAL)
    return arrival if isinstance(arrival, Arrival) else Arrival()


@dataclass(frozen=True)
class Known:
    """What the cookies of a browser stand for."""

    actor: Actor
    seen_step_due: bool = False


# Takes the tokens of the cookies and the source; says whom they stand for.
Recognise = Callable[[dict[str, str], str], Awaitable[Known]]


class Arrivals:
    """The wrapper that authenticates HTTP requests and the socket's connect the same way."""

    def __init__(self, app: ASGIApp, *, recognise: Recognise, names: CookieNames, proxy_hops: int, language: str = "hu") -> None:
        """Wrap `app`."""
        self.app = app
        self._recognise = recognise
        self._names = names
        self._proxy_hops = proxy_hops
        self._language = language

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Authenticate, replace the cookies by labels, and pass on."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        arrival = await self._arrival(scope, headers)
        admission.welcome(arrival.actor)
        labels = arrival.labels.header().encode("ascii", "ignore")
        kept = [(name, value) for name, value in scope["headers"] if name != b"cookie" and not name.startswith(b"x-portal-")]
        await self.app({**scope, "headers": [*kept, (b"cookie", labels)], ARRIVAL: arrival}, receive, send)

    async def _arrival(self, scope: Scope, headers: Headers) -> Arrival:
        source = source_of(scope, headers, self._proxy_hops)
        cookies = read_cookies("; ".join(headers.getlist("cookie")))
        tokens = {
            secret: cookies[self._names.name(secret)]
            for secret in ("sign_in", "device", "visit")
            if self._names.name(secret) in cookies
        }
        if scope["path"].startswith(UNAUTHENTICATED):
            return Arrival(Stranger(source), {}, self._language, source)
        known = await self._recognise(tokens, source)
        chosen = cookies.get(LANGUAGE, "")
        language = chosen if chosen in LANGUAGES else self._language_of(known.actor)
        return Arrival(known.actor, tokens, language, source, known.seen_step_due, language_chosen=chosen in LANGUAGES)

    def _language_of(self, actor: Actor) -> str:
        return actor.language if isinstance(actor, Customer) and actor.language in LANGUAGES else self._language


def source_of(scope: Scope, headers: Headers, proxy_hops: int) -> str:
    """Name the address a connection comes from; X-Forwarded-For counts only as far as our own proxies wrote it."""
    client = (scope.get("client") or ("",))[0]
    hops = [hop.strip() for line in headers.getlist("x-forwarded-for") for hop in line.split(",") if hop.strip()]
    named = hops[-proxy_hops] if proxy_hops and len(hops) >= proxy_hops else str(client)
    return named if _is_address(named) else str(client)


def _is_address(named: str) -> bool:
    try:
        ip_address(named)
    except ValueError:
        return False
    return True
