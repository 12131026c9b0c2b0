"""Closing an account (`/portaltorles`): ask with one of three grounds, confirm by a mailed link, keep it after all (R26–R28)."""

from contextlib import suppress

import reflex as rx
from starlette.requests import Request
from starlette.responses import Response

from portal_app.browser.admission import ANYONE, CUSTOMER, customer, open_to, visitor
from portal_app.browser.arrivals import arrival_of
from portal_app.browser.cookies import CookieNames
from portal_app.browser.pages import see_other
from portal_app.browser.portal_state import PortalState
from portal_app.customer.posted import as_long_for_everybody
from portal_app.database.transactions import ask, carry_out
from portal_app.domain.actors import Customer, Stranger
from portal_app.domain.closings import Ground
from portal_app.domain.errors import LinkExpired, LinkSuperseded, LinkUnknown, LinkUsed, TooMany
from portal_app.gateways.clock import now
from portal_app.gateways.secrets import random_token, token_digest
from portal_app.services import closings, links
from portal_app.services.closings import ClosingView
from portal_app.services.house import the_house
from portal_app.services.links import LinkPurpose, LinkStatus
from portal_app.services.visits import LIFE
from portal_app.texts.catalogues import sentence
from portal_app.texts.dates import long_date
from portal_app.ui.fields import radio_field, text_area, text_field
from portal_app.ui.forms import native_form
from portal_app.ui.layout import contact_lines, page_title
from portal_app.ui.notices import notice
from portal_app.ui.words import t

PAGE = "/portaltorles"
ASKED = "elkuldve"
TRIES = "10/15minute"
BROKEN = (LinkExpired, LinkSuperseded, LinkUnknown, LinkUsed)


class ClosingState(PortalState):
    """Where the visitor stands on the way out."""

    step: str = ""
    """form | asked | confirm | running | broken"""
    letters: str = ""
    takes_effect: str = ""
    to_post: list[str] = rx.field(default_factory=list)

    @rx.event
    @open_to(*ANYONE)
    async def load(self) -> None:
        """Find out how far this visitor has come."""
        actor, brand = visitor(), the_house().brand
        running = await ask(closings.running, actor, brand=brand, now=now()) if isinstance(actor, Customer) else None
        if running is not None:
            self._show("running", running)
        elif ASKED in self.router.url.query_parameters:
            self.step = "asked"
        else:
            await self._look_at_link(actor)

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    async def keep(self) -> None:
        """Keep the account after all."""
        await carry_out(closings.cancel, customer(), now=now())
        self.step = "kept"

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
    form = await request.form()
    if form.get("confirm"):
        return await _confirm(request)
    arrival, house = arrival_of(request), the_house()
    if not house.limits.allow("closing", arrival.source, TRIES):
        raise TooMany
    async with as_long_for_everybody():
        await carry_out(
            closings.ask, arrival.actor, _ground(str(form.get("ground", ""))), login=str(form.get("login", ""))[:300],
            words=str(form.get("words", "")), secrets=house.secrets, now=now(),
        )  # fmt: skip
    return see_other(f"{PAGE}?{ASKED}=1")


async def _confirm(request: Request) -> Response:
    actor, brand = arrival_of(request).actor, the_house().brand
    _, digest = await ask(links.standing_of_visit, actor, LinkPurpose.CLOSING, now=now())
    # When the link does not work any more, the page says so.
    with suppress(*BROKEN):
        await carry_out(closings.confirm, actor, digest, brand=brand, now=now())
    return see_other(f"{PAGE}?link=1")


def _ground(value: str) -> Ground:
    return Ground(value) if value in set(Ground) else Ground.OTHER


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
        native_form(
            rx.cond(
                PortalState.standing == "stranger",
                text_field(
                    "login", t("closing.login"), hint=t("closing.login_hint"), autocomplete="username",
                    spell_check=False, auto_capitalize="none", required=True,
                ),
            ),
            rx.el.fieldset(
                rx.el.legend(t("closing.why"), class_name="field-label"),
                radio_field("policy-ended", t("closing.policy_ended"), name="ground", value=Ground.POLICY_ENDED, required=True),
                radio_field("to-post", t("closing.to_post"), name="ground", value=Ground.TO_POST),
                rx.el.p(t("closing.to_post_about"), class_name="field-hint"),
                radio_field("other", t("closing.other"), name="ground", value=Ground.OTHER),
                class_name="field",
            ),
            text_area("words", t("closing.words"), rows=3, max_length=2000),
            rx.el.p(t("closing.next")),
            rx.el.button(t("closing.ask"), type="submit", class_name="btn btn-primary"),
            action=PAGE,
            class_name="card-plain",
        ),
    )  # fmt: skip


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
