"""The password's year (R34): announced on the portal, renewed there, and good for another year."""

from datetime import timedelta

import pytest
from sqlmodel import col, select

from portal_app.customer.inbox.state import InboxState
from portal_app.database.tables import Credential
from portal_app.gateways.clock import now
from portal_app.services.house import House
from tests.cast import ANNA, ANNAS_PASSWORD
from tests.customer.browsing import Browser, NewBrowser
from tests.visitors import active

YEAR = 365
NEW = "ZoldHegy58Ut"


async def signed_in(house: House, browser: Browser, *, days_left: int) -> Browser:
    """Let Anna sign in so many days before her password runs out."""
    active(house, ANNA, ANNAS_PASSWORD, now=now() - timedelta(days=YEAR - days_left, hours=-1), days=YEAR)
    await browser.sign_in(ANNA, ANNAS_PASSWORD)
    return browser


@pytest.mark.requirement("R23")
@pytest.mark.requirement("R34")
async def test_a_password_near_its_end_is_renewed_on_the_portal_for_another_year(house: House, new_browser: NewBrowser) -> None:
    browser = await signed_in(house, new_browser(), days_left=20)
    announced = await browser.shown(InboxState)

    renewed = await browser.post("/jelszo", current=ANNAS_PASSWORD, new=NEW, again=NEW)

    assert "20 nap" in announced.password_words
    assert renewed.headers["location"] == "/kuldemenyek"
    assert (await browser.shown(InboxState)).password_words == ""
    with house.database.reading() as db:
        until = db.exec(select(Credential.valid_until).where(col(Credential.ended_at).is_(None))).one()
    assert until is not None
    assert (until - now()).days in {YEAR - 1, YEAR}


@pytest.mark.requirement("R34")
async def test_the_old_password_does_not_count_as_a_new_one(house: House, new_browser: NewBrowser) -> None:
    browser = await signed_in(house, new_browser(), days_left=20)

    again = await browser.post("/jelszo", current=ANNAS_PASSWORD, new=ANNAS_PASSWORD, again=ANNAS_PASSWORD)

    assert again.headers["location"] == "/jelszo"


@pytest.mark.requirement("R34")
async def test_long_before_its_end_nothing_is_announced(house: House, new_browser: NewBrowser) -> None:
    browser = await signed_in(house, new_browser(), days_left=60)

    assert (await browser.shown(InboxState)).password_words == ""


@pytest.mark.requirement("R34")
@pytest.mark.requirement("R35")
async def test_after_its_year_a_password_opens_nothing(house: House, new_browser: NewBrowser) -> None:
    browser = await signed_in(house, new_browser(), days_left=0 - 1)

    assert await browser.leads_to("/kuldemenyek") == "/belepes"
