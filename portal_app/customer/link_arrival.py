"""Arriving by a mailed link: its token goes into a short visit, the page comes without it, and nothing is consumed (S19, S22)."""

import reflex as rx
from starlette.requests import Request
from starlette.responses import Response

from portal_app.browser.arrivals import arrival_of
from portal_app.browser.pages import SIGN_IN, see_other
from portal_app.customer.forgotten_password import FORGOTTEN, not_arrived
from portal_app.customer.posted import posted, refuse_beyond
from portal_app.database.transactions import carry_out
from portal_app.gateways.clock import now
from portal_app.gateways.secrets import token_digest
from portal_app.services import links
from portal_app.services.links import LinkPurpose, LinkStatus
from portal_app.ui.forms import native_form
from portal_app.ui.layout import page_title
from portal_app.ui.links import document_link
from portal_app.ui.notices import notice
from portal_app.ui.words import t

NEW_LINK = "new_link"
# Mail scanners open every link of every e-mail that reaches a company.
ARRIVALS_LIMIT = "120/5minute"


async def arrive(request: Request, purpose: LinkPurpose, page: str) -> Response:
    """Remember the link for a quarter of an hour and lead to the bare page; HEAD does not even do that."""
    if request.method == "HEAD":
        return see_other(page)
    source = arrival_of(request).source
    await refuse_beyond("links", source, ARRIVALS_LIMIT)
    form = await posted(request, anew=True)
    link_sha256 = token_digest(request.path_params["token"])
    await carry_out(links.arrive_by_link, form.actor, link_sha256, purpose, form.browser().visit_sha256, now=now())
    return form.back_to(page)


def dead_link(page: str, status: rx.Var[str], email: rx.Var[str], *, account_known: rx.Var[bool]) -> rx.Component:
    """Build what a page shows for a link that does not work: why, and the one button that helps."""
    return rx.fragment(
        rx.match(
            status,
            (LinkStatus.EXPIRED.value, notice("warning", rx.el.p(t("first_sign_in.expired")))),
            (LinkStatus.USED.value, notice("warning", rx.el.p(t("first_sign_in.used")))),
            (LinkStatus.SUPERSEDED.value, notice("warning", rx.el.p(t("first_sign_in.superseded")))),
            (LinkStatus.UNKNOWN.value, notice("warning", rx.el.p(t("first_sign_in.unknown")))),
            notice("info", rx.el.p(t("first_sign_in.absent"))),
        ),
        rx.cond(account_known, rx.fragment(_whose(email), new_link_button(page)), _ask_by_address()),
        rx.cond(
            status == LinkStatus.USED.value,
            rx.el.p(document_link(t("first_sign_in.to_sign_in"), href=SIGN_IN), class_name="after-form"),
        ),
    )


def new_link_button(page: str, kind: str = "btn-primary") -> rx.Component:
    """Build the button that sends a new link to the address on file."""
    return native_form(
        rx.el.input(type="hidden", name="act", value=NEW_LINK),
        rx.el.button(t("first_sign_in.new_link"), type="submit", class_name=f"btn {kind} btn-wide-narrow"),
        action=page,
    )


def new_link_sent(email: rx.Var[str]) -> rx.Component:
    """Build what a page shows when a new link is on its way."""
    return rx.el.section(
        page_title(t("first_sign_in.sent_title")),
        notice("success", rx.el.p(email)),
        rx.el.p(t("first_sign_in.sent_how")),
        not_arrived(),
        class_name="card-plain stack",
    )


def _whose(email: rx.Var[str]) -> rx.Component:
    return rx.el.p(email, class_name="muted")


def _ask_by_address() -> rx.Component:
    return rx.el.p(document_link(t("first_sign_in.new_link"), href=FORGOTTEN, class_name="btn btn-primary btn-wide-narrow"))
