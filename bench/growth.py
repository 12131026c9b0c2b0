"""`growth`: whether a mailbox gets slower when the installation around it grows a hundredfold."""

import asyncio

from bench.acts import TABS, Visitor, in_turns
from bench.figures import Figure, median
from bench.serving import Server
from bench.site import HUGE, SMALL, Installation, Site
from bench.tabs import new_browser, open_tabs

WARM_UP, ROUNDS = 120, 720


def measure(site: Site) -> list[Figure]:
    """Measure the events of the same mailbox of 1,000 letters among 1,000,000 and among 10,000, in turns."""
    small, huge = site.installation(SMALL), site.installation(HUGE)
    with small.serving() as village, huge.serving() as city:
        few, many = asyncio.run(_measure([(small, village), (huge, city)]))
    details = {"p50_ms": median(many) * 1000, "baseline_unit": "ms", "events": len(many)}
    return [Figure("growth", median(many) / median(few), median(few) * 1000, details)]


async def _measure(places: list[tuple[Installation, Server]]) -> list[list[float]]:
    async with new_browser() as browser:
        doers = []
        for installation, server in places:
            tokens = [installation.sign_in(1) for _ in range(TABS)]
            tabs = await open_tabs(browser, server, "/kuldemenyek", tokens)
            doers.append([Visitor(tab).act for tab in tabs])
        await in_turns(doers, WARM_UP)
        return await in_turns(doers, ROUNDS)
