"""The demonstration's post box (`/postafiok`): e-mails and short messages that would have been sent, for this machine only."""

import asyncio
from functools import cache
from ipaddress import ip_address
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from portal_app import texts
from portal_app.browser.arrivals import arrival_of
from portal_app.browser.error_pages import error_page
from portal_app.browser.portal_state import the_brand
from portal_app.domain.errors import LetterNotFound
from portal_app.gateways.posted import read_posted
from portal_app.services.house import the_house
from portal_app.texts.catalogues import sentence
from portal_app.texts.dates import moment

MOST = 100


async def show(request: Request) -> Response:
    """Show what was posted; outside the demonstration, and to visitors from elsewhere, there is no such page."""
    arrival, settings = arrival_of(request), the_house().settings
    if not settings.demo or not _is_here(arrival.source):
        return error_page(LetterNotFound(), arrival.language)
    posted = await asyncio.to_thread(read_posted, settings.outgoing, MOST)
    register = the_brand().register.value

    def say(key: str, **values: object) -> str:
        return sentence(f"postbox.{key}", arrival.language, register, **values)

    page = _template().render(
        language=arrival.language,
        insurer=the_brand().insurer,
        say=say,
        when=lambda at: moment(at, arrival.language),
        linked=lambda text: _linked(text, settings.public_origin),
        posted=posted,
    )
    return HTMLResponse(page, headers={"cache-control": "no-store"})


def _is_here(source: str) -> bool:
    try:
        return ip_address(source).is_loopback
    except ValueError:
        return False


def _linked(text: str, origin: str) -> Markup:
    """Make our own addresses in a text links; everything else stays plain text."""
    lines = [
        Markup('<a href="{0}">{0}</a>').format(line) if line.startswith(f"{origin}/") and " " not in line else escape(line)
        for line in text.splitlines()
    ]
    return Markup("\n").join(lines)


@cache
def _template() -> Template:
    folder = Path(texts.__file__).parent / "templates"
    environment = Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)
    return environment.get_template("postbox.html.jinja")
