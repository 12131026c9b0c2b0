"""The settings page (Beállítások): where notifications go, password, language, reminders, sign-ins, everything as zip."""

from dataclasses import dataclass

import reflex as rx
from starlette.requests import Request
from starlette.responses import Response

from portal_app.browser.admission import CUSTOMER, RowId, customer, open_to, parse
from portal_app.browser.arrivals import arrival_of
from portal_app.browser.cookies import give_language
from portal_app.browser.pages import see_other
from portal_app.browser.portal_state import PortalState
from portal_app.customer.merge import PAGE as MERGE_PAGE
from portal_app.customer.merge import MergeState, undo_row
from portal_app.customer.posted import refuse_beyond
from portal_app.database.transactions import ask, carry_out
from portal_app.domain.actors import Customer
from portal_app.domain.errors import EmailInvalid, NotSignedIn
from portal_app.domain.merges import PORTALS as MERGE_PORTALS
from portal_app.gateways.clock import now
from portal_app.services import passwords, preferences, sign_ins
from portal_app.services.house import the_house
from portal_app.texts.browsers import browser_name
from portal_app.texts.dates import long_date, moment
from portal_app.texts.phones import masked_phone
from portal_app.ui.fields import check_field, error_summary, password_field, text_field
from portal_app.ui.forms import native_form
from portal_app.ui.layout import page_title
from portal_app.ui.notices import notice
from portal_app.ui.words import t

PAGE = "/beallitasok"
ADDRESS_TRIES = "5/15minute"
LONGEST = 300


@dataclass(frozen=True)
class SignInRow:
    """A running sign-in as the list shows it."""

    id: int
    browser: str
    started: str
    seen: str
    current: bool


class ProfileState(PortalState):
    """The customer's settings."""

    loaded: bool = False
    email: str = ""
    waiting_email: str = ""
    email_refused: bool = False
    phone: str = ""
    reminders_wanted: bool = True
    login: str = ""
    by_address: bool = True
    password_expires: str = ""
    outcome: str = ""
    typed_email: str = ""
    rows: list[SignInRow] = rx.field(default_factory=list)

    @rx.event
    @open_to(CUSTOMER)
    async def load(self) -> None:
        """Show the settings as they are stored."""
        shown = await ask(preferences.preferences, customer(), now=now())
        self.email, self.waiting_email, self.email_refused = shown.email, shown.waiting_email, shown.email_refused
        self.phone = masked_phone(shown.phone) if shown.phone else ""
        self.reminders_wanted, self.outcome, self.typed_email = shown.reminders_wanted, shown.outcome, shown.typed_email
        self.login, self.by_address = shown.login, shown.by_address
        expires = await ask(passwords.own_password_expires_at, customer())
        self.password_expires = long_date(expires, self.language) if expires else ""
        await self._show_sign_ins()
        self.loaded = True

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    async def end_sign_in(self, sign_in_id: int) -> None:
        """Sign out one of the other browsers."""
        await carry_out(sign_ins.end_one, customer(), parse(RowId, sign_in_id), now=now())
        await self._show_sign_ins()

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    async def end_others(self) -> None:
        """Sign out every other browser."""
        await carry_out(sign_ins.end_all_others, customer(), now=now())
        await self._show_sign_ins()

    @rx.event
    @open_to(CUSTOMER, own_act=True)
    async def set_reminders(self, wanted: bool) -> None:  # noqa: FBT001 - what the box sends
        """Send reminders of unread letters, or not."""
        self.reminders_wanted = parse(bool, wanted)
        await carry_out(preferences.set_reminders, customer(), wanted=self.reminders_wanted)

    async def _show_sign_ins(self) -> None:
        found = await ask(sign_ins.list_sign_ins, customer(), brand=the_house().brand, now=now())
        self.rows = [
            SignInRow(
                id=row.id,
                browser=browser_name(row.browser, self.language),
                started=moment(row.started_at, self.language),
                seen=moment(row.seen_at, self.language),
                current=row.current,
            )
            for row in found
        ]


async def ask_for_new_address(request: Request) -> Response:
    """Take the new address and the current password; the link goes to the new address (S37)."""
    actor, house = _customer(request), the_house()
    form = await request.form()
    await refuse_beyond("address", str(actor.account_id), ADDRESS_TRIES)
    stored = await ask(preferences.current_password, actor)
    outcome = ""
    if not await house.hashing.verify_async(str(form.get("password", ""))[:1024], stored):
        outcome = preferences.PASSWORD_WRONG
    try:
        address = preferences.normal_address(str(form.get("email", "")))
    except EmailInvalid:
        outcome = outcome or preferences.ADDRESS_INVALID
    if outcome:
        await carry_out(preferences.tell_outcome, actor, outcome, now=now(), email=str(form.get("email", ""))[:LONGEST])
    else:
        await carry_out(preferences.ask_for_new_address, actor, address, secrets=house.secrets, now=now())
    return see_other(PAGE)


async def choose_language(request: Request) -> Response:
    """Speak the chosen language on the pages and in the post from now on."""
    form = await request.form()
    language = str(form.get("language", ""))
    await carry_out(preferences.set_language, _customer(request), language)
    answer = see_other(PAGE)
    if language in preferences.LANGUAGES:
        give_language(answer, language, secure=the_house().settings.secure)
    return answer


def _customer(request: Request) -> Customer:
    actor = arrival_of(request).actor
    if not isinstance(actor, Customer):
        raise NotSignedIn
    return actor


def profile_page() -> rx.Component:
    """Build the page, one card a subject."""
    return rx.el.div(
        page_title(t("profile.title")),
        rx.cond(
            ProfileState.outcome == preferences.ADDRESS_ASKED,
            notice("success", rx.el.p(t("profile.address_asked"))),
        ),
        rx.el.div(
            _address(),
            _password(),
            _language(),
            _reminders(),
            _sign_ins(),
            _merging(),
            _everything(),
            _leaving(),
            class_name="card-grid",
        ),
        class_name="stack",
    )


def _card(title: str, *content: rx.Component, **properties: str) -> rx.Component:
    return rx.el.section(rx.el.h2(t(title)), *content, class_name="card-plain", **properties)


def _address() -> rx.Component:
    wrong_address = rx.cond(ProfileState.outcome == preferences.ADDRESS_INVALID, t("profile.email_invalid"), "")
    wrong_password = rx.cond(ProfileState.outcome == preferences.PASSWORD_WRONG, t("profile.password_wrong"), "")
    return _card(
        "profile.address",
        rx.cond(ProfileState.email_refused, notice("warning", rx.el.p(t("profile.address_refused")))),
        rx.el.dl(
            rx.el.dt(t("profile.email")),
            rx.el.dd(ProfileState.email),
            rx.cond(
                ProfileState.phone != "",
                rx.fragment(rx.el.dt(t("profile.phone")), rx.el.dd(ProfileState.phone)),
            ),
            class_name="facts",
        ),
        rx.cond(
            ProfileState.waiting_email != "",
            notice("info", rx.el.p(t("profile.waiting"), " ", rx.el.strong(ProfileState.waiting_email))),
        ),
        rx.el.details(
            rx.el.summary(t("profile.change_address"), class_name="btn btn-line"),
            native_form(
                error_summary(("new-email", wrong_address), ("current-password", wrong_password)),
                text_field(
                    "new-email", t("profile.new_email"), name="email",
                    hint=rx.cond(ProfileState.by_address, t("profile.new_email_hint"), t("profile.new_email_hint_id")),
                    error=wrong_address, kind="email", autocomplete="email", default_value=ProfileState.typed_email,
                    key=ProfileState.typed_email,
                ),
                password_field("current-password", t("profile.current_password"), name="password", error=wrong_password),
                rx.el.button(t("profile.send_link"), type="submit", class_name="btn btn-primary"),
                action=PAGE,
            ),
            custom_attrs={"open": (wrong_address != "") | (wrong_password != "")},
            class_name="unfold",
        ),
        id="ertesitesek",
    )  # fmt: skip


def _password() -> rx.Component:
    return _card(
        "profile.password",
        rx.el.p(t("profile.login"), " ", rx.el.span(ProfileState.login, class_name="together")),
        rx.cond(
            ProfileState.password_expires != "",
            rx.el.p(t("profile.password_expires"), " ", rx.el.strong(ProfileState.password_expires)),
        ),
        rx.el.a(t("profile.change_password"), href="/jelszo", reload_document=True, class_name="btn btn-line"),
    )


def _language() -> rx.Component:
    return _card(
        "profile.language",
        rx.el.p(t("profile.language_about")),
        native_form(
            _language_button("hu", "Magyar"),
            _language_button("en", "English"),
            action=f"{PAGE}/nyelv",
            class_name="row",
        ),
    )


def _language_button(language: str, name: str) -> rx.Component:
    return rx.el.button(
        name,
        type="submit",
        name="language",
        value=language,
        lang=language,
        class_name=rx.cond(PortalState.language == language, "btn btn-primary", "btn btn-line"),
        custom_attrs={"aria-pressed": rx.cond(PortalState.language == language, "true", "false")},
    )


def _reminders() -> rx.Component:
    return _card(
        "profile.reminders",
        rx.el.p(t("profile.reminders_about")),
        check_field(
            "reminders", t("profile.reminders_wanted"),
            checked=ProfileState.reminders_wanted, on_change=ProfileState.set_reminders,
        ),
    )  # fmt: skip


def _sign_ins() -> rx.Component:
    return _card(
        "profile.sign_ins",
        rx.el.p(t("profile.sign_ins_about")),
        rx.el.ul(rx.foreach(ProfileState.rows, _sign_in), class_name="plain-rows", aria_live="polite"),
        rx.cond(
            ProfileState.rows.length() > 1,
            rx.el.button(t("profile.end_others"), type="button", on_click=ProfileState.end_others, class_name="btn btn-line"),
        ),
        id="belepesek",
    )


def _sign_in(row: rx.Var[SignInRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.strong(row.browser),
            rx.el.p(t("profile.signed_in_at"), " ", rx.el.span(row.started, class_name="together"), class_name="muted"),
            rx.el.p(t("profile.seen_at"), " ", rx.el.span(row.seen, class_name="together"), class_name="muted"),
        ),
        rx.cond(
            row.current,
            rx.el.span(t("profile.this_browser"), class_name="badge badge-success"),
            rx.el.button(
                t("profile.end"),
                rx.el.span(": ", row.browser, class_name="sr-only"),
                type="button",
                on_click=ProfileState.end_sign_in(row.id),
                class_name="btn btn-line btn-sm",
            ),
        ),
    )


def _merging() -> rx.Component:
    """Ask, without saying anything of it, for another account, and undo what was merged."""
    card = _card(
        "merge.another",
        rx.el.p(rx.cond(MergeState.shared != "", t("merge.another_shared"), t("merge.another_about"))),
        rx.cond(
            MergeState.merges.length() > 0,
            rx.fragment(
                rx.el.p(t("merge.undoing_about")),
                rx.el.ul(rx.foreach(MergeState.merges, undo_row), class_name="plain-rows"),
            ),
        ),
        rx.el.a(t("merge.open"), href=MERGE_PAGE, class_name="btn btn-line"),
        id="osszevonas",
    )
    return rx.match(PortalState.portal, *[(portal.value, card) for portal in MERGE_PORTALS], rx.fragment())


def _everything() -> rx.Component:
    return _card(
        "profile.everything",
        rx.el.p(t("profile.everything_about")),
        native_form(
            rx.el.input(type="hidden", name="mind", value="1"),
            rx.el.button(t("profile.download"), type="submit", class_name="btn btn-line"),
            action="/kuldemenyek/zip",
        ),
    )


def _leaving() -> rx.Component:
    return _card(
        "profile.leaving",
        rx.el.p(t("profile.leaving_about")),
        rx.el.a(t("profile.close"), href="/portaltorles", reload_document=True, class_name="btn btn-line"),
    )
