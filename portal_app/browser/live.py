"""Live pages: once a second the process asks what has changed for the accounts whose pages are open, and refreshes them.

The question is the same for letters from the API, a command, the courier or another process, and on both databases.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from portal_app.browser import admission
from portal_app.services.news import News

log = structlog.get_logger(__name__)

EVERY_SECONDS = 1.0
# The parts of a tab that are refreshed each by its own handler.
PAGE, MENU = "page", "menu"


@dataclass
class _Tab:
    account_id: int
    sign_in_id: int
    socket: str
    revision: int
    refresh: Any


@dataclass(frozen=True)
class Watched:
    """Which accounts and sign-ins stand behind the open tabs."""

    accounts: frozenset[int]
    sign_ins: frozenset[int]


AskNews = Callable[[Watched], Awaitable[News]]
# The socket of every connected tab.
Connected = Callable[[], Mapping[str, str]]
# Runs an event handler for a tab, through the gate, as if the tab had asked for it.
Push = Callable[[str, Any], Awaitable[None]]


class LivePages:
    """The open tabs of this process and what their parts show."""

    def __init__(self) -> None:
        """Begin with none."""
        self._tabs: dict[tuple[str, str], _Tab] = {}

    def follow(self, tab: str, refresh: Any, part: str = PAGE) -> None:
        """Refresh this tab of the visitor by the event handler `refresh` when their account changes.

        Called from the handler that loads a page; the last call for a part of a tab counts.
        """
        actor = admission.customer()
        self._tabs[tab, part] = _Tab(actor.account_id, actor.sign_in_id, admission.socket(), admission.revision(), refresh)

    async def look(self, ask_news: AskNews, connected: Connected, push: Push) -> int:
        """Look once: drop closed tabs, refresh those whose account has changed; returns how many parts were refreshed.

        A tab whose sign-in was ended elsewhere is refreshed too: the gate empties it. A tab that came back through
        another socket is dropped until that one has loaded a page: whoever holds it has not said yet who they are.
        """
        sockets = connected()
        for place in [place for place, tab in self._tabs.items() if sockets.get(place[0]) != tab.socket]:
            del self._tabs[place]
        if not self._tabs:
            return 0
        tabs = dict(self._tabs)
        watched = Watched(frozenset(tab.account_id for tab in tabs.values()), frozenset(tab.sign_in_id for tab in tabs.values()))
        news = await ask_news(watched)
        changed = [place for place, tab in tabs.items() if self._has_news(place, tab, news)]
        for place in changed:
            await push(place[0], tabs[place].refresh)
        return len(changed)

    async def run(self, ask_news: AskNews, connected: Connected, push: Push) -> None:
        """Look once a second until the process ends; a failed look is logged and tried again."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            try:
                await self.look(ask_news, connected, push)
            except Exception:
                log.exception("could not look for changes")

    def _has_news(self, place: tuple[str, str], tab: _Tab, news: News) -> bool:
        if tab.sign_in_id not in news.running:
            self._tabs.pop(place, None)
            return True
        revision = news.revisions.get(tab.account_id, tab.revision)
        changed, tab.revision = revision != tab.revision, revision
        return changed


live = LivePages()
