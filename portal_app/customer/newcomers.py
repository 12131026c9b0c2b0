"""What newcomers are shown around the sign-in: where to register (R90), and the user guide (R88–R89)."""

import reflex as rx

from portal_app.browser.pages import SIGN_IN
from portal_app.browser.portal_state import the_brand
from portal_app.domain.messages import CHAT_PORTALS
from portal_app.ui.icons import icon
from portal_app.ui.links import document_link
from portal_app.ui.words import t

REGISTRATION = "/regisztracio"
GUIDE = "/sugo/utmutato.pdf"


def registration_door() -> rx.Component:
    """Build the way to the registration, where a portal of the brand has one."""
    portal = the_brand().registers_in
    if portal is None:
        return rx.fragment()
    return rx.el.p(
        t("registration.none_yet", portal=the_brand().portals[portal].title),
        " ",
        rx.el.a(t("registration.title"), href=REGISTRATION, class_name="link"),
    )


def guide_link() -> rx.Component:
    """Build the link that downloads the user guide in the visitor's language."""
    return document_link(icon("download"), rx.el.span(t("registration.guide")), href=GUIDE, class_name="link icon-link")


def doors() -> rx.Component:
    """List the sign-in of every portal of the brand, each by its own name (R52, C6)."""
    brand = the_brand()
    return rx.el.ul(
        *[
            rx.el.li(
                document_link(
                    t("right_door.sign_in", portal=brand.portals[name].title),
                    href=f"{SIGN_IN}?portal={name.value}",
                    class_name="btn btn-line btn-wide-narrow",
                )
            )
            for name in brand.switched_on
        ],
        class_name="door-list",
    )


def other_help() -> rx.Component:
    """Build the ways to help beside the articles (R88): the guide, and the chat of the portals that have one.

    The phone stands at the foot of every page.
    """
    brand = the_brand()
    chats_in = ", ".join(brand.portals[name].title for name in brand.switched_on if name in CHAT_PORTALS)
    return rx.el.section(
        rx.el.h2(t("registration.other_help")),
        rx.el.p(guide_link()),
        rx.el.p(t("registration.chat", portals=chats_in)) if chats_in else rx.fragment(),
        class_name="card-plain",
    )
