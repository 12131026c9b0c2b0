"""The bin (lomtár): deleted letters and messages, restored or erased for good (R21)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

import reflex as rx
from pydantic import Field

from portal_app.browser.admission import CUSTOMER, Line, PublicId, Word, customer, open_to, parse
from portal_app.browser.live import live
from portal_app.browser.portal_state import PortalState, the_brand
from portal_app.customer.inbox import addresses
from portal_app.customer.inbox.rows import kind_words, say
from portal_app.database.transactions import ask, carry_out, the_database
from portal_app.domain.calendar import budapest_date, days_left
from portal_app.domain.letters import Filter, Listing, SortField, last_readable_day, leaving, pressed, read_sort
from portal_app.gateways.clock import now
from portal_app.services import bin as bins
from portal_app.services import inbox, retention
from portal_app.services.bin import BinLine
from portal_app.services.house import the_house
from portal_app.texts.dates import days_left_words, machine_date, table_date
from portal_app.ui.icons import icon
from portal_app.ui.layout import page_title
from portal_app.ui.lists import (
    chosen_bar,
    empty_place,
    list_act,
    list_select,
    loading_lines,
    nothing_found,
    pager,
    row_check,
    search_box,
    sort_heading,
)
from portal_app.ui.words import t

BIN = "/lomtar"
SORTS = ("-placed", "placed", "subject", "-subject")
PageNumber = Annotated[int, Field(ge=1, le=100_000)]


@dataclass(frozen=True)
class BinRow:
    """One deleted letter or message as the list shows it."""

    id: str
    sent: bool
    subject: str
    kind: str
    policy: str
    binned: str
    binned_day: str
    until: str
    until_day: str
    soon: str
    left: str


class BinState(PortalState):
    """The bin in a tab; every change of the list is a new address."""

    ready: bool = False
    rows: list[BinRow] = rx.field(default_factory=list)
    total: int = 0
    page: int = 1
    pages: int = 1
    range_words: str = ""
    none_found: str = ""
    search: str = ""
    sort: str = "-placed"
    chosen: list[str] = rx.field(default_factory=list)
    chosen_words: str = ""
    page_chosen: bool = False
    erase_words: str = ""
    """The question that is asked once before anything is erased for good."""
    _to_erase: list[str] = rx.field(default_factory=list)

    @rx.event
    @open_to(CUSTOMER)
    async def load(self) -> None:
        """Show what the address asks for."""
        live.follow(self.router.session.client_token, BinState.refresh)
        self.chosen, self._to_erase, self.erase_words = [], [], ""
        await self._show()

    @rx.event
    @open_to(CUSTOMER)
    async def refresh(self) -> None:
        """Show what lies in the bin now."""
        await self._show()

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
    def turn_to(self, page: int) -> Any:
        """Show another page of the same list."""
        return self._go_to(replace(self._listing(), page=parse(PageNumber, page)))

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
    def choose(self, public_id: str, wanted: bool) -> None:  # noqa: FBT001 - what the box sends
        """Choose one row of the page, or no longer."""
        others = [chosen for chosen in self.chosen if chosen != parse(PublicId, public_id)]
        self._choose([*others, public_id] if parse(bool, wanted) else others)

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    def choose_page(self, wanted: bool) -> None:  # noqa: FBT001 - what the box sends
        """Choose every row of the page, or none."""
        self._choose([row.id for row in self.rows] if parse(bool, wanted) else [])

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    async def restore_one(self, public_id: str) -> None:
        """Take one letter or message out of the bin."""
        await self._restore([parse(PublicId, public_id)])

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    async def restore_chosen(self) -> None:
        """Take what is chosen out of the bin."""
        await self._restore(list(self.chosen))

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    def ask_to_erase_chosen(self) -> None:
        """Ask whether what is chosen shall go for good."""
        self._ask_to_erase(list(self.chosen))

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    async def ask_to_erase_all(self) -> None:
        """Ask whether the whole bin shall be emptied."""
        self._ask_to_erase(await ask(bins.all_in_the_bin, customer(), now=now()))

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    def keep(self) -> None:
        """Erase nothing after all."""
        self._ask_to_erase([])

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    async def erase(self) -> None:
        """Erase for good what was asked about."""
        wanted = list(self._to_erase)
        erased = await carry_out(retention.erase_binned, customer(), wanted, now=now())
        await the_database().in_thread(the_house().objects.delete_many, erased.object_keys)
        self._ask_to_erase([])
        self.chosen = []
        await self._show()
        done, stayed = erased.letters + erased.messages, len(wanted) - erased.letters - erased.messages
        self._tell(" ".join([self._say("erased", n=done), *([self._say("stayed", n=stayed)] if stayed else [])]), "success")

    async def _restore(self, ids: Sequence[str]) -> None:
        restored = await carry_out(bins.restore, customer(), ids, now=now())
        self.chosen = []
        await self._show()
        self._tell(self._say("restored", n=restored), "success")

    def _ask_to_erase(self, ids: list[str]) -> None:
        self._to_erase = ids
        self.erase_words = self._say("erase_question", n=len(ids)) if ids else ""

    async def _show(self) -> None:
        asked, habits = addresses.read_address(self.router.url.query), await ask(inbox.habits, customer())
        listing = Listing(Filter(search=asked.filter.search), asked.sort or read_sort("-placed"), asked.page, habits.per_page)
        moment = now()
        found = await ask(bins.list_bin, customer(), listing, rules=the_brand().retention, now=moment)
        self.rows = [self._row(line, moment) for line in found.lines]
        self.unread = habits.unread
        self.total, self.page, self.pages = found.total, found.page, found.pages
        self.search, self.sort = listing.filter.search, str(listing.sort)
        first = (found.page - 1) * listing.per_page + 1
        self.range_words = say("inbox.range", self.language, first=first, last=first + len(found.lines) - 1, total=found.total)
        self.none_found = say("inbox.none_found", self.language, what=self.search) if self.search else ""
        self._choose([row.id for row in self.rows if row.id in self.chosen])
        self.ready = True

    def _row(self, line: BinLine, moment: Any) -> BinRow:
        binned, until = budapest_date(line.binned_at), last_readable_day(line.gone_on)
        days = days_left(until, budapest_date(moment))
        return BinRow(
            id=line.public_id,
            sent=line.sent,
            subject=line.subject,
            kind=self._say("sent_message") if line.sent else kind_words(line.kind, self.language),
            policy=line.policy_number,
            binned=table_date(binned, self.language),
            binned_day=machine_date(binned),
            until=table_date(until, self.language),
            until_day=machine_date(until),
            soon=leaving(days, the_brand().retention).value,
            left=days_left_words(days, self.language, the_brand().register.value),
        )

    def _choose(self, ids: Sequence[str]) -> None:
        shown = [row.id for row in self.rows]
        self.chosen = [public_id for public_id in ids if public_id in shown]
        self.page_chosen = bool(shown) and len(self.chosen) == len(shown)
        self.chosen_words = say("inbox.chosen", self.language, n=len(self.chosen)) if self.chosen else ""

    def _listing(self) -> Listing:
        return Listing(Filter(search=self.search), read_sort(self.sort), self.page)

    def _go_to(self, listing: Listing) -> Any:
        return rx.redirect(f"{BIN}?{addresses.write_query(listing)}")

    def _say(self, key: str, **values: object) -> str:
        return say(f"bin.{key}", self.language, **values)


def bin_page() -> rx.Component:
    """Build the page."""
    days = the_brand().retention.bin_days
    return rx.el.div(
        page_title(t("bin.title")),
        rx.el.p(t("bin.about", days=days), class_name="muted"),
        _question(),
        rx.cond(BinState.ready, _content(), loading_lines()),
        class_name="list-page",
    )


def _question() -> rx.Component:
    return rx.cond(
        BinState.erase_words != "",
        rx.el.section(
            icon("warning"),
            rx.el.p(BinState.erase_words, class_name="bar-words"),
            rx.el.button(t("bin.erase"), type="button", on_click=BinState.erase, class_name="btn btn-danger btn-sm"),
            rx.el.button(t("bin.keep"), type="button", on_click=BinState.keep, class_name="btn btn-line btn-sm"),
            aria_label=BinState.erase_words,
            tab_index=-1,
            class_name="bar bar-question",
            custom_attrs={"data-take-focus": "yes"},
        ),
    )


def _content() -> rx.Component:
    return rx.cond(
        (BinState.total == 0) & (BinState.search == ""),
        empty_place("bin", t("bin.empty"), rx.el.p(t("bin.empty_text"))),
        rx.fragment(
            rx.el.section(
                search_box(
                    name=addresses.SEARCH,
                    label=t("bin.search_label"),
                    hint=t("inbox.search_hint"),
                    button=t("inbox.search"),
                    value=BinState.search,
                    on_submit=BinState.find,
                ),
                class_name="list-tools list-tools-plain card-plain",
                aria_label=t("inbox.search"),
            ),
            rx.cond(BinState.total == 0, nothing_found(BinState.none_found, BinState.clear_search), _list()),
        ),
    )


def _list() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            rx.el.p(BinState.range_words, class_name="list-range"),
            list_select(
                "sort",
                t("inbox.sort_label"),
                [rx.el.option(t(f"bin.sort_{sort}"), value=sort) for sort in SORTS],
                value=BinState.sort,
                on_change=BinState.sort_as,
                class_name="narrow-only",
            ),
            rx.el.button(
                icon("bin"),
                rx.el.span(t("bin.erase_all")),
                type="button",
                on_click=BinState.ask_to_erase_all,
                class_name="btn btn-line btn-sm",
            ),
            class_name="list-over",
        ),
        rx.el.div(
            rx.el.table(
                rx.el.caption(t("bin.caption"), class_name="sr-only"),
                rx.el.thead(
                    rx.el.tr(
                        rx.el.th(
                            row_check("choose-page", t("bin.choose_page"), BinState.page_chosen, BinState.choose_page),
                            scope="col",
                            class_name="cell-choose",
                        ),
                        sort_heading(t("inbox.col_subject"), "subject", sort=BinState.sort, on_click=BinState.sort_by("subject")),
                        rx.el.th(t("inbox.col_policy"), scope="col"),
                        rx.el.th(t("inbox.col_kind"), scope="col"),
                        sort_heading(t("bin.col_binned"), "placed", sort=BinState.sort, on_click=BinState.sort_by("placed")),
                        rx.el.th(t("bin.col_until"), scope="col"),
                        rx.el.th(t("bin.col_acts"), scope="col"),
                        role="row",
                    ),
                    role="rowgroup",
                ),
                rx.el.tbody(rx.foreach(BinState.rows, _row), role="rowgroup"),
                class_name="table-plain letter-table",
                role="table",
            ),
            class_name="table-frame letter-frame",
        ),
        chosen_bar(
            BinState.chosen_words,
            list_act("undo", t("bin.restore"), BinState.restore_chosen),
            list_act("bin", t("bin.erase"), BinState.ask_to_erase_chosen),
        ),
        rx.el.div(pager(page=BinState.page, pages=BinState.pages, turn_to=BinState.turn_to), class_name="list-under"),
    )


def _row(row: rx.Var[BinRow]) -> rx.Component:
    chosen = BinState.chosen.contains(row.id)
    return rx.el.tr(
        rx.el.td(
            row_check(
                "choose-" + row.id.to(str),
                [t("inbox.choose_one"), " ", row.subject],
                chosen,
                lambda wanted: BinState.choose(row.id, wanted),
            ),
            role="cell",
            class_name="cell-choose",
        ),
        rx.el.td(
            rx.cond(
                row.sent,
                rx.el.span(row.subject, class_name="bin-subject"),
                rx.el.a(row.subject, href="/kuldemenyek/" + row.id.to(str), class_name="letter-link"),
            ),
            role="cell",
            class_name="cell-subject",
        ),
        rx.el.td(rx.cond(row.policy != "", rx.el.span(row.policy, class_name="nowrap")), role="cell", class_name="cell-policy"),
        rx.el.td(row.kind, role="cell", class_name="cell-kind"),
        rx.el.td(rx.el.time(row.binned, date_time=row.binned_day, class_name="nowrap"), role="cell", class_name="cell-placed"),
        rx.el.td(
            rx.el.span(t("bin.col_until"), ": ", class_name="card-label"),
            rx.el.time(row.until, date_time=row.until_day, class_name="nowrap"),
            rx.cond(
                (row.soon == "very_soon") | (row.soon == "today"),
                rx.el.span(icon("clock"), row.left, class_name="badge badge-error"),
            ),
            role="cell",
            class_name="cell-erase",
        ),
        rx.el.td(
            rx.el.button(
                icon("undo"),
                rx.el.span(t("bin.restore"), rx.el.span(": ", row.subject, class_name="sr-only")),
                type="button",
                on_click=BinState.restore_one(row.id),
                class_name="btn btn-line btn-sm",
            ),
            role="cell",
            class_name="cell-acts",
        ),
        key=row.id,
        role="row",
        class_name="letter-row",
        custom_attrs={"data-chosen": rx.cond(chosen, "yes", "no")},
    )
