"""A policy's own page: its facts, its newest documents, vouchers and letters, and the requests about it."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from typing import Any
from urllib.parse import urlencode

import reflex as rx

from portal_app.browser.admission import Line, customer, parse
from portal_app.browser.portal_state import PortalState, the_brand
from portal_app.customer.administration.addresses import POLICY as ABOUT
from portal_app.customer.administration.addresses import REQUESTS, START, form_page
from portal_app.customer.administration.wording import RequestRow, row_of
from portal_app.customer.inbox.rows import LetterRow
from portal_app.customer.live_page import LivePage
from portal_app.customer.policies.addresses import POLICIES, number_in
from portal_app.customer.policies.parts import due_line, status_badge
from portal_app.customer.policies.wording import DetailsShown, LettersShown, PolicyShown, details_shown, policy_shown
from portal_app.customer.shelves import download_links, due_of
from portal_app.database.transactions import ask
from portal_app.domain.applications import ApplicationKind
from portal_app.domain.calendar import budapest_date
from portal_app.domain.errors import PolicyUnknown
from portal_app.domain.policies import Communication
from portal_app.gateways.clock import now
from portal_app.services import applications, inbox, portfolio
from portal_app.services.applications import ApplicationView
from portal_app.services.portfolio import PolicyDetails
from portal_app.ui.layout import page_title
from portal_app.ui.one_thing import not_found, still_loading, way_back
from portal_app.ui.words import t


class PolicyState(LivePage, PortalState):
    """One policy in a tab."""

    standing_of_policy: str = "loading"
    """loading | shown | missing"""
    policy: PolicyShown = PolicyShown()
    details: DetailsShown = DetailsShown()
    requests: list[RequestRow] = rx.field(default_factory=list)
    to_electronic: str = ""
    """The address of the request for electronic communication; empty where letters come electronically already."""
    _number: str = ""

    def _begin(self) -> None:
        self.reset()  # type: ignore[no-untyped-call]
        self._number = number_in(parse(Line, self.router.url.path))

    async def _show(self) -> None:
        moment = now()
        self.unread = (await ask(inbox.habits, customer())).unread
        with suppress(PolicyUnknown):
            found = await ask(portfolio.read_policy, customer(), self._number, now=moment)
            requests = await ask(applications.list_own, customer(), now=moment)
            self._word(found, [one for one in requests if one.policy_number == self._number], budapest_date(moment))
            return
        self._begin()
        self.standing_of_policy = "missing"

    def _word(self, found: PolicyDetails, requests: Sequence[ApplicationView], today: date) -> None:
        all_here = found.line.communication is Communication.ELECTRONIC and found.line.accounting_documents
        self.standing_of_policy = "shown"
        self.policy = policy_shown(found.line, today, self.language)
        self.details = details_shown(found, today, self.language)
        self.requests = [row_of(one, today, self.language) for one in requests]
        self.to_electronic = "" if all_here else f"{form_page(ApplicationKind.ELECTRONIC)}?{urlencode({ABOUT: self._number})}"


POLICY = PolicyState.policy
DETAILS = PolicyState.details
TITLE = rx.Var.create(f"{rx.cond(POLICY.number != '', POLICY.product, t('policies.one'))} – {PortalState.portal_title}")


def policy_page() -> rx.Component:
    """Build the page; a policy that is not to be found leaves only a sentence and the way back."""
    return rx.el.div(
        way_back(t("policies.back"), POLICIES),
        rx.match(PolicyState.standing_of_policy, ("missing", _missing()), ("shown", _policy()), still_loading(t("policies.one"))),
        class_name="letter policy",
    )


def _missing() -> rx.Component:
    return not_found(t("policies.missing"), rx.el.p(t("policies.missing_text")))


def _policy() -> rx.Component:
    return rx.el.article(
        rx.el.header(
            page_title(POLICY.product),
            rx.el.p(t("policies.number"), ": ", rx.el.strong(POLICY.number, class_name="nowrap"), " ", status_badge(POLICY)),
        ),
        rx.el.div(
            _facts(),
            rx.el.div(
                _letters("documents", t("shelf.documents"), DETAILS.documents, t("policies.all_documents")),
                _letters("payments", t("shelf.payments"), DETAILS.payments, t("policies.all_payments")),
                _letters("letters", t("policies.other_letters"), DETAILS.letters, t("policies.all_letters")),
                rx.cond(PolicyState.requests.length() > 0, _requests()),
                class_name="letter-main",
            ),
            class_name="letter-columns",
        ),
    )


def _facts() -> rx.Component:
    return rx.el.aside(
        rx.el.h2(t("policies.facts")),
        rx.el.dl(
            _fact(t("policies.insurer"), the_brand().insurer),
            _if_fact(DETAILS.holder, t("policies.holder")),
            _if_fact(POLICY.plate, t("policies.plate")),
            _if_fact(DETAILS.mailing_address, t("policies.mailing_address")),
            _fact(t("policies.communication"), POLICY.communication),
            _if_fact(DETAILS.chosen_on, t("policies.chosen_on")),
            _fact(t("policies.accounting"), POLICY.accounting),
            rx.cond(POLICY.active, _fact(t("policies.next_due"), due_line(POLICY))),
            class_name="facts letter-facts facts-below",
        ),
        rx.el.p(
            rx.cond(
                PolicyState.to_electronic != "",
                rx.el.a(t("policies.to_electronic"), href=PolicyState.to_electronic, class_name="btn btn-primary"),
            ),
            rx.el.a(t("policies.change"), href=START, class_name="btn btn-line"),
            class_name="policy-acts no-print",
        ),
        class_name="card-plain letter-side",
    )


def _fact(name: rx.Var[str], value: Any) -> rx.Component:
    return rx.el.div(rx.el.dt(name), rx.el.dd(value), class_name="fact")


def _if_fact(value: rx.Var[str], name: rx.Var[str]) -> rx.Component:
    return rx.cond(value != "", _fact(name, value))


def _letters(name: str, title: rx.Var[str], found: rx.Var[LettersShown], everything: rx.Var[str]) -> rx.Component:
    return rx.el.section(
        rx.el.h2(title, id=f"policy-{name}"),
        rx.cond(
            found.rows.length() > 0,
            rx.fragment(
                rx.el.ul(rx.foreach(found.rows, _letter), class_name="document-list"),
                rx.el.p(rx.el.a(everything, href=found.everything, class_name="link")),
            ),
            rx.el.p(t("policies.no_letters"), class_name="muted"),
        ),
        aria_labelledby=f"policy-{name}",
        class_name="card-plain",
    )


def _letter(row: rx.Var[LetterRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.a(row.subject, href="/kuldemenyek/" + row.id.to(str), class_name="link document-name"),
            rx.el.span(
                row.kind, " · ", rx.el.time(row.placed, date_time=row.placed_day, class_name="nowrap"), class_name="muted"
            ),
            rx.cond(
                row.paper.due != "",
                rx.el.span(
                    rx.cond(row.paper.amount != "", rx.el.strong(row.paper.amount, " ")), due_of(row), class_name="policy-due"
                ),
            ),
            class_name="document-about",
        ),
        rx.el.div(download_links(row), class_name="document-links"),
        key=row.id,
        class_name="document",
    )


def _requests() -> rx.Component:
    return rx.el.section(
        rx.el.h2(t("policies.requests"), id="policy-requests"),
        rx.el.ul(rx.foreach(PolicyState.requests, _request), class_name="document-list"),
        aria_labelledby="policy-requests",
        class_name="card-plain",
    )


def _request(row: rx.Var[RequestRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.a(row.kind, href=f"{REQUESTS}/" + row.id.to(str), class_name="link document-name"),
            rx.el.span(row.reference, " · ", rx.el.time(row.submitted, date_time=row.submitted_day), class_name="muted"),
            rx.cond(row.due != "", rx.el.span(t("policies.request_due"), " ", rx.el.time(row.due, date_time=row.due_day))),
            class_name="document-about",
        ),
        rx.el.span(row.status_words, class_name="badge badge-quiet"),
        key=row.id,
        class_name="document",
    )
