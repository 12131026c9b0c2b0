"""The chat (csevegés, R88, G32): one thread with customer service, live in both directions, that outlasts a lost connection."""

from dataclasses import dataclass
from datetime import datetime

import reflex as rx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from portal_app.browser.admission import CUSTOMER, PublicId, Words, customer, open_to, parse
from portal_app.browser.arrivals import arrival_of
from portal_app.browser.live import MENU, live
from portal_app.browser.pages import see_other
from portal_app.browser.portal_state import PortalState, sentence_for, the_brand
from portal_app.customer.newcomers import guide_link
from portal_app.database.transactions import ask, carry_out
from portal_app.domain.calendar import budapest_date
from portal_app.domain.errors import PortalError
from portal_app.domain.messages import CHAT_CHARACTERS, answered_by
from portal_app.gateways.clock import now
from portal_app.services import chats, messages
from portal_app.services.chats import AT_ONCE, ChatLine, ChatView
from portal_app.services.house import the_house
from portal_app.texts.catalogues import sentence
from portal_app.texts.dates import long_date, machine_date, table_moment, time_of_day
from portal_app.ui.fields import text_area
from portal_app.ui.forms import native_form
from portal_app.ui.icons import icon
from portal_app.ui.layout import page_title
from portal_app.ui.words import in_language, t

PAGE = "/chat"

# ── the route ──


async def send(request: Request) -> Response:
    """Take a message; the same form sent again, because its answer got lost, is the same message."""
    actor, form = customer(), await request.form()
    text, nonce = parse(Words, form.get("text", "")), parse(PublicId, form.get("nonce", ""))
    mark = messages.form_mark(actor, f"chat {actor.account_id}", nonce, text, ())
    as_json = "application/json" in request.headers.get("accept", "")
    try:
        sent = await carry_out(
            chats.send, actor, text, subject=sentence("chat.title", "hu"), mark=mark, brand=the_house().brand, now=now()
        )
    except PortalError as refusal:
        if not as_json:
            raise
        return JSONResponse({"refused": sentence_for(refusal.code, arrival_of(request).language, refusal.facts)}, 422)
    return JSONResponse({"sent": sent.reference}) if as_json else see_other(PAGE)


# ── what the page shows ──


@dataclass(frozen=True)
class LineShown:
    """One message of the thread, in words."""

    id: str
    mine: bool
    text: str
    written: str
    written_at: str
    foot: str


class ChatState(PortalState):
    """The end of the thread, and who is on duty."""

    ready: bool = False
    lines: list[LineShown] = rx.field(default_factory=list)
    more: bool = False
    on_duty: bool = False
    duty_words: str = ""
    _wanted: int = AT_ONCE

    @rx.event
    @open_to(CUSTOMER)
    async def load(self) -> None:
        """Show the end of the thread, and follow it from now on."""
        live.follow(self.router.session.client_token, ChatState.refresh)
        await self._show()

    @rx.event
    @open_to(CUSTOMER)
    async def refresh(self) -> None:
        """Show what was written meanwhile; what is being typed is left alone."""
        await self._show()

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    async def show_earlier(self) -> None:
        """Show older messages too."""
        self._wanted += AT_ONCE
        await self._show()

    async def _show(self) -> None:
        actor, moment = customer(), now()
        view = await ask(chats.read_chat, actor, most=self._wanted, brand=the_house().brand, now=moment)
        if view.unseen:
            await carry_out(chats.mark_seen, actor, now=moment)
        self.unread_chat = 0
        self.lines = [self._line(line, moment) for line in view.lines]
        self.more, self.on_duty = view.more, bool(view.duty.lines)
        self.duty_words = self._duty_words(view, moment)
        self.ready = True

    def _line(self, line: ChatLine, moment: datetime) -> LineShown:
        today = budapest_date(line.written_at) == budapest_date(moment)
        written = time_of_day(line.written_at, self.language) if today else table_moment(line.written_at, self.language)
        due = long_date(line.due_on, self.language) if line.due_on else ""
        foot = self._say("reference", reference=line.reference, date=due) if due else ""
        return LineShown(line.public_id, line.by_customer, line.text, written, machine_date(line.written_at), foot)

    def _duty_words(self, view: ChatView, moment: datetime) -> str:
        if view.duty.until is not None:
            until = time_of_day(view.duty.until, self.language)
            return self._say("on_duty", names=", ".join(view.duty.names), until=until)
        due = answered_by(budapest_date(moment), the_house().brand.request_days)
        return self._say("nobody", date=long_date(due, self.language))

    def _say(self, key: str, **values: str) -> str:
        return sentence(f"chat.{key}", self.language, the_brand().register.value, **values)


class UnreadChatState(PortalState):
    """How many answers wait in the chat, for the menu of every page."""

    @rx.event
    @open_to(CUSTOMER)
    async def load(self) -> None:
        """Show the number, and follow it from now on."""
        live.follow(self.router.session.client_token, UnreadChatState.refresh, MENU)
        await self._count()

    @rx.event
    @open_to(CUSTOMER)
    async def refresh(self) -> None:
        """Show how many there are now."""
        await self._count()

    async def _count(self) -> None:
        self.unread_chat = await ask(chats.count_unseen, customer(), now=now())


# ── the page ──


def chat_page() -> rx.Component:
    """Build the page: who is there, the thread, the form."""
    return rx.el.div(
        rx.el.script(src="/chat.js", async_=True),
        page_title(t("chat.title")),
        rx.el.p(t("chat.about")),
        _duty(),
        rx.el.section(_thread(), _form(), class_name="card-plain chat"),
        _other_ways(),
        class_name="stack",
    )


def _duty() -> rx.Component:
    contact = the_brand().contact
    return rx.el.div(
        rx.cond(
            ChatState.ready,
            rx.fragment(
                rx.el.p(
                    icon("clock"),
                    rx.el.span(ChatState.duty_words),
                    class_name=rx.cond(ChatState.on_duty, "chat-duty chat-duty-on", "chat-duty"),
                ),
                rx.el.p(
                    t("chat.hours"),
                    " ",
                    rx.el.span(in_language(contact.opening_hours, contact.opening_hours_en), class_name="together"),
                    class_name="muted",
                ),
            ),
        ),
        role="status",
    )


def _thread() -> rx.Component:
    return rx.fragment(
        rx.el.h2(t("chat.thread"), id="chat-thread"),
        rx.cond(
            ChatState.ready,
            rx.fragment(
                rx.cond(
                    ChatState.more,
                    rx.el.button(
                        t("chat.earlier"),
                        type="button",
                        id="chat-earlier",
                        on_click=ChatState.show_earlier,
                        class_name="btn btn-line btn-sm",
                    ),
                ),
                # Born with what it holds, so that screen readers only tell what comes after.
                rx.el.div(
                    rx.cond(ChatState.lines.length() == 0, rx.el.p(t("chat.empty"), class_name="muted")),
                    rx.foreach(ChatState.lines, _line),
                    id="chat-log",
                    role="log",
                    tab_index=0,
                    aria_labelledby="chat-thread",
                    class_name="chat-log",
                ),
            ),
            rx.el.div(*[rx.el.span() for _ in range(4)], class_name="skeleton-lines", aria_hidden=True),
        ),
    )


def _line(line: rx.Var[LineShown]) -> rx.Component:
    return rx.el.div(
        rx.el.p(
            rx.el.strong(rx.cond(line.mine, t("chat.you"), t("chat.insurer"))),
            " ",
            rx.el.time(line.written, date_time=line.written_at, class_name="muted"),
            class_name="chat-head",
        ),
        rx.el.div(line.text, class_name="letter-words"),
        rx.cond(line.foot != "", rx.el.p(line.foot, class_name="muted chat-foot")),
        class_name=rx.cond(line.mine, "chat-line chat-mine", "chat-line chat-theirs"),
        key=line.id,
    )


def _form() -> rx.Component:
    # assets/chat.js sends it without leaving the page, again and again until an answer comes, each time under the same nonce.
    return native_form(
        rx.el.input(type="hidden", name="nonce", id="chat-nonce", default_value=""),
        text_area(
            "chat-text",
            t("chat.text"),
            name="text",
            hint=t("chat.text_hint", most=CHAT_CHARACTERS),
            rows=3,
            auto_complete="off",
        ),
        rx.el.div(
            rx.el.button(icon("sent"), rx.el.span(t("chat.send")), type="submit", id="chat-send", class_name="btn btn-primary"),
            rx.el.p(
                "",
                id="chat-status",
                role="status",
                custom_attrs={
                    "data-sending": t("chat.sending"),
                    "data-sent": t("chat.sent"),
                    "data-waiting": t("chat.waiting"),
                    "data-signed-out": t("chat.signed_out"),
                    "data-failed": t("chat.failed"),
                },
            ),
            class_name="row",
        ),
        # Pressed by assets/chat.js, so that one's own message is there at once.
        rx.el.button(
            "",
            type="button",
            on_click=ChatState.refresh,
            hidden=True,
            id="chat-refresh",
            tab_index=-1,
            custom_attrs={"aria-hidden": "true"},
        ),
        action=PAGE,
        id="chat-form",
        class_name="chat-form",
    )


def _other_ways() -> rx.Component:
    return rx.el.section(rx.el.h2(t("chat.other_ways")), rx.el.p(guide_link()), class_name="card-plain no-print")
