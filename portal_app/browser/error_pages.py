"""Plain error pages for our own routes: readable without scripts, in the visitor's language, with a phone number."""

from html import escape

from starlette.responses import HTMLResponse

from portal_app.browser.portal_state import sentence_for, the_brand
from portal_app.domain.errors import (
    ArchiveTooLarge,
    Busy,
    NotAllowed,
    NotSignedIn,
    PortalError,
    RequestInvalid,
    RequestTooLarge,
    TooMany,
)
from portal_app.texts.catalogues import sentence
from portal_app.texts.phones import phone, phone_link

STATUS: dict[type[PortalError], int] = {
    NotSignedIn: 401,
    NotAllowed: 403,
    RequestInvalid: 400,
    RequestTooLarge: 413,
    ArchiveTooLarge: 413,
    TooMany: 429,
    Busy: 503,
}

_PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} – {portal}</title><link rel="stylesheet" href="/error.css"></head>
<body><main><p class="brand">{insurer}</p><h1>{title}</h1><p>{reason}</p>
<p><a href="/">{home}</a></p>
<p>{call} <a href="{phone_link}">{phone}</a> ({hours})</p></main></body></html>
"""


def error_page(refusal: PortalError | None, language: str, incident: str = "") -> HTMLResponse:
    """Answer a refusal, or a fault (None) with its incident number, as a page."""
    status = status_of(refusal)
    title = {404: "shell.not_found", 403: "shell.not_allowed"}.get(status, "shell.failed")
    code = refusal.code if refusal else "unexpected"
    facts = dict(refusal.facts) if refusal else {"incident": incident}
    headers = {"cache-control": "no-store"} | ({"retry-after": "5"} if status in {429, 503} else {})
    return HTMLResponse(render(title, sentence_for(code, language, facts), language), status, headers)


def status_of(refusal: PortalError | None) -> int:
    """Say which HTTP status a refusal has; missing things and other people's things have the same one."""
    if refusal is None:
        return 500
    if refusal.code.endswith("_not_found"):
        return 404
    return STATUS.get(type(refusal), 422)


def render(title: str, reason: str, language: str) -> str:
    """Write the page with this title (a key) and reason (a sentence)."""
    brand = the_brand()
    register = brand.register.value
    values = {
        "language": language,
        "title": sentence(title, language, register),
        "portal": next(iter(brand.portals.values())).title,
        "insurer": brand.insurer,
        "reason": reason,
        "home": sentence("shell.to_start", language, register),
        "call": sentence("shell.call_us", language, register),
        "phone": phone(brand.contact.phone),
        "phone_link": phone_link(brand.contact.phone),
        "hours": brand.contact.opening_hours_en if language == "en" else brand.contact.opening_hours,
    }
    return _PAGE.format_map({name: escape(value) for name, value in values.items()})
