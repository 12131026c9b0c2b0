"""Szerződéseim: every policy of the account as a card, running ones first, searched by policy or plate number."""

from typing import Annotated, Any
from urllib.parse import urlencode

import reflex as rx
from pydantic import Field

from portal_app.browser.admission import CUSTOMER, Line, Word, customer, open_to, parse
from portal_app.browser.live import live
from portal_app.browser.portal_state import PortalState
from portal_app.customer.inbox import addresses
from portal_app.customer.inbox.rows import say
from portal_app.customer.policies.addresses import POLICIES
from portal_app.customer.policies.parts import due_line, status_badge
from portal_app.customer.policies.wording import PolicyShown, policy_shown
from portal_app.customer.wrong_place import wrong_place_card
from portal_app.database.transactions import ask
from portal_app.domain.calendar import budapest_date
from portal_app.gateways.clock import now
from portal_app.services import inbox, portfolio
from portal_app.ui.icons import icon
from portal_app.ui.layout import page_title
from portal_app.ui.lists import empty_place, loading_lines, nothing_found, pager, search_box
from portal_app.ui.words import t

PageNumber = Annotated[int, Field(ge=1, le=100_000)]


class PoliciesState(PortalState):
    """The list of policies in a tab; every change of it is a new address."""

    ready: bool = False
    running: list[PolicyShown] = rx.field(default_factory=list)
    ended_ones: list[PolicyShown] = rx.field(default_factory=list)
    total: int = 0
    everything: int = 0
    page: int = 1
    pages: int = 1
    range_words: str = ""
    search: str = ""
    none_found: str = ""

    @rx.event
    @open_to(CUSTOMER)
    async def load(self) -> None:
        """Show what the address asks for."""
        live.follow(self.router.session.client_token, PoliciesState.refresh)
        await self._show()

    @rx.event
    @open_to(CUSTOMER)
    async def refresh(self) -> None:
        """Show the policies as they are now."""
        await self._show()

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    def find(self, form: dict[str, Any]) -> Any:
        """Search for the number that was typed."""
        return _go_to(parse(dict[Word, Line], form).get(addresses.SEARCH, ""), 1)

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    def clear_search(self) -> Any:
        """Show all policies again."""
        return _go_to("", 1)

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    def turn_to(self, page: int) -> Any:
        """Show another page."""
        return _go_to(self.search, parse(PageNumber, page))

    async def _show(self) -> None:
        asked, moment = addresses.read_address(self.router.url.query), now()
        search = asked.filter.search
        found = await ask(portfolio.list_policies, customer(), search, asked.page, now=moment)
        self.unread = (await ask(inbox.habits, customer())).unread
        shown = [policy_shown(line, budapest_date(moment), self.language) for line in found.lines]
        self.running, self.ended_ones = [one for one in shown if one.active], [one for one in shown if not one.active]
        self.total, self.page, self.pages, self.everything = found.total, found.page, found.pages, found.everything
        first = (found.page - 1) * portfolio.POLICIES_A_PAGE + 1
        self.range_words = say("inbox.range", self.language, first=first, last=first + len(shown) - 1, total=found.total)
        self.search = search
        self.none_found = say("inbox.none_found", self.language, what=search) if search and not found.total else ""
        self.ready = True


def _go_to(search: str, page: int) -> Any:
    fields = {addresses.SEARCH: search, addresses.PAGE: str(page) if page > 1 else ""}
    query = urlencode({name: value for name, value in fields.items() if value})
    return rx.redirect(f"{POLICIES}?{query}" if query else POLICIES)


def policies_page() -> rx.Component:
    """Build the page."""
    return rx.el.div(
        page_title(t("policies.title")),
        rx.cond(PoliciesState.everything == 0, wrong_place_card()),
        rx.cond(PoliciesState.ready, rx.cond(PoliciesState.everything == 0, _none(), _list()), loading_lines()),
        class_name="list-page",
    )


def _none() -> rx.Component:
    return empty_place("policy", t("policies.empty"), rx.el.p(t("policies.empty_text")))


def _list() -> rx.Component:
    return rx.fragment(
        rx.el.section(
            search_box(
                name=addresses.SEARCH,
                label=t("policies.search_label"),
                hint=t("policies.search_hint"),
                button=t("inbox.search"),
                value=PoliciesState.search,
                on_submit=PoliciesState.find,
            ),
            class_name="list-tools list-tools-plain card-plain",
        ),
        rx.cond(PoliciesState.total == 0, nothing_found(PoliciesState.none_found, PoliciesState.clear_search), _cards()),
    )


def _cards() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            rx.el.p(PoliciesState.range_words, class_name="list-range", id="range", role="status"),
            rx.cond(
                PoliciesState.search != "",
                rx.el.button(
                    t("inbox.clear_search"), type="button", on_click=PoliciesState.clear_search, class_name="btn btn-ghost btn-sm"
                ),
            ),
            class_name="list-over",
        ),
        _section(t("policies.running"), "running", PoliciesState.running),
        _section(t("policies.ended_ones"), "ended", PoliciesState.ended_ones),
        rx.el.div(
            pager(page=PoliciesState.page, pages=PoliciesState.pages, turn_to=PoliciesState.turn_to), class_name="list-under"
        ),
    )


def _section(title: rx.Var[str], name: str, policies: rx.Var[list[PolicyShown]]) -> rx.Component:
    return rx.cond(
        policies.length() > 0,
        rx.el.section(
            rx.el.h2(title, id=f"policies-{name}"),
            rx.el.ul(rx.foreach(policies, _card), class_name="policy-cards"),
            aria_labelledby=f"policies-{name}",
            class_name="policy-section",
        ),
    )


def _card(policy: rx.Var[PolicyShown]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.h3(rx.el.a(policy.product, href=policy.page, class_name="link")),
            status_badge(policy),
            class_name="policy-head",
        ),
        rx.el.dl(
            _fact(t("policies.number"), policy.number),
            rx.cond(policy.plate != "", _fact(t("policies.plate"), policy.plate)),
            _fact(t("policies.communication"), policy.communication),
            _fact(t("policies.accounting"), policy.accounting),
            rx.cond(policy.active, _fact(t("policies.next_due"), due_line(policy))),
            class_name="facts policy-facts",
        ),
        rx.el.a(
            rx.el.span(t("policies.open")),
            rx.el.span(": ", policy.number, class_name="sr-only"),
            icon("forward"),
            href=policy.page,
            class_name="btn btn-line btn-sm",
        ),
        key=policy.number,
        class_name="card-plain policy-card",
    )


def _fact(name: rx.Var[str], value: rx.Component | rx.Var[str]) -> rx.Component:
    return rx.fragment(rx.el.dt(name), rx.el.dd(value))
