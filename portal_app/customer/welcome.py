"""What the first page after a new password says: that it is set, and until when it holds."""

from datetime import datetime

import reflex as rx

from portal_app.browser.admission import CUSTOMER, customer, open_to
from portal_app.browser.portal_state import PortalState, the_brand
from portal_app.database.transactions import ask, carry_out
from portal_app.gateways.clock import now
from portal_app.services import passwords
from portal_app.services.passwords import PASSWORD_SET
from portal_app.texts.catalogues import sentence
from portal_app.texts.dates import long_date


class WelcomeState(PortalState):
    """Nothing of its own: the news is shown in the page's notice."""

    @rx.event
    @open_to(CUSTOMER)
    async def greet(self) -> None:
        """Show the news once."""
        if not await ask(passwords.has_news, customer(), now=now()):
            return
        news = await carry_out(passwords.take_news, customer(), now=now())
        if news.code != PASSWORD_SET:
            return
        ends, register = str(news.facts["valid_until"]), the_brand().register.value
        if ends:
            date = long_date(datetime.fromisoformat(ends), self.language)
            self._tell(sentence("password.set", self.language, register, date=date), "success")
        else:
            self._tell(sentence("password.set_for_good", self.language, register), "success")
