"""The portfolio: a customer's own policies (Szerződéseim), what is due for each, and the letters about one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func

from portal_app.database.tables import Letter, Policy
from portal_app.domain.actors import Customer
from portal_app.domain.calendar import budapest_date
from portal_app.domain.errors import PolicyUnknown
from portal_app.domain.kinds import LetterKind
from portal_app.domain.letters import NEWEST_FIRST, Filter, Listing, ListPage, page_count
from portal_app.domain.payments import PaymentNotice, next_due
from portal_app.domain.policies import Communication, PolicyStatus, plate_key
from portal_app.domain.shelves import Shelf, shows_current_only
from portal_app.services.inbox import LetterLine, list_letters

POLICIES_A_PAGE = 24
LETTERS_OF_A_POLICY = 5
"""How many letters of each shelf a policy's page shows."""
# What people leave out or put in when they type a number.
_SEPARATORS = "- /._"


@dataclass(frozen=True)
class PolicyLine:
    """A policy as its holder's list shows it."""

    number: str
    product: str
    """The insurer's code of the product, or its name."""
    plate_number: str
    status: PolicyStatus
    ended_on: date | None
    communication: Communication
    accounting_documents: bool
    next_due: PaymentNotice | None


@dataclass(frozen=True)
class PolicyPage(ListPage[PolicyLine]):
    """One page of the list, running policies first."""

    everything: int
    """How many policies there are without any search."""


@dataclass(frozen=True)
class PolicyDetails:
    """A policy's page: more facts, and the newest letters on each shelf."""

    line: PolicyLine
    holder_name: str
    mailing_address: str
    consent_at: datetime | None
    letters: dict[Shelf, ListPage[LetterLine]]


def list_policies(db: Session, actor: Customer, search: str, page: int, *, now: datetime) -> PolicyPage:
    """Give one page of the customer's own policies; `search` finds parts of policy and plate numbers, however typed.

    A page after the last gives the last.
    """
    own = [col(Policy.account_id) == actor.account_id]
    found = [*own, *_matching(search)]
    everything = _count(db, own)
    total = _count(db, found) if len(found) > len(own) else everything
    pages = page_count(total, POLICIES_A_PAGE)
    page = min(max(1, page), pages)
    # Running ones first: “active” comes before “ended”.
    order = (col(Policy.status), col(Policy.number))
    cut = sa.select(Policy).where(*found).order_by(*order).limit(POLICIES_A_PAGE).offset((page - 1) * POLICIES_A_PAGE)
    return PolicyPage(_lines(db, actor, db.execute(cut).scalars().all(), now), total, page, pages, everything)


def read_policy(db: Session, actor: Customer, number: str, *, now: datetime) -> PolicyDetails:
    """Show one of the customer's own policies; `PolicyUnknown` for a missing one and for somebody else's alike."""
    wanted = sa.select(Policy).where(col(Policy.number) == number, col(Policy.account_id) == actor.account_id)
    policy = db.execute(wanted).scalar_one_or_none()
    if policy is None:
        raise PolicyUnknown
    return PolicyDetails(
        line=_lines(db, actor, [policy], now)[0],
        holder_name=policy.holder_name,
        mailing_address=policy.mailing_address,
        consent_at=policy.consent_at,
        letters={shelf: list_letters(db, actor, _newest_of(number, shelf), now=now) for shelf in Shelf},
    )


def _newest_of(number: str, shelf: Shelf) -> Listing:
    wanted = Filter(policy=number, shelf=shelf, current_only=shows_current_only(shelf))
    return Listing(wanted, NEWEST_FIRST, 1, LETTERS_OF_A_POLICY)


def _count(db: Session, conditions: Sequence[ColumnElement[bool]]) -> int:
    counted: int = db.execute(sa.select(func.count()).select_from(Policy).where(*conditions)).scalar_one()
    return counted


def _matching(search: str) -> list[ColumnElement[bool]]:
    key = plate_key(search)
    if not key:
        return []
    number: Any = func.upper(col(Policy.number))
    for separator in _SEPARATORS:
        number = func.replace(number, separator, "")
    return [sa.or_(number.contains(key, autoescape=True), col(Policy.plate_key).contains(key, autoescape=True))]


def _lines(db: Session, actor: Customer, policies: Sequence[Policy], now: datetime) -> tuple[PolicyLine, ...]:
    today = budapest_date(now)
    notices = _notices(db, actor, [policy.id or 0 for policy in policies], today)
    return tuple(
        PolicyLine(
            number=policy.number,
            product=policy.product,
            plate_number=policy.plate_number,
            status=PolicyStatus(policy.status),
            ended_on=policy.ended_on,
            communication=Communication(policy.communication),
            accounting_documents=policy.accounting_documents,
            next_due=next_due((notice for notice in notices if notice.policy_id == policy.id), today),
        )
        for policy in policies
    )


def _notices(db: Session, actor: Customer, policy_ids: Sequence[int], today: date) -> list[PaymentNotice]:
    """Read what the policies' payment notices ask for; one that was put into the bin is to be paid all the same."""
    rows = db.execute(
        sa.select(col(Letter.policy_id), col(Letter.placed_at), col(Letter.due_on), col(Letter.amount)).where(
            col(Letter.policy_id).in_(policy_ids),
            col(Letter.account_id) == actor.account_id,
            col(Letter.kind) == LetterKind.PAYMENT_NOTICE,
            col(Letter.publish_at).is_(None),
            col(Letter.due_on) >= today,
        )
    )
    return [PaymentNotice(*row) for row in rows]
