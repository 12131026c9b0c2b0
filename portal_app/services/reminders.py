"""Reminders: what customers are told of our own accord, once a step and never twice.

Each kind looks first, on a snapshot, and then tells few accounts at a time: the transaction that owes the e-mail also
marks what it is about, so that whoever is killed, runs twice or missed days neither repeats nor forgets anything.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from sqlmodel import Session, col, or_, select, update

from portal_app.database.tables import Account, Credential, Letter
from portal_app.domain.actors import Operator
from portal_app.domain.brands import Brand
from portal_app.domain.calendar import budapest_date, start_of_day
from portal_app.domain.letters import last_readable_day
from portal_app.domain.notifications import (
    expiry_warning_due,
    first_reminder_days,
    reminder_due,
    warned_before,
    warning_due,
)
from portal_app.services.events import record
from portal_app.services.outbox import enqueue


@dataclass(frozen=True)
class DueLetter:
    """A letter that calls for a step: a warning or a reminder of so many days."""

    id: int
    step: int
    erase_on: date
    opened: bool


DueByAccount = dict[int, list[DueLetter]]


@dataclass(frozen=True)
class DuePassword:
    """A password that calls for a warning of so many days."""

    account_id: int
    step: int
    expires_on: date


def letters_to_warn_of(db: Session, actor: Operator, *, brand: Brand, now: datetime) -> DueByAccount:
    """Find what is erased soon and was not yet warned of at its step (R24), by account."""
    del actor
    today, rules = budapest_date(now), brand.retention
    last_step = min(rules.warn_days + rules.warn_unopened_days)
    rows = db.execute(
        select(  # type: ignore[call-overload]
            Letter.id, Letter.account_id, Letter.erase_on, Letter.opened_at, Letter.warned_days
        ).where(
            Letter.erase_on > today,
            Letter.erase_on <= warned_before(today, rules),
            col(Letter.binned_at).is_(None),
            col(Letter.publish_at).is_(None),
            or_(col(Letter.warned_days).is_(None), col(Letter.warned_days) > last_step),
        )
    )
    due: DueByAccount = defaultdict(list)
    for letter_id, account_id, erase_on, opened_at, warned in rows:
        opened = opened_at is not None
        step = warning_due(erase_on, today, warned, rules, opened=opened)
        if step is not None:
            due[account_id].append(DueLetter(letter_id or 0, step, erase_on, opened))
    return dict(due)


def warn_of_erasing(db: Session, actor: Operator, due: Iterable[tuple[int, list[DueLetter]]], *, now: datetime) -> int:
    """Owe each account one e-mail: how many letters, the first date, how many of them unopened; give the number of letters."""
    still = _marked(db, due, col(Letter.warned_days), lambda step: col(Letter.warned_days) > step)
    for account in _accounts(db, still):
        letters = still[account.id or 0]
        first = last_readable_day(min(letter.erase_on for letter in letters))
        unopened = sum(not letter.opened for letter in letters)
        facts: dict[str, str | int] = {"erase_on": first.isoformat()} | ({"unopened": unopened} if unopened else {})
        enqueue(db, "retention_warning", account, now=now, count=len(letters), facts=facts, urgent=False)
        record(db, actor, "letters:warned", now=now, account_id=account.id, count=len(letters))
    return sum(map(len, still.values()))


def letters_to_remind_of(db: Session, actor: Operator, *, brand: Brand, now: datetime) -> DueByAccount:
    """Find letters that lie unopened long enough for a reminder, by account; who wants none is left out."""
    del actor
    today, rules = budapest_date(now), brand.reminders
    last_step = max(rules.days + rules.legal_days)
    placed_before = start_of_day(today - timedelta(days=first_reminder_days(rules) - 1))
    rows = db.execute(
        select(  # type: ignore[call-overload]
            Letter.id, Letter.account_id, Letter.erase_on, Letter.kind, Letter.placed_at, Letter.reminded_days
        )
        .join(Account, col(Account.id) == Letter.account_id)
        .where(
            col(Letter.opened_at).is_(None),
            col(Letter.binned_at).is_(None),
            col(Letter.publish_at).is_(None),
            Letter.erase_on > today,
            Letter.placed_at < placed_before,
            or_(col(Letter.reminded_days).is_(None), col(Letter.reminded_days) < last_step),
            col(Account.reminders_wanted),
            col(Account.status).not_in(("closed", "merged")),
        )
    )
    due: DueByAccount = defaultdict(list)
    for letter_id, account_id, erase_on, kind, placed_at, reminded in rows:
        step = reminder_due(kind, (today - budapest_date(placed_at)).days, reminded, rules)
        if step is not None:
            due[account_id].append(DueLetter(letter_id or 0, step, erase_on, opened=False))
    return dict(due)


def remind_of_unread(db: Session, actor: Operator, due: Iterable[tuple[int, list[DueLetter]]], *, now: datetime) -> int:
    """Owe each account one reminder with the number of its unread letters; give the number of letters."""
    unopened = col(Letter.opened_at).is_(None)
    still = _marked(db, due, col(Letter.reminded_days), lambda step: col(Letter.reminded_days) < step, unopened)
    for account in _accounts(db, still):
        count = max(len(still[account.id or 0]), account.unread)
        enqueue(db, "reminder", account, now=now, count=count, urgent=False)
        record(db, actor, "letters:reminded", now=now, account_id=account.id, count=count)
    return sum(map(len, still.values()))


def passwords_to_warn_of(db: Session, actor: Operator, *, brand: Brand, now: datetime) -> list[DuePassword]:
    """Find passwords that expire soon and were not yet warned of at their step (R34); each account once."""
    del actor
    today = budapest_date(now)
    portals = [name for name in brand.switched_on if brand.portal(name).passwords.renewal]
    rows = db.execute(
        select(Account.id, Account.password_warned, Credential.valid_until)
        .join(Account, col(Account.id) == Credential.account_id)
        .where(
            Credential.kind == "chosen",
            col(Credential.ended_at).is_(None),
            col(Credential.valid_until) > now,
            col(Credential.valid_until) < start_of_day(today + timedelta(days=max(brand.reminders.password_expiry_days) + 1)),
            col(Account.portal).in_(portals),
            Account.status == "active",
        )
    )
    due = []
    for account_id, warned, valid_until in rows:
        expires_on = budapest_date(valid_until)
        step = expiry_warning_due(expires_on, today, warned, brand.reminders)
        if step is not None:
            due.append(DuePassword(account_id or 0, step, expires_on))
    return due


def warn_of_expiring_passwords(db: Session, actor: Operator, due: Sequence[DuePassword], *, now: datetime) -> int:
    """Owe each account one e-mail that names the day until which the password works; give the number of accounts."""
    told = 0
    for password in due:
        marked = db.exec(
            update(Account)
            .where(
                col(Account.id) == password.account_id,
                or_(col(Account.password_warned).is_(None), col(Account.password_warned) > password.step),
            )
            .values(password_warned=password.step)
            .execution_options(synchronize_session=False)
        )
        if not marked.rowcount:
            continue
        account = db.exec(select(Account).where(Account.id == password.account_id)).one()
        enqueue(db, "password_expiry", account, now=now, facts={"expires_on": password.expires_on.isoformat()}, urgent=False)
        record(db, actor, "password:warned", now=now, account_id=password.account_id, days=password.step)
        told += 1
    return told


def forget_password_warnings(db: Session, actor: Operator, *, brand: Brand, now: datetime) -> int:
    """Let accounts whose password was renewed be warned again next year; give their number."""
    del actor
    far = start_of_day(budapest_date(now) + timedelta(days=max(brand.reminders.password_expiry_days) + 1))
    renewed = select(Credential.account_id).where(
        Credential.kind == "chosen", col(Credential.ended_at).is_(None), col(Credential.valid_until) >= far
    )
    return db.exec(
        update(Account)
        .where(col(Account.password_warned).is_not(None), col(Account.id).in_(renewed))
        .values(password_warned=None)
        .execution_options(synchronize_session=False)
    ).rowcount


Item = TypeVar("Item")


def in_portions(items: Iterable[Item], size: int) -> Iterable[list[Item]]:
    """Cut into lists of at most `size`."""
    portion: list[Item] = []
    for item in items:
        portion.append(item)
        if len(portion) == size:
            yield portion
            portion = []
    if portion:
        yield portion


def _marked(
    db: Session,
    due: Iterable[tuple[int, list[DueLetter]]],
    column: Any,
    is_before: Callable[[int], Any],
    *conditions: Any,
) -> DueByAccount:
    """Mark the step on the letters that are still there and still before it; give those, by account."""
    due = list(due)
    marked: set[int] = set()
    for step in {letter.step for _, letters in due for letter in letters}:
        ids = [letter.id for _, letters in due for letter in letters if letter.step == step]
        for portion in in_portions(ids, 500):
            marking = update(Letter).where(
                col(Letter.id).in_(portion),
                or_(column.is_(None), is_before(step)),
                col(Letter.binned_at).is_(None),
                *conditions,
            )
            marking = marking.values({column: step}).returning(col(Letter.id))
            marked.update(row[0] for row in db.execute(marking, execution_options={"synchronize_session": False}))
    still = {account_id: [letter for letter in letters if letter.id in marked] for account_id, letters in due}
    return {account_id: letters for account_id, letters in still.items() if letters}


def _accounts(db: Session, due: DueByAccount) -> Sequence[Account]:
    return db.exec(select(Account).where(col(Account.id).in_(due)).order_by(col(Account.id))).all()
