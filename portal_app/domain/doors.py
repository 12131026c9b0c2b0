"""The right door: which portal a customer belongs to, judged by how the insurance was taken out (R44–R45, R52, R59, R86)."""

from dataclasses import dataclass
from enum import StrEnum

from portal_app.domain.brands import Brand, PortalName
from portal_app.domain.policies import Communication, SalesRoute

# In the order in which customers are asked; the source documents begin with the broker.
ROUTES = (SalesRoute.BROKER_ONLINE, SalesRoute.BRANCH, SalesRoute.DIRECT, SalesRoute.ONLINE24)


class Verdict(StrEnum):
    """What can be said without looking anything up."""

    CERTAIN = "certain"
    """We have certainly opened an account."""
    NONE = "none"
    """We have certainly opened none."""
    CHOSEN = "chosen"
    """The customer registered and chose a user name."""
    PERHAPS = "perhaps"
    """It depends on what the customer does not remember."""


@dataclass(frozen=True)
class RightDoor:
    """Where a customer belongs."""

    verdict: Verdict
    portals: tuple[PortalName, ...]
    """Where to sign in; several where it cannot be said, none where there is no account."""


def routes_asked(brand: Brand) -> tuple[SalesRoute, ...]:
    """List the ways in which a policy of this insurer can have been taken out."""
    return tuple(route for route in ROUTES if route in brand.opens)


def right_door(route: SalesRoute | None, letters: Communication | None, brand: Brand) -> RightDoor:
    """Judge by how the policy was taken out and how its letters come; None is what the customer does not know.

    A policy of the online portal belongs to the account its holder registered; any other opens an account of itself,
    but only with electronic communication (R45, R59).
    """
    known = route if route in brand.opens else None
    if known is SalesRoute.ONLINE24:
        return RightDoor(Verdict.CHOSEN, (brand.opens[known],))
    if letters is Communication.POSTAL:
        return RightDoor(Verdict.NONE, ())
    if known is not None:
        verdict = Verdict.CERTAIN if letters is Communication.ELECTRONIC else Verdict.PERHAPS
        return RightDoor(verdict, (brand.opens[known],))
    return RightDoor(Verdict.PERHAPS, _in_order({brand.opens[asked] for asked in routes_asked(brand)}, brand))


def other_portals(portal: str, brand: Brand) -> tuple[PortalName, ...]:
    """List the brand's portals beside this one."""
    return tuple(name for name in brand.switched_on if name != portal)


def opened_portals(brand: Brand) -> tuple[PortalName, ...]:
    """List the portals in which the insurer itself opens accounts."""
    return _in_order({portal for route, portal in brand.opens.items() if route != SalesRoute.ONLINE24}, brand)


def makes_an_account_each(brand: Brand, portal: PortalName) -> bool:
    """Whether policies from brokers open an account of their own each time, in this portal (R55)."""
    route = SalesRoute.BROKER_ONLINE
    return route in brand.opens_anew and brand.opens.get(route) is portal


def _in_order(names: set[PortalName], brand: Brand) -> tuple[PortalName, ...]:
    return tuple(name for name in brand.switched_on if name in names)
