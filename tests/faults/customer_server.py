"""The customer's routes alone, without pages and without Reflex, as a process that can be killed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send

from portal_app.browser import doors
from portal_app.customer.routes import PAGES, ROUTES
from portal_app.database.transactions import use_database
from portal_app.services.house import open_house, use_house
from portal_app.settings import load_settings

house = open_house(load_settings())
use_house(house)
use_database(house.database)


async def _built(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("page")(scope, receive, send)


@asynccontextmanager
async def _lifespan(_: Starlette) -> AsyncIterator[None]:
    yield


app = Starlette(
    routes=[Mount("/", doors.open_doors(_built, pages=PAGES, routes=ROUTES, others=(), build=Path("nowhere")))],
    lifespan=_lifespan,
)
