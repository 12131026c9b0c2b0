"""The security code (biztonsági kód, R36): a picture or, equal beside it, an e-mail whose code may be pasted (WCAG 3.3.8)."""

import reflex as rx
from starlette.requests import Request
from starlette.responses import Response

from portal_app.browser.arrivals import arrival_of
from portal_app.customer.posted import MAILS_LIMIT, Posted, refuse_beyond
from portal_app.database.transactions import ask, carry_out
from portal_app.domain.actors import Customer, Stranger
from portal_app.gateways import challenge
from portal_app.gateways.clock import now
from portal_app.services import sign_in
from portal_app.services.house import the_house
from portal_app.ui.fields import text_field
from portal_app.ui.forms import native_form
from portal_app.ui.words import t

PICTURE = "/biztonsagi-kod.png"
ANOTHER, MAILED = "another_picture", "mail_code"


async def show_picture(request: Request) -> Response:
    """Draw the picture of the visitor's own code; every other one is not there."""
    house, actor = the_house(), arrival_of(request).actor
    text = None
    if isinstance(actor, Customer | Stranger):
        wanted = request.query_params.get("kod", "")
        text = await ask(sign_in.picture, actor, wanted, brand=house.brand, secrets=house.secrets, now=now())
    if text is None:
        return Response(status_code=404, headers={"cache-control": "no-store"})
    drawn = await house.database.in_thread(challenge.picture, text)
    return Response(drawn, headers={"cache-control": "no-store"}, media_type="image/png")


async def other_way(form: Posted) -> bool:
    """Do what one of the two buttons beside the code asks for; False when it was another button."""
    house, act = the_house(), form.text("act")
    if act not in {ANOTHER, MAILED}:
        return False
    await refuse_beyond("security code", form.source, MAILS_LIMIT)
    parts = {"brand": house.brand, "secrets": house.secrets, "now": now()}
    if act == ANOTHER:
        await carry_out(sign_in.another_picture, form.actor, **parts)
        return True
    # Sending takes a moment longer than not sending; a hash takes so long that nobody can tell.
    await house.hashing.verify_nothing_async("")
    await carry_out(sign_in.mail_code, form.actor, **parts)
    return True


def code_fields(picture: rx.Var[str], error: rx.Var[str], sent: rx.Var[str]) -> rx.Component:
    """Build the part of a form that asks for the code: why, the picture, the field, and the other two ways.

    The buttons belong to forms of their own (`code_forms`), so that Enter still presses the form's own button.
    """
    return rx.el.div(
        rx.cond(sent != "", rx.el.p(sent, role="status"), rx.el.p(t("sign_in.code_why"))),
        rx.el.img(src=picture, alt=t("sign_in.code_picture"), width=280, height=96, class_name="code-picture"),
        rx.el.div(
            rx.el.button(t("sign_in.code_other"), type="submit", form=ANOTHER, class_name="btn btn-line"),
            rx.el.button(t("sign_in.code_send"), type="submit", form=MAILED, class_name="btn btn-line"),
            class_name="code-ways",
        ),
        text_field(
            "code",
            t("sign_in.code"),
            hint=t("sign_in.code_hint"),
            error=error,
            autocomplete="one-time-code",
            auto_capitalize="none",
            spell_check=False,
        ),
        class_name="code-fields",
        role="group",
        aria_label=t("sign_in.code"),
    )


def code_forms(page: str) -> rx.Component:
    """Build the two forms behind the buttons beside the code."""
    return rx.fragment(
        *[native_form(rx.el.input(type="hidden", name="act", value=act), action=page, id=act) for act in (MAILED, ANOTHER)]
    )
