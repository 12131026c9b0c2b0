"""The first address, the way out and the choice of language: the small routes of every page's shell."""

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal_app.browser.arrivals import arrival_of
from portal_app.browser.cookies import CookieNames, give_language
from portal_app.browser.pages import INBOX, SIGN_IN, own_path, see_other
from portal_app.database.transactions import carry_out
from portal_app.domain.actors import Customer
from portal_app.gateways.clock import now
from portal_app.services import sign_ins
from portal_app.services.house import the_house
from portal_app.texts.catalogues import LANGUAGES


async def enter(request: Request) -> Response:
    """Lead from `/` to the sign-in page, or to the letters of who is signed in (R14)."""
    if isinstance(arrival_of(request).actor, Customer):
        return see_other(INBOX)
    return see_other(SIGN_IN + (f"?{request.url.query}" if request.url.query else ""))


async def sign_out(request: Request) -> Response:
    """End the sign-in; the browser forgets its cookie and what pages kept.

    Whoever was in the wrong place (R83) goes on to the sign-in page of another portal.
    """
    actor = arrival_of(request).actor
    if isinstance(actor, Customer):
        await carry_out(sign_ins.end_sign_in, actor, now=now())
    wanted = str((await request.form()).get("portal", ""))
    onwards = f"&portal={wanted}" if wanted in set(the_house().brand.switched_on) else ""
    to = f"{SIGN_IN}?kilepett=1{onwards}"
    answer = RedirectResponse(to, 303, {"clear-site-data": '"storage"', "cache-control": "no-store"})
    CookieNames(the_house().settings.secure).take_back(answer, "sign_in")
    return answer


async def choose_language(request: Request) -> Response:
    """Remember the language and show the same page in it."""
    form = await request.form()
    came_from = urlsplit(request.headers.get("referer", ""))
    answer = see_other(own_path(came_from.path + (f"?{came_from.query}" if came_from.query else ""), SIGN_IN))
    language = str(form.get("nyelv", ""))
    if language in LANGUAGES:
        give_language(answer, language, secure=the_house().settings.secure)
    return answer
