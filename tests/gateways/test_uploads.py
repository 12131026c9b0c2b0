"""What customers upload is accepted only when ending, first bytes and a real parser agree."""

import io
import struct
import unicodedata
import zipfile
import zlib
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as some
from PIL import Image

from portal_app.domain.errors import (
    FileActive,
    FileDamaged,
    FileEmpty,
    FileEncrypted,
    FileTooLarge,
    FileTypeNotAllowed,
)
from portal_app.gateways.uploads import DOCX, UploadFacts, clean_file_name, inspect_upload
from tests import making

GOOD = {
    "levél.pdf": (making.letter_pdf(), "application/pdf"),
    "kár.jpg": (making.photo("JPEG"), "image/jpeg"),
    "KÁR.JPEG": (making.photo("JPEG"), "image/jpeg"),
    "kép.png": (making.photo("PNG"), "image/png"),
    "IMG_0001.HEIC": (making.photo("HEIF"), "image/heic"),
    "kérelem.docx": (making.docx(), DOCX),
}


@pytest.mark.parametrize("name", GOOD)
def test_the_five_kinds_are_accepted(name: str) -> None:
    content, media_type = GOOD[name]

    assert inspect_upload(name, content) == UploadFacts(media_type)


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(FileEmpty):
        inspect_upload("levél.pdf", b"")


def test_a_file_one_byte_too_large_is_refused_and_told_how_much_is_allowed() -> None:
    content = making.photo()

    assert inspect_upload("kár.jpg", content, largest=len(content)) == UploadFacts("image/jpeg")
    with pytest.raises(FileTooLarge) as refusal:
        inspect_upload("kár.jpg", content, largest=len(content) - 1)
    assert refusal.value.facts == {"most": len(content) - 1}


HTML = b"<html><script>alert(1)</script></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("oldal.html", HTML),
        ("kép.svg", SVG),
        ("program.exe", b"MZ" + bytes(100)),
        ("makró.docm", making.docx()),
        ("csomag.zip", making.archive({"a.txt": "a"})),
        ("ending", making.letter_pdf()),
        ("pdf", making.letter_pdf()),
        ("levél.pdf", HTML),
        ("kép.png", SVG),
        ("kép.png", making.photo("JPEG")),
        ("kár.jpg", making.photo("PNG")),
        ("levél.pdf", making.docx()),
        ("kérelem.docx", making.letter_pdf()),
        ("kérelem.docx", making.archive({"a.txt": "a"})),
        ("kérelem.docx", making.archive({"xl/workbook.xml": "<a/>", "[Content_Types].xml": "<a/>"})),
        ("kérelem.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)),
        ("kár.heic", b"\0\0\0\x18ftypmp42" + bytes(100)),
        ("kár.jpg.exe", making.photo()),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_refused(name: str, content: bytes) -> None:
    with pytest.raises(FileTypeNotAllowed):
        inspect_upload(name, content)


@pytest.mark.parametrize("name", ["kár.jpg", "kép.png", "IMG_0001.HEIC", "levél.pdf"])
def test_a_file_that_is_also_an_archive_is_refused(name: str) -> None:
    content, _ = GOOD[name]

    with pytest.raises(FileTypeNotAllowed):
        inspect_upload(name, content + making.archive({"hidden.txt": "hidden"}))


def test_a_picture_that_is_also_a_pdf_is_refused() -> None:
    picture = making.photo("JPEG")
    comment = b"\xff\xfe" + struct.pack(">H", 11) + b"%PDF-1.7\n"

    with pytest.raises(FileTypeNotAllowed):
        inspect_upload("kár.jpg", picture[:2] + comment + picture[2:])


@pytest.mark.parametrize("name", ["kár.jpg", "kép.png", "IMG_0001.HEIC", "levél.pdf", "kérelem.docx"])
def test_half_a_file_is_damaged(name: str) -> None:
    content, _ = GOOD[name]

    with pytest.raises(FileDamaged):
        inspect_upload(name, content[: len(content) * 2 // 3])


def test_files_that_ask_for_a_password_are_refused_as_that() -> None:
    package = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le")
    locked = bytearray(making.docx())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.index(mark) + offset] |= 1

    for name, content in (("a.pdf", making.encrypted_pdf()), ("a.docx", package), ("a.docx", bytes(locked))):
        with pytest.raises(FileEncrypted):
            inspect_upload(name, content)


RELATIONS = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
TEMPLATE = (
    '<Relationship Id="r" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate"'
    ' Target="http://evil.example/a.dotm" TargetMode="External"/>'
)
LINK = (
    '<Relationship Id="r" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink"'
    ' Target="https://minta.example.hu/" TargetMode="External"/>'
)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pdf", making.pdf_with_javascript()),
        ("a.pdf", making.pdf_with_launch()),
        ("a.pdf", making.pdf_with_embedded_file()),
        ("a.docx", making.docx(more={"word/vbaProject.bin": b"macro"})),
        ("a.docx", making.docx(more={"word/embeddings/oleObject1.bin": b"object"})),
        ("a.docx", making.docx(more={"word/activeX/activeX1.xml": "<a/>"})),
        ("a.docx", making.docx(more={"word/_rels/settings.xml.rels": RELATIONS.format(TEMPLATE)})),
        ("a.docx", making.docx(more={"word/more.xml": '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'})),
    ],
)
def test_files_with_something_that_runs_are_refused(name: str, content: bytes) -> None:
    with pytest.raises(FileActive):
        inspect_upload(name, content)


def test_a_word_document_with_an_ordinary_link_is_accepted() -> None:
    content = making.docx(more={"word/_rels/document.xml.rels": RELATIONS.format(LINK)})

    assert inspect_upload("kérelem.docx", content) == UploadFacts(DOCX)


@pytest.mark.parametrize(
    "more",
    [
        {"word/bomb.xml": b"<a>" + bytes(20_000_000)},
        {f"word/{number}.xml": "<a/>" for number in range(2001)},
    ],
    ids=["ratio", "entries"],
)
def test_a_packed_bomb_is_too_large(more: dict[str, bytes | str]) -> None:
    with pytest.raises(FileTooLarge):
        inspect_upload("kérelem.docx", making.docx(more=more))


@pytest.mark.parametrize("part", ["../evil.xml", "/evil.xml", "word\\evil.xml"])
def test_a_word_document_with_paths_that_lead_out_is_damaged(part: str) -> None:
    with pytest.raises(FileDamaged):
        inspect_upload("kérelem.docx", making.docx(more={part: "<a/>"}))


def test_a_word_document_with_broken_xml_or_checksum_is_damaged() -> None:
    broken = bytearray(making.docx("x" * 10))
    place = broken.index(b"PK\x01\x02") + 16
    broken[place] ^= 1

    for content in (bytes(broken), making.docx(more={"word/more.xml": "<a><b></a>"})):
        with pytest.raises(FileDamaged):
            inspect_upload("kérelem.docx", content)


def png_of_size(width: int, height: int) -> bytes:
    """Make a tiny PNG that claims to be huge."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = [(b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b"")]
    chunks = (struct.pack(">I", len(b)) + n + b + struct.pack(">I", zlib.crc32(n + b)) for n, b in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def test_a_small_file_with_a_huge_picture_is_too_large() -> None:
    with pytest.raises(FileTooLarge):
        inspect_upload("kép.png", png_of_size(20_000, 20_000))


def test_a_photo_of_a_modern_phone_is_accepted() -> None:
    content = io.BytesIO()
    Image.new("RGB", (8000, 6000), "navy").save(content, "JPEG", quality=50)

    assert inspect_upload("kár.jpg", content.getvalue()) == UploadFacts("image/jpeg")


@given(some.sampled_from(sorted(GOOD)), some.binary(max_size=200), some.integers(0, 400))
def test_whatever_is_uploaded_is_accepted_or_refused_but_never_a_fault(name: str, noise: bytes, place: int) -> None:
    content, _ = GOOD[name]

    with suppress(FileActive, FileDamaged, FileEncrypted, FileTooLarge, FileTypeNotAllowed):
        inspect_upload(name, content[:place] + noise + content[place + len(noise) :])


NAMES = {
    "levél a biztosítótól.pdf": "levél a biztosítótól.pdf",
    "árvíztűrő tükörfúrógép.PDF": "árvíztűrő tükörfúrógép.PDF",
    "a\u0301rvi\u0301z.pdf": "árvíz.pdf",
    "../../etc/passwd": "passwd",
    "C:\\Users\\Anna\\kár.jpg": "kár.jpg",
    "/kár.jpg": "kár.jpg",
    "a\r\nSet-Cookie: x.pdf": "a Set-Cookie_ x.pdf",
    "a\0b\x1f.pdf": "ab.pdf",
    "invoice\u202efdp.exe": "invoicefdp.exe",
    "zero\u200bwidth\ufeff.pdf": "zerowidth.pdf",
    'a<b>c:"d|e?f*.pdf': "a_b_c__d_e_f_.pdf",
    "con.pdf": "_con.pdf",
    "LPT1": "_LPT1",
    "contract.pdf": "contract.pdf",
    "...hidden.pdf": "hidden.pdf",
    "  sok   szóköz .pdf": "sok szóköz.pdf",
    "vége.pdf. .": "vége.pdf",
    "": "file",
    "...": "file",
    "\u202e": "file",
    "folder/": "file",
    "ő" * 400 + ".pdf": "ő" * 146 + ".pdf",
    "x" * 400: "x" * 150,
}


@pytest.mark.parametrize("name", NAMES)
def test_names_become_safe_and_stay_hungarian(name: str) -> None:
    assert clean_file_name(name) == NAMES[name]


@given(some.text(max_size=300))
@example("con. .pdf")
@example("a" * 149 + " .pdf")
def test_every_name_becomes_a_safe_one_and_stays_it(name: str) -> None:
    clean = clean_file_name(name)

    assert 1 <= len(clean) <= 150
    assert not set('<>:"|?*/\\\r\n') & set(clean)
    assert all(unicodedata.category(letter)[0] != "C" for letter in clean)
    assert clean == clean.strip(". ")
    assert clean_file_name(clean) == clean


def test_a_word_document_from_the_library_is_a_real_zip() -> None:
    with zipfile.ZipFile(io.BytesIO(making.docx())) as package:
        assert package.testzip() is None
