"""Openings: which account a policy's letters go to, and the accounts that open by themselves for it (R6–R11, R45, R55)."""

import random
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session, col, func, select, update

from portal_app.database.locks import OPENINGS, one_at_a_time
from portal_app.database.tables import Account, Credential, Login, Policy
from portal_app.domain.actors import Actor
from portal_app.domain.brands import Brand, LoginKind, PortalName
from portal_app.domain.errors import AccountUnknown, SalesRouteUnknown
from portal_app.domain.logins import issued_login, login_key
from portal_app.domain.passwords import sent_password
from portal_app.gateways.hashing import PasswordHashing
from portal_app.gateways.secrets import Secrets
from portal_app.services import accounts
from portal_app.services.events import record
from portal_app.services.links import supersede_links
from portal_app.services.outbox import enqueue


class FirstAccessNeeded(Exception):
    """An account has to be opened, or access sent again, and no initial password was drawn for it. Not a refusal.

    The caller draws one with `draw_first_access`, outside any transaction, and tries again.
    """


@dataclass(frozen=True)
class FirstAccess:
    """What a new account begins with: the initial password, its hash, and the identifier where the portal issues one."""

    initial_password: str = field(repr=False)
    hashed: str = field(repr=False)
    login: str = ""


@dataclass(frozen=True)
class Before:
    """Who held the policy as it was known so far; empty for a new one."""

    email: str = ""
    customer_ref: str = ""
    portal24_username: str = ""
    as_of: datetime | None = None


def portal_for(sales_route: str, brand: Brand) -> PortalName:
    """Say in which portal a policy of this route opens an account; `SalesRouteUnknown` where the brand lists no such route."""
    portal = brand.opens.get(sales_route)
    if portal is None or portal not in brand.switched_on:
        raise SalesRouteUnknown(pointer="/sales_route")
    return portal


def joins(sales_route: str, brand: Brand) -> bool:
    """Whether policies of this route open nothing and join the account whose chosen name the holder gave (R86)."""
    return brand.portal(portal_for(sales_route, brand)).login is LoginKind.CHOSEN


def draw_first_access(sales_route: str, *, brand: Brand, hashing: PasswordHashing) -> FirstAccess:
    """Draw a password that keeps the portal's own rules (R92), and hash it; slow, so never in a transaction."""
    drawn = _drawn(sales_route, brand)
    return FirstAccess(drawn.initial_password, hashing.hash(drawn.initial_password), drawn.login)


async def draw_first_access_async(sales_route: str, *, brand: Brand, hashing: PasswordHashing) -> FirstAccess:
    """Do the same in the hashing's own threads; `Busy` when too many wait for them."""
    drawn = _drawn(sales_route, brand)
    return FirstAccess(drawn.initial_password, await hashing.hash_async(drawn.initial_password), drawn.login)


def account_for(
    db: Session,
    actor: Actor,
    policy: Policy,
    before: Before,
    *,
    first_access: FirstAccess | None,
    brand: Brand,
    secrets: Secrets,
    now: datetime,
) -> tuple[Account, bool]:
    """Give the account that the policy's letters go to from now on, and whether it was opened just now.

    The policy wants letters (it is electronic and runs) and has an e-mail address, unless its route joins. The caller
    writes the account down on it. Raises `SalesRouteUnknown`, `AccountUnknown` and `FirstAccessNeeded`.
    """
    present, opened = present_account(db, policy), False
    if joins(policy.sales_route, brand):
        account = _named_account(db, policy, before, present)
    elif present is not None and _stays(db, policy, before, present):
        _take_over_phone(present, policy)
        return present, False
    elif present is not None and _may_be_readdressed(db, policy, before, present):
        _readdress(db, actor, present, policy, before, now)
        if present.status == "invited":
            _send_access(db, present, first_access, brand=brand, secrets=secrets, now=now)
        return present, False
    else:
        account, opened = _new_account(db, actor, policy, first_access, brand=brand, now=now)
    if opened:
        _send_access(db, account, first_access, brand=brand, secrets=secrets, now=now)
    if present is not None and present.id != account.id:
        _leave(db, actor, policy, present, now)
    return account, opened


def _drawn(sales_route: str, brand: Brand) -> FirstAccess:
    chance = random.SystemRandom()
    portal = brand.portal(portal_for(sales_route, brand))
    return FirstAccess(sent_password(portal.passwords, chance), "", issued_login(chance))


# ── where it is ──


def present_account(db: Session, policy: Policy) -> Account | None:
    """Give the account that the policy's letters go to now, if there is one; for the services only."""
    account = db.get(Account, policy.account_id) if policy.account_id else None
    account = accounts.survivor_of(db, account) if account is not None else None
    return account if account is not None and account.status != "closed" else None


def _stays(db: Session, policy: Policy, before: Before, account: Account) -> bool:
    """Whether nothing about the holder says that the letters belong elsewhere."""
    if not accounts.belongs_to_address(db, account) and _is_another_person(policy, before):
        return False
    same_address = login_key(before.email) == login_key(policy.email)
    return same_address or not policy.email or _leads_to(db, policy.email, account)


def _is_another_person(policy: Policy, before: Before) -> bool:
    """Whether the contract changed hands; only the insurer's own number of the person proves anything."""
    return bool(before.customer_ref and policy.customer_ref) and before.customer_ref != policy.customer_ref


def _is_same_person(policy: Policy, before: Before) -> bool:
    return bool(policy.customer_ref) and before.customer_ref == policy.customer_ref


def _leads_to(db: Session, email: str, account: Account) -> bool:
    owner = accounts.account_of_login(db, email)
    return owner is not None and owner.id == account.id


# ── where it goes ──


def _named_account(db: Session, policy: Policy, before: Before, present: Account | None) -> Account:
    """Give the account whose owner chose the name that the core system wrote down; raises `AccountUnknown`.

    The name of a closed account is free again, so whoever registered it later is not taken for its former owner.
    """
    account = accounts.account_of_chosen_name(db, policy.portal24_username)
    if account is None or (account is not present and _has_changed_hands(policy, before, account)):
        raise AccountUnknown(pointer="/holder/portal24_username")
    return account


def _has_changed_hands(policy: Policy, before: Before, account: Account) -> bool:
    """Whether the name led the policy into another account before; the holder's own address proves the same person."""
    same_name = login_key(before.portal24_username) == login_key(policy.portal24_username)
    if not same_name or policy.opened_account_id is None or before.as_of is None:
        return False
    registered_since = (account.activated_at or account.created_at) > before.as_of
    return registered_since and account.email_key != login_key(policy.email)


def _new_account(
    db: Session, actor: Actor, policy: Policy, first_access: FirstAccess | None, *, brand: Brand, now: datetime
) -> tuple[Account, bool]:
    """Give the account of this holder, opening it when there is none: one a person, or one each time (R8, R11, R55)."""
    portal = portal_for(policy.sales_route, brand)
    if brand.portal(portal).login is LoginKind.EMAIL:
        return accounts.account_for_email(
            db, actor, policy.email, portal=portal, phone=policy.phone, customer_ref=policy.customer_ref, now=now
        )
    known = _upgraded_account(db, policy.email, portal) or _shared_account(db, policy, portal, brand)
    if known is not None:
        _take_over_phone(known, policy)
        return known, False
    if first_access is None:
        raise FirstAccessNeeded
    account = accounts.open_issued(
        db, actor, accounts.unused_login(db, first_access.login), email=policy.email, portal=portal, phone=policy.phone,
        customer_ref=policy.customer_ref, now=now,
    )  # fmt: skip
    return account, True


def _upgraded_account(db: Session, email: str, portal: PortalName) -> Account | None:
    """Give the account that this address took along to the full portal: it wins (R11)."""
    known = accounts.account_of_login(db, email)
    return known if known is not None and known.status != "closed" and known.portal == portal else None


def _shared_account(db: Session, policy: Policy, portal: PortalName, brand: Brand) -> Account | None:
    """Give the account that the same person has already; two policies at once wait for each other."""
    if policy.sales_route in brand.opens_anew or not policy.customer_ref:
        return None
    one_at_a_time(db, OPENINGS)
    return accounts.account_of_customer(db, policy.customer_ref, portal)


def _send_access(
    db: Session, account: Account, first_access: FirstAccess | None, *, brand: Brand, secrets: Secrets, now: datetime
) -> None:
    if first_access is None:
        raise FirstAccessNeeded
    accounts.send_first_access(
        db, account, first_access.initial_password, first_access.hashed, brand=brand, secrets=secrets, now=now
    )


# ── another address ──


def _may_be_readdressed(db: Session, policy: Policy, before: Before, account: Account) -> bool:
    """Whether the account itself gets the new address, instead of the letters going to another account.

    That of an e-mail address: while nobody has signed in, it is this policy's alone, and the new address is nobody's.
    An issued one: while nobody has signed in, or when the insurer says that it is the same person as before; unless
    the new address has an account in the full portal already (R11).
    """
    owner = accounts.account_of_login(db, policy.email)
    taken = owner is not None and owner.status != "closed"
    alone = account.status == "invited" and _is_alone(db, policy, account)
    if accounts.belongs_to_address(db, account):
        return alone and not taken
    if owner is not None and taken and owner.portal == account.portal:
        return False
    return _is_same_person(policy, before) or (alone and not _is_another_person(policy, before))


def _is_alone(db: Session, policy: Policy, account: Account) -> bool:
    others = select(func.count()).select_from(Policy).where(Policy.account_id == account.id, Policy.id != policy.id)
    return db.exec(others).one() == 0


def _readdress(db: Session, actor: Actor, account: Account, policy: Policy, before: Before, now: datetime) -> None:
    """Correct the account's address, and tell the old one if somebody has used the account.

    An address that its owner chose for themselves stays.
    """
    if account.status != "invited":
        if account.email_key != login_key(before.email):
            return
        enqueue(db, "email_changed_notice_to_old", account, now=now, facts={"new_address": policy.email})
    if accounts.belongs_to_address(db, account):
        accounts.free_login(db, policy.email)
        db.exec(
            update(Login)
            .where(col(Login.account_id) == account.id, col(Login.kind) == LoginKind.EMAIL)
            .values(key=login_key(policy.email), shown=policy.email)
        )
    account.email, account.email_key = policy.email, login_key(policy.email)
    account.email_confirmed_at, account.email_refused_at, account.email_refused_reason = None, None, ""
    if account.status == "invited":
        _learn_phone(account, policy.phone)
    record(db, actor, "account:readdressed", now=now, account_id=account.id, about=account.public_id)


def _leave(db: Session, actor: Actor, policy: Policy, account: Account, now: datetime) -> None:
    """Let later letters go elsewhere: a used account's owner is told, an unused account's access dies with its last policy."""
    record(db, actor, "policy:moved", now=now, account_id=account.id, about=policy.number)
    if account.status != "invited":
        enqueue(db, "letters_go_elsewhere", account, now=now, gathers=f"letters_go_elsewhere:{account.id}")
    elif _is_alone(db, policy, account):
        _withdraw_access(db, account, now)


def _withdraw_access(db: Session, account: Account, now: datetime) -> None:
    """End links and sent passwords that went to an address which turned out not to be the holder's."""
    supersede_links(db, account.id or 0, now=now)
    running = (col(Credential.account_id) == account.id, col(Credential.ended_at).is_(None))
    db.exec(update(Credential).where(*running).values(ended_at=now))


def _take_over_phone(account: Account, policy: Policy) -> None:
    """Learn the number of an account that has none yet; a known one is only changed by its owner."""
    if policy.phone and (not account.phone or account.status == "invited"):
        _learn_phone(account, policy.phone)


def _learn_phone(account: Account, phone: str) -> None:
    """Take over a number; what proved another one proves nothing of this one."""
    if phone != account.phone:
        account.phone, account.phone_confirmed_at = phone, None
