"""What every list of letters is made of, in reading order: the inbox and its shelves differ in columns and words only."""

from collections.abc import Callable, Mapping
from typing import Any

import reflex as rx

from portal_app.browser.portal_state import PortalState
from portal_app.customer.inbox import addresses
from portal_app.customer.inbox.rows import Choice, LetterRow
from portal_app.customer.inbox.state import InboxState
from portal_app.domain.letters import PAGE_SIZES, Period, Sort, SortField
from portal_app.ui.forms import native_form
from portal_app.ui.icons import icon
from portal_app.ui.layout import page_title, title_of
from portal_app.ui.lists import (
    cell,
    chip,
    choose_heading,
    chosen_bar,
    chosen_row,
    day_cell,
    empty_place,
    list_select,
    list_table,
    loading_lines,
    pager,
    search_box,
    sort_heading,
    sort_select,
    tick_box,
    undo_bar,
)
from portal_app.ui.words import t

ZIP = "/kuldemenyek/zip"


def list_title(key: str, shelf: str) -> rx.Var[str]:
    """Write the document's title: the list, its page and what has arrived, as soon as they are known."""
    return rx.cond((InboxState.title != "") & (InboxState.shelf == shelf), InboxState.title, title_of(key))


def list_page(title: str, shelf: str, *above: Any, content: rx.Component) -> rx.Component:
    """Build a page around a list; `shelf` is what it shows, empty for the inbox.

    Another list's rows are never shown: coming from there, the page waits for its own.
    """
    return rx.el.div(
        rx.el.div(
            page_title(t(title)),
            rx.el.p(InboxState.last_sign_in, class_name="muted last-sign-in"),
            class_name="list-head",
        ),
        rx.el.p(InboxState.said, role="status", class_name="sr-only", id="said"),
        *above,
        _arrivals(),
        undo_bar(words=InboxState.undo_words, kept=InboxState.kept_words, undo=InboxState.undo, close=InboxState.close_undo),
        rx.cond(InboxState.ready & (InboxState.shelf == shelf), content, _not_ready()),
        _download_frame(),
        class_name="list-page",
    )


def _not_ready() -> rx.Component:
    return rx.cond(
        PortalState.notice_kind == "error",
        empty_place(
            "warning",
            t("inbox.failed"),
            rx.el.button(t("inbox.retry"), type="button", on_click=InboxState.load, class_name="btn btn-primary"),
        ),
        loading_lines(),
    )


# ── above the list ──


def _arrivals() -> rx.Component:
    return rx.el.div(
        rx.cond(
            InboxState.arrived_words != "",
            rx.el.div(
                icon("mail"),
                rx.el.p(InboxState.arrived_words, class_name="bar-words"),
                rx.el.button(
                    t("inbox.show_arrived"), type="button", on_click=InboxState.show_arrived, class_name="btn btn-primary btn-sm"
                ),
                class_name="bar bar-arrived",
            ),
            rx.cond(
                InboxState.list_changed,
                rx.el.div(
                    icon("info"),
                    rx.el.p(t("inbox.changed"), class_name="bar-words"),
                    rx.el.button(
                        t("inbox.show_changed"), type="button", on_click=InboxState.reopen, class_name="btn btn-line btn-sm"
                    ),
                    class_name="bar bar-arrived",
                ),
            ),
        ),
        role="status",
        id="arrivals",
    )


def tools(*, label: rx.Var[str], tick: Callable[[str], rx.Component]) -> rx.Component:
    """Build search, filters and chips; `tick` builds the last filter, a box, from the beginning of its id."""
    return rx.el.section(
        search_box(
            name=addresses.SEARCH,
            label=label,
            hint=t("inbox.search_hint"),
            button=t("inbox.search"),
            value=InboxState.search,
            on_submit=InboxState.find,
        ),
        _filters(tick),
        _chips(),
        class_name="list-tools card-plain",
        aria_label=t("inbox.filters"),
    )


def filter_tick(field_id: str, words: rx.Var[str], checked: rx.Var[bool], on_change: Any) -> rx.Component:
    """Build a filter that is on or off."""
    return rx.el.label(tick_box(field_id, checked, on_change), rx.el.span(words), html_for=field_id, class_name="filter-check")


def unread_tick(prefix: str) -> rx.Component:
    """Build the filter that leaves only unread letters."""
    return filter_tick(f"{prefix}-unread", t("inbox.unread_only"), InboxState.unread_only, InboxState.show_unread_only)


def _filters(tick: Callable[[str], rx.Component]) -> rx.Component:
    # Wide screens show the controls at once; on phones they open below a button.
    return rx.fragment(
        rx.el.details(
            rx.el.summary(icon("settings"), rx.el.span(t("inbox.filters")), class_name="btn btn-line filters-button"),
            _filter_controls("narrow", tick),
            class_name="filters-narrow",
        ),
        rx.el.div(_filter_controls("wide", tick), class_name="filters-wide"),
    )


def _filter_controls(prefix: str, tick: Callable[[str], rx.Component]) -> rx.Component:
    return rx.el.div(
        list_select(
            f"{prefix}-policy",
            t("inbox.filter_policy"),
            [
                rx.el.option(t("inbox.any_policy"), value=""),
                rx.foreach(InboxState.policies, lambda policy: rx.el.option(policy, value=policy)),
            ],
            value=InboxState.policy,
            on_change=lambda value: InboxState.narrow(addresses.POLICY, value),
        ),
        list_select(
            f"{prefix}-kind",
            t("inbox.filter_kind"),
            [rx.el.option(t("inbox.any_kind"), value=""), rx.foreach(InboxState.kinds, _option)],
            value=InboxState.kind,
            on_change=lambda value: InboxState.narrow(addresses.KIND, value),
        ),
        list_select(
            f"{prefix}-period",
            t("inbox.filter_period"),
            [
                rx.el.option(t("inbox.any_period"), value=""),
                *[rx.el.option(t(f"inbox.period_{period.value}"), value=addresses.period_word(period)) for period in Period],
            ],
            value=InboxState.period,
            on_change=lambda value: InboxState.narrow(addresses.PERIOD, value),
        ),
        tick(prefix),
        class_name="filter-controls",
    )


def _option(choice: rx.Var[Choice]) -> rx.Component:
    return rx.el.option(choice.words, value=choice.value)


def _chips() -> rx.Component:
    return rx.cond(
        InboxState.chips.length() > 0,
        rx.el.div(
            rx.foreach(
                InboxState.chips,
                lambda active: chip(active.words, label=t("inbox.remove_filter"), on_click=InboxState.narrow(active.value, "")),
            ),
            rx.el.button(
                t("inbox.clear_filters"), type="button", on_click=InboxState.clear_filters, class_name="btn btn-ghost btn-sm"
            ),
            class_name="chips",
            role="group",
            aria_label=t("inbox.chips"),
        ),
    )


def nothing_found(*more: Any) -> rx.Component:
    """Build what stands there when nothing is found; `more` are further ways on."""
    return rx.cond(
        InboxState.search != "",
        empty_place(
            "search",
            InboxState.none_found,
            rx.el.p(t("inbox.none_found_text")),
            rx.el.button(
                t("inbox.clear_search"),
                type="button",
                on_click=InboxState.narrow(addresses.SEARCH, ""),
                class_name="btn btn-primary",
            ),
            *more,
        ),
        empty_place(
            "search",
            t("inbox.none_filtered"),
            rx.el.p(t("inbox.none_filtered_text")),
            rx.el.button(
                t("inbox.clear_filters"), type="button", on_click=InboxState.clear_filters, class_name="btn btn-primary"
            ),
            *more,
        ),
    )


# ── the list ──


def letter_list(
    caption: rx.Var[str],
    headings: Mapping[SortField, rx.Var[str]],
    row: Callable[[rx.Var[LetterRow]], rx.Component],
    bar: rx.Component,
) -> rx.Component:
    """Build the table with its sorting, selection bar and pages.

    `headings` are the columns in their order, each with its name; `row` builds a letter's row, `bar` what can be done
    with what is chosen.
    """
    sorts = [str(Sort(column, descending)) for column in (SortField.PLACED, *headings) for descending in (True, False)]
    return rx.fragment(
        rx.el.div(
            rx.el.p(InboxState.range_words, class_name="list-range", id="range"),
            sort_select({sort: t(f"inbox.sort_{sort}") for sort in sorts}, value=InboxState.sort, on_change=InboxState.sort_as),
            _choose_page_narrow(),
            class_name="list-over",
        ),
        list_table(caption, _headings(headings), InboxState.rows, row),
        bar,
        rx.el.div(
            pager(page=InboxState.page, pages=InboxState.pages, turn_to=InboxState.turn_to),
            rx.cond(
                InboxState.total > PAGE_SIZES[0],
                list_select(
                    "per-page",
                    t("inbox.per_page"),
                    [rx.el.option(str(size), value=str(size)) for size in PAGE_SIZES],
                    value=InboxState.per_page.to_string(),
                    on_change=InboxState.show_rows,
                    class_name="list-select-inline",
                ),
            ),
            class_name="list-under",
        ),
    )


def _headings(headings: Mapping[SortField, rx.Var[str]]) -> list[rx.Component]:
    return [
        choose_heading(t("inbox.choose_page"), InboxState.page_chosen, InboxState.choose_page),
        *[
            sort_heading(
                words,
                column.value,
                sort=InboxState.sort,
                on_click=InboxState.sort_by(column.value),
                class_name=f"cell-{column.value}",
            )
            for column, words in headings.items()
        ],
    ]


def _choose_page_narrow() -> rx.Component:
    return rx.el.label(
        tick_box("choose-page-narrow", InboxState.page_chosen, InboxState.choose_page),
        rx.el.span(t("inbox.choose_page_short")),
        html_for="choose-page-narrow",
        class_name="filter-check narrow-only",
    )


def letter_row(row: rx.Var[LetterRow], *cells: rx.Component) -> rx.Component:
    """Build a letter's row: its box, then its cells."""
    return chosen_row(
        row,
        *cells,
        chosen=InboxState.chosen,
        choose=InboxState.choose,
        class_name=rx.cond(row.unread, "letter-row is-unread", "letter-row"),
    )


def subject_cell(row: rx.Var[LetterRow], *more: Any) -> rx.Component:
    """Build the cell that leads to the letter."""
    return cell(
        "subject",
        rx.el.a(row.subject, href="/kuldemenyek/" + row.id.to(str), class_name="letter-link"),
        rx.cond(row.awaits, rx.el.span(icon("warning"), t("inbox.awaits"), class_name="badge badge-info")),
        *more,
    )


def policy_cell(row: rx.Var[LetterRow], *, leads_on: bool = False) -> rx.Component:
    """Build the cell of the policy's number; `leads_on` to the policy's page, where the portal has one."""
    number = rx.el.span(row.policy, class_name="nowrap")
    if leads_on:
        number = rx.el.a(row.policy, href=row.paper.policy_page, class_name="link nowrap")
    return cell("policy", rx.cond(row.policy != "", number))


def placed_cell(row: rx.Var[LetterRow]) -> rx.Component:
    """Build the cell of the day on which it came."""
    return day_cell("placed", row.placed, row.placed_day)


def unread_cell(row: rx.Var[LetterRow]) -> rx.Component:
    """Build the cell that says what is new."""
    return cell("unread", unread_mark(row))


def unread_mark(row: rx.Var[LetterRow]) -> rx.Component:
    """Say whether the letter is new, in words and with a dot."""
    return rx.cond(
        row.unread,
        rx.el.span(
            rx.el.span(class_name="unread-dot", aria_hidden="true"),
            t("inbox.new"),
            rx.el.span(", ", t("inbox.unread"), class_name="sr-only"),
            class_name="status-new",
        ),
        rx.el.span(t("inbox.read"), class_name="sr-only"),
    )


# ── what can be done with what is chosen ──


def selection_bar(*acts: rx.Component) -> rx.Component:
    """Build the bar of a selection: the zip, and further acts."""
    return chosen_bar(
        InboxState.chosen_words,
        _zip_form(),
        *acts,
        beside=(
            rx.cond(
                InboxState.choose_all_words != "",
                _plain_act(InboxState.choose_all_words, InboxState.choose_all),
            ),
            _plain_act(t("inbox.choose_none"), InboxState.choose_none),
        ),
    )


def _plain_act(words: rx.Var[str], on_click: object) -> rx.Component:
    return rx.el.button(words, type="button", on_click=on_click, class_name="btn btn-ghost btn-sm")


def _zip_form() -> rx.Component:
    return rx.cond(
        InboxState.too_large_words != "",
        rx.el.p(icon("warning"), rx.el.span(InboxState.too_large_words), class_name="too-large"),
        native_form(
            rx.el.input(type="hidden", name="kuldemenyek", value=InboxState.parcel),
            rx.el.button(icon("download"), rx.el.span(t("inbox.download")), type="submit", class_name="btn btn-line btn-sm"),
            action=ZIP,
            # The page itself must not be left: its socket would close while the file is being sent.
            custom_attrs={"target": "download"},
        ),
    )


def _download_frame() -> rx.Component:
    return rx.el.iframe(
        name="download", title=t("inbox.download"), hidden=True, tab_index=-1, custom_attrs={"aria-hidden": "true"}
    )
