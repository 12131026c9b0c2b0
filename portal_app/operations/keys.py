"""`key …`: the keys of the insurer's systems. A key is printed once, when it is made."""

import json
import re
from typing import Annotated

import typer

from portal_app.domain.actors import Operator
from portal_app.gateways import clock
from portal_app.operations.opening import open_installation
from portal_app.services import api_keys

UNUSABLE_NAME = 2
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

keys = typer.Typer(no_args_is_help=True, help="Make, list and revoke the keys of the insurer's systems.")
Name = Annotated[str, typer.Option("--name", help="Which system: letters, digits, dots, dashes; used once for ever.")]


@keys.command()
def create(name: Name) -> None:
    """Make a key and print it alone; it is never shown again. Exit codes: 0 made, 1 the name is taken, 2 no such name."""
    if not _NAME.fullmatch(name):
        typer.echo("the name may hold letters, digits, dots, underscores and dashes, at most 64", err=True)
        raise typer.Exit(UNUSABLE_NAME)
    with open_installation() as house:
        key = house.database.carry_out(api_keys.create_key, Operator("key"), name, now=clock.now())
    print(key)


@keys.command("list")
def show() -> None:
    """Print one line of JSON for each key, revoked ones included."""
    with open_installation() as house:
        found = house.database.ask(api_keys.list_keys, Operator("key"))
    for key in found:
        revoked_at = key.revoked_at.isoformat() if key.revoked_at else None
        print(json.dumps({"name": key.name, "created_at": key.created_at.isoformat(), "revoked_at": revoked_at}))


@keys.command()
def revoke(name: Name) -> None:
    """Let a key open nothing any more, at once. Exit codes: 0 revoked, 1 no working key has this name."""
    with open_installation() as house:
        house.database.carry_out(api_keys.revoke_key, Operator("key"), name, now=clock.now())
