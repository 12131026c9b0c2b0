"""Sent (elküldött): what the customer wrote to the insurer, and how far the answer is (R18)."""

from dataclasses import dataclass
from datetime import datetime

import reflex as rx

from portal_app.browser.admission import CUSTOMER, customer, open_to
from portal_app.browser.portal_state import PortalState
from portal_app.customer.inbox import addresses
from portal_app.customer.inbox.rows import say
from portal_app.customer.lists import MailList, search_section
from portal_app.database.transactions import ask, carry_out
from portal_app.domain.calendar import budapest_date
from portal_app.domain.letters import Listing, ListPage, SortField
from portal_app.domain.messages import MessageStatus
from portal_app.gateways.clock import now
from portal_app.services import bin as bins
from portal_app.services import sent
from portal_app.services.sent import SentLine
from portal_app.texts.dates import machine_date, table_date
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


class SentState(MailList, PortalState):
    """The list of sent messages in a tab."""

    rows: list[SentRow] = rx.field(default_factory=list)
    said: str = ""
    undo_words: str = ""
    _binned_at: datetime | None = None

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

    def _address(self, listing: Listing) -> str:
        return f"{SENT}?{addresses.write_query(listing)}"

    async def _read(self, listing: Listing, moment: datetime) -> ListPage[SentLine]:
        return await ask(sent.list_sent, customer(), listing, now=moment)

    def _row(self, line: SentLine, _: datetime) -> SentRow:
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
            search_section(SentState, t("sent.search_label"), t("sent.search_hint")),
            rx.cond(SentState.total == 0, nothing_found(SentState.none_found, SentState.clear_search), _list()),
        ),
    )


def _list() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            rx.el.p(SentState.range_words, class_name="list-range"),
            sort_select({sort: t(f"sent.sort_{sort}") for sort in SORTS}, value=SentState.sort, on_change=SentState.sort_as),
            class_name="list-over",
        ),
        list_table(
            t("sent.caption"),
            [
                choose_heading(t("sent.choose_page"), SentState.page_chosen, SentState.choose_page),
                *[
                    sort_heading(
                        t(f"sent.col_{name}"), column.value, sort=SentState.sort, on_click=SentState.sort_by(column.value)
                    )
                    for column, name in COLUMNS
                ],
                plain_heading(t("sent.col_reference")),
            ],
            SentState.rows,
            _row,
        ),
        chosen_bar(SentState.chosen_words, list_act("bin", t("inbox.delete"), SentState.bin_chosen)),
        rx.el.div(pager(page=SentState.page, pages=SentState.pages, turn_to=SentState.turn_to), class_name="list-under"),
    )


def _row(row: rx.Var[SentRow]) -> rx.Component:
    return chosen_row(
        row,
        cell("unread", _status(row)),
        cell("subject", _subject(row)),
        text_cell("policy", row.policy),
        day_cell("placed", row.written, row.written_day),
        cell(
            "erase",
            rx.el.span(t("sent.col_reference"), ": ", class_name="card-label"),
            rx.el.span(row.reference, class_name="nowrap"),
        ),
        chosen=SentState.chosen,
        choose=SentState.choose,
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
