"""What may cover or replace a page: a lost connection, a page that broke; never the framework's English words."""

from collections.abc import Callable

import reflex as rx
from reflex_base.components.component import Component
from reflex_base.components.memo import memo
from reflex_base.vars.base import Var
from reflex_components_core.base.error_boundary import ErrorBoundary
from reflex_components_core.core.banner import has_connection_errors

from portal_app.ui.icons import icon
from portal_app.ui.links import document_link
from portal_app.ui.words import t


def connection_lost() -> Component:
    """Say that the server cannot be reached; what was typed stays where it is."""
    return rx.fragment(memo(_connection)())


def broken_page() -> Component:
    """Replace a page that could not be drawn; no stack trace, a way on."""
    message = rx.el.div(
        rx.el.h1(t("shell.broken")),
        rx.el.p(t("shell.broken_text")),
        # A plain address: the page's own scripts may be what broke.
        rx.el.p(document_link(t("shell.to_start"), href="/", class_name="btn btn-primary")),
        role="alert",
        class_name="card-plain page page-narrow",
    )
    return ErrorBoundary.create(fallback_render=Var.create(message))


def app_wraps() -> dict[tuple[int, str], Callable[[bool], Component | None]]:
    """Give the app's wrappers, by the keys under which Reflex keeps its own."""
    return {(55, "ErrorBoundary"): lambda _stateful: broken_page(), (5, "Overlay"): lambda _stateful: connection_lost()}


def _connection() -> rx.Component:
    return rx.fragment(
        rx.cond(has_connection_errors, _bar(id="connection-lost", role="alert")),
        # Shown by assets/shell.js as soon as the browser itself knows that it is offline.
        _bar(id="offline", role="alert", hidden=True),
        rx.el.div(
            hidden=True,
            id="new-version-words",
            custom_attrs={"data-text": t("shell.new_version"), "data-button": t("shell.reload")},
        ),
    )


def _bar(**properties: object) -> rx.Component:
    return rx.el.div(
        icon("warning"),
        rx.el.p(rx.el.strong(t("shell.offline")), " ", t("shell.offline_text")),
        class_name="offline",
        **properties,
    )
