"""Dokumentumaim and Bizonylatok: the inbox's letters on their shelves, each document one press away (R80–R82)."""

from collections.abc import Mapping

import reflex as rx

from portal_app.customer.administration.addresses import START
from portal_app.customer.inbox.parts import (
    filter_tick,
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
    unread_mark,
    unread_tick,
)
from portal_app.customer.inbox.rows import FileLink, LetterRow
from portal_app.customer.inbox.state import InboxState
from portal_app.customer.policies.parts import due_badge
from portal_app.customer.wrong_place import wrong_place_card
from portal_app.domain.letters import SortField
from portal_app.domain.shelves import Shelf
from portal_app.ui.icons import icon
from portal_app.ui.links import document_link
from portal_app.ui.lists import cell, empty_place
from portal_app.ui.words import t

DOCUMENT_COLUMNS = (SortField.SUBJECT, SortField.POLICY, SortField.KIND, SortField.PLACED, SortField.SIZE)
PAYMENT_COLUMNS = (
    SortField.UNREAD,
    SortField.SUBJECT,
    SortField.POLICY,
    SortField.KIND,
    SortField.PLACED,
    SortField.AMOUNT,
    SortField.DUE,
    SortField.SIZE,
)

documents_title = list_title("shelf.documents", Shelf.DOCUMENTS.value)
payments_title = list_title("shelf.payments", Shelf.PAYMENTS.value)


def documents_page() -> rx.Component:
    """Build Dokumentumaim: the current contract documents, the newest first (R80)."""
    return list_page(
        "shelf.documents", Shelf.DOCUMENTS.value, _lead(t("shelf.documents_lead")), wrong_place_card(), content=_documents()
    )


def payments_page() -> rx.Component:
    """Build Bizonylatok: what is to be paid by when, and what was (R81)."""
    return list_page(
        "shelf.payments", Shelf.PAYMENTS.value, _lead(t("shelf.payments_lead")), wrong_place_card(), content=_payments()
    )


def _lead(words: rx.Var[str]) -> rx.Component:
    return rx.el.p(words, class_name="muted shelf-lead")


def _documents() -> rx.Component:
    older = rx.el.button(
        t("shelf.older_too"), type="button", on_click=InboxState.show_current_only(False), class_name="btn btn-line"
    )
    return rx.cond(
        InboxState.mailbox_empty,
        empty_place("document", t("shelf.documents_empty"), rx.el.p(t("shelf.documents_empty_text"))),
        rx.fragment(
            tools(label=t("shelf.documents_search"), tick=_current_tick),
            rx.cond(
                InboxState.total == 0,
                nothing_found(rx.cond(InboxState.current_only, older)),
                letter_list(t("shelf.documents_caption"), _headings(DOCUMENT_COLUMNS), _document_row, selection_bar()),
            ),
        ),
    )


def _payments() -> rx.Component:
    return rx.cond(
        InboxState.mailbox_empty,
        empty_place(
            "voucher",
            t("shelf.payments_empty"),
            rx.el.p(t("shelf.payments_empty_text")),
            rx.el.p(t("shelf.payments_empty_how")),
            rx.el.a(t("shelf.to_requests"), href=START, class_name="btn btn-primary"),
        ),
        rx.fragment(
            tools(label=t("shelf.payments_search"), tick=unread_tick),
            rx.cond(
                InboxState.total == 0,
                nothing_found(),
                letter_list(t("shelf.payments_caption"), _headings(PAYMENT_COLUMNS), _payment_row, selection_bar()),
            ),
        ),
    )


def _current_tick(prefix: str) -> rx.Component:
    return filter_tick(f"{prefix}-current", t("shelf.current_only"), InboxState.current_only, InboxState.show_current_only)


def _headings(columns: tuple[SortField, ...]) -> Mapping[SortField, rx.Var[str]]:
    return {column: t(f"shelf.col_{column.value}") for column in columns}


# ── rows ──


def _document_row(row: rx.Var[LetterRow]) -> rx.Component:
    return letter_row(
        row,
        subject_cell(row, rx.cond(row.unread, unread_mark(row))),
        policy_cell(row, leads_on=True),
        cell("kind", row.kind),
        placed_cell(row),
        _download_cell(row),
    )


def _payment_row(row: rx.Var[LetterRow]) -> rx.Component:
    return letter_row(
        row,
        unread_cell(row),
        subject_cell(row),
        policy_cell(row, leads_on=True),
        cell("kind", row.kind),
        placed_cell(row),
        cell("amount", rx.cond(row.paper.amount != "", _labelled("amount", rx.el.span(row.paper.amount, class_name="nowrap")))),
        cell("due", rx.cond(row.paper.due != "", _labelled("due", due_of(row)))),
        _download_cell(row),
    )


def _labelled(column: str, value: rx.Component) -> rx.Component:
    return rx.fragment(rx.el.span(t(f"shelf.col_{column}"), ": ", class_name="card-label"), value)


def due_of(row: rx.Var[LetterRow]) -> rx.Component:
    """Say by when a letter's amount is to be paid."""
    return rx.fragment(
        rx.el.time(row.paper.due, date_time=row.paper.due_day, class_name="nowrap"),
        due_badge(row.paper.how_due, row.paper.due_words),
    )


def _download_cell(row: rx.Var[LetterRow]) -> rx.Component:
    return cell("download", download_links(row))


def download_links(row: rx.Var[LetterRow]) -> rx.Component:
    """Link to the files of a letter, each with the picture of a PDF (R82)."""
    return rx.foreach(row.paper.files, lambda file: _download(file, row))


def _download(file: rx.Var[FileLink], row: rx.Var[LetterRow]) -> rx.Component:
    return document_link(
        icon("pdf"),
        rx.el.span(t("shelf.col_size"), class_name="download-words"),
        rx.el.span(": ", row.subject, ", ", class_name="sr-only"),
        rx.el.span(file.words),
        href=file.address,
        download="",
        class_name="link download-link",
    )
