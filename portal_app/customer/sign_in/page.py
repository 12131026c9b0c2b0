"""How the page of signing in looks: the form in the words of the portal asked for, or the one thing that helps now."""

import reflex as rx

from portal_app.browser.pages import RETURN, SIGN_IN, TIMED_OUT
from portal_app.browser.portal_state import the_brand
from portal_app.customer.asked_portal import PORTAL, by_portal, here, portal_field
from portal_app.customer.newcomers import guide_link, registration_door
from portal_app.customer.security_code import code_fields, code_forms
from portal_app.customer.sign_in.forms import FORGOTTEN, SEND_LINK, START_OVER
from portal_app.customer.sign_in.state import SignInState
from portal_app.customer.titles import title_with_error
from portal_app.domain.brands import Brand, LoginKind, Portal
from portal_app.domain.passwords import SENT_LENGTH, SENT_SPECIAL
from portal_app.texts.money import NO_BREAK
from portal_app.ui.fields import error_summary, password_field, text_field
from portal_app.ui.forms import native_form
from portal_app.ui.icons import icon
from portal_app.ui.layout import page_title
from portal_app.ui.links import document_link
from portal_app.ui.notices import notice
from portal_app.ui.words import t

TITLE = title_with_error("sign_in.title", SignInState.login_error, SignInState.password_error, SignInState.code_error)


def sign_in_page() -> rx.Component:
    """Build the page: the form, or the one thing to do when it cannot help any more."""
    return rx.el.div(
        rx.match(
            SignInState.stage,
            ("locked", _locked()),
            ("expired", _expired("sign_in.expired_title", "sign_in.expired", "sign_in.expired_send")),
            ("sent_expired", _expired("sign_in.sent_expired_title", "sign_in.sent_expired", "sign_in.new_password")),
            _form(),
        ),
        class_name="stack",
    )


def login_words(portal: Portal, brand: Brand) -> str:
    """Name the label of the field: what this portal's customers type, and what else leads in here.

    Who moved from the letter-box to the full portal goes on signing in with the e-mail address (R11).
    """
    kinds = {brand.portals[name].login for name in brand.switched_on}
    if portal.login is LoginKind.EMAIL:
        return "sign_in.email" if kinds == {LoginKind.EMAIL} else "sign_in.email_or_id"
    if portal.login is LoginKind.CHOSEN:
        return "sign_in.user_name"
    return "sign_in.id_or_email" if LoginKind.EMAIL in kinds else "sign_in.id"


def login_field(value: rx.Var[str], error: rx.Var[str]) -> rx.Component:
    """Build the field for what the visitor signs in with, in the words of the portal that is asked for."""

    def field(portal: Portal) -> rx.Component:
        words = login_words(portal, the_brand())
        return text_field(
            "login",
            t(words),
            error=error,
            autocomplete="username",
            default_value=value,
            input_mode="email" if words == "sign_in.email" else "text",
            spell_check=False,
            auto_capitalize="none",
        )

    return by_portal(field)


def _form() -> rx.Component:
    return rx.fragment(
        rx.el.section(
            page_title(t("sign_in.title")),
            _news(),
            error_summary(
                ("login", SignInState.login_error),
                ("password", SignInState.password_error),
                ("code", SignInState.code_error),
            ),
            native_form(
                rx.el.input(type="hidden", name="back", default_value=SignInState.back),
                portal_field(SignInState.asked),
                login_field(SignInState.login, SignInState.login_error),
                password_field("password", t("sign_in.password"), error=SignInState.password_hint),
                by_portal(_sent_password_hint),
                rx.cond(
                    SignInState.picture != "",
                    code_fields(SignInState.picture, SignInState.code_hint, SignInState.code_sent),
                ),
                _submit(),
                action=SIGN_IN,
                no_validate=True,
                # The form is built anew when the state arrives, so that the fields take what it knows.
                key=SignInState.login + SignInState.back + SignInState.asked,
            ),
            _perhaps_elsewhere(),
            rx.el.p(document_link(t("sign_in.forgotten"), href=here(FORGOTTEN)), class_name="after-form"),
            rx.el.p(rx.el.a(t("sign_in.no_account"), href="/segitseg", class_name="link")),
            code_forms(SIGN_IN),
            class_name="card-plain",
        ),
        by_portal(_first_time),
        _other_portals(),
    )


def _news() -> rx.Component:
    return rx.match(
        SignInState.news,
        ("kilepett", notice("success", rx.el.p(t("sign_in.signed_out")))),
        (TIMED_OUT, notice("info", rx.el.p(t("sign_in.timed_out")))),
        (RETURN, notice("info", rx.el.p(t("sign_in.again")))),
        rx.fragment(),
    )


def _sent_password_hint(portal: Portal) -> rx.Component:
    """Say how a password looks that we sent (R61–R62), and count what is typed: one may get lost on the way."""
    if portal.login is not LoginKind.ISSUED:
        return rx.fragment()
    return rx.el.div(
        rx.el.p(t("sign_in.sent_password", length=SENT_LENGTH, special=NO_BREAK.join(SENT_SPECIAL)), class_name="field-hint"),
        rx.el.p(
            class_name="field-hint counter-words",
            role="status",
            custom_attrs={
                "data-counts": "password",
                "data-length": str(SENT_LENGTH),
                "data-text": t("sign_in.counter"),
                "data-trimmed": t("sign_in.blanks"),
            },
        ),
        class_name="field",
    )


def _submit() -> rx.Component:
    return rx.fragment(
        rx.el.button(t("sign_in.submit"), type="submit", id="enter", class_name="btn btn-primary btn-wide-narrow"),
        rx.el.p(
            class_name="muted wait-words",
            custom_attrs={"data-waits": "enter", "data-seconds": SignInState.seconds.to_string(), "data-text": t("sign_in.wait")},
        ),
    )


def _first_time(portal: Portal) -> rx.Component:
    if portal.login is LoginKind.CHOSEN:
        return rx.el.section(registration_door(), rx.el.p(guide_link()), class_name="card-plain")
    issued = portal.login is LoginKind.ISSUED
    return rx.el.details(
        rx.el.summary(t("sign_in.first_time")),
        rx.el.p(
            t("sign_in.first_time_id" if issued else "sign_in.first_time_how", sender=the_brand().post.sender_address),
        ),
        rx.el.p(document_link(t("sign_in.first_time_lost"), href="/segitseg" if issued else FORGOTTEN)),
        class_name="card-plain more",
    )


def _perhaps_elsewhere() -> rx.Component:
    """Hint after a failure that there are other doors; the same for everybody, so it tells nothing."""
    failed = (SignInState.password_error != "") & (SignInState.password_error != SignInState.password_hint)
    words = rx.el.p(t("right_door.hint"), " ", rx.el.a(t("right_door.hint_link"), href="/segitseg", class_name="link"))
    return rx.cond(failed, words) if len(the_brand().switched_on) > 1 else rx.fragment()


def _other_portals() -> rx.Component:
    """Lead to the sign-in of the brand's other portals, each under its own name."""
    brand = the_brand()
    if len(brand.switched_on) == 1:
        return rx.fragment()
    links = [
        rx.cond(
            SignInState.portal != name.value,
            rx.el.li(
                document_link(t("sign_in.at_portal", portal=brand.portals[name].title), href=f"{SIGN_IN}?{PORTAL}={name.value}")
            ),
        )
        for name in brand.switched_on
    ]
    return rx.el.nav(
        rx.el.h2(t("sign_in.other_portals"), id="other-portals"),
        rx.el.ul(*links, class_name="plain-list"),
        aria_labelledby="other-portals",
        class_name="card-plain",
    )


def _locked() -> rx.Component:
    return rx.el.section(
        page_title(icon("lock", "icon title-icon"), t("sign_in.locked_title")),
        rx.el.p(SignInState.locked_words),
        by_portal(lambda portal: rx.el.p(t(_locked_how(portal)))),
        native_form(
            rx.el.input(type="hidden", name="login", value=SignInState.login),
            portal_field(SignInState.asked),
            rx.el.button(t("sign_in.new_password"), type="submit", class_name="btn btn-primary btn-wide-narrow"),
            action=FORGOTTEN,
        ),
        _other_login(),
        class_name="card-plain stack",
    )


def _locked_how(portal: Portal) -> str:
    return "sign_in.locked_how_password" if portal.login is LoginKind.ISSUED else "sign_in.locked_how"


def _expired(title: str, about: str, button: str) -> rx.Component:
    return rx.el.section(
        page_title(t(title)),
        rx.el.p(t(about)),
        native_form(
            rx.el.input(type="hidden", name="act", value=SEND_LINK),
            portal_field(SignInState.asked),
            rx.el.button(t(button), type="submit", class_name="btn btn-primary btn-wide-narrow"),
            action=SIGN_IN,
        ),
        _other_login(),
        class_name="card-plain stack",
    )


def _other_login() -> rx.Component:
    return native_form(
        rx.el.input(type="hidden", name="act", value=START_OVER),
        portal_field(SignInState.asked),
        by_portal(_other_login_button),
        action=SIGN_IN,
    )


def _other_login_button(portal: Portal) -> rx.Component:
    words = "sign_in.other_login" if portal.login is LoginKind.EMAIL else "sign_in.other_id"
    return rx.el.button(t(words), type="submit", class_name="btn btn-ghost btn-wide-narrow")
