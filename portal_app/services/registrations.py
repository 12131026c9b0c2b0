"""Registrations (regisztráció): somebody chooses a user name and a password, and a mailed link makes the account (R87, R90).

Until the link is pressed the account is `unconfirmed`: nothing leads to it, no name is taken. The name goes to whoever
confirms first. So nobody learns from the screen, or from its speed, who is registered: only the e-mail tells.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlmodel import Session, col, delete, func, select, update

from portal_app.database import locks
from portal_app.database.tables import Account, Credential, FailureBucket, Job, Link, Login, Visit
from portal_app.database.upserts import insert_into
from portal_app.domain.actors import Customer, Operator, Stage, Stranger
from portal_app.domain.brands import Brand, LoginKind, PortalName
from portal_app.domain.errors import Busy, SignInRefused
from portal_app.domain.logins import NameFlaw, flaw_in_name, login_key
from portal_app.gateways.secrets import Secrets, public_id
from portal_app.services import accounts, failures, sign_ins
from portal_app.services.challenges import MAILS_AN_HOUR
from portal_app.services.devices import remember_device
from portal_app.services.events import record
from portal_app.services.failures import Place
from portal_app.services.links import FoundLink, LinkPurpose, LinkStatus, link_of_visit, use_link
from portal_app.services.outbox import enqueue
from portal_app.services.passwords import NewPasswordTicket
from portal_app.services.sign_in import Browser, Ticket, end_former
from portal_app.services.visits import Outcome, keep_visit, note_outcome, outcome_of, visit_of

UNCONFIRMED = "unconfirmed"
SENT = "registration_sent"
REFUSED = "registration_refused"
NAME_REFUSED = "name_refused"
NAME_TAKEN = "taken"
_NOBODY = Place("", "")


@dataclass(frozen=True)
class Wanted:
    """What somebody who registers has typed, apart from the password."""

    name: str
    email: str


@dataclass(frozen=True)
class RegistrationView:
    """What the registration's page shows: what was typed before, and how the last try ended."""

    wanted: Wanted
    outcome: Outcome = field(default_factory=Outcome)


@dataclass(frozen=True)
class ConfirmationView:
    """What the page behind the mailed link shows."""

    status: LinkStatus
    outcome: Outcome = field(default_factory=Outcome)
    name: str = ""
    email: str = ""
    """In full: the door masks it."""
    name_free: bool = True
    locked: bool = False
    """Whether the password was tried too often with this link."""


def ticket_for(wanted: Wanted, brand: Brand, portal: PortalName) -> NewPasswordTicket:
    """Say what the password of somebody new is judged by."""
    rules = brand.portals[portal]
    words = (brand.insurer, brand.short_name, rules.title, wanted.name, wanted.email.partition("@")[0])
    return NewPasswordTicket(rules.passwords, words, None, ())


# ── asking ──


def note_refused(
    db: Session, actor: Customer | Stranger, wanted: Wanted, visit_sha256: str, *, now: datetime, **errors: str
) -> None:
    """Remember for the page what was typed, and what is wrong with it; passwords are never kept."""
    visit = keep_visit(db, actor, visit_sha256, now=now)
    visit.login_shown = wanted.name
    note_outcome(visit, REFUSED, email=wanted.email, **errors)


def ask(
    db: Session,
    actor: Customer | Stranger,
    wanted: Wanted,
    hashed: str,
    visit_sha256: str,
    *,
    portal: PortalName,
    language: str,
    brand: Brand,
    secrets: Secrets,
    now: datetime,
) -> None:
    """Owe the address a link that confirms it; the page says the same whoever is registered already.

    The e-mail tells whether the name is taken, and whether the address has an account; at most three an hour go to one
    address. The caller has judged name, address and password.
    """
    visit = keep_visit(db, actor, visit_sha256, now=now)
    visit.login_shown = wanted.name
    note_outcome(visit, SENT, email=wanted.email)
    email_key = login_key(wanted.email)
    locks.one_at_a_time(db, locks.REGISTRATIONS)
    if _links_mailed(db, email_key, now) >= MAILS_AN_HOUR:
        return
    facts: dict[str, str | int] = {}
    if _owner(db, wanted.name) is not None:
        facts["taken"] = 1
    if _has_account(db, email_key):
        facts["known"] = 1
    _supersede(db, email_key, wanted.name, now)
    account = Account(
        public_id=public_id(), portal=portal, status=UNCONFIRMED, email=wanted.email, email_key=email_key,
        language=language, created_at=now,
    )  # fmt: skip
    db.add(account)
    db.flush()
    db.add(Credential(account_id=account.id or 0, kind="chosen", hash=hashed, created_at=now))
    valid_until = now + timedelta(hours=brand.lives.registration_link_hours)
    token = accounts.new_link(
        db, account.id or 0, LinkPurpose.REGISTRATION, valid_until=valid_until, now=now, subject=wanted.name
    )
    enqueue(db, "registration", account, now=now, facts=facts, sealed_secret=accounts.seal_text(secrets, token))
    record(db, actor, "registration:asked", now=now, account_id=account.id, about=account.public_id)


def registration_view(db: Session, actor: Customer | Stranger, *, now: datetime) -> RegistrationView:
    """Say what the page shows of the visitor's last try."""
    visit = visit_of(db, actor, now=now)
    outcome = outcome_of(visit)
    if visit is None or outcome.code not in (SENT, REFUSED):
        return RegistrationView(Wanted("", ""))
    return RegistrationView(Wanted(visit.login_shown, str(outcome.facts.get("email", ""))), outcome)


# ── confirming ──


def confirmation_view(db: Session, actor: Customer | Stranger, *, brand: Brand, now: datetime) -> ConfirmationView:
    """Say what the page shows for the link the visitor came with."""
    found = link_of_visit(db, actor, LinkPurpose.REGISTRATION, now=now)
    if found.link is None or found.account is None:
        return ConfirmationView(found.status)
    rules = brand.portal(found.account.portal).sign_in
    tried = failures.standing_at(db, _place(found), rules, now=now).failures
    return ConfirmationView(
        status=found.status,
        outcome=outcome_of(visit_of(db, actor, now=now)),
        name=found.link.subject,
        email=found.account.email,
        name_free=found.status is not LinkStatus.OPEN or _owner(db, found.link.subject) is None,
        locked=tried >= rules.locked_after,
    )


def reserve_confirmation(db: Session, actor: Customer | Stranger, *, brand: Brand, now: datetime) -> Ticket:
    """Reserve one try of the password that was chosen: who opens a link that somebody else asked for does not know it."""
    visit = visit_of(db, actor, now=now)
    found = link_of_visit(db, actor, LinkPurpose.REGISTRATION, now=now)
    if visit is None or found.account is None or found.status is not LinkStatus.OPEN:
        return Ticket(0, _NOBODY)
    place = _place(found)
    number = failures.reserve(db, place, brand.portal(found.account.portal).sign_in.locked_after, now=now)
    credential = db.exec(select(Credential).where(Credential.account_id == found.account.id)).first()
    if number is None or credential is None:
        return Ticket(visit.id or 0, place, number, found.account.id)
    return Ticket(visit.id or 0, place, number, found.account.id, credential.id, credential.hash)


def conclude_confirmation(
    db: Session,
    actor: Customer | Stranger,
    ticket: Ticket,
    name: str,
    browser: Browser,
    token_sha256: str,
    *,
    matches: bool,
    brand: Brand,
    now: datetime,
) -> Customer | None:
    """Make the account active and sign in, or note why not and answer None; `name` replaces the one that was taken."""
    visit = visit_of(db, actor, now=now)
    found = link_of_visit(db, actor, LinkPurpose.REGISTRATION, now=now)
    if visit is None or found.link is None or found.account is None or ticket.number is None:
        return None
    if not matches:
        note_outcome(visit, SignInRefused.code)
        return None
    chosen = name.strip() or found.link.subject
    if flaw := _flaw(db, chosen):
        # Counted like a wrong password, so that a link does not try out which names are taken.
        note_outcome(visit, NAME_REFUSED, flaw=flaw, name=chosen)
        return None
    if not use_link(db, found.link, now=now):
        return None
    failures.forgive(db, ticket.place)
    return _activate(db, actor, found.account, chosen, browser, token_sha256, brand=brand, now=now)


# ── what the nightly job does ──


def forget_unconfirmed(db: Session, actor: Operator, *, most: int, now: datetime) -> int:
    """Erase registrations whose link was not pressed in its time, with everything that hangs on them; give their number."""
    del actor
    over = (
        select(Account.id)
        .join(Link, col(Link.account_id) == Account.id)
        .where(Account.status == UNCONFIRMED, Link.purpose == LinkPurpose.REGISTRATION, Link.valid_until <= now)
        .limit(most)
    )
    ids = [account_id for account_id in db.exec(over).all() if account_id is not None]
    if not ids:
        return 0
    links = select(Link.id).where(col(Link.account_id).in_(ids))
    db.exec(update(Visit).where(col(Visit.link_id).in_(links)).values(link_id=None))
    places = [f"account:{account_id}" for account_id in ids]
    db.exec(delete(FailureBucket).where(col(FailureBucket.account_key).in_(places)))
    for table in (Job, Credential, Link):
        db.exec(delete(table).where(col(table.account_id).in_(ids)))
    db.exec(delete(Account).where(col(Account.id).in_(ids)))
    return len(ids)


def _activate(
    db: Session,
    actor: Customer | Stranger,
    account: Account,
    name: str,
    browser: Browser,
    token_sha256: str,
    *,
    brand: Brand,
    now: datetime,
) -> Customer:
    _take_name(db, account, name)
    account.status, account.activated_at, account.email_confirmed_at = "active", now, now
    record(db, actor, "account:registered", now=now, account_id=account.id, about=account.public_id)
    end_former(db, actor, visit_of(db, actor, now=now), now=now)
    device_id = remember_device(db, account, browser.device_token, brand.portal(account.portal).sign_in, now=now)
    return sign_ins.start_sign_in(
        db, account, token_sha256, stage=Stage.FULL, device_id=device_id, browser=browser.name, source=browser.source, now=now
    )


def _take_name(db: Session, account: Account, name: str) -> None:
    """Let the name lead to the account; of two who take it at the same moment one is asked to try again, and told then."""
    accounts.free_login(db, name)
    taking = insert_into(db, Login).values(account_id=account.id, kind=LoginKind.CHOSEN, key=login_key(name), shown=name)
    taken = db.execute(taking.on_conflict_do_nothing(index_elements=["key"]).returning(col(Login.id))).first()
    if taken is None:
        raise Busy(seconds=1)


def _flaw(db: Session, name: str) -> str:
    flaw: NameFlaw | None = flaw_in_name(name)
    if flaw is not None:
        return flaw.value
    return NAME_TAKEN if _owner(db, name) is not None else ""


def _owner(db: Session, name: str) -> Account | None:
    """Give the account that the name leads to; one of a closed account is free again."""
    owner = accounts.account_of_login(db, name)
    return owner if owner is not None and owner.status != "closed" else None


def _place(found: FoundLink) -> Place:
    """Give each link a count of its own, as for the first sign-in."""
    return Place(f"account:{found.account.id if found.account else 0}", f"link:{found.link.id if found.link else 0}")


def _links_mailed(db: Session, email_key: str, now: datetime) -> int:
    counted = (
        select(func.count())
        .select_from(Link)
        .join(Account, col(Account.id) == Link.account_id)
        .where(
            Account.email_key == email_key,
            Link.purpose == LinkPurpose.REGISTRATION,
            Link.created_at > now - timedelta(hours=1),
        )
    )
    return int(db.exec(counted).one())


def _has_account(db: Session, email_key: str) -> bool:
    known = select(Account.id).where(Account.email_key == email_key, col(Account.status).not_in((UNCONFIRMED, "closed")))
    return db.exec(known.limit(1)).first() is not None


def _supersede(db: Session, email_key: str, name: str, now: datetime) -> None:
    """Let only the last link work of a registration that was sent again."""
    same = select(Account.id).where(Account.email_key == email_key, Account.status == UNCONFIRMED)
    db.exec(
        update(Link)
        .where(
            col(Link.account_id).in_(same),
            col(Link.purpose) == LinkPurpose.REGISTRATION,
            func.lower(col(Link.subject)) == name.strip().lower(),
            col(Link.superseded_at).is_(None),
        )
        .values(superseded_at=now)
    )
