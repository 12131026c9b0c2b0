"""A whole installation for tests of commands: a database of its own, settings in the environment, real processes."""

import io
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from unittest.mock import patch

from sqlmodel import Session

from portal_app.__main__ import main
from portal_app.database.schema import migrate
from portal_app.database.tables import Account
from portal_app.database.transactions import Database
from portal_app.domain.brands import PortalName
from portal_app.gateways import clock
from portal_app.gateways.hashing import PasswordHashing
from portal_app.gateways.objects import ObjectStore
from portal_app.gateways.scanner import NoScanner
from portal_app.gateways.secrets import Secrets
from portal_app.gateways.sources import SourceLimits
from portal_app.services.accounts import account_for_email
from portal_app.services.house import House
from portal_app.services.installation import check_installation
from portal_app.services.outbox import enqueue
from portal_app.settings import Settings, read_brand
from tests.cast import CORE
from tests.conftest import SECRET

ROOT = Path(__file__).parents[2]


def until(condition: Callable[[], bool], seconds: float) -> None:
    """Wait until it is so, but no longer than this."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.02)


@dataclass(frozen=True)
class Installed:
    """An installation, its house in this process, and its commands in others."""

    house: House
    environment: dict[str, str]

    @property
    def database(self) -> Database:
        """The installation's database."""
        return self.house.database

    def start(self, *words: str, **more: str) -> subprocess.Popen[str]:
        """Start a command; `more` are further settings."""
        return subprocess.Popen(
            [sys.executable, "-m", "portal_app", *words],
            cwd=ROOT,
            env=self.environment | more,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def run(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        process = self.start(*words, **more)
        out, err = process.communicate(timeout=100)
        return subprocess.CompletedProcess(words, process.returncode, out, err)

    def call(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end in this process, which takes less time and is otherwise the same."""
        before, logging_before = dict(os.environ), logging.getLogger().handlers[:]
        out, err = io.StringIO(), io.StringIO()
        code: object = 0
        os.environ.clear()
        os.environ.update(self.environment | more)
        try:
            with redirect_stdout(out), redirect_stderr(err), patch.object(sys, "argv", ["portal_app", *words]):
                main()
        except SystemExit as ended:
            code = ended.code or 0
        finally:
            os.environ.clear()
            os.environ.update(before)
            logging.getLogger().handlers[:] = logging_before
        assert isinstance(code, int)
        return subprocess.CompletedProcess(words, code, out.getvalue(), err.getvalue())

    def owe(self, kind: str, email: str, *, now: datetime | None = None, times: int = 1, **details: object) -> None:
        """Owe post to an account of this address, opened when there is none."""
        at = now or clock.now()

        def owed(db: Session) -> None:
            account, _ = account_for_email(
                db, CORE, email, portal=PortalName.KULDEMENYEIM, phone="+36301234567", customer_ref="", now=at
            )
            for _ in range(times):
                enqueue(db, kind, account, now=at, **details)  # type: ignore[arg-type]

        self.database.carry_out(owed)

    def change_account(self, email: str, **values: object) -> None:
        """Set columns of an account."""

        def changed(db: Session) -> None:
            account = account_for_email(
                db, CORE, email, portal=PortalName.KULDEMENYEIM, phone="", customer_ref="", now=clock.now()
            )[0]
            assert isinstance(account, Account)
            for name, value in values.items():
                setattr(account, name, value)

        self.database.carry_out(changed)


@contextmanager
def installed_in(folder: Path, make: Callable[[], Database], **more: str) -> Iterator[Installed]:
    """Set up an installation whose data lies in the folder; `more` are further settings."""
    database = make()
    migrate(database)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")} | {
        "PORTAL_BRAND": "minta",
        "PORTAL_DATA": str(folder / "data"),
        "PORTAL_DATABASE_URL": database.url,
        "PORTAL_SECRET_KEY": SECRET,
        "PORTAL_SMTP_URL": "file:",
        "PORTAL_SMS_URL": "file:",
        "PORTAL_PUBLIC_URL": "https://portal.minta.example",
        **more,
    }
    values = {name.removeprefix("PORTAL_").lower(): value for name, value in environment.items() if name.startswith("PORTAL_")}
    settings = Settings(_env_file=None, **values)
    secrets = Secrets([SECRET])
    with PasswordHashing(secrets, cost=4) as hashing:
        house = House(
            settings=settings,
            brand=read_brand("minta"),
            database=database,
            secrets=secrets,
            objects=ObjectStore(settings.objects, secrets),
            hashing=hashing,
            scanner=NoScanner(),
            limits=SourceLimits(None),
        )
        database.carry_out(check_installation, house.brand, secrets)
        yield Installed(house, environment)
        house.objects.close()
