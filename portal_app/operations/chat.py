"""`chat` and `duty`: conversations with customers held from the server, until staff have a door of their own (G32)."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from portal_app.domain.actors import Operator
from portal_app.domain.calendar import BUDAPEST
from portal_app.gateways import clock
from portal_app.operations.opening import open_installation
from portal_app.services import chats
from portal_app.services import duty as duties
from portal_app.services.chats import ChatLine, Conversation
from portal_app.services.duty import DutyView
from portal_app.texts.catalogues import sentence

UNREADABLE = 2
MOST_HOURS = 24
_SHOWN_WORDS = 60

Who = Annotated[
    str, typer.Argument(metavar="[WHO]", help="Account id, user name or identifier, or a reference such as V-2026-7KQ4M2.")
]


class Turn(StrEnum):
    """What `duty` is to do."""

    ON = "on"
    OFF = "off"
    SHOW = "show"


def chat(
    who: Who = "",
    *,
    text: Annotated[str, typer.Option(metavar="FILE", help="What to say, UTF-8; - reads it from the input.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as one JSON value.")] = False,
) -> None:
    """List the chats, read one, or write into it; the customer sees it at once, and the same words twice are said once.

    Exit codes: 0 done, 1 no such chat, or no words, or too many, 2 the file cannot be read.
    """
    words = _read_words(text) if text else ""
    with open_installation() as house:
        database, moment = house.database, clock.now()
        if text:
            said = database.carry_out(chats.say, _operator(), who, words, now=moment)
            print(json.dumps(asdict(said)))
            return
        if who:
            thread = database.ask(chats.read_conversation, _operator(), who, brand=house.brand, now=moment)
            _print_thread(thread, as_json=as_json)
            return
        _print_conversations(database.ask(chats.list_conversations, _operator()), as_json=as_json)


def duty(
    turn: Annotated[Turn, typer.Argument(help="on, off or show")] = Turn.SHOW,
    *,
    name: Annotated[str, typer.Option(help="Whose duty; customers read the name. `off` without it lets everybody go.")] = "",
    hours: Annotated[float, typer.Option(min=0.1, max=MOST_HOURS, help="How long the duty lasts.")] = 8,
) -> None:
    """Say who answers chats now, and until when; customers see it at once. Prints who is on duty. Exit codes: 0, 2."""
    with open_installation() as house:
        database, moment = house.database, clock.now()
        if turn is Turn.ON:
            who = " ".join(name.split())[:60] or sentence("insurer.desk", "hu")
            found = database.carry_out(duties.begin_duty, _operator(), who, moment + timedelta(hours=hours), now=moment)
        elif turn is Turn.OFF:
            found = database.carry_out(duties.end_duty, _operator(), " ".join(name.split()), brand=house.brand, now=moment)
        else:
            found = database.ask(duties.read_duty, _operator(), now=moment)
    print(json.dumps(_duty(found), ensure_ascii=False))


def _operator() -> Operator:
    return Operator("chat")


def _duty(found: DutyView) -> dict[str, object]:
    return {"on_duty": [{"name": line.name, "until": line.until.isoformat()} for line in found.lines]}


def _print_conversations(found: Sequence[Conversation], *, as_json: bool) -> None:
    if as_json:
        rows = [{**asdict(one), "last_at": one.last_at.isoformat()} for one in found]
        print(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    table = Table("account", "login", "waiting", "reference", "last", "text")
    for one in found:
        table.add_row(
            one.account,
            Text(one.login),
            str(one.waiting),
            one.last_reference,
            _when(one.last_at),
            Text(_short(one.last_text)),
        )
    console = Console()
    console.print(table)
    console.print(f"{len(found)} chats, {sum(one.waiting > 0 for one in found)} waiting", markup=False)


def _print_thread(found: Sequence[ChatLine], *, as_json: bool) -> None:
    if as_json:
        rows = [
            {
                **asdict(line),
                "written_at": line.written_at.isoformat(),
                "due_on": line.due_on.isoformat() if line.due_on else None,
            }
            for line in found
        ]
        print(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    console = Console()
    for line in found:
        side = "customer" if line.by_customer else "insurer"
        console.print(f"{_when(line.written_at)} {side} {line.reference}", markup=False, highlight=False)
        console.print(line.text, markup=False, highlight=False)
        console.print()


def _when(moment: datetime) -> str:
    return moment.astimezone(BUDAPEST).strftime("%Y-%m-%d %H:%M")


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _SHOWN_WORDS else f"{words[:_SHOWN_WORDS]}…"


def _read_words(source: str) -> str:
    if source == "-":
        return sys.stdin.read()
    try:
        return Path(source).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        typer.echo(f"{source}: cannot be read", err=True)
        raise typer.Exit(UNREADABLE) from None
