"""A request's own page: its confirmation when it was just sent, later how far it has come, and the way to take it back."""

from contextlib import suppress
from typing import Any

import reflex as rx

from portal_app.browser.admission import CUSTOMER, Line, Word, Words, customer, open_to, parse
from portal_app.browser.portal_state import PortalState
from portal_app.customer.administration.addresses import REQUESTS, request_in
from portal_app.customer.administration.requests import status_badge
from portal_app.customer.administration.wording import AnswerShown, RequestShown, StepShown, request_shown
from portal_app.customer.live_page import LivePage
from portal_app.database.transactions import ask, carry_out
from portal_app.domain.calendar import budapest_date
from portal_app.domain.errors import ApplicationNotFound
from portal_app.gateways.clock import now
from portal_app.services import applications, inbox
from portal_app.ui.fields import text_area
from portal_app.ui.icons import icon
from portal_app.ui.layout import contact_lines, page_title
from portal_app.ui.links import document_link
from portal_app.ui.notices import notice
from portal_app.ui.one_thing import not_found, still_loading, way_back
from portal_app.ui.words import t

RECEIPT = "igazolas"


class RequestState(LivePage, PortalState):
    """One request in a tab."""

    standing_of_request: str = "loading"
    """loading | shown | missing"""
    request: RequestShown = RequestShown()
    receipt: str = ""
    asks_withdrawal: bool = False
    _application_id: str = ""

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    def ask_withdrawal(self, wanted: bool) -> None:  # noqa: FBT001 - what the button sends
        """Ask once more before the request is taken back, or no longer."""
        self.asks_withdrawal = parse(bool, wanted)

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    async def withdraw(self) -> None:
        """Take the request back."""
        await carry_out(applications.withdraw, customer(), self._application_id, now=now())
        self.asks_withdrawal = False
        await self._show()

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    async def respond(self, form: dict[str, Any]) -> None:
        """Answer what the insurer asked."""
        words = parse(dict[Word, Words], form).get("words", "")
        await carry_out(applications.respond, customer(), self._application_id, words, now=now())
        await self._show()

    def _begin(self) -> None:
        self.reset()  # type: ignore[no-untyped-call]
        self._application_id = request_in(parse(Line, self.router.url.path))

    async def _show(self) -> None:
        moment, found = now(), None
        with suppress(ApplicationNotFound):
            found = await ask(applications.read_own, customer(), self._application_id, now=moment)
        self.unread = (await ask(inbox.habits, customer())).unread
        self.standing_of_request = "shown" if found else "missing"
        self.request = request_shown(found, budapest_date(moment), self.language) if found else RequestShown()
        self.receipt = f"{REQUESTS}/{found.public_id}/{RECEIPT}" if found else ""


REQUEST = RequestState.request
TITLE = rx.Var.create(
    f"{rx.cond(REQUEST.kind != '', REQUEST.kind.to(str) + ' ' + REQUEST.reference.to(str), t('request.one'))}"
    f" – {PortalState.portal_title}"
)


def request_page() -> rx.Component:
    """Build the page; a request that is not to be found leaves only a sentence and the way back."""
    return rx.el.div(
        way_back(t("request.list_title"), REQUESTS),
        rx.match(
            RequestState.standing_of_request, ("missing", _missing()), ("shown", _request()), still_loading(t("request.one"))
        ),
        class_name="letter",
    )


def _missing() -> rx.Component:
    return not_found(t("request.missing"), rx.el.p(t("request.missing_text")))


def _request() -> rx.Component:
    return rx.el.article(
        rx.el.header(
            page_title(REQUEST.kind),
            rx.el.p(status_badge(REQUEST.status, REQUEST.status_words), " ", REQUEST.acts_words),
        ),
        rx.cond(REQUEST.is_new, _received()),
        rx.cond(REQUEST.waits, _asked()),
        rx.cond(REQUEST.status == "rejected", notice("error", rx.el.p(t("request.reason"), " ", REQUEST.reason))),
        rx.cond(REQUEST.after != "", notice("success", rx.el.p(REQUEST.after))),
        rx.el.div(_facts(), rx.el.div(_next(), _history(), class_name="letter-main"), class_name="letter-columns"),
    )


def _received() -> rx.Component:
    return notice(
        "success",
        rx.el.div(
            rx.el.p(t("request.received"), " ", rx.el.strong(REQUEST.reference, class_name="nowrap")),
            rx.el.p(REQUEST.promise),
            rx.el.p(t("request.received_mail")),
        ),
        id="request-received",
    )


def _asked() -> rx.Component:
    return rx.el.section(
        rx.el.h2(t("request.asked_title")),
        rx.el.p(REQUEST.reason, class_name="sent-text"),
        rx.el.form(
            text_area("words", t("request.your_answer"), hint=t("request.your_answer_hint"), rows=5, max_length=5000),
            rx.el.button(t("request.send_answer"), type="submit", class_name="btn btn-primary"),
            on_submit=RequestState.respond,
        ),
        class_name="card-plain request-asked",
    )


def _facts() -> rx.Component:
    return rx.el.aside(
        rx.el.h2(t("request.facts")),
        rx.el.dl(
            _fact(t("request.col_reference"), rx.el.strong(REQUEST.reference, class_name="nowrap")),
            _fact(t("request.col_submitted"), REQUEST.submitted),
            rx.cond(REQUEST.due != "", _fact(t("request.col_due"), REQUEST.due)),
            rx.cond(REQUEST.policy != "", _fact(t("request.col_policy"), REQUEST.policy)),
            rx.foreach(REQUEST.answers, _answer),
            class_name="facts letter-facts facts-below",
        ),
        rx.el.p(
            document_link(
                icon("download"),
                rx.el.span(t("request.receipt")),
                href=RequestState.receipt,
                download="",
                class_name="link icon-link",
            )
        ),
        class_name="card-plain letter-side",
    )


def _fact(name: Any, value: Any) -> rx.Component:
    return rx.el.div(rx.el.dt(name), rx.el.dd(value), class_name="fact")


def _answer(answer: rx.Var[AnswerShown]) -> rx.Component:
    return _fact(answer.question, answer.answer)


def _next() -> rx.Component:
    return rx.cond(
        REQUEST.is_open,
        rx.el.section(
            rx.el.h2(t("request.next")),
            rx.cond(REQUEST.promise != "", rx.el.p(REQUEST.promise)),
            rx.el.p(t("request.next_text")),
            contact_lines(),
            rx.cond(RequestState.asks_withdrawal, _withdrawal(), _withdraw_button()),
            class_name="card-plain",
        ),
    )


def _withdraw_button() -> rx.Component:
    return rx.el.button(
        t("request.withdraw"), type="button", on_click=RequestState.ask_withdrawal(True), class_name="btn btn-line after-form"
    )


def _withdrawal() -> rx.Component:
    return rx.el.div(
        rx.el.p(t("request.withdraw_sure"), tab_index=-1, custom_attrs={"data-take-focus": "yes"}),
        rx.el.div(
            rx.el.button(t("request.withdraw_yes"), type="button", on_click=RequestState.withdraw, class_name="btn btn-danger"),
            rx.el.button(
                t("request.withdraw_no"), type="button", on_click=RequestState.ask_withdrawal(False), class_name="btn btn-line"
            ),
            class_name="row",
        ),
        class_name="after-form",
    )


def _history() -> rx.Component:
    return rx.el.section(
        rx.el.h2(t("request.history")),
        rx.el.ol(rx.foreach(REQUEST.history, _step), class_name="step-list"),
        class_name="card-plain",
    )


def _step(step: rx.Var[StepShown]) -> rx.Component:
    return rx.el.li(
        rx.el.time(step.when, date_time=step.day, class_name="muted"),
        rx.el.strong(step.status),
        rx.cond(step.words != "", rx.el.p(step.words, class_name="sent-text")),
    )
