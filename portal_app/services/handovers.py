"""Handovers: what an insurer may say of a letter, by whichever way the letter comes in.

Unknown fields are refused, nothing is converted in silence, and control characters go nowhere.
"""

import unicodedata
from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from portal_app.domain.deliveries import Attachment, Handover
from portal_app.domain.kinds import LetterKind

# PostgreSQL's integer, rounded down; two billion forints are more than any letter asks for.
MOST_FORINTS = 2_000_000_000
EARLIEST, LATEST = date(1900, 1, 1), date(2200, 1, 1)


def _without_controls(text: str) -> str:
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in text):
        raise ValueError("control characters are not allowed")
    return text


def _with_line_breaks_only(text: str) -> str:
    _without_controls(text.replace("\r\n", "\n").replace("\n", "").replace("\t", ""))
    return text


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be blank")
    return text


def _within_reason(day: date) -> date:
    if not EARLIEST <= day < LATEST:
        raise ValueError(f"must be a date from {EARLIEST} to before {LATEST}")
    return day


def _moment_within_reason(moment: datetime) -> datetime:
    try:
        _within_reason(moment.astimezone(UTC).date())
    except OverflowError:
        _within_reason(date.max)
    return moment


_PRINTED = "^[^\\u0000-\\u001f\\u007f]*$"
Line = Annotated[str, AfterValidator(_without_controls), Field(json_schema_extra={"pattern": _PRINTED})]
Words = Annotated[Line, AfterValidator(_not_blank)]
Paragraphs = Annotated[str, AfterValidator(_with_line_breaks_only)]
Day = Annotated[date, AfterValidator(_within_reason)]
Moment = Annotated[AwareDatetime, AfterValidator(_moment_within_reason)]
PolicyNumber = Annotated[Words, Field(min_length=1, max_length=64)]


class LetterSaid(BaseModel):
    """Everything that is said of a letter, but for its files."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    external_ref: Annotated[
        Words,
        Field(min_length=1, max_length=100, description="Your reference, unique for ever.", examples=["SZ-2026-000123"]),
    ]
    policy_number: PolicyNumber
    kind: LetterKind
    subject: Annotated[Words, Field(min_length=1, max_length=200, examples=["Payment reminder"])]
    summary: Annotated[Paragraphs, Field(max_length=2000, description="What the letter says, in plain words.")] = ""
    publish_at: Annotated[Moment | None, Field(description="Until then nobody sees the letter.")] = None
    due_on: Annotated[Day | None, Field(description="The customer's deadline.")] = None
    amount: Annotated[int | None, Field(ge=0, le=MOST_FORINTS, description="In forints.")] = None
    requires_confirmation: Annotated[bool, Field(description="The customer has to confirm having read it.")] = False

    def with_files(self, attachments: tuple[Attachment, ...]) -> Handover:
        """Give the letter as the domain knows it."""
        return Handover(
            external_ref=self.external_ref,
            policy_number=self.policy_number,
            kind=self.kind,
            subject=self.subject,
            summary=self.summary,
            attachments=attachments,
            publish_at=self.publish_at,
            due_on=self.due_on,
            amount=self.amount,
            requires_confirmation=self.requires_confirmation,
        )
