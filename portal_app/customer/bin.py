"""The bin (lomtár): deleted letters and messages, restored or erased for good (R21)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import reflex as rx

from portal_app.browser.admission import CUSTOMER, PublicId, customer, open_to, parse
from portal_app.browser.portal_state import PortalState, the_brand
from portal_app.customer.inbox import addresses
from portal_app.customer.inbox.rows import kind_words, say
from portal_app.customer.lists import MailList, search_section
from portal_app.database.transactions import ask, carry_out, the_database
from portal_app.domain.calendar import budapest_date, days_left
from portal_app.domain.letters import Listing, ListPage, last_readable_day, leaving
from portal_app.gateways.clock import now
from portal_app.services import bin as bins
from portal_app.services import retention
from portal_app.services.bin import BinLine
from portal_app.services.house import the_house
from portal_app.texts.dates import days_left_words, machine_date, table_date
from portal_app.ui.icons import icon
from portal_app.ui.layout import page_title
from portal_app.ui.lists import (
    cell,
    choose_heading,
    chosen_bar,
    chosen_row,
    day_cell,
    empty_place,
    list_act,
    list_table,
    loading_lines,
    nothing_found,
    pager,
    plain_heading,
    sort_heading,
    sort_select,
    text_cell,
)
from portal_app.ui.words import t

BIN = "/lomtar"
SORTS = ("-placed", "placed", "subject", "-subject")


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


class BinState(MailList, PortalState):
    """The bin in a tab."""

    rows: list[BinRow] = rx.field(default_factory=list)
    erase_words: str = ""
    """The question that is asked once before anything is erased for good."""
    _to_erase: list[str] = rx.field(default_factory=list)

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

    def _begin(self) -> None:
        super()._begin()
        self._ask_to_erase([])

    def _address(self, listing: Listing) -> str:
        return f"{BIN}?{addresses.write_query(listing)}"

    async def _read(self, listing: Listing, moment: datetime) -> ListPage[BinLine]:
        return await ask(bins.list_bin, customer(), listing, rules=the_brand().retention, now=moment)

    def _row(self, line: BinLine, moment: datetime) -> BinRow:
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
            search_section(BinState, t("bin.search_label"), t("inbox.search_hint")),
            rx.cond(BinState.total == 0, nothing_found(BinState.none_found, BinState.clear_search), _list()),
        ),
    )


def _list() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            rx.el.p(BinState.range_words, class_name="list-range"),
            sort_select({sort: t(f"bin.sort_{sort}") for sort in SORTS}, value=BinState.sort, on_change=BinState.sort_as),
            rx.el.button(
                icon("bin"),
                rx.el.span(t("bin.erase_all")),
                type="button",
                on_click=BinState.ask_to_erase_all,
                class_name="btn btn-line btn-sm",
            ),
            class_name="list-over",
        ),
        list_table(
            t("bin.caption"),
            [
                choose_heading(t("bin.choose_page"), BinState.page_chosen, BinState.choose_page),
                sort_heading(t("inbox.col_subject"), "subject", sort=BinState.sort, on_click=BinState.sort_by("subject")),
                plain_heading(t("inbox.col_policy")),
                plain_heading(t("inbox.col_kind")),
                sort_heading(t("bin.col_binned"), "placed", sort=BinState.sort, on_click=BinState.sort_by("placed")),
                plain_heading(t("bin.col_until")),
                plain_heading(t("bin.col_acts")),
            ],
            BinState.rows,
            _row,
        ),
        chosen_bar(
            BinState.chosen_words,
            list_act("undo", t("bin.restore"), BinState.restore_chosen),
            list_act("bin", t("bin.erase"), BinState.ask_to_erase_chosen),
        ),
        rx.el.div(pager(page=BinState.page, pages=BinState.pages, turn_to=BinState.turn_to), class_name="list-under"),
    )


def _row(row: rx.Var[BinRow]) -> rx.Component:
    return chosen_row(
        row,
        cell(
            "subject",
            rx.cond(
                row.sent,
                rx.el.span(row.subject, class_name="bin-subject"),
                rx.el.a(row.subject, href="/kuldemenyek/" + row.id.to(str), class_name="letter-link"),
            ),
        ),
        text_cell("policy", row.policy),
        cell("kind", row.kind),
        day_cell("placed", row.binned, row.binned_day),
        cell(
            "erase",
            rx.el.span(t("bin.col_until"), ": ", class_name="card-label"),
            rx.el.time(row.until, date_time=row.until_day, class_name="nowrap"),
            rx.cond(
                (row.soon == "very_soon") | (row.soon == "today"),
                rx.el.span(icon("clock"), row.left, class_name="badge badge-error"),
            ),
        ),
        cell(
            "acts",
            rx.el.button(
                icon("undo"),
                rx.el.span(t("bin.restore"), rx.el.span(": ", row.subject, class_name="sr-only")),
                type="button",
                on_click=BinState.restore_one(row.id),
                class_name="btn btn-line btn-sm",
            ),
        ),
        chosen=BinState.chosen,
        choose=BinState.choose,
    )
