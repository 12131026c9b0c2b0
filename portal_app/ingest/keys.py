"""Who is calling: the API key in the header becomes the insurer's system."""

from fastapi import Request

from portal_app.database.transactions import ask
from portal_app.domain.actors import InsurerSystem
from portal_app.domain.errors import KeyMissing
from portal_app.services.api_keys import system_of

_LONGEST = 200


async def calling_system(request: Request) -> InsurerSystem:
    """Give the system whose key the request bears; `KeyMissing` when it bears none that works."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    key = key.strip()
    if scheme.lower() != "bearer" or not key or len(key) > _LONGEST:
        raise KeyMissing
    return await ask(system_of, key)
