"""Szerződéseim: every policy of the account as a card, running ones first, searched by policy or plate number."""

import reflex as rx

from portal_app.browser.admission import customer
from portal_app.browser.portal_state import PortalState
from portal_app.customer.inbox import addresses
from portal_app.customer.lists import SearchedList, search_section
from portal_app.customer.policies.addresses import POLICIES
from portal_app.customer.policies.parts import due_line, status_badge
from portal_app.customer.policies.wording import PolicyShown, policy_shown
from portal_app.customer.wrong_place import wrong_place_card
from portal_app.database.transactions import ask
from portal_app.domain.calendar import budapest_date
from portal_app.domain.letters import Filter, Listing
from portal_app.gateways.clock import now
from portal_app.services import inbox, portfolio
from portal_app.ui.icons import icon
from portal_app.ui.layout import page_title
from portal_app.ui.lists import empty_place, loading_lines, nothing_found, pager
from portal_app.ui.words import t


class PoliciesState(SearchedList, PortalState):
    """The list of policies in a tab."""

    running: list[PolicyShown] = rx.field(default_factory=list)
    ended_ones: list[PolicyShown] = rx.field(default_factory=list)
    everything: int = 0
    """How many policies there are without any search."""

    def _address(self, listing: Listing) -> str:
        query = addresses.write_search(listing)
        return f"{POLICIES}?{query}" if query else POLICIES

    async def _show(self) -> None:
        asked, moment = addresses.read_address(self.router.url.query), now()
        listing = Listing(Filter(search=asked.filter.search), page=asked.page, per_page=portfolio.POLICIES_A_PAGE)
        found = await ask(portfolio.list_policies, customer(), listing.filter.search, listing.page, now=moment)
        self.unread = (await ask(inbox.habits, customer())).unread
        shown = [policy_shown(line, budapest_date(moment), self.language) for line in found.lines]
        self.running, self.ended_ones = [one for one in shown if one.active], [one for one in shown if not one.active]
        self.everything = found.everything
        self._show_around(listing, found)


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
        search_section(PoliciesState, t("policies.search_label"), t("policies.search_hint")),
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
