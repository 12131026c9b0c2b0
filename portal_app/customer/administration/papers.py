"""Papers we make ourselves: the declaration to print (R73), and the receipt of a request, as accessible PDFs."""

from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from portal_app.browser.admission import customer
from portal_app.browser.arrivals import arrival_of
from portal_app.browser.portal_state import the_brand
from portal_app.customer.administration.addresses import POLICY
from portal_app.customer.administration.wording import request_shown
from portal_app.customer.posted import refuse_beyond
from portal_app.database.transactions import ask
from portal_app.domain.actors import Customer
from portal_app.domain.applications import ActsNext, ApplicationKind
from portal_app.domain.calendar import budapest_date
from portal_app.gateways.clock import now
from portal_app.gateways.typesetting import render_pdf
from portal_app.services import applications
from portal_app.texts import papers
from portal_app.texts.papers import PolicyOnPaper, RequestOnPaper

PAPERS_LIMIT = "60/5minute"


async def declaration(request: Request) -> Response:
    """Send the declaration: filled from the policy for its own customer, blank for everybody else."""
    arrival, brand = arrival_of(request), the_brand()
    await refuse_beyond("papers", arrival.source, PAPERS_LIMIT)
    chosen = await _own_policy(arrival.actor, request.query_params.get(POLICY, ""))
    words = papers.declaration(brand, arrival.language, chosen)
    return _pdf(papers.declaration_name(arrival.language), await run_in_threadpool(render_pdf, papers.DECLARATION, words))


async def receipt(request: Request) -> Response:
    """Send the receipt of a request of the customer's own; `ApplicationNotFound` for all others."""
    arrival, moment = arrival_of(request), now()
    await refuse_beyond("papers", arrival.source, PAPERS_LIMIT)
    view = await ask(applications.read_own, customer(), str(request.path_params["application_id"]), now=moment)
    shown = request_shown(view, budapest_date(moment), arrival.language)
    on_paper = RequestOnPaper(
        reference=view.reference,
        kind=shown.kind,
        policy=shown.policy,
        submitted_at=view.submitted_at,
        status=shown.status_words,
        due_on=view.due_on if view.acts_next is ActsNext.INSURER else None,
        answers=tuple((answer.question, answer.answer) for answer in shown.answers),
    )
    words = papers.receipt(the_brand(), arrival.language, on_paper, made_at=moment)
    return _pdf(f"{view.reference}.pdf", await run_in_threadpool(render_pdf, papers.RECEIPT, words))


async def _own_policy(actor: object, number: str) -> PolicyOnPaper:
    """Give a policy of the customer's own to fill the paper with; a blank one for everybody and everything else."""
    if number and isinstance(actor, Customer):
        for kind in (ApplicationKind.ELECTRONIC, ApplicationKind.PHONE):
            for choice in await ask(applications.policies_for, actor, kind):
                if choice.number == number:
                    return PolicyOnPaper(choice.holder_name, choice.number, choice.plate_number, choice.email, choice.phone)
    return PolicyOnPaper()


def _pdf(name: str, content: bytes) -> Response:
    headers = {
        "content-disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "cache-control": "private, no-store",
        "x-content-type-options": "nosniff",
        "cross-origin-resource-policy": "same-origin",
        "x-robots-tag": "noindex, nofollow",
    }
    return Response(content, media_type="application/pdf", headers=headers)
