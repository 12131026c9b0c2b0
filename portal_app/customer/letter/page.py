"""How a letter looks: facts, words, attachments with their preview, the thread and the reply."""

import reflex as rx

from portal_app.browser.portal_state import PortalState, the_brand
from portal_app.customer.letter.correspondence import reply_section, thread_section, write_button
from portal_app.customer.letter.documents import attachments_section, preview_section
from portal_app.customer.letter.state import LetterState
from portal_app.customer.letter.ways import LIST
from portal_app.ui.icons import icon
from portal_app.ui.layout import page_title
from portal_app.ui.notices import notice
from portal_app.ui.one_thing import not_found, still_loading, way_back
from portal_app.ui.words import t

LETTER = LetterState.letter
TITLE = rx.Var.create(f"{rx.cond(LETTER.subject != '', LETTER.subject, t('letter.title'))} – {PortalState.portal_title}")


def letter_page() -> rx.Component:
    """Build the page in reading order; a letter that is not to be found leaves only a sentence and the way back."""
    return rx.el.div(
        way_back(
            rx.cond(LetterState.list_address.startswith(LIST), t("letter.back"), t("letter.back_to_list")),
            LetterState.list_address,
        ),
        rx.match(
            LetterState.standing_of_letter,
            ("missing", _missing()),
            ("shown", _letter()),
            still_loading(t("letter.title")),
        ),
        rx.el.script(src="/letter.js", async_=True),
        class_name="letter",
    )


def _missing() -> rx.Component:
    return not_found(t("letter.missing"), rx.el.p(t("letter.missing_text")), rx.el.p(t("letter.missing_help")))


def _letter() -> rx.Component:
    return rx.el.article(
        rx.el.header(
            rx.cond(LETTER.leaving != "", rx.el.p(_leaving(), class_name="letter-badges")),
            page_title(LETTER.subject),
            _news(),
            _receipt(),
            rx.cond(LETTER.binned, _in_bin()),
        ),
        rx.el.div(
            _facts(),
            rx.el.div(
                rx.cond(LETTER.awaits_confirmation, _confirmation()),
                rx.cond(LETTER.summary != "", _summary()),
                rx.cond(LETTER.documents.length() > 0, attachments_section()),
                rx.cond(LetterState.previewed.id != "", preview_section()),
                thread_section(),
                reply_section(),
                class_name="letter-main",
            ),
            _actions(),
            class_name="letter-columns",
        ),
    )


def _leaving() -> rx.Component:
    return rx.el.span(
        icon("clock"),
        LETTER.leaving,
        class_name=rx.cond(LETTER.leaving_soon, "badge badge-error", "badge badge-warning"),
    )


def _news() -> rx.Component:
    """The place where an answer announces itself; it takes no focus from whoever is reading or writing."""
    return rx.el.div(
        rx.cond(
            LetterState.news,
            notice(
                "info",
                rx.el.p(t("thread.news")),
                rx.el.a(t("thread.show_news"), href="#levelezes", reload_document=True, class_name="link"),
            ),
        ),
        role="status",
        id="letter-news",
        class_name="no-print",
    )


def _receipt() -> rx.Component:
    return rx.cond(
        LetterState.receipt.reference != "",
        rx.el.div(
            notice(
                "success",
                rx.el.div(
                    rx.el.h2(t("reply.sent_title")),
                    rx.el.p(
                        t("thread.reference"),
                        ": ",
                        rx.el.span(LetterState.receipt.reference, class_name="nowrap"),
                        class_name="reply-reference",
                    ),
                    rx.el.p(LetterState.receipt.promise),
                    rx.el.p(t("reply.sent_next")),
                    rx.el.p(t("reply.sent_copy")),
                ),
            ),
            tab_index=-1,
            id="reply-receipt",
            custom_attrs={"data-take-focus": "yes"},
            class_name="no-print",
        ),
    )


def _in_bin() -> rx.Component:
    restore = rx.el.button(
        icon("undo"),
        rx.el.span(t("letter.restore")),
        type="button",
        on_click=LetterState.restore,
        class_name="btn btn-line btn-sm",
    )
    return rx.el.div(notice("warning", rx.el.p(t("letter.in_bin")), restore), class_name="no-print")


# ── facts and what can be done ──


def _facts() -> rx.Component:
    return rx.el.aside(
        rx.el.h2(t("letter.facts")),
        rx.el.dl(
            _fact(t("letter.sender"), the_brand().insurer),
            _fact(t("letter.arrived"), rx.el.time(LETTER.arrived, date_time=LETTER.arrived_at)),
            _fact(t("letter.kind"), LETTER.kind),
            _if_fact(LETTER.policy, t("letter.policy"), LETTER.policy),
            _if_fact(LETTER.plate, t("letter.plate"), LETTER.plate),
            _if_fact(LETTER.amount, t("letter.amount"), rx.el.strong(LETTER.amount)),
            _if_fact(LETTER.due, t("letter.due"), _due()),
            _fact(t("letter.until"), rx.el.time(LETTER.until, date_time=LETTER.until_date)),
            _if_fact(LETTER.reference, t("letter.reference"), LETTER.reference),
            _if_fact(LETTER.opened, t("letter.opened"), LETTER.opened),
            class_name="facts letter-facts",
        ),
        rx.cond(LETTER.confirmed != "", rx.el.p(icon("check"), LETTER.confirmed, class_name="letter-confirmed")),
        class_name="card-plain letter-side",
    )


def _fact(name: rx.Var[str], value: rx.Component | rx.Var[str] | str) -> rx.Component:
    return rx.el.div(rx.el.dt(name), rx.el.dd(value), class_name="fact")


def _if_fact(known: rx.Var[str], name: rx.Var[str], value: rx.Component | rx.Var[str]) -> rx.Component:
    return rx.cond(known != "", _fact(name, value))


def _due() -> rx.Component:
    return rx.fragment(
        rx.el.time(rx.el.strong(LETTER.due), date_time=LETTER.due_date),
        rx.cond(LETTER.due_soon != "", rx.el.span(" (", LETTER.due_soon, ")", class_name="muted")),
    )


def _actions() -> rx.Component:
    return rx.el.div(
        write_button(),
        rx.el.button(
            icon("print"),
            rx.el.span(t("letter.print")),
            type="button",
            class_name="btn btn-line",
            custom_attrs={"data-print": "yes"},
        ),
        rx.el.button(
            icon("mail"),
            rx.el.span(t("letter.mark_unread")),
            type="button",
            on_click=LetterState.mark_unread,
            class_name="btn btn-line",
        ),
        rx.cond(LETTER.binned, rx.fragment(), _delete()),
        role="group",
        aria_label=t("letter.actions"),
        class_name="letter-actions no-print",
    )


def _delete() -> rx.Component:
    return rx.cond(
        LETTER.awaits_confirmation,
        rx.el.p(t("letter.delete_later"), class_name="muted"),
        rx.el.button(
            icon("bin"),
            rx.el.span(t("letter.delete")),
            type="button",
            on_click=LetterState.delete,
            class_name="btn btn-line letter-delete",
        ),
    )


def _confirmation() -> rx.Component:
    return rx.el.section(
        rx.el.h2(icon("warning"), rx.el.span(t("letter.confirm_title")), id="letter-confirm-title"),
        rx.el.p(t("letter.confirm_text")),
        rx.el.button(
            icon("check"),
            rx.el.span(t("letter.confirm")),
            type="button",
            on_click=LetterState.confirm,
            class_name="btn btn-primary",
        ),
        aria_labelledby="letter-confirm-title",
        class_name="card-plain letter-confirm no-print",
    )


def _summary() -> rx.Component:
    return rx.el.section(
        rx.el.h2(t("letter.summary"), class_name="sr-only"),
        rx.el.div(LETTER.summary, class_name="letter-words"),
        class_name="card-plain",
    )
