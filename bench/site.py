"""The run's own data folder: installations of the wanted sizes, filled once, and gone when the run is over."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from bench.filling import fill
from bench.serving import Server, serving_bare, serving_portal, settings_for
from portal_app.database.schema import migrate
from portal_app.database.tables import Account
from portal_app.domain.actors import Customer, Stage
from portal_app.gateways.clock import now
from portal_app.gateways.secrets import random_token, token_digest
from portal_app.services import sign_ins
from portal_app.services.house import House, open_house
from portal_app.services.installation import check_installation

PASSWORD = "HegyiTavasz47"
SMALL, LARGE, HUGE = 10_000, 200_000, 1_000_000


@dataclass
class Installation:
    """A filled installation."""

    folder: Path
    house: House
    accounts: int

    def sign_in(self, account_id: int) -> str:
        """Sign the account in from some browser and give the cookie."""
        token = random_token()
        self.house.database.carry_out(_begin, account_id, token_digest(token))
        return token

    @contextmanager
    def serving(self, role: str = "all") -> Iterator[Server]:
        """Serve it."""
        with serving_portal(self.folder, role) as server:
            yield server


@dataclass
class Site:
    """The run's folder and what stands in it."""

    folder: Path
    say: Callable[[str], None]
    _installations: dict[int, Installation] = field(default_factory=dict)

    def installation(self, letters: int) -> Installation:
        """Give the installation with so many letters, filling it when it is wanted first."""
        if letters not in self._installations:
            self._installations[letters] = self.new_installation(f"{letters}", letters)
        return self._installations[letters]

    def new_installation(self, name: str, letters: int, age: timedelta = timedelta()) -> Installation:
        """Fill an installation that no other figure uses, as it was some time ago."""
        began = time.monotonic()
        folder = self.folder / name
        folder.mkdir()
        house = open_house(settings_for(folder))
        migrate(house.database)
        house.database.carry_out(check_installation, house.brand, house.secrets)
        accounts = 0
        if letters:
            hashed = house.hashing.hash(PASSWORD)
            accounts = fill(folder / "portal.db", letters, brand=house.brand, password_hash=hashed, now=now() - age)
        self.say(f"filled {letters:,} letters of {accounts:,} accounts in {time.monotonic() - began:.0f} s")
        return Installation(folder, house, accounts)

    @contextmanager
    def bare(self) -> Iterator[Server]:
        """Serve the bare counterpart."""
        with serving_bare(self.folder) as server:
            yield server


@contextmanager
def open_site(parent: Path | None, say: Callable[[str], None]) -> Iterator[Site]:
    """Make the run's folder and take it away afterwards."""
    if parent is not None:
        parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=parent) as folder:
        yield Site(Path(folder), say)


def _begin(db, account_id: int, digest: str) -> Customer:  # noqa: ANN001
    account = db.get_one(Account, account_id)
    return sign_ins.start_sign_in(
        db, account, digest, stage=Stage.FULL, device_id=None, browser="bench", source="127.0.0.1", now=now()
    )
