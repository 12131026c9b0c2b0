"""What a customer sets for themselves: language, reminders, and the address notifications go to."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from email_validator import EmailNotValidError, validate_email
from sqlmodel import Session, col, func, select

from portal_app.database.tables import Account, Credential, Link, Login, Merge, MergedRow
from portal_app.domain.actors import Customer, Stranger
from portal_app.domain.brands import LoginKind
from portal_app.domain.errors import AddressTaken, EmailInvalid, LinkUsed, TooMany
from portal_app.domain.logins import login_key
from portal_app.gateways.secrets import Secrets
from portal_app.services import accounts
from portal_app.services.challenges import MAILS_AN_HOUR
from portal_app.services.events import record
from portal_app.services.links import LinkPurpose, LinkStatus, link_of_visit, use_link
from portal_app.services.outbox import enqueue
from portal_app.services.visits import Outcome, end_visit, keep_visit, note_outcome, outcome_of, visit_of

LANGUAGES = ("hu", "en")
ADDRESS_LINK_LIFE = timedelta(hours=24)
# How the form of the new address ended; other pages' forms end otherwise.
ADDRESS_ASKED, ADDRESS_INVALID = "address_asked", "address_invalid"
PASSWORD_WRONG = "address_password_wrong"  # noqa: S105 - the name of an outcome
OUTCOMES = frozenset({ADDRESS_ASKED, ADDRESS_INVALID, PASSWORD_WRONG})


@dataclass(frozen=True)
class Preferences:
    """What the settings page shows; `outcome` says how the last form ended."""

    email: str
    waiting_email: str
    """The new address whose confirmation is awaited, or empty."""
    email_refused: bool
    phone: str
    language: str
    reminders_wanted: bool
    opened_at: datetime
    outcome: str
    typed_email: str = ""
    """The address that was typed into a form that lacked something."""
    login: str = ""
    """What the customer signs in with."""
    by_address: bool = True
    """Whether the e-mail address leads in, so that another one would."""


def preferences(db: Session, actor: Customer, *, now: datetime) -> Preferences:
    """Read the customer's own settings."""
    account = _account(db, actor.account_id)
    waiting = db.exec(
        select(Link.subject).where(
            Link.account_id == actor.account_id,
            Link.purpose == LinkPurpose.ADDRESS,
            col(Link.used_at).is_(None),
            col(Link.superseded_at).is_(None),
            Link.valid_until > now,
        )
    ).first()
    last = outcome_of(visit_of(db, actor, now=now))
    last = last if last.code in OUTCOMES else Outcome()
    return Preferences(
        email=account.email,
        waiting_email=waiting or "",
        email_refused=account.email_refused_at is not None,
        phone=account.phone,
        language=account.language,
        reminders_wanted=account.reminders_wanted,
        opened_at=account.created_at,
        outcome=last.code,
        typed_email=str(last.facts.get("email", "")),
        login=accounts.own_login(db, actor),
        by_address=accounts.belongs_to_address(db, account),
    )


def set_language(db: Session, actor: Customer, language: str) -> None:
    """Speak this language on the pages and in the post from now on."""
    _account(db, actor.account_id).language = language if language in LANGUAGES else "hu"


def set_reminders(db: Session, actor: Customer, *, wanted: bool) -> None:
    """Send reminders of unread letters, or not; notifications of new letters always go out (R13)."""
    _account(db, actor.account_id).reminders_wanted = wanted


def current_password(db: Session, actor: Customer) -> str | None:
    """Give the stored value the current password must match, to be checked outside the transaction (S37)."""
    return db.exec(
        select(Credential.hash)
        .where(Credential.account_id == actor.account_id, Credential.kind == "chosen", col(Credential.ended_at).is_(None))
        .order_by(col(Credential.created_at).desc())
    ).first()


def tell_outcome(db: Session, actor: Customer | Stranger, code: str, *, now: datetime, **typed: str) -> None:
    """Remember how a form ended, for the page that is drawn next, and what was typed into it; never a secret."""
    note_outcome(keep_visit(db, actor, "", now=now), code, **typed)


def normal_address(address: str) -> str:
    """Write an e-mail address the normal way; raises `EmailInvalid`."""
    try:
        return validate_email(address.strip(), check_deliverability=False).normalized
    except EmailNotValidError:
        raise EmailInvalid from None


def ask_for_new_address(db: Session, actor: Customer, address: str, *, secrets: Secrets, now: datetime) -> None:
    """Send a confirming link to the new address; nothing changes before it is pressed (G20).

    The caller has checked the current password. An address that somebody else signs in with gets no link where it
    would lead here, too; the answer is the same, so that nobody learns who is a customer. Raises `TooMany` after three
    links within an hour, sent or not, because the address may be anybody's.
    """
    account = db.exec(select(Account).where(Account.id == actor.account_id).with_for_update()).one()
    if _links_in_last_hour(db, actor, now) >= MAILS_AN_HOUR:
        raise TooMany
    valid_until = now + ADDRESS_LINK_LIFE
    token = accounts.new_link(db, actor.account_id, LinkPurpose.ADDRESS, valid_until=valid_until, now=now, subject=address)
    if not _is_taken(db, account, address):
        enqueue(
            db,
            "email_change_confirm",
            account,
            now=now,
            recipient=address,
            facts={"expires_at": valid_until.isoformat()},
            sealed_secret=accounts.seal_text(secrets, token),
        )
    tell_outcome(db, actor, ADDRESS_ASKED, now=now)
    record(db, actor, "address:asked", now=now, account_id=actor.account_id)


def _links_in_last_hour(db: Session, actor: Customer, now: datetime) -> int:
    made = (Link.account_id == actor.account_id, Link.purpose == LinkPurpose.ADDRESS, Link.created_at > now - timedelta(hours=1))
    return int(db.exec(select(func.count()).select_from(Link).where(*made)).one())


def address_of_link(db: Session, actor: Customer | Stranger, *, now: datetime) -> tuple[LinkStatus, str]:
    """Say whether the link the visitor came with still works, and which address it confirms."""
    found = link_of_visit(db, actor, LinkPurpose.ADDRESS, now=now)
    return found.status, found.link.subject if found.link else ""


def confirm_new_address(db: Session, actor: Customer | Stranger, *, now: datetime) -> None:
    """Make the address of the pressed link the account's; the old one is told (S23).

    Raises `LinkUsed` where the link does not work any more and `AddressTaken` where the address became somebody
    else's meanwhile.
    """
    found = link_of_visit(db, actor, LinkPurpose.ADDRESS, now=now)
    if found.status is not LinkStatus.OPEN or found.link is None or not use_link(db, found.link, now=now):
        raise LinkUsed
    account, address = _account(db, found.link.account_id), found.link.subject
    if _is_taken(db, account, address):
        raise AddressTaken
    enqueue(db, "email_changed_notice_to_old", account, now=now, facts={"new_address": address})
    login = _own_address_login(db, account)
    # The address of an account that was merged into this one leads here already, until the two part again.
    if login is not None and (login.key == login_key(address) or accounts.account_of_login(db, address) is None):
        login.key, login.shown = login_key(address), address
    account.email, account.email_key = address, login_key(address)
    account.email_confirmed_at, account.email_refused_at, account.email_refused_reason = now, None, ""
    accounts.mark_changed(db, found.link.account_id)
    end_visit(db, visit_of(db, actor, now=now))
    record(db, actor, "address:changed", now=now, account_id=account.id)


def _is_taken(db: Session, account: Account, address: str) -> bool:
    """Whether another account is signed in to with the address; of no matter to one that is not signed in to by address."""
    owner = accounts.account_of_login(db, address)
    return owner is not None and owner.id != account.id and _own_address_login(db, account) is not None


def _own_address_login(db: Session, account: Account) -> Login | None:
    """Give the account's own identifier that is an address, not one that came with a merge and may go back."""
    into_it = select(Merge.id).where(Merge.account_id == account.id)
    came = select(MergedRow.row_id).where(MergedRow.kind == "login", col(MergedRow.merge_id).in_(into_it))
    own = select(Login).where(Login.account_id == account.id, Login.kind == LoginKind.EMAIL, col(Login.id).not_in(came))
    found = db.exec(own.order_by(col(Login.id))).all()
    return next((login for login in found if login.key == account.email_key), found[0] if found else None)


def _account(db: Session, account_id: int) -> Account:
    return db.exec(select(Account).where(Account.id == account_id)).one()
