"""How the doors' pages and routes become one web application: from the outside in, each wrapper does one thing."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Scope

from portal_app.browser import admission
from portal_app.browser.addresses import Page, WebRoute
from portal_app.browser.arrivals import Arrivals, Known, Labels
from portal_app.browser.bodies import BodyLimit
from portal_app.browser.cookies import CookieNames
from portal_app.browser.faults import LastResort
from portal_app.browser.gate import Standing
from portal_app.browser.guarded import guarded_routes
from portal_app.browser.headers import SecurityHeaders, policies_of
from portal_app.browser.live import Watched
from portal_app.browser.origins import OneOrigin
from portal_app.browser.pages import Pages
from portal_app.browser.rates import SocketRate
from portal_app.database.transactions import ask, carry_out
from portal_app.domain.actors import Customer, Operator, Stranger
from portal_app.gateways.clock import now
from portal_app.gateways.secrets import token_digest
from portal_app.services import news, sign_ins
from portal_app.services.house import the_house
from portal_app.services.news import News

BODY_BYTES = 64_000


async def recognise(tokens: dict[str, str], source: str) -> Known:
    """Say whom a browser's cookies stand for at this moment."""
    if token := tokens.get("sign_in"):
        found = await ask(sign_ins.resolve, token_digest(token), brand=the_house().brand, now=now())
        if found:
            return Known(found.customer, found.seen_step_due)
    if token := tokens.get("visit"):
        return Known(Stranger(source, await ask(sign_ins.resolve_visit, token_digest(token), now=now())))
    return Known(Stranger(source))


async def identify(labels: Labels) -> Standing:
    """Say whom a socket's labels stand for at this moment; a sign-in that has ended stands for a stranger."""
    brand = the_house().brand
    found = await ask(sign_ins.resolve_row, labels.sign_in, brand=brand, now=now()) if labels.sign_in else None
    if found is None:
        return Standing(Stranger(labels.source, labels.visit))
    title = brand.portal(found.customer.portal).title
    return Standing(found.customer, title, found.ends_at, found.warn_at, found.seen_step_due, found.revision)


async def touch(actor: Customer) -> None:
    """Keep the sign-in awake: the visitor did something of their own."""
    await carry_out(sign_ins.touch, actor, now=now())


async def what_is_new(watched: Watched) -> News:
    """Ask what has changed for the open tabs."""
    return await ask(news.news_for, Operator("live pages"), watched.accounts, watched.sign_ins)


def add_pages(app: Any, pages: Sequence[Page], shell: Callable[..., Any], title: Callable[[str], Any]) -> None:
    """Hang the pages into Reflex's app, each in the shell of the house."""
    for page in pages:
        customers_only = page.audiences == (admission.CUSTOMER,)
        app.add_page(
            shell(page.content, path=page.path, customers_only=customers_only),
            route=page.path,
            title=page.title_var if page.title_var is not None else title(page.title),
            on_load=list(page.on_load),
        )


def open_doors(
    reflex: ASGIApp, *, pages: Sequence[Page], routes: Sequence[WebRoute], others: Sequence[BaseRoute], build: Path
) -> ASGIApp:
    """Put our routes beside Reflex's and wrap both; the outermost wrapper comes last.

    `others` are routes with guards of their own, such as the insurer systems' API. `build` holds the built pages.
    """
    house = the_house()
    settings, origin = house.settings, house.settings.public_origin
    inside = Starlette(routes=[*guarded_routes(routes, touch), *others])
    inside.mount("", Pages(reflex, pages=pages, build=build, public_origin=origin))
    known = Arrivals(inside, recognise=recognise, names=CookieNames(settings.secure), proxy_hops=settings.proxy_hops)
    limited = BodyLimit(known, most=_body_limits(routes, house.brand.limits.request_bytes))
    aliases = {host: name.value for name in house.brand.switched_on for host in house.brand.portals[name].hosts}
    rated = SocketRate(limited, proxy_hops=settings.proxy_hops)
    ours = OneOrigin(rated, public_origin=origin, aliases=aliases, redirect_unknown=settings.demo)
    return SecurityHeaders(LastResort(ours), policies=policies_of(build), secure=settings.secure)


def _body_limits(routes: Sequence[WebRoute], api_bytes: int) -> Callable[[Scope], int]:
    large = [(guarded.path_regex, route.body_bytes) for route, guarded in zip(routes, guarded_routes(routes, touch), strict=True)]

    def most(scope: Scope) -> int:
        if scope["path"].startswith("/api/"):
            return api_bytes
        return max((size for pattern, size in large if pattern.match(scope["path"])), default=BODY_BYTES)

    return most
