"""Electronic letters asked for without an account (C13): the answer is the same for everybody, and staff decide."""

from typing import Any

import reflex as rx

from portal_app.browser.admission import ANYONE, open_to, visitor
from portal_app.browser.portal_state import PortalState, the_brand
from portal_app.customer.administration.parts import on_paper, terms_list
from portal_app.customer.administration.said import said
from portal_app.customer.inbox.rows import say
from portal_app.customer.posted import MAILS_LIMIT, as_long_for_everybody, refuse_beyond
from portal_app.customer.titles import title_with_error
from portal_app.database.transactions import carry_out
from portal_app.domain.actors import Customer, Stranger
from portal_app.domain.applications import ApplicationKind
from portal_app.domain.errors import NotAllowed, PortalError
from portal_app.gateways.clock import now
from portal_app.gateways.contacts import tidy_email, tidy_phone
from portal_app.gateways.secrets import public_id
from portal_app.services import applications
from portal_app.services.applications import NewApplication
from portal_app.texts.dates import until_day
from portal_app.ui.fields import check_field, error_summary, text_field
from portal_app.ui.icons import icon
from portal_app.ui.layout import contact_lines, page_title
from portal_app.ui.notices import notice
from portal_app.ui.words import t

NEEDED = ("policy_number", "name", "email", "phone", "terms")
NOTHING = dict.fromkeys(NEEDED, "")
LONGEST = 200


class OutsideState(PortalState):
    """The form of somebody without an account, and its receipt."""

    nonce: str = ""
    errors: dict[str, str] = rx.field(default_factory=lambda: dict(NOTHING))
    reference: str = ""
    promise: str = ""

    @rx.event
    @open_to(*ANYONE)
    def load(self) -> None:
        """Begin a new form."""
        self.reset()  # type: ignore[no-untyped-call]
        self.nonce = public_id()

    @rx.event
    @open_to(*ANYONE)
    async def send(self, form: dict[str, Any]) -> None:
        """Take the request; nothing is looked up, so everybody gets a reference number and the same words."""
        given = {name: text.strip()[:LONGEST] for name, text in said(form, (*NEEDED, "plate_number", "accounting")).items()}
        kept = {name: _tidied(name, given.get(name, "")) for name in NEEDED}
        self.errors = {name: "" if kept[name] else say(f"outside.error_{name}", self.language) for name in NEEDED}
        if not all(kept.values()):
            return
        actor = visitor()
        if not isinstance(actor, Customer | Stranger):
            raise NotAllowed
        await refuse_beyond("request from outside", _source_of(actor), MAILS_LIMIT)
        facts = {name: kept[name] for name in ("name", "phone", "terms")} | {
            "plate_number": given.get("plate_number", ""),
            "accounting": "yes" if given.get("accounting") in ("on", "True") else "",
        }
        new = NewApplication(ApplicationKind.ELECTRONIC, self.nonce or public_id(), facts, kept["policy_number"][:64])
        async with as_long_for_everybody():
            receipt = await carry_out(
                applications.submit_from_outside, actor, new, email=kept["email"], language=self.language,
                brand=the_brand(), now=now(),
            )  # fmt: skip
        until = until_day(receipt.due_on, self.language)
        self.promise = say("outside.promise", self.language, days=the_brand().request_days, until=until)
        self.reference = receipt.reference


def _tidied(name: str, text: str) -> str:
    """Give the answer as it is kept, empty where it is none."""
    try:
        match name:
            case "email":
                return tidy_email(text)
            case "phone":
                return tidy_phone(text)
            case "terms":
                return "yes" if text in ("on", "True") else ""
            case _:
                return text
    except PortalError:
        return ""


def _source_of(actor: Customer | Stranger) -> str:
    return actor.source if isinstance(actor, Stranger) else f"account {actor.account_id}"


ERRORS = OutsideState.errors
TITLE = title_with_error("outside.title", *(ERRORS[name] for name in NEEDED))


def outside_page() -> rx.Component:
    """Build the page: the form, or the receipt."""
    return rx.el.div(rx.cond(OutsideState.reference != "", _sent(), _form()), class_name="stack")


def _form() -> rx.Component:
    return rx.el.section(
        page_title(t("outside.title")),
        rx.el.p(t("outside.lead")),
        rx.el.p(t("outside.with_access"), " ", rx.el.a(t("outside.to_sign_in"), href="/belepes", class_name="link")),
        error_summary(*((name.replace("_", "-"), ERRORS[name]) for name in NEEDED)),
        rx.el.form(
            text_field(
                "policy-number", t("outside.policy_number"), name="policy_number", hint=t("outside.policy_number_hint"),
                error=ERRORS["policy_number"], spell_check=False, max_length=64,
            ),
            text_field(
                "plate-number", t("outside.plate_number"), name="plate_number", spell_check=False,
                auto_capitalize="characters", max_length=30,
            ),
            text_field("name", t("outside.name"), error=ERRORS["name"], autocomplete="name", max_length=LONGEST),
            text_field(
                "email", t("outside.email"), hint=t("outside.email_hint"), error=ERRORS["email"], kind="email",
                autocomplete="email", spell_check=False, auto_capitalize="none", max_length=LONGEST,
            ),
            text_field(
                "phone", t("outside.phone"), hint=t("outside.phone_hint"), error=ERRORS["phone"], kind="tel",
                autocomplete="tel", max_length=40,
            ),
            rx.el.fieldset(
                rx.el.legend(t("outside.consents"), class_name="field-label"),
                terms_list(),
                rx.cond(
                    ERRORS["terms"] != "",
                    rx.el.p(icon("error"), rx.el.span(ERRORS["terms"]), id="terms-error", class_name="field-error"),
                ),
                check_field(
                    "terms",
                    t("request.terms_accept"),
                    aria_invalid=rx.cond(ERRORS["terms"] != "", "true", "false"),
                    aria_describedby=rx.cond(ERRORS["terms"] != "", "terms-error", ""),
                ),
                check_field("accounting", t("outside.accounting")),
                class_name="field",
            ),
            rx.el.p(t("outside.next", days=the_brand().request_days)),
            rx.el.button(t("outside.send"), type="submit", class_name="btn btn-primary btn-wide-narrow"),
            on_submit=OutsideState.send,
            no_validate=True,
        ),
        *on_paper(),
        class_name="card-plain reading",
    )  # fmt: skip


def _sent() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            page_title(t("outside.sent_title")), tab_index=-1, custom_attrs={"data-take-focus": "yes"}, role="group",
            aria_labelledby="title",
        ),
        notice("success", rx.el.p(t("request.received"), " ", rx.el.strong(OutsideState.reference, class_name="nowrap"))),
        rx.el.p(OutsideState.promise),
        rx.el.p(t("outside.sent_mail")),
        rx.el.p(t("outside.sent_decision")),
        contact_lines(),
        class_name="card-plain",
        id="outside-sent",
    )  # fmt: skip
