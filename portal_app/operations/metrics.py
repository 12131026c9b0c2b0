"""Metrics for Prometheus: for loopback, or with the token of the settings; measured at most every 15 seconds."""

import asyncio
import hmac
import ipaddress
import shutil
import time

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, ProcessCollector, generate_latest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from portal_app.domain.actors import Operator
from portal_app.gateways import clock
from portal_app.services import figures
from portal_app.services.figures import Figures
from portal_app.services.house import House, the_house

KEPT_FOR = 15.0
_NO_STORE = {"cache-control": "no-store"}
_FORWARDED = ("x-forwarded-for", "forwarded", "x-real-ip")


class Metrics:
    """The gauges of one process, and the page they last made."""

    def __init__(self) -> None:
        """Make the gauges."""
        registry = CollectorRegistry()
        ProcessCollector(registry=registry)

        def gauge(name: str, about: str, *labels: str) -> Gauge:
            return Gauge(f"portal_{name}", about, labels, registry=registry)

        self._registry = registry
        self._plain = {
            "deliveries": gauge("deliveries", "Deliveries taken so far (highest number given out)"),
            "accounts": gauge("accounts", "Accounts opened so far (highest number given out)"),
            "letters_waiting": gauge("letters_waiting", "Letters whose moment has not come yet"),
            "letters_overdue": gauge("letters_overdue", "Letters whose time is over and which no nightly has erased yet"),
            "sign_ins": gauge("sign_ins", "Sign-ins that are running now"),
            "addresses_refused": gauge("addresses_refused", "Accounts whose e-mail address refuses our mail for good"),
            "messages_open": gauge("messages_open", "Customers' messages without an answer"),
            "messages_overdue": gauge("messages_overdue", "Customers' messages whose day for an answer has passed"),
            "requests_open": gauge("requests_open", "Customers' requests that are not decided yet"),
            "requests_overdue": gauge("requests_overdue", "Customers' requests whose day has passed"),
        }
        self._unopened = gauge("letters_unopened_soon", "Never opened letters that are erased within so many days", "days")
        self._post_open = gauge("post_open", "Post that is owed", "channel")
        self._post_put_off = gauge("post_put_off", "Owed post that was tried before")
        self._post_oldest = gauge("post_oldest_seconds", "For how long the longest waiting post is owed")
        self._post_dead = gauge("post_dead", "Post that was given up in the last seven days")
        self._ages = {
            "nightly_seconds": gauge("nightly_age_seconds", "Seconds since the last good nightly; -1 when there was none"),
            "backup_seconds": gauge("backup_age_seconds", "Seconds since the last backup; -1 when there was none"),
        }
        self._free = gauge("data_free_bytes", "Free space where the data folder lies")
        self._page, self._made_at = b"", -KEPT_FOR
        self._lock = asyncio.Lock()

    async def answer(self, request: Request) -> Response:
        """Answer loopback, and whoever brings the token as `Authorization: Bearer`; everybody else gets 404."""
        house = the_house()
        if not _from_loopback(request) and not _brings(request, house.settings.metrics_token):
            return PlainTextResponse("Not found\n", 404, headers=_NO_STORE)
        page = await self._current(house)
        return Response(page, media_type=CONTENT_TYPE_LATEST, headers=_NO_STORE)

    async def _current(self, house: House) -> bytes:
        """Give the page, measured anew when the last one is older than 15 seconds."""
        async with self._lock:
            if time.monotonic() - self._made_at >= KEPT_FOR:
                measured = await house.database.in_thread(
                    lambda: house.database.ask(figures.gather, Operator("metrics"), brand=house.brand, now=clock.now())
                )
                self._show(measured, house)
                self._page, self._made_at = generate_latest(self._registry), time.monotonic()
            return self._page

    def _show(self, measured: Figures, house: House) -> None:
        for name, gauge in self._plain.items():
            gauge.set(getattr(measured, name))
        for days, letters in measured.unopened_soon.items():
            self._unopened.labels(str(days)).set(letters)
        for channel, owed in measured.post.open.items():
            self._post_open.labels(channel).set(owed)
        self._post_put_off.set(measured.post.put_off)
        self._post_oldest.set(measured.post.oldest_seconds)
        self._post_dead.set(measured.post.dead)
        for name, gauge in self._ages.items():
            age = getattr(measured, name)
            gauge.set(-1 if age is None else age)
        self._free.set(shutil.disk_usage(house.settings.folder).free)


def _from_loopback(request: Request) -> bool:
    """Whether the request was made on this machine; what a proxy passed on was not, wherever the proxy runs."""
    if any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return bool(request.client) and ipaddress.ip_address(request.client.host).is_loopback  # type: ignore[union-attr]
    except ValueError:
        return False


def _brings(request: Request, token: str) -> bool:
    given = request.headers.get("authorization", "").encode()
    return bool(token) and hmac.compare_digest(given, f"Bearer {token}".encode())
