"""`calm`: whether those who are in notice that many others come in."""

import asyncio

from bench.acts import TABS, Visitor, in_turns
from bench.entering import AT_THE_DOOR, storm
from bench.figures import Figure, median, percentile
from bench.serving import Server
from bench.site import SMALL, Installation, Site
from bench.tabs import new_browser, open_tabs

WARM_UP, ROUNDS, LAPS = 72, 240, 2


def measure(site: Site) -> list[Figure]:
    """Measure inbox events in peace and in a storm of sign-ins, in turns."""
    installation = site.installation(SMALL)
    with installation.serving() as portal:
        peace, stormy = asyncio.run(_measure(installation, portal))
    at_rest, disturbed = percentile(peace, 95), percentile(stormy, 95)
    details = {
        "p95_ms": disturbed * 1000,
        "p50_ms": median(stormy) * 1000,
        "p50_in_peace_ms": median(peace) * 1000,
        "baseline_unit": "ms",
        "at_once": AT_THE_DOOR,
    }
    return [Figure("calm", disturbed / at_rest, at_rest * 1000, details)]


async def _measure(installation: Installation, portal: Server) -> tuple[list[float], list[float]]:
    peace, stormy = list[float](), list[float]()
    async with new_browser() as browser:
        tokens = [installation.sign_in(1) for _ in range(TABS)]
        doers = [[Visitor(tab).act for tab in await open_tabs(browser, portal, "/kuldemenyek", tokens)]]
        await in_turns(doers, WARM_UP)
        for _ in range(LAPS):
            peace += (await in_turns(doers, ROUNDS))[0]
            async with storm(portal):
                stormy += (await in_turns(doers, ROUNDS))[0]
    return peace, stormy
