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


def mail_link(address: str) -> rx.Component:
    """Build the link that opens a new e-mail to an address of the insurer."""
    return document_link(mail_words(address), href=f"mailto:{address}")


def mail_words(address: str) -> rx.Component:
    """Write an e-mail address that wraps before its @ where it is too long for the line."""
    name, _, host = address.rpartition("@")
    return rx.fragment(name, rx.el.wbr(), f"@{host}")
