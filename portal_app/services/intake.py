"""Intake: letters that the insurer hands over, checked one by one, stored durably and placed in small transactions.

The order of work keeps two promises. Nothing is stored of a letter that is refused, and what is acknowledged survives
a power failure: files are checked, then encrypted and synced outside any transaction, then one short transaction
writes delivery, letter, documents, events and the owed notification.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy import select as sql_select
from sqlmodel import Session, col, select

from portal_app.database.contention import carry_out_again
from portal_app.database.tables import Account, Delivery, Policy
from portal_app.database.transactions import Database
from portal_app.database.upserts import insert_into
from portal_app.domain.actors import InsurerSystem, Operator
from portal_app.domain.brands import Brand
from portal_app.domain.calendar import budapest_date
from portal_app.domain.deliveries import Handover, Recipient, check_recipient, fingerprint
from portal_app.domain.errors import ExternalRefTaken, PortalError
from portal_app.domain.policies import Communication
from portal_app.gateways.objects import ObjectStore
from portal_app.gateways.scanner import Scanner
from portal_app.gateways.secrets import public_id
from portal_app.services import accounts
from portal_app.services.attachments import MEDIA_TYPE, LookedThrough, check_claims, look_through
from portal_app.services.documents import NewFile
from portal_app.services.events import record_for_all
from portal_app.services.placing import NewLetter, place_letters

# How many letters one transaction places: short enough that no customer waits for it.
AT_ONCE = 50
# The next letters are checked and stored while the last ones are being written.
_HANDS = 2

Deliverer = InsurerSystem | Operator


@dataclass(frozen=True)
class Accepted:
    """A letter that was taken in: the answer of its first acceptance, and whether it is only `repeated`."""

    answer: Mapping[str, Any]
    repeated: bool = False


Outcome = Accepted | PortalError


@dataclass(frozen=True)
class Desk:
    """What taking in needs of the house."""

    database: Database
    objects: ObjectStore
    scanner: Scanner
    brand: Brand


@dataclass
class _Item:
    """One handover on its way to the transaction; `outcome` as soon as it is decided."""

    handover: Handover
    fingerprint: str = ""
    outcome: Outcome | None = None
    facts: list[LookedThrough] = field(default_factory=list)
    files: tuple[NewFile, ...] = ()


def hand_over(
    desk: Desk,
    actor: Deliverer,
    handovers: Sequence[Handover],
    *,
    now: Callable[[], datetime],
    conclude: Callable[[Session, list[Outcome]], None] | None = None,
) -> list[Outcome]:
    """Take in letters and answer for each in order: `Accepted`, or the refusal.

    `conclude` runs in the last transaction with all outcomes, so that an idempotent answer is kept exactly when it is
    true. What concerns no single letter is raised: `StorageFull`, `StorageUnavailable`, `ScannerUnavailable`, `Busy`;
    letters placed before that stay, and handing them over again repeats their answers. Blocking: async doors call it
    in a thread.
    """
    chunks = [handovers[start : start + AT_ONCE] for start in range(0, len(handovers), AT_ONCE)] or [[]]
    outcomes: list[Outcome] = []
    with ThreadPoolExecutor(min(_HANDS, len(chunks)), "intake") as hands:
        prepared = [hands.submit(_prepare, desk, chunk, now) for chunk in chunks]
        try:
            for number, future in enumerate(prepared, 1):
                last = conclude if number == len(chunks) else None
                outcomes += _write(desk, actor, future.result(), outcomes, now(), last)
        except BaseException:
            # The letters of the failed transaction keep their files: it may have been committed after all.
            _forget_files(desk, prepared[len(outcomes) // AT_ONCE + 1 :])
            raise
    return outcomes


def judge(desk: Desk, actor: Deliverer, handovers: Sequence[Handover], *, now: datetime) -> list[Outcome | None]:
    """Judge letters without storing anything: None for what would be accepted, else what would be answered."""
    del actor
    judged: list[Outcome | None] = []
    for start in range(0, len(handovers), AT_ONCE):
        judged += [item.outcome for item in _check(desk, handovers[start : start + AT_ONCE], now)]
    return judged


# ── before the transaction ──


def _prepare(desk: Desk, handovers: Sequence[Handover], now: Callable[[], datetime]) -> list[_Item]:
    """Check letters, then store the files of those that nothing speaks against."""
    items = _check(desk, handovers, now())
    good = [item for item in items if item.outcome is None]
    stored = iter(desk.objects.put_many([content for item in good for content in _contents(item)]))
    for item in good:
        item.files = tuple(
            NewFile(attachment.name, MEDIA_TYPE, next(stored), facts.pages, facts.tagged, facts.flagged)
            for attachment, facts in zip(item.handover.attachments, item.facts, strict=True)
        )
    return items


def _check(desk: Desk, handovers: Sequence[Handover], now: datetime) -> list[_Item]:
    items = [_claimed(handover, desk.brand) for handover in handovers]
    waiting = [item for item in items if item.outcome is None]
    if waiting:
        outcomes = desk.database.ask(_judge_all, waiting, desk.brand, now)
        for item, outcome in zip(waiting, outcomes, strict=True):
            item.outcome = outcome
    waiting = [item for item in waiting if item.outcome is None]
    looked = look_through([_contents(item) for item in waiting], brand=desk.brand, scanner=desk.scanner) if waiting else []
    for item, facts in zip(waiting, looked, strict=True):
        if isinstance(facts, PortalError):
            item.outcome = facts
        else:
            item.facts = facts
    return items


def _claimed(handover: Handover, brand: Brand) -> _Item:
    item = _Item(handover, fingerprint(handover))
    try:
        check_claims(handover, brand)
    except PortalError as refusal:
        item.outcome = refusal
    return item


def _contents(item: _Item) -> list[bytes]:
    return [attachment.content for attachment in item.handover.attachments]


def _judge_all(db: Session, items: Sequence[_Item], brand: Brand, now: datetime) -> list[Outcome | None]:
    """Compare with what was handed over before, then with what is known of the recipients."""
    known = _known(db, items)
    recipients = _recipients(db, items)
    return [
        _repeated(item, known[item.handover.external_ref])
        if item.handover.external_ref in known
        else _refusal(item, recipients, brand, now)
        for item in items
    ]


def _refusal(item: _Item, recipients: Mapping[str, Recipient], brand: Brand, now: datetime) -> PortalError | None:
    try:
        check_recipient(item.handover, recipients.get(item.handover.policy_number), brand, budapest_date(now))
    except PortalError as refusal:
        return refusal
    return None


def _known(db: Session, items: Sequence[_Item]) -> dict[str, tuple[str, str]]:
    """Find fingerprint and first answer of what was handed over before, by external reference."""
    references = [item.handover.external_ref for item in items]
    rows = db.exec(
        select(Delivery.external_ref, Delivery.fingerprint, Delivery.answer).where(col(Delivery.external_ref).in_(references))
    )
    return {reference: (known, answer) for reference, known, answer in rows}


def _repeated(item: _Item, known: tuple[str, str]) -> Outcome:
    if known[0] != item.fingerprint:
        return ExternalRefTaken(pointer="/external_ref")
    return Accepted(json.loads(known[1]), repeated=True)


def _recipients(db: Session, items: Sequence[_Item]) -> dict[str, Recipient]:
    numbers = sorted({item.handover.policy_number for item in items})
    rows = db.execute(
        sql_select(
            col(Policy.number),
            col(Policy.id),
            col(Policy.communication),
            col(Policy.ended_on),
            col(Policy.plate_number),
            col(Policy.account_id),
            col(Account.portal),
            col(Account.status),
        )
        .outerjoin(Account, col(Account.id) == Policy.account_id)
        .where(col(Policy.number).in_(numbers))
    )
    return {row.number: _recipient(db, row) for row in rows}


def _recipient(db: Session, row: Row[Any]) -> Recipient:
    account_id, portal, status = row.account_id, row.portal, row.status
    if status == "merged":
        # The policy came to an account that was going to sleep in the same moment.
        survivor = accounts.survivor_of(db, db.get_one(Account, account_id))
        account_id, portal, status = survivor.id, survivor.portal, survivor.status
    return Recipient(
        policy_id=row.id,
        communication=Communication(row.communication),
        ended_on=row.ended_on,
        plate_number=row.plate_number,
        account_id=account_id,
        account_portal=portal or "",
        account_closed=status == "closed",
    )


# ── the transaction ──


def _write(
    desk: Desk,
    actor: Deliverer,
    items: Sequence[_Item],
    before: Sequence[Outcome],
    now: datetime,
    conclude: Callable[[Session, list[Outcome]], None] | None,
) -> list[Outcome]:
    """Place what was prepared, then let go the files of letters that were repeated or refused at the last moment."""
    outcomes = carry_out_again(desk.database, _place, actor, items, desk.brand, now, before, conclude)
    unwanted = [
        file.stored.key
        for item, outcome in zip(items, outcomes, strict=True)
        if not isinstance(outcome, Accepted) or outcome.repeated
        for file in item.files
    ]
    desk.objects.delete_many(unwanted)
    return outcomes


def _place(
    db: Session,
    actor: Deliverer,
    items: Sequence[_Item],
    brand: Brand,
    now: datetime,
    before: Sequence[Outcome],
    conclude: Callable[[Session, list[Outcome]], None] | None,
) -> list[Outcome]:
    outcomes = [item.outcome for item in items]
    waiting = [position for position, outcome in enumerate(outcomes) if outcome is None]
    if waiting:
        decided = _place_waiting(db, actor, [items[position] for position in waiting], brand, now)
        for position, outcome in zip(waiting, decided, strict=True):
            outcomes[position] = outcome
    complete = [outcome for outcome in outcomes if outcome is not None]
    if conclude:
        conclude(db, [*before, *complete])
    return complete


def _place_waiting(db: Session, actor: Deliverer, items: Sequence[_Item], brand: Brand, now: datetime) -> list[Outcome]:
    """Write what is still acceptable; something may have changed since it was judged."""
    _hold_policies(db, items)
    recipients = _recipients(db, items)
    refusals = [_refusal(item, recipients, brand, now) for item in items]
    fine = [item for item, refusal in zip(items, refusals, strict=True) if refusal is None]
    answers = _insert_deliveries(db, actor, fine, recipients, now) if fine else {}
    known = _known(db, fine) if len(answers) < len(fine) else {}
    new = [item for item in fine if id(item) in answers]
    _insert_letters(db, actor, new, recipients, answers, brand, now)
    return [
        refusal or (answers[id(item)][1] if id(item) in answers else _repeated(item, known[item.handover.external_ref]))
        for item, refusal in zip(items, refusals, strict=True)
    ]


def _hold_policies(db: Session, items: Sequence[_Item]) -> None:
    """Let no policy change its account before these letters are placed; who changes it holds it first, too."""
    numbers = {item.handover.policy_number for item in items}
    db.execute(
        sql_select(col(Policy.id)).where(col(Policy.number).in_(numbers)).order_by(col(Policy.id)).with_for_update(read=True)
    )


def _insert_deliveries(
    db: Session, actor: Deliverer, items: Sequence[_Item], recipients: Mapping[str, Recipient], now: datetime
) -> dict[int, tuple[int, Accepted]]:
    """Insert deliveries whose reference nobody has used; give row and answer by item (its `id`)."""
    first = {item.handover.external_ref: item for item in reversed(items)}
    said = {reference: _answer(first[reference], now) for reference in sorted(first)}
    rows = [_delivery_row(actor, first[reference], answer, recipients, now) for reference, answer in said.items()]
    inserted = db.connection().execute(
        insert_into(db, Delivery)
        .on_conflict_do_nothing(index_elements=["external_ref"])
        .returning(col(Delivery.external_ref), col(Delivery.id)),
        rows,
    )
    return {id(first[reference]): (row_id or 0, Accepted(said[reference])) for reference, row_id in inserted}


def _answer(item: _Item, now: datetime) -> dict[str, Any]:
    handover = item.handover
    publish_at = _still_to_come(handover, now)
    return {
        "id": public_id(),
        "external_ref": handover.external_ref,
        "policy_number": handover.policy_number,
        "kind": handover.kind,
        "status": "scheduled" if publish_at else "placed",
        "accepted_at": _written(now),
        "publish_at": _written(publish_at) if publish_at else None,
    }


def _delivery_row(
    actor: Deliverer, item: _Item, answer: Mapping[str, Any], recipients: Mapping[str, Recipient], now: datetime
) -> dict[str, Any]:
    handover = item.handover
    return {
        "public_id": answer["id"],
        "external_ref": handover.external_ref,
        "fingerprint": item.fingerprint,
        "system": actor.name,
        "policy_number": handover.policy_number,
        "kind": handover.kind,
        "account_id": recipients[handover.policy_number].account_id,
        "accepted_at": now,
        "publish_at": _still_to_come(handover, now),
        "answer": json.dumps(answer),
    }


def _still_to_come(handover: Handover, now: datetime) -> datetime | None:
    return handover.publish_at if handover.publish_at and handover.publish_at > now else None


def _insert_letters(
    db: Session,
    actor: Deliverer,
    items: Sequence[_Item],
    recipients: Mapping[str, Recipient],
    answers: Mapping[int, tuple[int, Accepted]],
    brand: Brand,
    now: datetime,
) -> None:
    if not items:
        return
    deliveries = sql_select(col(Delivery.account_id), col(Delivery.id), col(Delivery.public_id))
    ids = [answers[id(item)][0] for item in items]
    record_for_all(
        db, actor, "delivery:accepted", deliveries.where(col(Delivery.id).in_(ids)).order_by(col(Delivery.id)), now=now
    )
    letters = [_new_letter(item, recipients[item.handover.policy_number], answers[id(item)][0]) for item in items]
    place_letters(db, actor, letters, brand=brand, now=now)


def _new_letter(item: _Item, recipient: Recipient, delivery_id: int) -> NewLetter:
    handover = item.handover
    return NewLetter(
        account_id=recipient.account_id or 0,
        portal=recipient.account_portal,
        kind=handover.kind,
        subject=handover.subject,
        files=item.files,
        summary=handover.summary,
        policy_id=recipient.policy_id,
        policy_number=handover.policy_number,
        plate_number=recipient.plate_number,
        delivery_id=delivery_id,
        due_on=handover.due_on,
        amount=handover.amount,
        requires_confirmation=handover.requires_confirmation,
        publish_at=handover.publish_at,
        policy_ended_on=recipient.ended_on,
    )


def _forget_files(desk: Desk, prepared: Sequence["Future[list[_Item]]"]) -> None:
    """Let go what was stored for letters that will not be placed; the nightly sweep finds what cannot be deleted now."""
    for future in prepared:
        if not future.cancel() and future.exception() is None:
            desk.objects.delete_many([file.stored.key for item in future.result() for file in item.files])


def _written(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
