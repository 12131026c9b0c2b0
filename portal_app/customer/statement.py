"""The accessibility statement: what we take care of, what is known, whom to tell."""

import reflex as rx

from portal_app.ui.layout import contact_lines, page_title
from portal_app.ui.words import t


def statement_page() -> rx.Component:
    """Show the statement; it is readable without signing in."""
    return rx.el.article(
        page_title(t("statement.title")),
        rx.el.p(t("statement.aim")),
        rx.el.h2(t("statement.how_title")),
        rx.el.ul(
            *[rx.el.li(t(f"statement.how_{what}")) for what in ("keyboard", "reader", "zoom", "code")], class_name="plain-list"
        ),
        rx.el.h2(t("statement.gaps_title")),
        rx.el.p(t("statement.gaps_text")),
        rx.el.h2(t("statement.contact_title")),
        rx.el.p(t("statement.contact_text")),
        contact_lines(),
        class_name="card-plain reading",
    )
