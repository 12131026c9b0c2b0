"""What the page's forms do: every one is posted to the page's own address, and what came of it stands on the page."""

from starlette.requests import Request
from starlette.responses import Response

from portal_app.browser.admission import PublicId, parse
from portal_app.browser.pages import see_other
from portal_app.customer import security_code
from portal_app.customer.administration.addresses import MERGING, request_page
from portal_app.customer.posted import (
    ACCOUNTS,
    ACCOUNTS_LIMIT,
    MAILS_LIMIT,
    Posted,
    is_over,
    posted,
    refuse_beyond,
    refuse_failing,
)
from portal_app.customer.sign_in import check_password, count_failure
from portal_app.database.contention import carry_out_again
from portal_app.database.transactions import carry_out, the_database
from portal_app.domain.actors import Customer
from portal_app.domain.applications import ApplicationKind
from portal_app.domain.errors import (
    MergeNotFound,
    MergeNotPossible,
    MergeNotProved,
    NotSignedIn,
    TooMany,
)
from portal_app.domain.passwords import could_be_sent
from portal_app.gateways.clock import now
from portal_app.gateways.secrets import public_id
from portal_app.services import applications, merge_proofs, merges, sign_in, visits
from portal_app.services.house import the_house

PAGE = MERGING
PROVE, SEND_CODE, GIVE_CODE = "prove", "send_code", "give_code"
MERGE, UNDO, FORGET, REQUEST = "merge", "undo", "forget", "request"
MERGED, UNDONE = "osszevonva", "visszavonva"
LONGEST_WORDS = 2000
CODE_TRIES = "20/15minute"
NOTED = (MergeNotProved, MergeNotPossible, MergeNotFound, TooMany)


async def submit(request: Request) -> Response:
    """Take one of the page's forms; what came of it stands on the page."""
    form = await posted(request)
    if not isinstance(form.actor, Customer):
        raise NotSignedIn
    if await security_code.other_way(form):
        return see_other(PAGE)
    acts = {
        PROVE: _prove, SEND_CODE: _send_code, GIVE_CODE: _give_code, MERGE: _merge, UNDO: _undo, FORGET: _forget,
        REQUEST: _request,
    }  # fmt: skip
    act = acts.get(form.text("act"), _nothing)
    try:
        return await act(form, form.actor)
    except NOTED as refusal:
        await carry_out(visits.note_for, form.actor, refusal.code, now=now())
        return see_other(PAGE)


async def _prove(form: Posted, actor: Customer) -> Response:
    """Check identifier and password as signing in does: the same counts, the same time, the same words."""
    house, login, password = the_house(), form.text("login"), form.text("password")
    parts = {"brand": house.brand, "secrets": house.secrets}
    if not login.strip() or not password:
        await carry_out(sign_in.note_empty, actor, login, form.browser(), now=now())
        return see_other(PAGE)
    await refuse_failing(form.source)
    browser = form.browser(suspicious=await is_over(ACCOUNTS, form.source, ACCOUNTS_LIMIT))
    ticket = await carry_out(
        sign_in.reserve_sign_in, actor, login, form.text("code"), browser,
        could_be_sent=could_be_sent(password), now=now(), **parts,
    )  # fmt: skip
    check = await check_password(form, ticket, password)
    await carry_out(
        merge_proofs.conclude_proof, actor, ticket, browser, matches=check.matches, by_sent=check.by_sent, now=now(), **parts
    )
    if not check.matches:
        await count_failure(form.source, ticket)
    return see_other(PAGE)


async def _send_code(form: Posted, actor: Customer) -> Response:
    house = the_house()
    await refuse_beyond("merge codes sent", form.source, MAILS_LIMIT)
    await carry_out(merge_proofs.send_code, actor, brand=house.brand, secrets=house.secrets, now=now())
    return see_other(PAGE)


async def _give_code(form: Posted, actor: Customer) -> Response:
    await refuse_beyond("merge codes", str(actor.account_id), CODE_TRIES)
    await carry_out(merge_proofs.prove_by_code, actor, form.text("contact_code"), secrets=the_house().secrets, now=now())
    return see_other(PAGE)


async def _merge(form: Posted, actor: Customer) -> Response:
    other, database = parse(PublicId, form.text("other")), the_database()
    await database.in_thread(carry_out_again, database, merges.merge, actor, other, brand=the_house().brand, now=now())
    return see_other(f"{PAGE}?{MERGED}=1")


async def _undo(form: Posted, actor: Customer) -> Response:
    merge_id, database = parse(PublicId, form.text("merge")), the_database()
    await database.in_thread(carry_out_again, database, merges.undo, actor, merge_id, now=now())
    return see_other(f"{PAGE}?{UNDONE}=1")


async def _forget(form: Posted, actor: Customer) -> Response:
    del form
    await carry_out(merge_proofs.forget_proof, actor, now=now())
    return see_other(PAGE)


async def _request(form: Posted, actor: Customer) -> Response:
    """Put the wish before the insurer's staff, for who cannot prove the other account here (R58)."""
    facts = {"login": form.text("other_login")[:200], "words": form.text("words", LONGEST_WORDS)}
    new = applications.NewApplication(ApplicationKind.MERGE, form.text("nonce") or public_id(), facts)
    receipt = await carry_out(applications.submit, actor, new, brand=the_house().brand, now=now())
    return see_other(request_page(receipt.public_id))


async def _nothing(form: Posted, actor: Customer) -> Response:
    del form, actor
    return see_other(PAGE)
