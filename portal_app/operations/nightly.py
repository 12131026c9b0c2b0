"""The night's work: what has to go goes, who has to be told is told, what is due takes effect.

Every step finds its work by what the database says and does it in short transactions that also write down that it
is done. So it is safe to run twice, to miss days and to be killed anywhere: the next run goes on.
"""

import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any, Concatenate, ParamSpec, TypeVar

import structlog
import typer
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from sqlmodel import Session

from portal_app.database.contention import carry_out_again
from portal_app.domain.actors import Operator
from portal_app.domain.closings import Ground
from portal_app.domain.errors import PortalError
from portal_app.gateways import clock
from portal_app.operations.opening import open_installation
from portal_app.operations.turns import BUSY, TurnTaken, turn
from portal_app.services import (
    closings,
    decisions,
    duty,
    installation,
    leftovers,
    merges,
    placing,
    registrations,
    reminders,
    retention,
    upgrades,
)
from portal_app.services.closings import DueClosing, Notice
from portal_app.services.house import House
from portal_app.services.reminders import in_portions
from portal_app.services.retention import Erased
from portal_app.texts.catalogues import sentence

ERASED_AT_ONCE = 200
"""Letters in one transaction: few enough that no customer notices."""
TOLD_AT_ONCE = 50
FORGOTTEN_AT_ONCE = 1000
SWEPT_AT_ONCE = 500
ORPHANS_REST = timedelta(hours=24)
"""A younger object may belong to a delivery that is being taken in right now."""
FEW_ORPHANS = 20
MANY_ORPHANS = 1000
"""More than a night that was killed between rows and bytes leaves behind."""

Details = ParamSpec("Details")
Answer = TypeVar("Answer")

log = structlog.get_logger(__name__)


@dataclass
class Night:
    """One run: where, when, what came of it."""

    house: House
    now: datetime
    sweep_all: bool = False
    report: Callable[[int], None] = field(default=lambda _: None)
    counts: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    actor: Operator = field(default_factory=lambda: Operator("nightly"))

    def ask(
        self,
        service: Callable[Concatenate[Session, Operator, Details], Answer],
        *args: Details.args,
        **details: Details.kwargs,
    ) -> Answer:
        """Ask a service in the name of this run."""
        return self.house.database.ask(service, self.actor, *args, **details)

    def carry_out(
        self,
        service: Callable[Concatenate[Session, Operator, Details], Answer],
        *args: Details.args,
        **details: Details.kwargs,
    ) -> Answer:
        """Carry out a service in a transaction of its own."""
        return carry_out_again(self.house.database, service, self.actor, *args, **details)

    def count(self, what: str, number: int = 1) -> None:
        """Count what was done, and show it."""
        self.counts[what] += number
        self.report(number)


def publish(night: Night) -> None:
    """Place letters whose moment has come, in case no courier is running."""
    while done := night.carry_out(placing.publish_due, brand=night.house.brand, now=night.now):
        night.count("published", done)


def keep(night: Night) -> None:
    """Where the brand wants it, keep what nobody has opened."""
    rules = night.house.brand.retention
    while done := night.carry_out(retention.keep_unopened, rules=rules, most=ERASED_AT_ONCE, now=night.now):
        night.count("kept", done)


def erase(night: Night) -> None:
    """Erase letters and messages whose time is over."""
    while erased := night.carry_out(retention.erase_expired, most=ERASED_AT_ONCE, now=night.now):
        _count_erased(night, erased)


def empty_bins(night: Night) -> None:
    """Erase what has lain in the bin long enough."""
    rules = night.house.brand.retention
    while erased := night.carry_out(retention.empty_bins, rules=rules, most=ERASED_AT_ONCE, now=night.now):
        _count_erased(night, erased)


def close_accounts(night: Night) -> None:
    """Carry out closings whose day has come, and close accounts that turned postal and are empty now."""
    for due in night.ask(closings.due_closings, brand=night.house.brand, now=night.now):
        if not night.carry_out(closings.close_doors, due, now=night.now):
            continue
        while erased := night.carry_out(closings.erase_some, due.account_id, most=ERASED_AT_ONCE, now=night.now):
            _count_erased(night, erased)
        notice = _notice(night.house, due)
        erased = night.carry_out(closings.finish, due, notice, brand=night.house.brand, now=night.now)
        _count_erased(night, erased)
        night.count("closed")
    while emptied := night.ask(closings.emptied_postal_accounts, most=TOLD_AT_ONCE):
        for account_id in emptied:
            _count_erased(night, night.carry_out(closings.close_emptied, account_id, now=night.now))
            night.count("closed")


def erase_requests(night: Night) -> None:
    """Erase requests that were decided or withdrawn long enough ago."""
    while done := night.carry_out(decisions.erase_ended, most=ERASED_AT_ONCE, now=night.now):
        night.count("erased_requests", done)


def warn(night: Night) -> None:
    """Tell accounts what is erased soon: one e-mail each."""
    due = night.ask(reminders.letters_to_warn_of, brand=night.house.brand, now=night.now)
    for some in in_portions(sorted(due.items()), TOLD_AT_ONCE):
        night.count("warned", night.carry_out(reminders.warn_of_erasing, some, now=night.now))


def remind(night: Night) -> None:
    """Remind accounts of what lies unread: one e-mail each."""
    due = night.ask(reminders.letters_to_remind_of, brand=night.house.brand, now=night.now)
    for some in in_portions(sorted(due.items()), TOLD_AT_ONCE):
        night.count("reminded", night.carry_out(reminders.remind_of_unread, some, now=night.now))


def warn_of_passwords(night: Night) -> None:
    """Tell accounts that their password expires soon."""
    night.carry_out(reminders.forget_password_warnings, brand=night.house.brand, now=night.now)
    due = night.ask(reminders.passwords_to_warn_of, brand=night.house.brand, now=night.now)
    for some in in_portions(due, TOLD_AT_ONCE):
        done = night.carry_out(reminders.warn_of_expiring_passwords, some, now=night.now)
        night.count("passwords_warned", done)


def sweep(night: Night) -> None:
    """Delete stored objects that no document remembers and that are too old to be on their way."""
    objects, before = night.house.objects, night.now - ORPHANS_REST
    seen, orphans = 0, list[str]()
    for some in in_portions((key for key, written in objects.list_keys() if written < before), SWEPT_AT_ONCE):
        seen += len(some)
        orphans += night.ask(retention.unremembered, some)
        night.report(len(some))
    if _looks_wrong(len(orphans), seen) and not night.sweep_all:
        night.problems.append(
            f"{len(orphans)} of {seen} stored objects belong to no document: is this the right database? "
            "Nothing was swept; `nightly --sweep-all` does it"
        )
        return
    for some in in_portions(orphans, SWEPT_AT_ONCE):
        objects.delete_many(some)
        night.counts["orphans"] += len(some)


def settle(night: Night) -> None:
    """Let SQLite write its log back and begin it anew: it still holds what was erased. PostgreSQL's vacuum does so."""
    engine = night.house.database.engine
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql("BEGIN")


def _looks_wrong(orphans: int, seen: int) -> bool:
    """Whether these objects rather belong to another database than to nobody."""
    none_is_known = orphans == seen > FEW_ORPHANS
    return none_is_known or orphans > max(MANY_ORPHANS, seen // 2)


def invite(night: Night) -> None:
    """Invite who wished for the full portal, as soon as it is there."""
    while found := night.ask(upgrades.wishes_to_invite, brand=night.house.brand, most=TOLD_AT_ONCE):
        night.count("invited", night.carry_out(upgrades.invite, found, now=night.now))


def finish_merges(night: Night) -> None:
    """Make merges final that can no longer be undone."""
    while done := night.carry_out(merges.finish_due, now=night.now):
        night.count("merges_final", done)


def leave_chats(night: Night) -> None:
    """Let what nobody answered in a chat become an ordinary message, once the duty is over."""
    night.carry_out(duty.leave_to_messages, brand=night.house.brand, now=night.now)


def forget(night: Night) -> None:
    """Forget registrations nobody confirmed, and what has long served its purpose: links, visits, codes, sign-ins, sent post."""
    while done := night.carry_out(registrations.forget_unconfirmed, most=FORGOTTEN_AT_ONCE, now=night.now):
        night.count("forgotten", done)
    night.carry_out(leftovers.release_links, now=night.now)
    for kind in leftovers.KINDS:
        while done := night.carry_out(leftovers.forget_leftovers, kind, most=FORGOTTEN_AT_ONCE, now=night.now):
            night.count("forgotten", done)
            if done < FORGOTTEN_AT_ONCE:
                break


STEPS: tuple[Callable[[Night], None], ...] = (
    publish,
    keep,
    erase,
    empty_bins,
    close_accounts,
    erase_requests,
    warn,
    remind,
    warn_of_passwords,
    invite,
    finish_merges,
    leave_chats,
    sweep,
    forget,
    settle,
)
COUNTED = (
    "published", "kept", "erased_letters", "erased_messages", "erased_requests", "erased_objects", "closed", "warned",
    "reminded", "passwords_warned", "invited", "merges_final", "orphans", "forgotten",
)  # fmt: skip


def run_night(night: Night, begin: Callable[[str], None] = lambda _: None) -> dict[str, Any]:
    """Take every step and give the summary; a step that storage refuses is a problem, and the others go on.

    Raises `TurnTaken` when another process is at it.
    """
    began = time.monotonic()
    with turn(night.house.database, "nightly"):
        for step in STEPS:
            begin(step.__name__)
            try:
                step(night)
            except PortalError as refusal:
                log.warning("a step of the night was refused", step=step.__name__, code=refusal.code)
                night.problems.append(f"{step.__name__}: {refusal.code}")
        if not night.problems:
            with night.house.database.writing() as db:
                installation.remember(db, installation.NIGHTLY_FINISHED, night.now.isoformat())
    return {
        "command": "nightly",
        "at": night.now.isoformat(),
        **{what: night.counts[what] for what in COUNTED},
        "problems": night.problems,
        "seconds": round(time.monotonic() - began, 3),
    }


def nightly(
    *,
    sweep_all: Annotated[
        bool, typer.Option("--sweep-all", help="Sweep orphaned objects even when they are most of all.")
    ] = False,
) -> None:
    """Do the night's work: retention, warnings, reminders, bins, closings, leftovers; to be run once a day.

    Prints one line of JSON on stdout. Exit codes: 0 done; 1 done, but `problems` in the line are not empty; 2 a setting
    is wrong; 75 another process is at it.
    """
    with open_installation() as house, _progress() as shown:
        task = shown.add_task("", total=None)
        night = Night(house, clock.now(), sweep_all, report=lambda done: shown.advance(task, done))
        try:
            summary = run_night(night, begin=lambda step: shown.update(task, description=step.replace("_", " ")))
        except TurnTaken:
            print("another nightly is running", file=sys.stderr)
            raise typer.Exit(BUSY) from None
    print(json.dumps(summary))
    if night.problems:
        raise typer.Exit(1)


def _progress() -> Progress:
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description:18}"), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _count_erased(night: Night, erased: Erased) -> None:
    """Count what was erased and delete the bytes that now belong to nobody."""
    night.count("erased_letters", erased.letters)
    night.counts["erased_messages"] += erased.messages
    night.counts["erased_objects"] += len(erased.object_keys)
    try:
        night.house.objects.delete_many(erased.object_keys)
    except PortalError as refusal:
        # Without their keys the bytes say nothing any more; the sweep of a later night finds them.
        problem = f"objects could not be deleted: {refusal.code}"
        night.problems += [problem] if problem not in night.problems else []


_NOTICES = {
    Ground.POLICY_ENDED: "insurer.closing_policy_ended",
    Ground.TO_POST: "insurer.closing_to_post",
    Ground.OTHER: "insurer.closing_other",
}


def _notice(house: House, due: DueClosing) -> Notice:
    """Word what the insurer reads among its messages; in Hungarian, as its customers write."""
    portal = house.brand.portals[house.brand.switched_on[0]].title
    policies = ", ".join(due.policies) or sentence("insurer.closing_no_policy", "hu")
    return Notice(
        subject=sentence("insurer.closing_subject", "hu", portal=portal),
        text=sentence(_NOTICES[due.ground], "hu", portal=portal, policies=policies),
    )
