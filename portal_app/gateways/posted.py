"""What lies in the outgoing folder, read back: the demonstration's post box."""

import json
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from pathlib import Path


@dataclass(frozen=True)
class PostedItem:
    """One e-mail or short message that was written as a file; `subject` is empty for a short message."""

    at: datetime
    channel: str
    """mail | sms"""
    to: str
    subject: str
    text: str


def read_posted(folder: Path, most: int) -> list[PostedItem]:
    """Give the newest `most` items, the newest first."""
    files = sorted((file for file in folder.glob("[!.]*") if file.suffix in {".eml", ".json"}), reverse=True)
    return [_mail(file) if file.suffix == ".eml" else _short_message(file) for file in files[:most]]


def _mail(file: Path) -> PostedItem:
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    body = message.get_body(("plain",))
    text = body.get_content() if body else ""
    return PostedItem(_written_at(file), "mail", str(message["to"]), str(message["subject"]), text.strip())


def _short_message(file: Path) -> PostedItem:
    message = json.loads(file.read_text(encoding="utf-8"))
    return PostedItem(datetime.fromisoformat(message["at"]), "sms", message["to"], "", message["text"])


def _written_at(file: Path) -> datetime:
    return datetime.strptime(f"{file.name[:15]}+0000", "%Y%m%dT%H%M%S%z")
