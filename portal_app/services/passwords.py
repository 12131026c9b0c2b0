"""Passwords: what a new one must not be, setting it, and when it runs out (R17, R23, R29–R35, R63–R66)."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlmodel import Session, col, select, update

from portal_app.database.tables import Account, Credential, Policy, SignIn
from portal_app.domain.actors import Actor, Customer, Stage, Stranger
from portal_app.domain.brands import Brand, LoginKind
from portal_app.domain.calendar import budapest_date, days_left
from portal_app.domain.errors import CurrentPasswordWrong, LinkUsed, NotSignedIn, PasswordRefused
from portal_app.domain.passwords import (
    PREVIOUS,
    PasswordRules,
    Rule,
    flaws_in,
    holds_own_word,
    is_common,
    own_words,
)
from portal_app.gateways.guessing import guessability
from portal_app.services import failures, sign_ins
from portal_app.services.devices import remember_device
from portal_app.services.events import record
from portal_app.services.links import LinkPurpose, LinkStatus, end_links, link_of_visit, use_link
from portal_app.services.outbox import enqueue
from portal_app.services.visits import Outcome, end_visit, note_for, outcome_of, visit_of

REPEATED_OTHERWISE = "repeated_otherwise"
NEW_EMPTY = "new_empty"
PASSWORD_SET = "password_set"  # noqa: S105 - the name of an outcome
OTHER_PORTAL = "other_portal"
NEWS = frozenset({PASSWORD_SET, OTHER_PORTAL})


@dataclass(frozen=True)
class PasswordNotice:
    """That the password will run out soon."""

    expires_at: datetime
    days: int
    """Whole days until then in Budapest; 0 is today."""


@dataclass(frozen=True)
class NewPasswordTicket:
    """What has to be known outside the transaction to judge a new password."""

    rules: PasswordRules
    words: tuple[str, ...]
    """Names of insurer and customer, which may not stand in it."""
    current: str | None = field(repr=False)
    """The stored value that the current password must match; None where it was proved just now."""
    previous: tuple[str, ...] = field(repr=False)
    """Stored values that the new password must not match."""


@dataclass(frozen=True)
class PasswordSet:
    """That a new password holds."""

    customer: Customer
    valid_until: datetime | None


# ── judging ──


def flaws_of(candidate: str, ticket: NewPasswordTicket) -> list[Rule]:
    """Name every rule the candidate breaks, except that it was used before, which only hashing can tell (R29–R33)."""
    flaws = flaws_in(candidate, ticket.rules)
    if not candidate:
        return flaws
    found = guessability(candidate, sorted(own_words(ticket.words)))
    if is_common(found.guesses, found.score, ticket.rules) or holds_own_word(candidate, ticket.words):
        flaws.append(Rule.NOT_COMMON)
    return flaws


def rules_for(db: Session, actor: Customer | Stranger, *, brand: Brand, now: datetime) -> PasswordRules | None:
    """Give the rules of the portal whose password this visitor is to set, for the page to print."""
    if isinstance(actor, Customer):
        return brand.portal(actor.portal).passwords
    account = link_of_visit(db, actor, LinkPurpose.PASSWORD, now=now).account
    return brand.portal(account.portal).passwords if account else None


# ── changing while signed in ──


def begin_change(db: Session, actor: Customer, *, brand: Brand, now: datetime) -> NewPasswordTicket | None:
    """Reserve one try of the current password and say what the new one is judged by.

    After ten wrong ones the sign-in is ended and the answer is None: whoever sits here does not know the password.
    Where the first sign-in goes by link and initial password (R17), these are not asked for again; who was sent a
    password types it again as the current one (R64).
    """
    account = _own(db, actor)
    ticket = _ticket(db, account, brand)
    if not asks_for_current(actor, brand):
        return NewPasswordTicket(ticket.rules, ticket.words, None, ticket.previous)
    if failures.reserve(db, _change_place(actor), brand.portal(account.portal).sign_in.locked_after, now=now) is None:
        sign_ins.end_sign_in(db, actor, now=now, reason="too_many_tries")
        return None
    return ticket


def asks_for_current(actor: Customer, brand: Brand) -> bool:
    """Whether the form has the field for the current password (R64)."""
    return actor.stage is Stage.FULL or brand.portal(actor.portal).login is not LoginKind.EMAIL


def has_sent_password(db: Session, actor: Customer) -> bool:
    """Whether the customer signs in with a password that we sent, and not with one that is only too old for the rules."""
    return _used_sent_password(db, actor.account_id) is not None


def cancel_change(db: Session, actor: Customer) -> None:
    """Take the reserved try back: nothing was checked after all."""
    failures.withdraw(db, _change_place(actor))


def refuse_change(
    db: Session, actor: Customer | Stranger, flaws: list[str], characters: str, *, proved: bool, now: datetime
) -> None:
    """Note for the page why the new password was not taken; `characters` are those that may not be used.

    `flaws` are rules, or one of `current_password_wrong`, `new_empty`, `repeated_otherwise` alone.
    """
    if isinstance(actor, Customer) and proved:
        failures.forgive(db, _change_place(actor))
    code = CurrentPasswordWrong.code if flaws == [CurrentPasswordWrong.code] else PasswordRefused.code
    note_for(db, actor, code, now=now, flaws=",".join(flaws), characters=characters)


def change_password(
    db: Session,
    actor: Customer,
    hashed: str,
    token_sha256: str,
    *,
    device_token: str,
    brand: Brand,
    now: datetime,
) -> PasswordSet:
    """Set the judged password: other sign-ins end, this one goes on under a new cookie, the owner is told (S23, S25)."""
    account = _own(db, actor)
    failures.forgive(db, _change_place(actor))
    valid_until = _set_password(db, actor, account, hashed, keep=actor.sign_in_id, brand=brand, now=now)
    device_id = remember_device(db, account, device_token, brand.portal(account.portal).sign_in, now=now)
    sign_ins.rotate(db, actor, token_sha256, stage=Stage.FULL, now=now)
    db.exec(update(SignIn).where(col(SignIn.id) == actor.sign_in_id).values(device_id=device_id))
    customer = Customer(actor.account_id, actor.sign_in_id, actor.portal, Stage.FULL, actor.language, actor.display_name)
    _note_news(db, customer, valid_until, now)
    return PasswordSet(customer, valid_until)


def has_news(db: Session, actor: Customer, *, now: datetime) -> bool:
    """Say whether there is something to tell; reading only, because every visit to the letters asks."""
    return outcome_of(visit_of(db, actor, now=now)).code in NEWS


def take_news(db: Session, actor: Customer, *, now: datetime) -> Outcome:
    """Say once, on the first page inside, that the password was set (`valid_until` in the facts), or which portal it is."""
    visit = visit_of(db, actor, now=now)
    news = outcome_of(visit)
    if news.code not in NEWS:
        return Outcome()
    end_visit(db, visit)
    return news


def note_other_portal(db: Session, actor: Customer, asked: str, *, now: datetime) -> None:
    """Remember, for the first page inside, that the visitor asked for another portal of the brand than the account's."""
    note_for(db, actor, OTHER_PORTAL, now=now, asked=asked)


# ── setting by a mailed link ──


def begin_setting(db: Session, actor: Customer | Stranger, *, brand: Brand, now: datetime) -> NewPasswordTicket | None:
    """Say what a new password is judged by for whoever came with a working link; None when it does not work."""
    found = link_of_visit(db, actor, LinkPurpose.PASSWORD, now=now)
    if found.status is not LinkStatus.OPEN or found.account is None:
        return None
    ticket = _ticket(db, found.account, brand)
    return NewPasswordTicket(ticket.rules, ticket.words, None, ticket.previous)


def set_password_by_link(
    db: Session,
    actor: Customer | Stranger,
    hashed: str,
    token_sha256: str,
    *,
    device_token: str,
    browser: str,
    source: str,
    brand: Brand,
    now: datetime,
) -> PasswordSet:
    """Set the judged password and sign in: every lock is lifted, every other sign-in ends (R35, R37).

    Raises `LinkUsed` when somebody was faster with the same link.
    """
    found = link_of_visit(db, actor, LinkPurpose.PASSWORD, now=now)
    if found.link is None or found.account is None or not use_link(db, found.link, now=now):
        raise LinkUsed
    account = found.account
    valid_until = _set_password(db, actor, account, hashed, keep=None, brand=brand, now=now)
    device_id = remember_device(db, account, device_token, brand.portal(account.portal).sign_in, now=now)
    end_visit(db, visit_of(db, actor, now=now))
    if isinstance(actor, Customer) and actor.account_id != account.id:
        sign_ins.end_sign_in(db, actor, now=now, reason="replaced")
    customer = sign_ins.start_sign_in(
        db, account, token_sha256, stage=Stage.FULL, device_id=device_id, browser=browser, source=source, now=now
    )
    _note_news(db, customer, valid_until, now)
    return PasswordSet(customer, valid_until)


# ── running out ──


def password_notice(db: Session, actor: Customer, *, brand: Brand, now: datetime) -> PasswordNotice | None:
    """Say when the password runs out if that is close enough to be told (R34): thirty days in the usual brand."""
    expires_at = password_expires_at(db, actor.account_id)
    if expires_at is None:
        return None
    days = days_left(budapest_date(expires_at), budapest_date(now))
    return PasswordNotice(expires_at, days) if days <= max(brand.reminders.password_expiry_days, default=0) else None


def own_password_expires_at(db: Session, actor: Customer) -> datetime | None:
    """Say when the visitor's own password runs out; None where it never does."""
    return password_expires_at(db, actor.account_id)


def password_expires_at(db: Session, account_id: int) -> datetime | None:
    """Say when the account's password runs out; None where it never does."""
    return db.exec(
        select(Credential.valid_until).where(
            Credential.account_id == account_id, Credential.kind == "chosen", col(Credential.ended_at).is_(None)
        )
    ).first()


def _set_password(
    db: Session, actor: Actor, account: Account, hashed: str, *, keep: int | None, brand: Brand, now: datetime
) -> datetime | None:
    account_id = account.id or 0
    rules = brand.portal(account.portal).passwords
    valid_until = now + timedelta(days=brand.lives.password_days) if rules.renewal else None
    db.exec(
        update(Credential)
        .where(col(Credential.account_id) == account_id, col(Credential.ended_at).is_(None))
        .values(ended_at=now)
    )
    db.add(Credential(account_id=account_id, kind="chosen", hash=hashed, created_at=now, valid_until=valid_until))
    failures.lift_lock(db, account_id)
    end_links(db, account_id, now=now)
    sign_ins.end_others(db, account_id, now=now, reason="password_changed", keep=keep)
    if account.status == "invited":
        account.status, account.activated_at = "active", now
        if brand.portal(account.portal).login is LoginKind.EMAIL:
            # Only a mailed link leads here.
            account.email_confirmed_at = now
        record(db, actor, "account:activated", now=now, account_id=account_id, about=account.public_id)
    else:
        enqueue(db, "password_changed", account, now=now)
    account.password_warned = None
    record(db, actor, "password:changed", now=now, account_id=account_id)
    return valid_until


def _ticket(db: Session, account: Account, brand: Brand) -> NewPasswordTicket:
    chosen = db.exec(
        select(Credential)
        .where(Credential.account_id == account.id, Credential.kind == "chosen")
        .order_by(col(Credential.id).desc())
        .limit(PREVIOUS)
    ).all()
    sent = db.exec(
        select(Credential.hash).where(
            Credential.account_id == account.id, Credential.kind == "sent", col(Credential.ended_at).is_(None)
        )
    ).all()
    used = _used_sent_password(db, account.id or 0)
    current = used or next((credential.hash for credential in chosen if credential.ended_at is None), None)
    portal = brand.portal(account.portal)
    holders = db.exec(select(Policy.holder_name).where(Policy.account_id == account.id).distinct()).all()
    words = (brand.insurer, brand.short_name, portal.title, account.email.partition("@")[0], *holders)
    return NewPasswordTicket(portal.passwords, words, current or "", (*[row.hash for row in chosen], *sent))


def _used_sent_password(db: Session, account_id: int) -> str | None:
    """Give the stored value of the sent password that has become the current one."""
    return db.exec(
        select(Credential.hash).where(
            Credential.account_id == account_id,
            Credential.kind == "sent",
            col(Credential.used_at).is_not(None),
            col(Credential.ended_at).is_(None),
        )
    ).first()


def _note_news(db: Session, customer: Customer, valid_until: datetime | None, now: datetime) -> None:
    note_for(db, customer, PASSWORD_SET, now=now, valid_until=valid_until.isoformat() if valid_until else "")


def _change_place(actor: Customer) -> failures.Place:
    return failures.Place(f"account:{actor.account_id}", f"change:{actor.sign_in_id}")


def _own(db: Session, actor: Customer) -> Account:
    account = db.get(Account, actor.account_id)
    if account is None:
        raise NotSignedIn
    return account
