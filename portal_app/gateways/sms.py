"""Short messages: posted to a gateway as JSON, or written as files."""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit, urlunsplit

import httpx

from portal_app.gateways import clock
from portal_app.gateways.outgoing import folder_of, write_outgoing

_SECONDS = 15.0
_REFUSALS = {400, 410, 422}


class SmsRefusedForGood(Exception):
    """The gateway says this number will never take a message."""

    def __init__(self, reason: str) -> None:
        """Keep the reason for operators, without the number."""
        self.reason = reason
        super().__init__(reason)


class SmsPostponed(Exception):
    """It did not work this time: no connection, a time-out, a busy gateway, or a setting that is ours to mend."""

    def __init__(self, reason: str) -> None:
        """Keep the reason for operators, without the number."""
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True)
class Sms:
    """One short message; a repeat carries the same `key`, by which the gateway recognises it."""

    to: str
    text: str
    key: str
    sender: str = ""


class SmsTransport(Protocol):
    """What the courier needs of a way to send short messages."""

    async def send(self, sms: Sms) -> None:
        """Hand over one message; `SmsRefusedForGood` or `SmsPostponed` when that failed."""

    async def check(self) -> None:
        """`SmsPostponed` when the gateway cannot be reached now; sends nothing."""

    async def close(self) -> None:
        """Let connections go."""


class FileSms:
    """Writes each short message as a `.json` file with `to`, `text` and `at`."""

    def __init__(self, folder: Path) -> None:
        """Take the folder; it is made at the first message."""
        self._folder = folder

    async def send(self, sms: Sms) -> None:
        """Write one file; it appears complete or not at all."""
        at = clock.now()
        content = json.dumps({"to": sms.to, "text": sms.text, "at": at.isoformat()}, ensure_ascii=False).encode()
        try:
            await asyncio.to_thread(write_outgoing, self._folder, ".json", content, at)
        except OSError as fault:
            raise SmsPostponed(f"the file could not be written: {fault.strerror}") from fault

    async def check(self) -> None:
        """Look whether the folder is there or can be made."""
        try:
            await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
        except OSError as fault:
            raise SmsPostponed(f"the folder cannot be made: {fault.strerror}") from fault

    async def close(self) -> None:
        """Do nothing: files are closed already."""


class HttpSms:
    """Posts each message to a gateway: `{"to", "text", "sender"}` with an `Idempotency-Key`; any 2xx means taken.

    The address may carry the access token as a password, `https://:token@gateway.example/send`; it travels as
    `Authorization: Bearer`.
    """

    def __init__(self, url: str, seconds: float = _SECONDS) -> None:
        """Read the address; `ValueError` when it is none. Nothing is contacted yet."""
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("The address of an SMS gateway looks like https://:token@gateway.example/send")
        self._url = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
        self._headers = {"Authorization": f"Bearer {unquote(parts.password)}"} if parts.password else {}
        self._seconds = seconds

    async def send(self, sms: Sms) -> None:
        """Post one message and return when the gateway has taken it."""
        body = {"to": sms.to, "text": sms.text} | ({"sender": sms.sender} if sms.sender else {})
        try:
            async with httpx.AsyncClient(timeout=self._seconds, headers=self._headers) as line:
                answer = await line.post(self._url, json=body, headers={"Idempotency-Key": sms.key})
        except httpx.HTTPError as fault:
            raise SmsPostponed(f"the gateway did not answer: {type(fault).__name__}") from fault
        if answer.is_success:
            return
        if answer.status_code in _REFUSALS:
            raise SmsRefusedForGood(f"the gateway answered {answer.status_code}")
        raise SmsPostponed(f"the gateway answered {answer.status_code}")

    async def check(self) -> None:
        """Connect to the gateway and hang up: there is no request that certainly sends nothing."""
        parts = urlsplit(self._url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        try:
            _, line = await asyncio.wait_for(asyncio.open_connection(parts.hostname, port), self._seconds)
        except OSError as fault:
            raise SmsPostponed(f"the gateway cannot be reached: {type(fault).__name__}") from fault
        line.close()

    async def close(self) -> None:
        """Do nothing: each message has a connection of its own."""


def sms_transport(url: str, outgoing: Path) -> SmsTransport:
    """Return the transport an address names: `https://…`, `file:` (the outgoing folder) or `file:/path`."""
    folder = folder_of(url, outgoing)
    return HttpSms(url) if folder is None else FileSms(folder)
