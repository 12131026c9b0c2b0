"""The menu of a signed-in customer: a plain list in the mailbox, a tab that opens a panel in the full portals (R79)."""

from collections.abc import Sequence
from dataclasses import dataclass

import reflex as rx

from portal_app.browser.portal_state import PortalState, the_brand
from portal_app.domain.brands import PortalName
from portal_app.ui.icons import icon
from portal_app.ui.words import t

EVERYWHERE = tuple(PortalName)
FULL = (PortalName.UGYFELPORTAL, PortalName.ONLINE24)
"""The portals that show so much that the menu opens from a tab."""
NAMED = (PortalName.UGYFELPORTAL,)
"""The portals whose tab bears their own name (R79); no menu is ever called after another system (C6)."""


@dataclass(frozen=True)
class Place:
    """One line of the menu."""

    path: str
    words: str
    """The key of its name."""
    picture: str
    portals: tuple[PortalName, ...] = EVERYWHERE
    at_hand: bool = False
    """Whether wide screens show it beside the tab too."""


LETTERS, CHAT = "/kuldemenyek", "/chat"
UNREAD = {LETTERS: PortalState.unread, CHAT: PortalState.unread_chat}
"""What waits to be read at a place, as the number beside its name."""
MENU = (
    Place(LETTERS, "shell.letters", "letter", at_hand=True),
    Place("/elkuldott", "shell.sent", "sent"),
    Place("/lomtar", "shell.bin", "bin"),
    Place("/szerzodesek", "policies.title", "policy", FULL, at_hand=True),
    Place("/dokumentumok", "shelf.documents", "document", FULL, at_hand=True),
    Place("/bizonylatok", "shelf.payments", "voucher", FULL, at_hand=True),
    Place("/ugyintezes", "administration.title", "pen", FULL, at_hand=True),
    Place("/kerelmek", "request.list_title", "requests", FULL),
    Place(CHAT, "shell.chat", "chat", FULL),
    Place("/beallitasok", "shell.settings", "settings"),
    Place("/sugo", "shell.help", "help"),
)


def menu(here: str) -> rx.Component:
    """Build the menu of the visitor's portal on the page at the address `here`; which portal that is shows at run time."""
    menus = [(portal.value, _menu_of(portal, here)) for portal in the_brand().switched_on]
    return rx.el.nav(
        menus[0][1] if len(menus) == 1 else rx.match(PortalState.portal, *menus, rx.fragment()),
        class_name="menu-bar",
        aria_label=t("shell.main_nav"),
    )


def _menu_of(portal: PortalName, here: str) -> rx.Component:
    places = [place for place in MENU if portal in place.portals]
    if portal not in FULL:
        return _plain(places, here)
    at_hand = [place for place in places if place.at_hand]
    return rx.el.div(
        _opening(_tab_name(portal), places, here, "menu-panel"),
        _list(at_hand, here, "menu-at-hand"),
        waiting_chat("waiting-narrow"),
        class_name="menu-full",
    )


def waiting_chat(class_name: str) -> rx.Component:
    """Lead to the chat while an answer waits there: the menu that counts it is mostly closed.

    Wide screens have room for it in the header, narrow ones beside the tab (portal.css).
    """
    return rx.cond(
        PortalState.unread_chat > 0,
        rx.el.a(
            icon("chat"),
            rx.el.span(t("shell.chat")),
            _unread(PortalState.unread_chat),
            href=CHAT,
            class_name=f"btn btn-ghost {class_name}",
        ),
    )


def _plain(places: Sequence[Place], here: str) -> rx.Component:
    """Build the list that wide screens show at once and narrow ones open by a button."""
    return rx.fragment(
        _opening(rx.el.span(t("shell.menu")), places, here, "menu-narrow"),
        rx.el.div(_list(places, here), class_name="menu-wide"),
    )


def _tab_name(portal: PortalName) -> rx.Component:
    if portal in NAMED:
        return rx.el.span(PortalState.portal_title, rx.el.span(" – ", t("shell.menu"), class_name="sr-only"))
    return rx.el.span(t("shell.menu"))


def _opening(name: rx.Component, places: Sequence[Place], here: str, class_name: str) -> rx.Component:
    # <details> opens and closes without a script; assets/shell.js closes it on the way to another page.
    return rx.el.details(
        rx.el.summary(icon("menu"), name, class_name="menu-button"),
        _list(places, here),
        class_name=f"menu-opens {class_name}",
    )


def _list(places: Sequence[Place], here: str, class_name: str = "") -> rx.Component:
    return rx.el.ul(*[_item(place, here) for place in places], class_name=f"menu-list {class_name}".strip())


def _item(place: Place, here: str) -> rx.Component:
    current = here == place.path or here.startswith(f"{place.path}/")
    return rx.el.li(
        rx.el.a(
            icon(place.picture),
            rx.el.span(t(place.words)),
            _unread(UNREAD[place.path]) if place.path in UNREAD else rx.fragment(),
            href=place.path,
            class_name="menu-link",
            custom_attrs={"aria-current": "page" if current else "false"},
        )
    )


def _unread(number: rx.Var[int]) -> rx.Component:
    return rx.cond(
        number > 0,
        rx.el.span(
            number.to_string(),
            rx.el.span(" ", t("shell.unread"), class_name="sr-only"),
            class_name="badge badge-primary",
        ),
    )
