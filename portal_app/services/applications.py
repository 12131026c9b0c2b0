"""Requests (kérelmek): what customers ask the insurer to change, as they submit, follow and withdraw it.

What the insurer does with them stands in `services/decisions.py`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from hashlib import sha256

from sqlmodel import Session, col, delete, func, select

from portal_app.database import locks
from portal_app.database.tables import Account, Application, ApplicationDraft, Policy
from portal_app.database.upserts import insert_into
from portal_app.domain.actors import Actor, Customer, Stranger
from portal_app.domain.applications import (
    ABOUT_A_POLICY,
    FOR_ALL_POLICIES,
    ActsNext,
    ApplicationKind,
    ApplicationStatus,
    acts_next,
    carried_out_by,
    check_open,
    due_after_pause,
    erased_on,
    missing_facts,
    reference_number,
)
from portal_app.domain.brands import Brand, PortalName
from portal_app.domain.calendar import budapest_date
from portal_app.domain.errors import ApplicationIncomplete, ApplicationNotFound, PolicyUnknown, TooMany
from portal_app.domain.messages import check_text, clean_text
from portal_app.domain.policies import Communication, PolicyStatus
from portal_app.gateways.secrets import public_id
from portal_app.services import accounts
from portal_app.services.events import record
from portal_app.services.outbox import enqueue, enqueue_to_address

APPLICATIONS_A_DAY = 30
"""How many requests one account may submit within 24 hours."""
MAILS_A_DAY = 3
"""To how many requests from outside a day one address gets a receipt; whoever typed it may be somebody else."""
MOST_LISTED = 500
LONGEST_FACT = 2_000
LONGEST_ANSWER = 5_000
# Who has no portal of their own to look into gets no link to it.
_PORTALS_WITH_REQUESTS = (PortalName.UGYFELPORTAL, PortalName.ONLINE24)


@dataclass(frozen=True)
class NewApplication:
    """What is asked for; `facts` are texts by name, ticks are "yes"."""

    kind: ApplicationKind
    nonce: str
    """The form's: the same form sent twice makes one request."""
    facts: Mapping[str, str] = field(default_factory=dict)
    policy_number: str = ""


@dataclass(frozen=True)
class ApplicationReceipt:
    """What is told about a request that was submitted."""

    public_id: str
    reference: str
    submitted_at: datetime
    due_on: date
    repeated: bool = False


@dataclass(frozen=True)
class Step:
    """One step of a request's history, with the words that were written at it."""

    at: datetime
    status: ApplicationStatus
    words: str = ""


@dataclass(frozen=True)
class ApplicationView:
    """A request as its owner sees it."""

    public_id: str
    reference: str
    kind: ApplicationKind
    status: ApplicationStatus
    acts_next: ActsNext
    policy_number: str
    facts: Mapping[str, str]
    submitted_at: datetime
    due_on: date
    ended_at: datetime | None
    reason: str
    history: tuple[Step, ...]


@dataclass(frozen=True)
class PolicyChoice:
    """A policy that a request can be about, with what is known of its holder."""

    number: str
    product: str
    plate_number: str
    communication: Communication
    holder_name: str
    email: str
    phone: str
    mailing_address: str
    bank_account: str
    accounting_documents: bool


@dataclass(frozen=True)
class ApplicationDraftView:
    """A request that was begun: the answers so far and the nonce it will be submitted with."""

    facts: Mapping[str, str]
    nonce: str


# ── submitting ──


def submit(db: Session, actor: Customer, new: NewApplication, *, brand: Brand, now: datetime) -> ApplicationReceipt:
    """Submit a customer's request: stored, recorded, an e-mail with reference number and date owed (R71, R76).

    The same nonce again gives the first receipt, `repeated`. Kinds about a policy take a policy of the customer's own;
    `electronic` may name any number, which staff look up; address, phone, e-mail and bank account without a number mean
    every policy of the account. `merge` takes the facts `login` (the other account's) and `words`.
    Raises `ApplicationIncomplete`, `PolicyUnknown` or `TooMany`.
    """
    locks.one_at_a_time(db, locks.APPLICATIONS)
    mark = _mark(actor, new.nonce)
    if given := _found(db, mark):
        return _receipt(given, repeated=True)
    _check(new)
    _check_rate(db, actor, now)
    policy_id = _own_policy_id(db, actor, new)
    row = _write(db, new, mark, brand=brand, now=now, account_id=actor.account_id, policy_id=policy_id)
    account = db.exec(select(Account).where(Account.id == actor.account_id)).one()
    enqueue(db, "application_received", account, now=now, facts=_received(row) | {"link": link_to(account, row)})
    discard_draft(db, actor, new.kind)
    accounts.mark_changed(db, actor.account_id)
    record(db, actor, "application:submitted", now=now, account_id=actor.account_id, about=row.public_id, kind=str(new.kind))
    return _receipt(row)


def submit_from_outside(
    db: Session, actor: Customer | Stranger, new: NewApplication, *, email: str, language: str, brand: Brand, now: datetime
) -> ApplicationReceipt:
    """Submit the request of somebody without an account, answered at the address they typed (C13, R53–R54).

    Nothing is compared with what is known, so the answer is the same for everybody; staff see what fits and decide.
    The caller has checked the address and how often this source asks. For `electronic` the facts are `name`, `phone`,
    `plate_number`, `accounting`; for `lost_access` `name`, `plate_number`, `words`. Raises `ApplicationIncomplete`.
    """
    locks.one_at_a_time(db, locks.APPLICATIONS)
    mark = _mark(actor, new.nonce)
    if given := _found(db, mark):
        return _receipt(given, repeated=True)
    new = replace(new, facts={**new.facts, "language": language})
    _check(new)
    # However it is written, it is one person's.
    email = email.lower()
    mails = _mails_today(db, email, now)
    row = _write(db, new, mark, brand=brand, now=now, email=email)
    if mails < MAILS_A_DAY:
        enqueue_to_address(db, "application_received", email, language=language, now=now, facts=_received(row) | {"link": ""})
    record(db, actor, "application:submitted", now=now, about=row.public_id, kind=str(new.kind))
    return _receipt(row)


# ── following ──


def list_own(db: Session, actor: Customer, *, now: datetime) -> tuple[ApplicationView, ...]:
    """List the customer's requests, the newest first, at most `MOST_LISTED`."""
    rows = db.exec(
        select(Application)
        .where(Application.account_id == actor.account_id)
        .order_by(col(Application.id).desc())
        .limit(MOST_LISTED)
    ).all()
    return tuple(view_of(row) for row in rows if not _is_over(row, now))


def read_own(db: Session, actor: Customer, application_id: str, *, now: datetime) -> ApplicationView:
    """Give a request of the customer's own; `ApplicationNotFound` for a missing one and for somebody else's alike."""
    return view_of(_own(db, actor, application_id, now))


def withdraw(db: Session, actor: Customer, application_id: str, *, now: datetime) -> None:
    """Take a request back. Raises `ApplicationNotFound` or, when it has ended, `ApplicationDecided`."""
    locks.one_at_a_time(db, locks.APPLICATIONS)
    row = _own(db, actor, application_id, now)
    check_open(row.status)
    end(row, ApplicationStatus.WITHDRAWN, "", now)
    accounts.mark_changed(db, actor.account_id)
    record(db, actor, "application:withdrawn", now=now, account_id=actor.account_id, about=row.public_id)


def respond(db: Session, actor: Customer, application_id: str, words: str, *, now: datetime) -> None:
    """Answer what the insurer asked back; it is the insurer's turn again, and the waiting does not count (G9).

    Raises `ApplicationNotFound`, `ApplicationDecided`, `ReplyEmpty` or `ReplyTooLong`. An answer that was given already
    changes nothing.
    """
    locks.one_at_a_time(db, locks.APPLICATIONS)
    row = _own(db, actor, application_id, now)
    check_open(row.status)
    if row.status != ApplicationStatus.WAITING:
        return
    words = clean_text(words)
    check_text(words, LONGEST_ANSWER)
    resume(row, words, now)
    accounts.mark_changed(db, actor.account_id)
    record(db, actor, "application:answered", now=now, account_id=actor.account_id, about=row.public_id)


# ── what a form needs ──


def policies_for(db: Session, actor: Customer, kind: ApplicationKind) -> tuple[PolicyChoice, ...]:
    """List the policies that a request of this kind can be about: running ones of the customer's account.

    For `electronic` these are the postal ones, those of the same customer that have no account included; for `postal`
    the electronic ones.
    """
    wanted = select(Policy).where(Policy.status == PolicyStatus.ACTIVE).order_by(Policy.number).limit(MOST_LISTED)
    own = db.exec(wanted.where(Policy.account_id == actor.account_id)).all()
    if kind is ApplicationKind.ELECTRONIC:
        found = [policy for policy in own if policy.communication == Communication.POSTAL]
        customer_ref = db.exec(select(Account.customer_ref).where(Account.id == actor.account_id)).one()
        if customer_ref:
            found += db.exec(wanted.where(Policy.customer_ref == customer_ref, col(Policy.account_id).is_(None))).all()
        return tuple(_choice(policy) for policy in found)
    if kind is ApplicationKind.POSTAL:
        return tuple(_choice(policy) for policy in own if policy.communication == Communication.ELECTRONIC)
    return tuple(_choice(policy) for policy in own)


def read_draft(db: Session, actor: Customer, kind: ApplicationKind, *, now: datetime) -> ApplicationDraftView | None:
    """Give the request of this kind that was begun, or None."""
    del now
    draft = db.get(ApplicationDraft, (actor.account_id, str(kind)))
    return ApplicationDraftView(json.loads(draft.facts), draft.nonce) if draft else None


def save_draft(
    db: Session, actor: Customer, kind: ApplicationKind, facts: Mapping[str, str], *, now: datetime
) -> ApplicationDraftView:
    """Keep answers of a request that is being filled in; those given before stay unless they are given anew."""
    beginning = insert_into(db, ApplicationDraft).values(
        account_id=actor.account_id, kind=str(kind), facts="{}", nonce=public_id(), saved_at=now
    )
    db.execute(beginning.on_conflict_do_nothing(index_elements=["account_id", "kind"]))
    draft = db.get_one(ApplicationDraft, (actor.account_id, str(kind)))
    kept = json.loads(draft.facts) | {name: value[:LONGEST_FACT] for name, value in facts.items()}
    draft.facts, draft.saved_at = json.dumps(kept, sort_keys=True), now
    return ApplicationDraftView(kept, draft.nonce)


def discard_draft(db: Session, actor: Customer, kind: ApplicationKind) -> None:
    """Forget what was begun."""
    draft = (col(ApplicationDraft.account_id) == actor.account_id, col(ApplicationDraft.kind) == str(kind))
    db.exec(delete(ApplicationDraft).where(*draft))


# ── shared with the decisions ──


def view_of(row: Application) -> ApplicationView:
    """Show a request's row; for the services only."""
    return ApplicationView(
        public_id=row.public_id,
        reference=row.reference,
        kind=ApplicationKind(row.kind),
        status=ApplicationStatus(row.status),
        acts_next=acts_next(row.status),
        policy_number=row.policy_number,
        facts=json.loads(row.facts),
        submitted_at=row.submitted_at,
        due_on=row.due_on,
        ended_at=row.decided_at,
        reason=row.reason,
        history=tuple(
            Step(datetime.fromisoformat(step["at"]), ApplicationStatus(step["status"]), step["words"])
            for step in json.loads(row.history)
        ),
    )


def take_step(row: Application, status: ApplicationStatus, words: str, now: datetime) -> None:
    """Change a request's status and write it into its history; for the services only."""
    row.status = status
    step = {"at": now.isoformat(), "status": str(status), "words": words}
    row.history = json.dumps([*json.loads(row.history), step], ensure_ascii=False)


def resume(row: Application, words: str, now: datetime) -> None:
    """Go on with a request that waited for the customer; the days of waiting do not count."""
    if row.paused_at:
        row.due_on = due_after_pause(row.due_on, row.paused_at, now)
    row.paused_at = None
    take_step(row, ApplicationStatus.IN_PROGRESS, words, now)


def end(row: Application, status: ApplicationStatus, words: str, now: datetime) -> None:
    """End a request; a year later the nightly job erases it."""
    take_step(row, status, words, now)
    row.decided_at, row.paused_at, row.reason, row.erase_on = now, None, words, erased_on(now)


def link_to(account: Account, row: Application) -> str:
    """Give the path of the request's page, empty where the account's portal shows no requests."""
    return f"/kerelmek/{row.public_id}" if account.portal in _PORTALS_WITH_REQUESTS else ""


def _check(new: NewApplication) -> None:
    for name in missing_facts(new.kind, new.facts):
        raise ApplicationIncomplete(name=name)


def _check_rate(db: Session, actor: Customer, now: datetime) -> None:
    submitted = db.exec(
        select(func.count()).where(Application.account_id == actor.account_id, Application.submitted_at > now - timedelta(days=1))
    ).one()
    if submitted >= APPLICATIONS_A_DAY:
        raise TooMany


def _mails_today(db: Session, email: str, now: datetime) -> int:
    asked = (Application.email == email, Application.submitted_at > now - timedelta(days=1))
    return db.exec(select(func.count()).select_from(Application).where(*asked)).one()


def _own_policy_id(db: Session, actor: Customer, new: NewApplication) -> int | None:
    """Find the policy among those that the customer may choose from; whether others exist is not told."""
    if new.kind not in ABOUT_A_POLICY:
        return None
    if not new.policy_number:
        if new.kind in FOR_ALL_POLICIES:
            return None
        raise ApplicationIncomplete(name="policy")
    numbers = {choice.number for choice in policies_for(db, actor, new.kind)}
    if new.policy_number in numbers:
        return db.exec(select(Policy.id).where(Policy.number == new.policy_number)).one()
    if new.kind is ApplicationKind.ELECTRONIC:
        return None
    raise PolicyUnknown


def _own(db: Session, actor: Customer, application_id: str, now: datetime) -> Application:
    row = db.exec(
        select(Application).where(Application.public_id == application_id, Application.account_id == actor.account_id)
    ).first()
    if row is None or _is_over(row, now):
        raise ApplicationNotFound
    return row


def _is_over(row: Application, now: datetime) -> bool:
    return row.erase_on is not None and row.erase_on <= budapest_date(now)


def _write(
    db: Session,
    new: NewApplication,
    mark: str,
    *,
    brand: Brand,
    now: datetime,
    account_id: int | None = None,
    policy_id: int | None = None,
    email: str = "",
) -> Application:
    facts = {name: clean_text(value)[:LONGEST_FACT] for name, value in sorted(new.facts.items()) if value.strip()}
    row = Application(
        public_id=public_id(),
        account_id=account_id,
        policy_id=policy_id,
        kind=new.kind,
        reference=_free_reference(db, budapest_date(now)),
        policy_number=" ".join(clean_text(new.policy_number).split())[:64],
        email=email,
        facts=json.dumps(facts, ensure_ascii=False, sort_keys=True),
        submitted_at=now,
        due_on=carried_out_by(now, brand.request_days),
        nonce=mark,
    )
    take_step(row, ApplicationStatus.SUBMITTED, "", now)
    db.add(row)
    db.flush()
    return row


def _free_reference(db: Session, today: date) -> str:
    while True:
        reference = reference_number(today, int(public_id(), 16))
        if db.exec(select(Application.id).where(Application.reference == reference)).first() is None:
            return reference


def _mark(actor: Actor, nonce: str) -> str:
    """Give the mark by which the same form, sent twice, is known to be the same request; nobody guesses another's."""
    owner = actor.account_id if isinstance(actor, Customer) else "outside"
    return sha256(f"{owner} {nonce}".encode()).hexdigest()


def _found(db: Session, mark: str) -> Application | None:
    return db.exec(select(Application).where(Application.nonce == mark)).first()


def _received(row: Application) -> dict[str, str | int]:
    return {"reference": row.reference, "due_on": row.due_on.isoformat()}


def _receipt(row: Application, *, repeated: bool = False) -> ApplicationReceipt:
    return ApplicationReceipt(row.public_id, row.reference, row.submitted_at, row.due_on, repeated)


def _choice(policy: Policy) -> PolicyChoice:
    return PolicyChoice(
        number=policy.number,
        product=policy.product,
        plate_number=policy.plate_number,
        communication=Communication(policy.communication),
        holder_name=policy.holder_name,
        email=policy.email,
        phone=policy.phone,
        mailing_address=policy.mailing_address,
        bank_account=policy.bank_account,
        accounting_documents=policy.accounting_documents,
    )
