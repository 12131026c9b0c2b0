"""Retention: letters and messages go for good when their time is over; the proof that they were there stays (R24).

Rows and document keys go in a short transaction; what rests in the object store under the keys given back is then
nobody's and is deleted afterwards. Whoever is killed in between leaves orphans, which the nightly sweep finds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Executable, bindparam, delete, insert, or_, update
from sqlalchemy import select as sql_select
from sqlmodel import Session, col, func, select

from portal_app.database.tables import Account, Document, DocumentKey, Draft, Event, Letter, MergedRow, Message, Policy
from portal_app.domain.actors import Actor, Customer, Operator, actor_kind, actor_name
from portal_app.domain.brands import PortalName, Retention
from portal_app.domain.calendar import budapest_date, start_of_day
from portal_app.domain.kinds import LetterKind
from portal_app.domain.letters import may_be_binned
from portal_app.domain.messages import Direction, MessageStatus, message_erased_on
from portal_app.domain.retention import PolicyTerm, erase_on, keeps_unopened, kept_until, moved_erase_on


@dataclass(frozen=True)
class Erased:
    """What one transaction erased; the objects are still to be deleted."""

    letters: int = 0
    messages: int = 0
    object_keys: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether there was anything to erase."""
        return bool(self.letters or self.messages)


@dataclass(frozen=True)
class UnopenedLine:
    """A letter that will be erased although nobody has ever opened it."""

    letter_id: str
    kind: str
    policy_number: str
    placed_on: date
    erase_on: date
    email_refused: bool
    """Whether the account's address refuses our mail, which may be why."""


def keep_unopened(db: Session, actor: Operator, *, rules: Retention, most: int, now: datetime) -> int:
    """Where the brand keeps what nobody has opened, move the date of letters that come due tomorrow; give their number."""
    if not keeps_unopened(rules):
        return 0
    today = budapest_date(now)
    letters = db.exec(
        select(Letter)
        .where(col(Letter.opened_at).is_(None), col(Letter.binned_at).is_(None), Letter.erase_on <= today + timedelta(days=1))
        .order_by(col(Letter.erase_on), col(Letter.id))
        .limit(most)
    ).all()
    for letter in letters:
        letter.erase_on, letter.warned_days = kept_until(letter.erase_on, today, rules), None
    _record(db, actor, "letter:kept", [(row.account_id, row.delivery_id, row.public_id) for row in letters], now)
    return len(letters)


def move_dates_of_account(db: Session, actor: Actor, account_id: int, *, rules: Retention, now: datetime) -> int:
    """Set the dates of an account's letters anew, as its portal has changed; give the number of letters that moved."""
    return _move_dates(db, actor, col(Letter.account_id) == account_id, rules, now)


def move_dates_of_policy(db: Session, actor: Actor, policy_id: int, *, rules: Retention, now: datetime) -> int:
    """Set the dates of a policy's letters anew, as it has ended or runs again; give the number of letters that moved."""
    return _move_dates(db, actor, col(Letter.policy_id) == policy_id, rules, now)


def erase_expired(db: Session, actor: Operator, *, most: int, now: datetime) -> Erased:
    """Erase letters and messages whose `erase_on` has come, at most `most` of each, the longest overdue first."""
    today = budapest_date(now)
    letters = db.exec(
        select(Letter.id)
        .where(Letter.erase_on <= today)
        .order_by(col(Letter.erase_on), col(Letter.id))
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()
    messages = db.exec(select(Message.id).where(Message.erase_on <= today).order_by(col(Message.id)).limit(most)).all()
    return _erase(db, actor, _ids(letters), _ids(messages), "retention", now)


def empty_bins(db: Session, actor: Operator, *, rules: Retention, most: int, now: datetime) -> Erased:
    """Erase what has lain in the bin for the brand's days, at most `most` of each.

    A letter that waits for a confirmation, and a message that waits for an answer, are not erased from the bin:
    they stay until their own date.
    """
    binned_before = start_of_day(budapest_date(now) - timedelta(days=rules.bin_days - 1))
    candidates = db.exec(
        select(Letter)
        .where(col(Letter.binned_at) < binned_before)
        .where(or_(col(Letter.requires_confirmation).is_(False), col(Letter.confirmed_at).is_not(None)))
        .order_by(col(Letter.binned_at), col(Letter.id))
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()
    letters = [
        row.id
        for row in candidates
        if may_be_binned(requires_confirmation=row.requires_confirmation, confirmed_at=row.confirmed_at)
    ]
    messages = db.exec(
        select(Message.id)
        .where(
            col(Message.binned_at) < binned_before,
            or_(col(Message.status) == MessageStatus.ANSWERED, col(Message.direction) == Direction.INSURER),
        )
        .limit(most)
    ).all()
    return _erase(db, actor, _ids(letters), _ids(messages), "bin", now)


def erase_of_account(db: Session, actor: Actor, account_id: int, *, most: int, now: datetime) -> Erased:
    """Erase letters of an account that is being closed, waiting ones included, at most `most`."""
    letters = db.exec(select(Letter.id).where(Letter.account_id == account_id).order_by(col(Letter.id)).limit(most)).all()
    return _erase(db, actor, _ids(letters), [], "closing", now)


def erase_messages(db: Session, actor: Actor, message_ids: Sequence[int], reason: str, *, now: datetime) -> Erased:
    """Erase messages with their files."""
    return _erase(db, actor, [], list(message_ids), reason, now)


def erase_binned(db: Session, actor: Customer, ids: Sequence[str], *, now: datetime) -> Erased:
    """Erase what the customer wants out of their bin at once; only what lies in it, and only their own.

    As in `empty_bins`, a letter without its confirmation and a message without its answer stay.
    """
    wanted = list(ids)
    letters = db.exec(
        select(Letter.id)
        .where(Letter.account_id == actor.account_id, col(Letter.public_id).in_(wanted), col(Letter.binned_at).is_not(None))
        .where(or_(col(Letter.requires_confirmation).is_(False), col(Letter.confirmed_at).is_not(None)))
    ).all()
    messages = db.exec(
        select(Message.id)
        .where(Message.account_id == actor.account_id, col(Message.public_id).in_(wanted), col(Message.binned_at).is_not(None))
        .where(or_(col(Message.status) == MessageStatus.ANSWERED, col(Message.direction) == Direction.INSURER))
    ).all()
    return _erase(db, actor, _ids(letters), _ids(messages), "customer", now)


def unremembered(db: Session, actor: Operator, object_keys: Sequence[str]) -> list[str]:
    """Give those of the keys that no document remembers."""
    del actor
    known = set(db.exec(select(Document.object_key).where(col(Document.object_key).in_(object_keys))).all())
    return [key for key in object_keys if key not in known]


def remembered_documents(db: Session, actor: Operator) -> int:
    """Count the documents, roughly: the highest number given out."""
    del actor
    return db.exec(select(func.max(Document.id))).one() or 0


def unopened_soon(db: Session, actor: Operator, *, days: int, now: datetime, most: int = 10_000) -> list[UnopenedLine]:
    """List what will be erased within some days although nobody has ever opened it, the most urgent first."""
    del actor
    today = budapest_date(now)
    rows = db.exec(
        select(Letter, Account.email_refused_at)
        .join(Account, col(Account.id) == Letter.account_id)
        .where(*_unopened_until(today, days))
        .order_by(col(Letter.erase_on), col(Letter.id))
        .limit(most)
    ).all()
    return [
        UnopenedLine(
            letter_id=letter.public_id,
            kind=letter.kind,
            policy_number=letter.policy_number,
            placed_on=budapest_date(letter.placed_at),
            erase_on=letter.erase_on,
            email_refused=refused is not None,
        )
        for letter, refused in rows
    ]


def count_unopened_soon(db: Session, actor: Operator, *, days: int, now: datetime) -> int:
    """Count what `unopened_soon` would list."""
    del actor
    counted = select(func.count()).select_from(Letter).where(*_unopened_until(budapest_date(now), days))
    return db.exec(counted).one()


def _move_dates(db: Session, actor: Actor, whose: ColumnElement[bool], rules: Retention, now: datetime) -> int:
    today = budapest_date(now)
    rows = db.execute(
        sql_select(
            *(col(column) for column in (Letter.id, Letter.account_id, Letter.delivery_id, Letter.public_id)),
            *(col(column) for column in (Letter.kind, Letter.placed_at, Letter.erase_on, Letter.policy_id)),
            col(Account.portal),
            col(Policy.ended_on),
        )
        .join(Account, col(Account.id) == Letter.account_id)
        .outerjoin(Policy, col(Policy.id) == Letter.policy_id)
        .where(whose, col(Letter.erase_on) > today)
        .order_by(col(Letter.id))
        .with_for_update(of=Letter)
    ).all()
    moved: dict[int, date] = {}
    for row in rows:
        term = PolicyTerm(row.ended_on) if row.policy_id else None
        anew = erase_on(LetterKind(row.kind), budapest_date(row.placed_at), PortalName(row.portal), rules, policy=term)
        date_now = moved_erase_on(row.erase_on, anew, today, rules)
        if date_now != row.erase_on:
            moved[row.id] = date_now
    if moved:
        _write_dates(db, moved)
        about = [(row.account_id, row.delivery_id, row.public_id) for row in rows if row.id in moved]
        _record(db, actor, "letter:date_moved", about, now)
    return len(moved)


def _write_dates(db: Session, moved: dict[int, date]) -> None:
    """Write the letters' dates; conversations go with their letters, and warnings begin anew."""
    db.connection().execute(
        update(Letter).where(col(Letter.id) == bindparam("the_id")).values(erase_on=bindparam("anew"), warned_days=None),
        [{"the_id": letter_id, "anew": anew} for letter_id, anew in moved.items()],
    )
    ids = list(moved)
    talks = [
        talk
        for start in range(0, len(ids), 500)
        for talk in db.exec(
            select(Message.id, Message.letter_id, Message.written_at).where(col(Message.letter_id).in_(ids[start : start + 500]))
        )
    ]
    if talks:
        db.connection().execute(
            update(Message).where(col(Message.id) == bindparam("the_id")).values(erase_on=bindparam("anew")),
            [
                {"the_id": message_id, "anew": message_erased_on(budapest_date(written_at), moved[letter_id or 0])}
                for message_id, letter_id, written_at in talks
            ],
        )
    db.expire_all()


def _unopened_until(today: date, days: int) -> tuple[Any, ...]:
    return (
        col(Letter.opened_at).is_(None),
        col(Letter.binned_at).is_(None),
        col(Letter.publish_at).is_(None),
        Letter.erase_on > today,
        Letter.erase_on <= today + timedelta(days=days),
    )


def _erase(db: Session, actor: Actor, letter_ids: list[int], message_ids: list[int], reason: str, now: datetime) -> Erased:
    """Delete the rows of letters and messages with everything that hangs on them; the deliveries stay as proof."""
    if not letter_ids and not message_ids:
        return Erased()
    letters = db.execute(
        select(Letter.account_id, Letter.delivery_id, Letter.public_id).where(col(Letter.id).in_(letter_ids))
    ).all()
    messages = db.execute(select(Message.account_id, Message.public_id).where(col(Message.id).in_(message_ids))).all()
    object_keys = _delete_documents(db, letter_ids, message_ids)
    _forget_moves(db, "letter", letter_ids)
    _forget_moves(db, "message", message_ids)
    if letter_ids:
        db.execute(delete(Draft).where(col(Draft.letter_id).in_(letter_ids)))
        _run(db, update(Message).where(col(Message.letter_id).in_(letter_ids)).values(letter_id=None))
        _run(db, delete(Letter).where(col(Letter.id).in_(letter_ids)))
    if message_ids:
        _run(db, update(Message).where(col(Message.answers_id).in_(message_ids)).values(answers_id=None))
        _run(db, delete(Message).where(col(Message.id).in_(message_ids)))
    _record(db, actor, "letter:erased", [tuple(row) for row in letters], now, reason)
    _record(db, actor, "message:erased", [(account_id, None, public) for account_id, public in messages], now, reason)
    _refresh_accounts(db, sorted({row[0] for row in (*letters, *messages)}))
    return Erased(len(letters), len(messages), tuple(object_keys))


def _forget_moves(db: Session, kind: str, row_ids: list[int]) -> None:
    """Forget that these rows came with a merge: SQLite gives their numbers to others."""
    if row_ids:
        _run(db, delete(MergedRow).where(col(MergedRow.kind) == kind, col(MergedRow.row_id).in_(row_ids)))


def _delete_documents(db: Session, letter_ids: list[int], message_ids: list[int]) -> list[str]:
    """Delete documents and, first of all, their keys; give the names under which their bytes still rest."""
    documents = db.execute(
        select(Document.id, Document.object_key).where(
            or_(col(Document.letter_id).in_(letter_ids), col(Document.message_id).in_(message_ids))
        )
    ).all()
    ids = [row.id for row in documents]
    for start in range(0, len(ids), 500):
        some = ids[start : start + 500]
        _run(db, delete(DocumentKey).where(col(DocumentKey.document_id).in_(some)))
        _run(db, delete(Document).where(col(Document.id).in_(some)))
    return [row.object_key for row in documents]


def _refresh_accounts(db: Session, account_ids: list[int]) -> None:
    """Count the unread letters anew and tell open tabs; accounts are locked in their order, so that nobody waits in a ring."""
    db.execute(select(Account.id).where(col(Account.id).in_(account_ids)).order_by(col(Account.id)).with_for_update()).all()
    unread = (
        select(func.count())
        .select_from(Letter)
        .where(
            Letter.account_id == Account.id,
            col(Letter.unread).is_(True),
            col(Letter.binned_at).is_(None),
            col(Letter.publish_at).is_(None),
        )
        .scalar_subquery()
    )
    _run(
        db,
        update(Account).where(col(Account.id).in_(account_ids)).values(unread=unread, revision=Account.revision + 1),
    )


def _record(
    db: Session, actor: Actor, act: str, about: Sequence[tuple[int, int | None, str]], now: datetime, reason: str = ""
) -> None:
    """Append one event for each letter or message, in one statement."""
    if not about:
        return
    details = f'{{"reason": "{reason}"}}' if reason else ""
    db.execute(
        insert(Event),
        [
            {
                "at": now, "act": act, "actor_kind": actor_kind(actor), "actor_name": actor_name(actor),
                "account_id": account_id, "delivery_id": delivery_id, "about": public_id, "details": details,
            }
            for account_id, delivery_id, public_id in about
        ],
    )  # fmt: skip


def _run(db: Session, statement: Executable) -> None:
    """Run a statement over many rows without looking for them among the rows at hand."""
    db.execute(statement, execution_options={"synchronize_session": False})


def _ids(found: Sequence[int | None]) -> list[int]:
    return [one for one in found if one is not None]
