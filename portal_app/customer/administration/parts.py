"""What the pages of Ügyintézés share: where you are, the list of ways, the way on paper, the terms."""

from collections.abc import Sequence
from typing import Any

import reflex as rx

from portal_app.browser.portal_state import the_brand
from portal_app.customer.administration.addresses import CHANGES, CONTRACT_DATA, DECLARATION, MODIFICATION, START
from portal_app.ui.icons import icon
from portal_app.ui.links import document_link, mail_link
from portal_app.ui.words import t

# The path of the source document, level by level (R72).
LEVELS = (
    (START, "administration.title"),
    (CHANGES, "administration.changes"),
    (MODIFICATION, "administration.modification"),
    (CONTRACT_DATA, "administration.contract_data"),
)
TERMS = ("place", "mail", "keep", "back")


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


def on_paper(declaration: str | rx.Var[str] = DECLARATION) -> tuple[rx.Component, ...]:
    """Build the way that needs no portal: the declaration to print, and where to send it (R73)."""
    contact = the_brand().contact
    return (
        rx.el.h2(t("administration.on_paper")),
        rx.el.p(t("administration.on_paper_text")),
        rx.el.p(
            document_link(
                icon("download"),
                rx.el.span(t("administration.declaration")),
                href=declaration,
                download="",
                class_name="link icon-link",
            )
        ),
        rx.el.p(t("administration.send_to"), " ", mail_link(contact.email)),
        rx.el.p(t("administration.post_to"), " ", rx.el.strong(contact.postal_address, class_name="together")),
    )


def terms_list() -> rx.Component:
    """List what whoever asks for electronic letters agrees to (R74)."""
    return rx.el.ul(*[rx.el.li(t(f"request.terms_{part}")) for part in TERMS], class_name="plain-list")
