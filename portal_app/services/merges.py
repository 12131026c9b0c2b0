"""Merges: two accounts of one customer become one, and for some days can become two again (R55–R58).

Nothing about another account is said before the visitor has proved that it is theirs (`merge_proofs`). Who holds
several rows holds them in the same order as everybody: policies, letters, accounts by their numbers.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select as sql_select
from sqlmodel import Session, col, delete, func, select, update

from portal_app.database import locks
from portal_app.database.tables import (
    Account,
    Credential,
    Device,
    Letter,
    Login,
    Merge,
    MergedRow,
    Policy,
    SignIn,
)
from portal_app.domain.actors import Actor, Customer, InsurerSystem, Operator
from portal_app.domain.brands import Brand
from portal_app.domain.calendar import budapest_date
from portal_app.domain.errors import MergeNotFound, MergeNotPossible, MergeNotProved
from portal_app.domain.merges import Contact, may_be_merged, undo_until
from portal_app.gateways.secrets import public_id
from portal_app.services import accounts, belongings, codes, letters, sign_ins
from portal_app.services.events import record
from portal_app.services.links import supersede_links
from portal_app.services.merge_proofs import contact_of, errand_of, forget_proof, proved_accounts, shared_contact
from portal_app.services.outbox import enqueue
from portal_app.services.sign_in import AttemptView, attempt_view

_AT_ONCE = 50


@dataclass(frozen=True)
class AccountView:
    """One of the two accounts, as its proved owner sees it."""

    account_id: str
    login: str
    """The identifier it is signed in to with, as it is shown."""
    policies: tuple[str, ...]
    letters: int


@dataclass(frozen=True)
class MergeView:
    """A merge that can still be undone."""

    merge_id: str
    login: str
    policies: tuple[str, ...]
    merged_at: datetime
    undo_until: datetime


@dataclass(frozen=True)
class MergePage:
    """Everything the page shows."""

    own: AccountView
    shared: Contact | None
    """The contact that another account has confirmed, too; None where there is no such account."""
    contact: str
    """That contact in full: the door masks it."""
    code_sent: bool
    proved: tuple[AccountView, ...]
    """Accounts that were proved in the last minutes and can be merged into this one."""
    attempt: AttemptView
    merges: tuple[MergeView, ...]


# ── what the page shows ──


def merge_page(db: Session, actor: Customer, *, brand: Brand, now: datetime) -> MergePage:
    """Say what the visitor can do now: prove another account, merge what is proved, undo."""
    account = db.get_one(Account, actor.account_id)
    shared = shared_contact(db, account)
    return MergePage(
        own=_account_view(db, account, now),
        shared=shared,
        contact=contact_of(account, shared),
        code_sent=shared is not None and codes.awaits_code(db, actor.account_id, errand_of(shared), now=now),
        proved=tuple(_account_view(db, other, now) for other in proved_accounts(db, actor, now=now)),
        attempt=attempt_view(db, actor, brand=brand, now=now),
        merges=undoable(db, actor, now=now),
    )


def undoable(db: Session, actor: Customer, *, now: datetime) -> tuple[MergeView, ...]:
    """List the merges into the visitor's account that can still be undone, the newest first."""
    rows = db.exec(
        select(Merge)
        .where(Merge.account_id == actor.account_id, col(Merge.undone_at).is_(None), Merge.undo_until > now)
        .order_by(col(Merge.id).desc())
    ).all()
    return tuple(_merge_view(db, row) for row in rows)


# ── merging and undoing ──


def merge(db: Session, actor: Customer, other_id: str, *, brand: Brand, now: datetime) -> str:
    """Merge the proved account into the visitor's own: everything in one place from now on (R57). Gives the merge's id.

    Policies, letters, messages, requests and identifiers move; the other account sleeps, its password with it, and its
    sign-ins, browsers and links end. Both addresses are told. Raises `MergeNotProved` or `MergeNotPossible`.
    """
    other = next((one for one in proved_accounts(db, actor, now=now) if one.public_id == other_id), None)
    if other is None:
        raise MergeNotProved
    done = _join(db, actor, actor.account_id, other.id or 0, brand, now)
    return done.public_id


def merge_by_staff(
    db: Session, actor: Operator | InsurerSystem, account_id: int, other: str, *, brand: Brand, now: datetime
) -> str:
    """Merge another account into this one, after staff have seen the proof (R58). Gives the merge's id.

    `other` is its identifier, or the number of a policy in it. Raises `MergeNotPossible`, also where it leads nowhere.
    """
    found = accounts.account_of_login(db, other) or _account_of_policy(db, other)
    if found is None:
        raise MergeNotPossible
    return _join(db, actor, account_id, found.id or 0, brand, now).public_id


def _account_of_policy(db: Session, number: str) -> Account | None:
    policy = db.exec(select(Policy).where(Policy.number == number.strip())).first()
    return db.get(Account, policy.account_id) if policy is not None and policy.account_id else None


def undo(db: Session, actor: Customer, merge_id: str, *, now: datetime) -> None:
    """Make two accounts of one again, each with what was its own, and what came for its policies meanwhile.

    The other account's identifiers lead to it again, under its own password. Both addresses are told. What was proved
    for the merge is forgotten, so that the page does not offer at once to merge again.
    Raises `MergeNotFound` when it is not the visitor's, undone already, or too late.
    """
    found = db.exec(
        select(Merge).where(
            Merge.public_id == merge_id,
            Merge.account_id == actor.account_id,
            col(Merge.undone_at).is_(None),
            Merge.undo_until > now,
        )
    ).first()
    if found is None:
        raise MergeNotFound
    survivor, other = _held(db, found.account_id, found.merged_id)
    db.refresh(found)
    if found.undone_at is not None or found.account_id != actor.account_id or survivor.status not in {"active", "closing"}:
        raise MergeNotFound
    belongings.give_back(db, found)
    other.status = "active" if other.activated_at else "invited"
    found.undone_at = now
    forget_proof(db, actor, now=now)
    for account in (survivor, other):
        _changed(db, account)
        enqueue(db, "merge_undone", account, now=now)
        record(db, actor, "account:unmerged", now=now, account_id=account.id, about=found.public_id)


# ── what the nightly job and closings do ──


def finish_due(db: Session, actor: Operator, *, now: datetime, most: int = _AT_ONCE) -> int:
    """Make merges final that can no longer be undone, at most `most`; give their number."""
    waiting = select(MergedRow.merge_id).distinct()
    due = db.exec(
        select(Merge)
        .where(col(Merge.id).in_(waiting), Merge.undo_until <= now)
        .order_by(col(Merge.id))
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()
    for done in due:
        _finish(db, done)
        record(db, actor, "account:merge_final", now=now, account_id=done.merged_id, about=done.public_id)
    return len(due)


def finish_all_of(db: Session, account_id: int) -> None:
    """Make every merge into an account final at once: it is being closed, and nobody will undo them."""
    for done in db.exec(select(Merge).where(Merge.account_id == account_id, col(Merge.undone_at).is_(None))).all():
        _finish(db, done)
        # Until now the insurer's number of the person led through it to the account that goes on.
        db.get_one(Account, done.merged_id).customer_ref = ""
    db.flush()


def _finish(db: Session, done: Merge) -> None:
    """Forget where everything came from, and what named the owner of the account that sleeps; its row stays as proof."""
    db.exec(delete(MergedRow).where(col(MergedRow.merge_id) == done.id))
    db.exec(delete(Credential).where(col(Credential.account_id) == done.merged_id))
    account = db.get_one(Account, done.merged_id)
    account.email = account.email_key = account.phone = ""
    account.email_confirmed_at = account.phone_confirmed_at = account.email_refused_at = None
    account.email_refused_reason = ""
    db.flush()


# ── the rows ──


def _join(db: Session, actor: Actor, account_id: int, other_id: int, brand: Brand, now: datetime) -> Merge:
    survivor, other = _held(db, account_id, other_id)
    if not may_be_merged(survivor, other):
        raise MergeNotPossible
    done = Merge(
        public_id=public_id(), account_id=account_id, merged_id=other_id, merged_at=now,
        undo_until=undo_until(now, brand.merge_undo_days),
    )  # fmt: skip
    db.add(done)
    db.flush()
    belongings.bring_over(db, done)
    _end_ways_in(db, other_id, now)
    other.status = "merged"
    facts: dict[str, str | int] = {"undo_until": budapest_date(done.undo_until - timedelta(seconds=1)).isoformat()}
    for account in (survivor, other):
        _changed(db, account)
        enqueue(db, "accounts_merged", account, now=now, facts=facts)
        record(db, actor, "account:merged", now=now, account_id=account.id, about=done.public_id)
    return done


def _held(db: Session, account_id: int, other_id: int) -> tuple[Account, Account]:
    """Give both accounts' rows, held for this transaction with everything that moves between them."""
    locks.one_at_a_time(db, locks.APPLICATIONS)
    locks.one_at_a_time(db, locks.MESSAGES)
    held = {row.id: row for row in belongings.hold(db, account_id, other_id)}
    return held[account_id], held[other_id]


def _end_ways_in(db: Session, account_id: int, now: datetime) -> None:
    """End every sign-in, link and known browser of the account that sleeps from now on; its passwords sleep with it."""
    sign_ins.end_others(db, account_id, now=now, reason="merged")
    supersede_links(db, account_id, now=now)
    belongings.run_over(db, update(SignIn).where(col(SignIn.account_id) == account_id).values(device_id=None))
    belongings.run_over(db, delete(Device).where(col(Device.account_id) == account_id))


def _changed(db: Session, account: Account) -> None:
    db.flush()
    letters.recount_unread(db, account.id or 0)
    accounts.mark_changed(db, account.id or 0)


# ── views ──


def _account_view(db: Session, account: Account, now: datetime) -> AccountView:
    counted = select(func.count()).where(
        Letter.account_id == account.id, col(Letter.publish_at).is_(None), col(Letter.erase_on) > budapest_date(now)
    )
    policies = db.exec(select(Policy.number).where(Policy.account_id == account.id).order_by(Policy.number)).all()
    return AccountView(account.public_id, _shown_login(db, account), tuple(policies), db.exec(counted).one())


def _shown_login(db: Session, account: Account) -> str:
    """Give the account's own identifier: not one that came with a merge, and an issued one before an address."""
    into_it = sql_select(col(Merge.id)).where(col(Merge.account_id) == account.id)
    came = sql_select(col(MergedRow.row_id)).where(col(MergedRow.kind) == "login", col(MergedRow.merge_id).in_(into_it))
    own = select(Login).where(Login.account_id == account.id, col(Login.id).not_in(came)).order_by(col(Login.id))
    found = sorted(db.exec(own).all(), key=lambda login: login.kind == "email")
    return found[0].shown if found else account.email


def _merge_view(db: Session, done: Merge) -> MergeView:
    def moved(kind: str) -> Any:
        return sql_select(col(MergedRow.row_id)).where(col(MergedRow.merge_id) == done.id, col(MergedRow.kind) == kind)

    logins = sorted(
        db.exec(select(Login).where(col(Login.id).in_(moved("login")))).all(), key=lambda login: login.kind == "email"
    )
    policies = db.exec(select(Policy.number).where(col(Policy.id).in_(moved("policy"))).order_by(Policy.number)).all()
    return MergeView(done.public_id, logins[0].shown if logins else "", tuple(policies), done.merged_at, done.undo_until)
