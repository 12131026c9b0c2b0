"""What the pages of Ügyintézés share: where you are, the list of ways, the facts of a form."""

from collections.abc import Sequence
from typing import Any

import reflex as rx

from portal_app.customer.administration.addresses import CHANGES, CONTRACT_DATA, MODIFICATION, START
from portal_app.ui.icons import icon
from portal_app.ui.words import t

# The path of the source document, level by level (R72).
LEVELS = (
    (START, "administration.title"),
    (CHANGES, "administration.changes"),
    (MODIFICATION, "administration.modification"),
    (CONTRACT_DATA, "administration.contract_data"),
)


def breadcrumbs(depth: int, here: Any) -> rx.Component:
    """Show the way to a page `depth` levels down; `here` names the page itself."""
    levels = [rx.el.li(rx.el.a(t(words), href=path, class_name="link")) for path, words in LEVELS[:depth]]
    return rx.el.nav(
        rx.el.ol(*levels, rx.el.li(rx.el.span(here, aria_current="page")), class_name="crumbs"),
        aria_label=t("administration.you_are_here"),
        class_name="no-print",
    )


def ways(places: Sequence[tuple[str, str, Any, Any]]) -> rx.Component:
    """List ways to go on: address, icon, name and a sentence about each."""
    return rx.el.ul(*[_way(*place) for place in places], class_name="way-list")


def _way(path: str, picture: str, name: Any, about: Any) -> rx.Component:
    return rx.el.li(
        icon(picture, "icon icon-large"),
        rx.el.div(rx.el.a(name, href=path, class_name="link way-name"), rx.el.p(about, class_name="muted")),
        class_name="card-plain way",
    )
