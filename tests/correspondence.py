"""Customers with letters to answer: for tests of the letter's page, of replies and of answers."""

from datetime import datetime
from typing import Any

from sqlmodel import select

from portal_app.database.tables import Account, Delivery, Letter
from portal_app.domain.actors import Customer, Stage
from portal_app.domain.brands import PortalName
from portal_app.domain.errors import PortalError
from portal_app.domain.kinds import LetterKind
from portal_app.gateways.pdf import inspect_pdf
from portal_app.gateways.secrets import public_id, random_token, token_digest
from portal_app.services import sign_ins
from portal_app.services.accounts import account_for_email
from portal_app.services.documents import NewFile
from portal_app.services.house import House
from portal_app.services.placing import NewLetter, place_letter
from tests.cast import ANNAS_POLICY, CORE, NOON


def customer(house: House, email: str, *, token: str = "", language: str = "hu", now: datetime = NOON) -> Customer:
    """Open an account for this address and sign its owner in; the cookie's value is `token`."""
    with house.database.writing() as db:
        account, _ = account_for_email(db, CORE, email, portal=PortalName.KULDEMENYEIM, phone="", customer_ref="", now=now)
        account.status, account.language = "active", language
        token = token_digest(token or random_token())
        return sign_ins.start_sign_in(
            db, account, token, stage=Stage.FULL, device_id=None, browser="", source="", now=now
        )  # fmt: skip


def letter(
    house: House,
    owner: Customer,
    subject: str = "Index levél",
    *,
    files: tuple[tuple[str, bytes], ...] = (),
    at: datetime = NOON,
    changes: dict[str, Any] | None = None,
    **details: Any,
) -> str:
    """Place a letter with these PDFs as a delivery of the insurer; `changes` are made to its row afterwards."""
    stored = house.objects.put_many([content for _, content in files])
    new_files = tuple(
        NewFile(name, "application/pdf", one, pages=pages_of(content)) for (name, content), one in zip(files, stored, strict=True)
    )
    details = {"kind": LetterKind.INDEXATION_LETTER, "summary": "", "policy_number": ANNAS_POLICY, **details}
    with house.database.writing() as db:
        delivery = Delivery(
            public_id=public_id(), external_ref=f"REF-{public_id()[:8]}", fingerprint="", system="core", answer="{}",
            policy_number=ANNAS_POLICY, kind=details["kind"], account_id=owner.account_id, accepted_at=at,
        )  # fmt: skip
        db.add(delivery)
        db.flush()
        new = NewLetter(
            account_id=owner.account_id, portal=owner.portal, subject=subject, files=new_files, delivery_id=delivery.id, **details
        )  # fmt: skip
        placed = place_letter(db, CORE, new, brand=house.brand, now=at)
        row = db.exec(select(Letter).where(Letter.public_id == placed.public_id)).one()
        for name, value in (changes or {}).items():
            setattr(row, name, value)
        return placed.public_id


def account_of(house: House, actor: Customer) -> Account:
    """Read the account's row."""
    with house.database.reading() as db:
        account = db.get_one(Account, actor.account_id)
        db.expunge_all()
        return account


def pages_of(content: bytes) -> int:
    """Count the pages of a PDF; one that nobody can read is said to have one."""
    try:
        return inspect_pdf(content).pages
    except PortalError:
        return 1
