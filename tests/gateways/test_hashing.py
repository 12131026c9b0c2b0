"""Passwords are hashed with a pepper and bcrypt, without length limit, in a pool that refuses what is too much."""

import asyncio
import os
import time
import unicodedata
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from portal_app.domain.errors import Busy
from portal_app.gateways.hashing import PasswordHashing
from portal_app.gateways.secrets import Secrets

OLD = "an older key that was made by chance 01"
NEW = "a newer key that was made by chance 002"
QUICK = 4


@pytest.fixture
def hashing() -> Iterator[PasswordHashing]:
    with PasswordHashing(Secrets([NEW]), cost=QUICK, threads=2) as hashing:
        yield hashing


def test_the_right_password_matches_and_a_wrong_one_does_not(hashing: PasswordHashing) -> None:
    stored = hashing.hash("TavasziEso24")

    assert hashing.verify("TavasziEso24", stored)
    assert not hashing.verify("TavasziEso25", stored)


def test_a_stored_value_names_scheme_pepper_and_cost_and_is_salted(hashing: PasswordHashing) -> None:
    first, second = hashing.hash("TavasziEso24"), hashing.hash("TavasziEso24")

    assert first.startswith("portal1$")
    assert "$$2b$04$" in first
    assert first != second


def test_production_takes_bcrypts_cost_12() -> None:
    with PasswordHashing(Secrets([NEW])) as hashing:
        assert "$2b$12$" in hashing.hash("TavasziEso24")


def test_64_accented_letters_count_to_the_last_one(hashing: PasswordHashing) -> None:
    stored = hashing.hash("ű" * 63 + "ő")

    assert hashing.verify("ű" * 63 + "ő", stored)
    assert not hashing.verify("ű" * 63 + "ö", stored)


def test_composed_and_decomposed_letters_are_the_same_password(hashing: PasswordHashing) -> None:
    stored = hashing.hash(unicodedata.normalize("NFC", "ÁrvíztűrőTükör9"))

    assert hashing.verify(unicodedata.normalize("NFD", "ÁrvíztűrőTükör9"), stored)


@settings(max_examples=60, deadline=None)
@given(some.text(max_size=200), some.text(max_size=200))
def test_any_text_can_be_a_password_and_only_itself_matches(password: str, other: str) -> None:
    with PasswordHashing(Secrets([NEW]), cost=QUICK, threads=1) as hashing:
        stored = hashing.hash(password)

        same = unicodedata.normalize("NFKC", password) == unicodedata.normalize("NFKC", other)
        assert hashing.verify(password, stored)
        assert hashing.verify(other, stored) == same


def test_half_a_surrogate_pair_from_a_hostile_form_is_only_a_wrong_password(hashing: PasswordHashing) -> None:
    assert not hashing.verify("\ud800", hashing.hash("TavasziEso24"))


@pytest.mark.parametrize("stored", [None, "", "nonsense", "portal1$", "portal1$12345678$", "$2b$04$" + "." * 53])
def test_an_unusable_stored_value_never_matches(hashing: PasswordHashing, stored: str | None) -> None:
    assert not hashing.verify("TavasziEso24", stored)


def test_a_damaged_bcrypt_value_never_matches(hashing: PasswordHashing) -> None:
    stored = hashing.hash("TavasziEso24")

    assert not hashing.verify("TavasziEso24", stored[:-20])


def test_after_a_rotation_the_older_pepper_still_verifies_and_asks_to_be_renewed() -> None:
    stored = PasswordHashing(Secrets([OLD]), cost=QUICK).hash("TavasziEso24")
    rotated = PasswordHashing(Secrets([NEW, OLD]), cost=QUICK)

    assert rotated.verify("TavasziEso24", stored)
    assert rotated.needs_upgrade(stored)
    assert not rotated.needs_upgrade(rotated.hash("TavasziEso24"))


def test_an_unknown_pepper_fails_closed() -> None:
    stored = PasswordHashing(Secrets([OLD]), cost=QUICK).hash("TavasziEso24")

    assert not PasswordHashing(Secrets([NEW]), cost=QUICK).verify("TavasziEso24", stored)


def test_another_cost_asks_to_be_renewed(hashing: PasswordHashing) -> None:
    stored = PasswordHashing(Secrets([NEW]), cost=5).hash("TavasziEso24")

    assert hashing.verify("TavasziEso24", stored)
    assert hashing.needs_upgrade(stored)


def test_checking_nothing_takes_as_long_as_checking_something() -> None:
    with PasswordHashing(Secrets([NEW]), cost=9, threads=1) as hashing:
        stored = hashing.hash("TavasziEso24")

        something = _least_seconds(lambda: hashing.verify("TavasziEso25", stored))
        nothing = _least_seconds(lambda: hashing.verify_nothing("TavasziEso25"))
        unusable = _least_seconds(lambda: hashing.verify("TavasziEso25", None))

    assert 0.7 < nothing / something < 1.4
    assert 0.7 < unusable / something < 1.4


async def _many_checks(hashing: PasswordHashing, stored: str, number: int) -> list[bool | BaseException]:
    checks = (hashing.verify_async("TavasziEso24", stored) for _ in range(number))
    return await asyncio.gather(*checks, return_exceptions=True)


def test_more_checks_than_places_are_refused_and_the_places_are_free_again_afterwards() -> None:
    with PasswordHashing(Secrets([NEW]), cost=8, threads=2, queue=3) as hashing:
        stored = hashing.hash("TavasziEso24")

        answers = asyncio.run(_many_checks(hashing, stored, 20))
        later = asyncio.run(_many_checks(hashing, stored, 5))

    assert answers.count(True) == 5
    assert sum(isinstance(answer, Busy) for answer in answers) == 15
    assert later == [True] * 5


def test_a_visitor_who_goes_away_while_waiting_gives_the_place_back() -> None:
    async def go_away(hashing: PasswordHashing, stored: str) -> list[bool | BaseException]:
        waiting = [asyncio.ensure_future(hashing.verify_async("TavasziEso24", stored)) for _ in range(4)]
        await asyncio.sleep(0)
        for check in waiting:
            check.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await asyncio.sleep(0.3)
        return await _many_checks(hashing, stored, 4)

    with PasswordHashing(Secrets([NEW]), cost=8, threads=1, queue=3) as hashing:
        stored = hashing.hash("TavasziEso24")

        assert asyncio.run(go_away(hashing, stored)) == [True] * 4


def test_hashing_does_not_hold_up_the_loop_and_runs_behind_everyone_else() -> None:
    async def loop_steps_while_hashing(hashing: PasswordHashing) -> int:
        work = asyncio.ensure_future(hashing.hash_async("TavasziEso24"))
        steps = 0
        while not work.done():
            await asyncio.sleep(0.001)
            steps += 1
        return steps

    with PasswordHashing(Secrets([NEW]), cost=11, threads=1) as hashing:
        before = os.getpriority(os.PRIO_PROCESS, 0)

        steps = asyncio.run(loop_steps_while_hashing(hashing))

        assert steps > 10
        assert os.getpriority(os.PRIO_PROCESS, 0) == before


def _least_seconds(work: Callable[[], bool]) -> float:
    """Measure this thread's own work, whatever else the machine does."""
    times = []
    for _ in range(10):
        started = time.thread_time()
        work()
        times.append(time.thread_time() - started)
    return min(times)
