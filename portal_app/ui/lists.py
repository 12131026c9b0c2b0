"""What long lists are built from: search box, pager, selection and undo bars, sortable headings, empty places."""

from collections.abc import Mapping, Sequence
from typing import Any

import reflex as rx

from portal_app.ui.icons import icon
from portal_app.ui.words import t

Text = str | rx.Var[str]


def search_box(*, name: str, label: Text, hint: Text, button: Text, value: rx.Var[str], on_submit: Any) -> rx.Component:
    """Build the one search field of a list; Enter or the button searches."""
    return rx.el.form(
        rx.el.label(label, html_for="search", class_name="field-label"),
        rx.el.div(
            rx.el.input(
                id="search",
                name=name,
                type="search",
                default_value=value,
                custom_attrs={"data-value": value},
                placeholder=hint,
                auto_complete="off",
                enter_key_hint="search",
                max_length=100,
                class_name="input search-input",
            ),
            rx.el.button(icon("search"), rx.el.span(button), type="submit", class_name="btn btn-primary"),
            class_name="search-row",
        ),
        on_submit=on_submit,
        role="search",
        class_name="search-form",
    )


def sort_heading(words: Text, column: str, *, sort: rx.Var[str], on_click: Any, class_name: str = "") -> rx.Component:
    """Build a column heading whose button sorts; which way stands in `aria-sort` and as an arrow."""
    up, down = sort == column, sort == f"-{column}"
    return rx.el.th(
        rx.el.button(
            rx.el.span(words),
            rx.el.span(rx.cond(up, "▲", rx.cond(down, "▼", "↕")), class_name="sort-mark", aria_hidden="true"),
            type="button",
            on_click=on_click,
            class_name="sort-button",
        ),
        scope="col",
        aria_sort=rx.cond(up, "ascending", rx.cond(down, "descending", "none")),
        class_name=class_name,
    )


def list_select(
    field_id: str, label: Text, options: Sequence[Any], *, value: rx.Var[Any], on_change: Any, class_name: str = ""
) -> rx.Component:
    """Build a labelled list to choose from that acts at once; see `tick_box` for how it follows the server."""
    return rx.el.div(
        rx.el.label(label, html_for=field_id, class_name="field-label"),
        rx.el.select(
            *options,
            id=field_id,
            default_value=value,
            on_change=on_change,
            class_name="select",
            custom_attrs={"data-value": value},
        ),
        class_name=f"list-select {class_name}",
    )


def sort_select(sorts: Mapping[str, Text], *, value: rx.Var[str], on_change: Any) -> rx.Component:
    """Build the list of sorts, each with its words, that stands for the headings on narrow screens."""
    options = [rx.el.option(words, value=sort) for sort, words in sorts.items()]
    return list_select("sort", t("inbox.sort_label"), options, value=value, on_change=on_change, class_name="narrow-only")


def list_table(
    caption: Text, headings: Sequence[rx.Component], rows: rx.Var[Any], row: Any, *, class_name: str = ""
) -> rx.Component:
    """Build the table of a list; `row` builds the row of each of `rows`, on phones a card."""
    return rx.el.div(
        rx.el.table(
            rx.el.caption(caption, class_name="sr-only"),
            rx.el.thead(rx.el.tr(*headings, role="row"), role="rowgroup"),
            rx.el.tbody(rx.foreach(rows, row), role="rowgroup"),
            class_name=f"table-plain letter-table {class_name}".rstrip(),
            role="table",
        ),
        class_name="table-frame letter-frame",
    )


def plain_heading(words: Text) -> rx.Component:
    """Build the heading of a column that is not sorted by."""
    return rx.el.th(words, scope="col")


def choose_heading(label: Text, checked: rx.Var[bool], on_change: Any) -> rx.Component:
    """Build the heading whose box chooses every row of the page."""
    return rx.el.th(row_check("choose-page", label, checked, on_change), scope="col", class_name="cell-choose")


def chosen_row(
    row: rx.Var[Any], *cells: rx.Component, chosen: rx.Var[list[str]], choose: Any, class_name: Text = "letter-row"
) -> rx.Component:
    """Build a row that can be chosen: its box, then its cells; `row` has an `id` and a `subject`."""
    is_chosen = chosen.contains(row.id)
    label = [t("inbox.choose_one"), " ", row.subject]
    return rx.el.tr(
        cell("choose", row_check("choose-" + row.id.to(str), label, is_chosen, lambda wanted: choose(row.id, wanted))),
        *cells,
        key=row.id,
        role="row",
        class_name=class_name,
        custom_attrs={"data-chosen": rx.cond(is_chosen, "yes", "no")},
    )


def cell(name: str, *content: rx.Component | rx.Var[str]) -> rx.Component:
    """Build one cell of a row; phones place it by its name."""
    return rx.el.td(*content, role="cell", class_name=f"cell-{name}")


def text_cell(name: str, words: rx.Var[str]) -> rx.Component:
    """Build the cell of a number that is not broken; an empty one stays empty."""
    return cell(name, rx.cond(words != "", rx.el.span(words, class_name="nowrap")))


def day_cell(name: str, words: rx.Var[str], day: rx.Var[str]) -> rx.Component:
    """Build the cell of a date: as it reads, and as machines read it."""
    return cell(name, rx.el.time(words, date_time=day, class_name="nowrap"))


def pager(*, page: rx.Var[int], pages: rx.Var[int], turn_to: Any) -> rx.Component:
    """Build the numbered pages: the first, the last, and those around the open one."""
    return rx.cond(
        pages > 1,
        rx.el.nav(
            rx.el.ul(
                _step(t("inbox.previous"), "back", page - 1, disabled=page <= 1, turn_to=turn_to, icon_first=True),
                rx.foreach(_numbers(page, pages), lambda number: _number(number, page, turn_to)),
                _step(t("inbox.next"), "forward", page + 1, disabled=page >= pages, turn_to=turn_to, icon_first=False),
                class_name="pager-list",
            ),
            aria_label=t("inbox.pager"),
            class_name="pager",
        ),
    )


def _numbers(page: rx.Var[int], pages: rx.Var[int]) -> rx.Var[list[int]]:
    """Choose the pages to name, in the browser: 0 stands for a gap."""
    return rx.Var(
        "((p, n) => [...new Set([1, p - 2, p - 1, p, p + 1, p + 2, n])].filter((x) => x >= 1 && x <= n)"
        ".flatMap((x, i, all) => (i && x - all[i - 1] > 1 ? [x - all[i - 1] === 2 ? x - 1 : 0, x] : [x])))"
        f"({page!s}, {pages!s})",
        _var_data=page._get_all_var_data(),  # noqa: SLF001 - Reflex has no public way to follow a Var into an expression
    ).to(list[int])


def _number(number: rx.Var[int], page: rx.Var[int], turn_to: Any) -> rx.Component:
    return rx.el.li(
        rx.cond(
            number == 0,
            rx.el.span("…", class_name="pager-gap", aria_hidden="true"),
            rx.el.button(
                rx.el.span(number.to_string(), ". ", rx.el.span(t("inbox.page_n"), class_name="sr-only")),
                type="button",
                on_click=turn_to(number),
                aria_current=rx.cond(number == page, "page", "false"),
                class_name="pager-button",
            ),
        ),
        class_name=rx.cond((number == page) | (number == 0), "pager-item", "pager-item pager-far"),
    )


def _step(
    words: rx.Var[str], picture: str, page: rx.Var[int], *, disabled: rx.Var[bool], turn_to: Any, icon_first: bool
) -> rx.Component:
    parts = [icon(picture), rx.el.span(words)]
    return rx.el.li(
        rx.el.button(
            *(parts if icon_first else parts[::-1]),
            type="button",
            disabled=disabled,
            on_click=turn_to(page),
            class_name="pager-button pager-step",
        )
    )


def chip(words: Text, *, label: Text, on_click: Any) -> rx.Component:
    """Build an active filter that a press takes away."""
    return rx.el.button(
        rx.el.span(label, " ", class_name="sr-only"),
        rx.el.span(words),
        icon("close", "icon chip-icon"),
        type="button",
        on_click=on_click,
        class_name="chip",
    )


def undo_bar(*, words: rx.Var[str], kept: rx.Var[str], undo: Any, close: Any) -> rx.Component:
    """Build the bar that says what was deleted and takes it back; it stays until the next act and takes the focus.

    `assets/shell.js` presses `data-undo` on Ctrl+Z.
    """
    return rx.cond(
        (words != "") | (kept != ""),
        rx.el.div(
            icon("bin"),
            rx.el.div(
                rx.cond(words != "", rx.el.p(words)),
                rx.cond(kept != "", rx.el.p(kept)),
                class_name="bar-words",
            ),
            rx.cond(
                words != "",
                rx.el.button(
                    icon("undo"), rx.el.span(t("inbox.undo")), type="button", on_click=undo,
                    class_name="btn btn-line btn-sm", custom_attrs={"data-undo": "yes"},
                ),
            ),
            rx.el.button(
                icon("close"), rx.el.span(t("inbox.close_undo"), class_name="sr-only"), type="button", on_click=close,
                class_name="btn btn-ghost btn-sm btn-square",
            ),
            key=f"{words}{kept}",
            role="group",
            aria_label=words,
            tab_index=-1,
            class_name="bar bar-undo",
            custom_attrs={"data-take-focus": "yes"},
        ),
    )  # fmt: skip


def row_check(field_id: Text, label: Any, checked: rx.Var[bool], on_change: Any) -> rx.Component:
    """Build the box that chooses a row; its whole square can be pressed."""
    words = label if isinstance(label, list) else [label]
    return rx.el.label(
        rx.el.span(*words, class_name="sr-only"),
        tick_box(field_id, checked, on_change),
        html_for=field_id,
        class_name="hit",
    )


def tick_box(field_id: Text, checked: rx.Var[bool], on_change: Any) -> rx.Component:
    """Build a box that shows the press at once and the server's word as soon as it has come.

    `assets/shell.js` follows `data-checked`, as it follows `data-value` for fields and lists: a box that React controls
    would fall back to its old state until the server has answered.
    """
    return rx.el.input(
        type="checkbox",
        default_checked=checked,
        on_change=on_change,
        class_name="checkbox",
        id=field_id,
        custom_attrs={"data-checked": rx.cond(checked, "yes", "no")},
    )


def chosen_bar(words: rx.Var[str], *acts: Any, beside: Sequence[Any] = ()) -> rx.Component:
    """Build the bar that appears with a selection: how many are chosen, and what can be done with them."""
    return rx.cond(
        words != "",
        rx.el.section(
            rx.el.div(rx.el.strong(words, id="chosen-words"), *beside, class_name="chosen-count"),
            rx.el.div(*acts, class_name="chosen-acts"),
            class_name="chosen-bar",
            aria_label=t("inbox.chosen_acts"),
        ),
    )


def list_act(picture: str, words: Text, on_click: Any) -> rx.Component:
    """Build one button of that bar."""
    return rx.el.button(icon(picture), rx.el.span(words), type="button", on_click=on_click, class_name="btn btn-line btn-sm")


def empty_place(picture: str, title: Text, *content: Any) -> rx.Component:
    """Build what stands where a list would be."""
    return rx.el.div(icon(picture), rx.el.h2(title), *content, class_name="empty")


def nothing_found(words: Text, clear_search: Any) -> rx.Component:
    """Build what stands there when a search finds nothing, with the way back to everything."""
    button = rx.el.button(t("inbox.clear_search"), type="button", on_click=clear_search, class_name="btn btn-primary")
    return empty_place("search", words, button)


def loading_lines() -> rx.Component:
    """Build the grey lines that appear when loading takes longer than a moment."""
    return rx.el.div(
        rx.el.p(t("shell.loading"), class_name="sr-only"),
        rx.el.div(*[rx.el.span() for _ in range(6)], class_name="skeleton-lines late", aria_hidden="true"),
        class_name="table-frame",
        aria_busy="true",
    )
