"""`sign_in`: how much of the machine is left for the slow part of a sign-in, which is slow on purpose."""

import asyncio
import os
import time
from concurrent.futures import ThreadPoolExecutor

import bcrypt

from bench.entering import AT_THE_DOOR, crowd
from bench.figures import Figure
from bench.site import PASSWORD, SMALL, Site

COST = 12
SECONDS, LAPS = 8, 2


def measure(site: Site) -> list[Figure]:
    """Let customers sign in through the form, and beside that check bcrypt alone on as many threads as there are cores."""
    installation = site.installation(SMALL)
    ours, theirs = [], []
    with installation.serving() as portal:
        asyncio.run(crowd(portal, 1))
        for _ in range(LAPS):
            theirs.append(_bare_checks(SECONDS))
            ours.append(asyncio.run(crowd(portal, SECONDS)))
        theirs.append(_bare_checks(SECONDS))
    a_second, bare = sum(ours) / len(ours), sum(theirs) / len(theirs)
    details = {"a_second": a_second, "baseline_unit": "checks a second", "cost": COST, "at_once": AT_THE_DOOR}
    return [Figure("sign_in", a_second / bare, bare, details)]


def _bare_checks(seconds: float) -> float:
    """Give bcrypt's checks a second with one thread a core and nothing around it."""
    password, end = PASSWORD.encode(), time.perf_counter() + seconds
    hashed = bcrypt.hashpw(password, bcrypt.gensalt(COST))

    def keep_checking(_: int) -> int:
        done = 0
        while time.perf_counter() < end:
            assert bcrypt.checkpw(password, hashed)
            done += 1
        return done

    cores = os.cpu_count() or 1
    began = time.perf_counter()
    with ThreadPoolExecutor(cores) as threads:
        done = sum(threads.map(keep_checking, range(cores)))
    return done / (time.perf_counter() - began)
