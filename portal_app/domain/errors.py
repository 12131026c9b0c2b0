"""Every refusal the portal can give, named as the fact; doors translate them once.

`code` is stable: customers see a sentence for it, insurer systems read it in problem answers.
Facts are values that the sentence may show; they never hold secrets.
"""

from typing import ClassVar


class PortalError(Exception):
    """The root of all refusals."""

    code: ClassVar[str]

    def __init__(self, **facts: object) -> None:
        """Keep the facts that the sentence needs."""
        self.facts = facts
        super().__init__(self.code)


# ── who is asking ──


class NotSignedIn(PortalError):
    """The visitor has no running sign-in."""

    code = "not_signed_in"


class NotAllowed(PortalError):
    """The visitor may not do this at this stage."""

    code = "not_allowed"


class SignInRefused(PortalError):
    """Identifier and password do not match; also the answer for unknown identifiers."""

    code = "sign_in_refused"


class ChallengeNeeded(PortalError):
    """The security code is missing (R36)."""

    code = "challenge_needed"


class ChallengeWrong(PortalError):
    """The security code does not match, is used up or too old."""

    code = "challenge_wrong"


class SignInLocked(PortalError):
    """Ten failures; only a new password lifts it (R37)."""

    code = "sign_in_locked"


class TooSoon(PortalError):
    """The next attempt must wait some seconds; fact `seconds`."""

    code = "too_soon"


class TooMany(PortalError):
    """The source has asked too often."""

    code = "too_many"


class PasswordExpired(PortalError):
    """The yearly renewal was missed; only a mailed link helps (R35)."""

    code = "password_expired"


class SentPasswordExpired(PortalError):
    """A password that we sent was used too late; another one is asked for (G10)."""

    code = "sent_password_expired"


class PasswordRefused(PortalError):
    """The new password breaks rules; fact `flaws`."""

    code = "password_refused"


class CurrentPasswordWrong(PortalError):
    """The current password given for a change is not right."""

    code = "current_password_wrong"


class LinkUnknown(PortalError):
    """No such link was ever sent."""

    code = "link_unknown"


class LinkExpired(PortalError):
    """The link is too old."""

    code = "link_expired"


class LinkUsed(PortalError):
    """The link did its work already."""

    code = "link_used"


class LinkSuperseded(PortalError):
    """A newer link was sent after this one."""

    code = "link_superseded"


# ── letters and documents ──


class LetterNotFound(PortalError):
    """No such letter, or not this customer's: both answer alike."""

    code = "letter_not_found"


class DocumentNotFound(PortalError):
    """No such document, or not this customer's."""

    code = "document_not_found"


class ConfirmationNeeded(PortalError):
    """A letter that asks for confirmation cannot be deleted before it."""

    code = "confirmation_needed"


class ArchiveTooLarge(PortalError):
    """The letters are larger together than what is sent as one archive; fact `most` in bytes."""

    code = "archive_too_large"


class MessageNotFound(PortalError):
    """No such message, or not this visitor's."""

    code = "message_not_found"


class ReplyEmpty(PortalError):
    """A reply needs words."""

    code = "reply_empty"


class ReplyTooLong(PortalError):
    """The reply is longer than allowed; fact `most`."""

    code = "reply_too_long"


class TooManyFiles(PortalError):
    """More files than allowed; fact `most`."""

    code = "too_many_files"


# ── files ──


class FileEmpty(PortalError):
    """The file has no content."""

    code = "file_empty"


class FileTooLarge(PortalError):
    """The file is larger than allowed; fact `most` in bytes."""

    code = "file_too_large"


class FileTypeNotAllowed(PortalError):
    """Extension, first bytes and parser do not agree on an allowed type."""

    code = "file_type_not_allowed"


class FileDamaged(PortalError):
    """The parser cannot read the file."""

    code = "file_damaged"


class FileEncrypted(PortalError):
    """The file asks for a password."""

    code = "file_encrypted"


class FileActive(PortalError):
    """The file contains something that runs."""

    code = "file_active"


class FileInfected(PortalError):
    """The virus scanner found something."""

    code = "file_infected"


class ScannerUnavailable(PortalError):
    """The virus scanner did not answer; nothing was stored."""

    code = "scanner_unavailable"


# ── intake: what insurer systems are told ──


class KeyMissing(PortalError):
    """The request carries no valid API key."""

    code = "key_missing"


class RateExceeded(PortalError):
    """An API key has sent more requests within a minute than it may; facts `most` and `seconds`."""

    code = "rate_exceeded"


class KeyNameTaken(PortalError):
    """An API key of this name exists or existed; fact `name`."""

    code = "key_name_taken"


class KeyUnknown(PortalError):
    """No working API key has this name; fact `name`."""

    code = "key_unknown"


class RequestInvalid(PortalError):
    """The request does not fit the schema; fact `errors`."""

    code = "request_invalid"


class RequestTooLarge(PortalError):
    """The request body is larger than allowed; fact `most` in bytes."""

    code = "request_too_large"


class IdempotencyKeyMissing(PortalError):
    """A creating POST needs the header Idempotency-Key."""

    code = "idempotency_key_missing"


class IdempotencyKeyReused(PortalError):
    """The key was used before with another body."""

    code = "idempotency_key_reused"


class RequestInFlight(PortalError):
    """The first request with this key is still being worked on; fact `seconds`."""

    code = "request_in_flight"


class PolicyUnknown(PortalError):
    """No policy with this number was handed over."""

    code = "policy_unknown"


class PolicyOutdated(PortalError):
    """A newer statement about this policy is already known; fact `as_of`."""

    code = "policy_outdated"


class PolicyEnded(PortalError):
    """The policy ended too long ago to take letters; fact `ended_on`."""

    code = "policy_ended"


class RecipientPostal(PortalError):
    """The policy communicates by post (R59)."""

    code = "recipient_postal"


class EmailMissing(PortalError):
    """Electronic communication needs the holder's e-mail address."""

    code = "email_missing"


class EmailInvalid(PortalError):
    """The e-mail address is not one."""

    code = "email_invalid"


class PhoneInvalid(PortalError):
    """The phone number is not one."""

    code = "phone_invalid"


class SalesRouteUnknown(PortalError):
    """The brand does not list this sales route."""

    code = "sales_route_unknown"


class AccountUnknown(PortalError):
    """The named account does not exist."""

    code = "account_unknown"


class AccountClosed(PortalError):
    """The account that the policy's letters went to is closed; a new statement about the policy opens a new one."""

    code = "account_closed"


class KindNotYetElectronic(PortalError):
    """The brand does not deliver this kind electronically yet (R5); fact `since`."""

    code = "kind_not_yet_electronic"


class ExternalRefTaken(PortalError):
    """The reference was used for another content."""

    code = "external_ref_taken"


class DeliveryNotFound(PortalError):
    """No such delivery."""

    code = "delivery_not_found"


class AttachmentMissing(PortalError):
    """A delivery needs at least one attachment."""

    code = "attachment_missing"


class AttachmentName(PortalError):
    """The file name has a path, a control character or another ending than .pdf."""

    code = "attachment_name"


class AttachmentChecksum(PortalError):
    """The content does not have the SHA-256 that was named."""

    code = "attachment_checksum"


class AttachmentNotBase64(PortalError):
    """The content is not base64."""

    code = "attachment_not_base64"


class AttachmentNotPdf(PortalError):
    """The content is not a PDF."""

    code = "attachment_not_pdf"


class AttachmentDamaged(PortalError):
    """The parser had to rebuild the file."""

    code = "attachment_damaged"


class AttachmentEncrypted(PortalError):
    """The PDF does not open without a password."""

    code = "attachment_encrypted"


class AttachmentActive(PortalError):
    """The PDF contains JavaScript, Launch actions or embedded files; fact `reasons`."""

    code = "attachment_active"


class AttachmentTooLarge(PortalError):
    """The attachment is larger than the brand allows; fact `most` in bytes."""

    code = "attachment_too_large"


class AttachmentTooMany(PortalError):
    """More attachments than the brand allows; fact `most`."""

    code = "attachment_too_many"


class BatchTooLarge(PortalError):
    """More deliveries in one batch than allowed; fact `most`."""

    code = "batch_too_large"


class AttachmentUnreadable(PortalError):
    """The drop folder has no such file, or it cannot be read; fact `name`."""

    code = "attachment_unreadable"


class IndexUnusable(PortalError):
    """The drop folder's index.csv is missing, cannot be read or lacks a column; fact `reason`."""

    code = "index_unusable"


# ── requests ──


class ApplicationNotFound(PortalError):
    """No such request, or not this customer's: both answer alike."""

    code = "application_not_found"


class ApplicationDecided(PortalError):
    """The request has ended; nothing changes it any more."""

    code = "application_decided"


class ApplicationIncomplete(PortalError):
    """The request lacks an answer."""

    code = "application_incomplete"


class PolicyElsewhere(PortalError):
    """The policy belongs to another portal than the account that is to get its letters."""

    code = "policy_elsewhere"


class BankAccountInvalid(PortalError):
    """The number is neither an IBAN nor a Hungarian bank account."""

    code = "bank_account_invalid"


# ── moving and merging accounts ──


class UpgradeNotPossible(PortalError):
    """The account cannot move to the full portal now (R39)."""

    code = "upgrade_not_possible"


class PhoneMissing(PortalError):
    """A code by text message was asked for, and no number is known."""

    code = "phone_missing"


class CodeWrong(PortalError):
    """The code that was sent is another one, used up or too old."""

    code = "code_wrong"


class MergeNotProved(PortalError):
    """Nobody has proved, here and in the last minutes, that the other account is theirs (R56)."""

    code = "merge_not_proved"


class MergeNotPossible(PortalError):
    """The two accounts cannot become one: one of them is being closed, sleeps already, or belongs to another portal."""

    code = "merge_not_possible"


class MergeNotFound(PortalError):
    """No merge of this account that can still be undone."""

    code = "merge_not_found"


# ── the house itself ──


class Busy(PortalError):
    """Too much at once; try again soon; fact `seconds`."""

    code = "busy"


class ClosingNotFound(PortalError):
    """No closing of an account waits to be confirmed or cancelled."""

    code = "closing_not_found"


class AddressTaken(PortalError):
    """The notification address cannot be used."""

    code = "address_taken"


class StorageUnavailable(PortalError):
    """Documents cannot be stored or read at the moment; nothing was changed."""

    code = "storage_unavailable"


class StorageFull(PortalError):
    """There is no room for another document; nothing was stored."""

    code = "storage_full"
