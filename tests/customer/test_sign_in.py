"""The sign-in form: what its route answers, which cookies it gives, and what the page then says."""

import asyncio
from statistics import median
from time import perf_counter

import pytest
from sqlmodel import select, update

from portal_app.customer.sign_in import SignInState
from portal_app.database.tables import Account, Challenge, Credential, FailureBucket, SignIn, Visit
from portal_app.gateways.clock import now
from portal_app.gateways.hashing import PasswordHashing
from portal_app.gateways.secrets import token_digest
from portal_app.services import challenges
from portal_app.services.house import House, use_house
from tests.cast import ANNA, ANNAS_PASSWORD, BELA, BELAS_PASSWORD
from tests.customer.browsing import Browser, NewBrowser
from tests.visitors import active, invited, post_to, secret_of

WRONG = "Rossz1Jelszo2"
NOBODY = "senki@pelda.example"


def forget_waits(house: House) -> None:
    """Let the waits be over."""
    with house.database.writing() as db:
        db.exec(update(FailureBucket).values(not_before=None))


def picture_code(house: House) -> str:
    """Read the newest picture."""
    with house.database.reading() as db:
        newest = db.exec(select(Challenge).order_by(Challenge.id.desc())).first()  # type: ignore[union-attr]
        assert newest is not None
        return challenges.picture_text(newest, house.secrets)


async def fail(house: House, browser: Browser, login: str, times: int) -> None:
    """Fail so many times, with the right codes."""
    for _ in range(times):
        shown = await browser.shown(SignInState)
        forget_waits(house)
        await browser.sign_in(login, WRONG, code=picture_code(house) if shown.picture else "")


async def test_the_right_password_leads_to_the_letters_with_fresh_cookies(house: House, new_browser: NewBrowser) -> None:
    active(house, ANNA, ANNAS_PASSWORD, now=now())
    browser = new_browser()

    answer = await browser.sign_in(ANNA, ANNAS_PASSWORD)

    assert (answer.status_code, answer.headers["location"]) == (303, "/kuldemenyek")
    assert answer.headers["clear-site-data"] == '"storage"'
    assert answer.headers["cache-control"] == "no-store"
    cookies = answer.headers.get_list("set-cookie")
    secrets = [cookie for cookie in cookies if not cookie.startswith("nyelv=")]
    assert all("HttpOnly" in cookie and "SameSite=lax" in cookie and "Path=/" in cookie for cookie in secrets)
    assert sorted(browser.cookies) == ["nyelv", "portal_device", "portal_sign_in"]
    assert await browser.leads_to("/kuldemenyek") == "/kuldemenyek"


async def test_after_a_failure_the_page_keeps_the_address_and_says_what_comes(house: House, new_browser: NewBrowser) -> None:
    active(house, ANNA, ANNAS_PASSWORD, now=now())
    browser = new_browser()

    answer = await browser.sign_in(f" {ANNA} ", WRONG)

    assert (answer.status_code, answer.headers["location"], answer.text) == (303, "/belepes", "")
    shown = await browser.shown(SignInState)
    assert (shown.login, shown.stage, shown.picture) == (ANNA, "form", "")
    assert shown.password_error == "Az e-mail-cím vagy a jelszó nem egyezik. Még 2 próba után biztonsági kódot kérünk."
    assert shown.password_hint == "Írja be újra a jelszavát"


@pytest.mark.requirement("R36")
async def test_the_security_code_is_asked_for_after_the_third_failure(house: House, new_browser: NewBrowser) -> None:
    active(house, ANNA, ANNAS_PASSWORD, now=now())
    browser = new_browser()

    await fail(house, browser, ANNA, 2)
    assert (await browser.shown(SignInState)).picture == ""
    await fail(house, browser, ANNA, 1)
    shown = await browser.shown(SignInState)
    drawn = await browser.get(shown.picture)
    without = await browser.sign_in(ANNA, ANNAS_PASSWORD)

    assert (drawn.status_code, drawn.headers["content-type"]) == (200, "image/png")
    assert drawn.headers["cache-control"] == "no-store"
    assert without.headers["location"] == "/belepes"
    assert (await browser.shown(SignInState)).code_error == "Írja be a biztonsági kódot is."
    inside = await browser.sign_in(ANNA, ANNAS_PASSWORD, code=picture_code(house))
    assert inside.headers["location"] == "/kuldemenyek"


async def test_somebody_elses_picture_is_not_shown(house: House, new_browser: NewBrowser) -> None:
    browser, other = new_browser(), new_browser()
    await fail(house, browser, NOBODY, 3)
    await fail(house, other, NOBODY, 1)
    picture = (await browser.shown(SignInState)).picture

    assert (await other.get(picture)).status_code == 404
    assert (await new_browser().get(picture)).status_code == 404
    assert (await browser.get(picture)).status_code == 200


async def test_the_code_may_come_by_mail_and_be_pasted(house: House, new_browser: NewBrowser) -> None:
    active(house, ANNA, ANNAS_PASSWORD, now=now())
    browser = new_browser()
    await fail(house, browser, ANNA, 3)

    await browser.post("/belepes", act="mail_code")

    shown = await browser.shown(SignInState)
    assert shown.code_sent.startswith("Ha van ilyen fiók, elküldtük a kódot e-mailben.")
    code = secret_of(house, post_to(house, ANNA, "security_code")[0])
    inside = await browser.sign_in(ANNA, ANNAS_PASSWORD, code=f"{code[:3]} {code[3:]}")
    assert inside.headers["location"] == "/kuldemenyek"


@pytest.mark.requirement("R37")
async def test_the_tenth_failure_locks_and_the_page_offers_a_new_password(house: House, new_browser: NewBrowser) -> None:
    active(house, ANNA, ANNAS_PASSWORD, now=now())
    browser = new_browser()

    await fail(house, browser, ANNA, 10)

    shown = await browser.shown(SignInState)
    assert (shown.stage, shown.locked_words) == (
        "locked",
        "10 sikertelen próbálkozás volt. A küldeményei biztonságban vannak.",
    )
    await browser.post("/elfelejtett-jelszo", login=shown.login)
    assert len(post_to(house, ANNA, "password_link")) == 1
    assert (await new_browser().sign_in(ANNA, ANNAS_PASSWORD)).headers["location"] == "/belepes"


async def test_from_the_seventh_failure_the_page_says_how_many_tries_are_left(house: House, new_browser: NewBrowser) -> None:
    browser = new_browser()

    await fail(house, browser, NOBODY, 6)
    assert "próbálkozás, utána" not in (await browser.shown(SignInState)).password_error
    await fail(house, browser, NOBODY, 1)

    shown = await browser.shown(SignInState)
    assert shown.password_error.endswith("Még 3 próbálkozás, utána letiltjuk a belépést.")
    assert shown.seconds > 0


async def test_known_and_unknown_identifiers_get_the_same_answers(house: House, new_browser: NewBrowser) -> None:
    active(house, ANNA, ANNAS_PASSWORD, now=now())
    invited(house, BELA, now=now())
    seen: dict[str, list[object]] = {}

    for number, login in enumerate((ANNA, BELA, NOBODY)):
        browser = new_browser(source=f"203.0.113.{number}")
        seen[login] = []
        for _ in range(11):
            forget_waits(house)
            shown = await browser.shown(SignInState)
            answer = await browser.sign_in(login, WRONG, code=picture_code(house) if shown.picture else "")
            shown = await browser.shown(SignInState)
            said = (shown.stage, shown.password_error, shown.code_error, bool(shown.picture), shown.locked_words, shown.seconds)
            headers = sorted(name for name in answer.headers if name != "set-cookie")
            seen[login].append((answer.status_code, answer.headers["location"], answer.text, headers, said))

    assert seen[ANNA] == seen[NOBODY]
    assert seen[BELA] == seen[NOBODY]


class CountedHashing(PasswordHashing):
    """Hashing that counts the work of each request."""

    work = 0

    def verify(self, password: str, stored: str | None) -> bool:
        """Count one check; one of nothing counts as one too."""
        type(self).work += stored is not None and stored != ""
        return super().verify(password, stored)

    def verify_nothing(self, password: str) -> bool:
        """Count one check that checks nothing."""
        type(self).work += 1
        return super().verify_nothing(password)


async def test_every_attempt_costs_one_hash_whatever_becomes_of_it(house: House, new_browser: NewBrowser) -> None:
    active(house, ANNA, ANNAS_PASSWORD, now=now())
    invited(house, BELA, now=now())
    work: dict[str, list[int]] = {}

    with CountedHashing(house.secrets, cost=4) as counted:
        use_house(House(**{**vars(house), "hashing": counted}))
        for number, login in enumerate((ANNA, BELA, NOBODY)):
            browser = new_browser(source=f"203.0.113.{number}")
            work[login] = []
            for _ in range(12):
                shown = await browser.shown(SignInState)
                CountedHashing.work = 0
                await browser.sign_in(login, WRONG, code=picture_code(house) if shown.picture else "")
                work[login].append(CountedHashing.work)
                if len(work[login]) < 8:
                    forget_waits(house)

    assert work == {login: [1] * 12 for login in (ANNA, BELA, NOBODY)}


@pytest.mark.slow
async def test_known_and_unknown_identifiers_take_the_same_time(house: House, new_browser: NewBrowser) -> None:
    active(house, ANNA, ANNAS_PASSWORD, now=now())
    with PasswordHashing(house.secrets, cost=10) as slower:
        use_house(House(**{**vars(house), "hashing": slower}))
        with house.database.writing() as db:
            db.exec(update(Credential).where(Credential.kind == "chosen").values(hash=slower.hash(ANNAS_PASSWORD)))  # type: ignore[arg-type]
        # Other work on this machine disturbs a round now and then; what an attacker could see, every round would show.
        for number in range(4):
            apart = await medians_apart(house, new_browser, number)
            if apart < 0.1:
                break

    assert apart < 0.1


async def medians_apart(house: House, new_browser: NewBrowser, number: int) -> float:
    """Say how far the medians of a known and an unknown identifier lie apart, as a share."""
    times: dict[str, list[float]] = {ANNA: [], NOBODY: []}
    for turn in range(20):
        for login in (ANNA, NOBODY) if turn % 2 else (NOBODY, ANNA):
            with house.database.writing() as db:
                db.exec(update(FailureBucket).values(failures=0, not_before=None))
            browser = new_browser(source=f"203.0.{number}.{turn}")
            began = perf_counter()
            await browser.sign_in(login, WRONG)
            times[login].append(perf_counter() - began)
    return abs(median(times[ANNA]) / median(times[NOBODY]) - 1)


async def test_empty_fields_are_no_attempt(house: House, new_browser: NewBrowser) -> None:
    active(house, ANNA, ANNAS_PASSWORD, now=now())
    browser = new_browser()

    await browser.sign_in("", "")
    assert (await browser.shown(SignInState)).login_error == "Adja meg az e-mail-címét"
    await browser.sign_in(ANNA, "")
    assert (await browser.shown(SignInState)).password_error == "Adja meg a jelszavát"

    with house.database.reading() as db:
        assert db.exec(select(FailureBucket)).all() == []


@pytest.mark.parametrize(("length", "status"), [(73, 303), (1024, 303), (1025, 400)])
async def test_long_passwords_are_taken_up_to_1024_characters(
    house: House, new_browser: NewBrowser, length: int, status: int
) -> None:
    active(house, ANNA, ANNAS_PASSWORD, now=now())

    answer = await new_browser().sign_in(ANNA, "ő" * length)

    assert answer.status_code == status


@pytest.mark.parametrize(
    ("back", "leads_to"),
    [
        ("/kuldemenyek/0123", "/kuldemenyek/0123"),
        ("https://evil.example/", "/kuldemenyek"),
        ("//evil.example", "/kuldemenyek"),
        ("/\\evil.example", "/kuldemenyek"),
        ("javascript:alert(1)", "/kuldemenyek"),
        ("", "/kuldemenyek"),
    ],
)
async def test_after_the_sign_in_only_our_own_pages_are_gone_back_to(
    house: House, new_browser: NewBrowser, back: str, leads_to: str
) -> None:
    active(house, ANNA, ANNAS_PASSWORD, now=now())

    answer = await new_browser().sign_in(ANNA, ANNAS_PASSWORD, back=back)

    assert answer.headers["location"] == leads_to


@pytest.mark.parametrize(("chosen", "spoken"), [("", "en"), ("hu", "hu")])
async def test_a_browser_learns_the_customers_language_unless_it_was_told_another(
    house: House, new_browser: NewBrowser, chosen: str, spoken: str
) -> None:
    anna_id = active(house, ANNA, ANNAS_PASSWORD, now=now())
    with house.database.writing() as db:
        db.get_one(Account, anna_id).language = "en"
    browser = new_browser()
    if chosen:
        await browser.post("/nyelv", nyelv=chosen)

    await browser.sign_in(ANNA, ANNAS_PASSWORD)

    assert browser.cookies["nyelv"] == spoken


async def test_a_planted_cookie_is_not_adopted(house: House, new_browser: NewBrowser) -> None:
    active(house, ANNA, ANNAS_PASSWORD, now=now())
    browser = new_browser()
    browser._client.cookies.set("portal_sign_in", "planted", domain="localhost.local")

    await browser.sign_in(ANNA, ANNAS_PASSWORD)

    assert browser.cookies["portal_sign_in"] != "planted"
    with house.database.reading() as db:
        assert token_digest("planted") not in db.exec(select(SignIn.token_sha256)).all()


async def test_who_signs_in_as_somebody_else_ends_the_sign_in_before(house: House, new_browser: NewBrowser) -> None:
    active(house, ANNA, ANNAS_PASSWORD, now=now())
    active(house, BELA, BELAS_PASSWORD, now=now())
    browser = new_browser()
    await browser.sign_in(ANNA, ANNAS_PASSWORD)
    annas = browser.cookies["portal_sign_in"]

    await browser.sign_in(BELA, BELAS_PASSWORD)

    assert browser.cookies["portal_sign_in"] != annas
    with house.database.reading() as db:
        assert [row.end_reason for row in db.exec(select(SignIn).order_by(SignIn.id))] == ["replaced", ""]  # type: ignore[arg-type]


@pytest.mark.usefixtures("standing_window")
async def test_a_source_may_fail_thirty_times_in_five_minutes(house: House, new_browser: NewBrowser) -> None:
    answers = [await new_browser(source="203.0.113.9").sign_in(f"senki{number}@pelda.example", WRONG) for number in range(31)]

    assert [answer.status_code for answer in answers] == [303] * 30 + [429]
    assert (await new_browser(source="203.0.113.10").sign_in(NOBODY, WRONG)).status_code == 303


async def test_who_gets_in_is_not_counted_against_the_source(house: House, new_browser: NewBrowser) -> None:
    active(house, ANNA, ANNAS_PASSWORD, now=now())

    answers = [await new_browser().sign_in(ANNA, ANNAS_PASSWORD) for _ in range(35)]

    assert {answer.headers["location"] for answer in answers} == {"/kuldemenyek"}


async def test_a_proxy_on_this_machine_that_we_do_not_know_of_is_not_taken_for_one_visitor(
    house: House, new_browser: NewBrowser
) -> None:
    answers = [await new_browser(source="127.0.0.1").sign_in(f"senki{number}@pelda.example", WRONG) for number in range(40)]

    assert {answer.status_code for answer in answers} == {303}


async def test_a_source_at_which_ten_accounts_failed_meets_the_code_at_once(house: House, new_browser: NewBrowser) -> None:
    active(house, ANNA, ANNAS_PASSWORD, now=now())
    for number in range(10):
        await new_browser(source="203.0.113.9").sign_in(f"senki{number}@pelda.example", WRONG)

    browser = new_browser(source="203.0.113.9")
    assert (await browser.sign_in(ANNA, ANNAS_PASSWORD)).headers["location"] == "/belepes"
    assert (await browser.shown(SignInState)).picture != ""

    elsewhere = await new_browser(source="203.0.113.10").sign_in(ANNA, ANNAS_PASSWORD)
    assert elsewhere.headers["location"] == "/kuldemenyek"


async def test_when_the_hashing_threads_are_full_the_attempt_is_not_counted(house: House, new_browser: NewBrowser) -> None:
    active(house, ANNA, ANNAS_PASSWORD, now=now())
    with PasswordHashing(house.secrets, cost=15, threads=1, queue=0) as narrow:
        use_house(House(**{**vars(house), "hashing": narrow}))
        occupied = asyncio.create_task(narrow.hash_async("something"))
        await asyncio.sleep(0)
        answer = await new_browser().sign_in(ANNA, ANNAS_PASSWORD)
        await occupied

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    with house.database.reading() as db:
        assert [row.failures for row in db.exec(select(FailureBucket))] == [0]


async def test_a_form_from_another_site_is_refused(house: House, new_browser: NewBrowser) -> None:
    active(house, ANNA, ANNAS_PASSWORD, now=now())
    browser = new_browser()
    browser._client.headers["origin"] = "https://evil.example"

    answer = await browser.sign_in(ANNA, ANNAS_PASSWORD)

    assert answer.status_code == 403
    assert browser.cookies == {}


async def test_signing_out_works_without_scripts_and_forgets_the_cookie(house: House, new_browser: NewBrowser) -> None:
    active(house, ANNA, ANNAS_PASSWORD, now=now())
    browser = new_browser()
    await browser.sign_in(ANNA, ANNAS_PASSWORD)

    answer = await browser.post("/kilepes")

    assert (answer.status_code, answer.headers["location"]) == (303, "/belepes?kilepett=1")
    assert "storage" in answer.headers["clear-site-data"]
    assert "portal_sign_in" not in browser.cookies
    assert (await browser.leads_to("/kuldemenyek")).startswith("/belepes")
    with house.database.reading() as db:
        assert [row.end_reason for row in db.exec(select(SignIn))] == ["signed_out"]


async def test_a_sign_in_that_has_run_out_is_told(house: House, new_browser: NewBrowser) -> None:
    active(house, ANNA, ANNAS_PASSWORD, now=now())
    browser = new_browser()
    await browser.sign_in(ANNA, ANNAS_PASSWORD)
    with house.database.writing() as db:
        db.exec(update(SignIn).values(ended_at=now(), end_reason="test"))

    assert await browser.leads_to("/kuldemenyek") == "/belepes?lejart=1"
    assert await new_browser().leads_to("/kuldemenyek") == "/belepes"


@pytest.mark.requirement("R35")
async def test_an_expired_password_leads_to_a_link_with_one_press(house: House, new_browser: NewBrowser) -> None:
    active(house, ANNA, ANNAS_PASSWORD, now=now(), days=-1)
    browser = new_browser()

    await browser.sign_in(ANNA, ANNAS_PASSWORD)
    shown = await browser.shown(SignInState)
    sent = await browser.post("/belepes", act="send_link")

    assert shown.stage == "expired"
    assert sent.headers["location"] == "/elfelejtett-jelszo"
    assert [job.kind for job in post_to(house, ANNA) if job.kind == "password_link"] == ["password_link"]


async def test_the_visit_and_what_it_knows_go_with_the_sign_in(house: House, new_browser: NewBrowser) -> None:
    active(house, ANNA, ANNAS_PASSWORD, now=now())
    browser = new_browser()
    await browser.sign_in(ANNA, WRONG)

    await browser.sign_in(ANNA, ANNAS_PASSWORD)

    assert "portal_visit" not in browser.cookies
    with house.database.reading() as db:
        assert db.exec(select(Visit)).all() == []


async def test_no_secret_is_ever_in_a_state(house: House, new_browser: NewBrowser) -> None:
    active(house, ANNA, ANNAS_PASSWORD, now=now())
    browser = new_browser()
    await browser.sign_in(ANNA, WRONG)

    shown = await browser.shown(SignInState)

    assert WRONG not in repr(shown.dict())
    assert not [token for token in browser.cookies.values() if token in repr(shown.dict())]
