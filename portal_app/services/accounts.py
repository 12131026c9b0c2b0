"""Accounts: opened by themselves when the insurer names a customer (R6–R8), found by their identifiers."""

import base64
from datetime import datetime, timedelta

from sqlmodel import Session, col, delete, select, update

from portal_app.database.tables import Account, Credential, Link, Login
from portal_app.domain.actors import Actor
from portal_app.domain.brands import Brand, LoginKind, PortalName
from portal_app.domain.logins import issued_shown, login_key
from portal_app.gateways.secrets import Secrets, public_id, random_token, token_digest
from portal_app.services.events import record
from portal_app.services.outbox import enqueue


def account_of_login(db: Session, text: str) -> Account | None:
    """Find the account an identifier leads to."""
    return db.exec(select(Account).join(Login, col(Login.account_id) == Account.id).where(Login.key == login_key(text))).first()


def account_for_email(
    db: Session, actor: Actor, email: str, *, portal: PortalName, phone: str, customer_ref: str, now: datetime
) -> tuple[Account, bool]:
    """Give the account of this e-mail address (R7–R8), opening it when there is none; say whether it was opened.

    The caller sends first access to a new account (`send_first_access`), because only it knows the password's hash.
    """
    known = account_of_login(db, email)
    if known is not None and known.status != "closed":
        return known, False
    account = _open(db, email, portal=portal, phone=phone, customer_ref=customer_ref, now=now)
    free_login(db, email)
    db.add(Login(account_id=account.id or 0, kind=LoginKind.EMAIL, key=login_key(email), shown=email))
    record(db, actor, "account:opened", now=now, account_id=account.id, about=account.public_id)
    return account, True


def open_issued(
    db: Session, actor: Actor, login: str, *, email: str, portal: PortalName, phone: str, customer_ref: str, now: datetime
) -> Account:
    """Open an account that is signed in to with this issued identifier (R46), which nobody may have yet.

    The caller sends first access (`send_first_access`), because only it knows the password's hash.
    """
    account = _open(db, email, portal=portal, phone=phone, customer_ref=customer_ref, now=now)
    add_issued_login(db, account, login)
    record(db, actor, "account:opened", now=now, account_id=account.id, about=account.public_id)
    return account


def add_issued_login(db: Session, account: Account, login: str) -> None:
    """Let this issued identifier lead to the account; shown in groups, as it is read out."""
    db.add(Login(account_id=account.id or 0, kind=LoginKind.ISSUED, key=login_key(login), shown=issued_shown(login)))
    db.flush()


def is_free(db: Session, login: str) -> bool:
    """Whether an identifier leads nowhere yet."""
    return db.exec(select(Login.id).where(Login.key == login_key(login))).first() is None


def issued_login_of(db: Session, account_id: int) -> str:
    """Give the account's own issued identifier as it is shown, empty where it has none."""
    own = select(Login.shown).where(Login.account_id == account_id, Login.kind == LoginKind.ISSUED)
    return db.exec(own.order_by(col(Login.id))).first() or ""


def _open(db: Session, email: str, *, portal: PortalName, phone: str, customer_ref: str, now: datetime) -> Account:
    account = Account(
        public_id=public_id(),
        portal=portal,
        email=email,
        email_key=login_key(email),
        phone=phone,
        customer_ref=customer_ref,
        created_at=now,
    )
    db.add(account)
    db.flush()
    return account


def free_login(db: Session, text: str) -> None:
    """Let go of an identifier that led to a closed account, so that it may lead to another one."""
    closed = select(Account.id).where(Account.status == "closed")
    db.exec(delete(Login).where(col(Login.key) == login_key(text), col(Login.account_id).in_(closed)))


def send_first_access(
    db: Session,
    account: Account,
    initial_password: str,
    hashed: str,
    *,
    brand: Brand,
    secrets: Secrets,
    now: datetime,
    asked_for: bool = False,
) -> None:
    """Owe a new account its link by e-mail and its initial password by SMS, else in a separate e-mail (R15–R16).

    Both replace whatever was sent before. The password's hash is made outside the transaction, because it is slow.
    What the customer has `asked_for` just now is not held by the quiet hours.
    """
    account_id = account.id or 0
    valid_until = now + timedelta(days=brand.lives.activation_days)
    db.exec(
        update(Credential)
        .where(col(Credential.account_id) == account_id, col(Credential.kind) == "sent", col(Credential.ended_at).is_(None))
        .values(ended_at=now)
    )
    db.add(Credential(account_id=account_id, kind="sent", hash=hashed, created_at=now, valid_until=valid_until))
    token = new_link(db, account_id, "activation", valid_until=valid_until, now=now)
    enqueue(db, "activation", account, now=now, sealed_secret=seal_text(secrets, token), urgent=True)
    channel = "sms" if account.phone else "mail"
    sealed, urgent = seal_text(secrets, initial_password), asked_for or not account.phone
    enqueue(db, "initial_password", account, now=now, channel=channel, sealed_secret=sealed, urgent=urgent)


def new_link(db: Session, account_id: int, purpose: str, *, valid_until: datetime, now: datetime, subject: str = "") -> str:
    """Make a link's token; the ones of the same purpose that were sent before are superseded."""
    db.exec(
        update(Link)
        .where(
            col(Link.account_id) == account_id,
            col(Link.purpose) == purpose,
            col(Link.used_at).is_(None),
            col(Link.superseded_at).is_(None),
        )
        .values(superseded_at=now)
    )
    token = random_token()
    db.add(
        Link(
            account_id=account_id,
            purpose=purpose,
            token_sha256=token_digest(token),
            created_at=now,
            valid_until=valid_until,
            subject=subject,
        )
    )
    return token


def seal_text(secrets: Secrets, text: str) -> str:
    """Seal a secret for the outbox."""
    return base64.b64encode(secrets.seal("outbox", text.encode())).decode()


def open_text(secrets: Secrets, sealed: str) -> str:
    """Open what `seal_text` sealed."""
    return secrets.open("outbox", base64.b64decode(sealed)).decode()


def mark_changed(db: Session, account_id: int) -> None:
    """Let open tabs of the account know that there is something new to show."""
    db.exec(update(Account).where(col(Account.id) == account_id).values(revision=Account.revision + 1))
