"""Links that the browser follows itself: to our routes, to a place on the same page, to a phone or a mail program."""

from typing import Any

import reflex as rx
from reflex_components_core.el.elements.base import BaseHTML


class DocumentLink(BaseHTML):
    """A plain anchor; Reflex's own always goes through its router, which knows pages only."""

    tag = "a"

    href: rx.Var[str]
    target: rx.Var[str]
    download: rx.Var[str]
    rel: rx.Var[str]


def document_link(*children: Any, href: str | rx.Var[str], class_name: str = "link", **properties: Any) -> rx.Component:
    """Build a link that loads a document, a file, or a place on this page."""
    return DocumentLink.create(*children, href=href, class_name=class_name, **properties)
