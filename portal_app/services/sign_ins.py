"""Sign-ins: who a browser's cookie belongs to, how long, and how it ends."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select, update

from portal_app.database.tables import Account, SignIn, Visit
from portal_app.domain.actors import Customer, Stage
from portal_app.domain.brands import Brand
from portal_app.domain.sign_in import is_over
from portal_app.services.events import record

# Moving *seen at* with every event would make every read a write; half a minute is exact enough for 15 minutes.
SEEN_STEP = timedelta(seconds=30)


@dataclass(frozen=True)
class ResolvedSignIn:
    """What a cookie stands for at this moment."""

    customer: Customer
    ends_at: datetime
    """When the sign-in will run out if the visitor does nothing."""
    warn_at: datetime
    seen_step_due: bool
    """Whether the visitor's next own act should move *seen at* (`touch`)."""
    revision: int = 0
    """The account's, so that a live page knows what it shows."""


@dataclass(frozen=True)
class SignInView:
    """A sign-in as the settings page lists it."""

    id: int
    started_at: datetime
    seen_at: datetime
    browser: str
    source: str
    current: bool


# Asked with every event and request: built once, and no more than is needed.
_STANDING = (
    sa.select(
        *(col(column) for column in (SignIn.id, SignIn.stage, SignIn.created_at, SignIn.seen_at, SignIn.ended_at)),
        *(col(column) for column in (Account.portal, Account.status, Account.language, Account.email, Account.revision)),
        col(Account.id).label("account_id"),
    )
    .select_from(SignIn)
    .join(Account, col(Account.id) == SignIn.account_id)
)
_BY_TOKEN = _STANDING.where(col(SignIn.token_sha256) == sa.bindparam("token_sha256"))
_BY_ROW = _STANDING.where(col(SignIn.id) == sa.bindparam("sign_in_id"))


def resolve(db: Session, token_sha256: str, *, brand: Brand, now: datetime) -> ResolvedSignIn | None:
    """Say who the bearer of this cookie is, or None when it stands for nobody (any more)."""
    found = db.execute(_BY_TOKEN, {"token_sha256": token_sha256}).first()
    return _resolved(found, brand, now)


def resolve_row(db: Session, sign_in_id: int, *, brand: Brand, now: datetime) -> ResolvedSignIn | None:
    """The same for a socket that was authenticated when it connected and knows the row."""
    found = db.execute(_BY_ROW, {"sign_in_id": sign_in_id}).first()
    return _resolved(found, brand, now)


def _resolved(row: sa.Row[Any] | None, brand: Brand, now: datetime) -> ResolvedSignIn | None:
    if row is None:
        return None
    rules = brand.portal(row.portal).sign_in
    if row.ended_at or row.status in {"closed", "merged"} or is_over(row.created_at, row.seen_at, now, rules):
        return None
    ends_at = min(row.seen_at + timedelta(minutes=rules.idle_minutes), row.created_at + timedelta(hours=rules.absolute_hours))
    customer = Customer(
        account_id=row.account_id,
        sign_in_id=row.id,
        portal=row.portal,
        stage=Stage(row.stage),
        language=row.language,
        display_name=row.email,
    )
    warn_at = ends_at - timedelta(minutes=rules.warn_minutes)
    return ResolvedSignIn(customer, ends_at, warn_at, now - row.seen_at >= SEEN_STEP, row.revision)


def touch(db: Session, actor: Customer, *, now: datetime) -> None:
    """Move *seen at*: the visitor did something of their own."""
    db.exec(update(SignIn).where(col(SignIn.id) == actor.sign_in_id, col(SignIn.ended_at).is_(None)).values(seen_at=now))


def start_sign_in(
    db: Session,
    account: Account,
    token_sha256: str,
    *,
    stage: Stage,
    device_id: int | None,
    browser: str,
    source: str,
    now: datetime,
) -> Customer:
    """Begin a sign-in for an account whose password was just proved; the caller sets the cookie."""
    row = SignIn(
        account_id=account.id or 0,
        token_sha256=token_sha256,
        device_id=device_id,
        stage=stage,
        created_at=now,
        seen_at=now,
        browser=browser[:200],
        source=source,
    )
    db.add(row)
    db.flush()
    customer = Customer(account.id or 0, row.id or 0, account.portal, stage, account.language, account.email)
    record(db, customer, "sign_in:started", now=now, account_id=account.id, stage=str(stage))
    return customer


def rotate(db: Session, actor: Customer, token_sha256: str, *, stage: Stage, now: datetime) -> None:
    """Give the same sign-in a new cookie and stage, as after the forced change (S25)."""
    db.exec(update(SignIn).where(col(SignIn.id) == actor.sign_in_id).values(token_sha256=token_sha256, stage=stage, seen_at=now))


def ask_for_password(db: Session, actor: Customer) -> None:
    """Let the visitor's own sign-in do nothing but choose a new password from now on."""
    db.exec(update(SignIn).where(col(SignIn.id) == actor.sign_in_id).values(stage=Stage.MUST_CHANGE))


def end_sign_in(db: Session, actor: Customer, *, now: datetime, reason: str = "signed_out") -> None:
    """End the visitor's own sign-in."""
    _end(db, actor.account_id, now, reason, only=actor.sign_in_id)
    record(db, actor, "sign_in:ended", now=now, account_id=actor.account_id, reason=reason)


def end_one(db: Session, actor: Customer, sign_in_id: int, *, now: datetime) -> None:
    """End one sign-in of the same account, such as the phone that was left on a train."""
    _end(db, actor.account_id, now, "ended_elsewhere", only=sign_in_id)
    record(db, actor, "sign_in:ended", now=now, account_id=actor.account_id, reason="ended_elsewhere")


def end_all_others(db: Session, actor: Customer, *, now: datetime) -> None:
    """End every sign-in of the visitor's account but the one they use."""
    _end(db, actor.account_id, now, "ended_elsewhere", keep=actor.sign_in_id)
    record(db, actor, "sign_in:ended", now=now, account_id=actor.account_id, reason="ended_elsewhere")


def end_others(db: Session, account_id: int, *, now: datetime, reason: str, keep: int | None = None) -> None:
    """End every sign-in of the account but the one to keep; a changed password does so."""
    _end(db, account_id, now, reason, keep=keep)


def _end(db: Session, account_id: int, now: datetime, reason: str, *, only: int | None = None, keep: int | None = None) -> None:
    ending = update(SignIn).where(col(SignIn.account_id) == account_id, col(SignIn.ended_at).is_(None))
    if only is not None:
        ending = ending.where(col(SignIn.id) == only)
    if keep is not None:
        ending = ending.where(col(SignIn.id) != keep)
    db.exec(ending.values(ended_at=now, end_reason=reason))


def list_sign_ins(db: Session, actor: Customer, *, brand: Brand, now: datetime) -> list[SignInView]:
    """List the account's running sign-ins, the newest first."""
    rules = brand.portal(actor.portal).sign_in
    rows = db.exec(
        select(SignIn)
        .where(SignIn.account_id == actor.account_id, col(SignIn.ended_at).is_(None))
        .order_by(col(SignIn.created_at).desc())
    ).all()
    return [
        SignInView(row.id or 0, row.created_at, row.seen_at, row.browser, row.source, row.id == actor.sign_in_id)
        for row in rows
        if not is_over(row.created_at, row.seen_at, now, rules)
    ]


def resolve_visit(db: Session, token_sha256: str, *, now: datetime) -> int | None:
    """Give the row of a stranger's errand, or None when the cookie stands for none (any more)."""
    return db.exec(select(Visit.id).where(Visit.token_sha256 == token_sha256, col(Visit.valid_until) > now)).first()
