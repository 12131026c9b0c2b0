"""The outbox: post that a committed transaction owes somebody; the courier sends it later."""

import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import text
from sqlmodel import Session, col, select

from portal_app.database.tables import Account, Job
from portal_app.database.upserts import insert_into


def enqueue(  # noqa: PLR0913 - a letter has this many sides
    db: Session,
    kind: str,
    account: Account,
    *,
    now: datetime,
    channel: str = "mail",
    recipient: str = "",
    facts: dict[str, str | int] | None = None,
    sealed_secret: str = "",
    count: int = 1,
    gathers: str = "",
    urgent: bool = True,
    not_before: datetime | None = None,
) -> None:
    """Owe one e-mail or SMS of this `kind` (a template of `texts/post.py`) to the account.

    `count` says how many letters it is about. Jobs with the same `gathers` key that nobody has claimed yet become one
    whose `count` rises. `facts` fill the template and hold no secret; a secret comes sealed (`Secrets.seal`) and is
    blanked at hand-over.
    `urgent` post is not held by the quiet hours: the customer has just asked for it.
    """
    owed = {
        "kind": kind,
        "channel": channel,
        "account_id": account.id,
        "recipient": recipient or (account.email if channel == "mail" else account.phone),
        "facts": json.dumps(facts or {}, sort_keys=True),
        "secret": sealed_secret,
        "count": count,
        "gathers": gathers,
        "urgent": urgent,
        "created_at": now,
        "not_before": not_before or now,
    }
    job = insert_into(db, Job).values(**owed)
    if gathers:
        job = job.on_conflict_do_update(
            index_elements=["gathers"], index_where=text("gathers <> ''"), set_={"count": Job.count + count}
        )
    db.execute(job)


def enqueue_to_address(
    db: Session, kind: str, address: str, *, language: str, now: datetime, facts: dict[str, str | int] | None = None
) -> None:
    """Owe one e-mail of this `kind` to somebody who has no account; see `enqueue`."""
    db.add(
        Job(
            kind=kind,
            channel="mail",
            recipient=address,
            facts=json.dumps(facts or {}, sort_keys=True),
            language=language,
            created_at=now,
            not_before=now,
        )
    )


def enqueue_gathered(db: Session, kind: str, counts: Mapping[int, int], *, now: datetime) -> None:
    """Owe many accounts one e-mail each of this `kind`, with how many things it is about; `counts` by account.

    What is owed and not yet claimed is gathered under `<kind>:<account>`: one e-mail says it all.
    """
    addresses = db.exec(select(Account.id, Account.email).where(col(Account.id).in_(list(counts)))).all()
    owed = [
        {
            "kind": kind,
            "channel": "mail",
            "account_id": account_id,
            "recipient": email,
            "facts": "{}",
            "secret": "",
            "gathers": f"{kind}:{account_id}",
            "count": counts[account_id or 0],
            "urgent": True,
            "created_at": now,
            "not_before": now,
        }
        for account_id, email in sorted(addresses)
    ]
    job = insert_into(db, Job)
    job = job.on_conflict_do_update(
        index_elements=["gathers"],
        index_where=text("gathers <> ''"),
        set_={"count": Job.count + job.excluded["count"]},
    )
    db.connection().execute(job, owed)
