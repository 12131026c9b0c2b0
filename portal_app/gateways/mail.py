"""E-mail: real messages, handed to an SMTP server or written as files."""

import asyncio
import re
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib
import css_inline

from portal_app.gateways import clock
from portal_app.gateways.outgoing import folder_of, write_outgoing

_SECONDS = 20.0
_MOST_IDLE = 4
_PERMANENT = 500
_MESSAGE_ID = re.compile(r"<[!-;=?-~]+@[!-;=?-~]+>")
_ADDRESS_IN_TEXT = re.compile(r"<?[^\s<>@]+@[^\s<>]+>?")
_POLICY_REFUSAL = re.compile(r"\b5\.7\.\d+")
_MAILBOX_REFUSAL = re.compile(r"\b5\.[12]\.\d+")
_INLINER = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


class MailRefusedForGood(Exception):
    """The receiving side says this address will never take mail; `reason` holds no address."""

    def __init__(self, reason: str) -> None:
        """Keep the reason for operators, without addresses."""
        self.reason = _without_addresses(reason)
        super().__init__(self.reason)


class MailPostponed(Exception):
    """It did not work this time: no connection, a time-out, a temporary answer, or trouble that is ours to mend."""

    def __init__(self, reason: str) -> None:
        """Keep the reason for operators, without addresses."""
        self.reason = _without_addresses(reason)
        super().__init__(self.reason)


@dataclass(frozen=True)
class Mail:
    """One e-mail. A repeat carries the same `message_id` (`<mark@domain>`), so that it can be recognised."""

    to: str
    subject: str
    text: str
    html: str
    message_id: str
    sender_name: str
    sender_address: str
    language: str = "hu"


class MailTransport(Protocol):
    """What the courier needs of a way to send e-mail."""

    async def send(self, mail: Mail) -> None:
        """Hand over one e-mail; `MailRefusedForGood`, `MailPostponed`, or `ValueError` when it is malformed."""

    async def check(self) -> None:
        """`MailPostponed` when nothing could be handed over now; sends nothing."""

    async def close(self) -> None:
        """Let connections go."""


class FileMail:
    """Writes each e-mail as an `.eml` file that mail programs open."""

    def __init__(self, folder: Path) -> None:
        """Take the folder; it is made at the first e-mail."""
        self._folder = folder

    async def send(self, mail: Mail) -> None:
        """Write one file; it appears complete or not at all."""
        at = clock.now()
        content = mime(mail, at).as_bytes()
        try:
            await asyncio.to_thread(write_outgoing, self._folder, ".eml", content, at)
        except OSError as fault:
            raise MailPostponed(f"the file could not be written: {fault.strerror}") from fault

    async def check(self) -> None:
        """Look whether the folder is there or can be made."""
        try:
            await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
        except OSError as fault:
            raise MailPostponed(f"the folder cannot be made: {fault.strerror}") from fault

    async def close(self) -> None:
        """Do nothing: files are closed already."""


class SmtpMail:
    """Hands e-mails to an SMTP server, over connections that are kept for the next one.

    `smtp://user:password@host:port?starttls=required` demands a verified STARTTLS, `starttls=no` does without.
    When nothing is said, TLS is demanded if a password would travel, else used as far as the server offers it.
    `smtps://…` speaks TLS from the first byte. Kept connections belong to the running loop: close before leaving it.
    """

    def __init__(self, url: str, tls: ssl.SSLContext | None = None, seconds: float = _SECONDS) -> None:
        """Read the address; `ValueError` when it is none. Nothing is contacted yet.

        `tls` replaces the system's trusted certificates, `seconds` bounds each step.
        """
        parts = urlsplit(url)
        wishes = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        starttls = wishes.get("starttls", "required" if parts.username else "offered")
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or starttls not in {"required", "no", "offered"}:
            raise ValueError("An SMTP address looks like smtp://user:password@host:587?starttls=required")
        self._implicit = parts.scheme == "smtps"
        self._starttls = "no" if self._implicit else starttls
        self._host, self._port = parts.hostname, parts.port or (465 if self._implicit else 25)
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._tls = tls or ssl.create_default_context()
        self._seconds = seconds
        self._idle: list[tuple[asyncio.AbstractEventLoop, aiosmtplib.SMTP]] = []

    async def send(self, mail: Mail) -> None:
        """Hand over one e-mail and return when the server has taken responsibility for it."""
        message = mime(mail, clock.now())
        try:
            line = await self._line()
        except (aiosmtplib.SMTPException, OSError) as fault:
            raise MailPostponed(_told(fault)) from fault
        try:
            await line.send_message(message, sender=mail.sender_address, recipients=[_ascii_address(mail.to)])
        except (aiosmtplib.SMTPException, OSError) as fault:
            line.close()
            raise _judged(fault) from fault
        except BaseException:
            line.close()
            raise
        self._keep(line)

    async def check(self) -> None:
        """Connect, encrypt and sign in as for an e-mail."""
        try:
            self._keep(await self._line())
        except (aiosmtplib.SMTPException, OSError) as fault:
            raise MailPostponed(_told(fault)) from fault

    async def close(self) -> None:
        """Say goodbye to the server on every kept connection."""
        while line := self._kept():
            try:
                await line.quit()
            except (aiosmtplib.SMTPException, OSError):
                line.close()

    async def _line(self) -> aiosmtplib.SMTP:
        """Return a kept connection that still answers, or a new one."""
        while line := self._kept():
            try:
                await line.noop()
            except (aiosmtplib.SMTPException, OSError):
                line.close()
            else:
                return line
        return await self._new_line()

    async def _new_line(self) -> aiosmtplib.SMTP:
        line = aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            timeout=self._seconds,
            use_tls=self._implicit,
            start_tls=False,
            tls_context=self._tls,
        )
        try:
            await line.connect()
            if self._starttls != "no":
                await self._secure(line)
            if self._user:
                await line.login(self._user, self._password)
        except BaseException:
            line.close()
            raise
        return line

    async def _secure(self, line: aiosmtplib.SMTP) -> None:
        if self._starttls == "required":
            await line.starttls(tls_context=self._tls)
            return
        await line.ehlo()
        if line.supports_extension("starttls"):
            await line.starttls(tls_context=_without_verification())

    def _kept(self) -> aiosmtplib.SMTP | None:
        """Take the last kept connection of this loop; those of a loop that has ended are past saving."""
        while self._idle:
            loop, line = self._idle.pop()
            if loop is asyncio.get_running_loop():
                return line
        return None

    def _keep(self, line: aiosmtplib.SMTP) -> None:
        if len(self._idle) < _MOST_IDLE:
            self._idle.append((asyncio.get_running_loop(), line))
        else:
            line.close()


# Where Python breaks a line between two encoded words, it drops the blank that stood there; so nothing is broken.
_HEADERS = SMTP.clone(max_line_length=998)


def mail_transport(url: str, outgoing: Path) -> MailTransport:
    """Return the transport an address names: `smtp://…`, `smtps://…`, `file:` (the outgoing folder) or `file:/path`."""
    folder = folder_of(url, outgoing)
    return SmtpMail(url) if folder is None else FileMail(folder)


def mime(mail: Mail, at: datetime) -> EmailMessage:
    """Return the message with both its forms; `ValueError` when a header would break out of its line."""
    if not _MESSAGE_ID.fullmatch(mail.message_id):
        raise ValueError("A Message-ID looks like <mark@domain>.")
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(mail.sender_name, addr_spec=mail.sender_address)
    message["To"] = Address(addr_spec=_ascii_address(mail.to))
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(at.astimezone(UTC))
    message["Message-ID"] = mail.message_id
    # Automatic answers (holiday notices) to what a machine sent help nobody (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(mail.text, cte="quoted-printable")
    message.add_alternative(_INLINER.inline(mail.html), subtype="html", cte="quoted-printable")
    # Set last: making the message one of two parts takes such headers down to the first of them.
    message["Content-Language"] = mail.language
    message.policy = _HEADERS
    return message


def _ascii_address(address: str) -> str:
    """Return the address as servers everywhere take it, with an accented domain in its ASCII form (IDNA)."""
    local, _, domain = address.rpartition("@")
    try:
        written = f"{local}@{domain.encode('idna').decode('ascii')}"
        Address(addr_spec=written)
        written.encode("ascii")
    except (ValueError, IndexError, MessageError) as wrong:
        raise MailRefusedForGood("this is no address that mail can be sent to") from wrong
    return written


def _judged(fault: Exception) -> MailRefusedForGood | MailPostponed:
    if isinstance(fault, aiosmtplib.SMTPRecipientsRefused):
        fault = fault.recipients[0]
    if isinstance(fault, aiosmtplib.SMTPResponseException) and fault.code >= _PERMANENT:
        told = str(fault.message)
        # A policy refusal (no relaying, a blocked sender) is ours to mend; the address may be fine.
        of_recipient = isinstance(fault, aiosmtplib.SMTPRecipientRefused) and not _POLICY_REFUSAL.search(told)
        if of_recipient or _MAILBOX_REFUSAL.search(told):
            return MailRefusedForGood(_told(fault))
    return MailPostponed(_told(fault))


def _told(fault: Exception) -> str:
    if isinstance(fault, aiosmtplib.SMTPResponseException):
        return f"{fault.code} {fault.message}"
    return f"{type(fault).__name__}: {fault}"


def _without_addresses(text: str) -> str:
    return " ".join(_ADDRESS_IN_TEXT.sub("(address)", text).split())[:500]


def _without_verification() -> ssl.SSLContext:
    """Encrypt without asking who is there: better than nothing, and all that an unnamed wish can promise (RFC 7435)."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
