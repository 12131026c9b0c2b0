"""Attachments: the files of letters that are handed over, compared with what is claimed of them and looked through."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from portal_app.domain.brands import ActiveContent, Brand
from portal_app.domain.deliveries import Handover, check_names
from portal_app.domain.errors import (
    AttachmentActive,
    AttachmentChecksum,
    AttachmentTooLarge,
    FileInfected,
    PortalError,
)
from portal_app.gateways.pdf import PdfFacts, inspect_many
from portal_app.gateways.scanner import Scanner

MEDIA_TYPE = "application/pdf"


@dataclass(frozen=True)
class LookedThrough:
    """A file's facts after the parser and the virus scanner found nothing against it."""

    pages: int
    tagged: bool
    flagged: str


def check_claims(handover: Handover, brand: Brand) -> None:
    """Compare the files of a letter with what is claimed and allowed.

    Raises `AttachmentMissing`, `AttachmentTooMany`, `AttachmentName`, `AttachmentTooLarge` or `AttachmentChecksum`,
    each with the fact `pointer` (RFC 6901, within the letter).
    """
    check_names(handover, brand.limits.attachments)
    most = brand.limits.attachment_bytes
    for position, attachment in enumerate(handover.attachments):
        if len(attachment.content) > most:
            raise AttachmentTooLarge(pointer=f"/attachments/{position}/content", most=most)
        if sha256(attachment.content).hexdigest() != attachment.sha256.lower():
            raise AttachmentChecksum(pointer=f"/attachments/{position}/sha256")


def look_through(
    letters: Sequence[Sequence[bytes]], *, brand: Brand, scanner: Scanner
) -> list[list[LookedThrough] | PortalError]:
    """Parse and scan the files of many letters; give the facts of each letter's files, or the refusal of the letter.

    Refusals are `AttachmentNotPdf`, `AttachmentDamaged`, `AttachmentEncrypted`, `AttachmentActive` (fact `reasons`)
    and `FileInfected`. Raises `ScannerUnavailable` and `Busy`, which concern no single letter.
    """
    found = iter(inspect_many([content for contents in letters for content in contents]))
    return [_judged([_facts(next(found), content, brand, scanner) for content in contents]) for contents in letters]


def _facts(found: PdfFacts | PortalError, content: bytes, brand: Brand, scanner: Scanner) -> LookedThrough | PortalError:
    if isinstance(found, PortalError):
        return found
    reasons = ", ".join(found.reasons)
    if found.active_content and brand.active_content == ActiveContent.REFUSE:
        return AttachmentActive(reasons=reasons)
    try:
        scanner.scan(content)
    except FileInfected as infected:
        return infected
    return LookedThrough(found.pages, found.tagged, reasons)


def _judged(files: list[LookedThrough | PortalError]) -> list[LookedThrough] | PortalError:
    for position, file in enumerate(files):
        if isinstance(file, PortalError):
            return type(file)(**{**file.facts, "pointer": f"/attachments/{position}/content"})
    return [file for file in files if isinstance(file, LookedThrough)]
