"""What the letter's page knows and does."""

from contextlib import suppress
from typing import Any

import reflex as rx

from portal_app.browser.admission import CUSTOMER, Line, PublicId, customer, open_to, parse
from portal_app.browser.live import live
from portal_app.browser.portal_state import PortalState
from portal_app.customer.inbox.state import InboxState
from portal_app.customer.letter import ways
from portal_app.customer.letter.previews import read_texts
from portal_app.customer.letter.wording import (
    DocumentShown,
    LetterShown,
    MessageShown,
    PageShown,
    ReceiptShown,
    RefusalShown,
    Wording,
)
from portal_app.database.transactions import ask, carry_out
from portal_app.domain.actors import Customer
from portal_app.domain.errors import ConfirmationNeeded, LetterNotFound, MessageNotFound
from portal_app.gateways.clock import now
from portal_app.services import bin as bins
from portal_app.services import letters, messages
from portal_app.services.house import the_house
from portal_app.services.letters import LetterView
from portal_app.services.messages import DraftView, MessageView

# Page images that one press adds to the preview.
PAGES_AT_ONCE = 5


class LetterState(PortalState):
    """One letter with its messages, the preview that is open, and the reply that is being written."""

    standing_of_letter: str = "loading"
    """loading | shown | missing"""
    letter: LetterShown = LetterShown()
    thread: list[MessageShown] = rx.field(default_factory=list)
    news: bool = False
    """Whether an answer arrived while the page was open."""
    list_address: str = ways.LIST
    zip_of: str = ""
    """The letter's id, as the zip's form sends it."""
    reply_address: str = ""
    _letter_id: str = ""

    previewed: DocumentShown = DocumentShown()
    pages: list[PageShown] = rx.field(default_factory=list)
    more_pages: str = ""
    as_text: bool = False
    texts: list[str] = rx.field(default_factory=list)
    text_is_cut: bool = False

    replying: bool = False
    nonce: str = ""
    draft_text: str = ""
    draft_saved: str = ""
    refusals: list[RefusalShown] = rx.field(default_factory=list)
    receipt: ReceiptShown = ReceiptShown()

    @rx.event
    @open_to(CUSTOMER)
    async def load(self) -> None:
        """Open the letter that the address names, or say that it is not to be found."""
        actor = customer()
        await self._arrive(parse(Line, self.router.url.path))
        opened = await self._open(actor)
        if opened is None:
            self.standing_of_letter = "missing"
            return
        self._show(opened)
        self.thread = self._wording().thread(await ask(messages.read_thread, actor, self._letter_id, now=now()))
        self._preview_first()
        self._show_draft(await ask(messages.read_draft, actor, self._letter_id, now=now()))
        await self._show_receipt(actor)
        live.follow(self.router.session.client_token, LetterState.refresh)
        self.standing_of_letter = "shown"

    @rx.event
    @open_to(CUSTOMER)
    async def refresh(self) -> None:
        """Show what changed while the page was open; what is being typed is left alone."""
        actor = customer()
        with suppress(LetterNotFound):
            self._show(await ask(letters.read_letter, actor, self._letter_id, now=now()))
            self._renew_thread(await ask(messages.read_thread, actor, self._letter_id, now=now()))
            return
        await self._arrive("")
        self.standing_of_letter = "missing"

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    async def confirm(self) -> None:
        """Confirm having received the letter."""
        self._show(await carry_out(letters.confirm_receipt, customer(), self._letter_id, now=now()))

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    async def mark_unread(self) -> Any:
        """Leave the letter as unread, and go back to the list."""
        await carry_out(letters.mark_unread, customer(), self._letter_id, now=now())
        return rx.redirect(self.list_address)

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    async def restore(self) -> None:
        """Take the letter out of the bin."""
        actor = customer()
        await carry_out(bins.restore, actor, [self._letter_id], now=now())
        self._show(await ask(letters.read_letter, actor, self._letter_id, now=now()))

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    async def delete(self) -> Any:
        """Move the letter to the bin, and go back to the list, where this can be undone (R21)."""
        binned = await carry_out(bins.bin_letters, customer(), [self._letter_id], now=now())
        if not binned.moved:
            raise ConfirmationNeeded if binned.kept else LetterNotFound
        inbox = await self.get_state(InboxState)
        inbox._offer_undo(binned)  # noqa: SLF001 - a state has no public words but its handlers
        return rx.redirect(self.list_address)

    # ── preview ──

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    def preview(self, document_id: str) -> None:
        """Show the first page of one of the letter's documents."""
        wanted = parse(PublicId, document_id)
        self._preview(next((one for one in self.letter.documents if one.id == wanted and one.pages), DocumentShown()))

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    def show_more_pages(self) -> None:
        """Show some more pages of the preview."""
        self._show_pages(len(self.pages) + PAGES_AT_ONCE)

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    async def show_text(self) -> None:
        """Show the document's words instead of its pages, for reading aloud, enlarging and small screens."""
        found = await read_texts(customer(), self.previewed.id)
        self.texts, self.text_is_cut, self.as_text = found.texts, found.is_cut, True

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    def show_pages(self) -> None:
        """Show the document's pages again."""
        self.as_text, self.texts = False, []

    # ── reply ──

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    async def begin_reply(self) -> None:
        """Open the form, with what was typed before."""
        self._open_form(await carry_out(messages.begin_reply, customer(), self._letter_id, now=now()))

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    def close_reply(self) -> None:
        """Put the form away; the draft stays."""
        self.replying, self.refusals = False, []

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    async def save_draft(self, nonce: str, text: str) -> None:
        """Keep what has been typed so far; keystrokes of a form that is no longer open belong to another letter."""
        if parse(Line, nonce) != self.nonce:
            return
        kept = await carry_out(messages.save_draft, customer(), self._letter_id, parse(ways.Typed, text), now=now())
        if kept is not None:
            self.nonce, self.draft_saved = kept.nonce, self._wording().draft_saved(kept.saved_at)

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    async def discard_draft(self) -> None:
        """Throw away what was typed."""
        await carry_out(messages.discard_draft, customer(), self._letter_id, now=now())
        self.replying, self.draft_text, self.draft_saved, self.refusals = False, "", "", []

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    async def show_refusals(self) -> None:
        """Say why the reply that was just posted was not sent; the form stays as it is."""
        draft = await ask(messages.read_draft, customer(), self._letter_id, now=now())
        self.refusals = self._wording().refusals(draft.refusals) if draft else []

    # ── what stands behind it ──

    def _wording(self) -> Wording:
        return Wording(the_house().brand, self.language, now())

    async def _arrive(self, path: str) -> None:
        """Let nothing of another letter stay in the tab, and take the new one from the address."""
        self.reset()  # type: ignore[no-untyped-call]
        self._letter_id = ways.letter_id_in(path)
        self.zip_of, self.reply_address = self._letter_id, ways.reply_address(self._letter_id)
        inbox = await self.get_state(InboxState)
        self.list_address = ways.list_address(inbox._path, inbox._query)  # noqa: SLF001 - as above

    def _asked(self, parameter: str) -> str:
        return str(self.router.url.query_parameters.get(parameter, ""))

    async def _open(self, actor: Customer) -> LetterView | None:
        """Open the letter; one that was opened before needs no writing."""
        with suppress(LetterNotFound):
            found = await ask(letters.read_letter, actor, self._letter_id, now=now())
            if found.unread or found.opened_at is None:
                found = await carry_out(letters.open_letter, actor, self._letter_id, now=now())
            return found
        return None

    def _show(self, letter: LetterView) -> None:
        self.letter = self._wording().letter(letter)

    def _renew_thread(self, found: tuple[MessageView, ...]) -> None:
        known = {message.id for message in self.thread}
        self.thread = self._wording().thread(found)
        self.news = self.news or any(not one.by_customer and one.id not in known for one in self.thread)

    def _preview_first(self) -> None:
        self._preview(next((one for one in self.letter.documents if one.pages), DocumentShown()))

    def _preview(self, document: DocumentShown) -> None:
        self.previewed, self.as_text, self.texts = document, False, []
        self._show_pages(1)

    def _show_pages(self, number: int) -> None:
        shown = min(number, self.previewed.pages)
        wording = self._wording()
        self.pages = [wording.page(self.previewed, page) for page in range(1, shown + 1)]
        self.more_pages = wording.more_pages(self.previewed.pages - shown)

    def _show_draft(self, draft: DraftView | None) -> None:
        if draft and (draft.text or draft.refusals):
            self._open_form(draft)
            self.refusals = self._wording().refusals(draft.refusals)

    def _open_form(self, draft: DraftView) -> None:
        self.nonce, self.draft_text, self.replying = draft.nonce, draft.text, True
        self.draft_saved = self._wording().draft_saved(draft.saved_at) if draft.text else ""
        self.receipt = ReceiptShown()

    async def _show_receipt(self, actor: Customer) -> None:
        """Show what was just sent, where the address says so."""
        sent = self._asked(ways.SENT_PARAMETER)[:64]
        if sent:
            with suppress(MessageNotFound):
                self.receipt = self._wording().receipt(await ask(messages.read_receipt, actor, sent, now=now()))
