"""What a PDF is, says and looks like: facts and dangers by qpdf, page images and texts by PDFium."""

import io
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import accumulate
from typing import Any

import pikepdf

from portal_app.domain.errors import AttachmentDamaged, AttachmentEncrypted, AttachmentNotPdf, PortalError
from portal_app.gateways.parsing import ParserGaveUp, ParsingRoom, parsing_room, refusal_from

PAGE_IMAGE_TYPE = "image/webp"
"""The media type of what `page_image` returns."""

NARROWEST, WIDEST = 64, 2400
_MOST_PIXELS, _TALLEST = 16_000_000, 16_000
_MOST_TEXT_PAGES = 500
_MOST_CHARACTERS_A_PAGE = 100_000
_DEEPEST = 60
_HANDFUL = 16
_QUALITY = 80
_COLOURS = 64
_PICTURE = 3

_ACTION_REASONS = {
    "/JavaScript": "javascript",
    "/Launch": "launch",
    "/ImportData": "import_data",
    "/SubmitForm": "submit_form",
    "/GoToE": "embedded_file",
    "/Rendition": "rich_media",
    "/RichMediaExecute": "rich_media",
    "/Movie": "rich_media",
    "/Sound": "rich_media",
}
_KEY_REASONS = {
    "/JS": "javascript",
    "/JavaScript": "javascript",
    "/EF": "embedded_file",
    "/EmbeddedFiles": "embedded_file",
    "/XFA": "xfa",
}
_SUBTYPE_REASONS = {
    "/FileAttachment": "embedded_file",
    "/RichMedia": "rich_media",
    "/Screen": "rich_media",
    "/Movie": "rich_media",
    "/Sound": "rich_media",
    "/3D": "rich_media",
}
_SUSPECTS = sorted({name[1:].encode() for names in (_ACTION_REASONS, _KEY_REASONS, _SUBTYPE_REASONS) for name in names})
_SUSPECT = re.compile(rb"/(?:" + b"|".join(_SUSPECTS) + rb")(?![A-Za-z0-9])")
_HIDDEN = re.compile(rb"/ObjStm|/[^\s/<>\[\](){}%]{0,120}#[0-9A-Fa-f]{2}")
_PAGE_TREE_REPAIRED = re.compile(r"pages? tree|/Type key should be|MediaBox is undefined|Resources is missing|kid \d")


@dataclass(frozen=True)
class PdfFacts:
    """What a PDF says of itself; `active_content` when it holds something that runs or hides files, with the reasons.

    Reasons: `javascript`, `launch`, `embedded_file`, `rich_media`, `xfa`, `import_data`, `submit_form`.
    """

    pages: int
    title: str | None
    tagged: bool
    language: str | None
    active_content: bool
    reasons: tuple[str, ...] = ()


def inspect_pdf(content: bytes) -> PdfFacts:
    """Return the facts of a PDF, parsed in this process; for content nobody vouches for see `inspect_in_sandbox`.

    `AttachmentNotPdf` when it does not begin as a PDF, `AttachmentEncrypted` when it does not open with the empty
    password, `AttachmentDamaged` when the parser cannot read it, would have to rebuild the cross-reference table or
    the page tree, or finds no page.
    """
    if not content.startswith(b"%PDF-"):
        raise AttachmentNotPdf
    try:
        with pikepdf.open(io.BytesIO(content), attempt_recovery=False, suppress_warnings=True) as pdf:
            return _facts(pdf, content)
    except pikepdf.PasswordError as locked:
        raise AttachmentEncrypted from locked
    except (pikepdf.PdfError, pikepdf.DataDecodingError, RuntimeError, ValueError, TypeError, KeyError, AttributeError) as broken:
        # qpdf reports an odd structure through several kinds of exceptions; all of them mean an unreadable file.
        raise AttachmentDamaged from broken


def inspect_in_sandbox(content: bytes, room: ParsingRoom | None = None) -> PdfFacts:
    """Return the same as `inspect_pdf`, parsed in the parsing room; a file that breaks the parser is damaged."""
    if not content.startswith(b"%PDF-"):
        raise AttachmentNotPdf
    facts, _ = _parse(room, "inspect_pdf", content)
    return _facts_from(facts)


def inspect_many(contents: Sequence[bytes], room: ParsingRoom | None = None) -> list[PdfFacts | PortalError]:
    """Inspect many PDFs in the parsing room, on every core; a refusal stands in the place of its file."""
    chosen = room or parsing_room()
    handfuls = [contents[start : start + _HANDFUL] for start in range(0, len(contents), _HANDFUL)]
    with ThreadPoolExecutor(chosen.size) as drivers:
        answers = drivers.map(lambda handful: _inspect_handful(handful, chosen), handfuls)
        return [answer for handful in answers for answer in handful]


def page_count(content: bytes) -> int:
    """Return the number of pages; refusals as in `inspect_pdf`."""
    return inspect_in_sandbox(content).pages


def page_image(content: bytes, page: int, width: int, room: ParsingRoom | None = None) -> bytes:
    """Return a page (counted from 1) as a WebP image of the given width in pixels (64 to 2400).

    `IndexError` when there is no such page, `AttachmentDamaged` when it cannot be drawn.
    """
    facts, image = _parse(room, "page_image", content, page=page, width=max(NARROWEST, min(width, WIDEST)))
    if facts["missing"]:
        raise IndexError(page)
    return image


def page_texts(content: bytes, room: ParsingRoom | None = None) -> list[str]:
    """Return the text of each page, in reading order as far as the PDF tells it; at most 500 pages."""
    facts, _ = _parse(room, "page_texts", content)
    return [str(text) for text in facts["texts"]]


def do_inspect(content: bytes) -> tuple[dict[str, Any], bytes]:
    """Do `inspect_pdf` as a task of the parsing room."""
    return asdict(inspect_pdf(content)), b""


def do_inspect_many(content: bytes, sizes: list[int]) -> tuple[dict[str, Any], bytes]:
    """Do `inspect_pdf` on several contents that lie behind one another, as one task of the parsing room."""
    ends = list(accumulate(sizes))
    files = [content[end - size : end] for end, size in zip(ends, sizes, strict=True)]
    return {"answers": [_answer_about(file) for file in files]}, b""


def do_page_image(content: bytes, page: int, width: int) -> tuple[dict[str, Any], bytes]:
    """Draw a page as a task of the parsing room; PDFium is not safe in threads, and here it is alone."""
    with _pdfium(content) as document:
        if not 1 <= page <= len(document):
            return {"missing": True}, b""
        document.init_forms()
        drawn = document[page - 1]
        across, up = drawn.get_size()
        scale = min(width / max(across, 1), _TALLEST / max(up, 1), (_MOST_PIXELS / max(across * up, 1)) ** 0.5)
        has_pictures = any(drawn.get_objects(filter=[_PICTURE]))
        image = drawn.render(scale=scale).to_pil()
    return {"missing": False}, _as_webp(image, has_pictures=has_pictures)


def do_page_texts(content: bytes) -> tuple[dict[str, Any], bytes]:
    """Read the texts as a task of the parsing room."""
    with _pdfium(content) as document:
        pages = range(min(len(document), _MOST_TEXT_PAGES))
        return {"texts": [_text_of(document[number]) for number in pages]}, b""


def _parse(room: ParsingRoom | None, task: str, content: bytes, **details: Any) -> tuple[dict[str, Any], bytes]:
    try:
        return (room or parsing_room()).parse(task, content, **details)
    except ParserGaveUp as gave_up:
        raise AttachmentDamaged from gave_up


def _inspect_handful(contents: Sequence[bytes], room: ParsingRoom) -> list[PdfFacts | PortalError]:
    """Ask a worker once for several files; only if that kills it, ask for each, so that no neighbour suffers."""
    try:
        answer, _ = room.parse("inspect_pdfs", b"".join(contents), sizes=[len(content) for content in contents])
    except ParserGaveUp:
        return [_facts_or_refusal(content, room) for content in contents]
    return [refusal_from(one) if "refusal" in one else _facts_from(one) for one in answer["answers"]]


def _facts_or_refusal(content: bytes, room: ParsingRoom) -> PdfFacts | PortalError:
    try:
        return inspect_in_sandbox(content, room)
    except PortalError as refusal:
        return refusal


def _answer_about(content: bytes) -> dict[str, Any]:
    try:
        return asdict(inspect_pdf(content))
    except PortalError as refusal:
        return {"refusal": refusal.code, "facts": refusal.facts}


def _facts_from(answer: dict[str, Any]) -> PdfFacts:
    return PdfFacts(**{**answer, "reasons": tuple(answer["reasons"])})


def _facts(pdf: pikepdf.Pdf, content: bytes) -> PdfFacts:
    declared = int(pdf.Root.Pages.get("/Count", -1))
    pages = len(pdf.pages)
    repaired = any(_PAGE_TREE_REPAIRED.search(str(warning)) for warning in pdf.get_warnings())
    if pages == 0 or repaired or declared != pages:
        raise AttachmentDamaged
    reasons = tuple(sorted(_reasons(pdf, content)))
    return PdfFacts(
        pages=pages,
        title=_words(pdf.docinfo.get("/Title")) if "/Info" in pdf.trailer else None,
        tagged="/StructTreeRoot" in pdf.Root and _is_marked(pdf.Root),
        language=_words(pdf.Root.get("/Lang")),
        active_content=bool(reasons),
        reasons=reasons,
    )


def _is_marked(root: pikepdf.Object) -> bool:
    information = root.get("/MarkInfo")
    return isinstance(information, pikepdf.Dictionary) and bool(information.get("/Marked"))


def _words(value: object) -> str | None:
    return (str(value).strip()[:1000] or None) if isinstance(value, pikepdf.String) else None


def _reasons(pdf: pikepdf.Pdf, content: bytes) -> set[str]:
    """Find what runs or hides.

    The names that matter can only stand in the plain bytes, written plainly, unless there are object streams or
    escaped names; so most files need no look at each object.
    """
    if not _SUSPECT.search(content) and not _HIDDEN.search(content):
        return set()
    found: set[str] = set()
    for thing in pdf.objects:
        dictionary = thing.stream_dict if isinstance(thing, pikepdf.Stream) else thing
        if isinstance(dictionary, pikepdf.Dictionary | pikepdf.Array) and _SUSPECT.search(dictionary.unparse(resolved=True)):
            found.update(_reasons_within(dictionary, _DEEPEST))
    return found


def _reasons_within(value: Any, depth: int) -> Iterator[str]:
    if depth == 0:
        yield "nested_too_deep"
    elif isinstance(value, pikepdf.Dictionary):
        yield from _reasons_of(value)
        for inner in value.values():
            if not getattr(inner, "is_indirect", False):
                yield from _reasons_within(inner, depth - 1)
    elif isinstance(value, pikepdf.Array):
        for inner in value:
            if not getattr(inner, "is_indirect", False):
                yield from _reasons_within(inner, depth - 1)


def _reasons_of(dictionary: pikepdf.Dictionary) -> Iterator[str]:
    for key, reasons in (("/S", _ACTION_REASONS), ("/Subtype", _SUBTYPE_REASONS)):
        value = dictionary.get(key)
        if isinstance(value, pikepdf.Name) and str(value) in reasons:
            yield reasons[str(value)]
    yield from (reason for key, reason in _KEY_REASONS.items() if key in dictionary)


def _as_webp(image: Any, *, has_pictures: bool) -> bytes:
    """Pages of text stay sharp and get smaller with few colours; photographs need all of theirs."""
    made = io.BytesIO()
    if has_pictures:
        image.save(made, "WEBP", quality=_QUALITY, method=2)
    else:
        image.quantize(_COLOURS, method=2).convert("RGB").save(made, "WEBP", lossless=True, quality=20, method=1)
    return made.getvalue()


def _pdfium(content: bytes) -> Any:
    import pypdfium2  # only workers need it

    try:
        return pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as broken:
        raise AttachmentDamaged from broken


def _text_of(page: Any) -> str:
    words = page.get_textpage()
    text: str = words.get_text_range(count=min(words.count_chars(), _MOST_CHARACTERS_A_PAGE))
    return text.replace("\r\n", "\n").strip()
