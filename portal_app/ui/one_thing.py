"""The page of one thing that its address names: the way back, and what stands there while it is not shown."""

from typing import Any

import reflex as rx

from portal_app.ui.icons import icon
from portal_app.ui.layout import page_title
from portal_app.ui.words import t


def way_back(words: rx.Var[str], href: str | rx.Var[str]) -> rx.Component:
    """Build the link back to the list that the thing stands in."""
    return rx.el.p(rx.el.a(icon("back"), rx.el.span(words), href=href, class_name="link letter-back"), class_name="no-print")


def still_loading(title: rx.Var[str]) -> rx.Component:
    """Build what stands there until the thing has come: what kind it is, and grey lines."""
    return rx.el.div(
        page_title(title),
        rx.el.div(
            *[rx.el.span() for _ in range(6)],
            rx.el.span(t("shell.loading"), class_name="sr-only"),
            class_name="skeleton-lines card-plain",
            aria_busy="true",
        ),
    )


def not_found(title: rx.Var[str], *content: Any) -> rx.Component:
    """Build what is said instead of a thing that is not there, or not this customer's."""
    return rx.el.section(page_title(title), *content, class_name="card-plain")
