"""Killed with -9 in the middle of moving to the full portal: the old state stands, and pressing again moves everything."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import date

import httpx
import pytest
from sqlmodel import Session, func, select

from portal_app.database.tables import Account, Event, Job, Letter, Login, Policy, SignIn
from portal_app.domain.kinds import LetterKind
from portal_app.domain.retention import WHILE_POLICY_RUNS
from portal_app.gateways.clock import now
from portal_app.services.placing import NewLetter, place_letters
from tests.cast import ANNA, ANNAS_PASSWORD, ANNAS_POLICY, CORE
from tests.conftest import free_port
from tests.operations.installed import ROOT, Installed
from tests.stuck import stuck_at_the_post
from tests.visitors import active

LETTERS = 300


class Portal:
    """The customer's routes as a process that is killed and started again."""

    def __init__(self, installed: Installed) -> None:
        self.port = free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.environment = installed.environment | {"PORTAL_PUBLIC_URL": self.origin}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        arguments = ["--interface", "asgi", "--host", "127.0.0.1", "--port", str(self.port), "--log-level", "error"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "granian", *arguments, "tests.faults.customer_server:app"],
            cwd=ROOT,
            env=self.environment,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        end = time.monotonic() + 60
        while time.monotonic() < end:
            with suppress(httpx.HTTPError):
                httpx.get(f"{self.origin}/belepes")
                return
            time.sleep(0.05)
        pytest.fail("the server did not start")

    def kill(self) -> None:
        """Kill the server and its worker at once, as a power cut or the kernel would."""
        assert self.process is not None
        subprocess.run(["kill", "-9", "--", f"-{self.process.pid}"], check=False)
        self.process.wait()


@pytest.fixture
def portal(installed: Installed) -> Iterator[Portal]:
    made = Portal(installed)
    made.start()
    yield made
    made.kill()


def fill(installed: Installed) -> int:
    """Let Anna have a letter-box with many letters of a policy."""
    account_id = active(installed.house, ANNA, ANNAS_PASSWORD, now=now())

    def place(db: Session) -> None:
        policy = Policy(
            number=ANNAS_POLICY, product="KGFB", holder_name="Kovács Anna", email=ANNA, communication="electronic",
            sales_route="direct", status="active", as_of=now(), account_id=account_id, opened_account_id=account_id,
        )  # fmt: skip
        db.add(policy)
        db.flush()
        letter = NewLetter(account_id, "kuldemenyeim", LetterKind.INFORMATION, "Levél", (), policy_id=policy.id)
        place_letters(db, CORE, [letter] * LETTERS, brand=installed.house.brand, now=now())

    installed.database.carry_out(place)
    return account_id


def state_of(installed: Installed, account_id: int) -> dict[str, object]:
    """Everything that moving changes."""
    with installed.database.reading() as db:
        account = db.get_one(Account, account_id)
        dates: list[date] = list(db.exec(select(Letter.erase_on).where(Letter.account_id == account_id)))
        return {
            "portal": account.portal,
            "letters": len(dates),
            "lasting": dates.count(WHILE_POLICY_RUNS),
            "logins": sorted(db.exec(select(Login.kind).where(Login.account_id == account_id))),
            "stages": db.exec(select(SignIn.stage).where(SignIn.account_id == account_id)).all(),
            "told": db.exec(select(func.count()).where(Job.kind == "upgraded")).one(),
            "recorded": db.exec(select(func.count()).where(Event.act == "account:upgraded")).one(),
        }


@pytest.fixture
def browser(portal: Portal) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=portal.origin, headers={"origin": portal.origin}, timeout=60) as opened:
        yield opened


@pytest.mark.fault
@pytest.mark.requirement("R43")
def test_killed_in_the_middle_of_moving_nothing_has_moved_and_pressing_again_moves_all(
    installed: Installed, portal: Portal, browser: httpx.Client
) -> None:
    account_id = fill(installed)
    assert browser.post("/belepes", data={"login": ANNA, "password": ANNAS_PASSWORD}).headers["location"] == "/kuldemenyek"
    before = state_of(installed, account_id)

    with stuck_at_the_post(installed.database.engine):
        pressed = threading.Thread(target=press, args=(browser,), daemon=True)
        pressed.start()
        time.sleep(1.5)
        assert pressed.is_alive(), "it did not hang"
        portal.kill()
        pressed.join()
    assert state_of(installed, account_id) == before
    portal.start()
    again = browser.post("/atlepes")

    assert (again.status_code, again.headers["location"]) == (303, "/jelszo")
    assert state_of(installed, account_id) == {
        "portal": "ugyfelportal",
        "letters": LETTERS,
        "lasting": LETTERS,
        "logins": ["email", "issued"],
        "stages": ["must_change"],
        "told": 1,
        "recorded": 1,
    }


def press(browser: httpx.Client) -> None:
    """Press the button; the answer never comes."""
    with suppress(httpx.HTTPError):
        browser.post("/atlepes")
