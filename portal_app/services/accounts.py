"""Accounts: opened by themselves when the insurer names a customer (R6–R8), found by their identifiers."""

import base64
import random
from datetime import datetime, timedelta

from sqlmodel import Session, col, delete, select, update

from portal_app.database.tables import Account, Credential, Link, Login, Merge, MergedRow
from portal_app.domain.actors import Actor, Customer
from portal_app.domain.brands import Brand, LoginKind, PortalName
from portal_app.domain.logins import issued_login, issued_shown, login_key
from portal_app.gateways.secrets import Secrets, public_id, random_token, token_digest
from portal_app.services.events import record
from portal_app.services.links import supersede_links
from portal_app.services.outbox import enqueue

# An account's own identifiers, before those that came with a merge.
_OWN_FIRST = (col(Login.id).in_(select(MergedRow.row_id).where(MergedRow.kind == "login")), col(Login.id))


def account_of_login(db: Session, text: str) -> Account | None:
    """Find the account an identifier leads to."""
    return db.exec(select(Account).join(Login, col(Login.account_id) == Account.id).where(Login.key == login_key(text))).first()


def account_of_chosen_name(db: Session, text: str) -> Account | None:
    """Find the account that somebody registered with this name themselves (R87); None before they confirmed it."""
    chosen = select(Account).join(Login, col(Login.account_id) == Account.id)
    found = db.exec(chosen.where(Login.key == login_key(text), Login.kind == LoginKind.CHOSEN)).first()
    return found if found is not None and found.status in {"active", "closing"} else None


def account_of_customer(db: Session, customer_ref: str, portal: PortalName) -> Account | None:
    """Find the account of this person in the portal, by the insurer's own number of them; one that is used comes first."""
    known = (
        select(Account)
        .where(Account.customer_ref == customer_ref, Account.portal == portal, col(Account.status) != "closed")
        .order_by(col(Account.activated_at).is_(None), col(Account.id))
    )
    survivors = (survivor_of(db, found) for found in db.exec(known).all())
    return next((account for account in survivors if account.status != "closed"), None)


def survivor_of(db: Session, account: Account) -> Account:
    """Follow an account that sleeps inside another one to the one that is signed in to (R57)."""
    while account.status == "merged":
        inside = select(Merge.account_id).where(Merge.merged_id == account.id, col(Merge.undone_at).is_(None))
        account = db.get_one(Account, db.exec(inside).one())
    return account


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


def unused_login(db: Session, drawn: str = "") -> str:
    """Give the drawn identifier, or another one where none was drawn or chance drew somebody else's."""
    while not drawn or not is_free(db, drawn):
        drawn = issued_login(random.SystemRandom())
    return drawn


def issued_login_of(db: Session, account_id: int) -> str:
    """Give the account's own issued identifier as it is shown, empty where it has none."""
    own = select(Login.shown).where(Login.account_id == account_id, Login.kind == LoginKind.ISSUED)
    return db.exec(own.order_by(*_OWN_FIRST)).first() or ""


def belongs_to_address(db: Session, account: Account) -> bool:
    """Whether the account is an e-mail address's (R7), also after it has moved to the full portal."""
    own = select(Login.id).where(Login.account_id == account.id, Login.kind == LoginKind.EMAIL)
    return db.exec(own).first() is not None


def own_login(db: Session, actor: Customer) -> str:
    """Give what the customer signs in with, as password managers should keep it: an issued identifier before an address."""
    logins = db.exec(select(Login).where(Login.account_id == actor.account_id).order_by(*_OWN_FIRST)).all()
    first = min(logins, key=lambda login: login.kind != LoginKind.ISSUED, default=None)
    return first.shown if first is not None else actor.display_name


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
    closed = select(Account.id).where(Account.id == Login.account_id, Account.status == "closed")
    db.exec(delete(Login).where(col(Login.key) == login_key(text), closed.exists()))


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
    """Owe a new account its way in: by e-mail its link (R15) or the identifier we issued (R46), and a password apart.

    The password goes by SMS, without a phone in a separate e-mail (R47–R48). Both replace whatever was sent before.
    The password's hash is made outside the transaction, because it is slow.
    What the customer has `asked_for` just now is not held by the quiet hours.
    """
    account_id = account.id or 0
    valid_until = now + timedelta(days=brand.lives.activation_days)
    db.exec(
        update(Credential)
        .where(col(Credential.account_id) == account_id, col(Credential.kind) == "sent", col(Credential.ended_at).is_(None))
        .values(ended_at=now)
    )
    db.add(sent_credential(account, hashed, valid_until=valid_until, now=now))
    if brand.portal(account.portal).login is LoginKind.EMAIL:
        token = new_link(db, account_id, "activation", valid_until=valid_until, now=now)
        enqueue(db, "activation", account, now=now, sealed_secret=seal_text(secrets, token), urgent=True)
        kind = "initial_password"
    else:
        send_login(db, account, now=now)
        kind = "first_password"
    send_sealed(db, kind, account, initial_password, secrets=secrets, urgent=asked_for or not account.phone, now=now)


def send_sealed(
    db: Session, kind: str, account: Account, password: str, *, secrets: Secrets, urgent: bool, now: datetime
) -> None:
    """Owe the account a password by SMS, without a phone by e-mail (R47–R48, R69)."""
    facts: dict[str, str | int] = {} if kind == "initial_password" else {"link": sign_in_place(account)}
    enqueue(
        db, kind, account, now=now, channel="sms" if account.phone else "mail", facts=facts,
        sealed_secret=seal_text(secrets, password), urgent=urgent,
    )  # fmt: skip


def send_login(db: Session, account: Account, *, now: datetime) -> None:
    """Owe the account the identifier we issued, by e-mail (R46, R49)."""
    facts: dict[str, str | int] = {"login": issued_login_of(db, account.id or 0), "link": sign_in_place(account)}
    enqueue(db, "issued_login", account, now=now, facts=facts)


def sign_in_place(account: Account) -> str:
    """Give the address of the sign-in page in the words of the account's own portal."""
    return f"/belepes?portal={account.portal}"


def sent_credential(account: Account, hashed: str, *, valid_until: datetime, now: datetime) -> Credential:
    """Make the row of a password that we send to the account's phone, or to its address."""
    return Credential(
        account_id=account.id or 0,
        kind="sent",
        hash=hashed,
        sent_to=account.phone or account.email,
        created_at=now,
        valid_until=valid_until,
    )


def confirm_contact(account: Account, credential: Credential, *, now: datetime) -> None:
    """Take the phone or address as proved that this password went to: whoever uses the password reads its post."""
    if credential.sent_to and credential.sent_to == account.phone:
        account.phone_confirmed_at = account.phone_confirmed_at or now
    elif credential.sent_to and credential.sent_to == account.email:
        account.email_confirmed_at = account.email_confirmed_at or now


def new_link(db: Session, account_id: int, purpose: str, *, valid_until: datetime, now: datetime, subject: str = "") -> str:
    """Make a link's token; the ones of the same purpose that were sent before are superseded."""
    supersede_links(db, account_id, col(Link.purpose) == purpose, now=now)
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
