"""The post that the running product has sent, read as its recipient reads it."""

import json
import re
import time
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path

PATIENCE_SECONDS = 20
LINK = re.compile(
    r"https?://\S+?/(?:elso-belepes|uj-jelszo|portaltorles|beallitasok/e-mail|regisztracio/megerosites)/[A-Za-z0-9_-]+"
)
# What an e-mail shows to be typed stands on a line of its own.
SHOWN = re.compile(r"^\s*([0-9]{6}|[A-Za-z0-9.,!?+@]{12})\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Mail:
    """One e-mail."""

    subject: str
    text: str

    @property
    def path(self) -> str:
        """The address behind the button, without the origin."""
        found = LINK.search(self.text)
        assert found, self.text
        return "/" + found.group().split("/", 3)[3]

    @property
    def shown(self) -> str:
        """The code or password that the e-mail shows."""
        found = SHOWN.search(self.text)
        assert found, self.text
        return found.group(1)


def mails_to(folder: Path, address: str) -> list[Mail]:
    """List the e-mails to an address, the oldest first."""
    found = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in sorted(folder.glob("[!.]*.eml"))]
    return [
        Mail(message["Subject"], message.get_body(("plain",)).get_content())  # type: ignore[union-attr]
        for message in found
        if address in str(message["To"])
    ]


def wait_for_mail(folder: Path, address: str, subject: str, *, number: int = 1) -> Mail:
    """Wait for the so-manieth e-mail to an address whose subject contains these words."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        found = [mail for mail in mails_to(folder, address) if subject.lower() in mail.subject.lower()]
        if len(found) >= number:
            return found[number - 1]
        time.sleep(0.1)
    raise AssertionError(f"no e-mail {number} to {address} about {subject}: {[m.subject for m in mails_to(folder, address)]}")


def wait_for_sms(folder: Path, phone: str, *, number: int = 1) -> str:
    """Give the password or code of the so-manieth SMS to a phone."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        said = [json.loads(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("[!.]*.json"))]
        found = [message["text"] for message in said if message["to"] == phone]
        if len(found) >= number:
            return str(found[number - 1].split("\n")[1])
        time.sleep(0.1)
    raise AssertionError(f"no SMS {number} to {phone}")
