"""Places and workrooms: so much at once, the rest is asked to come back, and no event loop matters."""

import asyncio
import threading

import pytest

from portal_app.domain.errors import Busy
from portal_app.gateways.workrooms import Places, Workroom


def test_who_finds_no_place_is_asked_to_come_back_and_finds_one_then() -> None:
    places = Places(1, come_back=10)

    with places.taken(), pytest.raises(Busy) as refusal, places.taken():
        pass

    assert refusal.value.facts == {"seconds": 10}
    with places.taken():
        pass


def test_a_place_is_given_back_when_its_work_fails() -> None:
    places = Places(1, come_back=10)

    with pytest.raises(ValueError, match="broken"), places.taken():
        raise ValueError("broken")

    places.take()


def test_places_outlive_the_event_loop_in_which_they_were_taken() -> None:
    places = Places(1, come_back=10)

    async def hold() -> None:
        with places.taken():
            await asyncio.sleep(0)

    for _ in range(2):
        asyncio.run(hold())


async def test_work_waits_for_a_thread_up_to_a_number() -> None:
    room, go_on = Workroom("test", threads=1, waiting=1, come_back=5), threading.Event()
    first, second = [asyncio.ensure_future(room.do(go_on.wait, 30)) for _ in range(2)]
    await asyncio.sleep(0)

    with pytest.raises(Busy):
        await room.do(go_on.wait, 30)
    go_on.set()

    assert (await first, await second) == (True, True)
    assert await room.do(int, "7") == 7
    room.close()
