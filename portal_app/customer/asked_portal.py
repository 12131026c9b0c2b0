"""Which portal a visitor asks for before anything is known of them: in the address, and in the words of the pages (R96)."""

from collections.abc import Callable

import reflex as rx

from portal_app.browser.portal_state import PortalState, the_brand
from portal_app.domain.brands import Portal

PORTAL = "portal"


def asked_portal(named: str | None) -> str:
    """Give the portal if the brand has it switched on, else nothing."""
    return named if named is not None and named in set(the_brand().switched_on) else ""


def show_asked_portal(state: PortalState) -> str:
    """Let the page speak of the portal that its address asks for, and give it; without one of the brand's first."""
    asked = asked_portal(state.router.url.query_parameters.get(PORTAL))
    if asked:
        show_portal(state, asked)
    return asked


def show_portal(state: PortalState, name: str) -> None:
    """Let the page speak of this portal."""
    state.portal, state.portal_title = name, the_brand().portal(name).title


def at_portal(path: str, portal: str) -> str:
    """Name in an address the portal that was asked for, if any."""
    asked = asked_portal(portal)
    return f"{path}{'&' if '?' in path else '?'}{PORTAL}={asked}" if asked else path


def portal_field(asked: rx.Var[str]) -> rx.Component:
    """Build the hidden field by which a form's route learns which portal was asked for."""
    return rx.el.input(type="hidden", name=PORTAL, value=asked, read_only=True)


def here(path: str) -> rx.Var[str]:
    """Name the portal that the page speaks of in a link, unless it is the first one, which needs no name."""
    portal = PortalState.portal
    return rx.cond(portal == the_brand().switched_on[0].value, path, rx.Var.create(f"{path}?{PORTAL}={portal}"))


def by_portal(build: Callable[[Portal], rx.Component]) -> rx.Component:
    """Build a part of a page for every portal of the brand, and show that of the portal asked for."""
    brand = the_brand()
    parts = [(name.value, build(brand.portals[name])) for name in brand.switched_on]
    return parts[0][1] if len(parts) == 1 else rx.match(PortalState.portal, *parts, rx.fragment())
