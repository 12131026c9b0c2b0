"""What the right door's page shows, all of it from its address; and the form whose answer goes out by e-mail only."""

import reflex as rx
from starlette.requests import Request
from starlette.responses import Response

from portal_app.browser.admission import ANYONE, open_to
from portal_app.browser.arrivals import arrival_of
from portal_app.browser.pages import see_other
from portal_app.browser.portal_state import PortalState, the_brand
from portal_app.customer.posted import MAILS_LIMIT, as_long_for_everybody, posted, refuse_beyond
from portal_app.database.transactions import carry_out
from portal_app.domain.doors import right_door
from portal_app.domain.policies import Communication, SalesRoute, plate_key
from portal_app.gateways.clock import now
from portal_app.services import whereabouts
from portal_app.texts.catalogues import sentence

PAGE = "/segitseg"
ROUTE, LETTERS = "kotes", "levelek"
ASKED, EMPTY = "elkuldve", "hianyzik"
UNKNOWN = "unknown"


async def send_answer(request: Request) -> Response:
    """Take the form; whoever asks gets the same page, after the same time, whatever is found."""
    form = await posted(request)
    clue, plate = form.text("clue"), form.text("plate")
    if not clue.strip() and not plate_key(plate):
        return see_other(f"{PAGE}?{EMPTY}=1")
    await refuse_beyond("whereabouts", form.source, MAILS_LIMIT)
    async with as_long_for_everybody():
        await carry_out(whereabouts.tell_whereabouts, form.actor, clue, plate, language=arrival_of(request).language, now=now())
    return see_other(f"{PAGE}?{ASKED}=1")


class RightDoorState(PortalState):
    """What the visitor answered, and what follows from it; nothing here is known of anybody."""

    route: str = ""
    letters: str = ""
    verdict: str = ""
    portals: list[str] = rx.field(default_factory=list)
    told: bool = False
    clue_error: str = ""

    @rx.event
    @open_to(*ANYONE)
    def load(self) -> None:
        """Read the answers from the address, so that it can be kept, sent and printed."""
        asked = self.router.url.query_parameters
        self.route, self.letters = asked.get(ROUTE, ""), asked.get(LETTERS, "")
        self.told = ASKED in asked
        register = the_brand().register.value
        self.clue_error = sentence("right_door.clue_empty", self.language, register) if EMPTY in asked else ""
        self._judge()

    def _judge(self) -> None:
        if not self.route and not self.letters:
            self.verdict, self.portals = "", []
            return
        route = SalesRoute(self.route) if self.route in set(SalesRoute) else None
        letters = Communication(self.letters) if self.letters in set(Communication) else None
        door = right_door(route, letters, the_brand())
        self.verdict, self.portals = door.verdict.value, [name.value for name in door.portals]
