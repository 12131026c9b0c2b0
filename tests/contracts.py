"""Policies of customers, for tests of what the full portals show of them."""

from typing import Any

from portal_app.database.tables import Policy
from portal_app.domain.actors import Customer
from portal_app.domain.policies import plate_key
from portal_app.services.house import House
from tests.cast import NOON


def policy(house: House, owner: Customer, number: str, **details: Any) -> int:
    """Let somebody hold a policy, as intake would have written it down; give its id."""
    stated = {
        "product": "KGFB",
        "holder_name": "Minta Anna",
        "plate_number": "",
        "communication": "electronic",
        "consent_at": NOON,
        "sales_route": "broker_online",
        "status": "active",
        "as_of": NOON,
        **details,
    }
    stated["plate_key"] = plate_key(stated["plate_number"])
    with house.database.writing() as db:
        row = Policy(number=number, account_id=owner.account_id, opened_account_id=owner.account_id, **stated)
        db.add(row)
        db.flush()
        return row.id or 0
