"""What the form of signing in sends: an attempt reserved, checked outside every transaction, and concluded."""

from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response

from portal_app.browser.pages import CHANGE, RETURN, SIGN_IN, own_path
from portal_app.customer import security_code
from portal_app.customer.asked_portal import PORTAL, asked_portal, at_portal
from portal_app.customer.password_rules import drawn_password
from portal_app.customer.posted import (
    ACCOUNTS,
    ACCOUNTS_LIMIT,
    FAILURES,
    FAILURES_LIMIT,
    MAILS_LIMIT,
    Posted,
    count,
    is_over,
    posted,
    refuse_beyond,
    refuse_failing,
)
from portal_app.database.transactions import carry_out
from portal_app.domain.actors import Customer, Stage
from portal_app.domain.errors import (
    Busy,
)
from portal_app.domain.passwords import could_be_sent
from portal_app.gateways.clock import now
from portal_app.gateways.secrets import random_token, token_digest
from portal_app.services import passwords, sign_in, ways_in
from portal_app.services.house import the_house
from portal_app.services.sign_in import Ticket

FORGOTTEN = "/elfelejtett-jelszo"
SEND_LINK, START_OVER = "send_link", "start_over"


async def enter(request: Request) -> Response:
    """Take the form: reserve an attempt, check the password outside every transaction, conclude."""
    form = await posted(request)
    if form.text("act") == START_OVER:
        await carry_out(sign_in.start_over, form.actor, now=now())
        return form.back_to(_page(form))
    if form.text("act") == SEND_LINK:
        return await _send_link(form)
    if await security_code.other_way(form):
        return form.back_to(_page(form))
    login, password = form.text("login"), form.text("password")
    if not login.strip() or not password:
        await carry_out(sign_in.note_empty, form.actor, login, form.browser(), now=now())
        return form.back_to(_page(form))
    return await _attempt(form, login, password)


async def _attempt(form: Posted, login: str, password: str) -> Response:
    house = the_house()
    await refuse_failing(form.source)
    browser = form.browser(suspicious=await is_over(ACCOUNTS, form.source, ACCOUNTS_LIMIT))
    parts = {"brand": house.brand, "secrets": house.secrets}
    ticket = await carry_out(
        sign_in.reserve_sign_in, form.actor, login, form.text("code"), browser,
        could_be_sent=could_be_sent(password), now=now(), **parts,
    )  # fmt: skip
    check = await check_password(form, ticket, password)
    token = random_token()
    customer = await carry_out(
        sign_in.conclude_sign_in, form.actor, ticket, browser, token_digest(token),
        matches=check.matches, by_sent=check.by_sent, new_hash=check.new_hash, now=now(), **parts,
    )  # fmt: skip
    if customer is not None:
        return await _welcome(form, customer, token)
    if not check.matches:
        await count_failure(form.source, ticket)
    return form.back_to(_page(form))


async def _welcome(form: Posted, customer: Customer, token: str) -> Response:
    """Lead to the letters or to the password that has to be chosen first; say so when it is another portal than asked for."""
    asked = asked_portal(form.text(PORTAL))
    if asked and asked != customer.portal:
        await carry_out(passwords.note_other_portal, customer, asked, now=now())
    if customer.stage is Stage.MUST_CHANGE:
        return form.signed_in(CHANGE, token, customer.language, known=False)
    return form.signed_in(own_path(form.text("back") or None), token, customer.language)


async def count_failure(source: str, ticket: Ticket) -> None:
    """Count a wrong password at its source, and the first one of each account apart."""
    await count(FAILURES, source, FAILURES_LIMIT)
    if ticket.number == 1:
        await count(ACCOUNTS, source, ACCOUNTS_LIMIT)


@dataclass(frozen=True)
class Checked:
    """Whether the password matched, whether it was the one beside the current one, and its value made anew."""

    matches: bool
    by_sent: bool = False
    new_hash: str = field(default="", repr=False)


async def check_password(form: Posted, ticket: Ticket, password: str) -> Checked:
    """Check the password in the hashing threads; a refused attempt takes the same time and matches nothing.

    What looks like a password we send is checked twice, whether one was sent or not.
    """
    hashing = the_house().hashing
    try:
        if await _matches(password, ticket, ticket.stored):
            anew = hashing.needs_upgrade(ticket.stored or "")
            return Checked(matches=True, new_hash=await hashing.hash_async(password) if anew else "")
        by_sent = could_be_sent(password) and await _matches(password, ticket, ticket.sent)
    except Busy:
        await carry_out(sign_in.withdraw_attempt, form.actor, ticket)
        raise
    return Checked(by_sent, by_sent)


async def _matches(password: str, ticket: Ticket, stored: str | None) -> bool:
    hashing = the_house().hashing
    if ticket.number is None or stored is None:
        return await hashing.verify_nothing_async(password)
    return await hashing.verify_async(password, stored)


async def _send_link(form: Posted) -> Response:
    """Send what helps after a password that came too late; asked for as often as any other (S21)."""
    await refuse_beyond("new password", form.source, MAILS_LIMIT)
    initial, hashed = await drawn_password(form)
    house = the_house()
    await carry_out(
        ways_in.request_after_expiry, form.actor,
        initial_password=initial, hashed=hashed, brand=house.brand, secrets=house.secrets, now=now(),
    )  # fmt: skip
    return form.back_to(at_portal(FORGOTTEN, form.text(PORTAL)))


def _page(form: Posted) -> str:
    """Give the sign-in page's address with what this visitor came for."""
    back = own_path(form.text("back") or None, "")
    return at_portal(f"{SIGN_IN}?{RETURN}={back}" if back and not set("?&#") & set(back) else SIGN_IN, form.text(PORTAL))
