"""The user guide as a PDF (R88–R89): typeset once for each content, and handed to anybody who asks."""

import json
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from portal_app.browser.arrivals import arrival_of
from portal_app.gateways.archives import plain_name
from portal_app.gateways.typesetting import render_pdf
from portal_app.gateways.workrooms import Workroom
from portal_app.services.house import the_house
from portal_app.texts.catalogues import LANGUAGES
from portal_app.texts.guides import TEMPLATE, guide, guide_name

# One for each language of the brand; made anew only when the words or the template change.
_made: dict[str, bytes] = {}
# One thread: however many ask at once, a guide is typeset once.
_press = Workroom("guides", threads=1, waiting=100, come_back=5)


async def download(request: Request) -> Response:
    """Send the guide in the visitor's language; a browser that has it already gets it told."""
    language, brand = arrival_of(request).language, the_house().brand
    language = language if language in LANGUAGES else LANGUAGES[0]
    data = guide(language, brand)
    mark = sha256(TEMPLATE.read_bytes() + json.dumps(data, sort_keys=True).encode()).hexdigest()[:32]
    headers = {"etag": f'"{mark}"', "cache-control": "no-cache", "vary": "cookie"}
    if request.headers.get("if-none-match") == headers["etag"]:
        return Response(status_code=304, headers=headers)
    name = guide_name(language, brand)
    headers["content-disposition"] = f"attachment; filename=\"{plain_name(name)}\"; filename*=UTF-8''{quote(name, safe='')}"
    content = _made.get(mark) or await _press.do(_typeset, mark, data)
    return Response(b"" if request.method == "HEAD" else content, headers=headers, media_type="application/pdf")


def _typeset(mark: str, data: dict[str, Any]) -> bytes:
    if mark not in _made:
        _made[mark] = render_pdf(TEMPLATE, data)
    return _made[mark]
