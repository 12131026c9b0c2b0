"""The drop folder: `index.csv` says what the PDFs beside it are, `result.csv` what became of each line.

The result is written as the work goes on, so that a delivery that was killed goes on where it stopped.
"""

import csv
import os
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, fields
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from portal_app.domain.deliveries import Attachment, Handover, is_plain_pdf_name
from portal_app.domain.errors import AttachmentName, AttachmentUnreadable, IndexUnusable, PortalError, RequestInvalid
from portal_app.services.handovers import LetterSaid

INDEX, RESULT, DRY_RESULT = "index.csv", "result.csv", "dry-run.csv"
REQUIRED = ("external_ref", "policy_number", "kind", "subject", "files")
OPTIONAL = ("summary", "publish_at", "due_on", "amount", "requires_confirmation", "sha256")
BETWEEN_FILES = "|"
DELIMITERS = ",;\t"
DONE = frozenset({"placed", "scheduled", "repeated"})


@dataclass(frozen=True)
class IndexLine:
    """One line of the index: its number (the header is line 1), its columns, and a digest that changes with them."""

    number: int
    columns: dict[str, str]
    digest: str

    @property
    def external_ref(self) -> str:
        """The reference, as far as there is one."""
        return self.columns.get("external_ref", "")

    @property
    def files(self) -> list[str]:
        """The names of the files."""
        return [name.strip() for name in self.columns["files"].split(BETWEEN_FILES) if name.strip()]


@dataclass(frozen=True)
class ResultLine:
    """What became of a line: `outcome` is placed, scheduled, repeated, acceptable or refused."""

    line: str
    external_ref: str
    outcome: str
    code: str = ""
    id: str = ""
    what_to_do: str = ""
    digest: str = ""


HEADINGS = tuple(field.name for field in fields(ResultLine))


def read_index(folder: Path, encoding: str) -> list[IndexLine]:
    """Read the index; `IndexUnusable` (fact `reason`) says in a sentence why it cannot be used."""
    try:
        text = (folder / INDEX).read_text(encoding="utf-8-sig" if encoding.lower() in {"utf-8", "utf8"} else encoding)
    except OSError as fault:
        raise IndexUnusable(reason=f"{folder / INDEX}: {fault.strerror}") from fault
    except UnicodeDecodeError as fault:
        reason = f"{folder / INDEX} is not {encoding}; save it as UTF-8, or name its encoding: --encoding cp1250"
        raise IndexUnusable(reason=reason) from fault
    except LookupError as fault:
        raise IndexUnusable(reason=f"there is no encoding {encoding}") from fault
    heading = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=heading.count)
    try:
        return _lines(csv.reader(text.splitlines(keepends=True), delimiter=delimiter, strict=True))
    except csv.Error as fault:
        raise IndexUnusable(reason=f"{INDEX} is not a CSV file: {fault}") from fault


def read_handover(folder: Path, line: IndexLine) -> Handover:
    """Read the letter of a line with its files.

    Raises `RequestInvalid` (fact `errors`), `AttachmentName` and `AttachmentUnreadable` (fact `name`).
    """
    said = {name: value for name, value in line.columns.items() if name not in {"files", "sha256"} and value}
    try:
        letter = LetterSaid.model_validate_strings(said)
    except ValidationError as wrong:
        errors = [{"pointer": _pointer(error["loc"]), "code": error["type"], "detail": error["msg"]} for error in wrong.errors()]
        raise RequestInvalid(errors=errors) from None
    claimed = [digest.strip() for digest in line.columns.get("sha256", "").split(BETWEEN_FILES) if digest.strip()]
    if claimed and len(claimed) != len(line.files):
        raise RequestInvalid(errors=[{"pointer": "/sha256", "code": "count", "detail": "must name one SHA-256 for each file"}])
    files = [_attachment(folder, name, position, claimed) for position, name in enumerate(line.files)]
    return letter.with_files(tuple(files))


def complaints(refusal: PortalError) -> str:
    """Name the columns that do not fit, for the result."""
    errors = refusal.facts.get("errors", [])
    return "; ".join(f"{error['pointer'].lstrip('/')}: {error['detail']}" for error in errors) if isinstance(errors, list) else ""


class ResultFile:
    """The result as it grows: every line is durable before the next letters are taken up."""

    def __init__(self, path: Path) -> None:
        """Take up the result of an earlier run; a line that was cut by a kill is forgotten."""
        self._path = path
        self.lines = {line.line: line for line in _earlier(path)}
        self._replace()

    def is_done(self, line: IndexLine) -> bool:
        """Whether an earlier run delivered exactly this line."""
        known = self.lines.get(str(line.number))
        return known is not None and known.outcome in DONE and known.digest == line.digest

    def add(self, results: Iterable[ResultLine]) -> None:
        """Append results durably."""
        new = list(results)
        with self._path.open("a", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(astuple(line) for line in new)
            file.flush()
            os.fsync(file.fileno())
        self.lines |= {line.line: line for line in new}

    def finish(self) -> None:
        """Put the lines in the order of the index, each once."""
        self._replace()

    def _replace(self) -> None:
        """Write the whole result anew; it is never seen half written."""
        part = self._path.with_suffix(".part")
        with part.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(HEADINGS)
            writer.writerows(astuple(line) for line in sorted(self.lines.values(), key=lambda line: int(line.line)))
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._path)


def _lines(rows: Iterator[list[str]]) -> list[IndexLine]:
    reader = iter(rows)
    headings = [name.strip().lower() for name in next(reader, [])]
    missing = [name for name in REQUIRED if name not in headings]
    unknown = [name for name in headings if name not in REQUIRED + OPTIONAL]
    if missing or unknown:
        told = [f"lacks the column {name}" for name in missing] + [f"has an unknown column {name!r}" for name in unknown]
        raise IndexUnusable(reason=f"{INDEX} {' and '.join(told)}")
    lines = []
    for row in reader:
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(headings):
            reason = f"{INDEX}, line {rows.line_num}: has {len(row)} columns instead of {len(headings)}"  # type: ignore[attr-defined]
            raise IndexUnusable(reason=reason)
        columns = {name: cell.strip() for name, cell in zip(headings, row, strict=True)}
        digest = sha256("\0".join(row).encode()).hexdigest()[:16]
        lines.append(IndexLine(rows.line_num, columns, digest))  # type: ignore[attr-defined]
    return lines


def _attachment(folder: Path, name: str, position: int, claimed: list[str]) -> Attachment:
    if not is_plain_pdf_name(name):
        raise AttachmentName(pointer=f"/files/{position}")
    try:
        content = (folder / name).read_bytes()
    except OSError as fault:
        raise AttachmentUnreadable(name=name) from fault
    return Attachment(name, claimed[position] if claimed else sha256(content).hexdigest(), content)


def _earlier(path: Path) -> Iterator[ResultLine]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return
    whole = text[: text.rfind("\n") + 1]
    for row in csv.DictReader(whole.splitlines()):
        if set(row) == set(HEADINGS) and str(row["line"]).isdecimal() and None not in row.values():
            yield ResultLine(**{name: str(row[name]) for name in HEADINGS})


def _pointer(location: tuple[Any, ...]) -> str:
    return "".join(f"/{part}" for part in location)
