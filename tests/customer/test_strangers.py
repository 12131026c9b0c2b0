"""Whoever is no customer fills in every public form, and learns from no answer and no page who is one."""

import json
import re
from collections.abc import Callable

import pytest

from portal_app.browser.admission import STRANGER
from portal_app.browser.portal_state import PortalState
from portal_app.customer.closing import ClosingState
from portal_app.customer.forgotten_password import ForgottenState
from portal_app.customer.lost_access import LostAccessState
from portal_app.customer.registration import RegistrationState
from portal_app.customer.right_door import RightDoorState
from portal_app.customer.routes import ROUTES
from portal_app.customer.sign_in import SignInState
from portal_app.domain.brands import PortalName
from portal_app.gateways.clock import now
from portal_app.services.house import House
from tests.cast import ANNA, ANNAS_PASSWORD, BELA
from tests.customer.browsing import NewBrowser
from tests.visitors import FULL_PASSWORD, active, full_customer, invited

WRONG = "Rossz1Jelszo2"
ISSUED, CHOSEN = "482917365", "bela.nagy"
# An account of every kind, and identifiers of the same shape that lead nowhere.
KNOWN = (ANNA, "invited@pelda.example", ISSUED, CHOSEN, BELA)
UNKNOWN = ("senki@pelda.example", "999888777", "senki.sem", "KGFB-2026-999999")

FORMS: dict[str, tuple[Callable[[str], dict[str, str]], type[PortalState]]] = {
    "/belepes": (lambda name: {"login": name, "password": WRONG}, SignInState),
    "/elfelejtett-jelszo": (lambda name: {"login": name}, ForgottenState),
    "/regisztracio": (
        lambda name: {
            "login": name if name.isascii() and "@" not in name and not name.isdigit() else "valaki",
            "email": name if "@" in name else "valaki@pelda.example",
            "new": FULL_PASSWORD,
            "again": FULL_PASSWORD,
            "consent": "on",
        },
        RegistrationState,
    ),
    "/segitseg": (lambda name: {"clue": name, "plate": ""}, RightDoorState),
    "/segitseg/hozzaferes": (
        lambda name: {"name": "Valaki", "policy_number": name, "email": "valaki@pelda.example", "words": name},
        LostAccessState,
    ),
    "/portaltorles": (lambda name: {"login": name, "ground": "other"}, ClosingState),
}
# Forms that take nobody's name: a link's password, the language, the way out.
NAMELESS = {"/elso-belepes", "/uj-jelszo", "/beallitasok/e-mail", "/regisztracio/megerosites", "/kilepes", "/nyelv"}


@pytest.fixture
def everybody(house: House) -> None:
    """Somebody behind every kind of identifier."""
    active(house, ANNA, ANNAS_PASSWORD, now=now())
    invited(house, "invited@pelda.example", now=now())
    full_customer(house, BELA, login=ISSUED, now=now())
    full_customer(house, "cecil@pelda.example", login=CHOSEN, portal=PortalName.ONLINE24, now=now())


def test_every_form_that_strangers_may_send_is_looked_at() -> None:
    sent = {route.path for route in ROUTES if route.method == "POST" and STRANGER in route.audiences}

    assert sent == set(FORMS) | NAMELESS


@pytest.mark.usefixtures("everybody")
@pytest.mark.parametrize("path", FORMS)
async def test_every_form_answers_known_and_unknown_alike(house: House, new_browser: NewBrowser, path: str) -> None:
    write, state = FORMS[path]
    answers, pages = set(), set()

    for place, name in enumerate((*KNOWN, *UNKNOWN)):
        browser = new_browser(source=f"198.51.100.{place + 1}")
        answer = await browser.post(path, **write(name))
        headers = sorted((key, value) for key, value in answer.headers.items() if key not in {"date", "set-cookie"})
        given = sorted(re.sub(r"=[\w-]+", "=…", cookie) for cookie in answer.headers.get_list("set-cookie"))
        answers.add(bare(json.dumps([answer.status_code, headers, given, answer.text]), name))
        shown = await browser.shown(state, address=answer.headers.get("location", path))
        pages.add(bare(str(sorted((key, value) for key, value in shown.dict()[state.get_full_name()].items())), name))

    assert len(answers) == 1, answers
    assert len(pages) == 1, pages


def bare(told: str, name: str) -> str:
    """What was told without what was asked, and without numbers drawn for it."""
    for said in (name, name.replace("@", "%40"), "valaki@pelda.example", "valaki"):
        told = told.replace(said, "…")
    return re.sub(r"K-\d{4}-\w{6}|\b[0-9a-f]{32}\b", "…", told)
