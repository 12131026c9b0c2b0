"""Merges: two accounts of one customer become one, and for some days can become two again (R55–R58).

Nothing about another account is said before the visitor has proved that it is theirs: by its identifier and password,
or, where both accounts have confirmed the same address or phone, by a code sent there. Who holds several rows holds
them in the same order as everybody: policies, letters, accounts by their numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Executable, and_, insert, literal, or_
from sqlalchemy import select as sql_select
from sqlmodel import Session, col, delete, func, select, update

from portal_app.database import locks
from portal_app.database.tables import (
    Account,
    Application,
    Credential,
    Delivery,
    Device,
    Draft,
    Letter,
    Link,
    Login,
    Merge,
    MergedRow,
    Message,
    Policy,
    SignIn,
    Visit,
)
from portal_app.domain.actors import Actor, Customer, InsurerSystem, Operator
from portal_app.domain.brands import Brand
from portal_app.domain.calendar import budapest_date
from portal_app.domain.errors import CodeWrong, MergeNotFound, MergeNotPossible, MergeNotProved, SignInRefused, TooMany
from portal_app.domain.merges import Contact, may_be_merged, undo_until
from portal_app.domain.sign_in import SignInRules
from portal_app.gateways.secrets import Secrets, public_id
from portal_app.services import accounts, attempts, codes, failures, letters, sign_ins
from portal_app.services.events import record
from portal_app.services.outbox import enqueue
from portal_app.services.sign_in import SENT, AttemptView, Browser, Ticket, attempt_view
from portal_app.services.visits import LIFE, end_visit, keep_visit, note_outcome, outcome_of, visit_of

PROVED = "merge_proved"
ERRAND = "merge"
# What belongs to an account and moves with it.
_MOVED: tuple[tuple[str, type[Login | Policy | Letter | Message | Application | Merge]], ...] = (
    ("login", Login),
    ("policy", Policy),
    ("letter", Letter),
    ("message", Message),
    ("application", Application),
    ("merge", Merge),
)
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
    account = _own(db, actor)
    shared = _shared(db, account)
    return MergePage(
        own=_account_view(db, account, now),
        shared=shared,
        contact=_contact(account, shared),
        code_sent=shared is not None and codes.awaits_code(db, actor.account_id, _errand(shared), now=now),
        proved=tuple(_account_view(db, other, now) for other in _proved(db, actor, now)),
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


# ── proving the other account ──


def conclude_proof(
    db: Session,
    actor: Customer,
    ticket: Ticket,
    browser: Browser,
    *,
    matches: bool,
    by_sent: bool = False,
    brand: Brand,
    secrets: Secrets,
    now: datetime,
) -> bool:
    """Conclude an attempt that `sign_in.reserve_sign_in` let through: remember the proof for some minutes, or why not.

    Failures count as those of signing in do, and unknown identifiers are treated alike. Nobody is signed in, and a
    password that was sent (`by_sent`) stays as good as it was.
    """
    visit = db.get(Visit, ticket.visit_id) or keep_visit(db, actor, browser.visit_sha256, now=now)
    other = db.get(Account, ticket.account_id) if ticket.account_id else None
    if ticket.number is None:
        return False
    if other is None or not matches:
        # Past the lock only a password that was sent is looked at; the page goes on saying what it says to everybody.
        if not ticket.place.bucket.startswith(f"{SENT}:"):
            attempts.refuse(
                db, actor, visit, ticket.place, ticket.number, _rules(brand, other),
                account=other, brand=brand, secrets=secrets, now=now,
            )  # fmt: skip
        return False
    failures.forgive(db, ticket.place)
    if not _still_good(db, ticket.sent_id if by_sent else ticket.credential_id, now):
        note_outcome(visit, SignInRefused.code)
        return False
    if not may_be_merged(_own(db, actor), other):
        note_outcome(visit, MergeNotPossible.code)
        return False
    visit.verified_at = now
    note_outcome(visit, PROVED, by="password", account=other.id or 0)
    record(db, actor, "merge:proved", now=now, account_id=other.id, by="password")
    return True


def send_code(db: Session, actor: Customer, *, brand: Brand, secrets: Secrets, now: datetime) -> None:
    """Owe a code to the address or phone that both accounts have confirmed.

    Raises `MergeNotPossible` where there is none such, `TooMany` after three within an hour.
    """
    account = _own(db, actor)
    shared = _shared(db, account)
    if shared is None:
        raise MergeNotPossible
    channel = "mail" if shared is Contact.EMAIL else "sms"
    if not codes.send_code(db, account, _errand(shared), channel=channel, brand=brand, secrets=secrets, now=now):
        raise TooMany


def prove_by_code(db: Session, actor: Customer, code: str, *, secrets: Secrets, now: datetime) -> bool:
    """Take the code for the contact that both accounts have confirmed; remember the proof, or that it was wrong."""
    account = _own(db, actor)
    shared = _shared(db, account)
    visit = keep_visit(db, actor, "", now=now)
    if shared is None or not codes.take_code(db, account, _errand(shared), code, secrets=secrets, now=now):
        note_outcome(visit, CodeWrong.code)
        return False
    visit.verified_at = now
    note_outcome(visit, PROVED, by=str(shared), contact=_contact(account, shared))
    record(db, actor, "merge:proved", now=now, account_id=actor.account_id, by=str(shared))
    return True


def forget_proof(db: Session, actor: Customer, *, now: datetime) -> None:
    """Let go of what was proved: the visitor does not want to merge after all."""
    end_visit(db, visit_of(db, actor, now=now))


# ── merging and undoing ──


def merge(db: Session, actor: Customer, other_id: str, *, brand: Brand, now: datetime) -> str:
    """Merge the proved account into the visitor's own: everything in one place from now on (R57). Gives the merge's id.

    Policies, letters, messages, requests and identifiers move; the other account sleeps, its password with it, and its
    sign-ins, browsers and links end. Both addresses are told. Raises `MergeNotProved` or `MergeNotPossible`.
    """
    other = next((one for one in _proved(db, actor, now) if one.public_id == other_id), None)
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
    _give_back(db, found)
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


# ── proofs ──


def _rules(brand: Brand, account: Account | None) -> SignInRules:
    """Give the account's rules; identifiers that lead nowhere get those of the brand's first portal, as at sign-in."""
    return brand.portal(account.portal if account else brand.switched_on[0]).sign_in


def _still_good(db: Session, credential_id: int | None, now: datetime) -> bool:
    """Whether the password that was checked is still one of the account's."""
    credential = db.get(Credential, credential_id) if credential_id else None
    if credential is None or credential.ended_at is not None:
        return False
    return credential.valid_until is None or credential.valid_until > now


def _proved(db: Session, actor: Customer, now: datetime) -> list[Account]:
    """Give the accounts that this sign-in proved in the last minutes and that can be merged."""
    visit = visit_of(db, actor, now=now)
    outcome = outcome_of(visit)
    if visit is None or visit.verified_at is None or outcome.code != PROVED or visit.verified_at + LIFE <= now:
        return []
    account = _own(db, actor)
    if outcome.facts["by"] == "password":
        found: Sequence[Account | None] = [db.get(Account, int(outcome.facts["account"]))]
    else:
        shared = Contact(str(outcome.facts["by"]))
        # A contact that was changed since proves nothing any more.
        still = _contact(account, shared) == outcome.facts["contact"]
        found = _sharing(db, account, shared) if still else []
    return [other for other in found if other is not None and may_be_merged(account, other)]


def _shared(db: Session, account: Account) -> Contact | None:
    """Say which confirmed contact another account has confirmed, too; the e-mail address goes first."""
    return next((contact for contact in Contact if _sharing(db, account, contact)), None)


def _sharing(db: Session, account: Account, contact: Contact) -> list[Account]:
    if contact is Contact.EMAIL:
        same = (Account.email_key == account.email_key, col(Account.email_confirmed_at).is_not(None))
        confirmed = bool(account.email and account.email_confirmed_at)
    else:
        same = (Account.phone == account.phone, col(Account.phone_confirmed_at).is_not(None))
        confirmed = bool(account.phone and account.phone_confirmed_at)
    if not confirmed:
        return []
    found = db.exec(select(Account).where(*same, Account.id != account.id).order_by(col(Account.id)).limit(_AT_ONCE)).all()
    return [other for other in found if other.status == "active" and may_be_merged(account, other)]


def _errand(contact: Contact) -> str:
    """Name what a code is for: one that went to the address says nothing about the phone."""
    return f"{ERRAND} by {contact}"


def _contact(account: Account, contact: Contact | None) -> str:
    return {Contact.EMAIL: account.email, Contact.PHONE: account.phone}.get(contact, "") if contact else ""


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
    for kind, table in _MOVED:
        _move_all(db, kind, table, done)
    _run(db, update(Draft).where(col(Draft.account_id) == other_id).values(account_id=account_id))
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
    both = (account_id, other_id)
    for table in (Policy, Letter):
        db.exec(select(table.id).where(col(table.account_id).in_(both)).order_by(col(table.id)).with_for_update(key_share=True))
    rows = db.exec(
        select(Account)
        .where(col(Account.id).in_(both))
        .order_by(col(Account.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    held = {row.id: row for row in rows}
    return held[account_id], held[other_id]


def _move_all(db: Session, kind: str, table: type[Any], done: Merge) -> None:
    """Remember which rows the other account has, and let them go over."""
    owned = col(table.account_id) == done.merged_id
    # A merge that is undone has nothing to give back any more.
    wanted = (owned, col(Merge.undone_at).is_(None)) if table is Merge else (owned,)
    rows = sql_select(literal(done.id), literal(kind), col(table.id)).where(*wanted)
    db.connection().execute(insert(MergedRow).from_select(["merge_id", "kind", "row_id"], rows))
    _run(db, update(table).where(*wanted).values(account_id=done.account_id))


def _give_back(db: Session, done: Merge) -> None:
    """Let go back what came with the merge, and what belongs to it and came later."""
    for kind, table in _MOVED:
        rows = sql_select(col(MergedRow.row_id)).where(col(MergedRow.merge_id) == done.id, col(MergedRow.kind) == kind)
        _take(db, table, done, col(table.id).in_(rows))
    policies = sql_select(col(Policy.id)).where(col(Policy.account_id) == done.merged_id)
    _take(db, Letter, done, col(Letter.policy_id).in_(policies), _handed_over() >= done.merged_at)
    _take(db, Application, done, col(Application.policy_id).in_(policies), col(Application.submitted_at) >= done.merged_at)
    own_letters = sql_select(col(Letter.id)).where(col(Letter.account_id) == done.merged_id)
    _take(db, Message, done, col(Message.letter_id).in_(own_letters))
    own_messages = sql_select(col(Message.id)).where(col(Message.account_id) == done.merged_id)
    _take(db, Message, done, col(Message.answers_id).in_(own_messages))
    _run(
        db,
        update(Draft)
        .where(col(Draft.account_id) == done.account_id, col(Draft.letter_id).in_(own_letters))
        .values(account_id=done.merged_id),
    )
    # Later merges must not take away what is the other account's own again.
    for kind, table in _MOVED:
        own = sql_select(col(table.id)).where(col(table.account_id) == done.merged_id)
        later = (col(MergedRow.merge_id) > done.id, col(MergedRow.kind) == kind, col(MergedRow.row_id).in_(own))
        _run(db, delete(MergedRow).where(*later))
    this = and_(col(MergedRow.kind) == "merge", col(MergedRow.row_id) == done.id)
    _run(db, delete(MergedRow).where(or_(col(MergedRow.merge_id) == done.id, this)))


def _handed_over() -> Any:
    """When a letter came, also one that waited for its moment: what came before the merge was the survivor's own."""
    accepted = sql_select(col(Delivery.accepted_at)).where(col(Delivery.id) == Letter.delivery_id).scalar_subquery()
    return func.coalesce(accepted, col(Letter.placed_at))


def _take(db: Session, table: type[Any], done: Merge, *which: Any) -> None:
    """Give rows back that are still where the merge brought them."""
    _run(db, update(table).where(col(table.account_id) == done.account_id, *which).values(account_id=done.merged_id))


def _end_ways_in(db: Session, account_id: int, now: datetime) -> None:
    """End every sign-in, link and known browser of the account that sleeps from now on; its passwords sleep with it."""
    sign_ins.end_others(db, account_id, now=now, reason="merged")
    unused = (col(Link.account_id) == account_id, col(Link.used_at).is_(None), col(Link.superseded_at).is_(None))
    _run(db, update(Link).where(*unused).values(superseded_at=now))
    _run(db, update(SignIn).where(col(SignIn.account_id) == account_id).values(device_id=None))
    _run(db, delete(Device).where(col(Device.account_id) == account_id))


def _changed(db: Session, account: Account) -> None:
    db.flush()
    letters.recount_unread(db, account.id or 0)
    accounts.mark_changed(db, account.id or 0)


def _run(db: Session, statement: Executable) -> None:
    """Run a statement over many rows without looking for them among the rows at hand."""
    db.execute(statement, execution_options={"synchronize_session": False})


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


def _own(db: Session, actor: Customer) -> Account:
    return db.exec(select(Account).where(Account.id == actor.account_id)).one()
