"""Decisions: what the insurer sees of requests and does with them; `fulfilments` does what is decided."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, delete, or_, select

from portal_app.database import locks
from portal_app.database.tables import Account, Application, MergedRow, Policy
from portal_app.domain.actors import Operator
from portal_app.domain.applications import ApplicationKind, ApplicationStatus, check_open, is_overdue
from portal_app.domain.calendar import budapest_date
from portal_app.domain.errors import ApplicationNotFound
from portal_app.domain.hungarian import fold
from portal_app.domain.logins import login_key
from portal_app.domain.messages import check_text, clean_text
from portal_app.domain.policies import plate_key
from portal_app.services import accounts, applications, fulfilments
from portal_app.services.events import record
from portal_app.services.fulfilments import Decision, Insurer
from portal_app.services.outbox import enqueue, enqueue_to_address

LONGEST_WORDS = 5_000
MOST_LISTED = 10_000


@dataclass(frozen=True)
class InsurersApplication:
    """A request as the insurer sees it."""

    id: str
    reference: str
    kind: ApplicationKind
    status: ApplicationStatus
    policy_number: str
    facts: Mapping[str, str]
    email: str
    """Where the customer is answered: the account's address, or the one that was typed."""
    has_account: bool
    submitted_at: datetime
    due_on: date
    overdue: bool
    reason: str
    fits: Mapping[str, bool]
    """What was given, or is known of the customer, compared with the policy named: `policy`, `account`, `name`, …"""


# ── seeing ──


def list_open(db: Session, actor: Insurer, *, now: datetime) -> list[InsurersApplication]:
    """List the requests that have not ended, the overdue first and then by due date."""
    del actor
    rows = db.exec(
        select(Application)
        .where(col(Application.decided_at).is_(None))
        .order_by(col(Application.due_on), col(Application.id))
        .limit(MOST_LISTED)
    ).all()
    found = [_shown(db, row, now) for row in rows]
    return sorted(found, key=lambda shown: not shown.overdue)


def read(db: Session, actor: Insurer, reference: str, *, now: datetime) -> InsurersApplication:
    """Give one request by its reference number or id; else `ApplicationNotFound`."""
    del actor
    return _shown(db, _named(db, reference), now)


# ── deciding ──


def take_up(db: Session, actor: Insurer, reference: str, *, now: datetime) -> str:
    """Show that somebody works on the request; one that waited for the customer goes on. Gives the reference number.

    Raises `ApplicationNotFound` or `ApplicationDecided`.
    """
    row = _open_one(db, reference)
    if row.status == ApplicationStatus.SUBMITTED:
        applications.take_step(row, ApplicationStatus.IN_PROGRESS, "", now)
    elif row.status == ApplicationStatus.WAITING:
        applications.resume(row, "", now)
    else:
        return row.reference
    _note(db, actor, row, "taken_up", now)
    return row.reference


def ask_back(db: Session, actor: Insurer, reference: str, words: str, *, now: datetime) -> str:
    """Ask the customer for what is missing; until they answer, the deadline waits (G9). Gives the reference number.

    Raises `ApplicationNotFound`, `ApplicationDecided`, `ReplyEmpty` or `ReplyTooLong`.
    """
    row, words = _open_one(db, reference), _checked(words)
    if row.status == ApplicationStatus.WAITING and row.reason == words:
        return row.reference
    row.paused_at = row.paused_at or now
    row.reason = words
    applications.take_step(row, ApplicationStatus.WAITING, words, now)
    _tell(db, row, "application_question", {}, words, now)
    _note(db, actor, row, "asked_back", now)
    return row.reference


def reject(db: Session, actor: Insurer, reference: str, reason: str, *, now: datetime) -> str:
    """Reject a request with a reason in words for the customer. Gives the reference number.

    Raises `ApplicationNotFound`, `ApplicationDecided`, `ReplyEmpty` or `ReplyTooLong`.
    """
    row, reason = _open_one(db, reference), _checked(reason)
    applications.end(row, ApplicationStatus.REJECTED, reason, now)
    _tell(db, row, "application_decided", {"outcome": "rejected"}, reason, now)
    _note(db, actor, row, "rejected", now)
    return row.reference


def fulfil(db: Session, actor: Insurer, reference: str, decision: Decision, *, now: datetime) -> str:
    """Carry a request out, in one transaction with telling the customer. Gives the reference number.

    electronic: the policy's letters arrive in the customer's account from now on, or in one that opens as the brand
    says; postal: they go by post; address, phone, e-mail, bank account: the policy's data change; merge: the account of
    the identifier that the request names goes into the customer's own; lost access: the address on file is told the way in.
    Raises `ApplicationNotFound`, `ApplicationDecided`, `PolicyUnknown` (also where it went to another account since it
    was asked), `PolicyEnded`, `AccountClosed`, `PolicyElsewhere` (contracts of the online portal stay there, and others
    never come there), `MergeNotPossible`, whatever stating the policy refuses, and `openings.FirstAccessNeeded`, which is
    no refusal: draw one for `sales_route_of`, come again.
    """
    row = _open_one(db, reference)
    fulfilments.carry_out(db, actor, row, decision, now=now)
    applications.end(row, ApplicationStatus.FULFILLED, "", now)
    _tell(db, row, "application_decided", {"outcome": "fulfilled"}, "", now)
    _note(db, actor, row, "fulfilled", now)
    return row.reference


def sales_route_of(db: Session, actor: Insurer, reference: str) -> str:
    """Say by which route the policy of a request was sold, to draw first access for its account."""
    del actor
    return fulfilments.policy_of(db, _named(db, reference)).sales_route


# ── erasing ──


def erase_ended(db: Session, actor: Operator, *, most: int, now: datetime) -> int:
    """Erase requests whose date has come; give their number."""
    del actor
    today = budapest_date(now)
    due = db.exec(select(Application.id).where(col(Application.erase_on) <= today).limit(most)).all()
    if due:
        # SQLite gives their numbers to others, so a merge must not remember them.
        db.exec(delete(MergedRow).where(col(MergedRow.kind) == "application", col(MergedRow.row_id).in_(due)))
        db.exec(delete(Application).where(col(Application.id).in_(due)))
    return len(due)


# ── the rest ──


def _named(db: Session, reference: str) -> Application:
    named = or_(Application.public_id == reference.strip().lower(), Application.reference == reference.strip().upper())
    row = db.exec(select(Application).where(named)).first()
    if row is None:
        raise ApplicationNotFound
    return row


def _open_one(db: Session, reference: str) -> Application:
    """Give a request that has not ended, and let nobody else decide it meanwhile."""
    locks.one_at_a_time(db, locks.APPLICATIONS)
    row = _named(db, reference)
    check_open(row.status)
    return row


def _checked(words: str) -> str:
    words = clean_text(words).strip()
    check_text(words, LONGEST_WORDS)
    return words


def _shown(db: Session, row: Application, now: datetime) -> InsurersApplication:
    account = db.get(Account, row.account_id) if row.account_id else None
    facts = json.loads(row.facts)
    return InsurersApplication(
        id=row.public_id,
        reference=row.reference,
        kind=ApplicationKind(row.kind),
        status=ApplicationStatus(row.status),
        policy_number=row.policy_number,
        facts=facts,
        email=account.email if account else row.email,
        has_account=account is not None,
        submitted_at=row.submitted_at,
        due_on=row.due_on,
        overdue=is_overdue(row.status, row.due_on, budapest_date(now)),
        reason=row.reason,
        fits=_fits(db, row, facts) if row.policy_number else {},
    )


def _fits(db: Session, row: Application, facts: Mapping[str, str]) -> dict[str, bool]:
    """Compare what was given with the policy that was named; what was not given is not compared."""
    policy = db.exec(select(Policy).where(Policy.number == row.policy_number)).first()
    if policy is None:
        return {"policy": False}
    fits = {"policy": True}
    if row.account_id is not None:
        its_own = policy.account_id == row.account_id
        return fits | {"account": its_own} | ({} if its_own else _fits_owner(db, row.account_id, policy))
    given = {
        "name": (fold(facts.get("name", "")), fold(policy.holder_name)),
        "plate_number": (plate_key(facts.get("plate_number", "")), plate_key(policy.plate_number)),
        "phone": (facts.get("phone", ""), policy.phone),
        "email": (login_key(row.email), login_key(policy.email)),
    }
    return fits | {what: written == known for what, (written, known) in given.items() if written}


def _fits_owner(db: Session, account_id: int, policy: Policy) -> dict[str, bool]:
    """Compare a policy that is not in the account with what is known of the account's owner, as far as both are known."""
    account = db.get_one(Account, account_id)
    names = db.exec(select(Policy.holder_name).where(Policy.account_id == account_id).distinct()).all()
    owner = {
        "name": ({fold(name) for name in names}, fold(policy.holder_name)),
        "email": ({account.email_key}, login_key(policy.email)),
        "phone": ({account.phone}, policy.phone),
        "customer_ref": ({account.customer_ref}, policy.customer_ref),
    }
    return {what: stated in known for what, (known, stated) in owner.items() if stated and any(known)}


def _tell(db: Session, row: Application, kind: str, facts: dict[str, str | int], words: str, now: datetime) -> None:
    """Owe the e-mail: with an account only the way to its page, without one the words themselves."""
    facts = {**facts, "reference": row.reference}
    if row.account_id is not None:
        account = db.exec(select(Account).where(Account.id == row.account_id)).one()
        link = applications.link_to(account, row)
        if not link and words:
            facts["words"] = words
        enqueue(db, kind, account, now=now, facts=facts | {"link": link})
    elif row.email:
        said = {"words": words} if words else {}
        language = json.loads(row.facts).get("language", "hu")
        enqueue_to_address(db, kind, row.email, language=language, now=now, facts=facts | said | {"link": ""})


def _note(db: Session, actor: Insurer, row: Application, step: str, now: datetime) -> None:
    if row.account_id is not None:
        accounts.mark_changed(db, row.account_id)
    record(db, actor, f"application:{step}", now=now, account_id=row.account_id, about=row.public_id, kind=str(row.kind))
