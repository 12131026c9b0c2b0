"""The inbox on the page, its parts in reading order; one table that wide screens show in columns and phones as cards."""

import reflex as rx

from portal_app.browser.portal_state import PortalState
from portal_app.customer.inbox import addresses
from portal_app.customer.inbox.rows import Choice, LetterRow
from portal_app.customer.inbox.state import InboxState
from portal_app.domain.letters import PAGE_SIZES, Leaving, Period, Sort, SortField
from portal_app.ui.forms import native_form
from portal_app.ui.icons import icon
from portal_app.ui.layout import page_title, title_of
from portal_app.ui.lists import (
    chip,
    chosen_bar,
    empty_place,
    list_act,
    list_select,
    loading_lines,
    pager,
    row_check,
    search_box,
    sort_heading,
    tick_box,
    undo_bar,
)
from portal_app.ui.notices import notice
from portal_app.ui.words import t

ZIP = "/kuldemenyek/zip"
COLUMNS = (
    SortField.UNREAD,
    SortField.SUBJECT,
    SortField.POLICY,
    SortField.KIND,
    SortField.PLACED,
    SortField.ERASE,
    SortField.SIZE,
)
_SORTS = [str(Sort(column, descending)) for column in (SortField.PLACED, *COLUMNS) for descending in (True, False)]

inbox_title = rx.cond(InboxState.title != "", InboxState.title, title_of("inbox.title"))


def inbox_page() -> rx.Component:
    """Build the page."""
    return rx.el.div(
        rx.el.div(
            page_title(t("inbox.title")),
            rx.el.p(InboxState.last_sign_in, class_name="muted last-sign-in"),
            class_name="list-head",
        ),
        rx.el.p(InboxState.said, role="status", class_name="sr-only", id="said"),
        _password_notice(),
        _arrivals(),
        undo_bar(words=InboxState.undo_words, kept=InboxState.kept_words, undo=InboxState.undo, close=InboxState.close_undo),
        rx.cond(InboxState.ready, _mailbox(), _not_ready()),
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


def _mailbox() -> rx.Component:
    return rx.cond(
        InboxState.mailbox_empty,
        rx.fragment(
            empty_place(
                "letter",
                t("inbox.empty"),
                rx.el.p(InboxState.empty_words, " ", rx.el.a(t("inbox.change_address"), href="/beallitasok", class_name="link")),
            ),
            _upgrade_card(),
        ),
        rx.fragment(
            _leaving_notice(),
            rx.el.section(_search(), _filters(), _chips(), class_name="list-tools card-plain", aria_label=t("inbox.filters")),
            rx.cond(InboxState.total == 0, _nothing_found(), _list()),
            _upgrade_card(),
        ),
    )


# ── above the list ──


def _password_notice() -> rx.Component:
    return rx.cond(
        InboxState.password_words != "",
        notice(
            "warning",
            rx.el.p(InboxState.password_words),
            rx.el.a(t("inbox.renew_password"), href="/jelszo", class_name="link"),
        ),
    )


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


def _leaving_notice() -> rx.Component:
    return rx.cond(
        InboxState.leaving_words != "",
        notice(
            "warning",
            rx.el.p(InboxState.leaving_words),
            rx.el.span(
                rx.el.a(
                    icon("download"),
                    rx.el.span(InboxState.leaving_zip),
                    href=f"{ZIP}?hamarosan=1",
                    download=True,
                    reload_document=True,
                    class_name="btn btn-line btn-sm",
                ),
                rx.el.a(
                    t("inbox.leaving_show"),
                    href=f"/kuldemenyek?{addresses.SORT}={addresses.sort_word(Sort(SortField.ERASE, descending=False))}",
                    class_name="link",
                ),
                class_name="notice-acts",
            ),
            id="leaving",
        ),
    )


def _search() -> rx.Component:
    return search_box(
        name=addresses.SEARCH,
        label=t("inbox.search_label"),
        hint=t("inbox.search_hint"),
        button=t("inbox.search"),
        value=InboxState.search,
        on_submit=InboxState.find,
    )


def _filters() -> rx.Component:
    # Wide screens show the controls at once; on phones they open below a button.
    return rx.fragment(
        rx.el.details(
            rx.el.summary(icon("settings"), rx.el.span(t("inbox.filters")), class_name="btn btn-line filters-button"),
            _filter_controls("narrow"),
            class_name="filters-narrow",
        ),
        rx.el.div(_filter_controls("wide"), class_name="filters-wide"),
    )


def _filter_controls(prefix: str) -> rx.Component:
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
        rx.el.label(
            tick_box(f"{prefix}-unread", InboxState.unread_only, InboxState.show_unread_only),
            rx.el.span(t("inbox.unread_only")),
            html_for=f"{prefix}-unread",
            class_name="filter-check",
        ),
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


def _nothing_found() -> rx.Component:
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
        ),
        empty_place(
            "search",
            t("inbox.none_filtered"),
            rx.el.p(t("inbox.none_filtered_text")),
            rx.el.button(
                t("inbox.clear_filters"), type="button", on_click=InboxState.clear_filters, class_name="btn btn-primary"
            ),
        ),
    )


# ── the list ──


def _list() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            rx.el.p(InboxState.range_words, class_name="list-range", id="range"),
            list_select(
                "sort",
                t("inbox.sort_label"),
                [rx.el.option(t(f"inbox.sort_{sort}"), value=sort) for sort in _SORTS],
                value=InboxState.sort,
                on_change=InboxState.sort_as,
                class_name="narrow-only",
            ),
            _choose_page_narrow(),
            class_name="list-over",
        ),
        rx.el.div(
            rx.el.table(
                rx.el.caption(t("inbox.caption"), class_name="sr-only"),
                _heading(),
                rx.el.tbody(rx.foreach(InboxState.rows, _row), role="rowgroup"),
                class_name="table-plain letter-table",
                role="table",
            ),
            class_name="table-frame letter-frame",
        ),
        _selection_bar(),
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


def _heading() -> rx.Component:
    return rx.el.thead(
        rx.el.tr(
            rx.el.th(
                row_check("choose-page", t("inbox.choose_page"), InboxState.page_chosen, InboxState.choose_page),
                scope="col",
                class_name="cell-choose",
            ),
            *[
                sort_heading(
                    t(f"inbox.col_{column.value}"),
                    column.value,
                    sort=InboxState.sort,
                    on_click=InboxState.sort_by(column.value),
                    class_name=f"cell-{column.value}",
                )
                for column in COLUMNS
            ],
            role="row",
        ),
        role="rowgroup",
    )


def _choose_page_narrow() -> rx.Component:
    return rx.el.label(
        tick_box("choose-page-narrow", InboxState.page_chosen, InboxState.choose_page),
        rx.el.span(t("inbox.choose_page_short")),
        html_for="choose-page-narrow",
        class_name="filter-check narrow-only",
    )


def _row(row: rx.Var[LetterRow]) -> rx.Component:
    chosen = InboxState.chosen.contains(row.id)
    return rx.el.tr(
        _cell(
            "choose",
            row_check(
                "choose-" + row.id.to(str),
                [t("inbox.choose_one"), " ", row.subject],
                chosen,
                lambda wanted: InboxState.choose(row.id, wanted),
            ),
        ),
        _cell("unread", _status(row)),
        _cell(
            "subject",
            rx.el.a(row.subject, href="/kuldemenyek/" + row.id.to(str), class_name="letter-link"),
            rx.cond(row.awaits, rx.el.span(icon("warning"), t("inbox.awaits"), class_name="badge badge-info")),
        ),
        _cell("policy", rx.cond(row.policy != "", rx.el.span(row.policy, class_name="nowrap"))),
        _cell("kind", row.kind),
        _cell("placed", rx.el.time(row.placed, date_time=row.placed_day, class_name="nowrap")),
        _cell(
            "erase",
            rx.el.span(t("inbox.col_erase"), ": ", class_name="card-label"),
            rx.el.time(row.until, date_time=row.until_day, class_name="nowrap"),
            _leaving_badge(row),
        ),
        _cell("size", rx.cond(row.files != "", rx.el.span(icon("attachment"), rx.el.span(row.files), class_name="files"))),
        key=row.id,
        role="row",
        class_name=rx.cond(row.unread, "letter-row is-unread", "letter-row"),
        custom_attrs={"data-chosen": rx.cond(chosen, "yes", "no")},
    )


def _cell(name: str, *content: rx.Component | rx.Var[str]) -> rx.Component:
    return rx.el.td(*content, role="cell", class_name=f"cell-{name}")


def _status(row: rx.Var[LetterRow]) -> rx.Component:
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


def _leaving_badge(row: rx.Var[LetterRow]) -> rx.Component:
    def badge(kind: str) -> rx.Component:
        return rx.el.span(icon("clock"), row.left, class_name=f"badge badge-{kind}")

    return rx.match(
        row.soon,
        (Leaving.SOON.value, badge("warning")),
        (Leaving.VERY_SOON.value, badge("error")),
        (Leaving.TODAY.value, badge("error")),
        rx.fragment(),
    )


# ── what can be done with what is chosen ──


def _selection_bar() -> rx.Component:
    return chosen_bar(
        InboxState.chosen_words,
        _zip_form(),
        list_act("check", t("inbox.mark_read"), InboxState.mark_chosen(False)),
        list_act("mail", t("inbox.mark_unread"), InboxState.mark_chosen(True)),
        list_act("bin", t("inbox.delete"), InboxState.bin_chosen),
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


def _upgrade_card() -> rx.Component:
    return rx.el.aside(
        rx.el.div(
            rx.el.h2(t("inbox.upgrade_title")),
            rx.el.p(t("inbox.upgrade_text")),
        ),
        rx.el.a(t("inbox.upgrade_link"), href="/atlepes", class_name="btn btn-line"),
        class_name="card-plain upgrade-card",
        aria_label=t("inbox.upgrade_title"),
    )
