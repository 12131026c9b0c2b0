"""What the first page inside says: that a new password is set and until when it holds, or which portal this is."""

from datetime import datetime

import reflex as rx

from portal_app.browser.admission import CUSTOMER, customer, open_to
from portal_app.browser.portal_state import PortalState, the_brand
from portal_app.database.transactions import ask, carry_out
from portal_app.gateways.clock import now
from portal_app.services import passwords
from portal_app.services.passwords import OTHER_PORTAL, PASSWORD_SET
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
        if news.code == OTHER_PORTAL:
            asked, here = _title(str(news.facts["asked"])), _title(customer().portal)
            self._tell(self._say("sign_in.you_are_at", asked=asked, here=here), "info")
        elif news.code == PASSWORD_SET and news.facts["valid_until"]:
            date = long_date(datetime.fromisoformat(str(news.facts["valid_until"])), self.language)
            self._tell(self._say("password.set", date=date), "success")
        elif news.code == PASSWORD_SET:
            self._tell(self._say("password.set_for_good"), "success")

    def _say(self, key: str, **values: str) -> str:
        return sentence(key, self.language, the_brand().register.value, **values)


def _title(portal: str) -> str:
    return the_brand().portal(portal).title
