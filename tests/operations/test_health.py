"""Machines can ask how the portal is doing, and learn nothing about anybody."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlmodel import col, select, update
from starlette.applications import Starlette

from portal_app.database.tables import Account, Job, Letter
from portal_app.database.transactions import Database
from portal_app.gateways import clock
from portal_app.operations import health
from portal_app.operations.nightly import Night, run_night
from portal_app.operations.routes import operations_routes
from portal_app.services.house import House, use_house
from portal_app.services.outbox import enqueue
from portal_app.settings import Settings
from tests.cast import ANNA, BELA
from tests.mailbox import open_mailbox
from tests.operations.installed import Installed


def get(path: str, *, client: str = "127.0.0.1", **headers: str) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(Starlette(routes=operations_routes()), client=(client, 1234))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as line:
            return await line.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    return asyncio.run(ask())


def figures(page: httpx.Response) -> dict[str, float]:
    lines = [line for line in page.text.splitlines() if line.startswith("portal_")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def owe(house: House, kind: str, minutes: int, **details: Any) -> None:
    with house.database.writing() as db:
        enqueue(db, kind, db.exec(select(Account)).first(), now=clock.now() - timedelta(minutes=minutes), **details)  # type: ignore[arg-type]


def test_a_living_process_says_so(house: House) -> None:
    answer = get("/healthz")

    assert (answer.status_code, answer.text, answer.headers["cache-control"]) == (200, "ok\n", "no-store")


def test_a_ready_one_names_its_parts(house: House) -> None:
    answer = get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "database": "ok", "objects": "ok", "post": "ok", "post_oldest_seconds": 0}


def test_late_post_is_told_but_pages_stay_ready(house: House) -> None:
    open_mailbox(house.database, ANNA)
    owe(house, "password_changed", 20)

    answer = get("/readyz")

    assert (answer.status_code, answer.json()["post"]) == (200, "late")
    assert answer.json()["post_oldest_seconds"] >= 1200


def test_post_that_the_quiet_hours_hold_is_not_late(house: House) -> None:
    open_mailbox(house.database, ANNA)
    owe(house, "reminder", 300, urgent=False, not_before=clock.now() + timedelta(hours=5))

    assert get("/readyz").json()["post"] == "ok"


def test_without_its_database_a_process_is_not_ready(house: House) -> None:
    away = replace(house, database=Database("postgresql+psycopg://portal@127.0.0.1:9/portal"))
    use_house(away)

    answer = get("/readyz")

    away.database.close()
    assert (answer.status_code, answer.json()) == (503, {"ready": False, "database": "away", "objects": "ok"})


def test_without_its_objects_a_process_is_not_ready(house: House) -> None:
    Path(house.settings.objects).rmdir()

    answer = get("/readyz")

    assert answer.status_code == 503
    assert (answer.json()["ready"], answer.json()["objects"]) == (False, "away")


def test_a_database_that_hangs_is_asked_once_and_not_waited_for(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "ANSWERS_WITHIN", 0.2)
    asked = []

    class Hanging(Database):
        def ask(self, *args: Any, **kwargs: Any) -> Any:
            asked.append(1)
            time.sleep(2)

    hanging = Hanging(house.database.url)
    use_house(replace(house, database=hanging))

    async def probe_thrice() -> list[httpx.Response]:
        transport = httpx.ASGITransport(Starlette(routes=operations_routes()))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as line:
            return [await line.get("/readyz") for _ in range(3)]

    answers = asyncio.run(probe_thrice())
    hanging.close()

    assert [answer.status_code for answer in answers] == [503, 503, 503]
    assert len(asked) == 1


def test_metrics_tell_what_an_operator_watches(house: House) -> None:
    anna, bela = open_mailbox(house.database, ANNA), open_mailbox(house.database, BELA)
    anna.place("titkos", at=clock.now() - timedelta(days=361))
    anna.place(at=clock.now() - timedelta(days=340))
    bela.place(at=clock.now(), publish_at=clock.now() + timedelta(days=1))
    bela.place(at=clock.now() - timedelta(days=400))
    owe(house, "password_changed", 10)
    owe(house, "initial_password", 5, channel="sms", recipient="+36301234567")
    with house.database.writing() as db:
        db.exec(update(Account).where(col(Account.email) == BELA).values(email_refused_at=clock.now()))
        db.exec(update(Job).where(col(Job.kind) == "arrival").values(ended_at=clock.now(), outcome="dead"))

    found = figures(get("/metrics"))

    expected = {
        "portal_accounts": 2,
        "portal_letters_waiting": 1,
        "portal_letters_overdue": 1,
        'portal_letters_unopened_soon{days="7"}': 1,
        'portal_letters_unopened_soon{days="30"}': 2,
        'portal_letters_unopened_soon{days="60"}': 2,
        'portal_post_open{channel="mail"}': 1,
        'portal_post_open{channel="sms"}': 1,
        "portal_post_put_off": 0,
        "portal_post_dead": 2,
        "portal_sign_ins": 0,
        "portal_addresses_refused": 1,
        "portal_messages_open": 0,
        "portal_requests_open": 0,
        "portal_requests_overdue": 0,
        "portal_nightly_age_seconds": -1,
        "portal_backup_age_seconds": -1,
    }
    assert {name: found[name] for name in expected} == expected
    assert 600 <= found["portal_post_oldest_seconds"] < 700
    assert found["portal_data_free_bytes"] > 0
    assert all(word not in get("/metrics").text for word in ("titkos", ANNA, "pelda", "+3630"))


def test_the_age_of_the_last_nightly_is_told(house: House) -> None:
    run_night(Night(house, clock.now() - timedelta(hours=3)))

    assert 10800 <= figures(get("/metrics"))["portal_nightly_age_seconds"] < 10900


def test_metrics_are_measured_at_most_every_fifteen_seconds(house: House) -> None:
    anna = open_mailbox(house.database, ANNA)

    async def twice() -> list[float]:
        transport = httpx.ASGITransport(Starlette(routes=operations_routes()))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as line:
            first = await line.get("/metrics")
            anna.place(publish_at=clock.now() + timedelta(days=1), at=clock.now())
            return [figures(page)["portal_letters_waiting"] for page in (first, await line.get("/metrics"))]

    assert asyncio.run(twice()) == [0, 0]
    assert figures(get("/metrics"))["portal_letters_waiting"] == 1


@pytest.mark.parametrize(
    "headers", [{}, {"authorization": "Bearer "}, {"authorization": "Bearer wrong"}, {"authorization": "right-token"}]
)
def test_metrics_are_not_for_strangers(house: House, headers: dict[str, str]) -> None:
    use_house(replace(house, settings=with_token(house.settings, "right-token")))

    assert get("/metrics", client="192.0.2.7", **headers).status_code == 404
    assert get("/metrics", client="127.0.0.1", x_forwarded_for="192.0.2.7", **headers).status_code == 404


def test_metrics_are_for_who_brings_the_token(house: House) -> None:
    use_house(replace(house, settings=with_token(house.settings, "right-token")))

    assert get("/metrics", client="192.0.2.7", authorization="Bearer right-token").status_code == 200


def test_without_a_token_only_this_machine_gets_metrics(house: House) -> None:
    assert get("/metrics", client="192.0.2.7", authorization="Bearer ").status_code == 404
    assert get("/metrics", client="::1").status_code == 200


def with_token(settings: Settings, token: str) -> Settings:
    return settings.model_copy(update={"metrics_token": token})


@pytest.fixture(autouse=True)
def _house_put_back() -> Iterator[None]:
    yield
    use_house(None)


def test_what_would_go_unopened_is_listed_by_a_command(installed: Installed) -> None:
    anna = open_mailbox(installed.database, ANNA)
    letter_id = anna.place("titkos tárgy", at=clock.now() - timedelta(days=340), policy="KGFB-2026-000001")
    anna.place(at=clock.now() - timedelta(days=200))

    listed = installed.call("unopened")
    as_json = installed.call("unopened", "--json", "--days", "365")

    assert (listed.returncode, as_json.returncode) == (0, 0)
    assert letter_id in listed.stdout
    assert "KGFB-2026-000001" in listed.stdout
    assert "titkos" not in listed.stdout + as_json.stdout
    assert len(as_json.stdout.splitlines()) == 2
    with installed.database.reading() as db:
        assert db.exec(select(Letter.opened_at).where(Letter.public_id == letter_id)).one() is None
