"""Ways in: what is sent to whoever cannot sign in any more, a link, a password or a new first access (R22, R35, R67–R70).

The page always says the same, whoever is asked for (S21).
"""

from datetime import datetime, timedelta

from sqlmodel import Session, col, update

from portal_app.database.tables import Account, Credential
from portal_app.domain.actors import Actor, Customer, Stranger
from portal_app.domain.brands import Brand, LoginKind
from portal_app.domain.passwords import PasswordRules
from portal_app.gateways.secrets import Secrets
from portal_app.services import accounts, failures, passwords, whereabouts
from portal_app.services.challenges import MAILS_AN_HOUR, mails_in_last_hour
from portal_app.services.events import record
from portal_app.services.links import PASSWORD_PURPOSES, LinkPurpose, link_of_visit
from portal_app.services.outbox import enqueue
from portal_app.services.visits import keep_visit, note_for, note_outcome, outcome_of, visit_of

RESEND_AFTER = timedelta(seconds=60)
NEW_PASSWORD_MAILS = ("activation", "password_link", "issued_login", "requested_password")
WAY_IN_SENT = "way_in_sent"


def request_new_password(
    db: Session,
    actor: Customer | Stranger,
    login: str,
    visit_sha256: str,
    *,
    initial_password: str,
    hashed: str,
    language: str = "hu",
    brand: Brand,
    secrets: Secrets,
    now: datetime,
) -> None:
    """Owe the account behind the identifier a way in, and say the same whether there is one or not (R22, R67–R70, S21).

    What is sent depends on the account: a link, a new password, or a new first access where nobody has signed in yet.
    `initial_password` and its hash are made for every request (`rules_for_new`), so that all take the same time.
    An address that is no identifier itself, but on file for some, is told where its accounts are.
    """
    visit = keep_visit(db, actor, visit_sha256, now=now)
    asked_just_now = outcome_of(visit).code == WAY_IN_SENT and visit.wait_until is not None and visit.wait_until > now
    if asked_just_now and visit.login_shown == login:
        return
    visit.login_shown = login
    account = accounts.account_of_login(db, login)
    if account is not None:
        send_way_in(db, actor, account, initial_password, hashed, brand=brand, secrets=secrets, now=now)
    elif "@" in login:
        whereabouts.tell_whereabouts(db, actor, login, "", language=language, now=now)
    note_outcome(visit, WAY_IN_SENT)
    visit.wait_until = now + RESEND_AFTER


def rules_for_new(db: Session, actor: Customer | Stranger, login: str = "", *, brand: Brand, now: datetime) -> PasswordRules:
    """Give the rules by which a password is drawn for whoever asks: by identifier, or else by what their visit is about.

    Those of the brand's first portal where nobody is found.
    """
    if login:
        account = accounts.account_of_login(db, login)
    else:
        linked = (link_of_visit(db, actor, purpose, now=now).account for purpose in PASSWORD_PURPOSES)
        visit = visit_of(db, actor, now=now)
        proved = db.get(Account, visit.account_id) if visit is not None and visit.account_id is not None else None
        account = next((found for found in linked if found is not None), proved)
    return brand.portal_or_first(account.portal if account else None).passwords


def request_new_link(
    db: Session,
    actor: Customer | Stranger,
    *,
    initial_password: str,
    hashed: str,
    brand: Brand,
    secrets: Secrets,
    now: datetime,
) -> None:
    """Owe a new link to whoever came with one that does not work any more; it goes to the address on file."""
    for purpose in PASSWORD_PURPOSES:
        found = link_of_visit(db, actor, purpose, now=now)
        if found.account is not None:
            send_way_in(db, actor, found.account, initial_password, hashed, brand=brand, secrets=secrets, now=now)
            _note_sent(db, actor, now)


def request_after_expiry(
    db: Session,
    actor: Customer | Stranger,
    *,
    initial_password: str,
    hashed: str,
    brand: Brand,
    secrets: Secrets,
    now: datetime,
) -> None:
    """Owe what alone helps when the renewal was missed (R35) or a sent password came too late; it was proved just now."""
    visit = visit_of(db, actor, now=now)
    if visit is None or visit.verified_at is None or visit.account_id is None:
        return
    account = db.get(Account, visit.account_id)
    if account is not None:
        send_way_in(db, actor, account, initial_password, hashed, brand=brand, secrets=secrets, now=now)
        _note_sent(db, actor, now)


def send_way_in(
    db: Session,
    actor: Actor,
    account: Account,
    initial_password: str,
    hashed: str,
    *,
    brand: Brand,
    secrets: Secrets,
    now: datetime,
) -> None:
    """Owe the account a link to a new password, the password itself where identifiers are issued, or its first access.

    At most three an hour go to one account.
    """
    if account.status in {"closed", "merged"} or mails_in_last_hour(db, account, NEW_PASSWORD_MAILS, now=now) >= MAILS_AN_HOUR:
        return
    record(db, actor, "password:asked", now=now, account_id=account.id)
    if account.status == "invited":
        accounts.send_first_access(db, account, initial_password, hashed, brand=brand, secrets=secrets, now=now, asked_for=True)
        return
    if brand.portal(account.portal).login is LoginKind.ISSUED:
        _send_password(db, account, initial_password, hashed, brand=brand, secrets=secrets, now=now)
        return
    valid_until = now + timedelta(minutes=brand.lives.reset_link_minutes)
    token = accounts.new_link(db, account.id or 0, LinkPurpose.PASSWORD, valid_until=valid_until, now=now)
    sealed = accounts.seal_text(secrets, token)
    enqueue(db, "password_link", account, now=now, facts={"reason": _reason(db, account, now)}, sealed_secret=sealed)


def _send_password(
    db: Session, account: Account, password: str, hashed: str, *, brand: Brand, secrets: Secrets, now: datetime
) -> None:
    """Owe the account a password that stands beside the current one until its first use (R69), instead of an older such one.

    So a stranger who asks for it locks nobody out.
    """
    unused = (col(Credential.account_id) == account.id, col(Credential.kind) == "sent", col(Credential.used_at).is_(None))
    db.exec(update(Credential).where(*unused, col(Credential.ended_at).is_(None)).values(ended_at=now))
    valid_until = now + timedelta(hours=brand.lives.sms_password_hours)
    db.add(accounts.sent_credential(account, hashed, valid_until=valid_until, now=now))
    accounts.send_sealed(db, "requested_password", account, password, secrets=secrets, urgent=True, now=now)


def _reason(db: Session, account: Account, now: datetime) -> str:
    """Say in the e-mail why a link comes: the lock, the missed renewal, or simply because it was asked for."""
    if failures.is_locked(db, account.id or 0):
        return "locked"
    expires_at = passwords.password_expires_at(db, account.id or 0)
    return "expired" if expires_at is not None and expires_at <= now else "forgotten"


def _note_sent(db: Session, actor: Customer | Stranger, now: datetime) -> None:
    note_for(db, actor, WAY_IN_SENT, now=now)
    visit = visit_of(db, actor, now=now)
    if visit is not None:
        visit.wait_until = now + RESEND_AFTER
