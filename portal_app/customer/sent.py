"""Sent (elküldött): what the customer wrote to the insurer, and how far the answer is (R18)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any

import reflex as rx
from pydantic import Field

from portal_app.browser.admission import CUSTOMER, Line, PublicId, Word, customer, open_to, parse
from portal_app.browser.live import live
from portal_app.browser.portal_state import PortalState
from portal_app.customer.inbox import addresses
from portal_app.customer.inbox.rows import say
from portal_app.database.transactions import ask, carry_out
from portal_app.domain.calendar import budapest_date
from portal_app.domain.letters import Filter, Listing, SortField, pressed, read_sort
from portal_app.domain.messages import MessageStatus
from portal_app.gateways.clock import now
from portal_app.services import bin as bins
from portal_app.services import inbox, sent
from portal_app.services.sent import SentLine
from portal_app.texts.dates import machine_date, table_date
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
    undo_bar,
)
from portal_app.ui.words import t

SENT = "/elkuldott"
COLUMNS = (
    (SortField.KIND, "status"),
    (SortField.SUBJECT, "subject"),
    (SortField.POLICY, "policy"),
    (SortField.PLACED, "written"),
)
SORTS = ("-placed", "placed", "subject", "-subject", "policy", "-policy", "kind", "-kind")
PageNumber = Annotated[int, Field(ge=1, le=100_000)]


@dataclass(frozen=True)
class SentRow:
    """One message as the list shows it."""

    id: str
    letter_id: str
    subject: str
    policy: str
    written: str
    written_day: str
    status: str
    status_words: str
    reference: str
    files: str
    text: str


class SentState(PortalState):
    """The list of sent messages in a tab; every change of it is a new address."""

    ready: bool = False
    rows: list[SentRow] = rx.field(default_factory=list)
    total: int = 0
    page: int = 1
    pages: int = 1
    range_words: str = ""
    none_found: str = ""
    search: str = ""
    sort: str = "-placed"
    said: str = ""
    chosen: list[str] = rx.field(default_factory=list)
    chosen_words: str = ""
    page_chosen: bool = False
    undo_words: str = ""
    _binned_at: datetime | None = None

    @rx.event
    @open_to(CUSTOMER)
    async def load(self) -> None:
        """Show what the address asks for."""
        live.follow(self.router.session.client_token, SentState.refresh)
        self.chosen = []
        await self._show()

    @rx.event
    @open_to(CUSTOMER)
    async def refresh(self) -> None:
        """Show how far the answers are now."""
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
        """Show all messages again."""
        return self._go_to(replace(self._listing(), filter=Filter(), page=1))

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    def choose(self, message_id: str, wanted: bool) -> None:  # noqa: FBT001 - what the box sends
        """Choose one message of the page, or no longer."""
        others = [chosen for chosen in self.chosen if chosen != parse(PublicId, message_id)]
        self._choose([*others, message_id] if parse(bool, wanted) else others)

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    def choose_page(self, wanted: bool) -> None:  # noqa: FBT001 - what the box sends
        """Choose every message of the page, or none."""
        self._choose([row.id for row in self.rows] if parse(bool, wanted) else [])

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    async def bin_chosen(self) -> None:
        """Move the chosen messages to the bin; the insurer keeps its own copy."""
        binned = await carry_out(bins.bin_messages, customer(), list(self.chosen), now=now())
        self._binned_at = binned.binned_at
        self.undo_words = self._say("moved", n=binned.moved) if binned.moved else ""
        self.chosen = []
        await self._show()

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    async def undo(self) -> None:
        """Take the last deletion back."""
        if self._binned_at is None:
            return
        restored = await carry_out(bins.undo, customer(), self._binned_at, now=now())
        self.close_undo.fn(self)
        await self._show()
        self.said = self._say("restored", n=restored)

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    def close_undo(self) -> None:
        """Take the words about the last deletion away."""
        self._binned_at, self.undo_words = None, ""

    async def _show(self) -> None:
        asked, habits = addresses.read_address(self.router.url.query), await ask(inbox.habits, customer())
        listing = Listing(Filter(search=asked.filter.search), asked.sort or read_sort("-placed"), asked.page, habits.per_page)
        found = await ask(sent.list_sent, customer(), listing, now=now())
        self.rows = [self._row(line) for line in found.lines]
        self.unread = habits.unread
        self.total, self.page, self.pages = found.total, found.page, found.pages
        self.search, self.sort = listing.filter.search, str(listing.sort)
        first = (found.page - 1) * listing.per_page + 1
        self.range_words = say("inbox.range", self.language, first=first, last=first + len(found.lines) - 1, total=found.total)
        self.none_found = say("inbox.none_found", self.language, what=self.search) if self.search else ""
        self._choose([row.id for row in self.rows if row.id in self.chosen])
        self.ready = True

    def _row(self, line: SentLine) -> SentRow:
        written = budapest_date(line.written_at)
        return SentRow(
            id=line.public_id,
            letter_id=line.letter_id,
            subject=line.subject,
            policy=line.policy_number,
            written=table_date(written, self.language),
            written_day=machine_date(written),
            status=line.status,
            status_words=self._say(f"status_{MessageStatus(line.status).value}"),
            reference=line.reference,
            files=self._say("files", n=line.documents) if line.documents else "",
            text=line.text,
        )

    def _choose(self, message_ids: Sequence[str]) -> None:
        shown = [row.id for row in self.rows]
        self.chosen = [message_id for message_id in message_ids if message_id in shown]
        self.page_chosen = bool(shown) and len(self.chosen) == len(shown)
        self.chosen_words = say("inbox.chosen", self.language, n=len(self.chosen)) if self.chosen else ""

    def _listing(self) -> Listing:
        return Listing(Filter(search=self.search), read_sort(self.sort), self.page)

    def _go_to(self, listing: Listing) -> Any:
        return rx.redirect(f"{SENT}?{addresses.write_query(listing)}")

    def _say(self, key: str, **values: object) -> str:
        return say(f"sent.{key}", self.language, **values)


def sent_page() -> rx.Component:
    """Build the page."""
    return rx.el.div(
        page_title(t("sent.title")),
        rx.el.p(SentState.said, role="status", class_name="sr-only"),
        undo_bar(words=SentState.undo_words, kept=rx.Var.create(""), undo=SentState.undo, close=SentState.close_undo),
        rx.cond(SentState.ready, _messages(), loading_lines()),
        class_name="list-page",
    )


def _messages() -> rx.Component:
    return rx.cond(
        (SentState.total == 0) & (SentState.search == ""),
        empty_place(
            "sent",
            t("sent.empty"),
            rx.el.p(t("sent.empty_text")),
            rx.el.p(rx.el.a(t("sent.to_letters"), href="/kuldemenyek", class_name="btn btn-primary")),
        ),
        rx.fragment(
            rx.el.section(
                search_box(
                    name=addresses.SEARCH,
                    label=t("sent.search_label"),
                    hint=t("sent.search_hint"),
                    button=t("inbox.search"),
                    value=SentState.search,
                    on_submit=SentState.find,
                ),
                class_name="list-tools list-tools-plain card-plain",
                aria_label=t("inbox.search"),
            ),
            rx.cond(SentState.total == 0, nothing_found(SentState.none_found, SentState.clear_search), _list()),
        ),
    )


def _list() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            rx.el.p(SentState.range_words, class_name="list-range"),
            list_select(
                "sort",
                t("inbox.sort_label"),
                [rx.el.option(t(f"sent.sort_{sort}"), value=sort) for sort in SORTS],
                value=SentState.sort,
                on_change=SentState.sort_as,
                class_name="narrow-only",
            ),
            class_name="list-over",
        ),
        rx.el.div(
            rx.el.table(
                rx.el.caption(t("sent.caption"), class_name="sr-only"),
                rx.el.thead(
                    rx.el.tr(
                        rx.el.th(
                            row_check("choose-page", t("sent.choose_page"), SentState.page_chosen, SentState.choose_page),
                            scope="col",
                            class_name="cell-choose",
                        ),
                        *[
                            sort_heading(
                                t(f"sent.col_{name}"), column.value, sort=SentState.sort, on_click=SentState.sort_by(column.value)
                            )
                            for column, name in COLUMNS
                        ],
                        rx.el.th(t("sent.col_reference"), scope="col"),
                        role="row",
                    ),
                    role="rowgroup",
                ),
                rx.el.tbody(rx.foreach(SentState.rows, _row), role="rowgroup"),
                class_name="table-plain letter-table",
                role="table",
            ),
            class_name="table-frame letter-frame",
        ),
        chosen_bar(SentState.chosen_words, list_act("bin", t("inbox.delete"), SentState.bin_chosen)),
        rx.el.div(pager(page=SentState.page, pages=SentState.pages, turn_to=SentState.turn_to), class_name="list-under"),
    )


def _row(row: rx.Var[SentRow]) -> rx.Component:
    chosen = SentState.chosen.contains(row.id)
    return rx.el.tr(
        rx.el.td(
            row_check(
                "choose-" + row.id.to(str),
                [t("inbox.choose_one"), " ", row.subject],
                chosen,
                lambda wanted: SentState.choose(row.id, wanted),
            ),
            role="cell",
            class_name="cell-choose",
        ),
        rx.el.td(_status(row), role="cell", class_name="cell-unread"),
        rx.el.td(_subject(row), role="cell", class_name="cell-subject"),
        rx.el.td(rx.cond(row.policy != "", rx.el.span(row.policy, class_name="nowrap")), role="cell", class_name="cell-policy"),
        rx.el.td(rx.el.time(row.written, date_time=row.written_day, class_name="nowrap"), role="cell", class_name="cell-placed"),
        rx.el.td(
            rx.el.span(t("sent.col_reference"), ": ", class_name="card-label"),
            rx.el.span(row.reference, class_name="nowrap"),
            role="cell",
            class_name="cell-erase",
        ),
        key=row.id,
        role="row",
        class_name="letter-row",
        custom_attrs={"data-chosen": rx.cond(chosen, "yes", "no")},
    )


def _subject(row: rx.Var[SentRow]) -> rx.Component:
    return rx.fragment(
        rx.cond(
            row.letter_id != "",
            rx.el.a(row.subject, href="/kuldemenyek/" + row.letter_id.to(str), class_name="letter-link"),
            rx.el.details(
                rx.el.summary(row.subject, class_name="letter-link"),
                rx.el.p(row.text, class_name="sent-text"),
            ),
        ),
        rx.cond(row.files != "", rx.el.span(icon("attachment"), row.files, class_name="files muted")),
    )


def _status(row: rx.Var[SentRow]) -> rx.Component:
    def badge(kind: str, picture: str) -> rx.Component:
        return rx.el.span(icon(picture), row.status_words, class_name=f"badge badge-{kind}")

    return rx.match(
        row.status,
        (MessageStatus.ANSWERED.value, badge("success", "check")),
        (MessageStatus.IN_PROGRESS.value, badge("info", "clock")),
        badge("quiet", "sent"),
    )
