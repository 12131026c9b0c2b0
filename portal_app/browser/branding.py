"""The brand's picture: the operator's logo file, or a plain mark in the brand's colour."""

from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from portal_app.browser.portal_state import the_brand

# A letter in a rounded square; no insurer's own logo is shipped.
_MARK = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40" width="40" height="40">
<rect width="40" height="40" rx="10" fill="{colour}"/>
<path d="M9 13h22v15H9z M9 14l11 8 11-8" fill="none" stroke="{ink}" stroke-width="2.4"
stroke-linejoin="round" stroke-linecap="round"/></svg>"""


async def logo(request: Request) -> Response:  # noqa: ARG001 - every brand has one logo
    """Answer the logo; it is the same for every visitor."""
    headers = {"cache-control": "public, max-age=3600"}
    if file := the_brand().logo:
        return FileResponse(Path(file), headers=headers)
    return Response(_mark(), headers=headers, media_type="image/svg+xml")


@cache
def _mark() -> bytes:
    colours = the_brand().colours
    return _MARK.format(colour=colours.primary, ink=colours.primary_text).encode()
