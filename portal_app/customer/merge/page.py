"""The page: what was done, what was proved, else the ways to prove it; below, what can be undone and the way to staff."""

import reflex as rx

from portal_app.browser.portal_state import the_brand
from portal_app.customer.merge.forms import FORGET, GIVE_CODE, LONGEST_WORDS, MERGE, PAGE, PROVE, REQUEST, SEND_CODE, UNDO
from portal_app.customer.merge.state import AccountShown, MergeShown, MergeState
from portal_app.customer.security_code import code_fields, code_forms
from portal_app.ui.fields import error_summary, password_field, text_area, text_field
from portal_app.ui.forms import native_form
from portal_app.ui.layout import page_title
from portal_app.ui.links import mail_link
from portal_app.ui.notices import notice
from portal_app.ui.words import t


def merge_page() -> rx.Component:
    """Build the page."""
    return rx.el.div(
        page_title(t("merge.title")),
        rx.match(
            MergeState.done,
            ("merged", notice("success", rx.el.p(t("merge.done")), id="merge-done")),
            ("undone", notice("success", rx.el.p(t("merge.undone")), id="merge-undone")),
            rx.fragment(),
        ),
        rx.cond(MergeState.refused != "", notice("error", rx.el.p(MergeState.refused), id="merge-refused")),
        rx.cond(MergeState.loaded, _content(), rx.el.div(class_name="skeleton-lines", aria_hidden=True)),
        class_name="stack",
    )


def _content() -> rx.Component:
    return rx.fragment(
        rx.cond(MergeState.proved.length() > 0, _before_and_after(), _ways_to_prove()),
        rx.cond(MergeState.merges.length() > 0, _undoing()),
        _own_account(),
        rx.cond(MergeState.proved.length() > 0, rx.fragment(), _by_staff()),
    )


def _own_account() -> rx.Component:
    return rx.el.section(
        rx.el.h2(t("merge.own")),
        rx.el.dl(
            rx.el.dt(t("merge.login")),
            rx.el.dd(MergeState.own_login),
            rx.el.dt(t("merge.policies")),
            rx.el.dd(_policies(MergeState.own_policies)),
            rx.el.dt(t("merge.mail")),
            rx.el.dd(MergeState.own_letters),
            class_name="facts",
        ),
        class_name="card-plain",
    )


def _policies(numbers: rx.Var[list[str]]) -> rx.Component:
    return rx.cond(
        numbers.length() > 0,
        rx.el.ul(rx.foreach(numbers, lambda number: rx.el.li(number, class_name="nowrap")), class_name="plain-list"),
        t("merge.no_policy"),
    )


def _ways_to_prove() -> rx.Component:
    return rx.fragment(
        rx.el.p(t("merge.lead")),
        rx.cond(MergeState.shared != "", _by_contact()),
        rx.el.section(
            rx.el.h2(t("merge.by_password")),
            rx.el.p(t("merge.by_password_about")),
            error_summary(("login", MergeState.login_error), ("code", MergeState.picture_error)),
            native_form(
                rx.el.input(type="hidden", name="act", value=PROVE),
                text_field(
                    "login", t("merge.other_login"), error=MergeState.login_error, autocomplete="off",
                    default_value=MergeState.login, spell_check=False, auto_capitalize="none",
                ),
                password_field("password", t("merge.other_password"), autocomplete="off"),
                rx.cond(
                    MergeState.picture != "",
                    code_fields(MergeState.picture, MergeState.picture_error, MergeState.picture_sent),
                ),
                rx.el.button(t("merge.prove"), type="submit", class_name="btn btn-primary btn-wide-narrow"),
                action=PAGE,
                no_validate=True,
                key=MergeState.login,
            ),
            code_forms(PAGE),
            rx.el.p(t("merge.forgotten"), class_name="muted after-form"),
            class_name="card-plain",
            id="by-password",
        ),
    )  # fmt: skip


def _by_contact() -> rx.Component:
    """Offer the code to whoever has confirmed the same address or phone in both accounts."""
    return rx.el.section(
        rx.el.h2(t("merge.shared")),
        rx.el.p(
            rx.cond(MergeState.shared == "email", t("merge.shared_email"), t("merge.shared_phone")),
            " ",
            rx.el.strong(MergeState.contact),
        ),
        rx.cond(
            MergeState.code_sent,
            rx.fragment(
                error_summary(("contact-code", MergeState.code_error)),
                native_form(
                    rx.el.input(type="hidden", name="act", value=GIVE_CODE),
                    text_field(
                        "contact-code", t("merge.code"), name="contact_code", hint=t("merge.code_hint"),
                        error=MergeState.code_error, autocomplete="one-time-code", input_mode="numeric",
                    ),
                    rx.el.button(t("merge.prove"), type="submit", class_name="btn btn-primary btn-wide-narrow"),
                    action=PAGE,
                    no_validate=True,
                ),
                _send_button(t("merge.code_again"), "btn btn-ghost"),
            ),
            rx.fragment(
                rx.cond(MergeState.code_error != "", notice("error", rx.el.p(MergeState.code_error))),
                _send_button(t("merge.send_code"), "btn btn-primary"),
            ),
        ),
        class_name="card-plain",
        id="by-contact",
    )  # fmt: skip


def _send_button(words: rx.Var[str], look: str) -> rx.Component:
    return native_form(
        rx.el.input(type="hidden", name="act", value=SEND_CODE),
        rx.el.button(words, type="submit", class_name=f"{look} btn-wide-narrow"),
        action=PAGE,
    )


def _before_and_after() -> rx.Component:
    return rx.fragment(
        rx.foreach(MergeState.proved, _preview),
        native_form(
            rx.el.input(type="hidden", name="act", value=FORGET),
            rx.el.button(t("merge.rather_not"), type="submit", class_name="btn btn-line btn-wide-narrow"),
            action=PAGE,
        ),
    )


def _preview(other: rx.Var[AccountShown]) -> rx.Component:
    return rx.el.section(
        rx.el.h2(t("merge.check"), " ", rx.el.span(other.login, class_name="nowrap")),
        rx.el.div(
            rx.el.div(
                rx.el.h3(t("merge.moves")),
                _policies(other.policies),
                rx.el.p(other.letters),
            ),
            rx.el.div(
                rx.el.h3(t("merge.after")),
                rx.el.ul(
                    rx.el.li(t("merge.after_place")),
                    rx.el.li(t("merge.after_login"), " ", rx.el.strong(MergeState.own_login, class_name="nowrap")),
                    rx.el.li(t("merge.after_other"), " ", rx.el.strong(other.login, class_name="nowrap")),
                    rx.el.li(t("merge.after_password")),
                    rx.el.li(t("merge.after_sign_ins")),
                    rx.el.li(t("merge.after_undo", days=the_brand().merge_undo_days)),
                    class_name="plain-list",
                ),
            ),
            class_name="card-grid",
        ),
        native_form(
            rx.el.input(type="hidden", name="act", value=MERGE),
            rx.el.input(type="hidden", name="other", value=other.id),
            rx.el.button(t("merge.confirm"), type="submit", class_name="btn btn-primary btn-wide-narrow"),
            action=PAGE,
        ),
        class_name="card-plain stack",
        custom_attrs={"data-preview": other.login},
    )


def _undoing() -> rx.Component:
    return rx.el.section(
        rx.el.h2(t("merge.undoing")),
        rx.el.p(t("merge.undoing_about")),
        rx.el.ul(rx.foreach(MergeState.merges, undo_row), class_name="plain-rows"),
        class_name="card-plain",
        id="undo",
    )


def undo_row(done: rx.Var[MergeShown]) -> rx.Component:
    """Build one merge with the button that undoes it; the settings show it too."""
    return rx.el.li(
        rx.el.div(
            rx.el.strong(done.login),
            rx.el.p(done.policies, class_name="muted"),
            rx.el.p(t("merge.undo_until"), " ", rx.el.span(done.until, class_name="together"), class_name="muted"),
        ),
        native_form(
            rx.el.input(type="hidden", name="act", value=UNDO),
            rx.el.input(type="hidden", name="merge", value=done.id),
            rx.el.button(
                t("merge.undo"),
                rx.el.span(": ", done.login, class_name="sr-only"),
                type="submit",
                class_name="btn btn-line btn-sm",
            ),
            action=PAGE,
        ),
    )


def _by_staff() -> rx.Component:
    """Offer the way on paper or by e-mail, and the same as a request from here (R58)."""
    contact = the_brand().contact
    return rx.el.section(
        rx.el.h2(t("merge.by_staff")),
        rx.el.p(t("merge.by_staff_about")),
        rx.el.dl(
            rx.el.dt(t("merge.by_mail")),
            rx.el.dd(mail_link(contact.email)),
            rx.el.dt(t("merge.by_post")),
            rx.el.dd(contact.postal_address),
            class_name="facts",
        ),
        rx.el.details(
            rx.el.summary(t("merge.request"), class_name="btn btn-line"),
            native_form(
                rx.el.input(type="hidden", name="act", value=REQUEST),
                rx.el.input(type="hidden", name="nonce", value=MergeState.nonce),
                text_field("other_login", t("merge.request_login"), hint=t("merge.request_login_hint"), max_length=200),
                text_area(
                    "words", t("merge.request_words"), hint=t("merge.request_words_hint"), rows=3, max_length=LONGEST_WORDS
                ),
                rx.el.button(t("merge.request_send"), type="submit", class_name="btn btn-primary"),
                action=PAGE,
            ),
            class_name="unfold",
        ),
        class_name="card-plain",
        id="by-staff",
    )
