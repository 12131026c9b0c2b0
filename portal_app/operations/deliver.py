"""`deliver FOLDER`: hands over the letters of a drop folder, like the API and through the same services."""

import fcntl
import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from portal_app.domain.actors import Operator
from portal_app.domain.deliveries import Handover
from portal_app.domain.errors import PortalError
from portal_app.gateways import clock
from portal_app.operations.drop_folder import (
    DRY_RESULT,
    RESULT,
    IndexLine,
    ResultFile,
    ResultLine,
    complaints,
    read_handover,
    read_index,
)
from portal_app.operations.opening import open_installation
from portal_app.operations.turns import BUSY
from portal_app.services import intake
from portal_app.services.house import House
from portal_app.services.intake import Desk, Outcome
from portal_app.texts.refusals import api_sentence

REFUSED = 1
UNUSABLE = 2
LINES_AT_ONCE = 100
BYTES_AT_ONCE = 64_000_000


class Language(StrEnum):
    """The languages of the result."""

    EN = "en"
    HU = "hu"


# What passes by itself: running the command again goes on.
_PASSING = frozenset({"busy", "storage_unavailable", "storage_full", "scanner_unavailable"})


@dataclass(frozen=True)
class Delivering:
    """One run over one folder."""

    house: House
    folder: Path
    result: ResultFile
    language: str = "en"
    dry_run: bool = False

    def take(self, lines: Sequence[IndexLine]) -> list[ResultLine]:
        """Take in the letters of a few lines and say what became of each."""
        read = [_read(self.folder, line) for line in lines]
        handovers = [letter for letter in read if isinstance(letter, Handover)]
        decided = iter(self._hand_over(handovers))
        outcomes = [next(decided) if isinstance(letter, Handover) else letter for letter in read]
        return [self._result(line, outcome) for line, outcome in zip(lines, outcomes, strict=True)]

    def _hand_over(self, handovers: Sequence[Handover]) -> Sequence[Outcome | None]:
        desk = Desk(self.house.database, self.house.objects, self.house.scanner, self.house.brand)
        actor = Operator("deliver")
        if self.dry_run:
            return intake.judge(desk, actor, handovers, now=clock.now())
        return intake.hand_over(desk, actor, handovers, now=clock.now)

    def _result(self, line: IndexLine, outcome: Outcome | None) -> ResultLine:
        told = ResultLine(str(line.number), line.external_ref, "acceptable", digest=line.digest)
        if outcome is None:
            return told
        if isinstance(outcome, PortalError):
            words = " ".join(filter(None, [api_sentence(outcome.code, self.language, outcome.facts), complaints(outcome)]))
            return replace(told, outcome="refused", code=outcome.code, what_to_do=words)
        state = "repeated" if outcome.repeated else str(outcome.answer["status"])
        return replace(told, outcome=state, id=str(outcome.answer["id"]))


def deliver(
    folder: Annotated[Path, typer.Argument(help="A folder with index.csv and the PDFs it names.")],
    *,
    encoding: Annotated[str, typer.Option(help="The encoding of index.csv, such as cp1250.")] = "utf-8",
    language: Annotated[Language, typer.Option(help="The language of what_to_do in the result.")] = Language.EN,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Judge only; the result goes to dry-run.csv.")] = False,
) -> None:
    """Hand over the letters of a drop folder; FOLDER/result.csv says what became of each line.

    Safe to kill and to run again: lines that were delivered are not delivered twice, refused ones are tried again.
    Prints one line of JSON on stdout. Exit codes: 0 every line is delivered; 1 lines were refused, see the result;
    2 the folder or a setting cannot be used, nothing was done; 75 storage or another run stood in the way, run again.
    """
    with open_installation() as house:
        try:
            with _alone_in(folder):
                summary = deliver_folder(house, folder, encoding=encoding, language=language, dry_run=dry_run)
        except BlockingIOError:
            _fail("another delivery of this folder is running", BUSY)
        except OSError as fault:
            _fail(f"{folder}: {fault.strerror}", UNUSABLE)
        except PortalError as refusal:
            reason = str(refusal.facts.get("reason", "")) or api_sentence(refusal.code, "en", refusal.facts)
            _fail(reason, BUSY if refusal.code in _PASSING else UNUSABLE)
    print(json.dumps(summary))
    if summary["refused"]:
        raise typer.Exit(REFUSED)


def deliver_folder(
    house: House, folder: Path, *, encoding: str = "utf-8", language: str = "en", dry_run: bool = False
) -> dict[str, object]:
    """Deliver a folder and give the summary; raises `IndexUnusable` and what concerns no single letter."""
    began = time.monotonic()
    index = read_index(folder, encoding)
    result = ResultFile(folder / (DRY_RESULT if dry_run else RESULT))
    waiting = index if dry_run else [line for line in index if not result.is_done(line)]
    delivering = Delivering(house, folder, result, language, dry_run)
    counts: Counter[str] = Counter()
    with _progress() as shown:
        task = shown.add_task("letters", total=len(index), completed=len(index) - len(waiting))
        for lines in _portions(folder, waiting):
            results = delivering.take(lines)
            result.add(results)
            counts.update(line.outcome for line in results)
            shown.advance(task, len(lines))
    result.finish()
    return {
        "command": "deliver",
        "folder": str(folder),
        "lines": len(index),
        "skipped": len(index) - len(waiting),
        **{outcome: counts[outcome] for outcome in ("placed", "scheduled", "repeated", "acceptable", "refused")},
        "dry_run": dry_run,
        "seconds": round(time.monotonic() - began, 3),
    }


def _read(folder: Path, line: IndexLine) -> Handover | PortalError:
    try:
        return read_handover(folder, line)
    except PortalError as refusal:
        return refusal


def _portions(folder: Path, lines: Sequence[IndexLine]) -> Iterator[list[IndexLine]]:
    """Cut the lines into portions that fit into memory."""
    portion: list[IndexLine] = []
    size = 0
    for line in lines:
        weight = sum(_size(folder / name) for name in line.files)
        if portion and (len(portion) == LINES_AT_ONCE or size + weight > BYTES_AT_ONCE):
            yield portion
            portion, size = [], 0
        portion.append(line)
        size += weight
    if portion:
        yield portion


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except (OSError, ValueError):
        return 0


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Keep a second run out of the folder; the lock goes when the process does, however it goes."""
    with (folder / ".deliver.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


def _progress() -> Progress:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _fail(reason: str, code: int) -> NoReturn:
    typer.echo(reason, err=True)
    raise typer.Exit(code)
