"""Real small files for tests: letters as PDF/UA, and every way in which a file can be wrong."""

import io
import json
import zipfile
from collections.abc import Mapping
from functools import lru_cache

import pikepdf
import typst
from pikepdf import Array, Dictionary, Name
from PIL import Image

_LETTER = """
#let data = json(bytes(sys.inputs.data))
#set document(title: data.title)
#set text(lang: "hu", size: 11pt)
= #data.title
#for paragraph in data.text.split("\\n") [#par(paragraph)]
"""


@lru_cache(maxsize=200)
def letter_pdf(text: str = "Kedves Ügyfelünk!", title: str = "Tájékoztató", pages: int = 1) -> bytes:
    """Make a tagged Hungarian letter (PDF/UA-1, about 12 kB); every page says the text."""
    body = _LETTER + "#pagebreak()\n#par(data.text)\n" * (pages - 1)
    inputs = {"data": json.dumps({"text": text, "title": title})}
    return typst.compile(body.encode(), format="pdf", pdf_standards="ua-1", ignore_system_fonts=True, sys_inputs=inputs)


def encrypted_pdf(password: str = "titok") -> bytes:
    """Make a PDF that asks for a password."""
    return _saved(_opened(), encryption=pikepdf.Encryption(owner="owner", user=password))


def damaged_pdf() -> bytes:
    """Make a PDF whose cross-reference table is gone, so that a parser would have to rebuild it."""
    whole = letter_pdf()
    return whole[: whole.rindex(b"startxref") - 40]


def pdf_with_broken_page_tree() -> bytes:
    """Make a PDF whose page tree names the same page twice."""
    pdf = _opened()
    pdf.Root.Pages.Kids.append(pdf.Root.Pages.Kids[0])
    return _saved(pdf)


def pdf_without_pages() -> bytes:
    """Make a PDF that has no page."""
    return _saved(pikepdf.new())


def pdf_with_javascript() -> bytes:
    """Make a PDF that runs JavaScript when it is opened."""
    pdf = _opened()
    pdf.Root.OpenAction = pdf.make_indirect(Dictionary(S=Name.JavaScript, JS="app.alert('hello')"))
    return _saved(pdf)


def pdf_with_launch() -> bytes:
    """Make a PDF with a link that starts a program."""
    pdf = _opened()
    action = Dictionary(S=Name.Launch, F="calc.exe")
    link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 100, 100]), A=action)
    pdf.pages[0].Annots = pdf.make_indirect(Array([pdf.make_indirect(link)]))
    return _saved(pdf)


def pdf_with_embedded_file() -> bytes:
    """Make a PDF that carries another file inside."""
    pdf = _opened()
    pdf.attachments["titok.txt"] = b"hidden"
    return _saved(pdf)


def active_in_object_streams() -> bytes:
    """Make a PDF with JavaScript whose names do not stand in the plain bytes."""
    pdf = pikepdf.open(io.BytesIO(pdf_with_javascript()))
    return _saved(pdf, object_stream_mode=pikepdf.ObjectStreamMode.generate)


def photo(kind: str = "JPEG", size: tuple[int, int] = (320, 200)) -> bytes:
    """Make a picture: JPEG, PNG or HEIF."""
    if kind == "HEIF":
        import pillow_heif

        pillow_heif.register_heif_opener()
    made = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(made, kind)
    return made.getvalue()


def docx(text: str = "Kedves Biztosító!", more: Mapping[str, bytes | str] | None = None) -> bytes:
    """Make a small Word document; `more` adds or replaces parts."""
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    relations = "http://schemas.openxmlformats.org/package/2006/relationships"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    parts: dict[str, bytes | str] = {
        "[Content_Types].xml": '<?xml version="1.0" encoding="UTF-8"?>'
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{main}"/></Types>',
        "_rels/.rels": f'<?xml version="1.0"?><Relationships xmlns="{relations}">'
        f'<Relationship Id="rId1" Type="{office}" Target="word/document.xml"/></Relationships>',
        "word/document.xml": '<?xml version="1.0" encoding="UTF-8"?>'
        '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        f"<w:body><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:body></w:document>",
    }
    parts.update(more or {})
    return archive(parts)


def archive(parts: Mapping[str, bytes | str]) -> bytes:
    """Make a zip."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return made.getvalue()


def _opened() -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(letter_pdf()))


def _saved(pdf: pikepdf.Pdf, **options: object) -> bytes:
    made = io.BytesIO()
    pdf.save(made, **options)  # type: ignore[arg-type]
    return made.getvalue()
