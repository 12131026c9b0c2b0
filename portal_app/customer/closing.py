"""Closing an account (`/portaltorles`): ask with one of three grounds, confirm by a mailed link, keep it after all (R26–R28)."""

from contextlib import suppress

import reflex as rx
from starlette.requests import Request
from starlette.responses import Response

from portal_app.browser.admission import ANYONE, CUSTOMER, customer, open_to, visitor
from portal_app.browser.arrivals import arrival_of
from portal_app.browser.cookies import CookieNames
from portal_app.browser.pages import see_other
from portal_app.browser.portal_state import PortalState, the_brand
from portal_app.customer.posted import as_long_for_everybody, posted, refuse_beyond
from portal_app.customer.titles import title_with_error
from portal_app.database.transactions import ask, carry_out
from portal_app.domain.actors import Customer, Stranger
from portal_app.domain.closings import Ground
from portal_app.domain.errors import LinkExpired, LinkSuperseded, LinkUnknown, LinkUsed
from portal_app.gateways.clock import now
from portal_app.gateways.secrets import random_token, token_digest
from portal_app.services import closings, links, visits
from portal_app.services.closings import ClosingView
from portal_app.services.house import the_house
from portal_app.services.links import LinkPurpose, LinkStatus
from portal_app.services.visits import LIFE, Outcome
from portal_app.texts.catalogues import sentence
from portal_app.texts.dates import long_date
from portal_app.ui.fields import error_summary, radio_field, text_area, text_field
from portal_app.ui.forms import native_form
from portal_app.ui.icons import icon
from portal_app.ui.layout import contact_lines, page_title
from portal_app.ui.notices import notice
from portal_app.ui.words import t

PAGE = "/portaltorles"
ASKED, MISSING = "elkuldve", "hianyzik"
FIELDS = {"login": 300, "ground": 64, "words": 2000}
"""What the form asks for, and how long it may be."""
NEEDED = {"login": "closing.login_missing", "ground": "closing.ground_missing"}
NOTHING = dict.fromkeys(FIELDS, "")
UNFINISHED = "closing_unfinished"
TRIES = "10/15minute"
BROKEN = (LinkExpired, LinkSuperseded, LinkUnknown, LinkUsed)


class ClosingState(PortalState):
    """Where the visitor stands on the way out."""

    step: str = ""
    """form | asked | confirm | running | broken"""
    letters: str = ""
    takes_effect: str = ""
    to_post: list[str] = rx.field(default_factory=list)
    login_error: str = ""
    ground_error: str = ""
    typed: dict[str, str] = rx.field(default_factory=lambda: dict(NOTHING))

    @rx.event
    @open_to(*ANYONE)
    async def load(self) -> None:
        """Find out how far this visitor has come."""
        actor, brand, asked = visitor(), the_house().brand, self.router.url.query_parameters
        await self._show_missing(actor, asked.get(MISSING, "").split(","))
        running = await ask(closings.running, actor, brand=brand, now=now()) if isinstance(actor, Customer) else None
        if running is not None:
            self._show("running", running)
        elif ASKED in asked:
            self.step = "asked"
        elif MISSING in asked:
            self.step = "form"
        else:
            await self._look_at_link(actor)

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    async def keep(self) -> None:
        """Keep the account after all."""
        await carry_out(closings.cancel, customer(), now=now())
        self.step = "kept"

    async def _show_missing(self, actor: object, missing: list[str]) -> None:
        register = the_brand().register.value
        words = {name: sentence(words, self.language, register) for name, words in NEEDED.items() if name in missing}
        self.login_error, self.ground_error = (words.get(name, "") for name in NEEDED)
        left = await ask(visits.outcome_for, actor, now=now()) if words and isinstance(actor, Customer | Stranger) else Outcome()
        self.typed = {name: str(left.facts.get(name, "")) if left.code == UNFINISHED else "" for name in FIELDS}

    async def _look_at_link(self, actor: object) -> None:
        if not isinstance(actor, Customer | Stranger):
            return
        status, digest = await ask(links.standing_of_visit, actor, LinkPurpose.CLOSING, now=now())
        if status is LinkStatus.OPEN:
            self._show("confirm", await ask(closings.read_by_link, actor, digest, brand=the_house().brand, now=now()))
        elif status is LinkStatus.ABSENT or "link" not in self.router.url.query_parameters:
            self.step = "form"
        else:
            self.step = "confirmed" if status is LinkStatus.USED else "broken"

    def _show(self, step: str, view: ClosingView) -> None:
        self.step = step
        register = the_house().brand.register.value
        self.letters = sentence("closing.letters_go", self.language, register, n=view.letters)
        self.takes_effect = long_date(view.takes_effect_on, self.language)
        self.to_post = list(view.policies)


async def arrive(request: Request) -> Response:
    """Put the link's token into a short visit and show the bare page; opening it consumes nothing."""
    arrival, token = arrival_of(request), random_token()
    digest = token_digest(request.path_params["token"])
    await carry_out(links.arrive_by_link, arrival.actor, digest, LinkPurpose.CLOSING, token_digest(token), now=now())
    answer = see_other(f"{PAGE}?link=1")
    if isinstance(arrival.actor, Stranger):
        CookieNames(the_house().settings.secure).give(answer, "visit", token, int(LIFE.total_seconds()))
    return answer


async def submit(request: Request) -> Response:
    """Take the wish and answer the same whoever asks; or confirm it when the visitor came by the mailed link."""
    form, house = await posted(request), the_house()
    if form.text("confirm"):
        return await _confirm(request)
    typed = {name: form.text(name, most) for name, most in FIELDS.items()}
    if missing := _missing(form.actor, typed):
        await carry_out(visits.note_typed, form.actor, form.browser().visit_sha256, UNFINISHED, now=now(), **typed)
        return form.back_to(f"{PAGE}?{MISSING}={','.join(missing)}")
    await refuse_beyond("closing", form.source, TRIES)
    async with as_long_for_everybody():
        await carry_out(
            closings.ask, form.actor, Ground(typed["ground"]), login=typed["login"], words=typed["words"],
            secrets=house.secrets, now=now(),
        )  # fmt: skip
        await carry_out(visits.forget_typed, form.actor, UNFINISHED, now=now())
    return see_other(f"{PAGE}?{ASKED}=1")


def _missing(actor: Customer | Stranger, typed: dict[str, str]) -> list[str]:
    """Name what the form lacks; a customer need not say who they are."""
    there = {"login": isinstance(actor, Customer) or typed["login"].strip(), "ground": typed["ground"] in set(Ground)}
    return [name for name in NEEDED if not there[name]]


async def _confirm(request: Request) -> Response:
    actor, brand = arrival_of(request).actor, the_house().brand
    _, digest = await ask(links.standing_of_visit, actor, LinkPurpose.CLOSING, now=now())
    # When the link does not work any more, the page says so.
    with suppress(*BROKEN):
        await carry_out(closings.confirm, actor, digest, brand=brand, now=now())
    return see_other(f"{PAGE}?link=1")


TYPED = ClosingState.typed
TITLE = title_with_error("closing.title", ClosingState.login_error, ClosingState.ground_error)


def closing_page() -> rx.Component:
    """Build the page: one step at a time."""
    return rx.el.div(
        page_title(t("closing.title")),
        rx.match(
            ClosingState.step,
            ("", rx.fragment()),
            ("asked", _asked()),
            ("confirm", _confirm_step()),
            ("confirmed", notice("success", rx.el.p(t("closing.confirmed")), id="closing-confirmed")),
            ("running", _running()),
            ("kept", notice("success", rx.el.p(t("closing.kept")), id="closing-kept")),
            ("broken", rx.fragment(notice("warning", rx.el.p(t("closing.broken"))), _form())),
            _form(),
        ),
        class_name="stack",
    )


def _form() -> rx.Component:
    return rx.fragment(
        rx.el.p(t("closing.lead")),
        error_summary(("login", ClosingState.login_error), ("policy-ended", ClosingState.ground_error)),
        native_form(
            rx.cond(
                PortalState.standing == "stranger",
                text_field(
                    "login", t("closing.login"), hint=t("closing.login_hint"), error=ClosingState.login_error,
                    autocomplete="username", default_value=TYPED["login"], spell_check=False, auto_capitalize="none",
                    required=True,
                ),
            ),
            rx.el.fieldset(
                rx.el.legend(t("closing.why"), class_name="field-label"),
                rx.cond(
                    ClosingState.ground_error != "",
                    rx.el.p(icon("error"), rx.el.span(ClosingState.ground_error), id="ground-error", class_name="field-error"),
                ),
                _choice("policy-ended", "closing.policy_ended", Ground.POLICY_ENDED),
                _choice("to-post", "closing.to_post", Ground.TO_POST),
                rx.el.p(t("closing.to_post_about"), class_name="field-hint"),
                _choice("other", "closing.other", Ground.OTHER),
                class_name="field",
                aria_describedby=rx.cond(ClosingState.ground_error != "", "ground-error", ""),
            ),
            text_area("words", t("closing.words"), default_value=TYPED["words"], rows=3, max_length=FIELDS["words"]),
            rx.el.p(t("closing.next")),
            rx.el.button(t("closing.ask"), type="submit", class_name="btn btn-primary"),
            action=PAGE,
            no_validate=True,
            # Built anew when the state arrives, so that the fields take what was typed before.
            key=TYPED.to_string(),
            class_name="card-plain",
        ),
    )  # fmt: skip


def _choice(field_id: str, words: str, ground: Ground) -> rx.Component:
    chosen = TYPED["ground"] == ground.value
    return radio_field(field_id, t(words), name="ground", value=ground, default_checked=chosen, required=True)


def _asked() -> rx.Component:
    return rx.el.section(
        rx.el.h2(t("closing.asked_title")),
        rx.el.p(t("closing.asked")),
        rx.el.p(t("closing.not_arrived")),
        contact_lines(),
        class_name="card-plain",
        id="closing-asked",
    )


def _confirm_step() -> rx.Component:
    return rx.el.section(
        rx.el.h2(t("closing.confirm_title")),
        _what_happens(),
        rx.el.div(
            native_form(
                rx.el.input(type="hidden", name="confirm", value="1"),
                rx.el.button(t("closing.confirm"), type="submit", class_name="btn btn-danger"),
                action=PAGE,
            ),
            rx.el.a(t("closing.rather_not"), href="/", reload_document=True, class_name="btn btn-line"),
            class_name="row",
        ),
        class_name="card-plain",
    )


def _running() -> rx.Component:
    return rx.el.section(
        rx.el.h2(t("closing.running_title")),
        _what_happens(),
        rx.el.button(t("closing.keep"), type="button", on_click=ClosingState.keep, class_name="btn btn-primary"),
        class_name="card-plain",
    )


def _what_happens() -> rx.Component:
    return rx.fragment(
        rx.el.p(ClosingState.letters),
        rx.el.p(t("closing.on"), " ", rx.el.strong(ClosingState.takes_effect)),
        rx.cond(
            ClosingState.to_post.length() > 0,
            rx.fragment(
                rx.el.p(t("closing.policies_to_post")),
                rx.el.ul(rx.foreach(ClosingState.to_post, rx.el.li), class_name="plain-list"),
            ),
        ),
        rx.el.p(t("closing.can_cancel")),
        rx.cond(
            PortalState.standing == "customer",
            native_form(
                rx.el.input(type="hidden", name="mind", value="1"),
                rx.el.button(t("profile.download"), type="submit", class_name="btn btn-line"),
                action="/kuldemenyek/zip",
                class_name="field",
            ),
            rx.el.p(t("closing.save_first")),
        ),
    )
