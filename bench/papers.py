"""PDFs as an insurer's system hands them over: real tagged letters, each different, of a wanted size."""

import io
import random
from datetime import date

import pikepdf

from portal_app.domain.brands import Brand
from portal_app.domain.kinds import LetterKind
from portal_app.gateways.typesetting import render_pdf
from portal_app.texts import demo_letters
from portal_app.texts.demo_letters import DemoLetter, DemoPolicy


def words(brand: Brand, kind: LetterKind = LetterKind.INFORMATION) -> DemoLetter:
    """Say what the letter says."""
    policy = DemoPolicy("KGFB-2025-000000", brand.products[0].name, "ABC-123", 38_400)
    person = demo_letters.people()[0]
    return demo_letters.letter(kind, brand, person, policy, written_on=date(2025, 3, 1), due_on=date(2025, 4, 1))


def letter(brand: Brand, kind: LetterKind = LetterKind.INFORMATION) -> bytes:
    """Typeset one letter."""
    return render_pdf(demo_letters.TEMPLATE, words(brand, kind).page)


def different_letters(brand: Brand, count: int, size: int) -> list[bytes]:
    """Make so many letters of about `size` bytes, no two alike."""
    chance, typeset = random.Random(size), letter(brand)
    return [_with_filling(typeset, chance.randbytes(max(16, size - len(typeset)))) for _ in range(count)]


def _with_filling(typeset: bytes, filling: bytes) -> bytes:
    made = io.BytesIO()
    with pikepdf.open(io.BytesIO(typeset)) as pdf:
        pdf.Root.Filling = pdf.make_stream(filling)
        pdf.save(made, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)
    return made.getvalue()
