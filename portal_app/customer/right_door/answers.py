"""The answers of the right door, in the logic of the source documents (R45–R54, R59, R86–R89)."""

import reflex as rx

from portal_app.browser.portal_state import PortalState, the_brand
from portal_app.customer.newcomers import guide_link
from portal_app.customer.right_door.state import RightDoorState
from portal_app.domain.brands import LoginKind, PortalName
from portal_app.domain.doors import Verdict, makes_an_account_each, opened_portals
from portal_app.texts.phones import phone, phone_link
from portal_app.ui.forms import native_form
from portal_app.ui.links import document_link, mail_link, mail_words
from portal_app.ui.words import quoted, t

ASK_ELECTRONIC = "/ugyintezes/elektronikus-levelezes"
HOW = {LoginKind.ISSUED: "right_door.certain_issued", LoginKind.EMAIL: "right_door.certain_email"}


def answers() -> rx.Component:
    """Build every answer this brand can give; the one that fits is shown."""
    brand = the_brand()
    online = (_chosen(),) if PortalName.ONLINE24 in brand.opens.values() else ()
    return rx.fragment(
        rx.cond(RightDoorState.verdict != "", _beginning()),
        *[_certain(portal) for portal in opened_portals(brand)],
        _none(),
        *online,
        _perhaps(),
    )


def find_our_mail() -> rx.Component:
    """Build how our e-mail is found, and whom to ask when it cannot be found (R49–R54)."""
    brand = the_brand()
    post, contact = brand.post, brand.contact
    online = brand.portals[PortalName.ONLINE24].title if PortalName.ONLINE24 in brand.switched_on else ""
    return _answer(
        (RightDoorState.verdict == Verdict.CERTAIN) | (RightDoorState.verdict == Verdict.PERHAPS),
        rx.el.h2(t("right_door.mailbox_title")),
        rx.el.ul(
            rx.el.li(t("right_door.search_word"), " ", rx.el.strong(quoted(post.search_word))),
            rx.el.li(t("right_door.sender"), " ", rx.el.strong(post.sender_name)),
            rx.el.li(t("right_door.address"), " ", rx.el.strong(mail_words(post.sender_address))),
            rx.el.li(t("right_door.spam")),
            rx.el.li(t("right_door.wait")),
            *([rx.el.li(rx.el.strong(t("right_door.do_not_register", portal=online)))] if online else []),
            class_name="plain-list",
        ),
        rx.el.h2(t("right_door.write_title")),
        rx.el.p(t("right_door.write")),
        rx.el.p(t("right_door.write_to"), " ", mail_link(contact.email)),
        rx.el.p(t("right_door.post_to"), " ", f"{brand.insurer}, {contact.postal_address}"),
        name="mailbox",
    )


def sign_in_button(portal: PortalName, class_name: str = "btn btn-primary") -> rx.Component:
    """Build the button that leads to a portal's sign-in; whoever is signed in leaves first."""
    here = document_link(_sign_in_words(portal), href=f"/belepes?portal={portal.value}", class_name=class_name)
    return rx.cond(PortalState.standing == "stranger", here, leave_for(portal, class_name))


def leave_for(portal: PortalName, class_name: str | rx.Var[str] = "btn btn-primary") -> rx.Component:
    """Build the button that signs out here and opens the sign-in of a portal."""
    return native_form(
        rx.el.input(type="hidden", name="portal", value=portal.value),
        rx.el.button(_sign_in_words(portal), type="submit", class_name=class_name),
        action="/kilepes",
    )


def _sign_in_words(portal: PortalName) -> rx.Var[str]:
    """Name the sign-in as the source documents name it."""
    return t("right_door.sign_in", portal=the_brand().portal(portal).title)


def _beginning() -> rx.Component:
    """Build the line that takes the focus when an answer is there."""
    return rx.el.p(t("right_door.answer"), tab_index=-1, custom_attrs={"data-take-focus": "yes"})


def _certain(portal: PortalName) -> rx.Component:
    described = the_brand().portal(portal)
    each = rx.el.p(t("right_door.each")) if makes_an_account_each(the_brand(), portal) else rx.fragment()
    return _answer(
        (RightDoorState.verdict == Verdict.CERTAIN) & RightDoorState.portals.contains(portal.value),
        rx.el.h2(t("right_door.certain_title", portal=described.title)),
        rx.el.p(t(HOW[described.login])),
        each,
        sign_in_button(portal),
        name=f"certain-{portal.value}",
    )


def _none() -> rx.Component:
    return _answer(
        RightDoorState.verdict == Verdict.NONE,
        rx.el.h2(t("right_door.none_title")),
        rx.el.p(t("right_door.none")),
        rx.el.p(t("right_door.none_change", days=the_brand().request_days)),
        document_link(t("right_door.ask_electronic"), href=ASK_ELECTRONIC, class_name="btn btn-line"),
        name="none",
    )


def _chosen() -> rx.Component:
    contact = the_brand().contact
    return _answer(
        RightDoorState.verdict == Verdict.CHOSEN,
        rx.el.h2(t("right_door.chosen_title", portal=the_brand().portal(PortalName.ONLINE24).title)),
        rx.el.p(t("right_door.chosen")),
        rx.el.p(t("right_door.chosen_help"), " ", document_link(phone(contact.phone), href=phone_link(contact.phone))),
        rx.el.p(guide_link()),
        sign_in_button(PortalName.ONLINE24),
        name="chosen",
    )


def _perhaps() -> rx.Component:
    names = [name for name in the_brand().switched_on if name in the_brand().opens.values()]
    return _answer(
        RightDoorState.verdict == Verdict.PERHAPS,
        rx.el.h2(t("right_door.perhaps_title")),
        rx.el.p(t("right_door.perhaps")),
        rx.el.div(
            *[rx.cond(RightDoorState.portals.contains(name.value), sign_in_button(name, "btn btn-line")) for name in names],
            class_name="row",
        ),
        name="perhaps",
    )


def _answer(fits: rx.Var[bool], *content: rx.Component, name: str) -> rx.Component:
    # No `hidden`: where scripts do not run, nothing could take it away again (portal.css shows all answers there).
    shown = rx.cond(fits, "card-plain", "card-plain not-this-answer")
    return rx.el.section(*content, id=f"answer-{name}", class_name=shown)
