"""Document bytes at rest: encrypted in frames with a key of their own, so that they can be streamed.

Layout: the 4-byte mark `PLD1`, then frames of at most 64 KiB plain text, each followed by its 16-byte tag.
The nonce of a frame is its number and whether it is the last one (the STREAM construction of Hoang, Reyhanitabar,
Rogaway and Vizár), so frames cannot be changed, reordered, repeated, left out or cut off unnoticed.
A key encrypts one document only, hence numbers may serve as nonces.
"""

from collections.abc import Iterable, Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FRAME = 64 * 1024
KEY_BITS = 256
_MARK = b"PLD1"
_TAG = 16


class EnvelopeBroken(Exception):
    """The bytes at rest are not what was once stored under this key."""


def new_document_key() -> bytes:
    """Return a random key (32 bytes) for exactly one document."""
    return AESGCM.generate_key(KEY_BITS)


def close_envelope(key: bytes, content: bytes) -> bytes:
    """Return the content encrypted under its key, about 0.03 % longer."""
    cipher = AESGCM(key)
    view = memoryview(content)
    starts = range(0, max(len(content), 1), FRAME)
    frames = [
        cipher.encrypt(_nonce(number, last=start + FRAME >= len(content)), view[start : start + FRAME], _MARK)
        for number, start in enumerate(starts)
    ]
    return b"".join([_MARK, *frames])


def open_envelope(key: bytes, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the plain text frame by frame (≤ 64 KiB each); `EnvelopeBroken` as soon as something is wrong.

    Every yielded frame is genuine and in its place; that nothing is missing at the end is known
    only when the iterator ends without a refusal.
    """
    cipher = AESGCM(key)
    number, waiting = 0, bytearray()
    marked = False
    for chunk in chunks:
        waiting += chunk
        if not marked and len(waiting) >= len(_MARK):
            _take_mark(waiting)
            marked = True
        # A full frame is opened only when more follows: otherwise it may be the last one.
        while marked and len(waiting) > FRAME + _TAG:
            yield _frame(cipher, number, waiting[: FRAME + _TAG], last=False)
            del waiting[: FRAME + _TAG]
            number += 1
    if not marked:
        raise EnvelopeBroken("The envelope has no mark.")
    yield _frame(cipher, number, waiting, last=True)


def _take_mark(waiting: bytearray) -> None:
    if waiting[: len(_MARK)] != _MARK:
        raise EnvelopeBroken("The envelope begins with another mark.")
    del waiting[: len(_MARK)]


def _frame(cipher: AESGCM, number: int, frame: bytearray, *, last: bool) -> bytes:
    try:
        return cipher.decrypt(_nonce(number, last=last), bytes(frame), _MARK)
    except InvalidTag as broken:
        raise EnvelopeBroken(f"Frame {number} is not genuine.") from broken


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])
