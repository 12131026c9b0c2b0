"""The courier's side of the outbox: claiming post, and writing down what became of it.

Sending happens outside any transaction. A claim is a lease: it counts as an attempt, closes the job for further
gathering and puts its next attempt off until the lease ends, so a courier that dies has postponed what it held.
The number of the attempt is the fence: a courier that was believed dead can no longer write an outcome.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select, update

from portal_app.database.tables import Account, Delivery, Job, Letter
from portal_app.domain.actors import Operator
from portal_app.domain.brands import Brand
from portal_app.domain.notifications import MOST_ATTEMPTS, next_attempt, tried_until, waits_for_morning
from portal_app.gateways.secrets import Secrets
from portal_app.services.accounts import open_text, survivor_of
from portal_app.services.events import record

LEASE = timedelta(minutes=2)
"""Longer than handing over one round can take: gateways give up sooner."""
HELD_AT_ONCE = 500
_AFTER_CLOSING = frozenset({"closing_done"})


@dataclass(frozen=True)
class ClaimedJob:
    """Post that is this courier's to hand over until the lease ends."""

    id: int
    kind: str
    channel: str
    recipient: str
    facts: dict[str, str | int]
    sealed_secret: str
    count: int
    attempt: int
    owed_since: datetime
    claimed_at: datetime
    language: str
    portal: str

    def secret(self, secrets: Secrets) -> str:
        """Open the secret for the moment of the hand-over; empty where the post has none."""
        return open_text(secrets, self.sealed_secret) if self.sealed_secret else ""

    def message_id(self, secrets: Secrets, domain: str) -> str:
        """Name the e-mail so that a repeat after a crash is recognised by the receiver: always the same, never guessed."""
        mark = secrets.fingerprints("message id", f"{self.id} {self.owed_since.isoformat()}")[-1]
        return f"<{mark[:32]}@{domain}>"


def anything_due(db: Session, actor: Operator, channel: str, *, now: datetime) -> bool:
    """Say whether a claim would find something, without keeping writers waiting."""
    del actor
    found = select(Job.id).where(*_due(now), col(Job.channel) == channel).limit(1)
    return db.exec(found).first() is not None


def anything_to_publish(db: Session, actor: Operator, *, now: datetime) -> bool:
    """Say whether letters wait whose moment has come, without keeping writers waiting."""
    del actor
    return db.exec(select(Letter.id).where(col(Letter.publish_at) <= now).limit(1)).first() is not None


def claim(db: Session, actor: Operator, channel: str, *, most: int, brand: Brand, now: datetime) -> tuple[ClaimedJob, ...]:
    """Lease the post of a channel that is due, the longest waiting first; what the quiet hours hold is put off.

    Post that needs no sending any more is ended here: of closed accounts, and reminders of what was read meanwhile.
    """
    morning = waits_for_morning(now, brand.reminders)
    if morning:
        _hold(db, channel, morning, now)
    due = select(Job.id).where(*_due(now), col(Job.channel) == channel)
    due = due.where(col(Job.urgent)) if morning else due
    due = due.order_by(col(Job.not_before), col(Job.id)).limit(most).with_for_update(skip_locked=True)
    leased_until = now + LEASE
    jobs = db.exec(
        update(Job)
        .where(col(Job.id).in_(due))
        .values(
            attempts=Job.attempts + 1,
            gathers="",
            leased_by=actor.name,
            leased_until=leased_until,
            not_before=leased_until,
        )
        .returning(Job)
        .execution_options(synchronize_session=False, populate_existing=True)
    ).scalars()
    ordered = sorted(jobs, key=lambda job: job.id or 0)
    accounts = _accounts_of(db, ordered)
    return tuple(
        _claimed(job, accounts.get(job.account_id or 0), now)
        for job in ordered
        if _worth_sending(db, actor, job, accounts.get(job.account_id or 0), now)
    )


def mark_sent(db: Session, actor: Operator, job: ClaimedJob, *, now: datetime) -> bool:
    """Write down that the post was handed over, and when each letter was told of; false when the lease was lost."""
    account_id = _end(db, actor, job, "sent", "", now)
    if account_id is None:
        return False
    if job.channel == "mail":
        db.exec(
            update(Account)
            .where(
                col(Account.id) == account_id,
                col(Account.email) == job.recipient,
                col(Account.email_refused_at).is_not(None),
            )
            .values(email_refused_at=None, email_refused_reason="")
        )
    record(db, actor, "post:sent", now=now, account_id=account_id, kind=job.kind, channel=job.channel, attempt=job.attempt)
    if job.kind == "arrival":
        _record_notified(db, actor, account_id, job, now)
    return True


def put_off(db: Session, actor: Operator, job: ClaimedJob, reason: str, *, brand: Brand, now: datetime) -> bool:
    """Try again later, each time after a longer wait; when it is worth no further attempt, the post is dead.

    `reason` is for operators and holds no address. False when the lease was lost.
    """
    again = next_attempt(job.attempt, tried_until(job.kind, job.owed_since, brand), now)
    if again is None:
        return give_up(db, actor, job, f"given up after {job.attempt} attempts: {reason}", now=now)
    put = db.exec(
        update(Job).where(*_ours(actor, job)).values(not_before=again, leased_until=None, leased_by="", reason=reason[:500])
    )
    return bool(put.rowcount)


def give_up(db: Session, actor: Operator, job: ClaimedJob, reason: str, *, now: datetime) -> bool:
    """End post that can never be handed over; it is counted as dead and its reason kept."""
    account_id = _end(db, actor, job, "dead", reason, now)
    if account_id is None:
        return False
    record(db, actor, "post:dead", now=now, account_id=account_id, kind=job.kind, channel=job.channel)
    return True


def mark_refused(db: Session, actor: Operator, job: ClaimedJob, reason: str, *, now: datetime) -> bool:
    """Write down that the receiver refuses this address for good, and flag the account when it is its address."""
    account_id = _end(db, actor, job, "refused", reason, now)
    if account_id is None:
        return False
    if job.channel == "mail":
        db.exec(
            update(Account)
            .where(col(Account.id) == account_id, col(Account.email) == job.recipient)
            .values(email_refused_at=now, email_refused_reason=reason[:500], revision=Account.revision + 1)
        )
    record(db, actor, "address:refused", now=now, account_id=account_id, kind=job.kind, channel=job.channel)
    return True


def _due(now: datetime) -> tuple[Any, ...]:
    return (col(Job.ended_at).is_(None), col(Job.not_before) <= now)


def _hold(db: Session, channel: str, morning: datetime, now: datetime) -> None:
    """Put off unasked post, so that the quiet hours need not look at it again and again."""
    held = (
        select(Job.id)
        .where(*_due(now), col(Job.channel) == channel, col(Job.urgent).is_(False))
        .limit(HELD_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    db.exec(update(Job).where(col(Job.id).in_(held)).values(not_before=morning).execution_options(synchronize_session=False))


def _accounts_of(db: Session, jobs: Sequence[Job]) -> dict[int, Account]:
    ids = {job.account_id for job in jobs}
    return {account.id or 0: account for account in db.exec(select(Account).where(col(Account.id).in_(ids))).all()}


def _worth_sending(db: Session, actor: Operator, job: Job, account: Account | None, now: datetime) -> bool:
    """End what needs no sending any more, and say whether the rest is worth it."""
    if account and account.status == "closed" and job.kind not in _AFTER_CLOSING:
        return _withdraw(job, "withdrawn", "the account was closed", now)
    if account and account.status == "merged" and job.secret:
        return _withdraw(job, "withdrawn", "the account sleeps inside another one", now)
    if account and job.kind == "reminder" and account.unread == 0:
        return _withdraw(job, "withdrawn", "everything was read meanwhile", now)
    if job.attempts > MOST_ATTEMPTS:
        record(db, actor, "post:dead", now=now, account_id=job.account_id, kind=job.kind, channel=job.channel)
        return _withdraw(job, "dead", "the courier stopped each time while handing it over", now)
    return True


def _withdraw(job: Job, outcome: str, reason: str, now: datetime) -> bool:
    job.ended_at, job.outcome, job.reason = now, outcome, reason
    job.secret, job.leased_by, job.leased_until = "", "", None
    return False


def _claimed(job: Job, account: Account | None, now: datetime) -> ClaimedJob:
    return ClaimedJob(
        id=job.id or 0,
        kind=job.kind,
        channel=job.channel,
        recipient=job.recipient,
        facts=json.loads(job.facts),
        sealed_secret=job.secret,
        count=job.count,
        attempt=job.attempts,
        owed_since=job.created_at,
        claimed_at=now,
        language=account.language if account else job.language or "hu",
        portal=account.portal if account else "",
    )


def _ours(actor: Operator, job: ClaimedJob) -> tuple[Any, ...]:
    """Whether the job is still ours: nobody has claimed it again, and it has not ended."""
    return (
        col(Job.id) == job.id,
        col(Job.leased_by) == actor.name,
        col(Job.attempts) == job.attempt,
        col(Job.ended_at).is_(None),
    )


def _end(db: Session, actor: Operator, job: ClaimedJob, outcome: str, reason: str, now: datetime) -> int | None:
    """End a job that is still ours and blank its secret; give its account (0 for none), or None when it is not ours."""
    ended = db.exec(
        update(Job)
        .where(*_ours(actor, job))
        .values(ended_at=now, outcome=outcome, reason=reason[:500], secret="", leased_by="", leased_until=None)
        .returning(col(Job.account_id))
    ).first()
    return None if ended is None else ended[0] or 0


def _record_notified(db: Session, actor: Operator, account_id: int, job: ClaimedJob, now: datetime) -> None:
    """Note for every letter the e-mail was about that its customer was told: the proof the insurer asks for."""
    owner = survivor_of(db, db.get_one(Account, account_id))
    # The letters of an account that has fallen asleep since are in the other one, beside letters nobody was told of here.
    whose = (Letter.account_id == owner.id, *([Delivery.account_id == account_id] if owner.id != account_id else []))
    told = db.exec(
        select(Letter.public_id, Letter.delivery_id)
        .join(Delivery, col(Delivery.id) == Letter.delivery_id)
        .where(
            *whose,
            col(Letter.publish_at).is_(None),
            Letter.placed_at >= job.owed_since,
            Letter.placed_at <= job.claimed_at,
        )
        .order_by(col(Letter.placed_at), col(Letter.id))
        .limit(job.count)
    ).all()
    for letter_id, delivery_id in told:
        record(db, actor, "letter:notified", now=now, account_id=account_id, delivery_id=delivery_id, about=letter_id)
