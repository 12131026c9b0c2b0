"""How a letter's documents look: the list, and their preview as page images or as text."""

import reflex as rx

from portal_app.customer.letter.state import LetterState
from portal_app.customer.letter.wording import DocumentShown, PageShown
from portal_app.ui.forms import native_form
from portal_app.ui.icons import icon
from portal_app.ui.words import t

LETTER = LetterState.letter


def attachments_section() -> rx.Component:
    """List the attachments, with the advice to keep them (R25) and their fingerprints."""
    return rx.el.section(
        rx.el.h2(t("letter.attachments"), id="letter-attachments"),
        rx.el.ul(rx.foreach(LETTER.documents, _attachment), class_name="document-list"),
        rx.cond(
            LETTER.documents.length() > 1,
            _download_all(),
        ),
        rx.el.p(icon("info"), rx.el.span(LETTER.save_advice), class_name="letter-advice muted no-print"),
        rx.el.details(
            rx.el.summary(t("letter.fingerprints")),
            rx.el.p(t("letter.fingerprints_about")),
            rx.el.dl(rx.foreach(LETTER.documents, _fingerprint), class_name="fingerprints"),
            class_name="letter-fingerprints no-print",
        ),
        class_name="card-plain",
        aria_labelledby="letter-attachments",
    )


def _download_all() -> rx.Component:
    return rx.el.div(
        native_form(
            rx.el.input(type="hidden", name="kuldemenyek", value=LetterState.zip_of),
            rx.el.button(icon("download"), rx.el.span(t("letter.download_all")), type="submit", class_name="btn btn-line"),
            action="/kuldemenyek/zip",
            # The page itself must not be left: its socket would close while the file is being sent.
            custom_attrs={"target": "download"},
        ),
        rx.el.iframe(
            name="download", title=t("letter.download_all"), hidden=True, tab_index=-1, custom_attrs={"aria-hidden": "true"}
        ),
        class_name="no-print",
    )


def _attachment(document: rx.Var[DocumentShown]) -> rx.Component:
    return rx.el.li(
        icon("document"),
        rx.el.div(
            rx.el.span(document.name, class_name="document-name"),
            rx.el.span(document.about, class_name="muted"),
            class_name="document-about",
        ),
        document_links(document),
        class_name="document",
    )


def document_links(document: rx.Var[DocumentShown]) -> rx.Component:
    """Build the ways to a document: opened in the browser where that can show it, or downloaded."""
    return rx.el.div(
        rx.cond(
            document.opens,
            rx.el.a(
                rx.el.span(t("letter.open")),
                rx.el.span(document.name, ", ", t("letter.new_window"), class_name="sr-only"),
                href=f"/dokumentumok/{document.id}/megnyitas",
                target="_blank",
                rel="noopener",
                reload_document=True,
                class_name="btn btn-line",
            ),
        ),
        rx.el.a(
            icon("download"),
            rx.el.span(t("letter.download")),
            rx.el.span(document.name, class_name="sr-only"),
            href=f"/dokumentumok/{document.id}/letoltes",
            download=True,
            reload_document=True,
            class_name="btn btn-line",
        ),
        class_name="document-links no-print",
    )


def _fingerprint(document: rx.Var[DocumentShown]) -> rx.Component:
    return rx.el.div(rx.el.dt(document.name), rx.el.dd(rx.el.code(document.sha256)))


# ── preview ──


def preview_section() -> rx.Component:
    """Show a document page by page, or its words, where browsers cannot show PDFs by themselves."""
    return rx.el.section(
        rx.el.div(rx.el.h2(t("letter.preview"), id="letter-preview"), _view_switch(), class_name="row row-between"),
        rx.cond(LETTER.documents.length() > 1, _which_document()),
        rx.cond(LetterState.as_text, _texts(), _pages()),
        class_name="card-plain letter-preview no-print",
        aria_labelledby="letter-preview",
    )


def _which_document() -> rx.Component:
    return rx.el.div(
        rx.foreach(LETTER.documents, _document_tab),
        role="group",
        aria_label=t("letter.attachments"),
        class_name="preview-tabs",
    )


def _document_tab(document: rx.Var[DocumentShown]) -> rx.Component:
    return rx.cond(
        document.pages > 0,
        rx.el.button(
            document.name,
            type="button",
            on_click=LetterState.preview(document.id),
            class_name="btn btn-line btn-sm preview-tab",
            custom_attrs={"aria-pressed": rx.cond(document.id == LetterState.previewed.id, "true", "false")},
        ),
    )


def _view_switch() -> rx.Component:
    return rx.cond(
        LetterState.as_text,
        rx.el.button(t("letter.as_pages"), type="button", on_click=LetterState.show_pages, class_name="btn btn-line btn-sm"),
        rx.el.button(t("letter.as_text"), type="button", on_click=LetterState.show_text, class_name="btn btn-line btn-sm"),
    )


def _pages() -> rx.Component:
    return rx.el.div(
        rx.el.ol(rx.foreach(LetterState.pages, _page), class_name="page-images"),
        rx.cond(
            LetterState.more_pages != "",
            rx.el.button(
                LetterState.more_pages,
                type="button",
                on_click=LetterState.show_more_pages,
                class_name="btn btn-line btn-wide-narrow",
            ),
        ),
    )


def _page(page: rx.Var[PageShown]) -> rx.Component:
    return rx.el.li(
        rx.el.img(
            src=page.source,
            src_set=page.sources,
            sizes="(min-width: 64rem) 42rem, 92vw",
            alt=page.words,
            width=1080,
            height=1527,
            loading="lazy",
            decoding="async",
            custom_attrs={"data-page-image": "yes"},
        ),
        rx.el.p(icon("warning"), rx.el.span(t("letter.no_preview")), hidden=True, class_name="muted page-missing"),
        rx.cond(
            LetterState.previewed.pages > 1,
            rx.el.p(page.label, class_name="page-label", custom_attrs={"aria-hidden": "true"}),
        ),
        key=page.source,
    )


def _texts() -> rx.Component:
    return rx.el.div(
        rx.cond(
            LetterState.texts.length() > 0,
            rx.el.div(
                rx.foreach(LetterState.texts, lambda text: rx.el.div(text, class_name="letter-words page-text")),
                rx.cond(LetterState.text_is_cut, rx.el.p(t("letter.text_cut"), class_name="muted")),
            ),
            rx.el.p(t("letter.no_text")),
        ),
        id="letter-text",
    )
