"""The page for addresses that lead nowhere."""

import reflex as rx

from portal_app.ui.layout import page_title
from portal_app.ui.links import document_link
from portal_app.ui.words import t


def missing_page() -> rx.Component:
    """Say that there is no such page, and where to go on."""
    return rx.el.section(
        page_title(t("shell.not_found")),
        rx.el.p(t("shell.not_found_text")),
        rx.el.p(document_link(t("shell.to_start"), href="/", class_name="btn btn-primary")),
        class_name="card-plain",
    )
