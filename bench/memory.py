"""`memory`: what one more open inbox costs the server, beside one more tab of a bare Reflex page."""

import asyncio

from bench.figures import Figure
from bench.serving import Server
from bench.site import SMALL, Site
from bench.tabs import new_browser, open_tabs

WARM_UP, TABS = 80, 160
CUSTOMERS = 10
"""So few that what the database keeps at hand of them is there after the warm-up: it belongs to no tab."""
SETTLED_SECONDS = 3


def measure(site: Site) -> list[Figure]:
    """Open many tabs, each signed in on its own and with a full page of letters, and see how much the server grew."""
    installation = site.installation(SMALL)
    tokens = [installation.sign_in(2 + number % CUSTOMERS) for number in range(WARM_UP + TABS)]
    with installation.serving() as portal:
        ours = asyncio.run(_grown_by(portal, "/kuldemenyek", tokens))
    with site.bare() as bare:
        theirs = asyncio.run(_grown_by(bare, "/", [""] * (WARM_UP + TABS)))
    details = {"kb_a_tab": ours / 1000, "baseline_unit": "kB a tab", "tabs": TABS}
    return [Figure("memory", ours / theirs, theirs / 1000, details)]


async def _grown_by(server: Server, path: str, tokens: list[str]) -> float:
    """Give the bytes a tab; the first ones also fill caches and are not counted."""
    async with new_browser() as browser:
        kept = await open_tabs(browser, server, path, tokens[:WARM_UP])
        await asyncio.sleep(SETTLED_SECONDS)
        before = server.memory()
        kept += await open_tabs(browser, server, path, tokens[WARM_UP:])
        await asyncio.sleep(SETTLED_SECONDS)
        grown = server.memory() - before
        for tab in kept:
            await tab.close()
        return grown / TABS
