"""The way to the full customer portal: what stays, what changes, and one press to move (R38–R39, R41)."""

import reflex as rx
from starlette.requests import Request
from starlette.responses import Response

from portal_app.browser.admission import CUSTOMER, customer, open_to
from portal_app.browser.pages import CHANGE, INBOX, see_other
from portal_app.browser.portal_state import PortalState, the_brand
from portal_app.customer.posted import Posted, posted, refuse_beyond
from portal_app.database.contention import carry_out_again
from portal_app.database.transactions import ask, carry_out, the_database
from portal_app.domain.actors import Customer
from portal_app.domain.brands import Product
from portal_app.domain.errors import CodeWrong, NotSignedIn, PhoneMissing, PolicyUnknown, TooMany, UpgradeNotPossible
from portal_app.gateways.clock import now
from portal_app.services import upgrades, visits, wishes
from portal_app.services.house import the_house
from portal_app.texts.catalogues import sentence
from portal_app.texts.phones import masked_phone
from portal_app.texts.refusals import refusal_sentence
from portal_app.ui.fields import error_summary, text_field
from portal_app.ui.forms import native_form
from portal_app.ui.icons import icon
from portal_app.ui.layout import page_title
from portal_app.ui.notices import notice
from portal_app.ui.words import in_language, t

PAGE = "/atlepes"
SEND_CODE = "send_code"
CODE_TRIES = "10/15minute"
SERVICES = ("policies", "documents", "payments", "requests", "merging")
CHANGES = ("stays", "login", "password", "address")
ASKED_BACK = (UpgradeNotPossible, CodeWrong, PolicyUnknown, PhoneMissing, TooMany)
AT_POLICY = (PolicyUnknown.code, PhoneMissing.code, TooMany.code)


# ── the route ──


async def move(request: Request) -> Response:
    """Move the customer's account to the full portal; pressed again it only leads on."""
    form = await posted(request)
    if not isinstance(form.actor, Customer):
        raise NotSignedIn
    try:
        if form.text("act") == SEND_CODE:
            await _send_code(form, form.actor)
            return see_other(PAGE)
        return await _move(form, form.actor)
    except ASKED_BACK as refusal:
        await carry_out(visits.note_for, form.actor, refusal.code, now=now())
        return see_other(PAGE)


async def _send_code(form: Posted, actor: Customer) -> None:
    house = the_house()
    await refuse_beyond("upgrade codes", str(actor.account_id), CODE_TRIES)
    await carry_out(upgrades.send_phone_code, actor, form.text("policy"), brand=house.brand, secrets=house.secrets, now=now())


async def _move(form: Posted, actor: Customer) -> Response:
    house, proved = the_house(), False
    if house.brand.upgrade_asks_phone_code:
        proved = await carry_out(upgrades.check_phone_code, actor, form.text("code"), secrets=house.secrets, now=now())
    database = the_database()
    moved = await database.in_thread(
        carry_out_again, database, upgrades.upgrade, actor, phone_proved=proved, brand=house.brand, now=now()
    )
    return see_other(CHANGE if moved else INBOX)


# ── what the page shows ──


class UpgradeState(PortalState):
    """What comes along, and whether a wish is noted where there is nothing to move to yet."""

    wished: bool = False
    letters_words: str = ""
    code_sent: bool = False
    phone: str = ""
    refused: str = ""
    policy_error: str = ""
    code_error: str = ""

    @rx.event
    @open_to(CUSTOMER)
    async def load(self) -> None:
        """Show what comes along and how far the visitor has come."""
        shown = await ask(upgrades.offer, customer(), brand=the_brand(), now=now())
        register = the_brand().register.value
        self.letters_words = sentence("upgrade.letters_come", self.language, register, n=shown.letters)
        self.code_sent, self.phone = shown.code_sent, masked_phone(shown.phone) if shown.phone else ""
        self.refused, self.policy_error, self.code_error = "", "", ""
        if shown.outcome in {refusal.code for refusal in ASKED_BACK}:
            self._show_refusal(shown.outcome, refusal_sentence(shown.outcome, self.language, register, {}))
        self.wished = await ask(wishes.has_wished, customer())

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    async def wish(self) -> None:
        """Note the wish where the insurer reads messages; pressing twice notes it once."""
        brand = the_house().brand
        subject = sentence("upgrade.wish_subject", self.language, brand.register.value)
        text = sentence("upgrade.wish_text", self.language, brand.register.value)
        self.wished = await carry_out(
            wishes.wish_for_upgrade, customer(), subject=subject, text=text, brand=brand, now=now()
        ) or await ask(wishes.has_wished, customer())

    def _show_refusal(self, code: str, words: str) -> None:
        if not the_brand().upgrade_asks_phone_code or code == UpgradeNotPossible.code:
            self.refused = words
        elif code in AT_POLICY:
            self.policy_error = words
        else:
            self.code_error = words


# ── the page ──


def upgrade_page() -> rx.Component:
    """Build the page: what stays, what changes, and the one button; else what will be there and how to ask for it."""
    there = upgrades.may_upgrade(the_brand())
    return rx.el.div(
        page_title(t("upgrade.title")),
        *((rx.el.p(t("upgrade.moving_lead")), _moving()) if there else (rx.el.p(t("upgrade.lead")),)),
        rx.el.section(
            rx.el.h2(t("upgrade.services")),
            rx.el.ul(*[_service(name) for name in SERVICES], class_name="service-list"),
            class_name="card-plain",
        ),
        rx.el.section(
            rx.el.h2(t("upgrade.products")),
            rx.el.p(t("upgrade.products_lead")),
            rx.el.dl(*[part for product in the_brand().products for part in _product(product)], class_name="product-list"),
            rx.el.p(rx.el.a(t("upgrade.help"), href="/sugo", class_name="link")),
            class_name="card-plain",
        ),
        rx.fragment() if there else _wishing(),
        class_name="stack",
    )


def _moving() -> rx.Component:
    return rx.el.section(
        rx.el.h2(t("upgrade.what_changes")),
        rx.cond(UpgradeState.refused != "", notice("error", rx.el.p(UpgradeState.refused), id="upgrade-refused")),
        rx.el.p(UpgradeState.letters_words),
        rx.el.ul(*[_change(name) for name in CHANGES], class_name="service-list"),
        _by_phone() if the_brand().upgrade_asks_phone_code else _one_button(),
        class_name="card-plain stack",
        id="move",
    )


def _change(name: str) -> rx.Component:
    return rx.el.li(icon("check"), rx.el.div(rx.el.strong(t(f"upgrade.{name}")), rx.el.p(t(f"upgrade.{name}_about"))))


def _one_button() -> rx.Component:
    return native_form(rx.el.p(t("upgrade.consent")), _submit(), action=PAGE)


def _submit() -> rx.Component:
    return rx.el.button(t("upgrade.move"), type="submit", class_name="btn btn-primary btn-wide-narrow")


def _by_phone() -> rx.Component:
    """Build the two steps of a brand that asks for proof: a policy number, then the code that came by text message."""
    return rx.cond(
        UpgradeState.code_sent,
        rx.fragment(
            error_summary(("code", UpgradeState.code_error)),
            native_form(
                rx.el.p(t("upgrade.code_sent"), " ", rx.el.strong(UpgradeState.phone)),
                text_field(
                    "code", t("upgrade.code"), hint=t("upgrade.code_hint"), error=UpgradeState.code_error,
                    autocomplete="one-time-code", input_mode="numeric",
                ),
                rx.el.p(t("upgrade.consent")),
                _submit(),
                action=PAGE,
                no_validate=True,
            ),
            _ask_for_code(t("upgrade.code_again"), "btn-line"),
        ),
        _ask_for_code(t("upgrade.send_code"), "btn-primary"),
    )  # fmt: skip


def _ask_for_code(words: rx.Var[str], kind: str) -> rx.Component:
    return rx.fragment(
        error_summary(("policy", UpgradeState.policy_error)),
        native_form(
            rx.el.input(type="hidden", name="act", value=SEND_CODE),
            text_field("policy", t("upgrade.policy"), hint=t("upgrade.policy_hint"), error=UpgradeState.policy_error),
            rx.el.button(words, type="submit", class_name=f"btn {kind} btn-wide-narrow"),
            action=PAGE,
            no_validate=True,
        ),
    )


def _wishing() -> rx.Component:
    return rx.el.section(
        rx.el.h2(t("upgrade.what_now")),
        rx.el.p(t("upgrade.free")),
        rx.cond(
            UpgradeState.wished,
            notice("success", rx.el.p(t("upgrade.noted")), id="wish-noted"),
            rx.el.button(t("upgrade.wish"), type="button", on_click=UpgradeState.wish, class_name="btn btn-primary"),
        ),
        class_name="card-plain",
        aria_live="polite",
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
