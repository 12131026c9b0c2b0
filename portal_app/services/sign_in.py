"""Signing in: one attempt reserved, checked elsewhere, concluded (R15, R36–R37, R60).

The password check is slow on purpose and belongs outside every transaction. So each form has two services: the first
reserves an attempt and hands out what to check against, the second concludes it.
"""

from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session, col, or_, select, update

from portal_app.database.tables import Account, Credential, Visit
from portal_app.domain.actors import Customer, Stage, Stranger
from portal_app.domain.brands import Brand, LoginKind
from portal_app.domain.errors import PasswordExpired, SentPasswordExpired, SignInLocked, SignInRefused
from portal_app.domain.passwords import is_too_old
from portal_app.domain.sign_in import SignInRules
from portal_app.gateways.secrets import Secrets
from portal_app.services import accounts, attempts, challenges, failures, sign_ins
from portal_app.services.devices import known_device, remember_device
from portal_app.services.failures import Place
from portal_app.services.visits import Outcome, end_visit, keep_visit, note_outcome, outcome_of, visit_of

CODE_SENT = "code_sent"
FIELDS_EMPTY = "fields_empty"
SENT = "sent"
GONE = frozenset({"closed", "merged"})


@dataclass(frozen=True)
class Browser:
    """What a form's route knows of the browser; tokens are kept as digests only."""

    visit_sha256: str
    """The digest of the visit's cookie, used when there is no running visit yet."""
    device_token: str = field(default="", repr=False)
    name: str = ""
    source: str = ""
    suspicious: bool = False
    """Whether so many different accounts failed from this source that a code is asked for at once."""


@dataclass(frozen=True)
class Ticket:
    """Leave to check a password once (`number`), or none; either way a hash is computed, so that all takes the same time."""

    visit_id: int
    place: Place
    number: int | None = None
    account_id: int | None = None
    credential_id: int | None = None
    stored: str | None = field(default=None, repr=False)
    sent_id: int | None = None
    sent: str | None = field(default=None, repr=False)
    """The stored value of a password that was sent on request and stands beside the current one until its first use."""


@dataclass(frozen=True)
class AttemptView:
    """What a page shows of the visitor's last attempt."""

    login: str = ""
    outcome: Outcome = field(default_factory=Outcome)
    failures: int = 0
    until_code: int = 0
    until_lock: int = 0
    seconds: int = 0
    """How long the next attempt has to wait."""
    challenge: str = ""
    """The public id of the security code's picture; empty while none is asked for."""


# ── signing in with an identifier and a password ──


def reserve_sign_in(
    db: Session,
    actor: Customer | Stranger,
    login: str,
    code: str,
    browser: Browser,
    *,
    could_be_sent: bool = False,
    brand: Brand,
    secrets: Secrets,
    now: datetime,
) -> Ticket:
    """Reserve one attempt to sign in with this identifier; unknown ones are treated alike in every way (S04).

    `could_be_sent` says that the typed password looks like one we send. Such a password has a way past the lock, with
    ten tries of its own, so that nobody can be kept out by strangers (R37, C16).
    """
    visit = keep_visit(db, actor, browser.visit_sha256, now=now)
    visit.login_shown = login.strip()
    account = accounts.account_of_login(db, login)
    device = known_device(db, account, browser.device_token)
    place = Place(failures.account_key(secrets, account, login), f"device:{device.id}" if device else failures.UNKNOWN)
    number = attempts.admit(
        db, visit, place, code, attempts.rules_for(brand, account), brand=brand, secrets=secrets, now=now,
        suspicious=browser.suspicious and device is None,
    )  # fmt: skip
    credential = _current_password(db, account, brand)
    sent = _waiting_password(db, account, brand) if could_be_sent else None
    if number is None and sent is not None and outcome_of(visit).code == SignInLocked.code:
        place, credential = Place(place.account_key, f"{SENT}:{sent.id}"), None
        number = failures.reserve(db, place, attempts.rules_for(brand, account).locked_after, now=now)
    if number is None or account is None:
        return Ticket(visit.id or 0, place, number, account.id if account else None)
    return Ticket(
        visit.id or 0, place, number, account.id,
        credential.id if credential else None, credential.hash if credential else None,
        sent.id if sent else None, sent.hash if sent else None,
    )  # fmt: skip


def conclude_sign_in(  # noqa: PLR0913 - an attempt has this many sides
    db: Session,
    actor: Customer | Stranger,
    ticket: Ticket,
    browser: Browser,
    token_sha256: str,
    *,
    matches: bool,
    by_sent: bool = False,
    new_hash: str = "",
    brand: Brand,
    secrets: Secrets,
    now: datetime,
) -> Customer | None:
    """Conclude a reserved attempt: begin the sign-in, or note why not and answer None.

    `by_sent` says that it was the password beside the current one that matched; it takes the current one's place now.
    Whoever comes with a password that we sent can do nothing but choose their own (R60, R63).
    `new_hash` replaces the stored value that was made with an older pepper or cost (S12).
    """
    visit = _visit_of_ticket(db, actor, ticket, browser, now)
    account = db.get(Account, ticket.account_id) if ticket.account_id else None
    if ticket.number is None:
        return None
    if account is None or not matches:
        _refuse(db, actor, visit, ticket, account, brand=brand, secrets=secrets, now=now)
        return None
    failures.forgive(db, ticket.place)
    credential = db.get(Credential, ticket.sent_id if by_sent else ticket.credential_id)
    if credential is None or credential.ended_at is not None or account.status in GONE:
        # The password was changed, or the account merged or closed, while this attempt was being checked.
        note_outcome(visit, SignInRefused.code)
        return None
    credential.hash = new_hash or credential.hash
    if is_too_old(credential.valid_until, sent=credential.kind == SENT, rules=brand.portal(account.portal).passwords, now=now):
        _note_expired(visit, account, SentPasswordExpired.code if credential.kind == SENT else PasswordExpired.code, now)
        return None
    if credential.kind == SENT:
        _take_its_place(db, account, credential, now)
    stage = Stage.MUST_CHANGE if _must_change(account, credential) else Stage.FULL
    return _sign_in(db, actor, visit, account, browser, token_sha256, stage=stage, brand=brand, now=now)


def _refuse(
    db: Session,
    actor: Customer | Stranger,
    visit: Visit,
    ticket: Ticket,
    account: Account | None,
    *,
    brand: Brand,
    secrets: Secrets,
    now: datetime,
) -> None:
    """Note that the attempt failed; past the lock the page goes on saying what it says to everybody."""
    if ticket.number is None or ticket.place.bucket.startswith(f"{SENT}:"):
        return
    attempts.refuse(
        db, actor, visit, ticket.place, ticket.number, attempts.rules_for(brand, account),
        account=account, brand=brand, secrets=secrets, now=now,
    )  # fmt: skip


def _take_its_place(db: Session, account: Account, sent: Credential, now: datetime) -> None:
    """Let a password that was sent replace the current one with its first use; phone or address are proved by it."""
    if sent.used_at is None:
        sent.used_at = now
        db.exec(
            update(Credential)
            .where(col(Credential.account_id) == account.id, col(Credential.id) != sent.id, col(Credential.ended_at).is_(None))
            .values(ended_at=now)
        )
    accounts.confirm_contact(account, sent, now=now)


def _must_change(account: Account, credential: Credential) -> bool:
    """Whether a password of one's own has to be chosen first: after a sent one, and when the portal's rules are new."""
    of_old_rules = account.upgraded_at is not None and credential.created_at < account.upgraded_at
    return credential.kind == SENT or of_old_rules


def note_empty(db: Session, actor: Customer | Stranger, login: str, browser: Browser, *, now: datetime) -> None:
    """Note that the form came without identifier or password; that is no attempt."""
    visit = keep_visit(db, actor, browser.visit_sha256, now=now)
    visit.login_shown = login.strip()
    note_outcome(visit, FIELDS_EMPTY)


def start_over(db: Session, actor: Customer | Stranger, *, now: datetime) -> None:
    """Forget what this browser came for, so that it can begin with another identifier or name; counts stay."""
    end_visit(db, visit_of(db, actor, now=now))


def withdraw_attempt(db: Session, actor: Customer | Stranger, ticket: Ticket) -> None:
    """Take a reserved attempt back that nobody had the time to check."""
    del actor
    if ticket.number is not None:
        failures.withdraw(db, ticket.place)


def attempt_view(db: Session, actor: Customer | Stranger, *, brand: Brand, now: datetime) -> AttemptView:
    """Say what the page shows of the visitor's last attempt."""
    visit = visit_of(db, actor, now=now)
    if visit is None:
        return AttemptView()
    return last_attempt(db, visit, attempts.rules_for(brand, accounts.account_of_login(db, visit.login_shown)), now)


# ── the security code ──


def picture(
    db: Session, actor: Customer | Stranger, challenge_id: str, *, brand: Brand, secrets: Secrets, now: datetime
) -> str | None:
    """Give the text that the visitor's own picture shows; None for any other."""
    visit = visit_of(db, actor, now=now)
    challenge = challenges.open_challenge(db, visit, attempts.rules_for(brand, None), now=now)
    if challenge is None or challenge.public_id != challenge_id:
        return None
    return challenges.picture_text(challenge, secrets)


def another_picture(db: Session, actor: Customer | Stranger, *, brand: Brand, secrets: Secrets, now: datetime) -> None:
    """Show another picture, because this one cannot be read."""
    visit = visit_of(db, actor, now=now)
    challenge = challenges.open_challenge(db, visit, attempts.rules_for(brand, None), now=now)
    if visit is None or challenge is None:
        return
    challenges.challenge_for(
        db, visit, challenge.account_key, attempts.rules_for(brand, None), brand=brand, secrets=secrets, now=now, anew=True
    )
    note_outcome(visit, "")


def mail_code(db: Session, actor: Customer | Stranger, *, brand: Brand, secrets: Secrets, now: datetime) -> None:
    """Owe the visitor the code by e-mail, which may be pasted; for an unknown identifier the page says the same."""
    visit = visit_of(db, actor, now=now)
    challenge = challenges.open_challenge(db, visit, attempts.rules_for(brand, None), now=now)
    if visit is None or challenge is None:
        return
    kind, _, number = challenge.account_key.partition(":")
    account = db.get(Account, int(number)) if kind == "account" else None
    challenges.mail_code(db, challenge, account, secrets=secrets, now=now)
    note_outcome(visit, CODE_SENT)


def _sign_in(
    db: Session,
    actor: Customer | Stranger,
    visit: Visit,
    account: Account,
    browser: Browser,
    token_sha256: str,
    *,
    stage: Stage,
    brand: Brand,
    now: datetime,
) -> Customer:
    end_former(db, actor, visit, now=now)
    device_id = None
    if stage is Stage.FULL:
        device_id = remember_device(db, account, browser.device_token, attempts.rules_for(brand, account), now=now)
    return sign_ins.start_sign_in(
        db, account, token_sha256, stage=stage, device_id=device_id,
        browser=browser.name, source=browser.source, now=now,
    )  # fmt: skip


def end_former(db: Session, actor: Customer | Stranger, visit: Visit | None, *, now: datetime) -> None:
    """End what this browser was before: its visit, and the sign-in of whoever used it last."""
    end_visit(db, visit)
    if isinstance(actor, Customer):
        sign_ins.end_sign_in(db, actor, now=now, reason="replaced")


def _note_expired(visit: Visit, account: Account, code: str, now: datetime) -> None:
    visit.account_id, visit.verified_at = account.id, now
    note_outcome(visit, code)


def last_attempt(db: Session, visit: Visit, rules: SignInRules, now: datetime) -> AttemptView:
    """Say how the visit's last attempt ended, and what the next one meets."""
    challenge = challenges.open_challenge(db, visit, rules, now=now)
    wait = (visit.wait_until - now).total_seconds() if visit.wait_until else 0
    return AttemptView(
        login=visit.login_shown,
        outcome=outcome_of(visit),
        failures=visit.failures,
        until_code=max(0, rules.challenge_after - visit.failures),
        until_lock=max(0, rules.locked_after - visit.failures),
        seconds=max(0, int(wait + 0.999)),
        challenge=challenge.public_id if challenge else "",
    )


def _visit_of_ticket(db: Session, actor: Customer | Stranger, ticket: Ticket, browser: Browser, now: datetime) -> Visit:
    return db.get(Visit, ticket.visit_id) or keep_visit(db, actor, browser.visit_sha256, now=now)


def _current_password(db: Session, account: Account | None, brand: Brand) -> Credential | None:
    """Give what the account is signed in with now: the chosen password, or a sent one that was used already."""
    if account is None or account.status in GONE:
        return None
    running = select(Credential).where(Credential.account_id == account.id, col(Credential.ended_at).is_(None))
    if _by_link(account, brand):
        return db.exec(running.where(Credential.kind == "chosen")).first()
    current = running.where(or_(col(Credential.kind) == "chosen", col(Credential.used_at).is_not(None)))
    return db.exec(current.order_by(col(Credential.id).desc())).first()


def _waiting_password(db: Session, account: Account | None, brand: Brand) -> Credential | None:
    """Give the sent password that nobody has used yet, also one that came too late, so that the page can say so."""
    if account is None or account.status in GONE or _by_link(account, brand):
        return None
    waiting = select(Credential).where(
        Credential.account_id == account.id, Credential.kind == SENT, col(Credential.used_at).is_(None)
    )
    return db.exec(waiting.where(col(Credential.ended_at).is_(None)).order_by(col(Credential.id).desc())).first()


def _by_link(account: Account, brand: Brand) -> bool:
    """Whether the account's passwords are set by a mailed link, so that a sent one is worth nothing without it (R16)."""
    return brand.portal(account.portal).login is LoginKind.EMAIL
