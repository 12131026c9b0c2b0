"""The house: what every use case may need, built once from the settings; doors and tests pass its parts as arguments."""

from dataclasses import dataclass

from portal_app.database.transactions import Database
from portal_app.domain.brands import Brand
from portal_app.gateways.hashing import PasswordHashing
from portal_app.gateways.objects import ObjectStore
from portal_app.gateways.scanner import Scanner, scanner_for
from portal_app.gateways.secrets import Secrets
from portal_app.gateways.sources import SourceLimits
from portal_app.settings import Settings, read_brand


@dataclass(frozen=True)
class House:
    """The installation's collaborators."""

    settings: Settings
    brand: Brand
    database: Database
    secrets: Secrets
    objects: ObjectStore
    hashing: PasswordHashing
    scanner: Scanner
    limits: SourceLimits


_open: list[House] = []


def use_house(house: House | None) -> None:
    """Set, or forget, the house of this process."""
    _open[:] = [house] if house else []


def the_house() -> House:
    """Give the house of this process."""
    return _open[0]


def open_house(settings: Settings) -> House:
    """Build the house the settings describe; nothing is contacted before its first use.

    Raises `SettingsWrong` when the brand file is wrong.
    """
    secrets = Secrets(settings.secrets)
    return House(
        settings=settings,
        brand=read_brand(settings.brand),
        database=Database(settings.database),
        secrets=secrets,
        objects=ObjectStore(settings.objects, secrets),
        hashing=PasswordHashing(secrets),
        scanner=scanner_for(settings.clamd_url),
        limits=SourceLimits(settings.redis_url or None),
    )
