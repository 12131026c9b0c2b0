"""`messages` and `answer`: what customers wrote, read and answered from the server."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from portal_app.domain.actors import Operator
from portal_app.domain.errors import PortalError
from portal_app.domain.messages import MessageStatus
from portal_app.gateways import clock
from portal_app.operations.opening import open_installation
from portal_app.services import answers, documents
from portal_app.services.answers import InsurersMessage
from portal_app.services.documents import CheckedFile
from portal_app.services.house import House
from portal_app.texts.refusals import refusal_sentence

REFUSED = 1
UNREADABLE = 2
_SHOWN_WORDS = 60

Id = Annotated[str, typer.Argument(metavar="ID", help="The message's id or its reference, such as V-2026-7KQ4M2.")]


def messages(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as one JSON list.")] = False,
    only_open: Annotated[bool, typer.Option("--open", help="Only messages that are not answered yet.")] = False,
    files: Annotated[Path | None, typer.Option(help="Save the messages' files into this folder.")] = None,
    take: Annotated[str, typer.Option(metavar="ID", help="Show the customer that this message is being worked on.")] = "",
) -> None:
    """List what customers wrote, the oldest first. Exit codes: 0 listed, 1 there is no message to take."""
    with open_installation() as house:
        if take:
            house.database.carry_out(answers.take_up, _operator(), take, now=clock.now())
        found = _all(house, only_open=only_open)
        if files is not None:
            _save(house, found, files)
    if as_json:
        print(json.dumps([_as_json(message) for message in found], ensure_ascii=False, indent=2))
    else:
        _print_table(found)


def answer(
    message_id: Id,
    text: Annotated[str, typer.Option(metavar="FILE", help="The answer's words, UTF-8; - reads them from the input.")],
    attach: Annotated[list[Path] | None, typer.Option(metavar="FILE", help="A file for the customer; may be repeated.")] = None,
) -> None:
    """Answer a message; the customer sees it at once, and giving the same answer again changes nothing.

    Exit codes: 0 answered (or was before), 1 refused: no such message, no words, a file that cannot be accepted,
    2 a file cannot be read.
    """
    words, contents = _read_words(text), [_read_file(path) for path in attach or []]
    with open_installation() as house:
        house.database.ask(answers.check_answer, _operator(), message_id, words)
        checked = [_checked(house, path.name, content) for path, content in zip(attach or [], contents, strict=True)]
        files = documents.store_files(house.objects, checked)
        given = house.database.carry_out(
            answers.answer, _operator(), message_id, words, files, brand=house.brand, now=clock.now()
        )
    print(json.dumps({"id": given.id, "reference": given.reference, "answers": given.answers, "repeated": given.repeated}))


def _operator() -> Operator:
    return Operator("messages")


def _all(house: House, *, only_open: bool) -> list[InsurersMessage]:
    found: list[InsurersMessage] = []
    while portion := house.database.ask(
        answers.list_messages, _operator(), after=found[-1].id if found else "", open_only=only_open
    ):
        found += portion
    return found


def _as_json(message: InsurersMessage) -> dict[str, object]:
    return {
        **asdict(message),
        "written_at": message.written_at.isoformat(),
        "due_on": message.due_on.isoformat() if message.due_on else None,
        "files": [
            {"id": file.public_id, "name": file.name, "media_type": file.media_type, "size": file.size, "sha256": file.sha256}
            for file in message.files
        ],
    }


def _print_table(found: Sequence[InsurersMessage]) -> None:
    kept_whole = [Column(name, no_wrap=True) for name in ("reference", "status", "due")]
    table = Table(*kept_whole, "policy", "subject", "files", "text")
    for message in found:
        words = " ".join(message.text.split())
        table.add_row(
            message.reference,
            message.status,
            message.due_on.isoformat() if message.due_on else "",
            Text(message.policy_number),
            Text(message.subject),
            str(len(message.files)),
            Text(words if len(words) <= _SHOWN_WORDS else f"{words[:_SHOWN_WORDS]}…"),
        )
    console = Console()
    console.print(table)
    waiting = sum(message.status != MessageStatus.ANSWERED for message in found)
    console.print(f"{len(found)} messages, {waiting} open", markup=False)


def _save(house: House, found: Sequence[InsurersMessage], folder: Path) -> None:
    """Write every file as `<reference>/<position>-<name>`; names were cleaned when the files came in."""
    for message in found:
        for position, file in enumerate(message.files, start=1):
            document = house.database.ask(answers.find_file, _operator(), file.public_id)
            path = folder / message.reference / f"{position}-{document.name}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(house.objects.read(document.object_key, document.wrapped_key))


def _read_words(source: str) -> str:
    if source == "-":
        return sys.stdin.read()
    try:
        return Path(source).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise _unreadable(source) from None


def _read_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise _unreadable(str(path)) from None


def _unreadable(name: str) -> typer.Exit:
    typer.echo(f"{name}: cannot be read", err=True)
    return typer.Exit(UNREADABLE)


def _checked(house: House, name: str, content: bytes) -> CheckedFile:
    try:
        most = house.brand.limits.reply_file_bytes
        return documents.check_upload(name, content, most=most, scanner=house.scanner)
    except PortalError as refusal:
        typer.echo(f"{name}: {refusal_sentence(refusal.code, 'en', 'formal', refusal.facts)}", err=True)
        raise typer.Exit(REFUSED) from None
