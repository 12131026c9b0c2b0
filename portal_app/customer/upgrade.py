"""The way to the full customer portal: what it will offer, and one press to ask for it (R38, R41)."""

import reflex as rx

from portal_app.browser.admission import CUSTOMER, customer, open_to
from portal_app.browser.portal_state import PortalState, the_brand
from portal_app.database.transactions import ask, carry_out
from portal_app.domain.brands import Product
from portal_app.gateways.clock import now
from portal_app.services import wishes
from portal_app.services.house import the_house
from portal_app.texts.catalogues import sentence
from portal_app.ui.icons import icon
from portal_app.ui.layout import page_title
from portal_app.ui.notices import notice
from portal_app.ui.words import in_language, t

SERVICES = ("policies", "documents", "payments", "requests", "merging")


class UpgradeState(PortalState):
    """Whether the wish is noted."""

    wished: bool = False

    @rx.event
    @open_to(CUSTOMER)
    async def load(self) -> None:
        """Show whether the customer asked before."""
        self.wished = await ask(wishes.has_wished, customer())

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    async def wish(self) -> None:
        """Note the wish where the insurer reads messages; pressing twice notes it once."""
        brand = the_house().brand
        subject = sentence("upgrade.wish_subject", self.language, brand.register.value)
        text = sentence("upgrade.wish_text", self.language, brand.register.value)
        await carry_out(wishes.wish_for_upgrade, customer(), subject=subject, text=text, brand=brand, now=now())
        self.wished = True


def upgrade_page() -> rx.Component:
    """Build the page: what stays, what the full portal adds, for which products, and the one button."""
    return rx.el.div(
        page_title(t("upgrade.title")),
        rx.el.p(t("upgrade.lead")),
        rx.el.section(
            rx.el.h2(t("upgrade.services")),
            rx.el.ul(*[_service(name) for name in SERVICES], class_name="service-list"),
            class_name="card-plain",
        ),
        rx.el.section(
            rx.el.h2(t("upgrade.products")),
            rx.el.p(t("upgrade.products_lead")),
            rx.el.dl(*[part for product in the_brand().products for part in _product(product)], class_name="product-list"),
            class_name="card-plain",
        ),
        rx.el.section(
            rx.el.h2(t("upgrade.what_now")),
            rx.el.p(t("upgrade.free")),
            rx.cond(
                UpgradeState.wished,
                notice("success", rx.el.p(t("upgrade.noted")), id="wish-noted"),
                rx.el.button(t("upgrade.wish"), type="button", on_click=UpgradeState.wish, class_name="btn btn-primary"),
            ),
            rx.el.p(rx.el.a(t("upgrade.help"), href="/sugo", class_name="link")),
            class_name="card-plain",
            aria_live="polite",
        ),
        class_name="stack",
    )


def _service(name: str) -> rx.Component:
    return rx.el.li(
        icon("info"),
        rx.el.div(
            rx.el.strong(t(f"upgrade.{name}")),
            rx.el.p(t(f"upgrade.{name}_about")),
            rx.el.p(t("upgrade.where"), class_name="muted"),
        ),
    )


def _product(product: Product) -> tuple[rx.Component, rx.Component]:
    return (
        rx.el.dt(in_language(product.name, product.name_en)),
        rx.el.dd(in_language(product.about, product.about_en)),
    )
