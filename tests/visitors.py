"""Visitors at the door: accounts in every state of access, and a form that is filled in without a browser."""

import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from portal_app.database.tables import Account, Challenge, Credential, Job, Visit
from portal_app.domain.actors import Customer, Stage, Stranger
from portal_app.domain.brands import PortalName
from portal_app.domain.passwords import could_be_sent
from portal_app.gateways.secrets import random_token, token_digest
from portal_app.services import accounts, challenges, first_sign_in, links, passwords, registrations, sign_in, sign_ins, ways_in
from portal_app.services.house import House
from portal_app.services.links import LinkPurpose
from portal_app.services.passwords import PasswordSet
from portal_app.services.registrations import Wanted
from portal_app.services.sign_in import AttemptView, Browser, Ticket
from tests.cast import ANNAS_LOGIN, CORE, NOON

INITIAL = "KekAblak73Hu"
"""The initial password that invited people were sent."""
FULL_PASSWORD = "Tavaszi.Eso-2026"
"""What owners of full accounts have chosen, unless a test says otherwise."""


def invited(house: House, email: str, *, now: datetime = NOON, phone: str = "") -> int:
    """Open an account that nobody has signed in to yet; give its id."""
    hashed = house.hashing.hash(INITIAL)

    def open_account(db: Session) -> int:
        account, _ = accounts.account_for_email(
            db, CORE, email, portal=PortalName.KULDEMENYEIM, phone=phone, customer_ref="", now=now
        )
        accounts.send_first_access(db, account, INITIAL, hashed, brand=house.brand, secrets=house.secrets, now=now)
        return account.id or 0

    return house.database.carry_out(open_account)


def active(house: House, email: str, password: str, *, now: datetime = NOON, days: int = 365) -> int:
    """Open an account whose owner has chosen this password, `days` before it runs out; give its id."""
    account_id = invited(house, email, now=now)
    hashed = house.hashing.hash(password)

    def choose(db: Session) -> None:
        account = db.get_one(Account, account_id)
        account.status, account.activated_at, account.email_confirmed_at = "active", now, now
        for sent in db.exec(select(Credential).where(Credential.account_id == account_id)):
            sent.ended_at = now
        db.add(
            Credential(account_id=account_id, kind="chosen", hash=hashed, created_at=now, valid_until=now + timedelta(days=days))
        )

    house.database.carry_out(choose)
    return account_id


def full_customer(
    house: House,
    email: str,
    password: str = FULL_PASSWORD,
    *,
    login: str = ANNAS_LOGIN,
    phone: str = "",
    customer_ref: str = "",
    portal: PortalName = PortalName.UGYFELPORTAL,
    now: datetime = NOON,
) -> Customer:
    """Open an active account of the full portal with this issued login and chosen password; give its signed-in owner."""
    hashed = house.hashing.hash(password)

    def open_account(db: Session) -> int:
        account = accounts.open_issued(
            db, CORE, login, email=email, portal=portal, phone=phone, customer_ref=customer_ref, now=now
        )
        account.status, account.activated_at, account.email_confirmed_at = "active", now, now
        account.phone_confirmed_at = now if phone else None
        db.add(Credential(account_id=account.id or 0, kind="chosen", hash=hashed, created_at=now))
        return account.id or 0

    return signed_in(house, house.database.carry_out(open_account), now=now)


def registered(
    house: House, name: str, email: str, password: str = FULL_PASSWORD, *, token: str = "", now: datetime = NOON
) -> Customer:
    """Register in the portal where people do so by themselves, and confirm the address; give the signed-in owner."""
    parts = {"brand": house.brand, "now": now}
    guest = Guest(house, name)
    house.database.carry_out(
        registrations.ask, guest.actor, Wanted(name, email), house.hashing.hash(password), token_digest(random_token()),
        portal=PortalName.ONLINE24, language="hu", secrets=house.secrets, **parts,
    )  # fmt: skip
    guest.open_link(secret_of(house, post_to(house, email, "registration")[-1]), LinkPurpose.REGISTRATION, now=now)
    ticket = house.database.carry_out(registrations.reserve_confirmation, guest.actor, **parts)
    confirmed = house.database.carry_out(
        registrations.conclude_confirmation, guest.actor, ticket, "", guest.browser,
        token_digest(token or f"browser of {name}"), matches=True, **parts,
    )  # fmt: skip
    assert confirmed is not None
    return confirmed


def signed_in(house: House, account_id: int, token: str = "", *, now: datetime = NOON, stage: Stage = Stage.FULL) -> Customer:
    """Sign the account in from some browser."""

    def begin(db: Session) -> Customer:
        account = db.get_one(Account, account_id)
        digest = token_digest(token or f"browser of {account_id}")
        return sign_ins.start_sign_in(
            db, account, digest, stage=stage, device_id=None, browser="Firefox", source="192.0.2.9", now=now
        )

    return house.database.carry_out(begin)


def post_to(house: House, email: str, kind: str = "") -> list[Job]:
    """List the post owed to an address, the oldest first."""
    with house.database.reading() as db:
        wanted = select(Job).where(Job.recipient == email).order_by(col(Job.id))
        jobs = list(db.exec(wanted.where(Job.kind == kind) if kind else wanted))
        db.expunge_all()
        return jobs


def secret_of(house: House, job: Job) -> str:
    """Open what an e-mail shows or links to."""
    return accounts.open_text(house.secrets, job.secret)


def facts_of(job: Job) -> dict[str, object]:
    """Read the facts an e-mail was given."""
    return dict(json.loads(job.facts))


@dataclass
class Guest:
    """Somebody at the sign-in form, with a browser of their own."""

    house: House
    name: str = "guest"
    visit_id: int | None = None
    device: str = ""
    source: str = "198.51.100.7"
    signed_in: Customer | None = None
    checks: list[bool] = field(default_factory=list)
    """One entry for every real password check: whether it matched."""

    @property
    def actor(self) -> Stranger:
        return Stranger(self.source, self.visit_id)

    @property
    def browser(self) -> Browser:
        return Browser(token_digest(random_token()), self.device or f"device of {self.name}", "Firefox", self.source)

    def reserve(self, login: str, code: str = "", *, now: datetime = NOON) -> Ticket:
        """Send the form, and look no further than the moment before the password is checked."""
        return self.house.database.carry_out(
            sign_in.reserve_sign_in, self.actor, login, code, self.browser,
            brand=self.house.brand, secrets=self.house.secrets, now=now,
        )  # fmt: skip

    def attempt(
        self, login: str, password: str, code: str = "", *, now: datetime = NOON, suspicious: bool = False
    ) -> Customer | None:
        """Send the form once."""
        house = self.house
        house_parts = {"brand": house.brand, "secrets": house.secrets, "now": now}
        browser = replace(self.browser, suspicious=suspicious)
        ticket = house.database.carry_out(
            sign_in.reserve_sign_in, self.actor, login, code, browser, could_be_sent=could_be_sent(password), **house_parts
        )
        self.visit_id = ticket.visit_id
        by_current = ticket.number is not None and house.hashing.verify(password, ticket.stored)
        by_sent = ticket.number is not None and not by_current and house.hashing.verify(password, ticket.sent)
        matches = by_current or by_sent
        if ticket.number is not None:
            self.checks.append(matches)
        self.signed_in = house.database.carry_out(
            sign_in.conclude_sign_in, self.actor, ticket, browser, token_digest(f"cookie {self.name} {login} {now}"),
            matches=matches, by_sent=by_sent, **house_parts,
        )  # fmt: skip
        if self.signed_in:
            self.visit_id = None
        return self.signed_in

    def view(self, *, now: datetime = NOON) -> AttemptView:
        """Look at the page."""
        return self.house.database.ask(sign_in.attempt_view, self.actor, brand=self.house.brand, now=now)

    def code(self) -> str:
        """Read the picture."""
        with self.house.database.reading() as db:
            visit = db.get_one(Visit, self.visit_id)
            return challenges.picture_text(db.get_one(Challenge, visit.challenge_id), self.house.secrets)

    def ask_for_code(self, *, now: datetime = NOON) -> None:
        """Press the button that mails the code."""
        self.house.database.carry_out(sign_in.mail_code, self.actor, brand=self.house.brand, secrets=self.house.secrets, now=now)

    def fail(self, login: str, times: int, *, now: datetime = NOON) -> datetime:
        """Fail so many times in a row, patiently and with the right codes; give the moment of the next attempt."""
        for _ in range(times):
            self.attempt(login, "Rossz1Jelszo2", self.code() if self.view(now=now).challenge else "", now=now)
            now += timedelta(seconds=31)
        return now

    def open_link(self, token: str, purpose: LinkPurpose, *, now: datetime = NOON) -> None:
        """Press the button of an e-mail."""
        digest = token_digest(f"link visit {self.name} {now} {token}")
        self.house.database.carry_out(links.arrive_by_link, self.actor, token_digest(token), purpose, digest, now=now)
        with self.house.database.reading() as db:
            self.visit_id = db.exec(select(Visit.id).where(Visit.token_sha256 == digest)).one()

    def first_sign_in(self, initial: str, code: str = "", *, now: datetime = NOON) -> Customer | None:
        """Send the form of the first sign-in."""
        house, parts = self.house, {"brand": self.house.brand, "secrets": self.house.secrets, "now": now}
        ticket = house.database.carry_out(first_sign_in.reserve_first_sign_in, self.actor, code, **parts)
        matches = ticket.number is not None and house.hashing.verify(initial, ticket.stored)
        if ticket.number is not None:
            self.checks.append(matches)
        self.signed_in = house.database.carry_out(
            first_sign_in.conclude_first_sign_in, self.actor, ticket, self.browser,
            token_digest(f"first cookie {self.name} {now}"), matches=matches, **parts,
        )  # fmt: skip
        return self.signed_in

    def ask_for_new_password(self, login: str, *, drawn: str = "MasikAjto48Ke", now: datetime = NOON) -> None:
        """Send the form of the forgotten password; `drawn` is what would be sent."""
        house = self.house
        house.database.carry_out(
            ways_in.request_new_password, self.actor, login, token_digest(random_token()),
            initial_password=drawn, hashed=house.hashing.hash(drawn),
            brand=house.brand, secrets=house.secrets, now=now,
        )  # fmt: skip
        with house.database.reading() as db:
            self.visit_id = db.exec(select(Visit.id).order_by(col(Visit.id).desc())).first()


def set_by_link(
    house: House, guest: Guest, new: str = "ZoldHegy58Ut", *, cookie: str = "new cookie", minutes: int = 0
) -> PasswordSet:
    """Set a judged password for whoever came with a link."""
    return house.database.carry_out(
        passwords.set_password_by_link, guest.actor, house.hashing.hash(new), token_digest(cookie),
        device_token="device", browser="Firefox", source="192.0.2.1", brand=house.brand,
        now=NOON + timedelta(minutes=minutes),
    )  # fmt: skip
