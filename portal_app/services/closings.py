"""Closings: a customer asks, confirms by a mailed link, may cancel for some days, and then the account goes (R26–R28)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, delete, func, or_, select, update

from portal_app.database.tables import (
    Account,
    Application,
    ApplicationDraft,
    Closing,
    Credential,
    Device,
    Draft,
    FailureBucket,
    Letter,
    Link,
    Login,
    Message,
    Policy,
    SignIn,
    Visit,
)
from portal_app.domain.actors import Actor, Customer, Operator, Stranger
from portal_app.domain.brands import Brand
from portal_app.domain.calendar import budapest_date
from portal_app.domain.closings import LINK_LIFE, Ground, may_take_effect, takes_effect_on
from portal_app.domain.errors import ClosingNotFound, LinkExpired, LinkSuperseded, LinkUnknown, LinkUsed
from portal_app.domain.messages import Direction, MessageStatus, Purpose
from portal_app.domain.policies import Communication
from portal_app.gateways.secrets import Secrets, public_id
from portal_app.services import accounts, merges, messages, sign_ins
from portal_app.services.challenges import mails_in_last_hour
from portal_app.services.choices import turn_postal
from portal_app.services.events import record
from portal_app.services.links import use_link
from portal_app.services.outbox import enqueue
from portal_app.services.retention import Erased, erase_messages, erase_of_account

PURPOSE = "closing"
MAILS_AN_HOUR = 3


@dataclass(frozen=True)
class ClosingView:
    """A wish to close an account, as its owner sees it."""

    ground: Ground
    policies: tuple[str, ...]
    """The policy numbers that go back to post."""
    letters: int
    """How many letters will be erased."""
    takes_effect_on: date
    """While it is not confirmed: the day it would take effect if confirmed now."""
    confirmed: bool


@dataclass(frozen=True)
class Notice:
    """What the insurer is told when a closing takes effect, in words of the door that carries it out."""

    subject: str
    text: str


@dataclass(frozen=True)
class DueClosing:
    """A closing whose day has come."""

    id: int
    account_id: int
    ground: Ground
    policies: tuple[str, ...]


def ask(
    db: Session,
    actor: Customer | Stranger,
    ground: Ground,
    *,
    login: str = "",
    policies: Sequence[str] = (),
    words: str = "",
    secrets: Secrets,
    now: datetime,
) -> None:
    """Mail the account's owner a link that confirms the closing; nothing happens before it is pressed.

    A customer asks for their own account; a stranger names a login, and the answer never tells whether there is one.
    `policies` are those that go back to post with `Ground.TO_POST`; none named means all. At most three e-mails an hour.
    """
    account = _account_of(db, actor, login)
    if account is None or account.status in ("closing", "closed", "merged"):
        return
    if mails_in_last_hour(db, account, ("closing_confirm",), now=now) >= MAILS_AN_HOUR:
        return
    account_id = account.id or 0
    waiting = db.exec(
        select(Closing).where(
            Closing.account_id == account_id, col(Closing.confirmed_at).is_(None), col(Closing.cancelled_at).is_(None)
        )
    ).first()
    closing = waiting or Closing(public_id=public_id(), account_id=account_id, ground=ground, asked_at=now)
    closing.ground, closing.words, closing.asked_at = ground, words[:2000], now
    closing.policies = "\n".join(_own_policies(db, account_id, policies)) if ground is Ground.TO_POST else ""
    db.add(closing)
    valid_until = now + LINK_LIFE
    token = accounts.new_link(db, account_id, PURPOSE, valid_until=valid_until, now=now, subject=closing.public_id)
    enqueue(
        db, "closing_confirm", account, now=now, facts={"expires_at": valid_until.isoformat()},
        sealed_secret=accounts.seal_text(secrets, token),
    )  # fmt: skip
    record(db, actor, "closing:asked", now=now, account_id=account_id, about=closing.public_id, ground=str(ground))


def read_by_link(db: Session, actor: Actor, token_sha256: str, *, brand: Brand, now: datetime) -> ClosingView:
    """Show what the link would confirm; consumes nothing.

    Raises `LinkUnknown`, `LinkUsed`, `LinkSuperseded` or `LinkExpired`.
    """
    del actor
    _, closing = _of_link(db, token_sha256, now)
    return _view(db, closing, brand, now)


def confirm(db: Session, actor: Actor, token_sha256: str, *, brand: Brand, now: datetime) -> ClosingView:
    """Let the closing run: it takes effect after the brand's days, unless it is cancelled before.

    Sign-ins go on meanwhile, so that letters can be saved. Refuses as `read_by_link`.
    """
    link, closing = _of_link(db, token_sha256, now)
    if not use_link(db, link, now=now):
        raise LinkUsed
    account = db.exec(select(Account).where(Account.id == closing.account_id)).one()
    closing.confirmed_at, closing.takes_effect_on = now, takes_effect_on(now, brand.retention)
    account.status = "closing"
    enqueue(db, "closing_started", account, now=now, facts={"closes_on": closing.takes_effect_on.isoformat()})
    accounts.mark_changed(db, closing.account_id)
    record(db, actor, "closing:confirmed", now=now, account_id=closing.account_id, about=closing.public_id)
    return _view(db, closing, brand, now)


def running(db: Session, actor: Customer, *, brand: Brand, now: datetime) -> ClosingView | None:
    """Give the customer's confirmed closing that still can be cancelled, or None."""
    closing = _running(db, actor.account_id)
    return _view(db, closing, brand, now) if closing else None


def cancel(db: Session, actor: Customer, *, now: datetime) -> None:
    """Take a running closing back; the account goes on as before. Raises `ClosingNotFound`."""
    closing = _running(db, actor.account_id)
    if closing is None or not _stopped(db, closing, now):
        raise ClosingNotFound
    db.exec(
        update(Account)
        .where(col(Account.id) == actor.account_id, col(Account.status) == "closing")
        .values(status="active", revision=Account.revision + 1)
    )
    record(db, actor, "closing:cancelled", now=now, account_id=actor.account_id, about=closing.public_id)


# ── what the nightly job does ──


def due_closings(db: Session, actor: Operator, *, brand: Brand, now: datetime) -> list[DueClosing]:
    """List the closings whose day has come, those that were begun but not finished included."""
    del actor
    rows = db.exec(
        select(Closing)
        .where(
            col(Closing.takes_effect_on) <= budapest_date(now),
            col(Closing.cancelled_at).is_(None),
            col(Closing.done_at).is_(None),
        )
        .order_by(col(Closing.id))
    ).all()
    return [
        DueClosing(row.id or 0, row.account_id, Ground(row.ground), tuple(row.policies.split()))
        for row in rows
        if row.confirmed_at and row.takes_effect_on
        and may_take_effect(row.confirmed_at, row.takes_effect_on, brand.retention, now)
    ]  # fmt: skip


def close_doors(db: Session, actor: Operator, due: DueClosing, *, now: datetime) -> bool:
    """Begin to carry out a closing: nobody signs in any more, and ground 2 turns the policies postal (R28).

    False when it was cancelled in the last moment.
    """
    closing = db.exec(select(Closing).where(Closing.id == due.id).with_for_update()).one()
    if closing.cancelled_at or closing.done_at:
        return False
    _close_doors(db, due.account_id, now)
    record(db, actor, "closing:begun", now=now, account_id=due.account_id, about=closing.public_id)
    if due.ground is Ground.TO_POST:
        named = [col(Policy.number).in_(due.policies)] if due.policies else []
        turn_postal(db, col(Policy.account_id) == due.account_id, *named, now=now)
    return True


def erase_some(db: Session, actor: Operator, account_id: int, *, most: int, now: datetime) -> Erased:
    """Erase some of the closing account's letters; to be repeated until there are none."""
    return erase_of_account(db, actor, account_id, most=most, now=now)


def finish(db: Session, actor: Operator, due: DueClosing, notice: Notice, *, brand: Brand, now: datetime) -> Erased:
    """Forget the person: logins, passwords, addresses; tell the owner a last time and the insurer in its messages."""
    account = db.exec(select(Account).where(Account.id == due.account_id)).one()
    postal: dict[str, str | int] = {"turned_postal": 1} if due.ground is Ground.TO_POST else {}
    policy_number = due.policies[0] if due.policies else _first_policy(db, due.account_id)
    enqueue(db, "closing_done", account, now=now, facts=postal)
    erased = _forget_person(db, actor, account, now)
    messages.write_request(
        db, actor, due.account_id, Purpose.CLOSING, subject=notice.subject, text=notice.text, policy_number=policy_number,
        brand=brand, now=now,
    )  # fmt: skip
    db.exec(update(Closing).where(col(Closing.id) == due.id).values(done_at=now, words=""))
    record(db, actor, "account:closed", now=now, account_id=due.account_id, ground=str(due.ground))
    return erased


def emptied_postal_accounts(db: Session, actor: Operator, *, most: int) -> list[int]:
    """List accounts without letters whose policies have all turned postal, unless a request is still to be decided."""
    del actor
    electronic = select(Policy.id).where(Policy.account_id == Account.id, Policy.communication == Communication.ELECTRONIC)
    letters = select(Letter.id).where(Letter.account_id == Account.id)
    asked = select(Application.id).where(Application.account_id == Account.id, col(Application.decided_at).is_(None))
    postal = select(Policy.account_id).where(Policy.communication == Communication.POSTAL, col(Policy.account_id).is_not(None))
    found = db.exec(
        select(Account.id)
        .where(
            col(Account.id).in_(postal),
            col(Account.status).in_(("invited", "active")),
            ~electronic.exists(),
            ~letters.exists(),
            ~asked.exists(),
        )
        .order_by(col(Account.id))
        .limit(most)
    ).all()
    return [account_id for account_id in found if account_id is not None]


def close_emptied(db: Session, actor: Operator, account_id: int, *, now: datetime) -> Erased:
    """Close an account whose last letter has gone after its policies turned postal, and tell its owner."""
    account = db.exec(select(Account).where(Account.id == account_id)).one()
    _close_doors(db, account_id, now)
    enqueue(db, "closing_done", account, now=now, facts={"turned_postal": 1})
    erased = _forget_person(db, actor, account, now)
    record(db, actor, "account:closed", now=now, account_id=account_id, ground="turned_postal")
    return erased


def _account_of(db: Session, actor: Customer | Stranger, login: str) -> Account | None:
    if isinstance(actor, Customer):
        return db.exec(select(Account).where(Account.id == actor.account_id)).one()
    return accounts.account_of_login(db, login)


def _own_policies(db: Session, account_id: int, numbers: Sequence[str]) -> list[str]:
    own = db.exec(select(Policy.number).where(Policy.account_id == account_id).order_by(Policy.number)).all()
    return [number for number in own if not numbers or number in numbers]


def _of_link(db: Session, token_sha256: str, now: datetime) -> tuple[Link, Closing]:
    link = db.exec(select(Link).where(Link.token_sha256 == token_sha256, Link.purpose == PURPOSE)).first()
    closing = db.exec(select(Closing).where(Closing.public_id == link.subject)).first() if link else None
    if link is None or closing is None:
        raise LinkUnknown
    if link.used_at:
        raise LinkUsed
    if link.superseded_at:
        raise LinkSuperseded
    if link.valid_until <= now:
        raise LinkExpired
    return link, closing


def _running(db: Session, account_id: int) -> Closing | None:
    return db.exec(
        select(Closing).where(
            Closing.account_id == account_id,
            col(Closing.confirmed_at).is_not(None),
            col(Closing.cancelled_at).is_(None),
            col(Closing.done_at).is_(None),
        )
    ).first()


def _stopped(db: Session, closing: Closing, now: datetime) -> bool:
    """Cancel a closing unless it was carried out in this moment."""
    still = (col(Closing.id) == closing.id, col(Closing.done_at).is_(None), col(Closing.cancelled_at).is_(None))
    return bool(db.exec(update(Closing).where(*still).values(cancelled_at=now)).rowcount)


def _view(db: Session, closing: Closing, brand: Brand, now: datetime) -> ClosingView:
    letters = db.exec(
        select(func.count())
        .select_from(Letter)
        .where(
            Letter.account_id == closing.account_id,
            col(Letter.publish_at).is_(None),
            Letter.erase_on > budapest_date(now),
        )
    ).one()
    return ClosingView(
        ground=Ground(closing.ground),
        policies=tuple(closing.policies.split()),
        letters=letters,
        takes_effect_on=closing.takes_effect_on or takes_effect_on(now, brand.retention),
        confirmed=closing.confirmed_at is not None,
    )


def _first_policy(db: Session, account_id: int) -> str:
    numbers = select(Policy.number).where(Policy.account_id == account_id).order_by(Policy.number)
    return db.exec(numbers.limit(1)).first() or ""


def _close_doors(db: Session, account_id: int, now: datetime) -> None:
    sign_ins.end_others(db, account_id, now=now, reason="account_closed")
    db.exec(update(Account).where(col(Account.id) == account_id).values(status="closed", revision=Account.revision + 1))


def _forget_person(db: Session, actor: Operator, account: Account, now: datetime) -> Erased:
    """Delete what leads into the account and blank what names its owner.

    The row itself stays, because deliveries and events name it; messages the insurer has not answered yet stay with
    it until they are, or until their own date.
    """
    account_id = account.id or 0
    answered = db.exec(
        select(Message.id).where(
            Message.account_id == account_id,
            or_(col(Message.status) == MessageStatus.ANSWERED, col(Message.direction) == Direction.INSURER),
        )
    ).all()
    erased = erase_messages(db, actor, [one for one in answered if one is not None], "closing", now=now)
    db.exec(delete(Application).where(col(Application.account_id) == account_id, col(Application.decided_at).is_not(None)))
    db.exec(update(Policy).where(col(Policy.account_id) == account_id).values(account_id=None))
    db.exec(delete(FailureBucket).where(col(FailureBucket.account_key) == f"account:{account_id}"))
    db.exec(update(Visit).where(col(Visit.account_id) == account_id).values(account_id=None, link_id=None))
    links = select(Link.id).where(Link.account_id == account_id)
    db.exec(update(Visit).where(col(Visit.link_id).in_(links)).values(link_id=None))
    db.exec(update(SignIn).where(col(SignIn.account_id) == account_id).values(device_id=None, browser="", source=""))
    merges.finish_all_of(db, account_id)
    for table in (Draft, ApplicationDraft, Login, Credential, Link, Device):
        db.exec(delete(table).where(col(table.account_id) == account_id))
    account.email = account.email_key = account.phone = account.customer_ref = ""
    account.email_confirmed_at = account.email_refused_at = None
    account.email_refused_reason, account.status, account.unread = "", "closed", 0
    db.flush()
    return erased
