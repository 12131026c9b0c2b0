"""The messages under a letter, and the form for the next one."""

import reflex as rx

from portal_app.browser.portal_state import the_brand
from portal_app.customer.letter.documents import document_links
from portal_app.customer.letter.state import LetterState
from portal_app.customer.letter.wording import DocumentShown, MessageShown, RefusalShown
from portal_app.domain.messages import FILE_ENDINGS, MessageStatus, counted_from
from portal_app.texts.catalogues import sentence
from portal_app.texts.sizes import file_size
from portal_app.ui.fields import text_area
from portal_app.ui.forms import native_form
from portal_app.ui.icons import icon
from portal_app.ui.words import in_language, t


def thread_section() -> rx.Component:
    """List what was written about the letter, the oldest first."""
    return rx.cond(
        LetterState.thread.length() > 0,
        rx.el.section(
            rx.el.h2(t("thread.title"), id="levelezes", tab_index=-1),
            rx.el.ol(rx.foreach(LetterState.thread, _message), class_name="thread"),
            class_name="card-plain",
            aria_labelledby="levelezes",
        ),
    )


def _message(message: rx.Var[MessageShown]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.h3(rx.cond(message.by_customer, t("thread.by_you"), t("thread.by_insurer"))),
            rx.el.time(message.written, date_time=message.written_at, class_name="muted"),
            rx.cond(message.status != "", _status(message)),
            class_name="row message-head",
        ),
        rx.el.div(message.text, class_name="letter-words"),
        rx.cond(message.documents.length() > 0, _files(message)),
        rx.cond(
            message.by_customer,
            rx.el.p(
                t("thread.reference"),
                ": ",
                rx.el.span(message.reference, class_name="nowrap"),
                rx.cond(message.due != "", rx.el.span(" · ", message.due)),
                class_name="muted message-foot",
            ),
        ),
        class_name=rx.cond(message.by_customer, "message message-own", "message message-insurer"),
        key=message.id,
    )


def _status(message: rx.Var[MessageShown]) -> rx.Component:
    looks = (
        (MessageStatus.ANSWERED.value, _chip(message, "success", "check")),
        (MessageStatus.IN_PROGRESS.value, _chip(message, "info", "clock")),
    )
    return rx.match(message.status, *looks, _chip(message, "quiet", "sent"))


def _chip(message: rx.Var[MessageShown], kind: str, picture: str) -> rx.Component:
    return rx.el.span(
        icon(picture),
        rx.el.span(t("thread.status"), ": ", class_name="sr-only"),
        message.status_words,
        class_name=f"badge badge-{kind}",
    )


def _files(message: rx.Var[MessageShown]) -> rx.Component:
    return rx.el.div(
        rx.el.h4(t("thread.files"), class_name="sr-only"),
        rx.el.ul(rx.foreach(message.documents, _file), class_name="document-list document-list-small"),
    )


def _file(document: rx.Var[DocumentShown]) -> rx.Component:
    return rx.el.li(
        icon("attachment"),
        rx.el.div(
            rx.el.span(document.name, class_name="document-name"),
            rx.el.span(document.about, class_name="muted"),
            class_name="document-about",
        ),
        document_links(document),
        class_name="document",
    )


# ── reply ──


def reply_section() -> rx.Component:
    """Build the place under the letter where the form opens (R20)."""
    return rx.el.section(rx.cond(LetterState.replying, _open_form()), id="valasz", class_name="no-print")


def write_button() -> rx.Component:
    """Build the button that opens the form; `assets/letter.js` then moves the focus into it."""
    return rx.cond(
        LetterState.replying,
        rx.fragment(),
        rx.el.button(
            icon("sent"),
            rx.el.span(rx.cond(LetterState.draft_saved != "", t("reply.go_on"), t("reply.write"))),
            type="button",
            on_click=LetterState.begin_reply,
            class_name="btn btn-primary",
            id="reply-write",
        ),
    )


def _open_form() -> rx.Component:
    limits = the_brand().limits
    return rx.el.div(
        rx.el.h2(t("reply.title")),
        rx.el.p(t("reply.about"), ": ", LetterState.letter.subject, class_name="muted"),
        _refusals(),
        native_form(
            # The words come before the files, so that they arrive even when the files are too much.
            rx.el.input(type="hidden", name="nonce", value=LetterState.nonce, read_only=True),
            text_area(
                "reply-text",
                t("reply.text"),
                name="text",
                hint=t("reply.text_hint", most=limits.reply_characters),
                rows=8,
                default_value=LetterState.draft_text,
                on_change=lambda text: LetterState.save_draft(LetterState.nonce, text).debounce(1000),
                on_blur=lambda text: LetterState.save_draft(LetterState.nonce, text),
                auto_complete="off",
            ),
            _under_the_text(),
            _file_field(),
            _progress(),
            _form_buttons(),
            # assets/letter.js presses it when the server refused what it had posted.
            rx.el.button(
                "",
                type="button",
                on_click=LetterState.show_refusals,
                hidden=True,
                id="reply-refused",
                tab_index=-1,
                custom_attrs={"aria-hidden": "true"},
            ),
            action=LetterState.reply_address,
            enc_type="multipart/form-data",
            id="reply-form",
            custom_attrs={
                "data-most-characters": str(limits.reply_characters),
                "data-counted-from": str(counted_from(limits.reply_characters)),
                "data-most-files": str(limits.reply_files),
                "data-most-bytes": str(limits.reply_file_bytes),
            },
        ),
        class_name="card-plain reply-form",
    )


def _refusals() -> rx.Component:
    return rx.cond(
        LetterState.refusals.length() > 0,
        rx.el.div(
            rx.el.h3(t("reply.refused_title")),
            rx.el.p(t("reply.refused_text")),
            rx.el.ul(rx.foreach(LetterState.refusals, _refusal)),
            role="alert",
            tab_index=-1,
            id="reply-refusals",
            class_name="error-summary",
            custom_attrs={"data-take-focus": "yes"},
        ),
    )


def _refusal(refusal: rx.Var[RefusalShown]) -> rx.Component:
    return rx.el.li(rx.cond(refusal.file != "", rx.el.strong(refusal.file, ": ")), refusal.words)


def _under_the_text() -> rx.Component:
    return rx.el.div(
        rx.el.p(LetterState.draft_saved, id="reply-saved", class_name="muted"),
        rx.el.p("", id="reply-count", role="status", custom_attrs={"data-left": t("reply.left"), "data-over": t("reply.over")}),
        class_name="row row-between reply-under",
    )


def _file_field() -> rx.Component:
    limits = the_brand().limits
    return rx.el.div(
        rx.el.p(_with_size("reply.files_hint", files=limits.reply_files), id="reply-files-hint", class_name="field-hint"),
        # The field itself would speak the browser's language; its label is the button.
        rx.el.label(
            icon("attachment"),
            rx.el.span(t("reply.files")),
            rx.el.input(
                type="file",
                id="reply-files",
                name="files",
                multiple=True,
                accept=",".join(FILE_ENDINGS),
                aria_describedby="reply-files-hint",
                class_name="sr-only",
            ),
            html_for="reply-files",
            class_name="btn btn-line file-button",
        ),
        # Filled by assets/letter.js: what was chosen, each with its size and a button to take it away.
        rx.el.ul(
            id="reply-chosen",
            aria_label=t("reply.chosen"),
            class_name="document-list document-list-small",
            hidden=True,
            custom_attrs={
                "data-remove": t("reply.remove"),
                "data-too-large": _with_size("reply.too_large"),
                "data-empty": t("reply.empty_file"),
            },
        ),
        rx.el.p(
            "",
            id="reply-files-wrong",
            role="alert",
            class_name="field-error",
            hidden=True,
            custom_attrs={"data-too-many": t("reply.too_many", files=limits.reply_files)},
        ),
        class_name="field",
    )


def _with_size(key: str, **values: int) -> rx.Var[str]:
    """Say a sentence that names the largest file, its size written in each language's way."""
    brand = the_brand()
    hungarian, english = (
        sentence(key, language, brand.register.value, size=file_size(brand.limits.reply_file_bytes, language), **values)
        for language in ("hu", "en")
    )
    return in_language(hungarian, english)


def _progress() -> rx.Component:
    return rx.el.div(
        rx.el.progress(max=100, value=0, id="reply-progress-bar", aria_labelledby="reply-progress-words", class_name="progress"),
        rx.el.p(
            "",
            id="reply-progress-words",
            role="status",
            custom_attrs={
                "data-sending": t("reply.sending"),
                "data-checking": t("reply.checking"),
                "data-broken-off": t("reply.broken_off"),
            },
        ),
        id="reply-progress",
        hidden=True,
    )


def _form_buttons() -> rx.Component:
    return rx.el.div(
        rx.el.button(icon("sent"), rx.el.span(t("reply.send")), type="submit", class_name="btn btn-primary", id="reply-send"),
        rx.el.button(t("reply.close"), type="button", on_click=LetterState.close_reply, class_name="btn btn-line"),
        rx.el.button(t("reply.discard"), type="button", on_click=LetterState.discard_draft, class_name="btn btn-ghost"),
        class_name="row reply-buttons",
    )
