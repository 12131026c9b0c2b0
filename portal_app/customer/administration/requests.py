"""Kérelmeim: every request of the account, how far it has come, by when it is done and whose turn it is."""

from collections.abc import Callable
from typing import Any

import reflex as rx

from portal_app.browser.admission import CUSTOMER, Word, customer, open_to, parse
from portal_app.browser.portal_state import PortalState
from portal_app.customer.administration.addresses import REQUESTS, START
from portal_app.customer.administration.wording import RequestRow, kind_words, row_of
from portal_app.customer.live_page import LivePage
from portal_app.database.transactions import ask
from portal_app.domain.applications import ApplicationStatus
from portal_app.domain.calendar import budapest_date
from portal_app.domain.hungarian import sort_key
from portal_app.gateways.clock import now
from portal_app.services import applications, inbox
from portal_app.services.applications import ApplicationView
from portal_app.ui.icons import icon
from portal_app.ui.layout import page_title
from portal_app.ui.lists import (
    cell,
    day_cell,
    empty_place,
    list_table,
    loading_lines,
    plain_heading,
    sort_heading,
    sort_select,
    text_cell,
)
from portal_app.ui.words import t

SORT = "rendez"
NEWEST = "-submitted"
COLUMNS = ("status", "kind", "policy", "submitted", "due")
SORTS = tuple(way for column in COLUMNS for way in (column, f"-{column}"))
_STATUSES = tuple(ApplicationStatus)


class RequestsState(LivePage, PortalState):
    """The list of requests in a tab; how it is sorted stands in the address."""

    ready: bool = False
    rows: list[RequestRow] = rx.field(default_factory=list)
    sort: str = NEWEST

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    def sort_as(self, sort: str) -> Any:
        """Sort by a column, or as the list of sorts says; pressing a column again turns the order round."""
        wanted = parse(Word, sort)
        if wanted not in SORTS:
            wanted = NEWEST
        return rx.redirect(f"{REQUESTS}?{SORT}={wanted}")

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    def sort_by(self, column: str) -> Any:
        """Sort by a column; pressing it again turns the order round."""
        wanted = parse(Word, column)
        if wanted not in COLUMNS:
            wanted = NEWEST
        return rx.redirect(f"{REQUESTS}?{SORT}={f'-{wanted}' if self.sort == wanted else wanted}")

    def _begin(self) -> None:
        asked = str(self.router.url.query_parameters.get(SORT, ""))
        self.sort = asked if asked in SORTS else NEWEST

    async def _show(self) -> None:
        moment = now()
        views = await ask(applications.list_own, customer(), now=moment)
        self.unread = (await ask(inbox.habits, customer())).unread
        ordered = sorted(views, key=self._order(), reverse=self.sort.startswith("-"))
        self.rows = [row_of(view, budapest_date(moment), self.language) for view in ordered]
        self.ready = True

    def _order(self) -> Callable[[ApplicationView], Any]:
        orders: dict[str, Callable[[ApplicationView], Any]] = {
            "status": lambda view: _STATUSES.index(view.status),
            "kind": lambda view: sort_key(kind_words(view.kind, self.language)),
            "policy": lambda view: sort_key(view.policy_number),
            "submitted": lambda view: view.submitted_at,
            "due": lambda view: (view.ended_at is None, view.due_on),
        }
        return orders[self.sort.removeprefix("-")]


def requests_page() -> rx.Component:
    """Build the page."""
    return rx.el.div(
        page_title(t("request.list_title")),
        rx.cond(RequestsState.ready, rx.cond(RequestsState.rows.length() == 0, _none(), _list()), loading_lines()),
        class_name="list-page",
    )


def _none() -> rx.Component:
    return empty_place(
        "requests",
        t("request.empty"),
        rx.el.p(t("request.empty_text")),
        rx.el.p(rx.el.a(t("administration.title"), href=START, class_name="btn btn-primary")),
    )


def _list() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            rx.el.a(t("request.new"), href=START, class_name="btn btn-line"),
            sort_select(
                {way: t(f"request.sort_{way}") for way in SORTS}, value=RequestsState.sort, on_change=RequestsState.sort_as
            ),
            class_name="list-over",
        ),
        list_table(
            t("request.caption"),
            [
                *[
                    sort_heading(t(f"request.col_{name}"), name, sort=RequestsState.sort, on_click=RequestsState.sort_by(name))
                    for name in COLUMNS
                ],
                plain_heading(t("request.col_reference")),
            ],
            RequestsState.rows,
            _row,
            class_name="request-table",
        ),
    )


def _row(row: rx.Var[RequestRow]) -> rx.Component:
    return rx.el.tr(
        cell("unread", status_badge(row.status, row.status_words)),
        cell(
            "subject",
            rx.el.a(row.kind, href=f"{REQUESTS}/" + row.id.to(str), class_name="letter-link"),
            rx.el.span(row.acts_words, class_name="muted acts-next"),
        ),
        text_cell("policy", row.policy),
        day_cell("placed", row.submitted, row.submitted_day),
        cell(
            "erase",
            rx.cond(
                row.due != "",
                rx.fragment(
                    rx.el.span(t("request.col_due"), ": ", class_name="card-label"),
                    rx.el.time(row.due, date_time=row.due_day, class_name="nowrap"),
                ),
            ),
        ),
        cell(
            "erase",
            rx.el.span(t("request.col_reference"), ": ", class_name="card-label"),
            rx.el.span(row.reference, class_name="nowrap"),
        ),
        key=row.id,
        role="row",
        class_name="letter-row",
    )


def status_badge(status: rx.Var[str], words: rx.Var[str]) -> rx.Component:
    """Show how far a request has come, in a word and a colour."""

    def badge(kind: str, picture: str) -> rx.Component:
        return rx.el.span(icon(picture), words, class_name=f"badge badge-{kind}")

    return rx.match(
        status,
        (ApplicationStatus.FULFILLED.value, badge("success", "check")),
        (ApplicationStatus.REJECTED.value, badge("error", "close")),
        (ApplicationStatus.WAITING.value, badge("warning", "warning")),
        (ApplicationStatus.IN_PROGRESS.value, badge("info", "clock")),
        badge("quiet", "sent"),
    )
