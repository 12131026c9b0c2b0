"""Ügyintézés: the short ways, a search, and the path of the source document level by level (R72)."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import reflex as rx

from portal_app.browser.admission import CUSTOMER, Line, Word, customer, open_to, parse
from portal_app.browser.portal_state import PortalState
from portal_app.customer.administration.addresses import (
    CHANGES,
    CONTRACT_DATA,
    FORMS,
    MERGING,
    MODIFICATION,
    REQUESTS,
    START,
    form_page,
)
from portal_app.customer.administration.parts import breadcrumbs, on_paper, ways
from portal_app.customer.inbox.addresses import SEARCH
from portal_app.customer.inbox.rows import say
from portal_app.customer.lists import search_section
from portal_app.database.transactions import ask
from portal_app.domain.applications import ApplicationKind
from portal_app.domain.hungarian import fold
from portal_app.services import inbox
from portal_app.ui.icons import icon
from portal_app.ui.layout import page_title
from portal_app.ui.words import t

_WORDS = re.compile(r"\w+")
PICTURES = {
    ApplicationKind.ELECTRONIC: "mail",
    ApplicationKind.POSTAL: "sent",
    ApplicationKind.ADDRESS: "letter",
    ApplicationKind.PHONE: "phone",
    ApplicationKind.EMAIL: "mail",
    ApplicationKind.BANK_ACCOUNT: "voucher",
}
# The other places of Ügyintézés: address, picture and the beginning of their keys.
PLACES: Mapping[str, tuple[str, str]] = {
    "changes": (CHANGES, "settings"),
    "requests": (REQUESTS, "requests"),
    "merging": (MERGING, "policy"),
    "closing": ("/portaltorles", "sign_out"),
}


class AdministrationState(PortalState):
    """Which of the ways the search finds."""

    search: str = ""
    found: list[str] = rx.field(default_factory=list)
    none_found: str = ""

    @rx.event
    @open_to(CUSTOMER)
    async def load(self) -> None:
        """Show what the address asks for."""
        self.unread = (await ask(inbox.habits, customer())).unread
        self.search = str(self.router.url.query_parameters.get(SEARCH, ""))[:100]
        words = _WORDS.findall(fold(self.search))
        self.found = [name for name in _names() if _fits(words, fold(self._said(name)))]
        self.none_found = say("inbox.none_found", self.language, what=self.search) if words and not self.found else ""

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    def find(self, form: dict[str, Any]) -> Any:
        """Search for the words that were typed."""
        words = parse(dict[Word, Line], form).get(SEARCH, "").strip()
        return rx.redirect(f"{START}?{urlencode({SEARCH: words})}" if words else START)

    def _said(self, name: str) -> str:
        """Give every word by which somebody may look for a way, in the visitor's language."""
        return " ".join(say(f"administration.{part}_{name}", self.language) for part in ("tile", "about", "words"))


def _fits(wanted: Sequence[str], said: str) -> bool:
    """Whether every word that is wanted begins one that is said."""
    return all(any(word.startswith(one) for word in _WORDS.findall(said)) for one in wanted)


def _names() -> list[str]:
    return [*(kind.value for kind in FORMS), *PLACES]


def administration_page() -> rx.Component:
    """Build the page: what most come for at the top, then everything."""
    return rx.el.div(
        page_title(t("administration.title")),
        rx.el.p(t("administration.lead")),
        search_section(AdministrationState, t("administration.search_label"), t("administration.search_hint")),
        rx.el.p(AdministrationState.none_found, role="status"),
        rx.el.ul(*[_tile(name) for name in _names()], class_name="way-list"),
        rx.el.section(*on_paper(), class_name="card-plain"),
        class_name="administration",
    )


def _tile(name: str) -> rx.Component:
    form = ApplicationKind(name) if name in set(ApplicationKind) else None
    path, picture = (form_page(form), PICTURES[form]) if form else PLACES[name]
    return rx.cond(
        (AdministrationState.search == "") | AdministrationState.found.contains(name),
        rx.el.li(
            icon(picture, "icon icon-large"),
            rx.el.div(
                rx.el.a(t(f"administration.tile_{name}"), href=path, class_name="link way-name"),
                rx.el.p(t(f"administration.about_{name}"), class_name="muted"),
            ),
            class_name="card-plain way way-first" if form is ApplicationKind.ELECTRONIC else "card-plain way",
        ),
    )


def changes_page() -> rx.Component:
    """Build the second level of the path."""
    return _level(
        1,
        t("administration.changes"),
        (MODIFICATION, "settings", t("administration.modification"), t("administration.modification_about")),
    )


def modification_page() -> rx.Component:
    """Build the third level of the path."""
    return _level(
        2,
        t("administration.modification"),
        (CONTRACT_DATA, "policy", t("administration.contract_data"), t("administration.contract_data_about")),
    )


def contract_data_page() -> rx.Component:
    """Build the fourth level of the path: every form."""
    forms = [
        (form_page(kind), PICTURES[kind], t(f"request.kind_{kind.value}"), t(f"administration.about_{kind.value}"))
        for kind in FORMS
    ]
    return _level(3, t("administration.contract_data"), *forms)


def _level(depth: int, title: rx.Var[str], *places: tuple[str, str, Any, Any]) -> rx.Component:
    return rx.el.div(breadcrumbs(depth, title), page_title(title), ways(places), class_name="administration")
