"""Lists of which the address says what they show, so that they can be reloaded, kept and gone back to."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import reflex as rx

from portal_app.browser.admission import CUSTOMER, Line, PageNumber, PublicId, Word, customer, open_to, parse
from portal_app.browser.portal_state import PortalState
from portal_app.customer.inbox import addresses
from portal_app.customer.inbox.rows import say, shown_range
from portal_app.customer.live_page import LivePage
from portal_app.database.transactions import ask
from portal_app.domain.letters import NEWEST_FIRST, Filter, Listing, ListPage, SortField, pressed, read_sort
from portal_app.gateways.clock import now
from portal_app.services import inbox
from portal_app.ui.lists import search_box
from portal_app.ui.words import t


class SearchedList(LivePage, mixin=True):
    """A list that is searched and shown page by page; every change of it is a new address."""

    ready: bool = False
    total: int = 0
    page: int = 1
    pages: int = 1
    range_words: str = ""
    search: str = ""
    none_found: str = ""

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    def find(self, form: dict[str, Any]) -> Any:
        """Search for the words that were typed."""
        words = parse(dict[Word, Line], form).get(addresses.SEARCH, "")
        return self._go_to(replace(self._listing(), filter=Filter(search=words), page=1))

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    def clear_search(self) -> Any:
        """Show everything again."""
        return self._go_to(replace(self._listing(), filter=Filter(), page=1))

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    def turn_to(self, page: int) -> Any:
        """Show another page of the same list."""
        return self._go_to(replace(self._listing(), page=parse(PageNumber, page)))

    def _listing(self) -> Listing:
        """Give what is shown."""
        return Listing(Filter(search=self.search), page=self.page)

    def _go_to(self, listing: Listing) -> Any:
        return rx.redirect(self._address(listing))

    def _address(self, listing: Listing) -> str:
        """Write the address that asks for this."""
        raise NotImplementedError

    def _show_around(self, listing: Listing, found: ListPage[Any]) -> None:
        """Show what stands around the rows: `found` is the page of the list that was read."""
        self.search = listing.filter.search
        self.total, self.page, self.pages = found.total, found.page, found.pages
        self.range_words = shown_range(found, listing.per_page, self.language)
        self.none_found = say("inbox.none_found", self.language, what=self.search) if self.search else ""
        self.ready = True


class MailList(SearchedList, mixin=True):
    """Letters or messages in a list: it is sorted too, and its rows are chosen."""

    rows: list[Any] = rx.field(default_factory=list)
    sort: str = str(NEWEST_FIRST)
    chosen: list[str] = rx.field(default_factory=list)
    """The ids of the chosen rows."""
    chosen_words: str = ""
    page_chosen: bool = False

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    def sort_by(self, column: str) -> Any:
        """Sort by a column; pressing it again turns the order round."""
        sort = pressed(read_sort(self.sort), parse(SortField, column))
        return self._go_to(replace(self._listing(), sort=sort, page=1))

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    def sort_as(self, sort: str) -> Any:
        """Sort as the list of sorts says."""
        return self._go_to(replace(self._listing(), sort=read_sort(parse(Word, sort)), page=1))

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    def choose(self, public_id: str, wanted: bool) -> None:  # noqa: FBT001 - what the box sends
        """Choose one row of the page, or no longer."""
        others = [chosen for chosen in self.chosen if chosen != parse(PublicId, public_id)]
        self._choose([*others, public_id] if parse(bool, wanted) else others)

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    def choose_page(self, wanted: bool) -> None:  # noqa: FBT001 - what the box sends
        """Choose every row of the page, or none."""
        self._choose([row.id for row in self.rows] if parse(bool, wanted) else [])

    def _begin(self) -> None:
        self.chosen = []

    async def _show(self) -> None:
        asked, habits, moment = addresses.read_address(self.router.url.query), await ask(inbox.habits, customer()), now()
        listing = Listing(Filter(search=asked.filter.search), asked.sort or NEWEST_FIRST, asked.page, habits.per_page)
        found = await self._read(listing, moment)
        self.unread, self.sort = habits.unread, str(listing.sort)
        self.rows = [self._row(line, moment) for line in found.lines]
        self._choose(self.chosen)
        self._show_around(listing, found)

    async def _read(self, listing: Listing, moment: datetime) -> ListPage[Any]:
        """Read this page of the list."""
        raise NotImplementedError

    def _row(self, line: Any, moment: datetime) -> Any:
        """Write a line of it in the visitor's language."""
        raise NotImplementedError

    def _choose(self, ids: Sequence[str]) -> None:
        shown = [row.id for row in self.rows]
        self.chosen = [public_id for public_id in ids if public_id in shown]
        self.page_chosen = bool(shown) and len(self.chosen) == len(shown)
        self.chosen_words = say("inbox.chosen", self.language, n=len(self.chosen)) if self.chosen else ""

    def _listing(self) -> Listing:
        return replace(super()._listing(), sort=read_sort(self.sort))


def search_section(state: type[PortalState], label: rx.Var[str], hint: rx.Var[str]) -> rx.Component:
    """Build the search above a list that has no other filter; the state has `search` and `find`."""
    return rx.el.section(
        search_box(
            name=addresses.SEARCH,
            label=label,
            hint=hint,
            button=t("inbox.search"),
            value=state.search,
            on_submit=state.find,
        ),
        class_name="list-tools list-tools-plain card-plain",
        aria_label=t("inbox.search"),
    )
