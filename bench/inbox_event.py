"""`inbox_event`: how much longer an inbox event takes than the least that Reflex can do."""

import asyncio

from bench.acts import TABS, Visitor, in_turns, step
from bench.figures import Figure, median, percentile
from bench.serving import Server
from bench.site import LARGE, Installation, Site
from bench.tabs import new_browser, open_tabs

WARM_UP, ROUNDS = 72, 720


def measure(site: Site) -> list[Figure]:
    """Measure sort, search and page events in a mailbox of 1,000 letters among 200,000, beside a bare app's events."""
    installation = site.installation(LARGE)
    with installation.serving() as portal, site.bare() as bare:
        ours, theirs = asyncio.run(_measure(installation, portal, bare))
    value = median(ours) / median(theirs)
    details = {
        "p50_ms": median(ours) * 1000,
        "p95_ms": percentile(ours, 95) * 1000,
        "baseline_unit": "ms",
        "events": len(ours),
    }
    return [Figure("inbox_event", value, median(theirs) * 1000, details)]


async def _measure(installation: Installation, portal: Server, bare: Server) -> list[list[float]]:
    async with new_browser() as browser:
        tokens = [installation.sign_in(1) for _ in range(TABS)]
        visitors = [Visitor(tab) for tab in await open_tabs(browser, portal, "/kuldemenyek", tokens)]
        counters = await open_tabs(browser, bare, "/", [""] * TABS)
        doers = [[visitor.act for visitor in visitors], [lambda tab=tab: step(tab) for tab in counters]]
        await in_turns(doers, WARM_UP)
        return await in_turns(doers, ROUNDS)
