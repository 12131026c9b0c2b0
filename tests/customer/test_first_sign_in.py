"""The first sign-in and the new password by link: what the routes answer, and what the pages say about dead links."""

from datetime import timedelta

import pytest
from sqlmodel import select, update

from portal_app.customer.first_sign_in import FirstSignInState
from portal_app.customer.forgotten_password import ForgottenState
from portal_app.customer.new_password import NewPasswordState
from portal_app.database.tables import Job, Link, SignIn, Visit
from portal_app.domain.actors import Stage
from portal_app.gateways.clock import now
from portal_app.services.house import House
from tests.cast import ANNA, ANNAS_PASSWORD, BELA, BELAS_PASSWORD
from tests.customer.browsing import Browser, NewBrowser
from tests.visitors import INITIAL, active, invited, post_to, secret_of

NEW = "ZoldHegy58Ut"
NOBODY = "senki@pelda.example"


def activation(house: House) -> str:
    """The address in Anna's first e-mail."""
    return f"/elso-belepes/{secret_of(house, post_to(house, ANNA, 'activation')[-1])}"


async def password_link(house: House, browser: Browser) -> str:
    """The address in the e-mail that Anna asks for."""
    await browser.post("/elfelejtett-jelszo", login=ANNA)
    return f"/uj-jelszo/{secret_of(house, post_to(house, ANNA, 'password_link')[-1])}"


# ── the first sign-in ──


@pytest.mark.requirement("R16")
@pytest.mark.requirement("R17")
async def test_link_and_initial_password_lead_to_choosing_ones_own(house: House, new_browser: NewBrowser) -> None:
    invited(house, ANNA, now=now())
    browser = new_browser()

    arrived = await browser.get(activation(house))
    shown = await browser.shown(FirstSignInState)
    entered = await browser.post("/elso-belepes", password=f" {INITIAL}\n")

    assert (arrived.status_code, arrived.headers["location"]) == (303, "/elso-belepes")
    assert (shown.stage, shown.whose) == (
        "open",
        "Minta Biztosító Zrt. – a fiókhoz tartozó e-mail-cím: a***@pelda.example",
    )
    assert entered.headers["location"] == "/jelszo"
    assert await browser.leads_to("/kuldemenyek") == "/jelszo"
    with house.database.reading() as db:
        assert db.exec(select(SignIn.stage)).one() == Stage.MUST_CHANGE


async def test_the_token_of_the_link_is_in_no_cookie_and_no_state(house: House, new_browser: NewBrowser) -> None:
    invited(house, ANNA, now=now())
    browser, path = new_browser(), activation(house)

    await browser.get(path)

    token = path.rpartition("/")[2]
    shown = await browser.shown(FirstSignInState)
    assert token not in repr(browser.cookies)
    assert token not in repr(shown.dict())
    assert ANNA not in repr(shown.dict())


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_opening_the_link_consumes_nothing(house: House, new_browser: NewBrowser, method: str) -> None:
    invited(house, ANNA, now=now())
    path = activation(house)
    for _ in range(20):
        await new_browser().get(path, method)

    browser = new_browser()
    await browser.get(path)

    assert (await browser.post("/elso-belepes", password=INITIAL)).headers["location"] == "/jelszo"


async def test_a_head_request_leaves_no_trace(house: House, new_browser: NewBrowser) -> None:
    invited(house, ANNA, now=now())

    await new_browser().get(activation(house), "HEAD")

    with house.database.reading() as db:
        assert db.exec(select(Visit)).all() == []


async def test_a_wrong_initial_password_is_told_with_what_comes(house: House, new_browser: NewBrowser) -> None:
    invited(house, ANNA, now=now())
    browser = new_browser()
    await browser.get(activation(house))

    answer = await browser.post("/elso-belepes", password="RosszAblak73")

    assert answer.headers["location"] == "/elso-belepes"
    assert (await browser.shown(FirstSignInState)).password_error == (
        "A kezdeti jelszó nem egyezik. Nézze meg újra az üzenetet, és írja be pontosan úgy. "
        "Még 2 próba után biztonsági kódot kérünk."
    )


async def test_without_the_link_the_initial_password_opens_nothing(house: House, new_browser: NewBrowser) -> None:
    invited(house, ANNA, now=now())
    browser = new_browser()

    answer = await browser.post("/elso-belepes", password=INITIAL)

    assert answer.headers["location"] == "/elso-belepes"
    assert "portal_sign_in" not in browser.cookies
    shown = await browser.shown(FirstSignInState)
    assert (shown.stage, shown.status, shown.account_known) == ("dead", "link_absent", False)


@pytest.mark.parametrize(
    ("state_of_link", "status"),
    [
        ({"used_at": now()}, "link_used"),
        ({"superseded_at": now()}, "link_superseded"),
        ({"valid_until": now() - timedelta(days=1)}, "link_expired"),
    ],
)
async def test_a_dead_link_says_why_and_one_press_sends_a_new_one(
    house: House, new_browser: NewBrowser, state_of_link: dict[str, object], status: str
) -> None:
    invited(house, ANNA, now=now())
    browser = new_browser()
    path = activation(house)
    with house.database.writing() as db:
        db.exec(update(Link).values(**state_of_link))

    await browser.get(path)
    dead = await browser.shown(FirstSignInState)
    tried = await browser.post("/elso-belepes", password=INITIAL)
    await browser.post("/elso-belepes", act="new_link")
    sent = await browser.shown(FirstSignInState)

    assert (dead.stage, dead.status, dead.account_known) == ("dead", status, True)
    assert tried.headers["location"] == "/elso-belepes"
    assert (sent.stage, sent.whose) == ("sent", "Nézze meg a postafiókját: a***@pelda.example")
    assert [job.kind for job in post_to(house, ANNA)] == ["activation", "initial_password"] * 2
    await browser.get(activation(house))
    initial = secret_of(house, post_to(house, ANNA, "initial_password")[-1])
    assert (await browser.post("/elso-belepes", password=initial)).headers["location"] == "/jelszo"


async def test_an_unknown_link_knows_no_account(house: House, new_browser: NewBrowser) -> None:
    invited(house, ANNA, now=now())
    browser = new_browser()

    await browser.get("/elso-belepes/no-such-link")
    await browser.post("/elso-belepes", act="new_link")

    shown = await browser.shown(FirstSignInState)
    assert (shown.stage, shown.status, shown.account_known, shown.whose) == ("dead", "link_unknown", False, "")
    assert len(post_to(house, ANNA, "activation")) == 1


# ── the forgotten password ──


@pytest.mark.requirement("R22")
async def test_the_answer_is_the_same_for_everybody(house: House, new_browser: NewBrowser) -> None:
    active(house, ANNA, ANNAS_PASSWORD, now=now())
    invited(house, BELA, now=now())
    seen = []

    for login in (ANNA, BELA, NOBODY):
        browser = new_browser()
        answer = await browser.post("/elfelejtett-jelszo", login=login)
        shown = await browser.shown(ForgottenState)
        headers = sorted(name for name in answer.headers if name != "set-cookie")
        seen.append((answer.status_code, answer.headers["location"], answer.text, headers, shown.sent, shown.seconds))

    assert seen == [seen[0]] * 3
    assert seen[0][4:] == (True, 60)
    assert [job.kind for job in post_to(house, ANNA)][2:] == ["password_link"]
    assert [job.kind for job in post_to(house, BELA)][2:] == ["activation", "initial_password"]
    assert post_to(house, NOBODY) == []


async def test_an_empty_field_is_told(new_browser: NewBrowser) -> None:
    browser = new_browser()

    await browser.post("/elfelejtett-jelszo", login="  ")

    shown = await browser.shown(ForgottenState)
    assert (shown.sent, shown.login_error) == (False, "Adja meg az e-mail-címét")


async def test_the_host_of_a_request_does_not_get_into_the_link(house: House, new_browser: NewBrowser) -> None:
    active(house, ANNA, ANNAS_PASSWORD, now=now())
    browser = new_browser()
    browser._client.headers["x-forwarded-host"] = "evil.example"

    await browser.post("/elfelejtett-jelszo", login=ANNA)

    with house.database.reading() as db:
        assert "evil" not in repr(db.exec(select(Job.facts)).all())


# ── the new password ──


@pytest.mark.requirement("R22")
async def test_a_new_password_by_link_signs_in_and_ends_all_else(house: House, new_browser: NewBrowser) -> None:
    active(house, ANNA, ANNAS_PASSWORD, now=now())
    elsewhere, browser = new_browser(), new_browser()
    await elsewhere.sign_in(ANNA, ANNAS_PASSWORD)
    path = await password_link(house, browser)

    await browser.get(path)
    shown = await browser.shown(NewPasswordState)
    answer = await browser.post("/uj-jelszo", new=NEW, again=NEW)

    assert (shown.stage, shown.portal) == ("open", "kuldemenyeim")
    assert answer.headers["location"] == "/kuldemenyek"
    assert await browser.leads_to("/kuldemenyek") == "/kuldemenyek"
    assert (await elsewhere.leads_to("/kuldemenyek")).startswith("/belepes")
    assert len(post_to(house, ANNA, "password_changed")) == 1


async def test_a_refused_new_password_leaves_the_link_as_it_is(house: House, new_browser: NewBrowser) -> None:
    active(house, ANNA, ANNAS_PASSWORD, now=now())
    browser = new_browser()
    await browser.get(await password_link(house, browser))

    refused = await browser.post("/uj-jelszo", new="Password12", again="Password12")
    shown = await browser.shown(NewPasswordState)
    taken = await browser.post("/uj-jelszo", new=NEW, again=NEW)

    assert refused.headers["location"] == "/uj-jelszo"
    assert "nem könnyen kitalálható" in shown.new_hint
    assert taken.headers["location"] == "/kuldemenyek"


async def test_the_link_works_once(house: House, new_browser: NewBrowser) -> None:
    active(house, ANNA, ANNAS_PASSWORD, now=now())
    first, second = new_browser(), new_browser()
    path = await password_link(house, first)
    await first.get(path)
    await second.get(path)
    await first.post("/uj-jelszo", new=NEW, again=NEW)

    late = await second.post("/uj-jelszo", new="MasikHegy69Ut", again="MasikHegy69Ut")

    assert late.headers["location"] == "/uj-jelszo"
    shown = await second.shown(NewPasswordState)
    assert (shown.stage, shown.status) == ("dead", "link_used")
    assert (await new_browser().sign_in(ANNA, NEW)).headers["location"] == "/kuldemenyek"


async def test_a_link_opened_where_somebody_else_is_signed_in_works_for_its_owner(house: House, new_browser: NewBrowser) -> None:
    active(house, ANNA, ANNAS_PASSWORD, now=now())
    belas_id = active(house, BELA, BELAS_PASSWORD, now=now())
    browser = new_browser()
    await browser.sign_in(BELA, BELAS_PASSWORD)
    path = await password_link(house, new_browser())

    await browser.get(path)
    answer = await browser.post("/uj-jelszo", new=NEW, again=NEW)

    assert answer.headers["location"] == "/kuldemenyek"
    with house.database.reading() as db:
        rows = db.exec(select(SignIn).order_by(SignIn.id)).all()  # type: ignore[arg-type]
        assert [(row.account_id == belas_id, row.end_reason) for row in rows] == [(True, "replaced"), (False, "")]
    assert (await new_browser().sign_in(BELA, BELAS_PASSWORD)).headers["location"] == "/kuldemenyek"
