"""What every state of a browser tab shares; the gate binds it to a sign-in."""

from functools import cache
from typing import Any

import reflex as rx

from portal_app.browser.admission import ANYONE, CHANGING, CUSTOMER, STRANGER, Line, Word, open_to, parse
from portal_app.domain.brands import Brand
from portal_app.domain.errors import NotSignedIn, PortalError
from portal_app.settings import load_settings, read_brand
from portal_app.texts.refusals import refusal_sentence


@cache
def the_brand() -> Brand:
    """Give the brand that pages are compiled for: its names and its register do not change at run time.

    Demo mode asks for no secrets, and a build has none.
    """
    return read_brand(load_settings(demo=True).brand)


def first_portal() -> str:
    """Name the brand's first portal, which a visitor meets before anything is known of them."""
    return the_brand().switched_on[0].value


def first_title() -> str:
    """Give that portal's title."""
    return the_brand().portal(first_portal()).title


class PortalState(rx.State):
    """The parent of every state: always loaded, so kept tiny. Private facts never stand here as defaults."""

    _sign_in: str = ""
    _told_at: str = ""
    """The page on which the notice was told."""
    language: str = "hu"
    standing: str = STRANGER.value
    """The visitor's `Audience`."""
    ended: bool = False
    """Whether the sign-in that this tab was opened with is over."""
    portal: str = first_portal()
    portal_title: str = first_title()
    unread: int = 0
    unread_chat: int = 0
    notice: str = ""
    notice_kind: str = "info"
    notice_reloads: bool = False
    seconds_left: int = 0
    """Until the sign-in runs out, counted from the event that set it."""
    warn_seconds: int = 0
    acts: int = 0
    """Grows with every own act, so that the page restarts its clock."""

    @rx.event
    @open_to(*ANYONE)
    def show_refusal(self, code: str, facts: dict[str, Any]) -> None:
        """Show the sentence for a refusal in the visitor's language."""
        self._say_refusal(parse(Word, code), parse(dict[Word, int | Line], facts))

    @rx.event
    @open_to(*ANYONE)
    def dismiss_notice(self) -> None:
        """Take the notice away."""
        self._tell("", "info")

    @rx.event
    @open_to(CUSTOMER, CHANGING, own_act=True)
    def stay(self) -> None:
        """Keep the sign-in awake: the visitor pressed the button of the warning."""

    def _refuse(self, refusal: PortalError) -> None:
        """Show a refusal that stopped an event before its handler."""
        facts = {name: fact for name, fact in refusal.facts.items() if isinstance(fact, int | str)}
        self.ended = self.ended or isinstance(refusal, NotSignedIn)
        self._say_refusal(refusal.code, facts)

    def _say_refusal(self, code: str, facts: dict[str, Any]) -> None:
        self._tell(sentence_for(code, self.language, facts), "error")
        self.notice_reloads = code in {"not_signed_in", "not_allowed"}

    def _tell(self, notice: str, kind: str) -> None:
        self.notice, self.notice_kind, self.notice_reloads = notice, kind, False
        self._told_at = self.router.url.path

    def _arrive_at(self, page: str) -> None:
        """Take the notice away that another page told: whoever went on has read it."""
        if self.notice and page != self._told_at:
            self._tell("", "info")


def sentence_for(code: str, language: str, facts: dict[str, Any]) -> str:
    """Say the sentence of a refusal; a code without one is a fault of ours and reads as such."""
    register = the_brand().register.value
    try:
        return refusal_sentence(code, language, register, {"incident": "–", **facts})
    except KeyError:
        return refusal_sentence("unexpected", language, register, {"incident": "–"})
