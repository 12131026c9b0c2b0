"""`requests` and `decide`: what customers asked to have changed, seen and decided from the server."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from portal_app.database.contention import carry_out_again
from portal_app.domain.actors import Operator
from portal_app.gateways import clock
from portal_app.operations.failures import CommandFailed
from portal_app.operations.opening import open_installation
from portal_app.services import decisions, openings
from portal_app.services.decisions import InsurersApplication
from portal_app.services.fulfilments import Decision
from portal_app.services.house import House

WRONG_OPTIONS = 2
_ACTOR = Operator("requests")

Reference = Annotated[str, typer.Argument(help="The request's reference number, such as K-2026-7KQ4M2, or its id.")]


def requests(*, as_json: Annotated[bool, typer.Option("--json", help="Print everything as one JSON list.")] = False) -> None:
    """List customers' requests that are not decided yet, the overdue first, then by due date.

    `fits` compares what was typed with the policy that was named. Exit codes: 0 listed, also when there are none;
    2 a setting is wrong.
    """
    with open_installation() as house:
        found = house.database.ask(decisions.list_open, _ACTOR, now=clock.now())
    if as_json:
        print(json.dumps([_as_json(request) for request in found], ensure_ascii=False, indent=2))
    else:
        _print_table(found)


def decide(
    reference: Reference,
    *,
    fulfil: Annotated[bool, typer.Option("--fulfil", help="Carry the request out now.")] = False,
    reject: Annotated[bool, typer.Option("--reject", help="Reject it; --reason says why.")] = False,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="The reason, in words for the customer.")] = "",
    ask: Annotated[str, typer.Option(metavar="TEXT", help="Ask the customer this; the deadline waits meanwhile.")] = "",
    other: Annotated[
        str, typer.Option(metavar="ID", help="With --fulfil of a merge: the other account's ID, or a policy's number in it.")
    ] = "",
    take_up: Annotated[bool, typer.Option("--take-up", help="Show the customer that somebody works on it.")] = False,
) -> None:
    """Decide a request; the customer sees it at once and gets an e-mail. Exactly one of the four options.

    Customers without an account get the words by e-mail: no contract data belong into them.
    Exit codes: 0 done; 1 refused: no such request, decided before, no policy of this number (in that account any more),
    no words; 2 wrong options.
    """
    if sum((fulfil, reject, bool(ask), take_up)) != 1 or bool(reason) != reject:
        raise CommandFailed("say exactly one of --fulfil, --reject with --reason, --ask, --take-up", WRONG_OPTIONS)
    now = clock.now()
    with open_installation() as house:
        if fulfil:
            _fulfil(house, reference, other, now)
        elif reject:
            carry_out_again(house.database, decisions.reject, _ACTOR, reference, reason, now=now)
        elif ask:
            carry_out_again(house.database, decisions.ask_back, _ACTOR, reference, ask, now=now)
        else:
            carry_out_again(house.database, decisions.take_up, _ACTOR, reference, now=now)
        request = house.database.ask(decisions.read, _ACTOR, reference, now=now)
    print(json.dumps({name: _as_json(request)[name] for name in ("id", "reference", "kind", "status", "due_on")}))


def _fulfil(house: House, reference: str, other: str, now: datetime) -> None:
    """Carry a request out; where an account opens, its first password is drawn and hashed outside the transaction."""
    decision = Decision(house.brand, house.secrets, other=other)
    try:
        carry_out_again(house.database, decisions.fulfil, _ACTOR, reference, decision, now=now)
    except openings.FirstAccessNeeded:
        sales_route = house.database.ask(decisions.sales_route_of, _ACTOR, reference)
        first_access = openings.draw_first_access(sales_route, brand=house.brand, hashing=house.hashing)
        decision = replace(decision, first_access=first_access)
        carry_out_again(house.database, decisions.fulfil, _ACTOR, reference, decision, now=now)


def _as_json(request: InsurersApplication) -> dict[str, object]:
    return {
        **asdict(request),
        "submitted_at": request.submitted_at.isoformat(),
        "due_on": request.due_on.isoformat(),
    }


def _print_table(found: Sequence[InsurersApplication]) -> None:
    kept_whole = [Column(name, no_wrap=True) for name in ("reference", "due", "kind", "status")]
    table = Table(*kept_whole, "policy", "asked for", "does not fit")
    for request in found:
        table.add_row(
            request.reference,
            f"{request.due_on.isoformat()}{' overdue' if request.overdue else ''}",
            request.kind,
            request.status,
            Text(request.policy_number),
            Text(", ".join(f"{name}: {value}" for name, value in request.facts.items())),
            ", ".join(name for name, fits in request.fits.items() if not fits),
        )
    console = Console()
    console.print(table)
    console.print(f"{len(found)} open, {sum(request.overdue for request in found)} overdue", markup=False)
