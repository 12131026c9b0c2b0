"""A form as a browser posted it before or around a sign-in: its fields, its visit, its device, and the cookies to answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import RedirectResponse

from portal_app.browser.arrivals import arrival_of
from portal_app.browser.cookies import DEVICE_SECONDS, VISIT_SECONDS, CookieNames, give_language
from portal_app.browser.origins import LOOPBACK
from portal_app.browser.pages import see_other
from portal_app.database.transactions import the_database
from portal_app.domain.actors import Customer, Stranger
from portal_app.domain.errors import RequestInvalid, TooMany
from portal_app.domain.passwords import LONGEST_EVER
from portal_app.gateways.secrets import random_token, token_digest
from portal_app.services.house import the_house
from portal_app.services.sign_in import Browser

# How often one source may fail, or make us send an e-mail. Accounts have their own, stricter counts in the database.
FAILURES, FAILURES_LIMIT = "sign-in failures", "30/5minute"
MAILS_LIMIT = "10/5minute"
# A source at which so many different accounts failed is asked for the security code at once.
ACCOUNTS, ACCOUNTS_LIMIT = "failing accounts", "10/15minute"
# Whoever comes from this very machine comes through a proxy that PORTAL_PROXY_HOPS does not know of: everybody at once.
LOOPBACK_FACTOR = 20
# Where no password is hashed, an answer that finds somebody would be slower than one that does not.
SAME_SECONDS = 0.3


@dataclass(frozen=True)
class Posted:
    """One posted form."""

    actor: Customer | Stranger
    fields: dict[str, str] = field(repr=False)
    source: str
    browser_name: str
    visit_token: str = field(repr=False)
    device_token: str = field(repr=False)
    language_chosen: bool = False

    def text(self, name: str, most: int = LONGEST_EVER) -> str:
        """Give a field's text with plain line ends, empty when it was not sent; raises `RequestInvalid` when it is too long.

        Without another word that is longer than any hash takes. Browsers count a line's end as one character.
        """
        text = self.fields.get(name, "").replace("\r\n", "\n")
        if len(text) > most:
            raise RequestInvalid
        return text

    def browser(self, *, suspicious: bool = False) -> Browser:
        """Say what the services may know of this browser."""
        return Browser(token_digest(self.visit_token), self.device_token, self.browser_name, self.source, suspicious)

    def back_to(self, path: str) -> RedirectResponse:
        """Answer with the page that says how it ended, for a quarter of an hour."""
        answer = see_other(path)
        if isinstance(self.actor, Stranger):
            _names().give(answer, "visit", self.visit_token, VISIT_SECONDS)
        return answer

    def signed_in(self, path: str, token: str, language: str, *, known: bool = True) -> RedirectResponse:
        """Answer with the cookie of a sign-in; what pages kept of somebody else is cleared away.

        A browser that nobody has told which `language` to speak learns the customer's, so that pages speak it before
        they are alive. `known` also lets the browser be recognised next time.
        """
        answer = see_other(path)
        answer.headers["clear-site-data"] = '"storage"'
        _names().give(answer, "sign_in", token)
        _names().take_back(answer, "visit")
        if not self.language_chosen:
            give_language(answer, language, secure=the_house().settings.secure)
        if known:
            _names().give(answer, "device", self.device_token, DEVICE_SECONDS)
        return answer


async def posted(request: Request, *, anew: bool = False) -> Posted:
    """Read the form; a browser that comes without visit or device gets new tokens for them, `anew` always for the visit."""
    arrival = arrival_of(request)
    actor = arrival.actor if isinstance(arrival.actor, Customer | Stranger) else Stranger(arrival.source)
    form = await request.form()
    has_visit = isinstance(actor, Stranger) and actor.visit_id is not None and not anew
    return Posted(
        actor=actor,
        fields={name: value for name, value in form.items() if isinstance(value, str)},
        source=arrival.source,
        browser_name=request.headers.get("user-agent", ""),
        visit_token=arrival.tokens["visit"] if has_visit else random_token(),
        device_token=arrival.tokens.get("device", "") or random_token(),
        language_chosen=arrival.language_chosen,
    )


@asynccontextmanager
async def as_long_for_everybody() -> AsyncIterator[None]:
    """Let what happens inside take as long whatever it finds: a third of a second, or several where there is a crowd."""
    clock = asyncio.get_running_loop().time
    begun = clock()
    yield
    await asyncio.sleep(SAME_SECONDS - (clock() - begun) % SAME_SECONDS)


async def count(action: str, source: str, limit: str) -> bool:
    """Count one act of this source and say whether it is still within the limit."""
    return await the_database().in_thread(the_house().limits.allow, action, source, _limit_for(source, limit))


async def is_over(action: str, source: str, limit: str) -> bool:
    """Say, without counting, whether this source has used up the limit."""
    return await the_database().in_thread(the_house().limits.is_over, action, source, _limit_for(source, limit))


async def refuse_beyond(action: str, source: str, limit: str) -> None:
    """Count one act of this source; raises `TooMany` beyond the limit."""
    if not await count(action, source, limit):
        raise TooMany


async def refuse_failing(source: str) -> None:
    """Raise `TooMany` when this source has failed too often; who gets in is not counted."""
    if await is_over(FAILURES, source, FAILURES_LIMIT):
        raise TooMany


def _limit_for(source: str, limit: str) -> str:
    if source not in LOOPBACK:
        return limit
    number, _, span = limit.partition("/")
    return f"{int(number) * LOOPBACK_FACTOR}/{span}"


def _names() -> CookieNames:
    return CookieNames(the_house().settings.secure)
