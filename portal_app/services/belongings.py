"""Belongings: what an account has, how it goes over when two accounts become one, and how it goes back (R57)."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Executable, and_, insert, literal, or_
from sqlalchemy import select as sql_select
from sqlmodel import Session, col, delete, func, select, update

from portal_app.database.tables import (
    Account,
    Application,
    Delivery,
    Draft,
    Letter,
    Login,
    Merge,
    MergedRow,
    Message,
    Policy,
)

# What belongs to an account and moves with it.
_MOVED: tuple[tuple[str, type[Login | Policy | Letter | Message | Application | Merge]], ...] = (
    ("login", Login),
    ("policy", Policy),
    ("letter", Letter),
    ("message", Message),
    ("application", Application),
    ("merge", Merge),
)


def hold(db: Session, *account_ids: int) -> Sequence[Account]:
    """Give the accounts' rows as they are now, held for this transaction; first their policies and letters.

    Everybody who holds several of these takes them in this order.
    """
    for table in (Policy, Letter):
        owned = select(table.id).where(col(table.account_id).in_(account_ids))
        db.exec(owned.order_by(col(table.id)).with_for_update(key_share=True))
    rows = select(Account).where(col(Account.id).in_(account_ids)).order_by(col(Account.id))
    return db.exec(rows.with_for_update().execution_options(populate_existing=True)).all()


def bring_over(db: Session, done: Merge) -> None:
    """Let everything of the merged account go over; which rows it was is remembered, drafts excepted."""
    for kind, table in _MOVED:
        _move_all(db, kind, table, done)
    run_over(db, update(Draft).where(col(Draft.account_id) == done.merged_id).values(account_id=done.account_id))


def give_back(db: Session, done: Merge) -> None:
    """Let go back what came with the merge, and what belongs to it and came later."""
    for kind, table in _MOVED:
        rows = sql_select(col(MergedRow.row_id)).where(col(MergedRow.merge_id) == done.id, col(MergedRow.kind) == kind)
        _take(db, table, done, col(table.id).in_(rows))
    policies = sql_select(col(Policy.id)).where(col(Policy.account_id) == done.merged_id)
    _take(db, Letter, done, col(Letter.policy_id).in_(policies), _handed_over() >= done.merged_at)
    _take(db, Application, done, col(Application.policy_id).in_(policies), col(Application.submitted_at) >= done.merged_at)
    own_letters = sql_select(col(Letter.id)).where(col(Letter.account_id) == done.merged_id)
    _take(db, Message, done, col(Message.letter_id).in_(own_letters))
    own_messages = sql_select(col(Message.id)).where(col(Message.account_id) == done.merged_id)
    _take(db, Message, done, col(Message.answers_id).in_(own_messages))
    run_over(
        db,
        update(Draft)
        .where(col(Draft.account_id) == done.account_id, col(Draft.letter_id).in_(own_letters))
        .values(account_id=done.merged_id),
    )
    _forget_rows(db, done)


def run_over(db: Session, statement: Executable) -> None:
    """Run a statement over many rows without looking for them among the rows at hand."""
    db.execute(statement, execution_options={"synchronize_session": False})


def _move_all(db: Session, kind: str, table: type[Any], done: Merge) -> None:
    """Remember which rows the other account has, and let them go over."""
    owned = col(table.account_id) == done.merged_id
    # A merge that is undone has nothing to give back any more.
    wanted = (owned, col(Merge.undone_at).is_(None)) if table is Merge else (owned,)
    rows = sql_select(literal(done.id), literal(kind), col(table.id)).where(*wanted)
    db.connection().execute(insert(MergedRow).from_select(["merge_id", "kind", "row_id"], rows))
    run_over(db, update(table).where(*wanted).values(account_id=done.account_id))


def _forget_rows(db: Session, done: Merge) -> None:
    """Forget what came with the merge; later ones must not take away what is the other account's own again."""
    for kind, table in _MOVED:
        own = sql_select(col(table.id)).where(col(table.account_id) == done.merged_id)
        later = (col(MergedRow.merge_id) > done.id, col(MergedRow.kind) == kind, col(MergedRow.row_id).in_(own))
        run_over(db, delete(MergedRow).where(*later))
    this = and_(col(MergedRow.kind) == "merge", col(MergedRow.row_id) == done.id)
    run_over(db, delete(MergedRow).where(or_(col(MergedRow.merge_id) == done.id, this)))


def _handed_over() -> Any:
    """When a letter came, also one that waited for its moment: what came before the merge was the survivor's own."""
    accepted = sql_select(col(Delivery.accepted_at)).where(col(Delivery.id) == Letter.delivery_id).scalar_subquery()
    return func.coalesce(accepted, col(Letter.placed_at))


def _take(db: Session, table: type[Any], done: Merge, *which: Any) -> None:
    """Give rows back that are still where the merge brought them."""
    run_over(db, update(table).where(col(table.account_id) == done.account_id, *which).values(account_id=done.merged_id))
