"""The shell of every page: skip link, header, menu, one main with one heading, help, footer."""

from collections.abc import Callable
from typing import Any

import reflex as rx

from portal_app import VERSION
from portal_app.browser.portal_state import PortalState, first_title, the_brand
from portal_app.domain.brands import Brand
from portal_app.texts.phones import phone, phone_link
from portal_app.ui.forms import native_form
from portal_app.ui.icons import icon
from portal_app.ui.links import document_link, mail_link
from portal_app.ui.menu import menu, waiting_chat
from portal_app.ui.notices import notice, page_notice
from portal_app.ui.words import in_language, t


def page_shell(content: Callable[[], Any], *, path: str, customers_only: bool) -> Callable[[], rx.Component]:
    """Wrap a page's content; the same order on every page (WCAG 3.2.3, 3.2.6).

    A page that only customers may load shows the menu before anything is known of the visitor.
    """

    def page() -> rx.Component:
        return rx.el.div(
            document_link(t("shell.skip"), href="#content", class_name="skip-link"),
            _without_scripts(),
            _header(path, customers_only=customers_only),
            rx.el.main(
                page_notice(),
                rx.cond(PortalState.ended, _signed_out(), content()) if customers_only else content(),
                id="content",
                tab_index=-1,
                class_name="page" if customers_only else "page page-narrow",
            ),
            _help_block(),
            _footer(the_brand()),
            rx.cond(PortalState.standing == "stranger", rx.fragment(), _idle_warning(the_brand())),
            _marks(),
            class_name="shell",
            custom_attrs={"data-language": PortalState.language},
        )

    # Reflex files what a page is made of under the module of the page's function. Filed here, every page would load
    # the words and parts of all of them.
    page.__module__ = content.__module__
    return page


def waiting_page() -> rx.Component:
    """Build what stands there until a page whose address has a dynamic part is loaded; it knows no state yet."""
    return rx.el.div(
        rx.el.div(rx.el.div(_brand_words(first_title()), class_name="header-row"), class_name="header"),
        rx.el.div(
            rx.el.div(*[rx.el.span() for _ in range(6)], class_name="skeleton-lines card-plain", aria_busy=True),
            class_name="page",
        ),
        class_name="shell",
    )


def title_of(key: str) -> rx.Var[str]:
    """Write the document's title: the page, then the portal."""
    return rx.Var.create(f"{t(key)} – {PortalState.portal_title}")


def page_title(*title: Any) -> rx.Component:
    """Build the page's one heading; focus moves here after navigation."""
    return rx.el.h1(*title, id="title", tab_index=-1)


def _signed_out() -> rx.Component:
    """Build what stays of a customer's page when the sign-in has ended, here or in another tab."""
    return rx.el.section(
        page_title(t("shell.signed_out")),
        rx.el.p(t("shell.signed_out_text")),
        document_link(t("shell.sign_in_again"), href="", class_name="btn btn-primary"),
        class_name="card-plain",
    )


def _without_scripts() -> rx.Component:
    """Say how to go on where scripts do not run; pages can be read then, but not used."""
    return rx.el.noscript(notice("warning", rx.el.div(rx.el.p(t("shell.no_script")), contact_lines()), role="note"))


def _header(path: str, *, customers_only: bool) -> rx.Component:
    places, leave = menu(path), _sign_out()
    return rx.el.header(
        rx.el.div(
            document_link(_brand_words(PortalState.portal_title), href="/", class_name="brand-home"),
            rx.el.div(
                waiting_chat("waiting-wide"),
                leave if customers_only else rx.cond(PortalState.standing != "stranger", leave),
                class_name="header-acts",
            ),
            class_name="header-row",
        ),
        rx.cond(PortalState.ended, rx.fragment(), places)
        if customers_only
        else rx.cond(PortalState.standing == "customer", places),
        class_name="header no-print",
    )


def _brand_words(portal: str | rx.Var[str]) -> rx.Component:
    return rx.el.span(
        rx.el.img(src="/branding/logo.svg", alt="", width=40, height=40, class_name="logo"),
        rx.el.span(
            rx.el.span(the_brand().short_name, class_name="brand-insurer"),
            rx.el.span(portal, class_name="brand-portal"),
            class_name="brand-words",
        ),
        class_name="brand",
    )


def _sign_out() -> rx.Component:
    return native_form(
        rx.el.button(icon("sign_out"), rx.el.span(t("shell.sign_out")), type="submit", class_name="btn btn-ghost header-button"),
        action="/kilepes",
        id="sign-out",
    )


def contact_lines() -> rx.Component:
    """List the ways to reach people: phone with opening hours, e-mail."""
    contact = the_brand().contact
    return rx.el.div(
        rx.el.p(
            t("shell.call_us"),
            " ",
            document_link(phone(contact.phone), href=phone_link(contact.phone), class_name="link nowrap"),
        ),
        rx.el.p(
            t("shell.opening_hours"),
            " ",
            rx.el.span(in_language(contact.opening_hours, contact.opening_hours_en), class_name="together"),
        ),
        rx.el.p(
            t("shell.write_us"),
            " ",
            mail_link(contact.email),
        ),
        class_name="contact-lines",
    )


def _help_block() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            icon("phone", "icon icon-large"),
            rx.el.div(
                rx.el.h2(t("shell.help_title")),
                contact_lines(),
                rx.el.p(rx.el.a(t("shell.help"), href="/sugo", class_name="link")),
            ),
            class_name="help-row",
        ),
        class_name="help-block no-print",
        aria_label=t("shell.help"),
    )


def _footer(brand: Brand) -> rx.Component:
    return rx.el.footer(
        rx.el.div(
            rx.el.p(brand.insurer, class_name="footer-name"),
            rx.el.p(brand.contact.postal_address),
            rx.el.ul(
                rx.el.li(rx.el.a(t("shell.accessibility"), href="/akadalymentesseg", class_name="link")),
                rx.el.li(rx.el.a(t("shell.close_registration"), href="/portaltorles", class_name="link")),
                rx.el.li(rx.el.a(t("shell.privacy"), href=brand.contact.privacy, reload_document=True, class_name="link")),
                class_name="footer-links",
            ),
            _language_switch(),
            rx.el.p(t("shell.version", version=VERSION), class_name="muted"),
            class_name="footer-row",
        ),
        class_name="footer-area no-print",
    )


def _language_switch() -> rx.Component:
    return native_form(
        rx.el.div(
            _language_button("hu", "Magyar"),
            _language_button("en", "English"),
            class_name="language-switch",
            role="group",
            aria_label=t("shell.language"),
        ),
        action="/nyelv",
    )


def _language_button(language: str, name: str) -> rx.Component:
    return rx.el.button(
        name,
        type="submit",
        name="nyelv",
        value=language,
        lang=language,
        class_name="btn btn-ghost btn-sm",
        custom_attrs={"aria-pressed": rx.cond(PortalState.language == language, "true", "false")},
    )


def _idle_warning(brand: Brand) -> rx.Component:
    # assets/shell.js opens it; it stays a plain dialog, so focus is kept inside by the browser.
    minutes = next(iter(brand.portals.values())).sign_in.warn_minutes
    return rx.el.dialog(
        rx.el.h2(t("shell.idle_title"), id="idle-title"),
        rx.el.p(t("shell.idle_text", minutes=minutes), id="idle-text"),
        rx.el.button(
            t("shell.stay"),
            type="button",
            id="idle-stay",
            on_click=PortalState.stay,
            class_name="btn btn-primary",
            auto_focus=True,
        ),
        id="idle-warning",
        role="alertdialog",
        class_name="dialog",
        aria_labelledby="idle-title",
        aria_describedby="idle-text",
    )


def _marks() -> rx.Component:
    """Build what scripts and tests read: is the page alive, how long does the sign-in last."""
    return rx.el.div(
        rx.el.output(rx.State.is_hydrated.to_string(), id="hydrated"),
        rx.el.output(
            "",
            id="sign-in-clock",
            custom_attrs={
                "data-left": PortalState.seconds_left.to_string(),
                "data-warn": PortalState.warn_seconds.to_string(),
                "data-acts": PortalState.acts.to_string(),
            },
        ),
        hidden=True,
    )
