"""The first sign-in: a mailed link and the initial password together, and nothing but choosing one's own after it (R16–R17)."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from portal_app.database.tables import Account, Credential, Visit
from portal_app.domain.actors import Customer, Stage, Stranger
from portal_app.domain.brands import Brand
from portal_app.gateways.secrets import Secrets
from portal_app.services import accounts, attempts, failures, sign_ins
from portal_app.services.failures import Place
from portal_app.services.links import FoundLink, LinkPurpose, LinkStatus, link_of_visit, use_link
from portal_app.services.sign_in import AttemptView, Browser, Ticket, end_former, last_attempt
from portal_app.services.visits import visit_of


@dataclass(frozen=True)
class FirstSignInView:
    """What the first sign-in's page shows."""

    status: LinkStatus
    attempt: AttemptView
    email: str = ""
    """In full: the door masks it."""
    portal: str = ""
    has_password: bool = False
    """Whether somebody has already chosen a password for this account."""
    by_sms: bool = False


def reserve_first_sign_in(
    db: Session,
    actor: Customer | Stranger,
    code: str,
    *,
    brand: Brand,
    secrets: Secrets,
    now: datetime,
) -> Ticket:
    """Reserve one try of the initial password for the link the visitor came with (R16); limited like every sign-in.

    Each link has a count of its own: whoever has it need not fear strangers, and a new link begins anew.
    """
    visit = visit_of(db, actor, now=now)
    found = link_of_visit(db, actor, LinkPurpose.ACTIVATION, now=now)
    if visit is None or found.link is None or found.account is None or found.status is not LinkStatus.OPEN:
        return Ticket(0, Place("", ""))
    place = Place(f"account:{found.account.id}", f"link:{found.link.id}")
    rules = attempts.rules_for(brand, found.account)
    number = attempts.admit(db, visit, place, code, rules, brand=brand, secrets=secrets, now=now)
    credential = _initial_password(db, found.account, now)
    if number is None or credential is None:
        return Ticket(visit.id or 0, place, number, found.account.id)
    return Ticket(visit.id or 0, place, number, found.account.id, credential.id, credential.hash)


def conclude_first_sign_in(
    db: Session,
    actor: Customer | Stranger,
    ticket: Ticket,
    browser: Browser,
    token_sha256: str,
    *,
    matches: bool,
    brand: Brand,
    secrets: Secrets,
    now: datetime,
) -> Customer | None:
    """Begin a sign-in that can do nothing but choose a password (R17), or note why not and answer None."""
    visit = visit_of(db, actor, now=now)
    found = link_of_visit(db, actor, LinkPurpose.ACTIVATION, now=now)
    if visit is None or found.link is None or found.account is None or ticket.number is None:
        return None
    if not matches:
        attempts.refuse(
            db, actor, visit, ticket.place, ticket.number, attempts.rules_for(brand, found.account),
            account=found.account, brand=brand, secrets=secrets, now=now,
        )  # fmt: skip
        return None
    if not use_link(db, found.link, now=now):
        return None
    credential = db.get(Credential, ticket.credential_id)
    if credential is not None:
        credential.used_at = now
        accounts.confirm_contact(found.account, credential, now=now)
    failures.forgive(db, ticket.place)
    end_former(db, actor, visit, now=now)
    return sign_ins.start_sign_in(
        db, found.account, token_sha256, stage=Stage.MUST_CHANGE, device_id=None,
        browser=browser.name, source=browser.source, now=now,
    )  # fmt: skip


def first_sign_in_view(db: Session, actor: Customer | Stranger, *, brand: Brand, now: datetime) -> FirstSignInView:
    """Say what the page of the first sign-in shows for the link the visitor came with."""
    visit = visit_of(db, actor, now=now)
    found = link_of_visit(db, actor, LinkPurpose.ACTIVATION, now=now)
    return _link_view(db, visit, found, brand, now)


def new_password_view(db: Session, actor: Customer | Stranger, *, brand: Brand, now: datetime) -> FirstSignInView:
    """Say the same for the page that sets a new password by link (R22)."""
    visit = visit_of(db, actor, now=now)
    found = link_of_visit(db, actor, LinkPurpose.PASSWORD, now=now)
    return _link_view(db, visit, found, brand, now)


def _link_view(db: Session, visit: Visit | None, found: FoundLink, brand: Brand, now: datetime) -> FirstSignInView:
    account = found.account
    attempt = last_attempt(db, visit, attempts.rules_for(brand, account), now) if visit else AttemptView()
    if account is None:
        return FirstSignInView(found.status, attempt)
    return FirstSignInView(
        status=found.status,
        attempt=attempt,
        email=account.email,
        portal=account.portal,
        has_password=account.status != "invited",
        by_sms=bool(account.phone),
    )


def _initial_password(db: Session, account: Account, now: datetime) -> Credential | None:
    return db.exec(
        select(Credential).where(
            Credential.account_id == account.id,
            Credential.kind == "sent",
            col(Credential.ended_at).is_(None),
            col(Credential.valid_until) > now,
        )
    ).first()
