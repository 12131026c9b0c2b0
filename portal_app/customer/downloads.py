"""Downloads: a document, or letters as a zip, decrypted while they are sent and never held in memory (R25)."""

import re
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain, islice
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, QueryParams
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from portal_app.browser.admission import PublicId, customer, parse
from portal_app.browser.arrivals import arrival_of
from portal_app.browser.portal_state import the_brand
from portal_app.customer.inbox import addresses
from portal_app.customer.inbox.rows import kind_words
from portal_app.database.transactions import ask, carry_out
from portal_app.domain.calendar import budapest_date
from portal_app.domain.errors import RequestInvalid
from portal_app.gateways.archives import ZipEntry, plain_name, unique_name, zip_entry, zip_stream
from portal_app.gateways.clock import now
from portal_app.services import documents, downloads
from portal_app.services.documents import FoundDocument
from portal_app.services.downloads import ParcelFile, ParcelLetter, Wanted
from portal_app.services.house import the_house
from portal_app.texts.dates import long_date, until_words
from portal_app.texts.parcels import FileLine, LetterEntry, contents_page
from portal_app.texts.sizes import file_size

# The names that forms and links use.
IDS, EVERYTHING, LEAVING = "kuldemenyek", "mind", "hamarosan"
CONTENTS, CHECKSUMS = "tartalom.html", "sha256.txt"
# So many ids as text, each with its comma.
BODY_BYTES = 2_000_000
_MOST_IDS = 50_000
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


# ── one document ──


async def document(request: Request) -> Response:
    """Send a document of the customer's own as a file (S44): whole, or the one range that is asked for.

    `DocumentNotFound` for all others; a HEAD and the later parts of a download are not recorded again.
    """
    found = await _found(request)
    tag = f'"{found.sha256}"'
    headers = _file_headers(found.name, found.media_type) | {"etag": tag, "accept-ranges": "bytes"}
    of_this_version = request.headers.get("if-range", tag) == tag
    asked = _RANGE.fullmatch(request.headers.get("range", "")) if of_this_version else None
    part = _part(asked[1], asked[2], found.size) if asked else range(found.size)
    if part is None:
        return Response(status_code=416, headers=headers | {"content-range": f"bytes */{found.size}"})
    headers["content-length"] = str(len(part))
    if asked:
        headers["content-range"] = f"bytes {part.start}-{part.stop - 1}/{found.size}"
    status = 206 if asked else 200
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers)
    return StreamingResponse(await _begun(_cut(_content(found), part)), status, headers)


async def _found(request: Request) -> FoundDocument:
    document_id, moment = str(request.path_params["document_id"]), now()
    goes_on = not request.headers.get("range", "bytes=0-").startswith("bytes=0-")
    if request.method == "HEAD" or goes_on:
        return await ask(documents.find_document, customer(), document_id, now=moment)
    return await carry_out(downloads.hand_out_document, customer(), document_id, now=moment)


def _content(found: FoundDocument | ParcelFile) -> Iterator[bytes]:
    return the_house().objects.stream(found.object_key, found.wrapped_key)


def _part(first: str, last: str, size: int) -> range | None:
    """Give the positions that are asked for, the last ones where `first` is empty; None when there are no such."""
    if not first:
        part = range(max(0, size - int(last or 0)), size)
    else:
        part = range(int(first), min(int(last), size - 1) + 1 if last else size)
    return part or None


def _cut(chunks: Iterator[bytes], part: range) -> Iterator[bytes]:
    """Pass on only the bytes at these positions."""
    position = 0
    for chunk in chunks:
        begin, end = max(part.start - position, 0), min(part.stop - position, len(chunk))
        position += len(chunk)
        if begin < end:
            yield chunk[begin:end]
        if position >= part.stop:
            return


async def _begun(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Read the first piece before anything is answered, so that missing bytes become an error page."""
    first = await run_in_threadpool(lambda: list(islice(chunks, 1)))
    return chain(first, chunks)


# ── a zip ──


async def archive(request: Request) -> Response:
    """Send letters as a zip with contents and check sums: chosen ones, all that a filter lets through, or what leaves soon.

    Named by `kuldemenyek` (ids with commas), `mind=1` with the words of the inbox's address, or `hamarosan=1`.
    """
    asked = request.query_params if request.method in {"GET", "HEAD"} else await request.form()
    arrival, moment = arrival_of(request), now()
    letters = await carry_out(downloads.hand_out_parcel, customer(), _wanted(asked), brand=the_house().brand, now=moment)
    day = budapest_date(moment)
    entries = _entries(letters, arrival.language, long_date(day, arrival.language))
    length, chunks = zip_stream(entries)
    headers = _file_headers(f"kuldemenyek-{day.isoformat()}.zip", "application/zip")
    if length is not None:
        headers["content-length"] = str(length)
    if request.method == "HEAD":
        return Response(headers=headers)
    return StreamingResponse(chunks, headers=headers)


def _wanted(asked: QueryParams | FormData) -> Wanted:
    named = str(asked.get(IDS, ""))
    if named:
        ids = named.split(",")
        if len(ids) > _MOST_IDS:
            raise RequestInvalid
        return Wanted(ids=tuple(parse(PublicId, letter_id) for letter_id in dict.fromkeys(ids)))
    if asked.get(LEAVING):
        return Wanted(leaving=True)
    if asked.get(EVERYTHING):
        words = {name: str(asked.get(name, "")) for name in addresses.FILTERS}
        return Wanted(filter=addresses.read_filter(words))
    raise RequestInvalid


def _entries(letters: Sequence[ParcelLetter], language: str, when: str) -> list[ZipEntry]:
    taken = {CONTENTS, CHECKSUMS}
    names = {file.public_id: _name(letter, file, language, taken) for letter in letters for file in letter.files}
    files = [file for letter in letters for file in letter.files]
    contents = contents_page(
        [_contents_entry(letter, names, language) for letter in letters],
        insurer=the_brand().insurer,
        when=when,
        language=language,
        register=the_brand().register.value,
    )
    # The format that `sha256sum -c` reads.
    checksums = "".join(f"{file.sha256}  {names[file.public_id]}\n" for file in files)
    return [
        zip_entry(CONTENTS, contents),
        zip_entry(CHECKSUMS, checksums.encode()),
        *[ZipEntry(names[file.public_id], file.size, partial(_content, file)) for file in files],
    ]


def _name(letter: ParcelLetter, file: ParcelFile, language: str, taken: set[str]) -> str:
    """Name a file by day, kind and policy, such as `2026-11-20_Kotveny_LAK-002.pdf`."""
    ending = file.name.rpartition(".")[2]
    parts = [letter.placed_on.isoformat(), kind_words(letter.kind, language), letter.policy_number]
    return unique_name(plain_name(f"{'_'.join(part for part in parts if part)}.{ending}"), taken)


def _contents_entry(letter: ParcelLetter, names: dict[str, str], language: str) -> LetterEntry:
    return LetterEntry(
        subject=letter.subject,
        kind=kind_words(letter.kind, language),
        policy=letter.policy_number,
        placed=long_date(letter.placed_on, language),
        until=until_words(letter.readable_until, the_house().brand.retention.letter_years, language),
        summary=letter.summary,
        files=tuple(
            FileLine(names[file.public_id], file.name, file_size(file.size, language), file.sha256) for file in letter.files
        ),
    )


# ── both ──


def _file_headers(name: str, media_type: str) -> dict[str, str]:
    """Say what the file is, that it is saved and not shown, and that nobody keeps a copy (S44, RFC 6266)."""
    return {
        "content-type": media_type,
        "content-disposition": f"attachment; filename=\"{plain_name(name)}\"; filename*=UTF-8''{quote(name, safe='')}",
        "cache-control": "private, no-store",
        "x-content-type-options": "nosniff",
        "cross-origin-resource-policy": "same-origin",
        "referrer-policy": "no-referrer",
        "x-robots-tag": "noindex, nofollow",
        "content-security-policy": "default-src 'none'; frame-ancestors 'self'",
    }
