"""Fulfilments: what carrying a request out really changes, by its kind (R53, R58, R71)."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select, update

from portal_app.database.tables import Account, Application, Policy
from portal_app.domain.actors import InsurerSystem, Operator
from portal_app.domain.applications import ApplicationKind, address_line
from portal_app.domain.brands import Brand
from portal_app.domain.calendar import budapest_date
from portal_app.domain.errors import AccountClosed, MergeNotPossible, PolicyElsewhere, PolicyEnded, PolicyUnknown
from portal_app.domain.policies import Communication, Holder, PolicyStatement, PolicyStatus, SalesRoute, takes_no_letters_since
from portal_app.gateways.secrets import Secrets
from portal_app.services import merges, policies, whereabouts
from portal_app.services.choices import turn_electronic, turn_postal
from portal_app.services.events import record
from portal_app.services.openings import FirstAccess, joins, present_account

Insurer = InsurerSystem | Operator


@dataclass(frozen=True)
class Decision:
    """What carrying out needs besides the request; `first_access` as soon as an account has to be opened."""

    brand: Brand
    secrets: Secrets
    first_access: FirstAccess | None = None
    other: str = ""
    """For a merge: what names the other account, where the request itself does not."""


def carry_out(db: Session, actor: Insurer, row: Application, decision: Decision, *, now: datetime) -> None:
    """Do what the request asks for; its refusals are those of `decisions.fulfil`."""
    _CARRIED_OUT[ApplicationKind(row.kind)](db, actor, row, decision, now)


def policy_of(db: Session, row: Application) -> Policy:
    """Give the policy that a request is about; `PolicyUnknown` where none is known under its number."""
    wanted = select(Policy)
    if row.policy_id is not None:
        return db.exec(wanted.where(Policy.id == row.policy_id)).one()
    policy = db.exec(wanted.where(Policy.number == row.policy_number)).first()
    if policy is None:
        raise PolicyUnknown
    return policy


def _turn_electronic(db: Session, actor: Insurer, row: Application, decision: Decision, now: datetime) -> None:
    policy, facts = policy_of(db, row), json.loads(row.facts)
    if takes_no_letters_since(policy.ended_on, budapest_date(now), decision.brand.retention.accept_after_end_days):
        raise PolicyEnded(ended_on=(policy.ended_on or budapest_date(now)).isoformat())
    accounting = facts.get("accounting") == "yes"
    if row.account_id is not None:
        account = db.exec(select(Account).where(Account.id == row.account_id)).one()
        if account.status not in ("active", "closing"):
            raise AccountClosed
        if joins(policy.sales_route, decision.brand) != (account.portal == decision.brand.registers_in):
            raise PolicyElsewhere
        turn_electronic(db, actor, policy, account, accounting_documents=accounting, now=now)
    elif (held := present_account(db, policy)) is not None:
        # Whoever typed the request may be anybody: the account's contact data are changed in the account.
        turn_electronic(db, actor, policy, held, accounting_documents=accounting, now=now)
    else:
        _open_account(db, actor, row, policy, decision, now)
    record(
        db, actor, "policy:turned_electronic", now=now, account_id=policy.account_id, about=policy.number,
        accounting_documents=accounting,
    )  # fmt: skip


def _open_account(db: Session, actor: Insurer, row: Application, policy: Policy, decision: Decision, now: datetime) -> None:
    """Let the policy open its account as the brand says, with the contact data of the request."""
    statement = _statement(policy, json.loads(row.facts), row.email, now)
    policy.email, policy.phone, policy.contact_decided_at = statement.holder.email, statement.holder.phone, None
    policies.state_policy(
        db, actor, statement, consent_stated=True, first_access=decision.first_access,
        brand=decision.brand, secrets=decision.secrets, now=now,
    )  # fmt: skip
    policy.decided_here_at = policy.contact_decided_at = now


def _turn_postal(db: Session, actor: Insurer, row: Application, decision: Decision, now: datetime) -> None:
    del decision
    policy, facts = _still_theirs(db, row), json.loads(row.facts)
    policy.mailing_address = address_line(facts) or policy.mailing_address
    db.flush()
    turn_postal(db, col(Policy.id) == policy.id, now=now)
    record(db, actor, "policy:turned_postal", now=now, account_id=policy.account_id, about=policy.number)


def _change_data(db: Session, actor: Insurer, row: Application, decision: Decision, now: datetime) -> None:
    """Change the data of one policy, or of all that belong to the account now."""
    del decision
    facts = json.loads(row.facts)
    column, value = {
        ApplicationKind.ADDRESS: ("mailing_address", address_line(facts)),
        ApplicationKind.PHONE: ("phone", facts.get("phone", "")),
        ApplicationKind.EMAIL: ("email", facts.get("email", "")),
        ApplicationKind.BANK_ACCOUNT: ("bank_account", facts.get("bank_account", "")),
    }[ApplicationKind(row.kind)]
    if row.policy_number:
        which = col(Policy.id) == _still_theirs(db, row).id
    elif row.account_id is not None:
        which = col(Policy.account_id) == row.account_id
    else:
        raise PolicyUnknown
    stamp = {"contact_decided_at": now} if column in {"phone", "email"} else {}
    changed = db.exec(update(Policy).where(which).values({column: value, **stamp}).returning(col(Policy.number))).all()
    for (number,) in sorted(changed):
        record(db, actor, "policy:changed", now=now, account_id=row.account_id, about=number, what=str(row.kind))


def _merge(db: Session, actor: Insurer, row: Application, decision: Decision, now: datetime) -> None:
    """Merge the account that the request names into the one it came from (R58)."""
    facts = json.loads(row.facts)
    if row.account_id is None:
        raise MergeNotPossible
    merges.merge_by_staff(db, actor, row.account_id, decision.other or facts.get("login", ""), brand=decision.brand, now=now)


def _tell_way_in(db: Session, actor: Insurer, row: Application, decision: Decision, now: datetime) -> None:
    """Tell the address on file which accounts there are and how to get in (R53); the address typed learns nothing of it."""
    del decision
    facts = json.loads(row.facts)
    language, plate = facts.get("language", "hu"), facts.get("plate_number", "")
    if not whereabouts.tell_whereabouts(db, actor, row.policy_number, plate, language=language, now=now):
        raise PolicyUnknown


def _statement(policy: Policy, facts: Mapping[str, str], email: str, now: datetime) -> PolicyStatement:
    """Say of the policy what is known of it, with the consent and the contact data of the request."""
    return PolicyStatement(
        number=policy.number,
        product=policy.product,
        holder=Holder(
            name=policy.holder_name,
            email=email or policy.email,
            phone=facts.get("phone") or policy.phone,
            customer_ref=policy.customer_ref,
            portal24_username=policy.portal24_username,
        ),
        communication=Communication.ELECTRONIC,
        sales_route=SalesRoute(policy.sales_route),
        status=PolicyStatus(policy.status),
        as_of=policy.as_of,
        consent_at=now,
        plate_number=policy.plate_number,
        accounting_documents=facts.get("accounting") == "yes",
        ended_on=policy.ended_on,
    )


def _still_theirs(db: Session, row: Application) -> Policy:
    """Give the policy unless it belongs to somebody else by now, whose data the former holder must not change."""
    policy = policy_of(db, row)
    if row.account_id is not None and policy.account_id not in (None, row.account_id):
        raise PolicyUnknown
    return policy


_CARRIED_OUT: Mapping[ApplicationKind, Callable[[Session, Insurer, Application, Decision, datetime], None]] = {
    ApplicationKind.ELECTRONIC: _turn_electronic,
    ApplicationKind.POSTAL: _turn_postal,
    ApplicationKind.ADDRESS: _change_data,
    ApplicationKind.PHONE: _change_data,
    ApplicationKind.EMAIL: _change_data,
    ApplicationKind.BANK_ACCOUNT: _change_data,
    ApplicationKind.MERGE: _merge,
    ApplicationKind.LOST_ACCESS: _tell_way_in,
}
