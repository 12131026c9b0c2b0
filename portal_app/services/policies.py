"""Policies: what the core system says about contracts, and the accounts that open by themselves because of it (R6–R8)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session, col, select

from portal_app.database.tables import Account, Policy
from portal_app.database.upserts import insert_into
from portal_app.domain.actors import Actor
from portal_app.domain.brands import Brand
from portal_app.domain.calendar import budapest_date
from portal_app.domain.errors import EmailMissing, PolicyOutdated, PortalError
from portal_app.domain.policies import (
    Communication,
    PolicyStatement,
    PolicyStatus,
    is_outdated,
    our_contact_stands,
    our_decision_stands,
    plate_key,
    takes_no_letters_since,
)
from portal_app.gateways.contacts import tidy_email, tidy_phone
from portal_app.gateways.secrets import Secrets
from portal_app.services import accounts
from portal_app.services.events import record
from portal_app.services.openings import Before, FirstAccess, account_for, joins
from portal_app.services.retention import move_dates_of_policy


@dataclass(frozen=True)
class PolicyView:
    """What is known of the policy now; `portal` and `account_status` are empty while no account belongs to it."""

    policy_number: str
    communication: str
    consent_at: datetime | None
    status: str
    as_of: datetime
    portal: str
    account_status: str
    account_opened: bool
    """Whether this statement opened the account."""
    created: bool
    """Whether the policy was not known before."""


def state_policy(
    db: Session,
    actor: Actor,
    statement: PolicyStatement,
    *,
    consent_stated: bool,
    first_access: FirstAccess | None,
    brand: Brand,
    secrets: Secrets,
    now: datetime,
) -> PolicyView:
    """Take over what the core system says about a policy, and open its account where that follows (R6–R8, R59, R98).

    `consent_stated` is false when `consent_at` is only the moment of receipt; a choice that is merely repeated keeps
    its first moment then. Letters that are already placed stay where they are, whatever the statement says; when the
    policy ends or runs again, those in the full portals get their dates anew.

    Raises `SalesRouteUnknown`, `AccountUnknown` where the route joins an account that nobody registered,
    `EmailMissing`, `EmailInvalid`, `PhoneInvalid`, `PolicyOutdated` (fact `as_of`), and
    `FirstAccessNeeded`, which is no refusal.
    """
    statement = _tidy(statement, needs_email=not joins(statement.sales_route, brand))
    policy, created = _locked_policy(db, statement)
    if not created and is_outdated(statement, policy.as_of):
        raise PolicyOutdated(pointer="/as_of", as_of=policy.as_of.isoformat())
    before, ended_before = Before() if created else _before(policy), policy.ended_on
    _take_over(policy, statement, consent_stated=consent_stated, created=created)
    if policy.ended_on != ended_before:
        db.flush()
        move_dates_of_policy(db, actor, policy.id or 0, rules=brand.retention, now=now)
    account, opened = None, False
    if _wants_account(policy, brand, now):
        account, opened = account_for(db, actor, policy, before, first_access=first_access, brand=brand, secrets=secrets, now=now)
        policy.account_id = account.id
        policy.opened_account_id = policy.opened_account_id or account.id
    elif policy.account_id is not None:
        account = db.get(Account, policy.account_id)
    db.flush()
    if account is not None:
        accounts.mark_changed(db, account.id or 0)
    record(
        db, actor, "policy:stated", now=now, account_id=policy.account_id, about=policy.number,
        communication=policy.communication, status=policy.status,
    )  # fmt: skip
    return _view(policy, account, opened=opened, created=created)


def _before(policy: Policy) -> Before:
    return Before(policy.email, policy.customer_ref, policy.portal24_username, policy.as_of)


def _tidy(statement: PolicyStatement, *, needs_email: bool) -> PolicyStatement:
    holder = statement.holder
    email = _tidied(tidy_email, holder.email, "/holder/email")
    phone = _tidied(tidy_phone, holder.phone, "/holder/phone")
    if statement.communication == Communication.ELECTRONIC and not email and needs_email:
        raise EmailMissing(pointer="/holder/email")
    return replace(statement, holder=replace(holder, email=email, phone=phone))


def _tidied(tidy: Callable[[str], str], written: str, pointer: str) -> str:
    try:
        return tidy(written) if written.strip() else ""
    except PortalError as refusal:
        raise type(refusal)(pointer=pointer) from refusal


def _locked_policy(db: Session, statement: PolicyStatement) -> tuple[Policy, bool]:
    """Give the policy's row, held for this transaction, and whether it was made just now."""
    made = db.connection().execute(
        insert_into(db, Policy)
        .values(
            number=statement.number,
            product=statement.product,
            holder_name=statement.holder.name,
            communication=statement.communication,
            sales_route=statement.sales_route,
            status=statement.status,
            as_of=statement.as_of,
        )
        .on_conflict_do_nothing(index_elements=["number"])
        .returning(col(Policy.id))
    )
    created = made.scalar() is not None
    return db.exec(select(Policy).where(Policy.number == statement.number).with_for_update()).one(), created


def _take_over(policy: Policy, statement: PolicyStatement, *, consent_stated: bool, created: bool) -> None:
    holder = statement.holder
    policy.product = statement.product
    policy.holder_name = holder.name
    if not our_contact_stands(policy.contact_decided_at, statement.as_of):
        policy.email, policy.phone = holder.email, holder.phone
    policy.customer_ref, policy.portal24_username = holder.customer_ref, holder.portal24_username
    policy.plate_number, policy.plate_key = statement.plate_number, plate_key(statement.plate_number)
    policy.accounting_documents = statement.accounting_documents
    policy.sales_route = statement.sales_route
    policy.status = statement.status
    policy.ended_on = None
    if statement.status == PolicyStatus.ENDED:
        policy.ended_on = statement.ended_on or budapest_date(statement.as_of)
    policy.as_of = statement.as_of
    _take_over_choice(policy, statement, consent_stated=consent_stated, created=created)


def _take_over_choice(policy: Policy, statement: PolicyStatement, *, consent_stated: bool, created: bool) -> None:
    """Take over how the holder wants to be written to, unless they told us otherwise later (R98)."""
    if our_decision_stands(policy.decided_here_at, statement.consent_at):
        return
    merely_repeated = not created and not consent_stated and policy.communication == statement.communication
    policy.communication = statement.communication
    if not merely_repeated:
        policy.consent_at = statement.consent_at


def _wants_account(policy: Policy, brand: Brand, now: datetime) -> bool:
    """Whether letters of this policy may still come; postal policies open nothing (R59)."""
    over = takes_no_letters_since(policy.ended_on, budapest_date(now), brand.retention.accept_after_end_days)
    reachable = bool(policy.email) or joins(policy.sales_route, brand)
    return policy.communication == Communication.ELECTRONIC and reachable and not over


def _view(policy: Policy, account: Account | None, *, opened: bool, created: bool) -> PolicyView:
    return PolicyView(
        policy_number=policy.number,
        communication=policy.communication,
        consent_at=policy.consent_at,
        status=policy.status,
        as_of=policy.as_of,
        portal=account.portal if account else "",
        account_status=account.status if account else "",
        account_opened=opened,
        created=created,
    )
