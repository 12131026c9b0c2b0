"""Previews: a document's pages as images and as text, made anew for its owner each time and kept nowhere."""

from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response

from portal_app.browser.admission import customer
from portal_app.customer import downloads
from portal_app.customer.letter.wording import PDF, SHOWN_BY_BROWSERS, WIDTHS
from portal_app.database.transactions import ask
from portal_app.domain.actors import Customer
from portal_app.domain.errors import AttachmentDamaged, DocumentNotFound
from portal_app.gateways import pdf
from portal_app.gateways.clock import now
from portal_app.gateways.workrooms import Workroom
from portal_app.services import documents
from portal_app.services.documents import FoundDocument
from portal_app.services.house import the_house

# Painting waits here, not in the threads that everybody else's work needs.
_painting = Workroom("previews", threads=4, waiting=40, come_back=5)
MOST_CHARACTERS = 100_000
"""How much of a document's text a page shows."""

# Chromium's own viewer of PDFs is a plug-in to the policy of the document it shows.
SHOWN_POLICY = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"
HEADERS = {"cache-control": "private, no-store", "content-disposition": "inline", "referrer-policy": "no-referrer"}


@dataclass(frozen=True)
class Texts:
    """The words of a document, page by page; `is_cut` when there are more."""

    texts: list[str] = field(default_factory=list)
    is_cut: bool = False


async def page_image(request: Request) -> Response:
    """Answer with one page of a PDF as an image, in the offered width next to the wanted one.

    Only for the owner of the letter or message; everything else is not found.
    """
    found = await ask(documents.find_document, customer(), str(request.path_params["document_id"]), now=now())
    page, width = int(request.path_params["page"]), _width(request.query_params.get("szelesseg", ""))
    if found.media_type != PDF or page < 1:
        raise DocumentNotFound
    image = await _painting.do(_paint, found, page, width)
    if image is None:
        raise DocumentNotFound
    return Response(image, media_type=pdf.PAGE_IMAGE_TYPE, headers=HEADERS)


async def open_document(request: Request) -> Response:
    """Send a document as `downloads.document` does, but let the browser show what it can show by itself."""
    answer = await downloads.document(request)
    if answer.headers["content-type"] in SHOWN_BY_BROWSERS:
        answer.headers["content-disposition"] = answer.headers["content-disposition"].replace("attachment", "inline", 1)
        answer.headers["content-security-policy"] = SHOWN_POLICY
    return answer


async def read_texts(actor: Customer, document_id: str) -> Texts:
    """Read the words of a customer's own PDF; no pages when it has none that can be read.

    Raises `DocumentNotFound` and `Busy`.
    """
    found = await ask(documents.find_document, actor, document_id, now=now())
    if found.media_type != PDF:
        raise DocumentNotFound
    return _cut(await _painting.do(_read, found))


def _paint(found: FoundDocument, page: int, width: int) -> bytes | None:
    try:
        return pdf.page_image(_content(found), page, width)
    except IndexError:
        return None


def _read(found: FoundDocument) -> list[str]:
    try:
        return pdf.page_texts(_content(found))
    except AttachmentDamaged:
        return []


def _content(found: FoundDocument) -> bytes:
    return the_house().objects.read(found.object_key, found.wrapped_key)


def _cut(texts: list[str]) -> Texts:
    left = MOST_CHARACTERS
    kept: list[str] = []
    for text in texts:
        if left <= 0:
            return Texts(kept, is_cut=True)
        kept.append(text[:left])
        left -= len(text)
    return Texts(kept if any(kept) else [], is_cut=left < 0)


def _width(wanted: str) -> int:
    """Choose the offered width that is wide enough."""
    width = int(wanted) if wanted.isascii() and wanted.isdecimal() and len(wanted) < 6 else WIDTHS[1]  # noqa: PLR2004
    return next((one for one in WIDTHS if one >= width), WIDTHS[-1])
