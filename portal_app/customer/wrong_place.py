"""The wrong place: an account with nothing in it says where its visitor is, and where the others are (R83–R85)."""

from urllib.parse import urlsplit

import reflex as rx

from portal_app.browser.admission import CUSTOMER, customer, open_to
from portal_app.browser.portal_state import PortalState, the_brand
from portal_app.customer.right_door.answers import leave_for
from portal_app.customer.right_door.page import route_words
from portal_app.customer.right_door.state import PAGE
from portal_app.database.transactions import ask
from portal_app.domain.brands import PortalName
from portal_app.domain.doors import ROUTES
from portal_app.services import whereabouts
from portal_app.services.house import the_house
from portal_app.ui.forms import native_form
from portal_app.ui.words import t


class WrongPlaceState(PortalState):
    """Whether the visitor's account is one to which nothing ever comes."""

    lost: bool = False
    host: str = ""

    @rx.event
    @open_to(CUSTOMER)
    async def load(self) -> None:
        """Look whether there is any policy or letter."""
        self.lost = await ask(whereabouts.is_in_an_empty_place, customer())
        self.host = urlsplit(the_house().settings.public_origin).netloc


def wrong_place_card() -> rx.Component:
    """Build the card; nothing where the brand has one portal only."""
    names = the_brand().switched_on
    return rx.cond(WrongPlaceState.lost, _card(names)) if len(names) > 1 else rx.fragment()


def _card(names: tuple[PortalName, ...]) -> rx.Component:
    titles = [(name.value, the_brand().full_title(name)) for name in names]
    return rx.el.section(
        rx.el.h2(t("wrong_place.title")),
        rx.el.p(t("wrong_place.here"), " ", rx.el.strong(rx.match(PortalState.portal, *titles, ""))),
        rx.el.p(t("wrong_place.address"), " ", rx.el.strong(WrongPlaceState.host, class_name="nowrap")),
        rx.el.p(t("wrong_place.address_how"), class_name="muted"),
        rx.el.p(t("wrong_place.elsewhere")),
        *[rx.cond(PortalState.portal != name.value, _other(name)) for name in names],
        rx.el.div(
            native_form(rx.el.button(t("wrong_place.sign_out"), type="submit", class_name="btn btn-line"), action="/kilepes"),
            *[leave_for(name, rx.cond(PortalState.portal == name.value, "btn btn-line", "btn btn-primary")) for name in names],
            class_name="row",
        ),
        rx.el.p(t("wrong_place.leaves"), class_name="muted"),
        rx.el.p(t("wrong_place.which"), " ", rx.el.a(t("right_door.hint_link"), href=PAGE, class_name="link")),
        id="wrong-place",
        class_name="card-plain",
    )


def _other(name: PortalName) -> rx.Component:
    brand = the_brand()
    portal = brand.portal(name)
    routes = [route for route in ROUTES if brand.opens.get(route) is name]
    return rx.el.div(
        rx.el.h3(brand.full_title(name)),
        rx.el.p(t("wrong_place.taken_out") if routes else t("wrong_place.upgraded")),
        rx.el.ul(*[rx.el.li(route_words(route)) for route in routes], class_name="plain-list") if routes else rx.fragment(),
        rx.el.p(t("wrong_place.hosts"), " ", ", ".join(portal.hosts)) if portal.hosts else rx.fragment(),
    )
