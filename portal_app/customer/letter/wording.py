"""What the letter's page shows, in words: dates, sizes and sentences in the visitor's language."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from portal_app.domain.brands import Brand
from portal_app.domain.calendar import budapest_date, days_left
from portal_app.domain.letters import Leaving, leaving
from portal_app.domain.messages import MessageStatus
from portal_app.services.letters import Attachment, LetterView
from portal_app.services.messages import MessageView, Receipt, Refusal
from portal_app.texts import dates, money
from portal_app.texts.catalogues import sentence
from portal_app.texts.refusals import refusal_sentence
from portal_app.texts.sizes import typed_size

PDF = "application/pdf"
SHOWN_BY_BROWSERS = frozenset({PDF, "image/jpeg", "image/png"})
_STATUS_WORDS = {
    MessageStatus.RECEIVED: "thread.received",
    MessageStatus.IN_PROGRESS: "thread.in_progress",
    MessageStatus.ANSWERED: "thread.answered",
}


@dataclass(frozen=True)
class DocumentShown:
    """A document in a list."""

    id: str = ""
    name: str = ""
    about: str = ""
    """Type, size and pages, such as “PDF, 214 kB, 3 oldal”."""
    sha256: str = ""
    pages: int = 0
    """Of a PDF that can be shown page by page; else 0."""
    opens: bool = False
    """Whether browsers can show it by themselves."""


@dataclass(frozen=True)
class LetterShown:
    """The letter's facts as they are read; an empty text has no line on the page."""

    subject: str = ""
    summary: str = ""
    kind: str = ""
    policy: str = ""
    plate: str = ""
    reference: str = ""
    arrived: str = ""
    arrived_at: str = ""
    until: str = ""
    until_date: str = ""
    leaving: str = ""
    leaving_soon: bool = False
    due: str = ""
    due_date: str = ""
    due_soon: str = ""
    amount: str = ""
    opened: str = ""
    awaits_confirmation: bool = False
    confirmed: str = ""
    binned: bool = False
    save_advice: str = ""
    documents: list[DocumentShown] = field(default_factory=list)


@dataclass(frozen=True)
class MessageShown:
    """A message of the thread."""

    id: str = ""
    by_customer: bool = False
    reference: str = ""
    status: str = ""
    status_words: str = ""
    text: str = ""
    written: str = ""
    written_at: str = ""
    due: str = ""
    documents: list[DocumentShown] = field(default_factory=list)


@dataclass(frozen=True)
class RefusalShown:
    """Why a reply was not sent; `file` is empty where it is not about a file."""

    file: str = ""
    words: str = ""


@dataclass(frozen=True)
class ReceiptShown:
    """What is said of a reply that was sent."""

    reference: str = ""
    promise: str = ""


@dataclass(frozen=True)
class PageShown:
    """One page image of the preview."""

    label: str
    words: str
    source: str
    sources: str


class Wording:
    """Says what the page shows in one language, to one brand's customers, on one day."""

    def __init__(self, brand: Brand, language: str, now: datetime) -> None:
        """Take whose customers read, in which language, and when."""
        self._brand, self._language = brand, language
        self._today = budapest_date(now)

    def letter(self, letter: LetterView) -> LetterShown:
        """Word a letter."""
        days = days_left(letter.readable_until, self._today)
        soon = leaving(days, self._brand.retention)
        until = dates.until_words(letter.readable_until, self._brand.retention.letter_years, self._language)
        return LetterShown(
            subject=letter.subject,
            summary=letter.summary,
            kind=self._say(f"kind.{letter.kind}"),
            policy=letter.policy_number,
            plate=letter.plate_number,
            reference=letter.reference,
            arrived=dates.moment(letter.placed_at, self._language),
            arrived_at=dates.machine_date(letter.placed_at),
            until=until,
            until_date=dates.machine_date(letter.readable_until),
            leaving=dates.days_left_words(days, self._language, self._brand.register.value) if soon else "",
            leaving_soon=soon in (Leaving.VERY_SOON, Leaving.TODAY),
            due=self._day(letter.due_on),
            due_date=dates.machine_date(letter.due_on) if letter.due_on else "",
            due_soon=self._how_soon(letter.due_on),
            amount=money.forints(letter.amount, self._language) if letter.amount is not None else "",
            opened=self._moment(letter.opened_at),
            awaits_confirmation=letter.awaits_confirmation,
            confirmed=self._say("letter.confirmed", moment=self._moment(letter.confirmed_at)) if letter.confirmed_at else "",
            binned=letter.binned,
            save_advice=self._say("letter.save_advice", date=until) if letter.documents else "",
            documents=self.documents(letter.documents),
        )

    def thread(self, messages: Sequence[MessageView]) -> list[MessageShown]:
        """Word the messages under a letter."""
        return [self._message(message) for message in messages]

    def documents(self, files: Sequence[Attachment]) -> list[DocumentShown]:
        """Word a list of documents."""
        return [self._document(file) for file in files]

    def receipt(self, receipt: Receipt) -> ReceiptShown:
        """Word what the customer is promised."""
        promise = self._say("reply.sent_promise", n=self._brand.request_days, date=self._day(receipt.due_on))
        return ReceiptShown(receipt.reference, promise)

    def refusals(self, refusals: Sequence[Refusal]) -> list[RefusalShown]:
        """Word why a reply was not sent."""
        return [RefusalShown(refusal.file, self._refusal(refusal)) for refusal in refusals]

    def draft_saved(self, saved_at: datetime) -> str:
        """Say when the draft was kept."""
        return self._say("reply.saved", time=dates.time_of_day(saved_at, self._language))

    def page(self, document: DocumentShown, number: int) -> PageShown:
        """Word one page of a document's preview."""
        address = f"/dokumentumok/{document.id}/oldal/{number}"
        return PageShown(
            label=self._say("letter.page_label", page=number),
            words=self._say("letter.page_alt", name=document.name, page=number, all=document.pages),
            source=f"{address}?szelesseg={WIDTHS[1]}",
            sources=", ".join(f"{address}?szelesseg={width} {width}w" for width in WIDTHS),
        )

    def more_pages(self, number: int) -> str:
        """Word the button that shows the pages that are left."""
        return self._say("letter.more_pages", n=number) if number > 0 else ""

    def _message(self, message: MessageView) -> MessageShown:
        waits = message.by_customer and message.status != MessageStatus.ANSWERED and message.due_on is not None
        return MessageShown(
            id=message.public_id,
            by_customer=message.by_customer,
            reference=message.reference,
            status=message.status if message.by_customer else "",
            status_words=self._say(_STATUS_WORDS[MessageStatus(message.status)]) if message.by_customer else "",
            text=message.text,
            written=dates.moment(message.written_at, self._language),
            written_at=dates.machine_date(message.written_at),
            due=self._say("thread.due", date=self._day(message.due_on)) if waits else "",
            documents=self.documents(message.documents),
        )

    def _document(self, file: Attachment) -> DocumentShown:
        pages = file.pages if file.media_type == PDF else 0
        parts = [typed_size(file.media_type, file.size, self._language)]
        parts += [self._say("letter.pages", n=pages)] if pages else []
        opens = file.media_type in SHOWN_BY_BROWSERS
        return DocumentShown(file.public_id, file.name, ", ".join(parts), file.sha256, pages, opens)

    def _refusal(self, refusal: Refusal) -> str:
        if refusal.code == "too_many":
            return self._say("reply.too_many_sendings")
        return refusal_sentence(refusal.code, self._language, self._brand.register.value, dict(refusal.facts))

    def _how_soon(self, day: date | None) -> str:
        """Say how far away a deadline is while it still lies ahead."""
        if day is None or day < self._today:
            return ""
        return dates.days_until_words(days_left(day, self._today), self._language, self._brand.register.value)

    def _day(self, day: date | None) -> str:
        return dates.long_date(day, self._language) if day else ""

    def _moment(self, instant: datetime | None) -> str:
        return dates.moment(instant, self._language) if instant else ""

    def _say(self, key: str, **values: object) -> str:
        return sentence(key, self._language, self._brand.register.value, **values)


WIDTHS = (720, 1080, 1600)
"""The widths in pixels in which a page image is offered."""
