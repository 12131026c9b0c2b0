"""A list of letters in a tab, the inbox or one of its shelves: what it shows, and what its visitor does to it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import reflex as rx

from portal_app.browser.admission import CUSTOMER, Line, PageNumber, PublicId, Word, customer, open_to, parse
from portal_app.browser.live import live
from portal_app.browser.portal_state import PortalState, the_brand
from portal_app.customer.inbox import addresses
from portal_app.customer.inbox.rows import Choice, LetterRow, chips, kind_words, letter_row, say, shown_range
from portal_app.database.transactions import ask, carry_out
from portal_app.domain.calendar import budapest_date
from portal_app.domain.kinds import LetterKind, in_shown_order
from portal_app.domain.letters import NEWEST_FIRST, Filter, Listing, ListPage, Period, SortField, at_first, pressed, read_sort
from portal_app.domain.shelves import Shelf
from portal_app.gateways.clock import now
from portal_app.services import bin as bins
from portal_app.services import inbox
from portal_app.services.bin import Binned
from portal_app.services.inbox import LetterLine, OpenedInbox
from portal_app.texts.dates import moment as written_moment
from portal_app.texts.phones import masked_email
from portal_app.texts.sizes import file_size

TITLES = {None: "inbox.title", Shelf.DOCUMENTS: "shelf.documents", Shelf.PAYMENTS: "shelf.payments"}
# After an act the browser announces the new address that the act itself gave it; so long it may take.
ECHO_TIME = timedelta(seconds=5)


class InboxState(PortalState):
    """What the page shows; the address decides which list it is and what is listed, the database what there is."""

    ready: bool = False
    shelf: str = ""
    """The `Shelf` that is shown; empty for the inbox, which holds everything."""
    rows: list[LetterRow] = rx.field(default_factory=list)
    total: int = 0
    page: int = 1
    pages: int = 1
    per_page: int = 25
    range_words: str = ""
    title: str = ""
    said: str = ""
    """What screen readers are told about the last change."""

    sort: str = ""
    search: str = ""
    kind: str = ""
    policy: str = ""
    period: str = ""
    unread_only: bool = False
    current_only: bool = False
    chips: list[Choice] = rx.field(default_factory=list)
    kinds: list[Choice] = rx.field(default_factory=list)
    policies: list[str] = rx.field(default_factory=list)

    none_found: str = ""
    mailbox_empty: bool = False
    empty_words: str = ""
    last_sign_in: str = ""
    password_words: str = ""
    leaving_words: str = ""
    leaving_zip: str = ""
    arrived_words: str = ""
    list_changed: bool = False

    chosen: list[str] = rx.field(default_factory=list)
    """The chosen letters of this page."""
    chosen_count: int = 0
    chosen_words: str = ""
    page_chosen: bool = False
    choose_all_words: str = ""
    parcel: str = ""
    """All chosen letters, as the zip's form sends them."""
    too_large_words: str = ""

    undo_words: str = ""
    kept_words: str = ""

    _path: str = addresses.INBOX
    _query: str = ""
    _echoes: dict[str, datetime] = rx.field(default_factory=dict)
    _shown: dict[str, int] = rx.field(default_factory=dict)
    """The letters of this page with the bytes of their documents."""
    _chosen: dict[str, int] = rx.field(default_factory=dict)
    _read_at: datetime | None = None
    _recent: frozenset[str] = frozenset()
    _binned_at: datetime | None = None

    # ── coming, and being told of changes ──

    @rx.event
    @open_to(CUSTOMER)
    async def load(self) -> None:
        """Show what the address asks for; an address that came from an act of this tab is already shown."""
        shelf, query = addresses.shelf_at(self.router.url.path), self.router.url.query
        same_list = addresses.path_of(shelf) == self._path
        if same_list and self._is_echo(query):
            if shelf is None:
                await carry_out(inbox.remember_sort, customer(), read_sort(self.sort))
            return
        live.follow(self.router.session.client_token, InboxState.refresh)
        if not same_list:
            self._path, self._chosen, self._echoes = addresses.path_of(shelf), {}, {}
        self._query = query
        asked = addresses.read_address(query, shelf)
        await self._open(asked.filter, asked.sort, asked.page)

    @rx.event
    @open_to(CUSTOMER)
    async def refresh(self) -> None:
        """Tell of arrivals and show changes of the rows, without moving any of them."""
        moment = now()
        if self._read_at is None:
            return
        changes = await ask(
            inbox.watch,
            customer(),
            self._filter().shelf,
            shown=list(self._shown),
            since=self._read_at,
            known=self._recent,
            now=moment,
        )
        today, still_there = budapest_date(moment), {line.public_id: line for line in changes.lines}
        shelf = self._filter().shelf
        rows = [
            letter_row(still_there[row.id], today, self.language, shelf) if row.id in still_there else row for row in self.rows
        ]
        self._put(
            rows=rows,
            unread=changes.unread,
            arrived_words=self._say("arrived", n=changes.arrived) if changes.arrived else "",
            list_changed=len(still_there) < len(self._shown),
        )
        self._put(title=self._title(changes.arrived))

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    async def reopen(self) -> None:
        """Read the same list anew."""
        await self._reopen()

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    async def show_arrived(self) -> Any:
        """Show the newest letters."""
        listing = Listing(at_first(self._filter().shelf), NEWEST_FIRST, 1, self.per_page, self.language)
        await self._open(listing.filter, listing.sort, listing.page)
        return self._go_to(listing)

    # ── sorting, searching, turning pages ──

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    async def sort_by(self, column: str) -> Any:
        """Sort by a column; pressing it again turns the order round."""
        return await self._sort(str(pressed(read_sort(self.sort), parse(SortField, column))))

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    async def sort_as(self, sort: str) -> Any:
        """Sort as the list of sorts says."""
        return await self._sort(parse(Word, sort))

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    async def turn_to(self, page: int) -> Any:
        """Show another page of the same list."""
        answer = await self._list(replace(self._listing(), page=parse(PageNumber, page)), total=self.total)
        self._put(said=self._say("said_page", page=self.page, pages=self.pages))
        return answer

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    async def show_rows(self, per_page: str) -> Any:
        """Show this many rows a page, now and the next time."""
        await carry_out(inbox.remember_page_size, customer(), parse(PageNumber, per_page))
        await self._open(self._filter(), read_sort(self.sort), 1)
        return self._go_to(self._listing())

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    async def find(self, form: dict[str, Any]) -> Any:
        """Search for the words that were typed."""
        return await self._narrow(addresses.SEARCH, parse(dict[Word, Line], form).get(addresses.SEARCH, ""))

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    async def narrow(self, field: str, value: str) -> Any:
        """Filter by a field; an empty value takes the filter away."""
        return await self._narrow(parse(Word, field), parse(Line, value))

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    async def show_unread_only(self, wanted: bool) -> Any:  # noqa: FBT001 - what the box sends
        """Show only unread letters, or all."""
        return await self._narrow(addresses.UNREAD, "1" if parse(bool, wanted) else "")

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    async def show_current_only(self, wanted: bool) -> Any:  # noqa: FBT001 - what the box sends
        """Show only what is current, or what is outdated too."""
        return await self._narrow(addresses.OLDER_TOO, "" if parse(bool, wanted) else "1")

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    async def clear_filters(self) -> Any:
        """Show again what the list began with."""
        return await self._filter_by(at_first(self._filter().shelf))

    # ── choosing ──

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    def choose(self, letter_id: str, wanted: bool) -> None:  # noqa: FBT001 - what the box sends
        """Choose one letter of the page, or no longer."""
        self._choose([parse(PublicId, letter_id)], wanted=parse(bool, wanted))

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    def choose_page(self, wanted: bool) -> None:  # noqa: FBT001 - what the box sends
        """Choose every letter of the page, or none of them."""
        self._choose(list(self._shown), wanted=parse(bool, wanted))

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    async def choose_all(self) -> None:
        """Choose every letter that the filter lets through, on all pages."""
        self._chosen = await ask(inbox.sizes_of, customer(), self._filter(), now=now())
        self._count_chosen()

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    def choose_none(self) -> None:
        """Choose nothing any more."""
        self._chosen = {}
        self._count_chosen()

    # ── acting on what is chosen ──

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    async def mark_chosen(self, unread: bool) -> None:  # noqa: FBT001 - what the button sends
        """Show the chosen letters as read or as unread."""
        changed = await carry_out(inbox.mark, customer(), list(self._chosen), unread=parse(bool, unread), now=now())
        self._forget_undo()
        await self._reopen()
        self._put(said=self._say("said_marked", n=changed))

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    async def bin_chosen(self) -> None:
        """Move the chosen letters to the bin; undoing it stays possible until the next act."""
        self._offer_undo(await carry_out(bins.bin_letters, customer(), list(self._chosen), now=now()))
        await self._reopen()

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    async def undo(self) -> None:
        """Take the last deletion back."""
        if self._binned_at is None:
            return
        restored = await carry_out(bins.undo, customer(), self._binned_at, now=now())
        self._forget_undo()
        await self._reopen()
        self._put(said=self._say("said_restored", n=restored))

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    def close_undo(self) -> None:
        """Take the words about the last deletion away."""
        self._forget_undo()

    # ── what the handlers share ──

    async def _sort(self, sort: str) -> Any:
        answer = await self._list(replace(self._listing(), sort=read_sort(sort), page=1), total=self.total)
        self._put(said=self._say("said_sorted", how=self._say(f"sort_{self.sort}")))
        return answer

    async def _narrow(self, field: str, value: str) -> Any:
        return await self._filter_by(addresses.narrowed(self._filter(), field, value))

    async def _filter_by(self, wanted: Filter) -> Any:
        self._chosen = {}
        answer = await self._list(replace(self._listing(), filter=wanted, page=1), total=None)
        self._put(said=self._say("said_found", n=self.total))
        return answer

    async def _list(self, listing: Listing, *, total: int | None) -> Any:
        """Show one page; where the mailbox is known to have changed, everything is read anew."""
        if self.arrived_words or self.list_changed:
            await self._open(listing.filter, listing.sort, listing.page)
        else:
            moment = now()
            found = await ask(inbox.list_letters, customer(), listing, now=moment, total=total)
            self._show(listing, found, moment)
        return self._go_to(self._listing())

    async def _reopen(self) -> None:
        self._chosen = {}
        await self._open(self._filter(), read_sort(self.sort), self.page)

    async def _open(self, wanted: Filter, sort: Any, page: int) -> None:
        moment = now()
        opened = await ask(
            inbox.open_inbox, customer(), wanted, sort, page, language=self.language, brand=the_brand(), now=moment
        )
        self._read_at, self._recent = moment, opened.recent
        self._put(arrived_words="", list_changed=False, unread=opened.around.unread)
        self._show(opened.listing, opened.page, moment)
        self._surround(opened)
        self.ready = True

    def _show(self, listing: Listing, found: ListPage[LetterLine], moment: datetime) -> None:
        today, wanted = budapest_date(moment), listing.filter
        self.rows = [letter_row(line, today, self.language, wanted.shelf) for line in found.lines]
        self._put(
            total=found.total,
            page=found.page,
            pages=found.pages,
            per_page=listing.per_page,
            range_words=shown_range(found, listing.per_page, self.language),
            sort=str(listing.sort),
            search=wanted.search,
            kind=addresses.kind_word(wanted.kind) if wanted.kind else "",
            policy=wanted.policy,
            period=addresses.period_word(wanted.period) if wanted.period else "",
            unread_only=wanted.unread_only,
            current_only=wanted.current_only,
            shelf=wanted.shelf.value if wanted.shelf else "",
            chips=chips(wanted, self.language),
            none_found=self._say("none_found", what=wanted.search) if wanted.search and not found.total else "",
        )
        self._put(title=self._title(0))
        self._shown = _sizes(found.lines)
        self._count_chosen()

    def _surround(self, opened: OpenedInbox) -> None:
        around, habits, language = opened.around, opened.habits, self.language
        kinds = in_shown_order(map(LetterKind, around.kinds), language)
        warned = max(the_brand().retention.warn_days)
        last = written_moment(habits.last_sign_in, language) if habits.last_sign_in else ""
        self._put(
            kinds=[Choice(addresses.kind_word(kind), kind_words(kind, language)) for kind in kinds],
            policies=list(around.policies),
            mailbox_empty=around.total == 0,
            empty_words=self._say("empty_text", email=masked_email(habits.email)),
            last_sign_in=self._say("last_sign_in", when=last) if last else "",
            password_words=self._password_words(opened.password_days),
            leaving_words=self._say("leaving", n=around.leaving, days=warned) if around.leaving else "",
            leaving_zip=self._say("leaving_zip", size=file_size(around.leaving_bytes, language)),
        )

    def _password_words(self, days: int | None) -> str:
        if days is None:
            return ""
        return self._say("password_ends", n=days) if days else self._say("password_ends_today")

    def _choose(self, letter_ids: Sequence[str], *, wanted: bool) -> None:
        chosen, shown = dict(self._chosen), dict(self._shown)
        for letter_id in letter_ids:
            if wanted and letter_id in shown:
                chosen[letter_id] = shown[letter_id]
            elif not wanted:
                chosen.pop(letter_id, None)
        self._chosen = chosen
        self._count_chosen()

    def _count_chosen(self) -> None:
        chosen, shown = dict(self._chosen), list(self._shown)
        here = [letter_id for letter_id in shown if letter_id in chosen]
        whole_page = bool(here) and len(here) == len(shown)
        most = the_brand().limits.zip_bytes
        fits = sum(chosen.values()) <= most
        self._put(
            chosen=here,
            chosen_count=len(chosen),
            chosen_words=self._say("chosen", n=len(chosen)) if chosen else "",
            page_chosen=whole_page,
            choose_all_words=self._say("choose_all", n=self.total) if whole_page and self.total > len(chosen) else "",
            parcel=",".join(chosen) if fits else "",
            too_large_words="" if fits else self._say("too_large", most=file_size(most, self.language)),
        )

    def _offer_undo(self, binned: Binned) -> None:
        """Say what was deleted and offer to take it back; the letter's own page uses it too."""
        self._binned_at = binned.binned_at if binned.moved else None
        self._put(
            undo_words=self._say("moved", n=binned.moved) if binned.moved else "",
            kept_words=self._say("kept", n=binned.kept) if binned.kept else "",
            said="",
        )

    def _forget_undo(self) -> None:
        self._binned_at = None
        self._put(undo_words="", kept_words="")

    def _filter(self) -> Filter:
        fields = {addresses.KIND: self.kind, addresses.PERIOD: self.period}
        wanted = Filter(
            search=self.search,
            policy=self.policy,
            unread_only=self.unread_only,
            shelf=Shelf(self.shelf) if self.shelf else None,
            current_only=self.current_only,
        )
        for field, value in fields.items():
            wanted = addresses.narrowed(wanted, field, value) if value else wanted
        return wanted

    def _listing(self) -> Listing:
        return Listing(self._filter(), read_sort(self.sort), self.page, self.per_page, self.language)

    def _go_to(self, listing: Listing) -> Any:
        """Write the list into the address, so that it can be reloaded and gone back to."""
        query = addresses.write_query(listing)
        if query == self._query:
            return None
        self._query = query
        self._echoes = {**self._echoes, query: now()}
        return rx.redirect(f"{self._path}?{query}")

    def _is_echo(self, query: str) -> bool:
        echoes = dict(self._echoes)
        announced_at = echoes.pop(query, None)
        if announced_at is None:
            self._echoes = {}
            return False
        self._echoes = echoes
        return now() - announced_at < ECHO_TIME

    def _title(self, arrived: int) -> str:
        page = say(TITLES[self._filter().shelf], self.language)
        if self.pages > 1:
            page = self._say("title_page", title=page, page=self.page, pages=self.pages)
        return f"({arrived}) {page} – {self.portal_title}" if arrived else f"{page} – {self.portal_title}"

    def _say(self, key: str, **values: object) -> str:
        return say(f"inbox.{key}", self.language, **values)

    def _put(self, **shown: Any) -> None:
        """Set what has changed, so that nothing else is sent."""
        for name, value in shown.items():
            if getattr(self, name) != value:
                setattr(self, name, value)


def periods(language: str) -> list[Choice]:
    """Name the periods to filter by."""
    return [Choice(addresses.period_word(period), say(f"inbox.period_{period.value}", language)) for period in Period]


def _sizes(lines: Sequence[LetterLine]) -> dict[str, int]:
    return {line.public_id: line.document_bytes for line in lines}
