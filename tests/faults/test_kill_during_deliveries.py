"""The process is killed with -9 while letters are handed over: none that was acknowledged is lost, none is doubled."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256

import httpx
import pytest
from sqlmodel import col, select, update

from portal_app.database.tables import Account, Delivery, Document, DocumentKey, Event, IdempotentAnswer, Job, Letter
from portal_app.gateways.clock import now
from portal_app.ingest.examples import small_pdf
from portal_app.services import api_keys
from portal_app.services.documents import read_wrapped
from tests.cast import ANNAS_POLICY, DENES
from tests.handing_over import letter, policy
from tests.operations.installed import Installed
from tests.serving import Server

SINGLES, BATCHES, PER_BATCH = 500, 10, 50
KILLS = 4
SENDERS = 4


@pytest.fixture
def server(installed: Installed) -> Iterator[Server]:
    """A running server that knows Anna's policy."""
    key = installed.database.carry_out(api_keys.create_key, DENES, "core", now=now())
    made = Server(installed, key)
    made.start()
    answer = httpx.put(f"{made.address}/policies/{ANNAS_POLICY}", headers=made.headers, json=policy(), timeout=30)
    assert answer.status_code == 201
    yield made
    made.kill()


@dataclass(frozen=True)
class Request:
    """What one request hands over, under one Idempotency-Key for ever."""

    name: str
    references: tuple[str, ...]

    def send(self, client: httpx.Client, server: Server) -> httpx.Response:
        letters = [letter(reference, files=[small_pdf(f"Letter {reference}")]) for reference in self.references]
        batch = len(letters) > 1
        return client.post(
            f"{server.address}/deliveries{'/batch' if batch else ''}",
            headers=server.headers | {"Idempotency-Key": self.name},
            json={"deliveries": letters} if batch else letters[0],
        )


def everything() -> list[Request]:
    """A thousand letters, half of them in batches, the two kinds mixed."""
    singles = [Request(f"single-{number}", (f"S-{number}",)) for number in range(SINGLES)]
    batches = [
        Request(f"batch-{number}", tuple(f"B-{number}-{place}" for place in range(PER_BATCH))) for number in range(BATCHES)
    ]
    step = SINGLES // BATCHES
    return [one for number in range(BATCHES) for one in (*singles[number * step : (number + 1) * step], batches[number])]


def acknowledged_in(answer: httpx.Response) -> dict[str, str]:
    """Give the delivery ids that an answer acknowledges, by reference."""
    if answer.status_code in {200, 201}:
        return {answer.json()["external_ref"]: answer.json()["id"]}
    if answer.status_code == 207:
        results = answer.json()["results"]
        return {one["external_ref"]: one["delivery"]["id"] for one in results if one["delivery"]}
    return {}


@dataclass
class Core:
    """The core system: hands everything over, notes what was acknowledged, and repeats what was not."""

    server: Server
    waiting: list[Request] = field(default_factory=everything)
    unanswered: list[Request] = field(default_factory=list)
    acknowledged: dict[str, str] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def send_everything(self) -> None:
        """Send requests until none waits; what gets no full answer is repeated later."""
        with httpx.Client(timeout=30) as client:
            while (request := self._next()) is not None:
                try:
                    answered = self.note(request.send(client, self.server))
                except httpx.HTTPError:
                    answered = set()
                if answered < set(request.references):
                    self.unanswered.append(request)

    def repeat(self) -> None:
        """Repeat, under the same keys, what was not answered in full."""
        with httpx.Client(timeout=60) as client:
            for request in self.unanswered:
                answer = request.send(client, self.server)
                assert self.note(answer) == set(request.references), answer.text

    def note(self, answer: httpx.Response) -> set[str]:
        """Note what an answer acknowledges, and whether a reference got another id than before."""
        ids = acknowledged_in(answer)
        with self.lock:
            self.changed += [one for one, known in ids.items() if self.acknowledged.setdefault(one, known) != known]
        return set(ids)

    def _next(self) -> Request | None:
        with self.lock:
            return self.waiting.pop(0) if self.waiting else None


def test_killing_the_process_loses_no_acknowledged_letter_and_doubles_none(server: Server) -> None:
    core = Core(server)

    with ThreadPoolExecutor(SENDERS) as senders:
        running = [senders.submit(core.send_everything) for _ in range(SENDERS)]
        for number in range(1, KILLS + 1):
            _wait_for(lambda bar=150 * number: len(core.acknowledged) >= bar or not core.waiting)
            server.kill()
            _check_acknowledged(server, dict(core.acknowledged))
            server.start()
        for one in running:
            one.result()
    assert core.unanswered, "the kills hit nobody"
    _let_a_minute_pass(server.installed)
    core.repeat()

    assert core.changed == []
    assert len(core.acknowledged) == SINGLES + BATCHES * PER_BATCH
    _check_acknowledged(server, core.acknowledged)
    _check_nothing_is_doubled(server.installed)


def _wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)


def _let_a_minute_pass(installed: Installed) -> None:
    """Move the leases that dead processes left behind into the past; none of them was to last longer than a minute."""
    with installed.database.writing() as db:
        under_way = db.exec(select(IdempotentAnswer.leased_until).where(IdempotentAnswer.status == 0)).all()
        assert all(until <= now() + timedelta(seconds=60) for until in under_way)
        db.exec(
            update(IdempotentAnswer).where(col(IdempotentAnswer.status) == 0).values(leased_until=now() - timedelta(seconds=1))
        )


def _check_acknowledged(server: Server, acknowledged: dict[str, str]) -> None:
    """Every acknowledged letter is there: row, documents, bytes, proof."""
    house = server.installed.house
    with house.database.reading() as db:
        found = db.exec(
            select(Delivery.external_ref, Delivery.public_id, Document, DocumentKey.wrapped)
            .join(Letter, col(Letter.delivery_id) == Delivery.id)
            .join(Document, col(Document.letter_id) == Letter.id)
            .join(DocumentKey, col(DocumentKey.document_id) == Document.id)
        ).all()
        db.expunge_all()
    stored = {reference: (public_id, document, wrapped) for reference, public_id, document, wrapped in found}
    assert {reference: stored[reference][0] for reference in acknowledged} == acknowledged
    for reference, (_, document, wrapped) in stored.items():
        content = house.objects.read(document.object_key, read_wrapped(wrapped))
        assert content == small_pdf(f"Letter {reference}")
        assert sha256(content).hexdigest() == document.sha256


def _check_nothing_is_doubled(installed: Installed) -> None:
    total = SINGLES + BATCHES * PER_BATCH
    with installed.database.reading() as db:
        assert len(db.exec(select(Letter.id)).all()) == total
        assert len(set(db.exec(select(Document.object_key)))) == total
        for act in ("delivery:accepted", "letter:placed"):
            assert len(db.exec(select(Event.id).where(Event.act == act)).all()) == total
        assert db.exec(select(Account.unread)).all() == [total]
        assert [job.count for job in db.exec(select(Job).where(Job.kind == "arrival"))] == [total]
