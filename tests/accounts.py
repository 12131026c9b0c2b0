"""Accounts of the full portal with policies and letters in them, and their being merged."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select, update

from portal_app.database.tables import Account, FailureBucket, Letter, Login, Policy
from portal_app.domain.actors import Customer
from portal_app.domain.kinds import LetterKind
from portal_app.gateways.secrets import token_digest
from portal_app.services import accounts, merge_proofs, merges, sign_in
from portal_app.services.house import House
from portal_app.services.merges import MergePage
from portal_app.services.placing import NewLetter, place_letters
from portal_app.services.sign_in import Browser
from tests.cast import ANNA, CORE, NOON
from tests.visitors import FULL_PASSWORD, full_customer

FIRST, SECOND, BELAS = "482917365", "105332871", "731604258"
WORK = "anna.kovacs@munka.example"
"""Anna's address at work, where her second account is known."""
SECOND_PASSWORD = "Nyari-Zapor.2027"
FIRST_POLICY, SECOND_POLICY = "KGFB-2026-000011", "LAK-2026-000012"


@dataclass(frozen=True)
class Opened:
    """An account of the full portal, signed in, with one policy."""

    house: House
    customer: Customer
    login: str
    policy: str

    @property
    def id(self) -> int:
        return self.customer.account_id

    def row(self) -> Account:
        with self.house.database.reading() as db:
            found = db.get_one(Account, self.id)
            db.expunge(found)
            return found

    def letters(self) -> list[str]:
        """The subjects of the account's letters."""
        with self.house.database.reading() as db:
            return list(db.exec(select(Letter.subject).where(Letter.account_id == self.id).order_by(col(Letter.id))))

    def policies(self) -> list[str]:
        with self.house.database.reading() as db:
            return list(db.exec(select(Policy.number).where(Policy.account_id == self.id).order_by(Policy.number)))

    def logins(self) -> list[str]:
        with self.house.database.reading() as db:
            return sorted(db.exec(select(Login.key).where(Login.account_id == self.id)))


def open_full(
    house: House,
    login: str,
    policy: str,
    *,
    email: str = ANNA,
    password: str = FULL_PASSWORD,
    phone: str = "",
    letters: int = 1,
    now: datetime = NOON,
) -> Opened:
    """Open an account with one policy and some letters of it."""
    customer = full_customer(house, email, password, login=login, phone=phone, now=now)

    def fill(db: Session) -> None:
        held = Policy(
            number=policy, product=policy.partition("-")[0], holder_name="Kovács Anna", email=email,
            communication="electronic", sales_route="broker_online", status="active", as_of=now,
            account_id=customer.account_id, opened_account_id=customer.account_id,
        )  # fmt: skip
        db.add(held)
        db.flush()
        new = [
            NewLetter(
                customer.account_id, customer.portal, LetterKind.INFORMATION, f"{policy} {number}", (),
                policy_id=held.id, policy_number=policy,
            )
            for number in range(1, letters + 1)
        ]  # fmt: skip
        place_letters(db, CORE, new, brand=house.brand, now=now)

    house.database.carry_out(fill)
    return Opened(house, customer, login, policy)


def prove(house: House, customer: Customer, login: str, password: str, *, now: datetime = NOON) -> bool:
    """Send identifier and password of the other account."""
    parts = {"brand": house.brand, "secrets": house.secrets, "now": now}
    browser = Browser(token_digest(f"proving {customer.sign_in_id}"), f"device of {customer.sign_in_id}", "Firefox", "192.0.2.9")
    ticket = house.database.carry_out(sign_in.reserve_sign_in, customer, login, "", browser, could_be_sent=True, **parts)
    matches = ticket.number is not None and house.hashing.verify(password, ticket.stored)
    by_sent = not matches and ticket.number is not None and house.hashing.verify(password, ticket.sent)
    return house.database.carry_out(
        merge_proofs.conclude_proof, customer, ticket, browser, matches=matches or by_sent, by_sent=by_sent, **parts
    )


def merge_page(house: House, opened: Opened, *, now: datetime = NOON) -> MergePage:
    """Give what the page of merging shows."""
    return house.database.ask(merges.merge_page, opened.customer, brand=house.brand, now=now)


def merge(house: House, survivor: Opened, other: Opened, *, now: datetime = NOON) -> str:
    """Merge an account that was proved; give the merge's id."""
    return house.database.carry_out(merges.merge, survivor.customer, other.row().public_id, brand=house.brand, now=now)


def merged(house: House, survivor: Opened, other: Opened, password: str = SECOND_PASSWORD, *, now: datetime = NOON) -> str:
    """Prove the other account and merge it; give the merge's id."""
    assert prove(house, survivor.customer, other.login, password, now=now)
    return merge(house, survivor, other, now=now)


def forget_waits(house: House) -> None:
    """Let the waits after failures be over."""
    with house.database.writing() as db:
        db.exec(update(FailureBucket).values(not_before=None))


def invited_full(house: House, login: str, sent: str, *, email: str = ANNA, now: datetime = NOON) -> int:
    """Open an account of the full portal that nobody has signed in to yet; give its id."""
    hashed = house.hashing.hash(sent)

    def open_account(db: Session) -> int:
        account = accounts.open_issued(
            db, CORE, login, email=email, portal=house.brand.switched_on[1], phone="", customer_ref="", now=now
        )
        account_id = account.id or 0
        db.add(accounts.sent_credential(account, hashed, valid_until=now + timedelta(days=14), now=now))
        return account_id

    return house.database.carry_out(open_account)
