"""The gate: who is this, for every event, and is the handler open to them? It refuses what does not say."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import reflex as rx
import structlog
from reflex.event import Event
from reflex.middleware.middleware import Middleware
from reflex.state import BaseState, StateUpdate

from portal_app.browser import admission, reflex_internals
from portal_app.browser.admission import Audience, Opening
from portal_app.browser.arrivals import Labels, read_labels
from portal_app.browser.portal_state import PortalState
from portal_app.browser.rates import Buckets
from portal_app.domain.actors import Actor, Customer
from portal_app.domain.errors import NotAllowed, NotSignedIn, PortalError, RequestInvalid, TooMany
from portal_app.texts.catalogues import LANGUAGES

log = structlog.get_logger(__name__)

# The tab's first event after each connect.
HYDRATE = (".hydrate", ".hydrate_and_load")


class GateBroken(Exception):
    """Who stands behind a socket could not be found out; nothing passes."""


@dataclass(frozen=True)
class Standing:
    """Who stands behind a socket at this moment."""

    actor: Actor
    portal_title: str = ""
    ends_at: datetime | None = None
    warn_at: datetime | None = None
    seen_step_due: bool = False
    revision: int = 0


# Says who the labels of a socket stand for now; None as sign-in stands for a stranger.
Identify = Callable[[Labels], Awaitable[Standing]]
Touch = Callable[[Customer], Awaitable[None]]


class Gate(Middleware):
    """Runs before every event handler of every tab."""

    def __init__(self, *, identify: Identify, touch: Touch, now: Callable[[], datetime], buckets: Buckets | None = None) -> None:
        """Ask `identify` who a socket belongs to; `touch` keeps a sign-in awake."""
        self._identify = identify
        self._touch = touch
        self._now = now
        self._buckets = buckets or Buckets()

    async def preprocess(self, app: rx.App, state: BaseState, event: Event) -> StateUpdate | None:  # noqa: ARG002
        """Bind the tab to its sign-in, then let the event pass (None) or answer it with a refusal."""
        cookie, socket = reflex_internals.socket_of(state)
        try:
            base, standing = await self._receive(state, cookie, socket)
        except Exception as fault:
            # A notice would come through the gate again, and fail again, for ever.
            raise GateBroken from fault
        try:
            own_act = self._admit(event, standing.actor, socket)
        except PortalError as refusal:
            log.info("event refused", code=refusal.code, handler=event.name.rpartition(".")[2])
            base._refuse(refusal)  # noqa: SLF001
            return await reflex_internals.changes_of(state)
        if own_act and isinstance(standing.actor, Customer):
            await self._keep_awake(base, standing)
        elif event.name.endswith(HYDRATE):
            _wind_clock(base, standing, self._now())
        return None

    async def _receive(self, state: BaseState, cookie: str, socket: str) -> tuple[PortalState, Standing]:
        labels = read_labels(cookie)
        standing = await self._identify(labels)
        admission.welcome(standing.actor, standing.revision, socket)
        base = await state.get_state(PortalState)
        _bind(base, standing, labels)
        base._arrive_at(reflex_internals.page_of(state))  # noqa: SLF001
        return base, standing

    def _admit(self, event: Event, actor: Actor, socket: str) -> bool:
        """Say whether the event is the visitor's own act; raises the refusal when it may not pass."""
        if not self._buckets.take(socket):
            raise TooMany
        function, ours = reflex_internals.handler_function(event.name)
        if not ours:
            _check_arguments(reflex_internals.arguments_of(event.name), event.payload)
            return reflex_internals.is_own_navigation(event)
        opening = admission.opening_of(function)
        if opening is None or function is None:
            raise NotAllowed
        _check(opening, admission.audience_of(actor))
        if not reflex_internals.payload_fits(function, event.payload):
            raise RequestInvalid
        return opening.own_act

    async def _keep_awake(self, base: PortalState, standing: Standing) -> None:
        if standing.seen_step_due and isinstance(standing.actor, Customer):
            await self._touch(standing.actor)
            standing = await self._identify(Labels(sign_in=standing.actor.sign_in_id))
        base.acts += 1
        _wind_clock(base, standing, self._now())


def _check_arguments(kinds: Mapping[str, Any] | None, payload: Mapping[str, Any]) -> None:
    """Check what a client sent to one of Reflex's own handlers; None as kinds is a handler that no page needs."""
    if kinds is None:
        raise NotAllowed
    if not payload.keys() <= kinds.keys():
        raise RequestInvalid
    for name, kind in kinds.items():
        admission.parse(kind, payload.get(name))


def _check(opening: Opening, audience: Audience) -> None:
    if audience in opening.audiences:
        return
    raise NotSignedIn if audience is admission.STRANGER else NotAllowed


def _bind(base: PortalState, standing: Standing, labels: Labels) -> None:
    """Give a tab that belongs to another sign-in, or to none any more, a fresh state."""
    actor = standing.actor
    bound = f"{actor.account_id}/{actor.sign_in_id}" if isinstance(actor, Customer) else ""
    if base._sign_in != bound:  # noqa: SLF001
        reflex_internals.start_afresh(base)
        base._sign_in = bound  # noqa: SLF001
    language = labels.language if labels.language in LANGUAGES else base.language
    title = standing.portal_title or base.portal_title
    portal = actor.portal if isinstance(actor, Customer) else base.portal
    if bound and base.ended:
        base.ended = False
    shown = {"language": language, "standing": admission.audience_of(actor).value, "portal": portal, "portal_title": title}
    for name, value in shown.items():
        if getattr(base, name) != value:
            setattr(base, name, value)


def _wind_clock(base: PortalState, standing: Standing, now: datetime) -> None:
    """Tell the page how long the sign-in lasts if nothing more is done."""
    if standing.ends_at is None or standing.warn_at is None:
        return
    base.seconds_left = max(0, int((standing.ends_at - now).total_seconds()))
    base.warn_seconds = int((standing.ends_at - standing.warn_at).total_seconds())
