"""Live pages: which tabs are refreshed, and when."""

import pytest

from portal_app.browser import admission
from portal_app.browser.live import MENU, LivePages, Watched
from portal_app.domain.actors import Customer, Stranger
from portal_app.domain.errors import NotSignedIn
from portal_app.services.news import News

ANNA = Customer(account_id=5, sign_in_id=17, portal="kuldemenyeim")
BELA = Customer(account_id=6, sign_in_id=18, portal="kuldemenyeim")


class World:
    """What is true outside: revisions, running sign-ins, open tabs; and what was refreshed."""

    def __init__(self) -> None:
        self.revisions = {5: 1, 6: 1}
        self.running = {17, 18}
        self.open = {"annas": "socket-1", "belas": "socket-2"}
        self.asked: list[Watched] = []
        self.refreshed: list[tuple[str, str]] = []

    async def news(self, watched: Watched) -> News:
        self.asked.append(watched)
        return News(self.revisions, frozenset(self.running))

    async def push(self, tab: str, event: str) -> None:
        self.refreshed.append((tab, event))

    async def look(self, pages: LivePages) -> int:
        return await pages.look(self.news, lambda: self.open, self.push)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def pages() -> LivePages:
    """Two tabs that show revision 1."""
    opened = LivePages()
    for actor, tab, socket in ((ANNA, "annas", "socket-1"), (BELA, "belas", "socket-2")):
        admission.welcome(actor, 1, socket)
        opened.follow(tab, "inbox")
    return opened


async def test_only_the_tabs_of_the_changed_account_are_refreshed_and_only_once(pages: LivePages, world: World) -> None:
    world.revisions[5] = 2

    counts = [await world.look(pages), await world.look(pages)]

    assert counts == [1, 0]
    assert world.refreshed == [("annas", "inbox")]


async def test_a_change_while_the_page_was_loading_is_not_missed(world: World) -> None:
    pages = LivePages()
    admission.welcome(ANNA, 1, "socket-1")
    world.revisions[5] = 2
    pages.follow("annas", "inbox")

    assert await world.look(pages) == 1


async def test_the_page_opened_last_is_the_one_refreshed(pages: LivePages, world: World) -> None:
    admission.welcome(ANNA, 1, "socket-1")
    pages.follow("annas", "letter")
    world.revisions[5] = 2

    await world.look(pages)

    assert world.refreshed == [("annas", "letter")]


async def test_the_menu_is_refreshed_beside_the_page(pages: LivePages, world: World) -> None:
    admission.welcome(ANNA, 1, "socket-1")
    pages.follow("annas", "number", MENU)
    pages.follow("annas", "letter")
    world.revisions[5] = 2

    counts = [await world.look(pages), await world.look(pages)]

    assert counts == [2, 0]
    assert world.refreshed == [("annas", "letter"), ("annas", "number")]


async def test_closed_tabs_are_forgotten_and_nobody_is_asked_about_them(pages: LivePages, world: World) -> None:
    world.open = {"belas": "socket-2"}

    await world.look(pages)

    assert world.asked == [Watched(frozenset({6}), frozenset({18}))]


async def test_a_tab_that_comes_back_through_another_socket_gets_nothing_until_it_loads_a_page(
    pages: LivePages, world: World
) -> None:
    world.open["annas"] = "socket-3"
    world.revisions[5] = 2

    assert await world.look(pages) == 0
    admission.welcome(ANNA, 1, "socket-3")
    pages.follow("annas", "inbox")
    assert await world.look(pages) == 1


async def test_without_open_pages_nothing_is_asked(world: World) -> None:
    await world.look(LivePages())

    assert world.asked == []


async def test_a_tab_whose_sign_in_was_ended_elsewhere_is_emptied_once(pages: LivePages, world: World) -> None:
    world.running = {18}

    counts = [await world.look(pages), await world.look(pages)]

    assert counts == [1, 0]
    assert world.refreshed == [("annas", "inbox")]


def test_a_stranger_follows_nothing() -> None:
    admission.welcome(Stranger())

    with pytest.raises(NotSignedIn):
        LivePages().follow("nobodys", "inbox")
