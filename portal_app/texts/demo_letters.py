"""The demonstration's people and letters, in Hungarian, ready for the typesetter and for intake."""

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from portal_app.domain.applications import ApplicationKind, ApplicationStatus
from portal_app.domain.brands import Brand, PortalName, Register
from portal_app.domain.kinds import LetterKind
from portal_app.texts.dates import long_date
from portal_app.texts.money import forints
from portal_app.texts.phones import phone

TEMPLATE = Path(__file__).parent / "demo" / "letter.typ"


@dataclass(frozen=True)
class DemoPerson:
    """One person of the demonstration; `password` is empty where none is set yet."""

    role: str
    state: str
    login: str
    name: str
    address: tuple[str, ...]
    about: str
    phone: str = ""
    password: str = ""
    portal: PortalName = PortalName.KULDEMENYEIM
    email: str = ""
    """Where post goes, for those whose identifier is no address."""

    @property
    def address_on_file(self) -> str:
        """The e-mail address that the insurer knows."""
        return self.email or self.login


@dataclass(frozen=True)
class DemoPolicy:
    """The policy a letter is about."""

    number: str
    product: str
    plate: str
    annual_premium: int


@dataclass(frozen=True)
class DemoRequest:
    """What somebody asked for some days ago, and where that stands now."""

    kind: ApplicationKind
    days_ago: int
    status: ApplicationStatus
    facts: dict[str, str]


@dataclass(frozen=True)
class DemoLetter:
    """A letter's words: what intake is told, and the data the typesetter fills the page with."""

    subject: str
    summary: str
    amount: int | None
    due_on: date | None
    requires_confirmation: bool
    page: dict[str, Any]


@cache
def people() -> tuple[DemoPerson, ...]:
    """Everybody of the demonstration, in the order they are listed."""
    rows = _read("people.toml")["people"]
    return tuple(_person(row) for row in rows)


def letter(
    kind: LetterKind, brand: Brand, person: DemoPerson, policy: DemoPolicy, *, written_on: date, due_on: date
) -> DemoLetter:
    """Write one letter of this kind to this person about this policy."""
    words = _words("letters", kind, brand.register)
    amount = policy.annual_premium // 4 if words.get("quarterly") else policy.annual_premium
    values = {
        "holder": person.name,
        "policy": policy.number,
        "product": policy.product,
        "plate": policy.plate or "–",
        "amount": forints(amount, "hu"),
        "quarter": forints(policy.annual_premium // 4, "hu"),
        "due": long_date(due_on, "hu"),
    }
    subject = words["subject"].format_map(values)
    page = {
        "subject": subject,
        "colour": brand.colours.primary,
        "insurer": brand.insurer,
        "address": brand.contact.postal_address,
        "phone": phone(brand.contact.phone),
        "website": brand.contact.website.removeprefix("https://"),
        "holder": person.name,
        "holder_address": list(person.address),
        "facts": [["Kötvényszám", policy.number], ["Termék", policy.product], ["Kelt", long_date(written_on, "hu")]],
        "paragraphs": _filled(words["paragraphs"], values),
        "table_title": words["table_title"],
        "columns": words["columns"],
        "rows": [_filled(row, values) for row in words["rows"]],
        "closing": _filled(words["closing"], values),
        "place_and_date": f"Budapest, {long_date(written_on, 'hu')}",
        "signature": words["signature"],
    }
    return DemoLetter(
        subject=subject,
        summary=words["summary"].format_map(values),
        amount=amount if words.get("amount") else None,
        due_on=due_on if words.get("due") else None,
        requires_confirmation=words.get("requires_confirmation", False),
        page=page,
    )


def correspondence(person: DemoPerson, register: Register) -> tuple[str, str]:
    """A person's question and the insurer's answer, as the brand speaks with its customers."""
    words = _words("correspondence", "saturdays", register)
    return words["question"].format(name=person.name), words["answer"].format(name=person.name)


def chat(register: Register) -> tuple[str, ...]:
    """A conversation in the chat, customer and insurer by turns."""
    return tuple(text.strip() for text in _words("correspondence", "chat", register)["turns"])


@cache
def requests() -> tuple[DemoRequest, ...]:
    """What one person has asked for, the oldest first."""
    rows = _read("requests.toml")["requests"]
    return tuple(
        DemoRequest(ApplicationKind(row["kind"]), row["days_ago"], ApplicationStatus(row["status"]), row["facts"]) for row in rows
    )


def _person(row: dict[str, Any]) -> DemoPerson:
    portal = PortalName(row.get("portal", PortalName.KULDEMENYEIM))
    return DemoPerson(**{**row, "address": tuple(row["address"]), "portal": portal})


def _words(name: str, part: str, register: Register) -> dict[str, Any]:
    """Read one part of a file; what an informal brand says otherwise stands in a file of its own."""
    formal: dict[str, Any] = _read(f"{name}.toml")[part]
    return formal if register is Register.FORMAL else formal | _read(f"{name}@informal.toml").get(part, {})


def _filled(texts: list[str], values: dict[str, str]) -> list[str]:
    return [text.format_map(values) for text in texts]


@cache
def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "demo" / name).read_text(encoding="utf-8"))
