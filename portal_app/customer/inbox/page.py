"""The inbox on the page, its parts in reading order; one table that wide screens show in columns and phones as cards."""

import reflex as rx

from portal_app.browser.portal_state import PortalState, the_brand
from portal_app.customer.inbox import addresses
from portal_app.customer.inbox.parts import (
    ZIP,
    letter_list,
    letter_row,
    list_page,
    list_title,
    nothing_found,
    placed_cell,
    policy_cell,
    selection_bar,
    subject_cell,
    tools,
    unread_cell,
    unread_tick,
)
from portal_app.customer.inbox.rows import LetterRow
from portal_app.customer.inbox.state import InboxState
from portal_app.customer.wrong_place import wrong_place_card
from portal_app.domain.brands import PortalName
from portal_app.domain.letters import Leaving, Sort, SortField
from portal_app.services.upgrades import may_upgrade
from portal_app.ui.icons import icon
from portal_app.ui.lists import cell, empty_place, list_act
from portal_app.ui.notices import notice
from portal_app.ui.words import t

COLUMNS = (
    SortField.UNREAD,
    SortField.SUBJECT,
    SortField.POLICY,
    SortField.KIND,
    SortField.PLACED,
    SortField.ERASE,
    SortField.SIZE,
)

inbox_title = list_title("inbox.title", "")


def inbox_page() -> rx.Component:
    """Build the page."""
    return list_page(
        "inbox.title", "", _password_notice(), rx.cond(InboxState.mailbox_empty, wrong_place_card()),
        _way_to_move() if may_upgrade(the_brand()) else rx.fragment(), content=_mailbox(),
    )  # fmt: skip


def _mailbox() -> rx.Component:
    return rx.cond(
        InboxState.mailbox_empty,
        rx.fragment(
            empty_place(
                "letter",
                t("inbox.empty"),
                rx.el.p(InboxState.empty_words, " ", rx.el.a(t("inbox.change_address"), href="/beallitasok", class_name="link")),
            ),
            _way_to_wish(),
        ),
        rx.fragment(
            _leaving_notice(),
            tools(label=t("inbox.search_label"), tick=unread_tick),
            rx.cond(InboxState.total == 0, nothing_found(), _list()),
            _way_to_wish(),
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


# ── the list ──


def _list() -> rx.Component:
    headings = {column: t(f"inbox.col_{column.value}") for column in COLUMNS}
    return letter_list(t("inbox.caption"), headings, _row, _selection_bar())


def _row(row: rx.Var[LetterRow]) -> rx.Component:
    return letter_row(
        row,
        unread_cell(row),
        subject_cell(row),
        policy_cell(row),
        cell("kind", row.kind),
        placed_cell(row),
        cell(
            "erase",
            rx.el.span(t("inbox.col_erase"), ": ", class_name="card-label"),
            rx.el.time(row.until, date_time=row.until_day, class_name="nowrap"),
            _leaving_badge(row),
        ),
        cell("size", rx.cond(row.files != "", rx.el.span(icon("attachment"), rx.el.span(row.files), class_name="files"))),
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


def _selection_bar() -> rx.Component:
    return selection_bar(
        list_act("check", t("inbox.mark_read"), InboxState.mark_chosen(False)),
        list_act("mail", t("inbox.mark_unread"), InboxState.mark_chosen(True)),
        list_act("bin", t("inbox.delete"), InboxState.bin_chosen),
    )


def _way_to_move() -> rx.Component:
    """Show, first of all, the way to the full portal to whoever is not there yet (R39)."""
    return _upgrade_card(t("upgrade.move"), "btn btn-primary", "upgrade-card-first")


def _way_to_wish() -> rx.Component:
    """Show, below the letters, what the full portal will offer where there is none yet (R38)."""
    if may_upgrade(the_brand()):
        return rx.fragment()
    return _upgrade_card(t("inbox.upgrade_link"), "btn btn-line")


def _upgrade_card(words: rx.Var[str], button: str, place: str = "") -> rx.Component:
    card = rx.el.aside(
        rx.el.div(
            rx.el.h2(t("inbox.upgrade_title")),
            rx.el.p(t("inbox.upgrade_text")),
        ),
        rx.el.a(words, href="/atlepes", class_name=button),
        class_name=f"card-plain upgrade-card {place}",
        aria_label=t("inbox.upgrade_title"),
    )
    return rx.match(PortalState.portal, (PortalName.KULDEMENYEIM.value, card), rx.fragment())
