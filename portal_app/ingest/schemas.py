"""What insurer systems may send and what they are answered: the shapes, and how they become values of the domain."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, WithJsonSchema
from pydantic_core import to_json

from portal_app.domain.deliveries import Attachment, Handover
from portal_app.domain.errors import AttachmentNotBase64, BatchTooLarge, PortalError, RequestInvalid
from portal_app.domain.kinds import LetterKind
from portal_app.domain.policies import Communication, Holder, PolicyStatement, PolicyStatus, SalesRoute
from portal_app.services.handovers import Day, LetterSaid, Line, Moment, Words

_BASE64 = {"type": "string", "contentEncoding": "base64"}


_AS_JSON = ConfigDict(extra="forbid", frozen=True, strict=True, val_json_bytes="base64")


class _Sent(BaseModel):
    model_config = _AS_JSON


Sent = TypeVar("Sent", bound=BaseModel)


class HolderSent(_Sent):
    """The policyholder."""

    name: Annotated[Words, Field(min_length=1, max_length=200, examples=["Anna Minta"])]
    email: Annotated[
        Line | None, Field(max_length=254, description="Needed for electronic communication.", examples=["anna@example.com"])
    ] = None
    phone: Annotated[
        Line | None, Field(max_length=40, description="Numbers without a country are Hungarian.", examples=["+36301234567"])
    ] = None
    customer_ref: Annotated[
        Line | None,
        Field(max_length=64, description="Your number of the person; the only proof that two policies belong to one."),
    ] = None
    portal24_username: Annotated[
        Line | None, Field(max_length=64, description="For the sales route online24: the account the policy joins.")
    ] = None


class PolicySent(_Sent):
    """Everything the core system knows about a policy at a moment."""

    product: Annotated[Words, Field(min_length=1, max_length=100, examples=["KGFB"])]
    holder: HolderSent
    communication: Communication
    sales_route: SalesRoute
    status: PolicyStatus
    plate_number: Annotated[Line | None, Field(max_length=20, examples=["ABC-123"])] = None
    consent_at: Annotated[Moment | None, Field(description="When the customer chose the communication; default: now.")] = None
    accounting_documents: Annotated[bool, Field(description="The customer agreed to electronic accounting documents.")] = False
    ended_on: Annotated[Day | None, Field(description="Counts only with status ended; default: the day of as_of.")] = None
    as_of: Annotated[Moment | None, Field(description="The moment this describes; an older one is refused. Default: now.")] = None

    def statement(self, number: str, now: datetime) -> PolicyStatement:
        """Give the statement about the policy of this number, received now."""
        holder = self.holder
        return PolicyStatement(
            number=number,
            product=self.product,
            holder=Holder(
                holder.name,
                holder.email or "",
                holder.phone or "",
                holder.customer_ref or "",
                holder.portal24_username or "",
            ),
            communication=self.communication,
            sales_route=self.sales_route,
            status=self.status,
            as_of=self.as_of or now,
            consent_at=self.consent_at or now,
            plate_number=self.plate_number or "",
            accounting_documents=self.accounting_documents,
            ended_on=self.ended_on,
        )


class AttachmentSent(_Sent):
    """A PDF of the letter."""

    name: Annotated[
        str, Field(max_length=1000, description="Shown to the customer; ends in .pdf, holds no path.", examples=["level.pdf"])
    ]
    sha256: Annotated[str, Field(pattern="^[0-9a-fA-F]{64}$", description="SHA-256 of the bytes, in hex.")]
    content: Annotated[bytes, Field(description="The bytes in base64, without line breaks."), WithJsonSchema(_BASE64)]


class DeliverySent(LetterSaid):
    """One letter for the holder of a policy."""

    model_config = _AS_JSON

    attachments: list[AttachmentSent]

    def handover(self) -> Handover:
        """Give the letter as the domain knows it."""
        return self.with_files(tuple(Attachment(file.name, file.sha256, file.content) for file in self.attachments))


class BatchSent(_Sent):
    """Several letters; each gets its own answer."""

    deliveries: list[DeliverySent]


class _LooseBatch(_Sent):
    """A batch whose letters are read one by one, because some of them do not fit."""

    deliveries: list[Any]


# ── answers ──


class PolicyAnswer(BaseModel):
    """What is known of the policy now."""

    policy_number: str
    communication: Communication
    consent_at: datetime | None
    status: PolicyStatus
    as_of: datetime
    portal: Annotated[str | None, Field(description="Where the holder's letters are; null without an account.")]
    account_status: Annotated[str, Field(description="none, invited (nobody has signed in yet), active, closing or closed.")]
    account_opened: Annotated[bool, Field(description="Whether this request opened the account.")]


class Links(BaseModel):
    """Where to ask what became of it."""

    self: str
    events: str


class DeliveryAccepted(BaseModel):
    """A letter was taken in; everything is durable."""

    id: str
    external_ref: str
    policy_number: str
    kind: LetterKind
    status: Annotated[str, Field(description="placed, or scheduled until publish_at.")]
    accepted_at: str
    publish_at: str | None
    repeated: Annotated[
        bool, Field(description="True when the same letter was handed over before: this is the first answer again.")
    ]
    links: Links


class DeliveryJudged(BaseModel):
    """The judgement of a dry run: the letter would be accepted."""

    external_ref: str
    status: Annotated[str, Field(description="acceptable, or repeated when the same letter is there already.")]
    dry_run: bool = True


class DeliveryState(BaseModel):
    """What became of a delivery."""

    id: str
    external_ref: str
    policy_number: str
    kind: LetterKind
    status: Annotated[str, Field(description="scheduled, placed, opened, confirmed, binned or erased.")]
    accepted_at: datetime
    publish_at: datetime | None
    placed_at: datetime | None
    notified_at: datetime | None
    opened_at: datetime | None
    confirmed_at: datetime | None
    readable_until: Annotated[
        date | None, Field(description="Empty while the letter stays as long as its policy, and when it is gone.")
    ]
    links: Links


class DeliveryEvent(BaseModel):
    """One thing that happened to a delivery."""

    at: datetime
    event: Annotated[str, Field(examples=["letter:opened"])]
    by: Annotated[str, Field(description="insurer_system, customer, operator or stranger.")]
    details: dict[str, str | int | bool]


class DeliveryEvents(BaseModel):
    """What happened to a delivery, in order."""

    items: list[DeliveryEvent]


class MessageFile(BaseModel):
    """A file that came with a message."""

    id: str
    name: str
    media_type: str
    size: int
    sha256: str
    href: str


class MessageShown(BaseModel):
    """A customer's message."""

    id: str
    reference: str
    purpose: str
    status: str
    subject: str
    text: str
    policy_number: str
    letter_external_ref: str
    email: str
    written_at: datetime
    due_on: date | None
    answers: int
    files: list[MessageFile]


class Messages(BaseModel):
    """Customers' messages, the oldest first."""

    items: list[MessageShown]
    next: Annotated[str | None, Field(description="The value of `after` that goes on from here.")]


class FieldProblem(BaseModel):
    """What is wrong with one field."""

    pointer: Annotated[str, Field(description="RFC 6901, within the body.")]
    code: str
    detail: str


class Problem(BaseModel):
    """A refusal (RFC 9457). Decide by `code`, which is stable; `detail` says what to do."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str
    errors: list[FieldProblem] = []


class BatchResult(BaseModel):
    """The answer for one letter of a batch: `delivery` when it was taken in, else `problem`."""

    index: int
    external_ref: str | None
    status: Annotated[int, Field(description="The HTTP status this letter would have had alone.")]
    delivery: DeliveryAccepted | DeliveryJudged | None = None
    problem: Problem | None = None


class BatchAnswer(BaseModel):
    """One result per letter, in the order of the request."""

    accepted: int
    repeated: int
    refused: int
    results: list[BatchResult]


# ── reading ──


def read_policy(body: bytes) -> PolicySent:
    """Read the body of a `PUT`; `RequestInvalid` (fact `errors`) when it does not fit."""
    return _read(PolicySent, body)


def read_delivery(body: bytes) -> DeliverySent:
    """Read the body of one delivery; `RequestInvalid` (fact `errors`) or `AttachmentNotBase64` when it does not fit."""
    return _read(DeliverySent, body)


def read_batch(body: bytes, most: int) -> list[DeliverySent | PortalError]:
    """Read a batch; what does not fit stands as a refusal in its place.

    Raises `RequestInvalid` when the batch itself does not fit and `BatchTooLarge` (fact `most`).
    """
    try:
        letters: Sequence[DeliverySent | PortalError] = BatchSent.model_validate_json(body).deliveries
    except ValidationError:
        loose = _read(_LooseBatch, body).deliveries
        if len(loose) > most:
            raise BatchTooLarge(pointer="/deliveries", most=most) from None
        letters = [_letter_or_refusal(letter) for letter in loose]
    if len(letters) > most:
        raise BatchTooLarge(pointer="/deliveries", most=most)
    return list(letters)


def _letter_or_refusal(letter: Any) -> DeliverySent | PortalError:
    try:
        # The texts of JSON, such as dates, are read as JSON only; a wrong letter is rare enough to be written again.
        return DeliverySent.model_validate_json(_as_json(letter))
    except ValidationError as wrong:
        return _refusal(wrong)


def _as_json(value: Any) -> bytes:
    return to_json(value, inf_nan_mode="constants")


def _read(shape: type[Sent], body: bytes) -> Sent:
    try:
        return shape.model_validate_json(body)
    except ValidationError as wrong:
        raise _refusal(wrong) from None


def _refusal(wrong: ValidationError) -> PortalError:
    """Name each field that does not fit; what was sent is not repeated, because it may be a whole letter."""
    if all(error["type"] == "bytes_invalid_encoding" for error in wrong.errors(include_url=False, include_input=False)):
        return AttachmentNotBase64(pointer=_pointer(wrong.errors()[0]["loc"]))
    errors = [
        {"pointer": _pointer(error["loc"]), "code": error["type"], "detail": error["msg"].removeprefix("Value error, ")}
        for error in wrong.errors(include_url=False, include_input=False, include_context=False)
    ]
    return RequestInvalid(errors=errors[:100])


def _pointer(location: tuple[int | str, ...]) -> str:
    parts = [str(part).replace("~", "~0").replace("/", "~1") for part in location]
    return "".join(f"/{part}" for part in parts)
