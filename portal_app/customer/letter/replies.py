"""The reply's HTTP route: words and files from a native form, looked at, stored, and sent once."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from portal_app.browser.admission import PublicId, customer, parse
from portal_app.browser.pages import see_other
from portal_app.browser.portal_state import the_brand
from portal_app.customer.letter import ways
from portal_app.database.transactions import ask, carry_out
from portal_app.domain.actors import Customer
from portal_app.domain.errors import LetterNotFound, PortalError, RequestInvalid
from portal_app.gateways.clock import now
from portal_app.gateways.uploads import clean_file_name
from portal_app.gateways.workrooms import Places
from portal_app.services import documents, messages
from portal_app.services.documents import CheckedFile
from portal_app.services.house import the_house
from portal_app.services.messages import Receipt, Refusal

# What a form without a script may send too much of is still read, so that its sender can be told what is wrong;
# none of it is kept, in memory or on disk.
_READ_TOO_MUCH = 4
BODY_BYTES = _READ_TOO_MUCH * the_brand().limits.reply_files * the_brand().limits.reply_file_bytes + 1_000_000
_MOST_PARTS = 100
_SECONDS = 600
_arriving = Places(16, come_back=10)
_checking = ThreadPoolExecutor(2, thread_name_prefix="reply files")


@dataclass(frozen=True)
class Reply:
    """What the form brought; a file longer than allowed is cut just after the limit."""

    text: str
    nonce: str
    files: Sequence[tuple[str, bytes]]


async def send(request: Request) -> Response:
    """Send a reply under the customer's own letter (R20), or say on the page why not; nothing that was typed is lost."""
    actor, letter_id = customer(), str(request.path_params["letter_id"])[:64]
    async with _being_read(request) as form:
        reply = await _read(form)
    mark = _mark(actor, letter_id, reply)
    try:
        sent = await ask(messages.find_sent, actor, mark) or await _send(actor, letter_id, reply, mark)
    except _Refused as refused:
        await carry_out(messages.keep_refused, actor, letter_id, reply.text, refused.refusals, now=now())
        return _answer(request, f"{ways.letter_address(letter_id)}#valasz", refused=True)
    return _answer(request, ways.after_sending(letter_id, sent.public_id))


async def back_to_letter(request: Request) -> Response:
    """Lead whoever reloads the form's address to the letter."""
    return see_other(ways.letter_address(parse(PublicId, request.path_params["letter_id"])))


class _Refused(Exception):
    """The reply cannot be sent, for one or more reasons."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        self.refusals = refusals
        super().__init__()


class _Parser(MultiPartParser):
    """Starlette's parser, which keeps no more of a file than shows that it is too long."""

    def __init__(self, request: Request) -> None:
        super().__init__(request.headers, request.stream(), max_files=_MOST_PARTS, max_fields=_MOST_PARTS)
        limits = the_house().brand.limits
        self._most_bytes, self._most_files = limits.reply_file_bytes, limits.reply_files
        self._kept = 0

    def on_part_begin(self) -> None:
        """Begin to count anew."""
        self._kept = 0
        super().on_part_begin()

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        """Pass on what is within the limit, and one byte more."""
        if self._current_part.file is not None:
            most = self._most_bytes + 1 if self._current_files <= self._most_files else 1
            end = min(end, start + max(0, most - self._kept))
            self._kept += end - start
        if end > start:
            super().on_part_data(data, start, end)


def _parser(request: Request) -> FormParser | _Parser:
    """Choose the parser: a form without files may come without parts."""
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return FormParser(request.headers, request.stream(), max_fields=_MOST_PARTS)
    return _Parser(request)


class _being_read:  # noqa: N801 - read as a sentence
    """The form while its files lie in temporary files that have no name; gone when it is left."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._form: FormData | None = None

    async def __aenter__(self) -> FormData:
        with _arriving.taken():
            try:
                self._form = await asyncio.wait_for(_parser(self._request).parse(), _SECONDS)
            except (MultiPartException, TimeoutError, ClientDisconnect, KeyError):
                raise RequestInvalid from None
        return self._form

    async def __aexit__(self, *_: object) -> None:
        if self._form is not None:
            await self._form.close()


async def _read(form: FormData) -> Reply:
    chosen = [file for file in form.getlist("files") if isinstance(file, UploadFile) and file.filename]
    files = [(clean_file_name(file.filename or ""), await file.read()) for file in chosen]
    text, nonce = form.get("text", ""), form.get("nonce", "")
    return Reply(parse(ways.Typed, text), parse(PublicId, nonce), files)


def _mark(actor: Customer, letter_id: str, reply: Reply) -> str:
    digests = [sha256(content).hexdigest() for _, content in reply.files]
    return messages.form_mark(actor, letter_id, reply.nonce, reply.text, digests)


async def _send(actor: Customer, letter_id: str, reply: Reply, mark: str) -> Receipt:
    """Look at words and files, store the files, then write everything in one transaction; raises `_Refused`."""
    house = the_house()
    wrong = await _wrong_words(actor, letter_id, reply)
    most = house.brand.limits.reply_files
    checked, wrong_files = await asyncio.get_running_loop().run_in_executor(_checking, _look_at, reply.files[:most])
    if wrong or wrong_files:
        raise _Refused([*wrong, *wrong_files])
    try:
        files = await asyncio.to_thread(documents.store_files, house.objects, checked)
        return await carry_out(messages.send_reply, actor, letter_id, reply.text, files, mark=mark, brand=house.brand, now=now())
    except LetterNotFound:
        raise
    except PortalError as refusal:
        raise _Refused([_reason(refusal)]) from refusal


async def _wrong_words(actor: Customer, letter_id: str, reply: Reply) -> list[Refusal]:
    """Say what is wrong with the reply apart from its files; a letter that is not the customer's is not found."""
    brand = the_house().brand
    try:
        await ask(messages.check_reply, actor, letter_id, reply.text, len(reply.files), brand=brand, now=now())
    except LetterNotFound:
        raise
    except PortalError as refusal:
        return [_reason(refusal)]
    return []


def _look_at(files: Sequence[tuple[str, bytes]]) -> tuple[list[CheckedFile], list[Refusal]]:
    """Look at every file, so that its sender learns of all mistakes at once."""
    house = the_house()
    checked, wrong = [], []
    for name, content in files:
        try:
            most = house.brand.limits.reply_file_bytes
            checked.append(documents.check_upload(name, content, most=most, scanner=house.scanner))
        except PortalError as refusal:
            wrong.append(_reason(refusal, name))
    return checked, wrong


def _reason(refusal: PortalError, name: str = "") -> Refusal:
    facts = tuple((key, fact) for key, fact in refusal.facts.items() if isinstance(fact, int | str))
    return Refusal(refusal.code, name, facts)


def _answer(request: Request, address: str, *, refused: bool = False) -> Response:
    """Lead a form on; tell a script, which shows the progress of the upload, where to go or that it was refused."""
    if "application/json" not in request.headers.get("accept", ""):
        return see_other(address)
    if refused:
        return JSONResponse({"refused": True}, 422)
    return JSONResponse({"go": address})
