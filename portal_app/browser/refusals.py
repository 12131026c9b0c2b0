"""The one translator of refusals for the browser: an event's exception becomes a notice on the page."""

import structlog
from reflex.event import EventSpec

from portal_app.browser.gate import GateBroken
from portal_app.browser.portal_state import PortalState
from portal_app.domain.errors import PortalError
from portal_app.gateways.secrets import public_id

log = structlog.get_logger(__name__)

LONGEST_REPORT = 200


def answer_exception(exception: Exception) -> EventSpec | None:
    """Turn what an event handler raised into a notice; a fault gets an incident number that the log knows too."""
    if isinstance(exception, GateBroken):
        log.error("the gate could not tell who is there", exc_info=exception.__cause__)
        return None
    if isinstance(exception, PortalError):
        log.info("refused", code=exception.code)
        return PortalState.show_refusal(exception.code, plain_facts(exception))
    incident = public_id()[:8]
    log.error("unexpected failure in an event handler", incident=incident, exc_info=exception)
    return PortalState.show_refusal("unexpected", {"incident": incident})


def note_page_fault(exception: Exception) -> None:
    """Write down that a page's script failed, as the page tells it: anybody can tell us so, hence no error, and short."""
    report = str(exception).strip().partition("\n")[0]
    log.warning("a page reported a fault", report=report[:LONGEST_REPORT])


def plain_facts(refusal: PortalError) -> dict[str, int | str]:
    """Give the facts of a refusal that a sentence may show: short words and numbers."""
    return {name: fact for name, fact in refusal.facts.items() if isinstance(fact, int | str)}
