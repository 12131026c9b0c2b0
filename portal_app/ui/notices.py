"""Notices: what the portal has to say about the last thing that happened, inside the page and never on a timer."""

from typing import Any

import reflex as rx

from portal_app.browser.portal_state import PortalState
from portal_app.ui.icons import icon
from portal_app.ui.links import document_link
from portal_app.ui.words import t

KINDS = ("info", "success", "warning", "error")


def notice(kind: str, *content: Any, **properties: Any) -> rx.Component:
    """Build a box of one kind: `info`, `success`, `warning` or `error`; its kind is said in words too."""
    return rx.el.div(
        icon(kind),
        rx.el.div(rx.el.span(t(f"shell.notice_{kind}"), ": ", class_name="sr-only"), *content, class_name="notice-text"),
        class_name=f"notice notice-{kind}",
        **properties,
    )


def page_notice() -> rx.Component:
    """Build the place above the page's content where refusals and confirmations of this tab appear."""
    return rx.el.div(
        rx.cond(
            PortalState.notice != "",
            rx.match(PortalState.notice_kind, *[(kind, _tab_notice(kind)) for kind in KINDS[1:]], _tab_notice("info")),
        ),
        id="notice",
        role="status",
        class_name="no-print",
    )


def _tab_notice(kind: str) -> rx.Component:
    return notice(
        kind,
        rx.el.p(PortalState.notice),
        rx.cond(
            PortalState.notice_reloads,
            # Reloading the document lets the server decide anew who this is and where they belong.
            document_link(t("shell.reload"), href=""),
            rx.el.button(
                t("shell.close_notice"), type="button", on_click=PortalState.dismiss_notice, class_name="btn btn-sm btn-ghost"
            ),
        ),
    )
