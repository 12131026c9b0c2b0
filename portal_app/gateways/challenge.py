"""Security codes: what to draw or to mail, and the drawing."""

import io
import secrets

from captcha.image import ImageCaptcha
from PIL import ImageOps

# Without characters that are mistaken for one another, also when they lean.
ALPHABET = "ACDEFHJKLMNPRTXY34679"
PICTURE_LENGTH = 5
EMAIL_DIGITS = 6

_WIDTH, _HEIGHT = 280, 96
_FONT_SIZES = (58, 64, 70)
# The drawing lays ink on thinner the darker it is, so grey is drawn and the contrast is raised afterwards.
_INK, _PAPER = (120, 120, 120), (255, 255, 255)


def new_answer() -> str:
    """Draw the text of a picture: capital letters and digits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(PICTURE_LENGTH))


def email_code() -> str:
    """Draw a code to be mailed: six digits, easy to type on a phone."""
    return "".join(str(secrets.randbelow(10)) for _ in range(EMAIL_DIGITS))


def picture(answer: str) -> bytes:
    """Draw the text as PNG; every drawing is another one."""
    drawing = ImageCaptcha(_WIDTH, _HEIGHT, font_sizes=_FONT_SIZES)
    drawing.word_offset_dx = 0.1
    image = drawing.create_captcha_image(answer, _INK, _PAPER)
    drawing.create_noise_dots(image, _INK, width=2, number=40)
    drawing.create_noise_curve(image, _INK)
    written = io.BytesIO()
    ImageOps.autocontrast(image.convert("L"), cutoff=(1, 0)).save(written, "PNG", optimize=True)
    return written.getvalue()
