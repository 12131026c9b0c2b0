"""Encrypted frames give back exactly what was put in, and nothing else passes for it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from portal_app.gateways.envelopes import (
    FRAME,
    EnvelopeBroken,
    close_envelope,
    new_document_key,
    open_envelope,
)

KEY = bytes(range(32))
SIZES = [0, 1, FRAME - 1, FRAME, FRAME + 1, 2 * FRAME - 1, 2 * FRAME, 2 * FRAME + 1, 5 * FRAME + 7]
WHOLE_FRAME = FRAME + 16


def opened(envelope: bytes, step: int = 100_000) -> bytes:
    return b"".join(open_envelope(KEY, (envelope[at : at + step] for at in range(0, len(envelope), step))))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("step", [1000, FRAME, WHOLE_FRAME, 10_000_000])
def test_any_size_read_in_any_steps_comes_back(size: int, step: int) -> None:
    content = (b"Kedves Anna! " * (size // 13 + 1))[:size]

    assert opened(close_envelope(KEY, content), step) == content


@settings(max_examples=50)
@given(some.binary(max_size=300), some.integers(min_value=1, max_value=7))
def test_short_contents_come_back_in_the_smallest_steps(content: bytes, step: int) -> None:
    assert opened(close_envelope(KEY, content), step) == content


def test_an_envelope_does_not_show_its_content() -> None:
    assert b"Anna" not in close_envelope(KEY, b"Kedves Anna! " * 20_000)


def test_no_piece_is_larger_than_a_frame() -> None:
    envelope = close_envelope(KEY, b"x" * (3 * FRAME + 1))

    assert [len(piece) for piece in open_envelope(KEY, [envelope])] == [FRAME, FRAME, FRAME, 1]


def test_another_key_opens_nothing() -> None:
    envelope = close_envelope(new_document_key(), b"content")

    with pytest.raises(EnvelopeBroken):
        opened(envelope)


@pytest.mark.parametrize("place", [0, 3, 4, 500, 4 + FRAME, 4 + WHOLE_FRAME, 4 + 2 * WHOLE_FRAME, -1])
def test_a_changed_byte_is_noticed_everywhere(place: int) -> None:
    envelope = bytearray(close_envelope(KEY, b"x" * (2 * FRAME + 100)))
    envelope[place] ^= 1

    with pytest.raises(EnvelopeBroken):
        opened(bytes(envelope))


@pytest.mark.parametrize("length", [0, 1, 3, 4, 19, 4 + FRAME, 4 + WHOLE_FRAME, 4 + 2 * WHOLE_FRAME, -1])
def test_an_envelope_that_was_cut_is_noticed_even_between_frames(length: int) -> None:
    envelope = close_envelope(KEY, b"x" * (2 * FRAME + 100))

    with pytest.raises(EnvelopeBroken):
        opened(envelope[:length])


def test_frames_in_another_order_repeated_or_added_are_noticed() -> None:
    envelope = close_envelope(KEY, b"a" * FRAME + b"b" * FRAME + b"c")
    mark, first, second, last = (
        envelope[:4],
        envelope[4 : 4 + WHOLE_FRAME],
        envelope[4 + WHOLE_FRAME : 4 + 2 * WHOLE_FRAME],
        envelope[4 + 2 * WHOLE_FRAME :],
    )

    for forged in ([second, first, last], [first, first, last], [first, last], [first, second, last, last]):
        with pytest.raises(EnvelopeBroken):
            opened(mark + b"".join(forged))
