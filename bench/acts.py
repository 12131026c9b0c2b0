"""What customers do in their inbox, over and over, and how long each act takes."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from bench.tabs import COUNT, COUNTER, INBOX, ROWS, Tab

SEARCHED = ("igazolas", "casco", "lakas", "utas", "elet", "fizetesi", "kotveny")
COLUMNS = ("subject", "kind", "policy", "erase", "size", "unread", "placed")
TABS = 12
"""Tabs that take turns: the gate lets each send no more events than a person can."""


def acts() -> Iterator[tuple[str, dict[str, Any]]]:
    """Name act after act: sort, turn the page, search, take the search away."""
    for lap in itertools.count():
        yield "sort_by", {"column": COLUMNS[lap % len(COLUMNS)]}
        yield "turn_to", {"page": 2 + lap % 30}
        yield "find", {"form": {"keres": SEARCHED[lap % len(SEARCHED)]}}
        yield "find", {"form": {"keres": ""}}


class Visitor:
    """Somebody who does all this in one tab, as fast as the answers come."""

    def __init__(self, tab: Tab) -> None:
        """Take the tab."""
        self._tab = tab
        self._acts = acts()

    async def act(self) -> float:
        """Do the next thing; give the seconds until its rows are there. The address follows afterwards, unmeasured."""
        name, payload = next(self._acts)
        seconds = await self._tab.act(f"{INBOX}.{name}", ROWS, **payload)
        await self._tab.follow_redirect()
        return seconds


async def step(tab: Tab) -> float:
    """Do the only thing there is to do in the bare app."""
    return await tab.act(f"{COUNTER}.step", COUNT)


async def in_turns(doers: list[list[Callable[[], Awaitable[float]]]], rounds: int, pause: float = 0.004) -> list[list[float]]:
    """Let each group do something in turn, one tab after the other; give the seconds by group.

    What is compared is measured in the same seconds, so that a noisy machine disturbs both alike.
    """
    taken: list[list[float]] = [[] for _ in doers]
    for number in range(rounds):
        for group, times in zip(doers, taken, strict=True):
            times.append(await group[number % len(group)]())
            await asyncio.sleep(pause)
    return taken
