"""The list of letters that would be erased although nobody has ever opened them."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from portal_app.domain.actors import Operator
from portal_app.gateways import clock
from portal_app.operations.opening import open_installation
from portal_app.services.retention import UnopenedLine, unopened_soon


def unopened(
    *,
    days: Annotated[int, typer.Option(min=1, help="How many days ahead to look.")] = 60,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """List letters that will be erased soon although nobody has ever opened them, the most urgent first.

    Names numbers and dates, no content. Exit codes: 0 listed, also when there are none; 2 a setting is wrong.
    """
    with open_installation() as house:
        lines = house.database.ask(unopened_soon, Operator("unopened"), days=days, now=clock.now())
    for line in lines:
        print(json.dumps(asdict(line), default=str) if as_json else _row(line))


def _row(line: UnopenedLine) -> str:
    refused = "  address refuses mail" if line.email_refused else ""
    return f"{line.erase_on}  placed {line.placed_on}  {line.letter_id}  {line.kind:20} {line.policy_number}{refused}"
