"""Moving to the full portal through the real route: one form, and everything is there."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import Session, col, select, update

from portal_app.customer.password import PasswordState
from portal_app.customer.upgrade import UpgradeState
from portal_app.database.tables import Account, Credential, Letter, Policy
from portal_app.domain.brands import PortalName
from portal_app.domain.kinds import LetterKind
from portal_app.gateways.clock import now
from portal_app.services.house import House, use_house
from portal_app.services.placing import NewLetter, place_letters
from tests.accounts import open_full
from tests.cast import ANNA, ANNAS_PASSWORD, ANNAS_POLICY, BELA, CORE
from tests.customer.browsing import Browser, NewBrowser
from tests.visitors import FULL_PASSWORD, active, facts_of, post_to, secret_of

NEW_PASSWORD = "Tavaszi.Szello-27"
PHONE = "+36301234567"


def with_letters(house: House, number: int) -> int:
    """Let Anna have a letter-box with so many letters of her policy."""
    account_id = active(house, ANNA, ANNAS_PASSWORD, now=now())

    def fill(db: Session) -> None:
        policy = Policy(
            number=ANNAS_POLICY, product="KGFB", holder_name="Kovács Anna", email=ANNA, communication="electronic",
            sales_route="direct", status="active", as_of=now(), account_id=account_id, opened_account_id=account_id,
        )  # fmt: skip
        db.add(policy)
        db.flush()
        new = [
            NewLetter(account_id, "kuldemenyeim", LetterKind.INFORMATION, f"Levél {n}", (), policy_id=policy.id)
            for n in range(number)
        ]
        place_letters(db, CORE, new, brand=house.brand, now=now())

    house.database.carry_out(fill)
    return account_id


def portal_of(house: House, account_id: int) -> str:
    with house.database.reading() as db:
        return db.get_one(Account, account_id).portal


def letters_of(house: House, account_id: int) -> int:
    with house.database.reading() as db:
        return len(db.exec(select(Letter.id).where(Letter.account_id == account_id)).all())


async def signed_in(house: House, new_browser: NewBrowser) -> Browser:
    browser = new_browser()
    assert (await browser.sign_in(ANNA, ANNAS_PASSWORD)).headers["location"] == "/kuldemenyek"
    return browser


@pytest.mark.requirement("R39")
@pytest.mark.requirement("R43")
async def test_one_form_moves_everything_and_asks_for_a_new_password(house: House, new_browser: NewBrowser) -> None:
    account_id = with_letters(house, 300)
    browser = await signed_in(house, new_browser)
    assert (await browser.shown(UpgradeState)).letters_words == "300 küldemény jön Önnel, változatlanul."

    answer = await browser.post("/atlepes")

    assert (answer.status_code, answer.headers["location"]) == (303, "/jelszo")
    assert (portal_of(house, account_id), letters_of(house, account_id)) == ("ugyfelportal", 300)
    assert await browser.leads_to("/kuldemenyek") == "/jelszo"
    password = await browser.shown(PasswordState)
    assert (password.forced, password.portal) == (True, "ugyfelportal")
    answer = await browser.post("/jelszo", current=ANNAS_PASSWORD, new=NEW_PASSWORD, again=NEW_PASSWORD)
    assert answer.headers["location"] == "/kuldemenyek"
    assert await browser.leads_to("/kuldemenyek") == "/kuldemenyek"
    assert await browser.leads_to("/szerzodesek") == "/szerzodesek"


@pytest.mark.requirement("R39")
async def test_address_and_identifier_both_lead_to_the_new_place(house: House, new_browser: NewBrowser) -> None:
    account_id = with_letters(house, 1)
    browser = await signed_in(house, new_browser)
    await browser.post("/atlepes")
    login = str(facts_of(post_to(house, ANNA, "upgraded")[0])["login"])

    for name in (ANNA, login):
        answer = await new_browser().sign_in(name, ANNAS_PASSWORD)
        assert answer.headers["location"] == "/jelszo"

    assert portal_of(house, account_id) == "ugyfelportal"


async def test_pressing_again_only_leads_on(house: House, new_browser: NewBrowser) -> None:
    with_letters(house, 1)
    browser = await signed_in(house, new_browser)
    await browser.post("/atlepes")

    again = await browser.post("/atlepes")

    assert (again.status_code, again.headers["location"]) == (303, "/kuldemenyek")
    assert len(post_to(house, ANNA, "upgraded")) == 1


@pytest.mark.requirement("R11")
@pytest.mark.requirement("R42")
async def test_letters_and_policies_that_come_later_follow(house: House, new_browser: NewBrowser) -> None:
    account_id = with_letters(house, 1)
    browser = await signed_in(house, new_browser)
    await browser.post("/atlepes")

    with house.database.reading() as db:
        assert db.exec(select(Policy.account_id).where(Policy.number == ANNAS_POLICY)).one() == account_id
        policy_id = db.exec(select(Policy.id)).one()
    later = NewLetter(account_id, portal_of(house, account_id), LetterKind.INFORMATION, "Új", (), policy_id=policy_id)
    house.database.carry_out(place_letters, CORE, [later], brand=house.brand, now=now())

    assert letters_of(house, account_id) == 2
    assert [job.count for job in post_to(house, ANNA, "arrival")] == [2]


async def test_who_is_there_already_is_led_to_the_letters(house: House, new_browser: NewBrowser) -> None:
    opened = open_full(house, "482917365", "KGFB-2026-000011", email=BELA, now=now())
    browser = new_browser()
    await browser.sign_in(opened.login, FULL_PASSWORD)

    assert await browser.leads_to("/atlepes") == "/kuldemenyek"
    assert (await browser.post("/atlepes")).headers["location"] == "/kuldemenyek"
    assert post_to(house, BELA, "upgraded") == []


async def test_a_stranger_moves_nobody(house: House, new_browser: NewBrowser) -> None:
    account_id = with_letters(house, 1)

    answer = await new_browser().post("/atlepes")

    assert answer.headers["location"].startswith("/belepes")
    assert portal_of(house, account_id) == PortalName.KULDEMENYEIM


@pytest.mark.requirement("R42")
async def test_who_left_before_choosing_a_password_is_asked_for_one_however_old_the_former_is(
    house: House, new_browser: NewBrowser
) -> None:
    account_id = with_letters(house, 1)
    await (await signed_in(house, new_browser)).post("/atlepes")
    with house.database.writing() as db:
        db.exec(update(Credential).where(col(Credential.account_id) == account_id).values(valid_until=now() - timedelta(days=1)))
    browser = new_browser()

    answer = await browser.sign_in(ANNA, ANNAS_PASSWORD)
    changed = await browser.post("/jelszo", current=ANNAS_PASSWORD, new=NEW_PASSWORD, again=NEW_PASSWORD)

    assert answer.headers["location"] == "/jelszo"
    assert changed.headers["location"] == "/kuldemenyek"
    with house.database.reading() as db:
        until = db.exec(select(Credential.valid_until).where(col(Credential.ended_at).is_(None))).one()
    assert until is None


async def test_a_brand_can_ask_for_a_policy_number_and_a_code_first(house: House, new_browser: NewBrowser) -> None:
    account_id = with_letters(house, 1)
    with house.database.writing() as db:
        db.exec(update(Account).where(col(Account.id) == account_id).values(phone=PHONE))
    asking = replace(house, brand=replace(house.brand, upgrade_asks_phone_code=True))
    use_house(asking)
    browser = await signed_in(asking, new_browser)

    refused = await browser.post("/atlepes")
    assert (refused.headers["location"], portal_of(house, account_id)) == ("/atlepes", "kuldemenyeim")
    await browser.post("/atlepes", act="send_code", policy="KGFB-9999-999999")
    assert post_to(house, PHONE) == []
    assert (await browser.shown(UpgradeState)).refused.startswith("Nem ismerünk ilyen számú szerződést.")

    await browser.post("/atlepes", act="send_code", policy=ANNAS_POLICY.lower())
    assert (await browser.shown(UpgradeState)).refused == ""
    code = secret_of(house, post_to(house, PHONE, "confirmation_code")[0])
    answer = await browser.post("/atlepes", code=code)

    assert (answer.headers["location"], portal_of(house, account_id)) == ("/jelszo", "ugyfelportal")


async def test_where_there_is_no_full_portal_the_wish_is_noted_as_before(house: House, new_browser: NewBrowser) -> None:
    with_letters(house, 1)
    alone = replace(house, brand=replace(house.brand, switched_on=(PortalName.KULDEMENYEIM,)))
    use_house(alone)
    browser = await signed_in(alone, new_browser)

    assert (await browser.shown(UpgradeState, "wish")).wished
    assert (await browser.post("/atlepes")).headers["location"] == "/atlepes"

    with house.database.reading() as db:
        assert db.exec(select(Account.upgrade_wished_at)).one() is not None
        assert db.exec(select(Account.portal)).one() == PortalName.KULDEMENYEIM
