"""What customers upload: PDF, JPG, PNG, HEIC and DOCX, when ending, first bytes and a real parser agree."""

import io
import re
import unicodedata
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from xml.parsers import expat

from portal_app.domain.errors import (
    AttachmentDamaged,
    AttachmentEncrypted,
    AttachmentNotPdf,
    FileActive,
    FileDamaged,
    FileEmpty,
    FileEncrypted,
    FileTooLarge,
    FileTypeNotAllowed,
)
from portal_app.gateways.parsing import ParserGaveUp, ParsingRoom, parsing_room
from portal_app.gateways.pdf import inspect_pdf

LARGEST = 10 * 1024 * 1024
"""The largest file in bytes, unless the caller says otherwise."""

LONGEST_NAME = 150
_MOST_PIXELS = 120_000_000
_MOST_ENTRIES = 2000
_MOST_UNPACKED = 200 * 1024 * 1024
_LARGEST_RATIO = 200

PDF, JPEG, PNG, HEIC = "application/pdf", "image/jpeg", "image/png", "image/heic"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
TYPE_OF_ENDING = {
    ".pdf": PDF, ".jpg": JPEG, ".jpeg": JPEG, ".png": PNG, ".heic": HEIC, ".heif": HEIC, ".docx": DOCX,
}  # fmt: skip
"""Every ending that is accepted, in lower case, with its media type."""

_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_COMPOUND_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
_WORD_MAIN = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_ACTIVE_PART = re.compile(r"vbaproject|vbadata|activex|(^|/)embeddings/|oleobject|macrosheets", re.IGNORECASE)
_REMOTE = re.compile(
    rb"""relationships/(?:attachedTemplate|oleObject|frame|subDocument|externalLink)["'][^>]*TargetMode\s*=\s*["']External
       |TargetMode\s*=\s*["']External["'][^>]*relationships/(?:attachedTemplate|oleObject|frame|subDocument|externalLink)["']""",
    re.VERBOSE,
)
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)", re.IGNORECASE)
_NOT_IN_NAMES = re.compile(r'[<>:"|?*]')


@dataclass(frozen=True)
class UploadFacts:
    """What an accepted file is."""

    media_type: str


def inspect_upload(name: str, content: bytes, largest: int = LARGEST, room: ParsingRoom | None = None) -> UploadFacts:
    """Return what a customer's file is, after a real parser in the parsing room has read all of it.

    Refusals: `FileEmpty`, `FileTooLarge` (fact `most` in bytes; also for too many pixels or a packed bomb),
    `FileTypeNotAllowed`, `FileEncrypted`, `FileDamaged`, `FileActive`.
    """
    if not content:
        raise FileEmpty
    if len(content) > largest:
        raise FileTooLarge(most=largest)
    media_type = TYPE_OF_ENDING.get(PurePosixPath(name.strip().lower()).suffix)
    if media_type is None:
        raise FileTypeNotAllowed
    _compare_first_bytes(media_type, content)
    try:
        (room or parsing_room()).parse("inspect_upload", content, media_type=media_type, largest=largest)
    except ParserGaveUp as gave_up:
        raise FileDamaged from gave_up
    return UploadFacts(media_type)


def clean_file_name(name: str) -> str:
    """Return a name that is safe in headers, pages and every file system: no path, no control or direction characters,
    no reserved name, at most 150 characters with the ending kept; Hungarian letters stay.
    """
    bare = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    visible = "".join(" " if letter.isspace() else letter for letter in bare if _is_visible(letter))
    plain = " ".join(_NOT_IN_NAMES.sub("_", visible).split()).strip(". ")
    if _RESERVED.match(plain):
        plain = f"_{plain}"
    stem, dot, ending = plain.rpartition(".")
    if dot and len(ending) < LONGEST_NAME // 3:
        plain = f"{stem[: LONGEST_NAME - len(ending) - 1].strip('. ')}.{ending}"
    return plain[:LONGEST_NAME].strip(". ") or "file"


def do_inspect(content: bytes, media_type: str, largest: int) -> tuple[dict[str, Any], bytes]:
    """Read all of a file with the parser of its type, as a task of the parsing room."""
    try:
        _PARSERS[media_type](content)
    except FileTooLarge as refusal:
        raise FileTooLarge(most=largest) from refusal
    return {}, b""


def _is_visible(letter: str) -> bool:
    return letter.isspace() or unicodedata.category(letter)[0] != "C"


def _compare_first_bytes(media_type: str, content: bytes) -> None:
    first = content[:16]
    begins = {
        PDF: first.startswith(b"%PDF-"),
        JPEG: first.startswith(b"\xff\xd8\xff"),
        PNG: first.startswith(b"\x89PNG\r\n\x1a\n"),
        HEIC: first[4:8] == b"ftyp" and first[8:12] in _HEIC_BRANDS,
        DOCX: first.startswith(b"PK\x03\x04"),
    }
    if media_type == DOCX and first.startswith(_COMPOUND_FILE) and _ENCRYPTED_PACKAGE in content:
        raise FileEncrypted
    if not begins[media_type]:
        raise FileTypeNotAllowed
    # A file that is also an archive or also a PDF shows one thing to our parser and another to somebody's program.
    if media_type != DOCX and zipfile.is_zipfile(io.BytesIO(content)):
        raise FileTypeNotAllowed
    if media_type != PDF and b"%PDF-" in content[:1024]:
        raise FileTypeNotAllowed


def _read_pdf(content: bytes) -> None:
    try:
        facts = inspect_pdf(content)
    except AttachmentNotPdf as refusal:
        raise FileTypeNotAllowed from refusal
    except AttachmentEncrypted as refusal:
        raise FileEncrypted from refusal
    except AttachmentDamaged as refusal:
        raise FileDamaged from refusal
    if facts.active_content:
        raise FileActive(reasons=list(facts.reasons))


def _read_jpeg(content: bytes) -> None:
    _read_image(content, ("JPEG", "MPO"))


def _read_png(content: bytes) -> None:
    _read_image(content, ("PNG",))


def _read_image(content: bytes, formats: tuple[str, ...]) -> None:
    from PIL import Image, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = None
    try:
        with Image.open(io.BytesIO(content), formats=formats) as image:
            if image.width * image.height > _MOST_PIXELS:
                raise FileTooLarge
            image.load()
    except UnidentifiedImageError as other:
        raise FileTypeNotAllowed from other
    except (OSError, SyntaxError, ValueError, EOFError) as broken:
        raise FileDamaged from broken


def _read_heic(content: bytes) -> None:
    import pillow_heif

    try:
        image = pillow_heif.open_heif(io.BytesIO(content), convert_hdr_to_8bit=False)
        if image.size[0] * image.size[1] > _MOST_PIXELS:
            raise FileTooLarge
        _ = image.data
    except (OSError, SyntaxError, ValueError, EOFError, RuntimeError) as broken:
        raise FileDamaged from broken


def _read_docx(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            _judge_entries(package.infolist())
            _judge_package(package)
            for name in package.namelist():
                _judge_part(name, package.read(name))
    except (zipfile.BadZipFile, EOFError, NotImplementedError, OSError, ValueError, expat.ExpatError) as broken:
        raise FileDamaged from broken
    except RuntimeError as locked:
        raise FileEncrypted from locked


def _judge_entries(entries: list[zipfile.ZipInfo]) -> None:
    if any(entry.flag_bits & 1 for entry in entries):
        raise FileEncrypted
    names = [entry.filename for entry in entries]
    if len(set(names)) != len(names) or any(name.startswith("/") or ".." in name or "\\" in name for name in names):
        raise FileDamaged
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries) or 1
    if len(entries) > _MOST_ENTRIES or unpacked > _MOST_UNPACKED or unpacked / packed > _LARGEST_RATIO:
        raise FileTooLarge


def _judge_package(package: zipfile.ZipFile) -> None:
    names = package.namelist()
    if "[Content_Types].xml" not in names or "word/document.xml" not in names:
        raise FileTypeNotAllowed
    types = package.read("[Content_Types].xml")
    if b"macroEnabled" in types or any(_ACTIVE_PART.search(name) for name in names):
        raise FileActive
    if _WORD_MAIN not in types:
        raise FileTypeNotAllowed


def _judge_part(name: str, content: bytes) -> None:
    if not name.endswith((".xml", ".rels")):
        return
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.Parse(content, True)
    if name.endswith(".rels") and _REMOTE.search(content):
        raise FileActive


def _refuse_doctype(*_: object) -> None:
    """Refuse what no word processor writes: a document type opens the door to entity bombs and outside files."""
    raise FileActive


_PARSERS: dict[str, Callable[[bytes], None]] = {
    PDF: _read_pdf,
    JPEG: _read_jpeg,
    PNG: _read_png,
    HEIC: _read_heic,
    DOCX: _read_docx,
}
