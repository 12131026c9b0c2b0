"""Many wrong sign-ins at once through the real door: ten are checked, the rest are not; and nobody learns who exists."""

import asyncio
import re
import statistics
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import httpx
import pytest
from sqlmodel import Session, select, update

from portal_app.database.schema import migrate
from portal_app.database.tables import Challenge, FailureBucket, Job, Visit
from portal_app.gateways.clock import now
from portal_app.gateways.secrets import token_digest
from portal_app.services import challenges
from portal_app.services.house import House, open_house
from tests.cast import ANNA, ANNAS_PASSWORD, BELA, BELAS_PASSWORD
from tests.conftest import free_port
from tests.faults.attacked import NO_TLS, InstalledProduct
from tests.visitors import FULL_PASSWORD, active

pytestmark = [pytest.mark.fault, pytest.mark.timeout(300)]

WRONG = "Rossz1Jelszo2"
AT_ONCE = 50
# So many find room in the pool of hashing threads of a machine with two cores.
HASHED_AT_ONCE = 30
LOCKED_AFTER = 10
ROUNDS = 8
# Medians of the three kinds of account differ by no more than this, even on a busy machine.
ALIKE = 1.6


@dataclass(frozen=True)
class Door:
    """A running portal behind one proxy, so that every browser can come from an address of its own."""

    product: InstalledProduct
    house: House

    def browser(self, number: int) -> httpx.AsyncClient:
        """A browser that was never here before."""
        headers = {"Origin": self.product.url, "X-Forwarded-For": f"198.51.{number // 250}.{number % 250 + 1}"}
        return httpx.AsyncClient(base_url=self.product.url, headers=headers, timeout=120, verify=NO_TLS)

    @asynccontextmanager
    async def browsers(self, first: int, number: int = AT_ONCE) -> AsyncIterator[list[httpx.AsyncClient]]:
        """Many of them."""
        async with AsyncExitStack() as stack:
            yield [await stack.enter_async_context(self.browser(place)) for place in range(first, first + number)]

    def failures(self) -> list[FailureBucket]:
        """All counts of failures."""
        with self.house.database.reading() as db:
            found = list(db.exec(select(FailureBucket).order_by(FailureBucket.updated_at)))
            db.expunge_all()
        return found

    def picture(self, browser: httpx.AsyncClient) -> str:
        """Read the picture that this browser is shown."""
        with self.house.database.reading() as db:
            visit = db.exec(select(Visit).where(Visit.token_sha256 == token_digest(browser.cookies["portal_visit"]))).one()
            return challenges.picture_text(db.get_one(Challenge, visit.challenge_id), self.house.secrets)


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """One portal with Anna and Béla in it."""
    data = tmp_path_factory.mktemp("storm") / "data"
    product = InstalledProduct(free_port(), data, more={"PORTAL_PROXY_HOPS": "1", "PORTAL_ROLE": "web"})
    house = open_house(product.settings)
    migrate(house.database)
    for email, password in ((ANNA, ANNAS_PASSWORD), (BELA, BELAS_PASSWORD)):
        active(house, email, password, now=now() - timedelta(days=1))
    product.start()
    yield Door(product, house)
    product.stop()
    house.objects.close()
    house.database.close()


async def sign_in(browser: httpx.AsyncClient, login: str, password: str, **more: str) -> httpx.Response:
    return await browser.post("/belepes", data={"login": login, "password": password, **more})


@pytest.mark.requirement("R36")
async def test_fifty_at_once_without_a_code_are_three_tries(door: Door) -> None:
    async with door.browsers(first=0) as browsers:
        answers = await asyncio.gather(*(sign_in(browser, BELA, WRONG) for browser in browsers))

    assert {answer.status_code for answer in answers} <= {303, 503}
    assert [(bucket.failures, bucket.locked_at) for bucket in door.failures()] == [(3, None)]


@pytest.mark.requirement("R37")
async def test_many_at_once_with_the_right_codes_are_ten_tries_and_a_lock(door: Door) -> None:
    """Who finds the pool of hashing threads full is sent away before being checked, and that is no failure."""
    forget(door)
    async with door.browsers(first=100, number=HASHED_AT_ONCE) as browsers, door.browser(200) as annas:
        for browser in browsers[:3]:
            await sign_in(browser, ANNA, WRONG)
        for browser in browsers:
            await sign_in(browser, ANNA, WRONG)
        codes = [door.picture(browser) for browser in browsers]
        let_everybody_try(door)

        attempts = (sign_in(browser, ANNA, WRONG, code=code) for browser, code in zip(browsers, codes, strict=True))
        statuses = [answer.status_code for answer in await asyncio.gather(*attempts)]
        rightly = await sign_in(annas, ANNA, ANNAS_PASSWORD)

    bucket, sent_away = door.failures()[-1], statuses.count(503)
    assert set(statuses) <= {303, 503}
    assert LOCKED_AFTER - sent_away <= bucket.failures <= LOCKED_AFTER
    assert (bucket.locked_at is not None) == (bucket.failures == LOCKED_AFTER)
    assert told_the_owner(door) == (1 if bucket.locked_at else 0)
    assert rightly.headers["location"] == "/belepes"


@dataclass
class Answers:
    """What strangers get for a form that names somebody, and how long it took."""

    times: list[float] = field(default_factory=list)
    told: set[tuple[int, str, str]] = field(default_factory=set)

    async def ask(self, browser: httpx.AsyncClient, path: str, form: dict[str, str]) -> None:
        """Send the form once."""
        begun = time.perf_counter()
        answer = await browser.post(path, data=form)
        self.times.append(time.perf_counter() - begun)
        passing = r"portal_(visit|device)=[\w-]+|\d\d:\d\d:\d\d|K-\d{4}-\w{6}"
        headers = re.sub(passing, "…", str(sorted(answer.headers.items())))
        self.told.add((answer.status_code, headers, answer.text))

    @property
    def median(self) -> float:
        """How long it took, in seconds."""
        return statistics.median(self.times)


# Every form that a stranger can fill in, with what names somebody in it.
FORMS: dict[str, Callable[[str], dict[str, str]]] = {
    "/belepes": lambda login: {"login": login, "password": WRONG},
    "/elfelejtett-jelszo": lambda login: {"login": login},
    "/regisztracio": lambda login: {
        "login": "valaki",
        "email": login,
        "new": FULL_PASSWORD,
        "again": FULL_PASSWORD,
        "consent": "on",
    },
    "/segitseg": lambda login: {"clue": login, "plate": ""},
    "/segitseg/hozzaferes": lambda login: {"name": "Valaki", "policy_number": login, "email": "valaki@pelda.example"},
    "/portaltorles": lambda login: {"login": login, "ground": "other"},
}


@pytest.mark.requirement("R37")
@pytest.mark.requirement("R70")
@pytest.mark.parametrize("path", FORMS)
async def test_unknown_known_and_locked_accounts_are_answered_alike_and_as_fast(door: Door, path: str) -> None:
    forget(door)
    lock(door, ANNA)
    locked, known, unknown = Answers(), Answers(), Answers()

    for turn in range(ROUNDS):
        forget(door, keep_locked=True)
        for place, (answers, login) in enumerate(((locked, ANNA), (known, BELA), (unknown, f"senki{turn}@pelda.example"))):
            async with door.browser(300 + turn * 3 + place) as browser:
                await answers.ask(browser, path, FORMS[path](login))

    medians = [answers.median for answers in (locked, known, unknown)]
    assert locked.told == known.told == unknown.told
    assert len(known.told) == 1
    assert max(medians) / min(medians) < ALIKE, medians


def forget(door: Door, *, keep_locked: bool = False) -> None:
    """Let nobody have failed."""

    def forgotten(db: Session) -> None:
        for bucket in db.exec(select(FailureBucket)):
            if not (keep_locked and bucket.locked_at):
                db.delete(bucket)

    door.house.database.carry_out(forgotten)


def let_everybody_try(door: Door) -> None:
    """Set the count back, while everybody holds a code that was asked for."""
    door.house.database.carry_out(lambda db: db.exec(update(FailureBucket).values(failures=0, not_before=None)))


def lock(door: Door, login: str) -> None:
    """Let an account have been locked."""
    headers = {"Origin": door.product.url, "X-Forwarded-For": "198.51.9.9"}
    httpx.post(
        f"{door.product.url}/belepes", data={"login": login, "password": WRONG}, headers=headers, timeout=60, verify=NO_TLS
    )
    values = {"failures": LOCKED_AFTER, "locked_at": now()}
    door.house.database.carry_out(lambda db: db.exec(update(FailureBucket).values(**values)))


def told_the_owner(door: Door) -> int:
    with door.house.database.reading() as db:
        return len(db.exec(select(Job).where(Job.recipient == ANNA, Job.kind == "account_locked")).all())
