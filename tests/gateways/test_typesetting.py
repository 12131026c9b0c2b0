"""What we typeset is accessible, Hungarian to the last letter, and takes data only as text."""

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as some
from typst import TypstError

from portal_app.gateways.pdf import PdfFacts, inspect_pdf, page_texts
from portal_app.gateways.typesetting import render_pdf

TEMPLATE = """
#let data = json(bytes(sys.inputs.data))
#set document(title: data.title)
#set text(lang: "hu")
= #data.title
#data.text
#table(columns: 2, table.header[Tétel][Összeg], ..data.rows.flatten())
"""
DATA = {"title": "Díjigazolás", "text": "Árvíztűrő tükörfúrógép. ŐŰőű", "rows": [["Éves díj", "123 400 Ft"]]}


@pytest.fixture
def template(tmp_path: Path) -> Path:
    path = tmp_path / "letter.typ"
    path.write_text(TEMPLATE, encoding="utf-8")
    return path


def test_a_pdf_is_tagged_titled_and_in_hungarian(template: Path) -> None:
    made = render_pdf(template, DATA)

    assert inspect_pdf(made) == PdfFacts(1, "Díjigazolás", tagged=True, language="hu", active_content=False)
    assert b"pdfuaid" in made


def test_every_hungarian_letter_is_printed(template: Path) -> None:
    [text] = page_texts(render_pdf(str(template), DATA))

    assert "Árvíztűrő tükörfúrógép. ŐŰőű" in text
    assert "Összeg" in text


def test_the_same_data_looks_the_same_again(template: Path) -> None:
    assert page_texts(render_pdf(template, DATA)) == page_texts(render_pdf(template, DATA))


def test_data_is_text_and_never_markup(template: Path) -> None:
    hostile = '#read("/etc/passwd") *bold* $x$ \\ "] #panic("x")'

    [text] = page_texts(render_pdf(template, {**DATA, "text": hostile}))

    assert '#read("/etc/passwd") *bold* $x$' in " ".join(text.replace("“", '"').replace("”", '"').replace("„", '"').split())


def test_what_no_font_has_is_shown_as_such_and_the_rest_stays(template: Path) -> None:
    [text] = page_texts(render_pdf(template, {**DATA, "text": "Kedves Anna \U0001f600\b\u202e!", "rows": [["\u65e5", "1"]]}))

    assert "Kedves Anna �!" in text


@pytest.mark.parametrize(
    "foreign",
    [
        "\u0e01\u0e38\u0e31\u0e19",
        "".join(map(chr, range(0x4E00, 0x4E00 + 300))),
        "".join(map(chr, range(0x1F300, 0x1F300 + 150))),
    ],
    ids=["Thai", "Chinese", "emoji"],
)
def test_a_text_in_another_script_is_typeset_as_far_as_it_goes(template: Path, foreign: str) -> None:
    [text, *_] = page_texts(render_pdf(template, {**DATA, "text": f"Őszintén: {foreign} „vége”"}))

    assert "Őszintén:" in text
    assert "vége" in text


@settings(max_examples=60, deadline=None)
@example("\U0001d185")
@given(some.text(max_size=60))
def test_any_text_can_be_typeset(text: str) -> None:
    path = Path(__file__).parent / "any_text.typ"

    assert inspect_pdf(render_pdf(path, {"text": text})).pages >= 1


def test_a_template_without_a_title_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.typ").write_text('#set text(lang: "hu")\nNo title.')

    with pytest.raises(TypstError, match="title"):
        render_pdf(tmp_path / "bad.typ", {})


def test_a_template_reads_nothing_outside_its_folder(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    (inner / "bad.typ").write_text('#set document(title: "x")\n#read("../secret.txt")')

    with pytest.raises(TypstError):
        render_pdf(inner / "bad.typ", {})
