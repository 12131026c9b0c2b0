"""The page behind the link that confirms a new notification address; opening it consumes nothing."""

import reflex as rx
from starlette.requests import Request
from starlette.responses import Response

from portal_app.browser.admission import ANYONE, open_to, visitor
from portal_app.browser.arrivals import arrival_of
from portal_app.browser.cookies import CookieNames
from portal_app.browser.pages import see_other
from portal_app.browser.portal_state import PortalState
from portal_app.database.transactions import ask, carry_out
from portal_app.domain.actors import Customer, Stranger
from portal_app.domain.errors import AddressTaken, LinkUsed
from portal_app.gateways.clock import now
from portal_app.gateways.secrets import random_token, token_digest
from portal_app.services import links, preferences
from portal_app.services.house import the_house
from portal_app.services.links import LinkPurpose
from portal_app.services.visits import LIFE
from portal_app.ui.forms import native_form
from portal_app.ui.layout import page_title
from portal_app.ui.notices import notice
from portal_app.ui.words import t

PAGE = "/beallitasok/e-mail"


class NewAddressState(PortalState):
    """Whether the link works, and which address it confirms."""

    status: str = ""
    address: str = ""

    @rx.event
    @open_to(*ANYONE)
    async def load(self) -> None:
        """Look at the link this browser came with."""
        actor = visitor()
        if isinstance(actor, Customer | Stranger):
            status, self.address = await ask(preferences.address_of_link, actor, now=now())
            self.status = "done" if "kesz" in self.router.url.query_parameters else status.value


async def arrive(request: Request) -> Response:
    """Put the link's token into a short visit and show the bare page."""
    arrival = arrival_of(request)
    token = random_token()
    await carry_out(
        links.arrive_by_link, arrival.actor, token_digest(request.path_params["token"]), LinkPurpose.ADDRESS,
        token_digest(token), now=now(),
    )  # fmt: skip
    answer = see_other(PAGE)
    if isinstance(arrival.actor, Stranger):
        CookieNames(the_house().settings.secure).give(answer, "visit", token, int(LIFE.total_seconds()))
    return answer


async def confirm(request: Request) -> Response:
    """Make the address the account's."""
    try:
        await carry_out(preferences.confirm_new_address, arrival_of(request).actor, now=now())
    except (LinkUsed, AddressTaken):
        return see_other(PAGE)
    return see_other(f"{PAGE}?kesz=1")


def new_address_page() -> rx.Component:
    """Build the page: one button while the link works, else what to do."""
    return rx.el.div(
        page_title(t("new_address.title")),
        rx.match(
            NewAddressState.status,
            ("", rx.fragment()),
            ("open", _confirm()),
            ("done", notice("success", rx.el.p(t("new_address.done")), _onward())),
            ("link_used", notice("info", rx.el.p(t("new_address.used")), _onward())),
            notice("warning", rx.el.p(t("new_address.expired")), _onward()),
        ),
        class_name="stack",
    )


def _confirm() -> rx.Component:
    return rx.el.section(
        rx.el.p(t("new_address.about")),
        rx.el.p(rx.el.strong(NewAddressState.address)),
        native_form(rx.el.button(t("new_address.confirm"), type="submit", class_name="btn btn-primary"), action=PAGE),
        class_name="card-plain",
    )


def _onward() -> rx.Component:
    return rx.el.a(t("new_address.onward"), href="/", reload_document=True, class_name="link")
