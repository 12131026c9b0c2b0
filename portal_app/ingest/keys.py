"""Who is calling: the API key in the header becomes the insurer's system, as often as one key may call."""

from fastapi import Request

from portal_app.database.transactions import ask, the_database
from portal_app.domain.actors import InsurerSystem
from portal_app.domain.errors import KeyMissing, RateExceeded
from portal_app.services.api_keys import system_of
from portal_app.services.house import the_house

_LONGEST = 200
_ACTION = "API requests"


async def calling_system(request: Request) -> InsurerSystem:
    """Give the system whose key the request bears.

    Raises `KeyMissing` when it bears none that works, `RateExceeded` when that one calls too often.
    """
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    key = key.strip()
    if scheme.lower() != "bearer" or not key or len(key) > _LONGEST:
        raise KeyMissing
    system = await ask(system_of, key)
    await _count(system)
    return system


async def _count(system: InsurerSystem) -> None:
    house, source = the_house(), f"key {system.key_id}"
    most = house.settings.api_requests_a_minute
    counted = (_ACTION, source, f"{most}/minute")
    if not await the_database().in_thread(house.limits.allow, *counted):
        seconds = await the_database().in_thread(house.limits.seconds_to_wait, *counted)
        raise RateExceeded(most=most, seconds=seconds)
