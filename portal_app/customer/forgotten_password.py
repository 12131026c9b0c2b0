"""The forgotten password (elfelejtett jelszó, R22): one field, and always the same answer, whoever is asked for (S21)."""

import secrets as chance

import reflex as rx
from starlette.requests import Request
from starlette.responses import Response

from portal_app.browser.admission import CUSTOMER, STRANGER, open_to, visitor
from portal_app.browser.pages import SIGN_IN
from portal_app.browser.portal_state import PortalState, the_brand
from portal_app.customer.posted import MAILS_LIMIT, Posted, posted, refuse_beyond
from portal_app.customer.sign_in import FORGOTTEN, START_OVER
from portal_app.database.transactions import ask, carry_out
from portal_app.domain.actors import Customer, Stranger
from portal_app.domain.passwords import sent_password
from portal_app.gateways.clock import now
from portal_app.services import passwords, sign_in
from portal_app.services.challenges import MAILS_AN_HOUR
from portal_app.services.house import the_house
from portal_app.services.passwords import WAY_IN_SENT
from portal_app.services.sign_in import FIELDS_EMPTY
from portal_app.texts.catalogues import sentence
from portal_app.texts.phones import phone, phone_link
from portal_app.ui.fields import error_summary, text_field
from portal_app.ui.forms import native_form
from portal_app.ui.layout import page_title
from portal_app.ui.links import document_link
from portal_app.ui.notices import notice
from portal_app.ui.words import in_language, t

# ── the route ──


async def request_new_password(request: Request) -> Response:
    """Take the form; finding the account and owing it post happens in the same time for everybody."""
    form = await posted(request)
    if form.text("act") == START_OVER:
        await carry_out(sign_in.start_over, form.actor, now=now())
        return form.back_to(FORGOTTEN)
    login = form.text("login")
    if not login.strip():
        await carry_out(sign_in.note_empty, form.actor, login, form.browser(), now=now())
        return form.back_to(FORGOTTEN)
    await refuse_beyond("new password", form.source, MAILS_LIMIT)
    house = the_house()
    initial, hashed = await initial_password()
    await carry_out(
        passwords.request_new_password, form.actor, login, form.browser().visit_sha256,
        initial_password=initial, hashed=hashed, brand=house.brand, secrets=house.secrets, now=now(),
    )  # fmt: skip
    return form.back_to(FORGOTTEN)


async def send_new_link(form: Posted, page: str) -> Response:
    """Answer the button of a link that does not work any more: a new one goes to the address on file."""
    await refuse_beyond("new password", form.source, MAILS_LIMIT)
    house = the_house()
    initial, hashed = await initial_password()
    await carry_out(
        passwords.request_new_link, form.actor,
        initial_password=initial, hashed=hashed, brand=house.brand, secrets=house.secrets, now=now(),
    )  # fmt: skip
    return form.back_to(page)


async def initial_password() -> tuple[str, str]:
    """Draw an initial password and hash it, whether it will be needed or not: that is what makes all answers alike."""
    house = the_house()
    rules = house.brand.portal(house.brand.switched_on[0]).passwords
    initial = sent_password(rules, chance.SystemRandom())
    return initial, await house.hashing.hash_async(initial)


# ── what the page shows ──


class ForgottenState(PortalState):
    """Whether something was asked for just now."""

    sent: bool = False
    login: str = ""
    login_error: str = ""
    asked_for: str = ""
    seconds: int = 0

    @rx.event
    @open_to(STRANGER, CUSTOMER)
    async def load(self) -> None:
        """Show how the last request ended."""
        actor = visitor()
        if not isinstance(actor, Customer | Stranger):
            return
        view = await ask(sign_in.attempt_view, actor, brand=the_house().brand, now=now())
        register = the_brand().register.value
        self.sent, self.login, self.seconds = view.outcome.code == WAY_IN_SENT, view.login, view.seconds
        self.asked_for = sentence("password.sent_asked_for", self.language, register, login=view.login) if view.login else ""
        is_empty = view.outcome.code == FIELDS_EMPTY and not view.login
        self.login_error = sentence("sign_in.email_empty", self.language, register) if is_empty else ""


# ── the page ──


def forgotten_password_page() -> rx.Component:
    """Build the page: the field, or what to do now that something was asked for."""
    return rx.el.div(rx.cond(ForgottenState.sent, _sent(), _form()), class_name="stack")


def _form() -> rx.Component:
    return rx.el.section(
        page_title(t("password.forgotten_title")),
        rx.el.p(t("password.forgotten_about")),
        error_summary(("login", ForgottenState.login_error)),
        native_form(
            text_field(
                "login",
                t("sign_in.email"),
                error=ForgottenState.login_error,
                autocomplete="username",
                default_value=ForgottenState.login,
                input_mode="email",
                spell_check=False,
                auto_capitalize="none",
            ),
            rx.el.button(t("password.request"), type="submit", class_name="btn btn-primary btn-wide-narrow"),
            action=FORGOTTEN,
            no_validate=True,
            key=ForgottenState.login,
        ),
        rx.el.p(document_link(t("password.back_to_sign_in"), href=SIGN_IN), class_name="after-form"),
        class_name="card-plain",
    )


def _sent() -> rx.Component:
    brand = the_brand()
    return rx.fragment(
        rx.el.section(
            page_title(t("password.sent_title")),
            notice("success", rx.el.p(t("password.sent", minutes=brand.lives.reset_link_minutes))),
            rx.el.p(ForgottenState.asked_for),
            rx.el.p(t("password.sent_how")),
            class_name="card-plain",
        ),
        rx.el.section(
            not_arrived(),
            rx.cond(ForgottenState.login != "", _send_again()),
            native_form(
                rx.el.input(type="hidden", name="act", value=START_OVER),
                rx.el.button(t("password.other_login"), type="submit", class_name="btn btn-ghost btn-wide-narrow"),
                action=FORGOTTEN,
            ),
            rx.el.p(document_link(t("password.back_to_sign_in"), href=SIGN_IN), class_name="after-form"),
            class_name="card-plain stack",
        ),
    )


def not_arrived() -> rx.Component:
    """Build the list of what to do when the e-mail does not come (R49–R50)."""
    brand = the_brand()
    contact, post = brand.contact, brand.post
    hours = in_language(contact.opening_hours, contact.opening_hours_en)
    return rx.el.div(
        rx.el.h2(t("password.not_arrived")),
        rx.el.ul(
            rx.el.li(t("password.look_in_spam")),
            rx.el.li(
                t("password.look_for_sender"),
                " ",
                rx.el.strong(post.sender_name),
                ", ",
                rx.el.strong(post.sender_address),
                ", ",
                rx.el.strong(f"„{post.search_word}”"),
            ),
            rx.el.li(t("password.other_address")),
            rx.el.li(t("password.few_mails", n=MAILS_AN_HOUR)),
            rx.el.li(
                t("password.call"),
                " ",
                document_link(phone(contact.phone), href=phone_link(contact.phone)),
                " (",
                hours,
                ")",
            ),
            class_name="plain-list",
        ),
    )


def _send_again() -> rx.Component:
    return native_form(
        rx.el.input(type="hidden", name="login", value=ForgottenState.login),
        rx.el.button(t("password.send_again"), type="submit", id="send-again", class_name="btn btn-line btn-wide-narrow"),
        rx.el.p(
            class_name="muted wait-words",
            custom_attrs={
                "data-waits": "send-again",
                "data-seconds": ForgottenState.seconds.to_string(),
                "data-text": t("password.send_again_in"),
            },
        ),
        action=FORGOTTEN,
    )
