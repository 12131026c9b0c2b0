"""The forgotten password (elfelejtett jelszó, R22, R67–R70): one field, and always the same answer, whoever is asked for (S21).

What is sent depends on the account: a link, or a new password by SMS or e-mail. The page names both.
"""

import reflex as rx
from starlette.requests import Request
from starlette.responses import Response

from portal_app.browser.admission import CUSTOMER, STRANGER, open_to, visitor
from portal_app.browser.arrivals import arrival_of
from portal_app.browser.pages import SIGN_IN
from portal_app.browser.portal_state import PortalState, the_brand
from portal_app.customer.asked_portal import PORTAL, at_portal, here, portal_field, show_asked_portal
from portal_app.customer.password_rules import drawn_password
from portal_app.customer.posted import MAILS_LIMIT, Posted, posted, refuse_beyond
from portal_app.customer.sign_in import FORGOTTEN, START_OVER, login_field
from portal_app.database.transactions import ask, carry_out
from portal_app.domain.actors import Customer, Stranger
from portal_app.domain.brands import LoginKind
from portal_app.gateways.clock import now
from portal_app.services import sign_in, ways_in
from portal_app.services.challenges import MAILS_AN_HOUR
from portal_app.services.house import the_house
from portal_app.services.sign_in import FIELDS_EMPTY
from portal_app.services.ways_in import WAY_IN_SENT
from portal_app.texts.catalogues import sentence
from portal_app.texts.phones import phone, phone_link
from portal_app.ui.fields import error_summary
from portal_app.ui.forms import native_form
from portal_app.ui.layout import page_title
from portal_app.ui.links import document_link, mail_link, mail_words
from portal_app.ui.notices import notice
from portal_app.ui.words import in_language, quoted, t

# ── the route ──


async def request_new_password(request: Request) -> Response:
    """Take the form; finding the account and owing it post happens in the same time for everybody."""
    form = await posted(request)
    page = at_portal(FORGOTTEN, form.text(PORTAL))
    if form.text("act") == START_OVER:
        await carry_out(sign_in.start_over, form.actor, now=now())
        return form.back_to(page)
    login = form.text("login")
    if not login.strip():
        await carry_out(sign_in.note_empty, form.actor, login, form.browser(), now=now())
        return form.back_to(page)
    await refuse_beyond("new password", form.source, MAILS_LIMIT)
    house = the_house()
    initial, hashed = await drawn_password(form, login)
    await carry_out(
        ways_in.request_new_password, form.actor, login, form.browser().visit_sha256,
        initial_password=initial, hashed=hashed, language=arrival_of(request).language,
        brand=house.brand, secrets=house.secrets, now=now(),
    )  # fmt: skip
    return form.back_to(page)


async def send_new_link(form: Posted, page: str) -> Response:
    """Answer the button of a link that does not work any more: a new one goes to the address on file."""
    await refuse_beyond("new password", form.source, MAILS_LIMIT)
    house = the_house()
    initial, hashed = await drawn_password(form)
    await carry_out(
        ways_in.request_new_link, form.actor,
        initial_password=initial, hashed=hashed, brand=house.brand, secrets=house.secrets, now=now(),
    )  # fmt: skip
    return form.back_to(page)


# ── what the page shows ──


class ForgottenState(PortalState):
    """Whether something was asked for just now."""

    sent: bool = False
    login: str = ""
    login_error: str = ""
    asked_for: str = ""
    seconds: int = 0
    asked: str = ""
    """The portal that the address asks for; empty when it asks for none."""

    @rx.event
    @open_to(STRANGER, CUSTOMER)
    async def load(self) -> None:
        """Show how the last request ended."""
        actor = visitor()
        if not isinstance(actor, Customer | Stranger):
            return
        self.asked = show_asked_portal(self)
        view = await ask(sign_in.attempt_view, actor, brand=the_house().brand, now=now())
        register = the_brand().register.value
        self.sent, self.login, self.seconds = view.outcome.code == WAY_IN_SENT, view.login, view.seconds
        self.asked_for = sentence("password.sent_asked_for", self.language, register, login=view.login) if view.login else ""
        is_empty = view.outcome.code == FIELDS_EMPTY and not view.login
        empty = "sign_in.email_empty" if the_brand().portal(self.portal).login is LoginKind.EMAIL else "sign_in.id_empty"
        self.login_error = sentence(empty, self.language, register) if is_empty else ""


# ── the page ──


def forgotten_password_page() -> rx.Component:
    """Build the page: the field, or what to do now that something was asked for."""
    return rx.el.div(rx.cond(ForgottenState.sent, _sent(), _form()), class_name="stack")


def sends_passwords() -> bool:
    """Whether a portal of the brand sends passwords, besides links (R69)."""
    brand = the_brand()
    return any(brand.portals[name].login is LoginKind.ISSUED for name in brand.switched_on)


def _form() -> rx.Component:
    return rx.el.section(
        page_title(t("password.forgotten_title")),
        rx.el.p(t("password.forgotten_about_both" if sends_passwords() else "password.forgotten_about")),
        error_summary(("login", ForgottenState.login_error)),
        native_form(
            portal_field(ForgottenState.asked),
            login_field(ForgottenState.login, ForgottenState.login_error),
            rx.el.button(t("password.request"), type="submit", class_name="btn btn-primary btn-wide-narrow"),
            action=FORGOTTEN,
            no_validate=True,
            key=ForgottenState.login + ForgottenState.asked,
        ),
        rx.el.p(document_link(t("password.back_to_sign_in"), href=here(SIGN_IN)), class_name="after-form"),
        class_name="card-plain",
    )


def _sent() -> rx.Component:
    return rx.fragment(
        _sent_password() if sends_passwords() else _sent_link(),
        rx.el.section(
            not_arrived(by_sms=sends_passwords()),
            rx.cond(ForgottenState.login != "", _send_again()),
            native_form(
                rx.el.input(type="hidden", name="act", value=START_OVER),
                portal_field(ForgottenState.asked),
                rx.el.button(
                    t("password.other_id" if sends_passwords() else "password.other_login"),
                    type="submit",
                    class_name="btn btn-ghost btn-wide-narrow",
                ),
                action=FORGOTTEN,
            ),
            rx.el.p(document_link(t("password.back_to_sign_in"), href=here(SIGN_IN)), class_name="after-form"),
            class_name="card-plain stack",
        ),
    )


def _sent_link() -> rx.Component:
    minutes = the_brand().lives.reset_link_minutes
    return rx.el.section(
        page_title(t("password.sent_title")),
        notice("success", rx.el.p(t("password.sent", minutes=minutes))),
        rx.el.p(ForgottenState.asked_for),
        rx.el.p(t("password.sent_how")),
        class_name="card-plain",
    )


def _sent_password() -> rx.Component:
    """Say both ways in which help may come (R69); which one it is, only the owner sees."""
    lives = the_brand().lives
    return rx.el.section(
        page_title(t("password.sent_both_title")),
        notice("success", rx.el.p(t("password.sent_both"))),
        rx.el.p(ForgottenState.asked_for),
        rx.el.ul(
            rx.el.li(t("password.sent_both_password", hours=lives.sms_password_hours)),
            rx.el.li(t("password.sent_both_link", minutes=lives.reset_link_minutes)),
            class_name="plain-list",
        ),
        class_name="card-plain",
    )


def not_arrived(*, by_sms: bool = False) -> rx.Component:
    """Build the list of what to do when nothing comes (R49–R50), `by_sms` with what can go wrong there (R70)."""
    brand = the_brand()
    contact, post = brand.contact, brand.post
    hours = in_language(contact.opening_hours, contact.opening_hours_en)
    return rx.el.div(
        rx.el.h2(t("password.not_arrived")),
        rx.el.ul(
            *([rx.el.li(t("password.wrong_id")), rx.el.li(t("password.unsuitable_phone"))] if by_sms else []),
            rx.el.li(t("password.look_in_spam")),
            rx.el.li(
                t("password.look_for_sender"),
                rx.el.ul(
                    rx.el.li(rx.el.strong(post.sender_name)),
                    rx.el.li(rx.el.strong(mail_words(post.sender_address))),
                    rx.el.li(rx.el.strong(quoted(post.search_word))),
                    class_name="plain-list",
                ),
            ),
            rx.el.li(t("password.other_address_or_id"), " ", document_link(t("password.whereabouts"), href="/segitseg"))
            if by_sms
            else rx.el.li(t("password.other_address")),
            rx.el.li(t("password.few_messages" if by_sms else "password.few_mails", n=MAILS_AN_HOUR)),
            rx.el.li(
                t("password.call"),
                " ",
                document_link(phone(contact.phone), href=phone_link(contact.phone)),
                " (",
                hours,
                ")",
                *(_or_write(contact.email) if by_sms else ()),
            ),
            class_name="plain-list",
        ),
    )


def _or_write(email: str) -> tuple[rx.Var[str] | str | rx.Component, ...]:
    return " ", t("password.or_write"), " ", mail_link(email)


def _send_again() -> rx.Component:
    return native_form(
        rx.el.input(type="hidden", name="login", value=ForgottenState.login),
        portal_field(ForgottenState.asked),
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
