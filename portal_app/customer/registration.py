"""Registering (regisztráció, R90): who should not, then user name, e-mail address and password; the answer is always the same."""

import reflex as rx
from starlette.requests import Request
from starlette.responses import Response

from portal_app.browser.addresses import Page, WebRoute
from portal_app.browser.admission import CUSTOMER, STRANGER, open_to, visitor
from portal_app.browser.arrivals import arrival_of
from portal_app.browser.portal_state import PortalState, the_brand
from portal_app.customer import registration_link
from portal_app.customer.asked_portal import show_portal
from portal_app.customer.forgotten_password import not_arrived
from portal_app.customer.newcomers import REGISTRATION, doors, guide_link
from portal_app.customer.password_rules import (
    is_not_yet_enough,
    new_password_fields,
    what_is_missing,
    what_is_repeated_otherwise,
)
from portal_app.customer.posted import MAILS_LIMIT, Posted, posted, refuse_beyond
from portal_app.customer.sign_in import START_OVER
from portal_app.customer.titles import title_with_error
from portal_app.database.transactions import ask, carry_out
from portal_app.domain.actors import Customer, Stranger
from portal_app.domain.brands import Brand, PortalName
from portal_app.domain.errors import EmailInvalid, PasswordRefused
from portal_app.domain.logins import LONGEST_NAME, SHORTEST_NAME, flaw_in_name
from portal_app.domain.passwords import forbidden_characters
from portal_app.gateways.clock import now
from portal_app.gateways.contacts import tidy_email
from portal_app.services import registrations, sign_in
from portal_app.services.house import the_house
from portal_app.services.passwords import NEW_EMPTY, REPEATED_OTHERWISE, flaws_of
from portal_app.services.registrations import REFUSED, SENT, RegistrationView, Wanted
from portal_app.services.visits import Outcome
from portal_app.texts.catalogues import sentence
from portal_app.ui.fields import check_field, error_summary, text_field
from portal_app.ui.forms import native_form
from portal_app.ui.icons import icon
from portal_app.ui.layout import page_title
from portal_app.ui.links import document_link
from portal_app.ui.notices import notice
from portal_app.ui.words import t

EMPTY, INVALID, MISSING = "empty", "invalid", "missing"

# ── the route ──


async def register(request: Request) -> Response:
    """Take the form: judge what was typed, hash the password, owe the e-mail; whoever is known already learns it there."""
    form, house = await posted(request), the_house()
    portal = house.brand.registers_in
    if form.text("act") == START_OVER or portal is None:
        await carry_out(sign_in.start_over, form.actor, now=now())
        return form.back_to(REGISTRATION)
    wanted = Wanted(form.text("login").strip(), form.text("email").strip())
    errors = _errors(form, wanted, portal)
    visit = form.browser().visit_sha256
    if errors:
        await carry_out(registrations.note_refused, form.actor, wanted, visit, now=now(), **errors)
        return form.back_to(REGISTRATION)
    await refuse_beyond("registration", form.source, MAILS_LIMIT)
    hashed = await house.hashing.hash_async(form.text("new"))
    await carry_out(
        registrations.ask, form.actor, Wanted(wanted.name, tidy_email(wanted.email)), hashed, visit, portal=portal,
        language=arrival_of(request).language or "hu", brand=house.brand, secrets=house.secrets, now=now(),
    )  # fmt: skip
    return form.back_to(REGISTRATION)


def _errors(form: Posted, wanted: Wanted, portal: PortalName) -> dict[str, str]:
    """Say what is wrong, field by field; nothing here depends on who is registered already."""
    new, ticket = form.text("new"), registrations.ticket_for(wanted, the_house().brand, portal)
    flaws = [NEW_EMPTY] if not new else [str(flaw) for flaw in flaws_of(new, ticket)]
    if not flaws and new != form.text("again"):
        flaws = [REPEATED_OTHERWISE]
    errors = {
        "name_error": flaw_in_name(wanted.name) or "",
        "email_error": _email_error(wanted.email),
        "flaws": ",".join(flaws),
        "characters": forbidden_characters(new, ticket.rules) if flaws else "",
        "consent_error": "" if form.text("consent") else MISSING,
    }
    return {name: error for name, error in errors.items() if error}


def _email_error(email: str) -> str:
    if not email:
        return EMPTY
    try:
        tidy_email(email)
    except EmailInvalid:
        return INVALID
    return ""


# ── what the page shows ──


class RegistrationState(PortalState):
    """What was typed before, and what is wrong with it."""

    stage: str = "form"
    """form | sent"""
    name: str = ""
    email: str = ""
    name_error: str = ""
    email_error: str = ""
    new_error: str = ""
    new_hint: str = ""
    again_error: str = ""
    consent_error: str = ""
    consented: bool = False
    sent_to: str = ""

    @rx.event
    @open_to(STRANGER, CUSTOMER)
    async def load(self) -> None:
        """Show how the last try ended, under the name of the portal in which people register."""
        show_portal(self, _portal().value)
        actor = visitor()
        if isinstance(actor, Customer | Stranger):
            self._show(await ask(registrations.registration_view, actor, now=now()))

    def _show(self, view: RegistrationView) -> None:
        facts = view.outcome.facts
        self.stage = "sent" if view.outcome.code == SENT else "form"
        self.name, self.email = view.wanted.name, view.wanted.email
        self.sent_to = self._say("sent", email=view.wanted.email) if self.stage == "sent" else ""
        self.name_error = self._wrong("name", str(facts.get("name_error", "")))
        self.email_error = self._wrong("email", str(facts.get("email_error", "")))
        self.consent_error = self._wrong("consent", str(facts.get("consent_error", "")))
        self.consented = view.outcome.code == REFUSED and not self.consent_error
        self._show_password(Outcome(PasswordRefused.code, facts) if facts.get("flaws") else Outcome())

    def _show_password(self, outcome: Outcome) -> None:
        brand = the_brand()
        if brand.registers_in is None:
            return
        self.new_hint = what_is_missing(outcome, brand.portals[brand.registers_in].passwords, self.language)
        self.new_error = is_not_yet_enough(outcome, self.language) or self.new_hint
        self.again_error = what_is_repeated_otherwise(outcome, self.language)

    def _wrong(self, field: str, flaw: str) -> str:
        if not flaw:
            return ""
        return self._say(f"{field}_{flaw}", shortest=SHORTEST_NAME, longest=LONGEST_NAME)

    def _say(self, key: str, **values: str | int) -> str:
        return sentence(f"registration.{key}", self.language, the_brand().register.value, **values)


# ── the page ──


TITLE = title_with_error(
    "registration.title",
    RegistrationState.name_error,
    RegistrationState.email_error,
    RegistrationState.new_error,
    RegistrationState.again_error,
    RegistrationState.consent_error,
)


def registration_page() -> rx.Component:
    """Build the page: who should not register here (R52), the form, or what to do now that the e-mail is on its way."""
    return rx.el.div(rx.cond(RegistrationState.stage == "sent", _sent(), _form()), class_name="stack")


def _form() -> rx.Component:
    return rx.fragment(
        page_title(t("registration.title")),
        _who_should_not(),
        rx.el.section(
            rx.el.h2(t("registration.form_title", portal=_title())),
            rx.el.p(t("registration.about")),
            error_summary(
                ("login", RegistrationState.name_error),
                ("email", RegistrationState.email_error),
                ("new", RegistrationState.new_error),
                ("again", RegistrationState.again_error),
                ("consent", RegistrationState.consent_error),
            ),
            native_form(
                _name_and_address(),
                new_password_fields(_portal(), RegistrationState.new_hint, RegistrationState.again_error),
                _consent(),
                rx.el.button(t("registration.submit"), type="submit", class_name="btn btn-primary btn-wide-narrow"),
                action=REGISTRATION,
                no_validate=True,
                # Built anew when the state arrives, so that the fields take what was typed before.
                key=RegistrationState.name + RegistrationState.email + RegistrationState.consented.to_string(),
            ),
            class_name="card-plain",
        ),
        rx.el.section(
            rx.el.h2(t("registration.help_title")),
            rx.el.p(guide_link()),
            class_name="card-plain",
        ),
    )


def _who_should_not() -> rx.Component:
    return notice(
        "warning",
        rx.el.h2(t("registration.warning_title")),
        rx.el.p(t("registration.warning", portal=_title())),
        rx.el.p(t("registration.warning_doors")),
        doors(),
        id="who-should-not",
    )


def _name_and_address() -> rx.Component:
    return rx.fragment(
        text_field(
            "login",
            t("registration.name"),
            hint=t("registration.name_hint", shortest=SHORTEST_NAME, longest=LONGEST_NAME),
            error=RegistrationState.name_error,
            autocomplete="username",
            default_value=RegistrationState.name,
            spell_check=False,
            auto_capitalize="none",
        ),
        text_field(
            "email",
            t("registration.email"),
            hint=t("registration.email_hint"),
            error=RegistrationState.email_error,
            kind="email",
            autocomplete="email",
            default_value=RegistrationState.email,
            input_mode="email",
            spell_check=False,
            auto_capitalize="none",
        ),
    )


def _consent() -> rx.Component:
    wrong = RegistrationState.consent_error != ""
    return rx.el.div(
        rx.cond(
            wrong,
            rx.el.p(icon("error"), rx.el.span(RegistrationState.consent_error), id="consent-error", class_name="field-error"),
        ),
        check_field(
            "consent",
            t("registration.consent"),
            value="yes",
            default_checked=RegistrationState.consented,
            aria_invalid=rx.cond(wrong, "true", "false"),
            aria_describedby=rx.cond(wrong, "consent-error", ""),
        ),
        rx.el.p(document_link(t("shell.privacy"), href=the_brand().contact.privacy)),
        class_name="field",
    )


def _sent() -> rx.Component:
    hours = the_brand().lives.registration_link_hours
    return rx.fragment(
        rx.el.section(
            page_title(t("registration.sent_title")),
            notice("success", rx.el.p(RegistrationState.sent_to)),
            rx.el.p(t("registration.sent_how", hours=hours)),
            class_name="card-plain",
        ),
        rx.el.section(
            not_arrived(),
            native_form(
                rx.el.input(type="hidden", name="act", value=START_OVER),
                rx.el.button(t("registration.again"), type="submit", class_name="btn btn-line btn-wide-narrow"),
                action=REGISTRATION,
            ),
            class_name="card-plain stack",
        ),
    )


def _portal() -> PortalName:
    return the_brand().registers_in or the_brand().switched_on[0]


def _title() -> str:
    return the_brand().portals[_portal()].title


# ── addresses ──


def registration_pages(brand: Brand) -> tuple[Page, ...]:
    """Give the pages of the registration; none where no portal of the brand lets people register."""
    if brand.registers_in is None:
        return ()
    link = registration_link
    return (
        Page(REGISTRATION, registration_page, "registration.title", (STRANGER,), (RegistrationState.load,), TITLE),
        Page(
            link.PAGE, link.registration_link_page, "registration.confirm_title", (STRANGER, CUSTOMER),
            (link.RegistrationLinkState.load,), link.TITLE,
        ),
    )  # fmt: skip


def registration_routes(brand: Brand) -> tuple[WebRoute, ...]:
    """Give the routes of the registration, where there is one."""
    if brand.registers_in is None:
        return ()
    return (
        WebRoute("POST", REGISTRATION, register, (STRANGER,)),
        WebRoute("GET", f"{registration_link.PAGE}/{{token}}", registration_link.arrive, (STRANGER, CUSTOMER)),
        WebRoute("POST", registration_link.PAGE, registration_link.confirm, (STRANGER, CUSTOMER)),
    )
