"""Policies: what the core system says about contracts, and the accounts that open by themselves because of it (R6–R8)."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlmodel import Session, col, func, select, update

from portal_app.database.tables import Account, Credential, Link, Login, Policy
from portal_app.database.upserts import insert_into
from portal_app.domain.actors import Actor
from portal_app.domain.brands import Brand, PortalName
from portal_app.domain.calendar import budapest_date
from portal_app.domain.errors import EmailMissing, PolicyOutdated, PortalError, SalesRouteUnknown
from portal_app.domain.logins import login_key
from portal_app.domain.passwords import sent_password
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
from portal_app.gateways.hashing import PasswordHashing
from portal_app.gateways.secrets import Secrets
from portal_app.services import accounts
from portal_app.services.events import record
from portal_app.services.outbox import enqueue


class FirstAccessNeeded(Exception):
    """An account has to be opened, or a link sent again, and no initial password was drawn for it. Not a refusal.

    The caller draws one with `draw_first_access`, outside any transaction, and states the policy again.
    """


@dataclass(frozen=True)
class FirstAccess:
    """The initial password for a new account, and its hash."""

    initial_password: str = field(repr=False)
    hashed: str = field(repr=False)


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


def portal_for(statement: PolicyStatement, brand: Brand) -> PortalName:
    """Say in which portal the policy opens an account; `SalesRouteUnknown` where the brand lists no such route."""
    portal = brand.opens.get(statement.sales_route)
    if portal is None or portal not in brand.switched_on:
        raise SalesRouteUnknown(pointer="/sales_route")
    return portal


def draw_first_access(statement: PolicyStatement, *, brand: Brand, hashing: PasswordHashing) -> FirstAccess:
    """Draw an initial password that keeps the portal's own rules (R92), and hash it; slow, so never in a transaction."""
    password = _initial_password(statement, brand)
    return FirstAccess(password, hashing.hash(password))


async def draw_first_access_async(statement: PolicyStatement, *, brand: Brand, hashing: PasswordHashing) -> FirstAccess:
    """Do the same in the hashing's own threads; `Busy` when too many wait for them."""
    password = _initial_password(statement, brand)
    return FirstAccess(password, await hashing.hash_async(password))


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
    its first moment then. Letters that are already placed stay where they are, whatever the statement says.

    Raises `SalesRouteUnknown`, `EmailMissing`, `EmailInvalid`, `PhoneInvalid`, `PolicyOutdated` (fact `as_of`), and
    `FirstAccessNeeded`, which is no refusal.
    """
    portal = portal_for(statement, brand)
    statement = _tidy(statement)
    policy, created = _locked_policy(db, statement)
    if not created and is_outdated(statement, policy.as_of):
        raise PolicyOutdated(pointer="/as_of", as_of=policy.as_of.isoformat())
    known_email = "" if created else policy.email
    _take_over(policy, statement, consent_stated=consent_stated, created=created)
    account, opened = None, False
    if _wants_account(policy, brand, now):
        account, opened = _account_of(
            db, actor, policy, known_email, portal=portal, first_access=first_access, brand=brand, secrets=secrets, now=now
        )
        policy.account_id = account.id
        policy.opened_account_id = policy.opened_account_id or account.id
    elif policy.account_id is not None:
        account = db.get(Account, policy.account_id)
    db.flush()
    record(
        db, actor, "policy:stated", now=now, account_id=policy.account_id, about=policy.number,
        communication=policy.communication, status=policy.status,
    )  # fmt: skip
    return _view(policy, account, opened=opened, created=created)


def _initial_password(statement: PolicyStatement, brand: Brand) -> str:
    return sent_password(brand.portal(portal_for(statement, brand)).passwords, random.SystemRandom())


def _tidy(statement: PolicyStatement) -> PolicyStatement:
    holder = statement.holder
    email = _tidied(tidy_email, holder.email, "/holder/email")
    phone = _tidied(tidy_phone, holder.phone, "/holder/phone")
    if statement.communication == Communication.ELECTRONIC and not email:
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
    return policy.communication == Communication.ELECTRONIC and bool(policy.email) and not over


def _account_of(
    db: Session,
    actor: Actor,
    policy: Policy,
    known_email: str,
    *,
    portal: PortalName,
    first_access: FirstAccess | None,
    brand: Brand,
    secrets: Secrets,
    now: datetime,
) -> tuple[Account, bool]:
    """Give the account that the policy's letters go to from now on, and whether it was opened just now."""
    present = _present_account(db, policy)
    same_address = login_key(known_email) == login_key(policy.email)
    if present is not None and (same_address or _leads_to(db, policy.email, present)):
        _take_over_phone(present, policy)
        return present, False
    if present is not None and present.status == "invited" and _may_be_readdressed(db, policy, present):
        _readdress(db, actor, present, policy, now)
        _send_access(db, present, first_access, brand=brand, secrets=secrets, now=now)
        return present, False
    account, opened = accounts.account_for_email(
        db, actor, policy.email, portal=portal, phone=policy.phone, customer_ref=policy.customer_ref, now=now
    )
    if opened:
        _send_access(db, account, first_access, brand=brand, secrets=secrets, now=now)
    if present is not None:
        _leave(db, actor, policy, present, now)
    return account, opened


def _present_account(db: Session, policy: Policy) -> Account | None:
    account = db.get(Account, policy.account_id) if policy.account_id else None
    return account if account is not None and account.status != "closed" else None


def _leads_to(db: Session, email: str, account: Account) -> bool:
    owner = accounts.account_of_login(db, email)
    return owner is not None and owner.id == account.id


def _may_be_readdressed(db: Session, policy: Policy, account: Account) -> bool:
    """Whether the account is this policy's alone, and the new address is nobody's yet."""
    others = db.exec(select(func.count()).select_from(Policy).where(Policy.account_id == account.id, Policy.id != policy.id))
    owner = accounts.account_of_login(db, policy.email)
    return others.one() == 0 and (owner is None or owner.status == "closed")


def _readdress(db: Session, actor: Actor, account: Account, policy: Policy, now: datetime) -> None:
    """Correct the address of an account that nobody has opened yet; its letters were never seen by anybody."""
    accounts.free_login(db, policy.email)
    db.exec(
        update(Login)
        .where(col(Login.account_id) == account.id, col(Login.kind) == "email")
        .values(key=login_key(policy.email), shown=policy.email)
    )
    account.email, account.email_key = policy.email, login_key(policy.email)
    account.email_refused_at, account.email_refused_reason = None, ""
    account.phone = policy.phone
    record(db, actor, "account:readdressed", now=now, account_id=account.id, about=account.public_id)


def _send_access(
    db: Session, account: Account, first_access: FirstAccess | None, *, brand: Brand, secrets: Secrets, now: datetime
) -> None:
    if first_access is None:
        raise FirstAccessNeeded
    accounts.send_first_access(
        db, account, first_access.initial_password, first_access.hashed, brand=brand, secrets=secrets, now=now
    )


def _leave(db: Session, actor: Actor, policy: Policy, account: Account, now: datetime) -> None:
    """Let later letters go elsewhere: a used account's owner is told, an unused account's link dies with its last policy."""
    record(db, actor, "policy:moved", now=now, account_id=account.id, about=policy.number)
    if account.status != "invited":
        enqueue(db, "letters_go_elsewhere", account, now=now, gathers=f"letters_go_elsewhere:{account.id}")
        return
    others = select(func.count()).select_from(Policy).where(Policy.account_id == account.id, Policy.id != policy.id)
    if db.exec(others).one() == 0:
        _withdraw_access(db, account, now)


def _withdraw_access(db: Session, account: Account, now: datetime) -> None:
    """End links and sent passwords that went to an address which turned out not to be the holder's."""
    unused = (col(Link.account_id) == account.id, col(Link.used_at).is_(None), col(Link.superseded_at).is_(None))
    db.exec(update(Link).where(*unused).values(superseded_at=now))
    running = (col(Credential.account_id) == account.id, col(Credential.ended_at).is_(None))
    db.exec(update(Credential).where(*running).values(ended_at=now))


def _take_over_phone(account: Account, policy: Policy) -> None:
    """Learn the number of an account that has none yet; a known one is only changed by its owner."""
    if policy.phone and (not account.phone or account.status == "invited"):
        account.phone = policy.phone


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
