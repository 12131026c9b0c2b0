"""Getting in with an issued identifier: the password we sent, the change it asks for, another one beside it, the lock."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import Session, col, select, update

from portal_app.browser.admission import CUSTOMER
from portal_app.customer.chat import UnreadChatState
from portal_app.customer.forgotten_password import ForgottenState
from portal_app.customer.password import PasswordState
from portal_app.customer.profile import ProfileState
from portal_app.customer.routes import PAGES
from portal_app.customer.sign_in import SignInState, login_words
from portal_app.customer.welcome import WelcomeState
from portal_app.database.tables import Account, Credential, FailureBucket, Job, SignIn
from portal_app.domain.actors import Stage
from portal_app.domain.brands import PortalName
from portal_app.gateways.clock import now
from portal_app.services import accounts
from portal_app.services.house import House
from portal_app.settings import read_brand
from tests.cast import ANNA, ANNAS_PASSWORD, BELA, CORE
from tests.customer.browsing import Browser, NewBrowser
from tests.visitors import FULL_PASSWORD, active, facts_of, full_customer, post_to, secret_of

LOGIN = "482917365"
SENT = "kEfgH4.mnpQ7"
PHONE = "+36301234567"
NEW = "Zold.Hegyek-58"
WRONG = "aBcdE2!ghjK9"
"""Looks like a password we send, but is none."""


def newcomer(house: House, *, phone: str = PHONE, sent: str = SENT) -> int:
    """Open an account as intake does, nobody having signed in yet; give its id."""
    hashed = house.hashing.hash(sent)

    def open_account(db: Session) -> int:
        account = accounts.open_issued(
            db, CORE, LOGIN, email=ANNA, portal=PortalName.UGYFELPORTAL, phone=phone, customer_ref="", now=now()
        )
        accounts.send_first_access(db, account, sent, hashed, brand=house.brand, secrets=house.secrets, now=now())
        return account.id or 0

    return house.database.carry_out(open_account)


def account_of(house: House, account_id: int) -> Account:
    with house.database.reading() as db:
        found = db.get_one(Account, account_id)
        db.expunge(found)
        return found


async def ask(house: House, browser: Browser, login: str = LOGIN) -> str:
    """Ask for a new password; give what was sent to Anna's phone or address the last."""
    await browser.post("/elfelejtett-jelszo", login=login)
    with house.database.reading() as db:
        job = db.exec(select(Job).where(Job.kind == "requested_password").order_by(col(Job.id).desc())).first()
    return secret_of(house, job) if job else ""


async def change(browser: Browser, current: str, new: str = NEW, again: str | None = None) -> str:
    answer = await browser.post("/jelszo", current=current, new=new, again=new if again is None else again)
    return str(answer.headers["location"])


def late(house: House, span: timedelta) -> None:
    """Let everything that was sent have been sent so much earlier."""
    with house.database.writing() as db:
        for row in db.exec(select(Credential).where(Credential.kind == "sent", col(Credential.valid_until).is_not(None))):
            assert row.valid_until is not None
            row.created_at, row.valid_until = row.created_at - span, row.valid_until - span
            db.add(row)


# ── the first sign-in ──


@pytest.mark.requirement("R60")
@pytest.mark.requirement("R63")
@pytest.mark.parametrize("typed", [LOGIN, "482 917 365", "482-917-365"])
async def test_the_sent_password_leads_to_choosing_ones_own_and_nowhere_else(
    house: House, new_browser: NewBrowser, typed: str
) -> None:
    newcomer(house)
    browser = new_browser()

    entered = await browser.sign_in(typed, SENT)
    shown = await browser.shown(PasswordState)

    assert (entered.status_code, entered.headers["location"]) == (303, "/jelszo")
    assert await browser.leads_to("/kuldemenyek") == "/jelszo"
    assert (shown.forced, shown.was_sent, shown.asks_for_current, shown.by_link) == (True, True, True, False)
    assert (shown.portal, shown.login) == ("ugyfelportal", "482 917 365")


@pytest.mark.requirement("R64")
async def test_the_change_takes_the_current_password_and_the_new_one_twice(house: House, new_browser: NewBrowser) -> None:
    account_id = newcomer(house)
    browser = new_browser()
    await browser.sign_in(LOGIN, SENT)

    assert await change(browser, WRONG) == "/jelszo"
    assert (await browser.shown(PasswordState)).current_error == "A jelenlegi jelszó nem egyezik."
    assert await change(browser, SENT, NEW, "Zold.Hegyek-59") == "/jelszo"
    assert (await browser.shown(PasswordState)).again_error != ""
    assert account_of(house, account_id).status == "invited"
    assert await change(browser, SENT) == "/kuldemenyek"

    assert account_of(house, account_id).status == "active"
    assert await browser.leads_to("/kuldemenyek") == "/kuldemenyek"
    assert (await new_browser().sign_in(LOGIN, NEW)).headers["location"] == "/kuldemenyek"
    assert (await new_browser().sign_in(LOGIN, SENT)).headers["location"] == "/belepes"


@pytest.mark.requirement("R65")
@pytest.mark.requirement("R66")
@pytest.mark.parametrize(
    ("candidate", "lacking"),
    [
        ("Zold.Heg-58", "legalább 12 karakter"),
        ("ZOLD.HEGYEK-58", "kisbetű"),
        ("zold.hegyek-58", "nagybetű"),
        ("Zold.Hegyek-nn", "számjegy"),
        ("Zold5Hegyek58x", "különleges karakter"),
    ],
)
async def test_the_new_password_keeps_every_rule_of_the_full_portal(
    house: House, new_browser: NewBrowser, candidate: str, lacking: str
) -> None:
    newcomer(house)
    browser = new_browser()
    await browser.sign_in(LOGIN, SENT)

    assert await change(browser, SENT, candidate) == "/jelszo"

    assert lacking in (await browser.shown(PasswordState)).new_hint


async def test_the_sent_password_cannot_be_kept(house: House, new_browser: NewBrowser) -> None:
    newcomer(house)
    browser = new_browser()
    await browser.sign_in(LOGIN, SENT)

    assert await change(browser, SENT, SENT) == "/jelszo"

    assert "jelszó egyike" in (await browser.shown(PasswordState)).new_hint


async def test_who_closes_the_page_before_choosing_comes_in_with_the_sent_password_again(
    house: House, new_browser: NewBrowser
) -> None:
    newcomer(house)
    await new_browser().sign_in(LOGIN, SENT)

    again = new_browser()
    assert (await again.sign_in(LOGIN, SENT)).headers["location"] == "/jelszo"
    assert await change(again, SENT) == "/kuldemenyek"


async def test_a_browser_that_only_knows_the_sent_password_is_not_remembered(house: House, new_browser: NewBrowser) -> None:
    newcomer(house)
    browser = new_browser()

    await browser.sign_in(LOGIN, SENT)
    assert "portal_device" not in browser.cookies

    await change(browser, SENT)
    assert "portal_device" in browser.cookies


@pytest.mark.parametrize(
    ("phone", "confirmed"),
    [(PHONE, ("phone_confirmed_at", "email_confirmed_at")), ("", ("email_confirmed_at", "phone_confirmed_at"))],
)
async def test_using_a_sent_password_proves_where_it_went_and_nothing_else(
    house: House, new_browser: NewBrowser, phone: str, confirmed: tuple[str, str]
) -> None:
    account_id = newcomer(house, phone=phone)
    browser = new_browser()

    await browser.sign_in(LOGIN, SENT)
    await change(browser, SENT)

    account = account_of(house, account_id)
    assert [getattr(account, name) is not None for name in confirmed] == [True, False]


async def test_a_number_that_changed_meanwhile_is_not_proved(house: House, new_browser: NewBrowser) -> None:
    account_id = newcomer(house)
    with house.database.writing() as db:
        db.exec(update(Account).values(phone="+36309999999"))

    await new_browser().sign_in(LOGIN, SENT)

    assert account_of(house, account_id).phone_confirmed_at is None


async def test_a_sent_password_that_comes_too_late_says_how_to_get_another(house: House, new_browser: NewBrowser) -> None:
    newcomer(house)
    late(house, timedelta(days=14, minutes=1))
    browser, stranger = new_browser(), new_browser()

    await stranger.sign_in(LOGIN, WRONG)
    await browser.sign_in(LOGIN, SENT)
    shown = await browser.shown(SignInState)
    sent = await browser.post("/belepes", act="send_link")

    assert (await stranger.shown(SignInState)).stage == "form"
    assert shown.stage == "sent_expired"
    assert sent.headers["location"] == "/elfelejtett-jelszo"
    assert [job.kind for job in post_to(house, PHONE)] == ["first_password"] * 2
    another = secret_of(house, post_to(house, PHONE)[-1])
    assert (await new_browser().sign_in(LOGIN, another)).headers["location"] == "/jelszo"


# ── another one beside it ──


@pytest.mark.requirement("R67")
@pytest.mark.requirement("R69")
@pytest.mark.parametrize(("phone", "channel", "recipient"), [(PHONE, "sms", PHONE), ("", "mail", ANNA)])
async def test_a_new_password_is_asked_for_with_the_id_and_goes_to_the_phone_or_else_the_address(
    house: House, new_browser: NewBrowser, phone: str, channel: str, recipient: str
) -> None:
    full_customer(house, ANNA, phone=phone, now=now())
    browser = new_browser()

    sent = await ask(house, browser, "482 917 365")

    (job,) = post_to(house, recipient, "requested_password")
    assert (job.channel, job.urgent, len(sent)) == (channel, True, 12)
    assert set(sent) & set(".,!?+@")
    assert (await new_browser().sign_in(LOGIN, sent)).headers["location"] == "/jelszo"


async def test_who_has_just_asked_may_sign_in_at_once_but_waits_before_asking_again(
    house: House, new_browser: NewBrowser
) -> None:
    full_customer(house, ANNA, phone=PHONE, now=now())
    browser = new_browser()

    await ask(house, browser)

    assert (await browser.shown(ForgottenState)).seconds > 0
    assert (await browser.shown(SignInState)).seconds == 0


@pytest.mark.requirement("R68")
async def test_the_new_password_stands_beside_the_old_one_until_it_is_used(house: House, new_browser: NewBrowser) -> None:
    full_customer(house, ANNA, phone=PHONE, now=now())
    sent = await ask(house, new_browser())

    assert (await new_browser().sign_in(LOGIN, FULL_PASSWORD)).headers["location"] == "/kuldemenyek"

    browser = new_browser()
    assert (await browser.sign_in(LOGIN, sent)).headers["location"] == "/jelszo"
    assert (await new_browser().sign_in(LOGIN, FULL_PASSWORD)).headers["location"] == "/belepes"
    assert await change(browser, sent) == "/kuldemenyek"
    assert (await new_browser().sign_in(LOGIN, NEW)).headers["location"] == "/kuldemenyek"


async def test_a_newer_request_makes_the_older_password_worthless_but_never_the_current_one(
    house: House, new_browser: NewBrowser
) -> None:
    full_customer(house, ANNA, phone=PHONE, now=now())
    first, second = await ask(house, new_browser()), await ask(house, new_browser())

    assert first != second
    assert (await new_browser().sign_in(LOGIN, first)).headers["location"] == "/belepes"
    assert (await new_browser().sign_in(LOGIN, FULL_PASSWORD)).headers["location"] == "/kuldemenyek"
    assert (await new_browser().sign_in(LOGIN, second)).headers["location"] == "/jelszo"


async def test_a_strangers_request_does_not_end_a_sent_password_that_was_used_already(
    house: House, new_browser: NewBrowser
) -> None:
    newcomer(house)
    browser = new_browser()
    await browser.sign_in(LOGIN, SENT)
    with house.database.writing() as db:
        db.exec(update(Account).values(status="active"))

    await ask(house, new_browser())

    assert await change(browser, SENT) == "/kuldemenyek"


async def test_a_requested_password_lives_three_days(house: House, new_browser: NewBrowser) -> None:
    full_customer(house, ANNA, phone=PHONE, now=now())
    sent = await ask(house, new_browser())
    late(house, timedelta(hours=71, minutes=58))
    in_time = await new_browser().sign_in(LOGIN, sent)
    assert in_time.headers["location"] == "/jelszo"

    later = await ask(house, new_browser())
    late(house, timedelta(hours=72, minutes=1))
    browser = new_browser()
    await browser.sign_in(LOGIN, later)
    assert (await browser.shown(SignInState)).stage == "sent_expired"


@pytest.mark.requirement("R70")
async def test_the_screen_after_asking_is_the_same_for_everybody(house: House, new_browser: NewBrowser) -> None:
    full_customer(house, ANNA, phone=PHONE, now=now())
    active(house, BELA, ANNAS_PASSWORD, now=now())
    seen = []
    for login in (LOGIN, "999999999", BELA, ANNA, "senki@pelda.example"):
        browser = new_browser()
        answer = await browser.post("/elfelejtett-jelszo", login=login)
        shown = await browser.shown(ForgottenState)
        said = {name: value for name, value in shown.dict().items() if name not in {"login", "asked_for"}}
        seen.append((answer.status_code, answer.headers["location"], repr(said).replace(login, "")))

    assert len(set(seen)) == 1
    assert PHONE not in seen[0][2]


async def test_an_address_that_is_no_identifier_is_told_where_its_accounts_are(house: House, new_browser: NewBrowser) -> None:
    full_customer(house, ANNA, phone=PHONE, now=now())

    await new_browser().post("/elfelejtett-jelszo", login=ANNA)

    assert [job.kind for job in post_to(house, ANNA)] == ["whereabouts"]
    assert "482 917 365" in str(facts_of(post_to(house, ANNA)[0]))
    assert post_to(house, PHONE) == []


async def test_an_address_that_leads_to_a_letter_box_gets_the_link_as_before(house: House, new_browser: NewBrowser) -> None:
    active(house, BELA, ANNAS_PASSWORD, now=now())

    await new_browser().post("/elfelejtett-jelszo", login=BELA)

    assert [job.kind for job in post_to(house, BELA)][-1:] == ["password_link"]


async def test_a_newcomer_who_asks_gets_identifier_and_password_anew(house: House, new_browser: NewBrowser) -> None:
    newcomer(house)

    await new_browser().post("/elfelejtett-jelszo", login=LOGIN)

    assert [job.kind for job in post_to(house, ANNA)] == ["issued_login"] * 2
    anew = post_to(house, PHONE)[-1]
    assert (anew.kind, anew.urgent) == ("first_password", True)
    assert (await new_browser().sign_in(LOGIN, SENT)).headers["location"] == "/belepes"
    assert (await new_browser().sign_in(LOGIN, secret_of(house, anew))).headers["location"] == "/jelszo"


async def test_no_more_than_three_passwords_an_hour_go_to_one_account(house: House, new_browser: NewBrowser) -> None:
    full_customer(house, ANNA, phone=PHONE, now=now())

    for _ in range(4):
        await ask(house, new_browser())

    assert len(post_to(house, PHONE, "requested_password")) == 3


# ── the lock ──


def lock(house: House, account_id: int, failures: int = 10) -> None:
    """Let strangers have failed so often."""
    with house.database.writing() as db:
        db.add(
            FailureBucket(
                account_key=f"account:{account_id}", bucket="unknown", failures=failures, locked_at=now(), updated_at=now()
            )
        )


async def test_a_sent_password_has_a_way_past_the_lock_and_lifts_it(house: House, new_browser: NewBrowser) -> None:
    anna = full_customer(house, ANNA, phone=PHONE, now=now())
    lock(house, anna.account_id)
    barred = new_browser()
    await barred.sign_in(LOGIN, FULL_PASSWORD)
    assert (await barred.shown(SignInState)).stage == "locked"

    browser, sent = new_browser(), await ask(house, new_browser())
    assert (await browser.sign_in(LOGIN, sent)).headers["location"] == "/jelszo"
    assert await change(browser, sent) == "/kuldemenyek"

    assert (await new_browser().sign_in(LOGIN, NEW)).headers["location"] == "/kuldemenyek"


@pytest.mark.parametrize("asked", [True, False])
async def test_guessing_at_a_sent_password_behind_the_lock_ends_after_ten_and_looks_as_if_there_were_none(
    house: House, new_browser: NewBrowser, monkeypatch: pytest.MonkeyPatch, *, asked: bool
) -> None:
    anna = full_customer(house, ANNA, phone=PHONE, now=now())
    lock(house, anna.account_id)
    sent = await ask(house, new_browser()) if asked else SENT
    checks = counted_checks(house, monkeypatch)

    for number in range(12):
        browser = new_browser(source=f"203.0.113.{number}")
        answer = await browser.sign_in(LOGIN, WRONG)
        shown = await browser.shown(SignInState)
        assert (answer.headers["location"], shown.stage, shown.picture) == ("/belepes", "locked", "")
        assert "10 sikertelen" in shown.locked_words

    last = await new_browser(source="203.0.113.99").sign_in(LOGIN, sent)
    assert last.headers["location"] == "/belepes"
    assert checks() == 26


def counted_checks(house: House, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Count how many values are computed, real or not: the time an answer takes."""
    seen: list[str] = []
    verify, nothing = type(house.hashing).verify_async, type(house.hashing).verify_nothing_async

    async def verifying(self: object, password: str, stored: str) -> bool:
        seen.append("real")
        return await verify(self, password, stored)  # type: ignore[arg-type]

    async def verifying_nothing(self: object, password: str) -> bool:
        seen.append("nothing")
        return await nothing(self, password)  # type: ignore[arg-type]

    monkeypatch.setattr(type(house.hashing), "verify_async", verifying)
    monkeypatch.setattr(type(house.hashing), "verify_nothing_async", verifying_nothing)
    return lambda: len(seen)


@pytest.mark.parametrize("password", [WRONG, "Rossz1Jelszo2"])
async def test_an_attempt_takes_the_same_work_whether_a_password_was_sent_or_the_account_exists(
    house: House, new_browser: NewBrowser, monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    full_customer(house, ANNA, phone=PHONE, now=now())
    checks, work = counted_checks(house, monkeypatch), []

    for login in ("999999999", LOGIN):
        before = checks()
        await new_browser().sign_in(login, password)
        work.append(checks() - before)
    await ask(house, new_browser())
    before = checks()
    await new_browser().sign_in(LOGIN, password)
    work.append(checks() - before)

    assert len(set(work)) == 1


@pytest.mark.requirement("R36")
async def test_the_code_comes_after_three_failures_here_too(house: House, new_browser: NewBrowser) -> None:
    newcomer(house)
    browser = new_browser()

    for _ in range(3):
        await browser.sign_in(LOGIN, WRONG)
    shown = await browser.shown(SignInState)
    await browser.sign_in(LOGIN, SENT)

    assert shown.picture != ""
    with house.database.reading() as db:
        assert db.exec(select(SignIn)).all() == []


# ── which portal ──


async def test_an_identifier_of_another_portal_leads_there_and_the_first_page_says_so_once(
    house: House, new_browser: NewBrowser
) -> None:
    full_customer(house, ANNA, now=now())
    browser = new_browser()

    answer = await browser.sign_in(LOGIN, FULL_PASSWORD, portal="kuldemenyeim")
    news, again = await browser.shown(WelcomeState, "greet"), await browser.shown(WelcomeState, "greet")

    assert answer.headers["location"] == "/kuldemenyek"
    assert "Ügyfélportál" in news.notice
    assert "Küldeményeim" in news.notice
    assert again.notice == ""


async def test_the_form_asks_for_a_portal_only_where_its_address_does_and_goes_on_asking(
    house: House, new_browser: NewBrowser
) -> None:
    full_customer(house, ANNA, now=now())
    browser = new_browser()

    plain = await browser.shown(SignInState, address="/belepes")
    asked = await browser.shown(SignInState, address="/belepes?portal=kuldemenyeim")
    wrong = await browser.sign_in(LOGIN, WRONG, portal=asked.asked)
    answer = await browser.sign_in(LOGIN, FULL_PASSWORD, portal=plain.asked)

    assert (plain.asked, asked.asked) == ("", "kuldemenyeim")
    assert wrong.headers["location"] == "/belepes?portal=kuldemenyeim"
    assert answer.headers["location"] == "/kuldemenyek"
    assert (await browser.shown(WelcomeState, "greet")).notice == ""


def test_whichever_page_inside_comes_first_tells_the_news_and_all_count_the_chats_answers() -> None:
    inside = [page for page in PAGES if page.audiences == (CUSTOMER,)]

    assert {"/kuldemenyek", "/szerzodesek", "/chat"} <= {page.path for page in inside}
    assert all({WelcomeState.greet, UnreadChatState.load} <= set(page.on_load) for page in inside)


async def test_the_own_portal_needs_no_word_and_a_wrong_password_tells_nothing_of_another(
    house: House, new_browser: NewBrowser
) -> None:
    full_customer(house, ANNA, now=now())
    at_home, wrong, nobody = new_browser(), new_browser(), new_browser()

    await at_home.sign_in(LOGIN, FULL_PASSWORD, portal="ugyfelportal")
    answers = [
        await browser.sign_in(login, "Rossz1Jelszo2", portal="online24")
        for browser, login in ((wrong, LOGIN), (nobody, "111222333"))
    ]
    shown = [await browser.shown(SignInState) for browser in (wrong, nobody)]

    assert (await at_home.shown(WelcomeState, "greet")).notice == ""
    assert [answer.headers["location"] for answer in answers] == ["/belepes?portal=online24"] * 2
    assert len({state.password_error for state in shown}) == 1


async def test_a_portal_that_nobody_knows_is_not_kept_in_the_address(house: House, new_browser: NewBrowser) -> None:
    full_customer(house, ANNA, now=now())

    answer = await new_browser().sign_in(LOGIN, "Rossz1Jelszo2", portal="//evil.example")

    assert answer.headers["location"] == "/belepes"


# ── inside ──


async def test_an_ordinary_change_inside_asks_for_the_current_password_and_nothing_runs_out(
    house: House, new_browser: NewBrowser
) -> None:
    full_customer(house, ANNA, now=now())
    browser = new_browser()
    await browser.sign_in(LOGIN, FULL_PASSWORD)
    shown = await browser.shown(PasswordState)

    assert (shown.forced, shown.asks_for_current) == (False, True)
    assert await change(browser, WRONG) == "/jelszo"
    assert await change(browser, FULL_PASSWORD) == "/kuldemenyek"

    news = await browser.shown(WelcomeState, "greet")
    assert news.notice == "Jelszavát beállítottuk."
    with house.database.reading() as db:
        running = db.exec(select(Credential).where(col(Credential.ended_at).is_(None))).one()
        stages = set(db.exec(select(SignIn.stage).where(col(SignIn.ended_at).is_(None))).all())
    assert (running.kind, running.valid_until) == ("chosen", None)
    assert stages == {Stage.FULL}


async def test_the_settings_say_what_one_signs_in_with(house: House, new_browser: NewBrowser) -> None:
    full_customer(house, ANNA, now=now())
    active(house, BELA, ANNAS_PASSWORD, now=now())
    anna, bela = new_browser(), new_browser()
    await anna.sign_in(LOGIN, FULL_PASSWORD)
    await bela.sign_in(BELA, ANNAS_PASSWORD)

    shown = [await browser.shown(ProfileState) for browser in (anna, bela)]

    assert [(state.login, state.by_address) for state in shown] == [("482 917 365", False), (BELA, True)]


@pytest.mark.parametrize(
    ("brand", "words"),
    [
        ("minta", ["sign_in.email_or_id", "sign_in.id_or_email", "sign_in.user_name"]),
        ("allianz", ["sign_in.email_or_id", "sign_in.id_or_email"]),
        ("union", ["sign_in.id", "sign_in.user_name"]),
    ],
)
def test_the_field_asks_for_what_the_brands_portals_know_their_customers_by(brand: str, words: list[str]) -> None:
    known = read_brand(brand)

    assert [login_words(known.portals[name], known) for name in known.switched_on] == words
