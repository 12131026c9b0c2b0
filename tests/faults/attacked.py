"""A running portal without a demonstration, with Anna in it, who has things to lose, and others who want them.

Anna and Béla are customers of the full portal, Dóra of the letter-box, Cecil has to change his password first.
"""

import secrets
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlmodel import Session, SQLModel, col, select

from portal_app.database.schema import migrate
from portal_app.database.tables import Account, Credential, Document, Draft, Letter, Login, Message, Policy
from portal_app.database.transactions import Database
from portal_app.domain.actors import Customer, Stage
from portal_app.domain.applications import ApplicationKind
from portal_app.gateways.clock import now
from portal_app.gateways.secrets import random_token, token_digest
from portal_app.services import answers, api_keys, applications, chats, letters, merges, messages, sign_ins
from portal_app.services.applications import NewApplication
from portal_app.services.house import House, open_house
from portal_app.settings import Settings
from tests.cast import CORE, DENES
from tests.conftest import SECRET, free_port
from tests.handing_over import attachment
from tests.journeys.product import Product
from tests.making import letter_pdf

CANARIES = (
    "policy", "second policy", "name", "email", "phone", "plate", "address", "bank account", "subject", "summary", "file name",
    "reply", "answer", "draft", "browser", "request", "begun request", "chat", "chat answer",
)  # fmt: skip
FULL = "ugyfelportal"
# Nobody speaks TLS here, and reading all authorities would take a new client longer than what it asks.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
METRICS_TOKEN = "a-metrics-token-for-the-tests"


@dataclass
class InstalledProduct(Product):
    """The product as an insurer runs it: secrets named, post as files, no demonstration, an empty database."""

    more: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """What the product and its commands are started with."""
        named = {
            "PORTAL_DEMO": "0",
            "PORTAL_SECRET_KEY": SECRET,
            "PORTAL_SMTP_URL": "file:",
            "PORTAL_SMS_URL": "file:",
            "PORTAL_METRICS_TOKEN": METRICS_TOKEN,
        }
        return {**super().environment, **named, **self.more}

    @property
    def settings(self) -> Settings:
        """The settings the product runs with."""
        return Settings(
            _env_file=None, brand=self.brand, data=self.data, secret_key=SECRET, smtp_url="file:", sms_url="file:", PORT=self.port
        )  # fmt: skip


@dataclass(frozen=True)
class Visitor:
    """A customer whose browser is signed in; `cookie` is the value of its sign-in cookie."""

    email: str
    account_id: int
    sign_in_id: int
    cookie: str = field(repr=False)
    stage: Stage = Stage.FULL

    @property
    def header(self) -> str:
        """The Cookie header that the browser sends."""
        return f"portal_sign_in={self.cookie}"


@dataclass
class Attacked:
    """The running portal, who is in it, and what must never leave Anna's account."""

    product: Product
    house: House
    core: httpx.Client
    """The insurer's core system, with a key."""
    anna: Visitor
    bela: Visitor
    dora: Visitor
    """A customer of another portal."""
    changing: Visitor
    """Somebody whose sign-in may do nothing but set a new password."""
    letter_id: str
    document_id: str
    message_id: str
    reference: str
    nonce: str
    application_id: str
    merge_id: str
    account_id: str
    """The public id of the account that sleeps inside Anna's."""
    identifier: str
    """What Anna signs in with."""
    canaries: dict[str, str]
    """What stands in Anna's account and nowhere else, by the place it was put; her ids are known to whoever attacks."""

    @property
    def ids(self) -> dict[str, str]:
        """Names of Anna's things as addresses and events call them; whoever attacks knows them all."""
        return {
            "letter_id": self.letter_id,
            "document_id": self.document_id,
            "message_id": self.message_id,
            "application_id": self.application_id,
            "merge_id": self.merge_id,
            "account_id": self.account_id,
            "policy_number": self.canaries["policy"],
        }

    def heard_in(self, text: str, *, said: str = "") -> list[str]:
        """Name Anna's things that a text tells, except what the attacker said first."""
        return [place for place, canary in self.canaries.items() if canary in text and canary not in said]

    def annas_rows(self) -> dict[str, list[dict[str, Any]]]:
        """Copy every row of the database that belongs to Anna."""
        return rows_of(self.house.database, self.anna.account_id)

    def another_sign_in_of(self, visitor: Visitor) -> Visitor:
        """Let somebody sign in from one more browser."""
        return _enter(self.house, visitor.email, visitor.stage)

    def is_signed_in(self, visitor: Visitor) -> bool:
        """Whether a visitor still is who they were."""
        page = "/kuldemenyek" if visitor.stage is Stage.FULL else "/jelszo"
        return httpx.get(f"{self.product.url}{page}", headers={"Cookie": visitor.header}, verify=NO_TLS).is_success

    def come_back(self) -> None:
        """Let those whose sign-in an earlier test ended sign in again."""
        for name in ("anna", "bela", "dora", "changing"):
            if not self.is_signed_in(getattr(self, name)):
                setattr(self, name, self.another_sign_in_of(getattr(self, name)))

    def end(self, visitor: Visitor) -> None:
        """End a visitor's sign-in, as if it had been ended from elsewhere."""
        actor = Customer(visitor.account_id, visitor.sign_in_id, FULL)
        self.house.database.carry_out(sign_ins.end_sign_in, actor, now=now())

    def deliver(self, reference: str, *, policy: str = "", **changes: Any) -> httpx.Response:
        """Hand over one more letter."""
        sent = {
            "external_ref": reference,
            "policy_number": policy or self.canaries["policy"],
            "kind": "information",
            "subject": "Tájékoztató",
            "summary": "",
            "attachments": [attachment(letter_pdf())],
        } | changes
        return self.core.post("/api/v1/deliveries", json=sent, headers={"Idempotency-Key": secrets.token_hex(8)})


@contextmanager
def attacked_portal(folder: Path) -> Iterator[Attacked]:
    """Install and start the portal in this folder, and let Anna and Béla be customers."""
    # Without the courier nothing changes by itself while rows are compared.
    product = InstalledProduct(free_port(), folder / "data", more={"PORTAL_ROLE": "web"})
    house = open_house(product.settings)
    migrate(house.database)
    key = house.database.carry_out(api_keys.create_key, DENES, "core", now=now())
    product.start()
    try:
        with httpx.Client(base_url=product.url, headers={"Authorization": f"Bearer {key}"}, timeout=30) as core:
            yield peopled(product, house, core)
    finally:
        product.stop()
        house.objects.close()
        house.database.close()


def peopled(product: Product, house: House, core: httpx.Client) -> Attacked:
    """Let everybody be insured and signed in; `core` is the insurer's core system with its key."""
    canaries = {word: f"kanari{secrets.token_hex(6)}" for word in CANARIES}
    canaries |= {"email": f"{canaries['email']}@pelda.example", "phone": f"+3630{secrets.randbelow(9_000_000) + 1_000_000}"}
    canaries |= {"file name": f"{canaries['file name']}.pdf", "plate": f"KNR{secrets.token_hex(3).upper()}"}

    annas = (canaries["email"], canaries["name"], canaries["phone"], canaries["plate"])
    _insure(core, canaries["policy"], *annas)
    _insure(core, canaries["second policy"], *annas)
    _insure(core, "KGFB-2026-B", "bela@pelda.example", "Nagy Béla", "+36301111111", "BBB-222")
    _insure(core, "KGFB-2026-C", "cecil@pelda.example", "Kis Cecil", "+36302222222", "CCC-333")
    _insure(core, "KGFB-2026-D", "dora@pelda.example", "Nagy Dóra", "+36303333333", "DDD-444", route="direct")
    anna = _enter(house, canaries["email"], browser=canaries["browser"])
    things = _annas_things(house, core, anna, canaries)
    bela = _enter(house, "bela@pelda.example", password=house.hashing.hash("BelaAnna34"))
    dora = _enter(house, "dora@pelda.example")
    changing = _enter(house, "cecil@pelda.example", Stage.MUST_CHANGE)
    canaries["sign-in"] = anna.cookie
    return Attacked(product, house, core, anna, bela, dora, changing, canaries=canaries, **things)


def _insure(
    core: httpx.Client, number: str, email: str, name: str, phone: str, plate: str, *, route: str = "broker_online"
) -> None:
    stated = {
        "product": "KGFB",
        "holder": {"name": name, "email": email, "phone": phone},
        "plate_number": plate,
        "communication": "electronic",
        "sales_route": route,
        "status": "active",
    }
    core.put(f"/api/v1/policies/{number}", json=stated).raise_for_status()


def _enter(house: House, email: str, stage: Stage = Stage.FULL, *, browser: str = "Firefox", password: str = "") -> Visitor:
    """Let an invited person have chosen a password and be signed in."""
    cookie, at = random_token(), now()

    def begin(db: Session) -> Customer:
        account = db.exec(select(Account).where(Account.email == email).order_by(col(Account.id))).first()
        assert account is not None
        account.status, account.activated_at, account.email_confirmed_at = "active", at, at
        if password:
            until = at + timedelta(days=300)
            db.add(Credential(account_id=account.id or 0, kind="chosen", hash=password, created_at=at, valid_until=until))
        return sign_ins.start_sign_in(
            db, account, token_digest(cookie), stage=stage, device_id=None, browser=browser, source="192.0.2.7", now=at
        )  # fmt: skip

    actor = house.database.carry_out(begin)
    return Visitor(email, actor.account_id, actor.sign_in_id, cookie, stage)


def _annas_things(house: House, core: httpx.Client, anna: Visitor, canaries: dict[str, str]) -> dict[str, str]:
    """A letter to confirm with a file, her question about it, the insurer's answer, and a second reply begun."""
    sent = {
        "external_ref": "REF-ANNA",
        "policy_number": canaries["policy"],
        "kind": "cancellation_notice",
        "subject": canaries["subject"],
        "summary": canaries["summary"],
        "requires_confirmation": True,
        "attachments": [attachment(letter_pdf(canaries["summary"]), canaries["file name"])],
    }
    core.post("/api/v1/deliveries", json=sent, headers={"Idempotency-Key": "anna"}).raise_for_status()
    actor = Customer(anna.account_id, anna.sign_in_id, FULL)
    database, brand, at = house.database, house.brand, now()
    with database.reading() as db:
        letter_id = db.exec(select(Letter.public_id).where(Letter.account_id == anna.account_id)).one()
    receipt = database.carry_out(messages.send_reply, actor, letter_id, canaries["reply"], (), mark="mark", brand=brand, now=at)
    database.carry_out(answers.answer, CORE, receipt.reference, canaries["answer"], (), brand=brand, now=at)
    database.carry_out(letters.open_letter, actor, letter_id, now=at)
    database.carry_out(messages.begin_reply, actor, letter_id, now=at)
    database.carry_out(messages.save_draft, actor, letter_id, canaries["draft"], now=at)
    with database.reading() as db:
        draft = db.exec(select(Draft).where(Draft.account_id == anna.account_id)).one()
        message = db.exec(select(Message).where(Message.reference == receipt.reference)).one()
        document = db.exec(select(Document).where(col(Document.letter_id).is_not(None))).one()
        return {
            "letter_id": letter_id,
            "document_id": document.public_id,
            "message_id": message.public_id,
            "reference": message.reference,
            "nonce": draft.nonce,
            **_annas_errands(house, actor, canaries),
        }


def _annas_errands(house: House, actor: Customer, canaries: dict[str, str]) -> dict[str, str]:
    """What only the full portals have: a request and one begun, a chat, a second account merged into hers."""
    database, brand, at = house.database, house.brand, now()
    moved = {"postcode": "1011", "town": "Budapest", "street": canaries["request"]}
    new = NewApplication(ApplicationKind.ADDRESS, secrets.token_hex(16), moved, canaries["policy"])
    asked = database.carry_out(applications.submit, actor, new, brand=brand, now=at)
    begun = {"street": canaries["begun request"]}
    database.carry_out(applications.save_draft, actor, ApplicationKind.ADDRESS, begun, now=at)
    said = {"subject": "Chat", "mark": "chat mark", "brand": brand, "now": at}
    written = database.carry_out(chats.send, actor, canaries["chat"], **said)
    database.carry_out(chats.say, CORE, written.reference, canaries["chat answer"], now=at)

    def state_and_find(db: Session) -> tuple[str, str, str]:
        policy = db.exec(select(Policy).where(Policy.number == canaries["policy"])).one()
        policy.mailing_address, policy.bank_account = canaries["address"], canaries["bank account"]
        other = db.exec(select(Policy.account_id).where(Policy.number == canaries["second policy"])).one()
        logins = dict(
            db.exec(select(Login.account_id, Login.key).where(col(Login.account_id).in_([actor.account_id, other]))).all()
        )
        return db.get_one(Account, other).public_id, logins[actor.account_id], logins[other or 0]

    account_id, identifier, others = database.carry_out(state_and_find)
    merge_id = database.carry_out(merges.merge_by_staff, DENES, actor.account_id, others, brand=brand, now=at)
    return {
        "application_id": asked.public_id,
        "merge_id": merge_id,
        "account_id": account_id,
        "identifier": identifier,
    }


def rows_of(database: Database, account_id: int) -> dict[str, list[dict[str, Any]]]:
    """Copy every row that belongs to an account, by table; what belongs to its letters and messages included."""
    copied: dict[str, list[dict[str, Any]]] = {}
    owned: dict[str, set[int]] = {"account_id": {account_id}}
    tables = SQLModel.metadata.sorted_tables
    with database.reading() as db:
        for table in tables:
            rows = [dict(row) for row in db.connection().execute(table.select()).mappings()]
            own = [row for row in rows if _belongs(table.name, row, owned)]
            copied[table.name] = own
            owned[f"{table.name}_id"] = owned.get(f"{table.name}_id", set()) | {row["id"] for row in own if "id" in row}
    return copied


def _belongs(table: str, row: dict[str, Any], owned: dict[str, set[int]]) -> bool:
    if table == "account":
        return row["id"] in owned["account_id"]
    return any(name in owned and value in owned[name] for name, value in row.items() if name.endswith("_id"))
