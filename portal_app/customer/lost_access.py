"""Lost access (`/segitseg/hozzaferes`): whoever cannot get in by any way asks staff, with policy and plate number (R53–R54)."""

import re

import reflex as rx
from starlette.requests import Request
from starlette.responses import Response

from portal_app.browser.admission import ANYONE, PublicId, open_to, parse, visitor
from portal_app.browser.arrivals import arrival_of
from portal_app.browser.pages import see_other
from portal_app.browser.portal_state import PortalState, the_brand
from portal_app.customer.posted import MAILS_LIMIT, Posted, as_long_for_everybody, posted, refuse_beyond
from portal_app.customer.right_door.page import LOST_ACCESS
from portal_app.customer.titles import title_with_error
from portal_app.database.transactions import ask, carry_out
from portal_app.domain.actors import Customer, Stranger
from portal_app.domain.applications import ApplicationKind
from portal_app.domain.errors import EmailInvalid
from portal_app.gateways.clock import now
from portal_app.gateways.contacts import tidy_email
from portal_app.gateways.secrets import public_id
from portal_app.services import applications, visits
from portal_app.services.applications import NewApplication
from portal_app.services.house import the_house
from portal_app.texts.catalogues import sentence
from portal_app.ui.fields import error_summary, text_area, text_field
from portal_app.ui.forms import native_form
from portal_app.ui.layout import contact_lines, page_title
from portal_app.ui.notices import notice
from portal_app.ui.words import t

SENT, MISSING = "kerelem", "hianyzik"
# What has to be told, and the sentence for whoever leaves it out.
NEEDED = {"name": "name_missing", "policy_number": "policy_missing", "email": "email_missing"}
FIELDS = ("name", "policy_number", "plate_number", "email", "words")
NOTHING = dict.fromkeys(FIELDS, "")
UNFINISHED = "lost_access_unfinished"
REFERENCE = re.compile(r"K-\d{4}-[0-9A-Z]{6}")
LONGEST, LONGEST_WORDS = 200, 2000


# ── the route ──


async def ask_staff(request: Request) -> Response:
    """Take the request; nothing is looked up, so everybody gets a reference number."""
    form = await posted(request)
    typed = {name: form.text(name, LONGEST_WORDS) for name in FIELDS}
    given = {name: typed[name].strip()[:LONGEST] for name in ("name", "policy_number", "plate_number")} | {"email": _email(form)}
    missing = [name for name in NEEDED if not given[name]]
    if missing:
        await carry_out(visits.note_typed, form.actor, form.browser().visit_sha256, UNFINISHED, now=now(), **typed)
        return form.back_to(f"{LOST_ACCESS}?{MISSING}={','.join(missing)}")
    await refuse_beyond("request from outside", form.source, MAILS_LIMIT)
    facts = {name: given[name] for name in ("name", "plate_number")} | {"words": typed["words"]}
    new = NewApplication(ApplicationKind.LOST_ACCESS, _nonce(form), facts, given["policy_number"])
    async with as_long_for_everybody():
        receipt = await carry_out(
            applications.submit_from_outside, form.actor, new, email=given["email"], language=arrival_of(request).language,
            brand=the_house().brand, now=now(),
        )  # fmt: skip
        await carry_out(visits.forget_typed, form.actor, UNFINISHED, now=now())
    return see_other(f"{LOST_ACCESS}?{SENT}={receipt.reference}")


def _email(form: Posted) -> str:
    try:
        return tidy_email(form.text("email"))
    except EmailInvalid:
        return ""


def _nonce(form: Posted) -> str:
    """Give the form's nonce; where no script could put one in, each sending is a request of its own."""
    return str(parse(PublicId, form.text("nonce"))) if form.text("nonce") else public_id()


# ── what the page shows ──


class LostAccessState(PortalState):
    """Whether the request was received; else what it lacked, and what was typed."""

    nonce: str = ""
    reference: str = ""
    name_error: str = ""
    policy_error: str = ""
    email_error: str = ""
    typed: dict[str, str] = rx.field(default_factory=lambda: dict(NOTHING))

    @rx.event
    @open_to(*ANYONE)
    async def load(self) -> None:
        """Read from the address how the form ended, and from the visit what was typed."""
        asked = self.router.url.query_parameters
        reference = asked.get(SENT, "")
        self.reference = reference if REFERENCE.fullmatch(reference) else ""
        self.nonce = public_id()
        missing = asked.get(MISSING, "").split(",")
        self.name_error, self.policy_error, self.email_error = (self._error(name, missing) for name in NEEDED)
        self.typed = await self._typed() if MISSING in asked else dict(NOTHING)

    async def _typed(self) -> dict[str, str]:
        actor = visitor()
        if not isinstance(actor, Customer | Stranger):
            return dict(NOTHING)
        left = await ask(visits.outcome_for, actor, now=now())
        return {name: str(left.facts.get(name, "")) if left.code == UNFINISHED else "" for name in FIELDS}

    def _error(self, name: str, missing: list[str]) -> str:
        register = the_brand().register.value
        return sentence(f"lost_access.{NEEDED[name]}", self.language, register) if name in missing else ""


# ── the page ──

TITLE = title_with_error(
    "lost_access.title", LostAccessState.name_error, LostAccessState.policy_error, LostAccessState.email_error
)


TYPED = LostAccessState.typed


def lost_access_page() -> rx.Component:
    """Build the page: the form, or the receipt."""
    return rx.el.div(rx.cond(LostAccessState.reference != "", _sent(), _form()), class_name="stack")


def _form() -> rx.Component:
    return rx.el.section(
        page_title(t("lost_access.title")),
        rx.el.p(t("lost_access.lead", days=the_brand().request_days)),
        error_summary(
            ("name", LostAccessState.name_error),
            ("policy_number", LostAccessState.policy_error),
            ("email", LostAccessState.email_error),
        ),
        native_form(
            rx.el.input(type="hidden", name="nonce", value=LostAccessState.nonce),
            text_field(
                "name", t("lost_access.name"), error=LostAccessState.name_error, autocomplete="name",
                default_value=TYPED["name"], max_length=LONGEST, required=True,
            ),
            text_field(
                "policy_number", t("lost_access.policy_number"), error=LostAccessState.policy_error,
                default_value=TYPED["policy_number"], spell_check=False, max_length=LONGEST, required=True,
            ),
            text_field(
                "plate_number", t("lost_access.plate"), default_value=TYPED["plate_number"], spell_check=False,
                auto_capitalize="characters", max_length=30,
            ),
            text_field(
                "email", t("lost_access.email"), hint=t("lost_access.email_hint"), error=LostAccessState.email_error,
                kind="email", autocomplete="email", default_value=TYPED["email"], max_length=LONGEST, required=True,
            ),
            text_area(
                "words", t("lost_access.words"), hint=t("lost_access.words_hint"), default_value=TYPED["words"], rows=4,
                max_length=LONGEST_WORDS,
            ),
            rx.el.p(t("lost_access.safety"), class_name="muted"),
            rx.el.button(t("lost_access.submit"), type="submit", class_name="btn btn-primary btn-wide-narrow"),
            action=LOST_ACCESS,
            no_validate=True,
            # Built anew when the state arrives, so that the fields take what was typed before.
            key=TYPED.to_string(),
        ),
        class_name="card-plain",
    )  # fmt: skip


def _sent() -> rx.Component:
    return rx.el.section(
        page_title(t("lost_access.sent_title")),
        notice("success", rx.el.p(t("lost_access.reference"), " ", rx.el.strong(LostAccessState.reference, class_name="nowrap"))),
        rx.el.p(t("lost_access.sent", days=the_brand().request_days)),
        contact_lines(),
        id="lost-access-sent",
        class_name="card-plain",
    )
