"""Security codes can be read, and no two drawings are the same."""

import io

from PIL import Image

from portal_app.gateways.challenge import ALPHABET, email_code, new_answer, picture


def test_a_picture_is_a_png_that_differs_each_time() -> None:
    first, second = picture("ACDEF"), picture("ACDEF")

    assert first != second
    with Image.open(io.BytesIO(first)) as image:
        assert (image.format, image.size) == ("PNG", (280, 96))


def test_answers_avoid_characters_that_look_alike() -> None:
    assert not set(ALPHABET) & set("0O1lIQSB5G8ZUV2")
    assert all(len(new_answer()) == 5 and set(new_answer()) <= set(ALPHABET) for _ in range(50))


def test_a_mailed_code_has_six_digits() -> None:
    assert all(len(email_code()) == 6 and email_code().isdecimal() for _ in range(50))
