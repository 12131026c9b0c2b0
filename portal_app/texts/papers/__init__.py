"""The papers we make ourselves, in words: the declaration for electronic letters (R73–R75) and the receipt of a request."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from portal_app.domain.brands import Brand
from portal_app.texts.catalogues import sentence
from portal_app.texts.dates import moment, until_day
from portal_app.texts.phones import phone

_HERE = Path(__file__).parent
DECLARATION, RECEIPT = _HERE / "declaration.typ", _HERE / "receipt.typ"
TERMS = ("term_place", "term_mail", "term_keep", "term_back", "term_paper")


@dataclass(frozen=True)
class PolicyOnPaper:
    """A policy as the declaration names it; what is empty leaves a line to write on."""

    holder: str = ""
    number: str = ""
    plate: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True)
class RequestOnPaper:
    """A request as its receipt names it; `due_on` while the insurer is to act."""

    reference: str
    kind: str
    policy: str
    submitted_at: datetime
    status: str
    due_on: date | None
    answers: tuple[tuple[str, str], ...]


def declaration_name(language: str) -> str:
    """Give the declaration's file name."""
    return f"{sentence('paper.declaration_file', language)}.pdf"


def declaration(brand: Brand, language: str, policy: PolicyOnPaper) -> dict[str, Any]:
    """Give what `DECLARATION` is filled with."""
    say = _Speaker(brand, language)
    facts = [
        ("label_insurer", brand.insurer),
        ("label_holder", policy.holder),
        ("label_policy", policy.number),
        ("label_plate", policy.plate),
        ("label_email", policy.email),
        ("label_phone", phone(policy.phone) if policy.phone else ""),
    ]
    return _letterhead(brand, language, say("declaration_title")) | {
        "lead": [say("declaration_lead")],
        "facts_title": say("declaration_facts"),
        "facts": [[say(label), value] for label, value in facts],
        "terms_title": say("declaration_terms"),
        "terms": [say(term) for term in TERMS],
        "choices_title": say("declaration_choices"),
        "choices": [say("choice_contract"), say("choice_accounting")],
        "send_title": say("declaration_send"),
        "send": [
            say("send_scanned", email=brand.contact.email),
            say("send_by_post", insurer=brand.insurer, address=brand.contact.postal_address),
            say("send_days", days=brand.request_days),
        ],
        "signatures": [say("signature_place"), say("signature")],
    }


def receipt(brand: Brand, language: str, request: RequestOnPaper, *, made_at: datetime) -> dict[str, Any]:
    """Give what `RECEIPT` is filled with: the request as its page shows it."""
    say = _Speaker(brand, language)
    facts = [
        (say("label_reference"), request.reference),
        (say("label_kind"), request.kind),
        (say("label_policy"), request.policy),
        (say("label_submitted"), moment(request.submitted_at, language)),
        (say("label_status"), request.status),
        *request.answers,
    ]
    due = [say("receipt_due", days=brand.request_days, until=until_day(request.due_on, language))] if request.due_on else []
    ways = say("receipt_ask", phone=phone(brand.contact.phone), email=brand.contact.email)
    return _letterhead(brand, language, say("receipt_title", reference=request.reference)) | {
        "lead": [say("receipt_lead")],
        "facts": [[name, value] for name, value in facts if value],
        "next_title": say("receipt_next"),
        "next": [*due, ways],
        "made": say("receipt_made", moment=moment(made_at, language)),
    }


def _letterhead(brand: Brand, language: str, title: str) -> dict[str, Any]:
    return {
        "title": title,
        "language": language,
        "colour": brand.colours.primary,
        "insurer": brand.insurer,
        "address": brand.contact.postal_address,
        "phone": phone(brand.contact.phone),
    }


class _Speaker:
    """Says the sentences of papers in one language and the brand's register."""

    def __init__(self, brand: Brand, language: str) -> None:
        self._register, self._language = brand.register.value, language

    def __call__(self, key: str, **values: object) -> str:
        return sentence(f"paper.{key}", self._language, self._register, **values)
