"""Signing in: failures, the security code, the lock, and who is not locked out by strangers."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlmodel import select, update

from portal_app.database.tables import Account, Credential, FailureBucket, SignIn, Visit
from portal_app.domain.actors import Stage
from portal_app.gateways.hashing import PasswordHashing
from portal_app.gateways.secrets import token_digest
from portal_app.services import sign_in, sign_ins
from portal_app.services.failures import Place, reserve
from portal_app.services.house import House
from tests.cast import ANNA, ANNAS_PASSWORD, BELA, BELAS_PASSWORD, NOON
from tests.visitors import FULL_PASSWORD, Guest, active, facts_of, full_customer, invited, post_to, secret_of

NOBODY = "senki@pelda.example"


def failures_of(house: House) -> dict[str, int]:
    with house.database.reading() as db:
        return {row.bucket: row.failures for row in db.exec(select(FailureBucket)) if row.failures}


def test_the_right_password_signs_in(house: House) -> None:
    anna_id = active(house, ANNA, ANNAS_PASSWORD)

    anna = Guest(house).attempt(ANNA, ANNAS_PASSWORD)

    assert anna is not None
    assert (anna.account_id, anna.stage, anna.portal) == (anna_id, Stage.FULL, "kuldemenyeim")
    assert failures_of(house) == {}
    with house.database.reading() as db:
        assert db.exec(select(Visit)).all() == []


@pytest.mark.parametrize("typed", ["ANNA@Pelda.Example", "  anna@pelda.example  ", "anna\uff20pelda.example"])
def test_case_blanks_and_unicode_form_of_the_identifier_do_not_matter(house: House, typed: str) -> None:
    active(house, ANNA, ANNAS_PASSWORD)
    guest = Guest(house)

    guest.attempt(typed, "Rossz1Jelszo2")
    Guest(house, "other").attempt(ANNA, "Rossz1Jelszo2")

    assert failures_of(house) == {"unknown": 2}
    assert guest.attempt(typed, ANNAS_PASSWORD) is not None


def test_the_page_counts_down_to_the_code_and_keeps_the_identifier(house: House) -> None:
    active(house, ANNA, ANNAS_PASSWORD)
    guest = Guest(house)

    guest.attempt(ANNA, "Rossz1Jelszo2")

    shown = guest.view()
    assert (shown.login, shown.outcome.code, shown.failures) == (ANNA, "sign_in_refused", 1)
    assert (shown.until_code, shown.until_lock, shown.challenge) == (2, 9, "")


def test_an_unknown_identifier_sees_the_same_as_a_known_one_all_the_way_to_the_lock(house: House) -> None:
    active(house, ANNA, ANNAS_PASSWORD)
    seen: dict[str, list[object]] = {ANNA: [], NOBODY: []}

    for login in (ANNA, NOBODY):
        guest, now = Guest(house, f"guest of {login}"), NOON
        for _ in range(11):
            now = guest.fail(login, 1, now=now)
            shown = guest.view(now=now)
            seen[login].append((shown.outcome, shown.failures, shown.until_code, shown.seconds, bool(shown.challenge)))

    assert seen[ANNA] == seen[NOBODY]
    assert seen[ANNA][-1][0].code == "sign_in_locked"  # type: ignore[index]


@pytest.mark.requirement("R36")
def test_after_three_failures_the_right_password_alone_does_not_sign_in(house: House) -> None:
    active(house, ANNA, ANNAS_PASSWORD)
    guest = Guest(house)

    now = guest.fail(ANNA, 2)
    assert guest.view(now=now).challenge == ""
    now = guest.fail(ANNA, 1, now=now)
    assert guest.view(now=now).challenge
    without = guest.attempt(ANNA, ANNAS_PASSWORD, now=now)
    wrong = guest.attempt(ANNA, ANNAS_PASSWORD, "XXXXX", now=now)

    assert (without, wrong) == (None, None)
    assert failures_of(house) == {"unknown": 3}
    assert guest.attempt(ANNA, ANNAS_PASSWORD, guest.code().lower(), now=now) is not None
    assert failures_of(house) == {}


def test_the_mailed_code_opens_too_and_may_be_pasted_with_blanks(house: House) -> None:
    active(house, ANNA, ANNAS_PASSWORD)
    guest = Guest(house)
    now = guest.fail(ANNA, 3)

    guest.ask_for_code(now=now)

    (mail,) = post_to(house, ANNA, "security_code")
    code = secret_of(house, mail)
    assert guest.view(now=now).outcome.code == "code_sent"
    assert guest.attempt(ANNA, ANNAS_PASSWORD, f" {code[:3]} {code[3:]} ", now=now) is not None


def test_a_code_for_an_unknown_identifier_looks_the_same_and_sends_nothing(house: House) -> None:
    active(house, ANNA, ANNAS_PASSWORD)
    guest = Guest(house)
    now = guest.fail(NOBODY, 3)

    guest.ask_for_code(now=now)

    assert guest.view(now=now).outcome.code == "code_sent"
    assert post_to(house, NOBODY) == []
    assert post_to(house, ANNA, "security_code") == []


def test_at_most_three_codes_an_hour_are_mailed(house: House) -> None:
    active(house, ANNA, ANNAS_PASSWORD)
    guest = Guest(house)
    now = guest.fail(ANNA, 3)

    for minute in range(5):
        guest.ask_for_code(now=now + timedelta(minutes=minute))
    assert len(post_to(house, ANNA, "security_code")) == 3

    guest.attempt(ANNA, "x", now=now + timedelta(minutes=14))
    guest.attempt(ANNA, "x", now=now + timedelta(minutes=28))
    guest.attempt(ANNA, "x", now=now + timedelta(minutes=42))
    guest.attempt(ANNA, "x", now=now + timedelta(minutes=56))
    guest.attempt(ANNA, "x", now=now + timedelta(minutes=63))
    guest.ask_for_code(now=now + timedelta(minutes=63))
    assert len(post_to(house, ANNA, "security_code")) == 4


def test_nobody_gets_a_code_by_mail_who_was_not_asked_for_one(house: House) -> None:
    active(house, ANNA, ANNAS_PASSWORD)
    guest = Guest(house)
    guest.fail(ANNA, 2)

    guest.ask_for_code()

    assert post_to(house, ANNA, "security_code") == []


def test_a_code_is_used_once(house: House) -> None:
    active(house, ANNA, ANNAS_PASSWORD)
    guest = Guest(house)
    now = guest.fail(ANNA, 3)
    code = guest.code()

    guest.attempt(ANNA, "Rossz1Jelszo2", code, now=now)
    now += timedelta(seconds=31)

    assert guest.attempt(ANNA, ANNAS_PASSWORD, code, now=now) is None
    assert guest.view(now=now).outcome.code == "challenge_wrong"
    assert guest.attempt(ANNA, ANNAS_PASSWORD, guest.code(), now=now) is not None


def test_five_wrong_codes_use_a_code_up_without_counting_as_password_failures(house: House) -> None:
    active(house, ANNA, ANNAS_PASSWORD)
    guest = Guest(house)
    now = guest.fail(ANNA, 3)
    first = guest.view(now=now).challenge

    for _ in range(4):
        guest.attempt(ANNA, ANNAS_PASSWORD, "XXXXX", now=now)
    assert guest.view(now=now).challenge == first
    guest.attempt(ANNA, ANNAS_PASSWORD, "XXXXX", now=now)

    assert guest.view(now=now).challenge not in {first, ""}
    assert failures_of(house) == {"unknown": 3}


def test_the_picture_shows_only_to_the_visitor_it_was_drawn_for(house: House) -> None:
    guest, other = Guest(house), Guest(house, "other")
    now = guest.fail(NOBODY, 3)
    other.fail(NOBODY, 1, now=now)
    parts = {"brand": house.brand, "secrets": house.secrets, "now": now}
    challenge_id = guest.view(now=now).challenge

    assert house.database.ask(sign_in.picture, guest.actor, challenge_id, **parts) == guest.code()
    assert house.database.ask(sign_in.picture, other.actor, challenge_id, **parts) is None


def test_another_picture_replaces_the_one_that_cannot_be_read(house: House) -> None:
    active(house, ANNA, ANNAS_PASSWORD)
    guest = Guest(house)
    now = guest.fail(ANNA, 3)
    old_code, old_id = guest.code(), guest.view(now=now).challenge

    house.database.carry_out(sign_in.another_picture, guest.actor, brand=house.brand, secrets=house.secrets, now=now)

    assert guest.view(now=now).challenge != old_id
    assert guest.attempt(ANNA, ANNAS_PASSWORD, old_code, now=now) is None


def test_waits_grow_and_an_attempt_during_a_wait_neither_counts_nor_lengthens_it(house: House) -> None:
    active(house, ANNA, ANNAS_PASSWORD)
    guest = Guest(house)
    now = guest.fail(ANNA, 5)
    guest.attempt(ANNA, "Rossz1Jelszo2", guest.code(), now=now)
    assert guest.view(now=now).seconds == 4

    early = guest.attempt(ANNA, ANNAS_PASSWORD, guest.code(), now=now + timedelta(seconds=1))
    refused = guest.view(now=now + timedelta(seconds=1))
    in_time = guest.attempt(ANNA, ANNAS_PASSWORD, guest.code(), now=now + timedelta(seconds=4))

    assert early is None
    assert (refused.outcome.code, refused.outcome.facts) == ("too_soon", {"seconds": 3})
    assert in_time is not None


@pytest.mark.requirement("R37")
def test_after_ten_failures_not_even_the_right_password_signs_in(house: House) -> None:
    active(house, ANNA, ANNAS_PASSWORD)
    guest = Guest(house)

    now = guest.fail(ANNA, 10)

    assert guest.view(now=now).outcome.code == "sign_in_locked"
    later = now + timedelta(days=30)
    assert Guest(house, "other").attempt(ANNA, ANNAS_PASSWORD, now=later) is None
    assert failures_of(house) == {"unknown": 10}


def test_the_owner_is_told_of_a_lock_once_a_day(house: House) -> None:
    active(house, ANNA, ANNAS_PASSWORD)
    guest = Guest(house)
    now = guest.fail(ANNA, 10)

    with house.database.writing() as db:
        db.exec(update(FailureBucket).values(failures=9, not_before=None))
    guest.fail(ANNA, 2, now=now + timedelta(hours=2))
    assert len(post_to(house, ANNA, "account_locked")) == 1

    with house.database.writing() as db:
        db.exec(update(FailureBucket).values(failures=9, not_before=None))
    guest.fail(ANNA, 2, now=now + timedelta(hours=25))
    assert len(post_to(house, ANNA, "account_locked")) == 2


@pytest.mark.requirement("R37")
def test_strangers_lock_out_strangers_only(house: House) -> None:
    active(house, ANNA, ANNAS_PASSWORD)
    anna = Guest(house, "anna")
    running = anna.attempt(ANNA, ANNAS_PASSWORD)
    assert running is not None
    stranger = Guest(house, "stranger")

    now = stranger.fail(ANNA, 10, now=NOON + timedelta(minutes=1))
    for _ in range(100):
        stranger.attempt(ANNA, "Rossz1Jelszo2", now=now)

    token = token_digest(f"cookie anna {ANNA} {NOON}")
    assert house.database.ask(sign_ins.resolve, token, brand=house.brand, now=NOON + timedelta(minutes=10)) is not None
    assert anna.attempt(ANNA, ANNAS_PASSWORD, now=now) is not None
    assert Guest(house, "new browser").attempt(ANNA, ANNAS_PASSWORD, now=now) is None
    assert failures_of(house) == {"unknown": 10}


def test_a_known_browser_has_a_count_of_its_own_and_success_clears_only_that(house: House) -> None:
    active(house, ANNA, ANNAS_PASSWORD)
    anna = Guest(house, "anna")
    anna.attempt(ANNA, ANNAS_PASSWORD)
    Guest(house, "stranger").fail(ANNA, 2)

    anna.fail(ANNA, 2)
    assert sorted(failures_of(house).values()) == [2, 2]
    anna.attempt(ANNA, ANNAS_PASSWORD, now=NOON + timedelta(minutes=5))

    assert failures_of(house) == {"unknown": 2}


def test_another_accounts_browser_is_no_known_browser(house: House) -> None:
    active(house, ANNA, ANNAS_PASSWORD)
    active(house, BELA, BELAS_PASSWORD)
    bela = Guest(house, "bela")
    bela.attempt(BELA, BELAS_PASSWORD)

    bela.attempt(ANNA, "Rossz1Jelszo2")

    assert failures_of(house) == {"unknown": 1}


def test_two_people_who_share_a_tablet_are_both_known_there(house: House) -> None:
    active(house, ANNA, ANNAS_PASSWORD)
    active(house, BELA, BELAS_PASSWORD)
    tablet = Guest(house, "tablet")
    tablet.attempt(ANNA, ANNAS_PASSWORD)
    tablet.attempt(BELA, BELAS_PASSWORD)
    now = Guest(house, "stranger").fail(ANNA, 10)

    assert tablet.attempt(ANNA, ANNAS_PASSWORD, now=now) is not None


def test_only_the_five_browsers_used_last_are_known(house: House) -> None:
    active(house, ANNA, ANNAS_PASSWORD)
    browsers = [Guest(house, f"browser {number}") for number in range(6)]
    for minute, browser in enumerate(browsers):
        assert browser.attempt(ANNA, ANNAS_PASSWORD, now=NOON + timedelta(minutes=minute))

    for browser in browsers:
        browser.attempt(ANNA, "Rossz1Jelszo2", now=NOON + timedelta(hours=1))

    assert failures_of(house)["unknown"] == 1
    assert len(failures_of(house)) == 6


def test_fifty_parallel_wrong_attempts_cause_exactly_ten_password_checks(house: House) -> None:
    active(house, ANNA, ANNAS_PASSWORD)
    guests = [Guest(house, f"guest {number}") for number in range(50)]
    guests[0].fail(ANNA, 3)
    for guest in guests:
        guest.attempt(ANNA, "")
    with house.database.writing() as db:
        db.exec(update(FailureBucket).values(failures=0, not_before=None))

    with ThreadPoolExecutor(16) as pool:
        tickets = list(pool.map(lambda guest: guest.reserve(ANNA, guest.code()), guests))

    assert sorted(ticket.number for ticket in tickets if ticket.number) == list(range(1, 11))


def test_fifty_parallel_reservations_are_ten(house: House) -> None:
    place = Place("account:1")
    with ThreadPoolExecutor(16) as pool:
        numbers = list(pool.map(lambda _: house.database.carry_out(reserve, place, 10, now=NOON), range(50)))

    assert sorted(number for number in numbers if number) == list(range(1, 11))


def test_a_source_that_failed_for_many_accounts_meets_the_code_at_once(house: House) -> None:
    active(house, ANNA, ANNAS_PASSWORD)
    guest = Guest(house)

    assert guest.attempt(ANNA, ANNAS_PASSWORD, suspicious=True) is None
    assert guest.view().outcome.code == "challenge_needed"
    assert guest.attempt(ANNA, ANNAS_PASSWORD, guest.code(), suspicious=True) is not None


@pytest.mark.requirement("R35")
def test_an_expired_password_is_told_only_to_who_knows_it(house: House) -> None:
    active(house, ANNA, ANNAS_PASSWORD, days=30)
    guest = Guest(house)

    wrong = guest.attempt(ANNA, "Rossz1Jelszo2", now=NOON + timedelta(days=30))
    told_wrong = guest.view(now=NOON + timedelta(days=30)).outcome.code
    right = guest.attempt(ANNA, ANNAS_PASSWORD, now=NOON + timedelta(days=30))
    told_right = guest.view(now=NOON + timedelta(days=30)).outcome.code

    assert (wrong, right) == (None, None)
    assert (told_wrong, told_right) == ("sign_in_refused", "password_expired")


@pytest.mark.requirement("R34")
@pytest.mark.parametrize(("days", "gets_in"), [(364, True), (365, False), (366, False)])
def test_a_password_holds_for_a_year(house: House, days: int, *, gets_in: bool) -> None:
    active(house, ANNA, ANNAS_PASSWORD)

    assert (Guest(house).attempt(ANNA, ANNAS_PASSWORD, now=NOON + timedelta(days=days)) is not None) == gets_in


def test_the_initial_password_does_not_sign_in_without_its_link(house: House) -> None:
    invited(house, ANNA)

    assert Guest(house).attempt(ANNA, "KekAblak73Hu") is None


def test_a_closed_account_is_as_good_as_none(house: House) -> None:
    anna_id = active(house, ANNA, ANNAS_PASSWORD)
    with house.database.writing() as db:
        db.get_one(Account, anna_id).status = "closed"
    guest = Guest(house)

    assert guest.attempt(ANNA, ANNAS_PASSWORD) is None
    assert guest.view().outcome.code == "sign_in_refused"


def test_a_new_sign_in_in_the_same_browser_ends_the_former_one(house: House) -> None:
    active(house, ANNA, ANNAS_PASSWORD)
    active(house, BELA, BELAS_PASSWORD)
    anna = Guest(house, "tablet").attempt(ANNA, ANNAS_PASSWORD)
    assert anna is not None
    parts = {"brand": house.brand, "secrets": house.secrets, "now": NOON}
    browser = Guest(house, "tablet").browser

    ticket = house.database.carry_out(sign_in.reserve_sign_in, anna, BELA, "", browser, **parts)
    bela = house.database.carry_out(sign_in.conclude_sign_in, anna, ticket, browser, token_digest("bela"), matches=True, **parts)

    assert bela is not None
    with house.database.reading() as db:
        ended = {row.id: row.end_reason for row in db.exec(select(SignIn))}
    assert ended == {anna.sign_in_id: "replaced", bela.sign_in_id: ""}


def test_an_old_hash_is_made_anew_with_the_next_sign_in(house: House) -> None:
    active(house, ANNA, ANNAS_PASSWORD)
    guest, parts = Guest(house), {"brand": house.brand, "secrets": house.secrets, "now": NOON}
    ticket = house.database.carry_out(sign_in.reserve_sign_in, guest.actor, ANNA, "", guest.browser, **parts)

    house.database.carry_out(
        sign_in.conclude_sign_in, guest.actor, ticket, guest.browser, token_digest("x"),
        matches=True, new_hash="a newer hash", **parts,
    )  # fmt: skip

    with house.database.reading() as db:
        assert db.exec(select(Credential.hash).where(Credential.kind == "chosen")).one() == "a newer hash"


def test_an_attempt_nobody_could_check_is_not_counted(house: House) -> None:
    active(house, ANNA, ANNAS_PASSWORD)
    guest, parts = Guest(house), {"brand": house.brand, "secrets": house.secrets, "now": NOON}
    ticket = house.database.carry_out(sign_in.reserve_sign_in, guest.actor, ANNA, "", guest.browser, **parts)
    assert failures_of(house) == {"unknown": 1}

    house.database.carry_out(sign_in.withdraw_attempt, guest.actor, ticket)

    assert failures_of(house) == {}


def test_the_ticket_never_shows_the_stored_password(house: House, hashing: PasswordHashing) -> None:
    active(house, ANNA, ANNAS_PASSWORD)
    guest, parts = Guest(house), {"brand": house.brand, "secrets": house.secrets, "now": NOON}

    ticket = house.database.carry_out(sign_in.reserve_sign_in, guest.actor, ANNA, "", guest.browser, **parts)

    assert ticket.stored is not None
    assert hashing.verify(ANNAS_PASSWORD, ticket.stored)
    assert "portal1$" not in repr(ticket)


def test_the_mail_about_a_lock_says_nothing_of_the_attempts(house: House) -> None:
    active(house, ANNA, ANNAS_PASSWORD)

    Guest(house).fail(ANNA, 10)

    (mail,) = post_to(house, ANNA, "account_locked")
    assert (facts_of(mail), mail.secret) == ({}, "")


@pytest.mark.parametrize("typed", ["482917365", "482 917 365", "482-917-365"])
def test_a_full_customer_signs_in_with_the_issued_id_however_it_is_typed(house: House, typed: str) -> None:
    full_customer(house, ANNA)
    guest = Guest(house)
    assert guest.attempt(typed, FULL_PASSWORD) is not None
    assert Guest(house, "other").attempt("482917366", FULL_PASSWORD) is None
