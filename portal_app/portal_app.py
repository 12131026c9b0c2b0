"""The web application: the doors are hung here, and nothing else happens."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import reflex as rx
from starlette.types import ASGIApp

from portal_app.browser import doors, reflex_internals
from portal_app.browser.gate import Gate
from portal_app.browser.live import live
from portal_app.browser.portal_state import the_brand
from portal_app.browser.refusals import answer_exception, note_page_fault
from portal_app.customer.missing import missing_page
from portal_app.customer.routes import PAGES, ROUTES
from portal_app.database.transactions import use_database
from portal_app.gateways.clock import now
from portal_app.gateways.logs import configure_logs
from portal_app.ingest.api import ingest_routes
from portal_app.operations.courier import CourierThread
from portal_app.operations.routes import operations_routes
from portal_app.services.house import open_house, the_house, use_house
from portal_app.settings import Role, load_settings
from portal_app.ui.layout import page_shell, title_of, waiting_page
from portal_app.ui.overlays import app_wraps
from portal_app.ui.theme import head


def web(reflex: ASGIApp) -> ASGIApp:
    """Open the house and its doors; called once in each web process."""
    configure_logs()
    house = open_house(load_settings())
    use_house(house)
    use_database(house.database)
    build = Path(os.environ["REFLEX_WEB_WORKDIR"]) / "build" / "client"
    return doors.open_doors(reflex, pages=PAGES, routes=ROUTES, others=[*ingest_routes(), *operations_routes()], build=build)


reflex_internals.quiet_reflex()
app = rx.App(
    html_lang="hu",
    head_components=head(the_brand()),
    stylesheets=["/portal.css", "/lists.css", "/letter.css"],
    toaster=None,
    hydrate_fallback=waiting_page,
    api_transformer=web,
    frontend_exception_handler=note_page_fault,
    backend_exception_handler=answer_exception,
)
app.app_wraps |= app_wraps()
app.add_middleware(Gate(identify=doors.identify, touch=doors.touch, now=now), index=0)
reflex_internals.guard_socket(app)
doors.add_pages(app, PAGES, page_shell, title_of)
app.add_page(page_shell(missing_page, path="404", customers_only=False), route="404", title=title_of("shell.not_found"))


@app.register_lifespan_task
async def keep_pages_live() -> None:
    """Refresh open pages when something has changed for them."""
    await live.run(
        doors.what_is_new, lambda: reflex_internals.connected_tabs(app), lambda tab, event: reflex_internals.push(app, tab, event)
    )


@app.register_lifespan_task
@asynccontextmanager
async def send_post() -> AsyncIterator[None]:
    """Let the courier work beside the pages, unless it has a process of its own."""
    if the_house().settings.role is not Role.ALL:
        yield
        return
    courier = CourierThread(the_house())
    courier.start()
    yield
    await asyncio.to_thread(courier.stop)
