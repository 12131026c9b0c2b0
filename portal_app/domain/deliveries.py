"""Deliveries: what the insurer hands over for a customer, and when it is refused."""

import json
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import sha256

from portal_app.domain.brands import Brand
from portal_app.domain.errors import (
    AccountClosed,
    AttachmentMissing,
    AttachmentName,
    AttachmentTooMany,
    KindNotYetElectronic,
    PolicyEnded,
    PolicyUnknown,
    RecipientPostal,
)
from portal_app.domain.kinds import LetterKind
from portal_app.domain.policies import Communication, takes_no_letters_since

LONGEST_NAME = 150
# Separators of every system, and what Windows refuses in names.
_FORBIDDEN_IN_NAMES = frozenset('/\\:*?"<>|')
_RESERVED_NAMES = frozenset(
    ["CON", "PRN", "AUX", "NUL", *(f"{port}{number}" for port in ("COM", "LPT") for number in range(1, 10))]
)


@dataclass(frozen=True)
class Attachment:
    """A file as it was handed over, with the SHA-256 (hex) it claims to have."""

    name: str
    sha256: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Handover:
    """One letter as the insurer's system hands it over; `amount` in forints."""

    external_ref: str
    policy_number: str
    kind: LetterKind
    subject: str
    summary: str
    attachments: tuple[Attachment, ...]
    publish_at: datetime | None = None
    due_on: date | None = None
    amount: int | None = None
    requires_confirmation: bool = False


@dataclass(frozen=True)
class Recipient:
    """What is known of the policy that a delivery names, and of the account its letters go to."""

    policy_id: int
    communication: Communication
    ended_on: date | None
    plate_number: str
    account_id: int | None
    account_portal: str = ""
    account_closed: bool = False


def fingerprint(handover: Handover) -> str:
    """Give the SHA-256 that two handovers share exactly when they say the same with the same files."""
    said = [
        handover.policy_number,
        handover.kind,
        handover.subject,
        handover.summary,
        handover.publish_at.astimezone(UTC).isoformat() if handover.publish_at else "",
        handover.due_on.isoformat() if handover.due_on else "",
        handover.amount,
        handover.requires_confirmation,
        [[attachment.name, attachment.sha256.lower()] for attachment in handover.attachments],
    ]
    return sha256(json.dumps(said).encode()).hexdigest()


def check_names(handover: Handover, most: int) -> None:
    """Refuse a handover whose files are none, too many, or badly named.

    Raises `AttachmentMissing`, `AttachmentTooMany` (fact `most`), `AttachmentName`; names are refused, never changed.
    """
    if not handover.attachments:
        raise AttachmentMissing(pointer="/attachments")
    if len(handover.attachments) > most:
        raise AttachmentTooMany(pointer="/attachments", most=most)
    seen: set[str] = set()
    for position, attachment in enumerate(handover.attachments):
        folded = unicodedata.normalize("NFC", attachment.name).casefold()
        if not is_plain_pdf_name(attachment.name) or folded in seen:
            raise AttachmentName(pointer=f"/attachments/{position}/name")
        seen.add(folded)


def is_plain_pdf_name(name: str) -> bool:
    """Whether a file can carry this name on every system as it stands: no path, no control character, ends in .pdf."""
    stem, dot, ending = name.rpartition(".")
    return (
        len(name) <= LONGEST_NAME
        and bool(stem.strip(". "))
        and dot + ending.lower() == ".pdf"
        and name == name.strip()
        and not name.startswith(".")
        and not any(character in _FORBIDDEN_IN_NAMES or _is_invisible(character) for character in name)
        and stem.partition(".")[0].strip().upper() not in _RESERVED_NAMES
    )


def check_recipient(handover: Handover, recipient: Recipient | None, brand: Brand, today: date) -> int:
    """Refuse a handover that nobody can receive electronically; give the account's id otherwise.

    Raises `PolicyUnknown`, `RecipientPostal` (R59), `PolicyEnded` (fact `ended_on`), `KindNotYetElectronic`
    (R5, fact `since`) and `AccountClosed`.
    """
    if recipient is None:
        raise PolicyUnknown(pointer="/policy_number")
    if recipient.communication == Communication.POSTAL:
        raise RecipientPostal(pointer="/policy_number")
    if takes_no_letters_since(recipient.ended_on, today, brand.retention.accept_after_end_days):
        raise PolicyEnded(pointer="/policy_number", ended_on=recipient.ended_on)
    since = brand.electronic_from.get(handover.kind)
    if since and today < since:
        raise KindNotYetElectronic(pointer="/kind", since=since)
    if recipient.account_id is None or recipient.account_closed:
        raise AccountClosed(pointer="/policy_number")
    return recipient.account_id


def _is_invisible(character: str) -> bool:
    """Whether it is a control, a direction mark or another character that a reader would not see."""
    return unicodedata.category(character) in {"Cc", "Cf", "Co", "Cn", "Cs", "Zl", "Zp"}
