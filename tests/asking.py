"""Requests for tests: policies as the core system states them, and what customers ask to have changed."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import select

from portal_app.database.tables import Policy
from portal_app.domain.actors import Customer, Stranger
from portal_app.domain.applications import ApplicationKind
from portal_app.domain.policies import plate_key
from portal_app.services import applications, decisions, openings
from portal_app.services.applications import ApplicationReceipt, NewApplication
from portal_app.services.decisions import InsurersApplication
from portal_app.services.fulfilments import Decision
from portal_app.services.house import House
from tests.cast import ANNA, ANNAS_POLICY, DENES, NOON
from tests.visitors import full_customer

ADDRESS = {"postcode": "1117", "town": "Budapest", "street": "Fehérvári út 1."}
FACTS: dict[ApplicationKind, dict[str, str]] = {
    ApplicationKind.ELECTRONIC: {"terms": "yes"},
    ApplicationKind.POSTAL: ADDRESS,
    ApplicationKind.ADDRESS: ADDRESS,
    ApplicationKind.PHONE: {"phone": "+36301112233"},
    ApplicationKind.EMAIL: {"email": "uj@pelda.example"},
    ApplicationKind.BANK_ACCOUNT: {"bank_account": "HU42117730161111101800000000"},
    ApplicationKind.MERGE: {"login": "482 917 366"},
    ApplicationKind.LOST_ACCESS: {"name": "Kiss Anna"},
}
"""What a whole request of each kind says."""


def policy_of(house: House, owner: Customer | None, number: str = ANNAS_POLICY, **values: Any) -> None:
    """Let the house know a policy; of nobody's account when there is no owner."""
    account_id = owner.account_id if owner else None
    known = {
        "product": "KGFB", "holder_name": "Kiss Anna", "communication": "electronic", "sales_route": "direct",
        "status": "active", "as_of": NOON, "account_id": account_id, "opened_account_id": account_id,
        "email": "anna@pelda.example", "plate_number": "ABC-123",
    }  # fmt: skip
    known |= values
    with house.database.writing() as db:
        db.add(Policy(number=number, plate_key=plate_key(known["plate_number"]), **known))


def by_post(house: House, email: str = ANNA, policy: str = ANNAS_POLICY, *, now: datetime = NOON, **account: Any) -> Customer:
    """Let somebody be a customer whose letters about this policy go by post."""
    customer = full_customer(house, email, now=now, **account)
    policy_of(house, customer, policy, communication="postal")
    return customer


def known_policy(house: House, number: str = ANNAS_POLICY) -> Policy:
    """Read what is known of a policy."""
    with house.database.reading() as db:
        found = db.exec(select(Policy).where(Policy.number == number)).one()
        db.expunge_all()
        return found


def asked(
    house: House,
    actor: Customer,
    kind: ApplicationKind = ApplicationKind.ELECTRONIC,
    *,
    policy: str = ANNAS_POLICY,
    nonce: str = "nonce",
    now: datetime = NOON,
    **facts: str,
) -> ApplicationReceipt:
    """Submit a whole request; `facts` replace single ones."""
    new = NewApplication(kind, nonce, FACTS[kind] | facts, policy)
    return house.database.carry_out(applications.submit, actor, new, brand=house.brand, now=now)


def asked_outside(house: House, number: str = ANNAS_POLICY, **facts: str) -> ApplicationReceipt:
    """Let somebody without an account ask for electronic letters."""
    new = NewApplication(ApplicationKind.ELECTRONIC, "n", {"terms": "yes", **facts}, number)
    return house.database.carry_out(
        applications.submit_from_outside, Stranger("192.0.2.1"), new, email="anna.uj@pelda.example", language="hu",
        brand=house.brand, now=NOON,
    )  # fmt: skip


def fulfil(house: House, receipt: ApplicationReceipt, *, now: datetime = NOON + timedelta(days=2)) -> None:
    """Let staff carry a request out, as their command does."""
    decision = Decision(house.brand, house.secrets)
    try:
        house.database.carry_out(decisions.fulfil, DENES, receipt.reference, decision, now=now)
    except openings.FirstAccessNeeded:
        route = house.database.ask(decisions.sales_route_of, DENES, receipt.reference)
        first = openings.draw_first_access(route, brand=house.brand, hashing=house.hashing)
        house.database.carry_out(decisions.fulfil, DENES, receipt.reference, replace(decision, first_access=first), now=now)


def listed(house: House, now: datetime = NOON) -> list[InsurersApplication]:
    """List the open requests as staff see them."""
    return house.database.ask(decisions.list_open, DENES, now=now)


def status(house: House, receipt: ApplicationReceipt, *, now: datetime = NOON + timedelta(days=2)) -> str:
    """Say how a request stands, as staff see it."""
    return house.database.ask(decisions.read, DENES, receipt.reference, now=now).status
