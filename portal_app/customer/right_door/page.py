"""The right door on the page: two questions, the answer, the e-mail with the exact answer, and what always holds.

Every answer stands in the page; without scripts all of them are read one after the other (`portal.css`).
"""

import reflex as rx

from portal_app.browser.portal_state import the_brand
from portal_app.customer.right_door.answers import answers, find_our_mail
from portal_app.customer.right_door.state import LETTERS, PAGE, ROUTE, UNKNOWN, RightDoorState
from portal_app.domain.brands import PortalName
from portal_app.domain.doors import routes_asked
from portal_app.domain.policies import Communication, SalesRoute
from portal_app.ui.fields import error_summary, radio_field, text_field
from portal_app.ui.forms import native_form
from portal_app.ui.layout import contact_lines, page_title
from portal_app.ui.links import document_link
from portal_app.ui.notices import notice
from portal_app.ui.senders import official_senders
from portal_app.ui.words import t

LOST_ACCESS = "/segitseg/hozzaferes"
ROUTE_WORDS = {
    SalesRoute.BROKER_ONLINE: "right_door.broker_online",
    SalesRoute.BRANCH: "right_door.branch",
    SalesRoute.DIRECT: "right_door.direct",
}
LETTER_WORDS = {Communication.ELECTRONIC: "right_door.electronic", Communication.POSTAL: "right_door.postal"}


def right_door_page() -> rx.Component:
    """Build the page."""
    return rx.el.div(
        rx.cond(RightDoorState.told, _told(), rx.fragment(_questions(), answers(), find_our_mail(), _ask_by_mail())),
        _lost(),
        official_senders(),
        rx.el.p(rx.el.a(t("right_door.more_help"), href="/sugo", class_name="link")),
        class_name="stack",
    )


def route_words(route: SalesRoute) -> rx.Var[str]:
    """Say a way of taking out insurance in the customers' words."""
    brand = the_brand()
    if route is SalesRoute.ONLINE24:
        return t("right_door.online24", portal=brand.portal(PortalName.ONLINE24).title)
    return t(ROUTE_WORDS[route])


def _questions() -> rx.Component:
    routes = [_choice(ROUTE, route.value, route_words(route), RightDoorState.route) for route in routes_asked(the_brand())]
    letters = [_choice(LETTERS, way.value, t(words), RightDoorState.letters) for way, words in LETTER_WORDS.items()]
    return rx.el.section(
        page_title(t("right_door.title")),
        rx.el.p(t("right_door.lead")),
        native_form(
            _question(t("right_door.how"), *routes, _choice(ROUTE, UNKNOWN, t("right_door.unknown"), RightDoorState.route)),
            _question(
                t("right_door.letters"), *letters, _choice(LETTERS, UNKNOWN, t("right_door.unknown"), RightDoorState.letters)
            ),
            rx.el.button(t("right_door.submit"), type="submit", class_name="btn btn-primary btn-wide-narrow"),
            action=PAGE,
            method="get",
            # The form is built anew when the state arrives, so that the choices take what the address says.
            key=RightDoorState.route + RightDoorState.letters,
        ),
        class_name="card-plain",
    )


def _question(words: rx.Var[str], *choices: rx.Component) -> rx.Component:
    return rx.el.fieldset(rx.el.legend(words, class_name="field-label"), *choices, class_name="field")


def _choice(question: str, value: str, words: rx.Var[str], chosen: rx.Var[str]) -> rx.Component:
    return radio_field(f"{question}-{value}", words, name=question, value=value, default_checked=chosen == value)


def _ask_by_mail() -> rx.Component:
    return rx.el.section(
        rx.el.h2(t("right_door.ask_title")),
        rx.el.p(t("right_door.ask_lead")),
        error_summary(("clue", RightDoorState.clue_error)),
        native_form(
            text_field(
                "clue", t("right_door.clue"), hint=t("right_door.clue_hint"), error=RightDoorState.clue_error,
                autocomplete="username", spell_check=False, auto_capitalize="none", max_length=300,
            ),
            text_field(
                "plate", t("right_door.plate"), hint=t("right_door.plate_hint"), spell_check=False,
                auto_capitalize="characters", max_length=30,
            ),
            rx.el.button(t("right_door.ask_submit"), type="submit", class_name="btn btn-primary btn-wide-narrow"),
            action=PAGE,
            no_validate=True,
        ),
        id="kerdes",
        class_name="card-plain no-print",
    )  # fmt: skip


def _told() -> rx.Component:
    return rx.el.section(
        page_title(t("right_door.told_title")),
        notice("success", rx.el.p(t("right_door.told"))),
        rx.el.p(t("right_door.told_nothing")),
        rx.el.p(document_link(t("right_door.other_clue"), href=f"{PAGE}#kerdes")),
        id="whereabouts-told",
        class_name="card-plain",
    )


def _lost() -> rx.Component:
    return rx.el.section(
        rx.el.h2(t("right_door.lost_title")),
        rx.el.p(t("right_door.lost")),
        rx.el.p(rx.el.a(t("right_door.lost_link"), href=LOST_ACCESS, class_name="link")),
        contact_lines(),
        class_name="card-plain",
    )
