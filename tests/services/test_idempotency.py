"""A creating request is worked on once, and its lease is held only while somebody works."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select

from portal_app.database.tables import IdempotentAnswer
from portal_app.database.transactions import Database
from portal_app.domain.errors import IdempotencyKeyReused, RequestInFlight
from portal_app.services import api_keys, idempotency
from portal_app.services.idempotency import KeptAnswer, Lease
from tests.cast import CORE, DENES, NOON

SECOND = timedelta(seconds=1)
SYSTEM = replace(CORE, key_id=1)


@pytest.fixture
def begun(database: Database) -> Lease:
    """A request that was taken up at noon."""
    database.carry_out(api_keys.create_key, DENES, "core", now=NOON)
    lease = database.carry_out(idempotency.begin, SYSTEM, "k", "body", now=NOON)
    assert isinstance(lease, Lease)
    return lease


def test_a_lease_lasts_a_minute(database: Database, begun: Lease) -> None:
    with pytest.raises(RequestInFlight) as refused:
        database.carry_out(idempotency.begin, SYSTEM, "k", "body", now=NOON + 59 * SECOND)
    taken_over = database.carry_out(idempotency.begin, SYSTEM, "k", "body", now=NOON + 60 * SECOND)

    assert refused.value.facts["seconds"] == 2
    assert isinstance(taken_over, Lease)
    assert taken_over.id == begun.id


def test_work_that_goes_on_renews_its_lease(database: Database, begun: Lease) -> None:
    database.carry_out(idempotency.renew, SYSTEM, begun, now=NOON + 50 * SECOND)

    with pytest.raises(RequestInFlight):
        database.carry_out(idempotency.begin, SYSTEM, "k", "body", now=NOON + 109 * SECOND)


def test_who_lost_the_lease_cannot_renew_it_or_let_it_go(database: Database, begun: Lease) -> None:
    later = NOON + 61 * SECOND
    database.carry_out(idempotency.begin, SYSTEM, "k", "body", now=later)

    database.carry_out(idempotency.renew, SYSTEM, begun, now=later + 50 * SECOND)
    database.carry_out(idempotency.let_go, SYSTEM, begun)

    with database.reading() as db:
        assert db.exec(select(IdempotentAnswer.leased_until)).one() == later + 60 * SECOND


def test_the_first_kept_answer_stays(database: Database, begun: Lease) -> None:
    later = database.carry_out(idempotency.begin, SYSTEM, "k", "body", now=NOON + 61 * SECOND)
    assert isinstance(later, Lease)

    database.carry_out(idempotency.keep, SYSTEM, begun, KeptAnswer(201, "first"))
    database.carry_out(idempotency.keep, SYSTEM, later, KeptAnswer(200, "second"))

    assert database.carry_out(idempotency.begin, SYSTEM, "k", "body", now=NOON + 62 * SECOND) == KeptAnswer(201, "first")


def test_another_body_is_refused_while_the_answer_is_kept_and_free_after_a_week(database: Database, begun: Lease) -> None:
    database.carry_out(idempotency.keep, SYSTEM, begun, KeptAnswer(201, "first"))

    with pytest.raises(IdempotencyKeyReused):
        database.carry_out(idempotency.begin, SYSTEM, "k", "other", now=NOON + timedelta(days=7) - SECOND)
    assert isinstance(database.carry_out(idempotency.begin, SYSTEM, "k", "other", now=NOON + timedelta(days=7)), Lease)


def test_a_refused_request_frees_its_key_for_another_body(database: Database, begun: Lease) -> None:
    database.carry_out(idempotency.let_go, SYSTEM, begun)

    assert isinstance(database.carry_out(idempotency.begin, SYSTEM, "k", "other", now=NOON), Lease)
