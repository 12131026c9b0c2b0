"""A page of the customer's own things: shown when it is opened, and again whenever something of the account changes."""

import reflex as rx

from portal_app.browser.admission import CUSTOMER, open_to
from portal_app.browser.live import live
from portal_app.browser.portal_state import PortalState


class LivePage(PortalState, mixin=True):
    """What the states of such pages share: a mixin, so each state has its own handlers and no parent but `PortalState`."""

    @rx.event
    @open_to(CUSTOMER)
    async def load(self) -> None:
        """Show what the address asks for, and follow it from now on."""
        live.follow(self.router.session.client_token, type(self).refresh)
        self._begin()
        await self._show()

    @rx.event
    @open_to(CUSTOMER)
    async def refresh(self) -> None:
        """Show how things stand now."""
        await self._show()

    def _begin(self) -> None:
        """Forget what belonged to the address before; what stays has nothing to forget."""

    async def _show(self) -> None:
        """Read what the page shows, and show it."""
        raise NotImplementedError
