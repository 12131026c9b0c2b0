"""Installations of any size, filled with rows in seconds: people, policies and letters as years of intake leave them.

Only the rows are made, not the files. Letters of all customers lie mixed in the order in which they were placed, as they
do in real life: a mailbox is found by its index, not by its place on the disk.
"""

import json
import random
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from pydantic_core import PydanticUndefined
from sqlmodel import SQLModel

from portal_app.database.tables import Account, Credential, Delivery, Document, DocumentKey, Event, Letter, Login, Policy
from portal_app.domain.brands import Brand, PortalName
from portal_app.domain.calendar import budapest_date
from portal_app.domain.hungarian import fold, sort_key
from portal_app.domain.kinds import FOLDED_NAMES, LetterKind
from portal_app.domain.retention import erase_on
from portal_app.texts import demo_letters
from portal_app.texts.demo_letters import DemoPolicy

CROWD = 1_000
"""Letters of the first account: the mailbox that is measured."""
FULL_PAGES = 200
"""So many accounts after it have a full page of letters each."""
FULL_PAGE = 30
USUAL = 9.0
"""How many letters everybody else has on average."""
DAYS = 364
DOCUMENT_BYTES = 30_000


@dataclass(frozen=True)
class _Words:
    """What letters of one kind about one product say."""

    kind: LetterKind
    subject: str
    summary: str
    subject_key: str
    kind_key: str
    folded: str


@dataclass(frozen=True)
class _Person:
    """One account's letters: how many, and about which policies (number, row, sort key)."""

    account_id: int
    letters: int
    policies: tuple[tuple[str, int, str], ...]


def login_of(account_id: int) -> str:
    """Name the identifier of an account; ids count from 1, the first one owns the crowd of letters."""
    return f"person{account_id}@example.com"


def policy_of(account_id: int, number: int = 0) -> str:
    """Name an account's policy."""
    return f"KGFB-2025-{account_id:07}{number}"


def fill(path: Path, letters: int, *, brand: Brand, password_hash: str, now: datetime) -> int:
    """Fill the empty, migrated SQLite database at `path` with so many letters; give the number of accounts.

    Everybody's password is the one that `password_hash` was made of.
    """
    chance = random.Random(letters)
    people = _people(letters, chance)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("PRAGMA cache_size=-400000")
    with connection:
        _fill_people(connection, people, password_hash, now)
        _fill_letters(connection, people, brand, chance, now)
        _fill_proof(connection)
        shown = "account_id = account.id AND unread AND binned_at IS NULL AND publish_at IS NULL"
        connection.execute(f"UPDATE account SET unread = (SELECT count(*) FROM letter WHERE {shown})")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return len(people)


def insert(connection: sqlite3.Connection, table: type[SQLModel], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert many rows; columns that are not named get the table's own defaults."""
    others = {name: described.default for name, described in table.model_fields.items() if name not in columns}
    missing = [name for name, default in others.items() if default is PydanticUndefined]
    if missing:
        raise ValueError(f"{table.__tablename__}: no value for {', '.join(missing)}")
    others = {name: default for name, default in others.items() if name != "id"}
    values = [*("?" for _ in columns), *(_literal(default) for default in others.values())]
    statement = f"INSERT INTO {table.__tablename__} ({', '.join([*columns, *others])}) VALUES ({', '.join(values)})"
    connection.executemany(statement, rows)


def _people(letters: int, chance: random.Random) -> list[_Person]:
    counts = [CROWD, *[FULL_PAGE] * FULL_PAGES]
    left = letters - sum(counts)
    while left > 0:
        count = min(left, 1 + int(chance.expovariate(1 / USUAL)))
        counts.append(count)
        left -= count
    people, next_policy = list[_Person](), 1
    for account_id, count in enumerate(counts, 1):
        held = min(5, 1 + count // 8)
        numbers = [policy_of(account_id, number) for number in range(held)]
        policies = tuple((number, next_policy + place, sort_key(number)) for place, number in enumerate(numbers))
        people.append(_Person(account_id, count, policies))
        next_policy += held
    return people


def _fill_people(connection: sqlite3.Connection, people: Sequence[_Person], password_hash: str, now: datetime) -> None:
    began, until = moment(now - timedelta(days=DAYS + 1)), moment(now + timedelta(days=200))
    portal = PortalName.KULDEMENYEIM.value
    ids = [person.account_id for person in people]
    insert(
        connection, Account,
        ("id", "public_id", "portal", "status", "email", "email_key", "email_confirmed_at", "created_at", "activated_at"),
        ((n, f"{n:032x}", portal, "active", login_of(n), login_of(n), began, began, began) for n in ids),
    )  # fmt: skip
    insert(connection, Login, ("account_id", "kind", "key", "shown"), ((n, "email", login_of(n), login_of(n)) for n in ids))
    insert(
        connection, Credential, ("account_id", "kind", "hash", "created_at", "valid_until"),
        ((n, "chosen", password_hash, began, until) for n in ids),
    )  # fmt: skip
    insert(
        connection, Policy,
        ("id", "number", "product", "holder_name", "email", "communication", "consent_at", "sales_route", "status", "as_of",
         "account_id", "opened_account_id"),
        (
            (row, number, "KGFB", f"Person {person.account_id}", login_of(person.account_id), "electronic", began, "direct",
             "active", began, person.account_id, person.account_id)
            for person in people for number, row, _ in person.policies
        ),
    )  # fmt: skip


_LETTER = (
    "id", "public_id", "account_id", "policy_id", "delivery_id", "kind", "subject", "summary", "policy_number",
    "plate_number", "placed_at", "opened_at", "unread", "binned_at", "erase_on", "documents", "document_bytes",
    "subject_key", "kind_key", "policy_key", "search_key",
)  # fmt: skip


def _fill_letters(
    connection: sqlite3.Connection, people: Sequence[_Person], brand: Brand, chance: random.Random, now: datetime
) -> None:
    """Insert without the indexes and make them afterwards, which is several times faster."""
    indexes = connection.execute("SELECT name, sql FROM sqlite_master WHERE tbl_name = 'letter' AND type = 'index' AND sql > ''")
    kept = indexes.fetchall()
    for name, _ in kept:
        connection.execute(f"DROP INDEX {name}")
    insert(connection, Letter, _LETTER, _letters(people, brand, chance, now))
    for _, statement in kept:
        connection.execute(statement)


def _letters(people: Sequence[_Person], brand: Brand, chance: random.Random, now: datetime) -> Iterator[tuple[Any, ...]]:
    seconds = DAYS * 24 * 3600
    entries = sorted(
        (chance.randrange(600, seconds), place) for place, person in enumerate(people) for _ in range(person.letters)
    )
    words, rules = _all_words(brand), brand.retention

    @cache
    def last_day(kind: LetterKind, placed_on: date) -> str:
        return erase_on(kind, placed_on, PortalName.KULDEMENYEIM, rules).isoformat()

    for number, (ago, place) in enumerate(reversed(entries), 1):
        person, said = people[place], chance.choice(words)
        policy, policy_row, policy_key = person.policies[chance.randrange(len(person.policies))]
        placed_at = now - timedelta(seconds=ago)
        placed, unread = moment(placed_at), chance.random() < 0.2
        binned = person.letters < FULL_PAGE and chance.random() < 0.03
        yield (
            number, f"{chance.getrandbits(128):032x}", person.account_id, policy_row, number, said.kind.value, said.subject,
            said.summary, policy, "", placed, None if unread else placed, unread, placed if binned else None,
            last_day(said.kind, budapest_date(placed_at)), 1, DOCUMENT_BYTES + number % 997,
            said.subject_key, said.kind_key, policy_key, f"{said.folded} {policy.lower()} {policy.lower().replace('-', '')}",
        )  # fmt: skip


def _all_words(brand: Brand) -> list[_Words]:
    """Say what the demonstration's letters say, of every kind and about every product."""
    person = demo_letters.people()[0]
    found = []
    for kind in LetterKind:
        for number, product in enumerate(brand.products):
            policy = DemoPolicy("KGFB-2025-000000", product.name, "ABC-123", 38_400 + 7_300 * number)
            said = demo_letters.letter(kind, brand, person, policy, written_on=date(2025, 3, 1), due_on=date(2025, 4, 1))
            folded = f"{fold(said.subject)} {fold(said.summary)} {FOLDED_NAMES[kind]}"
            found.append(_Words(kind, said.subject, said.summary, sort_key(said.subject), sort_key(FOLDED_NAMES[kind]), folded))
    return found


def _fill_proof(connection: sqlite3.Connection) -> None:
    """Give every letter its delivery, its document with key, and its event, by the database itself."""
    answer = json.dumps({"status": "placed", "id": "0" * 32})
    _select_into(
        connection, Delivery,
        {
            "id": "id", "public_id": "lower(hex(randomblob(16)))", "external_ref": "'FILLED-' || id",
            "fingerprint": "lower(hex(randomblob(32)))", "system": "'core'", "policy_number": "policy_number", "kind": "kind",
            "account_id": "account_id", "accepted_at": "placed_at", "answer": f"'{answer}'",
        },
    )  # fmt: skip
    _select_into(
        connection, Document,
        {
            "id": "id", "public_id": "lower(hex(randomblob(16)))", "letter_id": "id", "position": "1",
            "name": "kind || '.pdf'", "size": "document_bytes", "pages": "2", "sha256": "lower(hex(randomblob(32)))",
            "object_key": "printf('%02x/%02x/', id / 500 % 256, id / 128000) || lower(hex(randomblob(16)))",
        },
    )  # fmt: skip
    _select_into(connection, DocumentKey, {"document_id": "id", "wrapped": "hex(randomblob(64))"})
    _select_into(
        connection, Event,
        {
            "at": "placed_at", "act": "'letter:placed'", "actor_kind": "'insurer_system'", "actor_name": "'core'",
            "account_id": "account_id", "delivery_id": "id", "about": "public_id",
        },
    )  # fmt: skip


def _select_into(connection: sqlite3.Connection, table: type[SQLModel], columns: dict[str, str]) -> None:
    others = {
        name: _literal(described.default)
        for name, described in table.model_fields.items()
        if name not in columns and name != "id"
    }
    given = {**columns, **others}
    statement = f"INSERT INTO {table.__tablename__} ({', '.join(given)}) SELECT {', '.join(given.values())} FROM letter"
    connection.execute(statement)


def _literal(value: Any) -> str:
    if value is None or value is PydanticUndefined:
        return "NULL"
    return str(int(value)) if isinstance(value, bool | int) else f"'{value}'"


def moment(at: datetime) -> str:
    """Write a moment as SQLite keeps it."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
