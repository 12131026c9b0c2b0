"""Mailboxes for tests: accounts with letters in them, placed the way the insurer's letters are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session

from portal_app.database.tables import Account, SignIn
from portal_app.database.transactions import Database
from portal_app.domain.actors import Customer
from portal_app.domain.brands import PortalName
from portal_app.domain.kinds import LetterKind
from portal_app.gateways.objects import ObjectStore
from portal_app.services.accounts import account_for_email
from portal_app.services.documents import NewFile
from portal_app.services.placing import NewLetter, place_letter
from portal_app.settings import read_brand
from tests.cast import CORE, NOON

MINTA = read_brand("minta")


@dataclass(frozen=True)
class Mailbox:
    """One customer's account, open for tests."""

    database: Database
    customer: Customer

    def place(
        self,
        subject: str = "Értesítés",
        *,
        kind: LetterKind = LetterKind.INFORMATION,
        policy: str = "KGFB-2026-000001",
        plate: str = "ABC-123",
        summary: str = "",
        at: datetime = NOON,
        files: Sequence[NewFile] = (),
        requires_confirmation: bool = False,
        publish_at: datetime | None = None,
        due_on: date | None = None,
        amount: int | None = None,
    ) -> str:
        """Place one letter and give its public id."""
        letter = NewLetter(
            account_id=self.customer.account_id,
            portal=PortalName.KULDEMENYEIM,
            kind=kind,
            subject=subject,
            summary=summary,
            policy_number=policy,
            plate_number=plate,
            files=tuple(files),
            requires_confirmation=requires_confirmation,
            publish_at=publish_at,
            due_on=due_on,
            amount=amount,
        )
        return self.database.carry_out(place_letter, CORE, letter, brand=MINTA, now=at).public_id


def open_mailbox(database: Database, email: str, *, now: datetime = NOON) -> Mailbox:
    """Open an account that is signed in."""

    def opened(db: Session) -> Customer:
        account, _ = account_for_email(
            db, CORE, email, portal=PortalName.KULDEMENYEIM, phone="", customer_ref="", now=now - timedelta(days=400)
        )
        account.status = "active"
        sign_in = SignIn(account_id=_id(account), token_sha256=email, created_at=now, seen_at=now)
        db.add(sign_in)
        db.flush()
        return Customer(_id(account), sign_in.id or 0, PortalName.KULDEMENYEIM, display_name=email)

    return Mailbox(database, database.carry_out(opened))


def stored_file(objects: ObjectStore, content: bytes, name: str = "level.pdf") -> NewFile:
    """Store a file as intake does."""
    return NewFile(name, "application/pdf", objects.put(content), pages=1)


def _id(account: Account) -> int:
    assert account.id is not None
    return account.id
