"""How a policy's holder wants to be written to, as it is decided here: by a request or with a closing (R28, R71).

Such a decision is newer than the core system's old word; see `our_decision_stands`.
"""

from datetime import datetime

from sqlalchemy import ColumnElement
from sqlmodel import Session, update

from portal_app.database.tables import Account, Policy
from portal_app.domain.actors import Actor
from portal_app.domain.policies import Communication
from portal_app.services.events import record
from portal_app.services.outbox import enqueue


def turn_postal(db: Session, *which: ColumnElement[bool], now: datetime) -> None:
    """Let later letters of these policies go by post; letters that are placed already stay where they are."""
    db.exec(update(Policy).where(*which).values(communication=Communication.POSTAL, decided_here_at=now))


def turn_electronic(
    db: Session, actor: Actor, policy: Policy, account: Account, *, accounting_documents: bool, now: datetime
) -> None:
    """Let later letters of the policy arrive in this account, and each be announced (R77–R78).

    The accounting documents are a consent of their own (R74). If the policy's letters went to another account that is
    in use, its owner is told.
    """
    left = policy.account_id if policy.account_id != account.id else None
    policy.communication = Communication.ELECTRONIC
    policy.accounting_documents = accounting_documents
    policy.consent_at = policy.decided_here_at = now
    policy.email = policy.email or account.email
    policy.account_id = account.id
    policy.opened_account_id = policy.opened_account_id or account.id
    if left is not None:
        _tell_left(db, actor, policy, db.get_one(Account, left), now)


def _tell_left(db: Session, actor: Actor, policy: Policy, account: Account, now: datetime) -> None:
    record(db, actor, "policy:moved", now=now, account_id=account.id, about=policy.number)
    if account.status == "active":
        enqueue(db, "letters_go_elsewhere", account, now=now, gathers=f"letters_go_elsewhere:{account.id}")
