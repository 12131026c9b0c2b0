"""Customers who sign in, one after the other and many at once, through the form that the page posts."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import aiohttp

from bench.filling import FULL_PAGES, login_of
from bench.serving import Server
from bench.site import PASSWORD

AT_THE_DOOR = 8
"""So many sign in at the same time."""


def newcomers() -> Iterator[str]:
    """Name identifiers in turn, those of the measured mailbox left out."""
    return (login_of(account_id) for account_id in itertools.cycle(range(2, 2 + FULL_PAGES)))


async def enter(browser: aiohttp.ClientSession, server: Server, login: str) -> None:
    """Sign in once; a browser of its own each time, for cookies are not kept."""
    form = {"login": login, "password": PASSWORD}
    headers = {"Origin": server.url}
    async with browser.post(f"{server.url}/belepes", data=form, headers=headers, allow_redirects=False) as answer:
        if answer.status != 303 or "portal_sign_in" not in answer.cookies:
            raise RuntimeError(f"{login} was not signed in: {answer.status}, to {answer.headers.get('location')}")


async def crowd(server: Server, seconds: float, at_once: int = AT_THE_DOOR) -> float:
    """Let many sign in for some seconds; give the sign-ins a second."""
    logins, end = newcomers(), time.perf_counter() + seconds

    async def keep_coming(browser: aiohttp.ClientSession) -> int:
        done = 0
        while time.perf_counter() < end:
            await enter(browser, server, next(logins))
            done += 1
        return done

    began = time.perf_counter()
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as browser:
        done = await asyncio.gather(*(keep_coming(browser) for _ in range(at_once)))
    return sum(done) / (time.perf_counter() - began)


@asynccontextmanager
async def storm(server: Server, at_once: int = AT_THE_DOOR) -> AsyncIterator[None]:
    """Let many sign in without end while the block is run."""
    storming = asyncio.create_task(crowd(server, 3600, at_once))
    try:
        await asyncio.sleep(1)
        yield
        if storming.done():
            storming.result()
    finally:
        storming.cancel()
        await asyncio.gather(storming, return_exceptions=True)
