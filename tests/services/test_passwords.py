"""Passwords: what a new one must not be, changing it, asking for a new one, and when it runs out."""

from datetime import timedelta

import pytest
from sqlmodel import select

from portal_app.database.tables import Account, Credential, SignIn
from portal_app.domain.actors import Customer, Stage
from portal_app.domain.errors import LinkUsed
from portal_app.domain.passwords import PasswordRules, Rule
from portal_app.gateways.secrets import token_digest
from portal_app.services import first_sign_in, passwords, sign_ins
from portal_app.services.house import House
from portal_app.services.links import LinkPurpose, LinkStatus
from portal_app.services.passwords import NewPasswordTicket, PasswordNotice, PasswordSet, flaws_of
from portal_app.services.visits import Outcome, outcome_of, visit_of
from tests.cast import ANNA, ANNAS_PASSWORD, BELA, BELAS_PASSWORD, NOON
from tests.visitors import Guest, active, facts_of, invited, post_to, secret_of, set_by_link, signed_in

NEW = "ZoldHegy58Ut"
RULES = PasswordRules(8, 16, lower=2, upper=2, digits=2, special=0, letters_and_digits_only=True, renewal=True)


def change(house: House, customer: Customer, new: str = NEW, *, cookie: str = "new cookie", minutes: int = 0) -> PasswordSet:
    """Set a judged password."""
    return house.database.carry_out(
        passwords.change_password, customer, house.hashing.hash(new), token_digest(cookie),
        device_token="device", brand=house.brand, now=NOON + timedelta(minutes=minutes),
    )  # fmt: skip


def link_status(house: House, guest: Guest, *, days: int = 0) -> LinkStatus:
    now = NOON + timedelta(days=days)
    return house.database.ask(first_sign_in.new_password_view, guest.actor, brand=house.brand, now=now).status


def outcome(house: House, actor: object) -> Outcome:
    with house.database.reading() as db:
        return outcome_of(visit_of(db, actor, now=NOON))  # type: ignore[arg-type]


# ── judging ──


@pytest.mark.parametrize(
    ("candidate", "flaws"),
    [
        ("ZoldHegy58Ut", []),
        ("Password12", [Rule.UPPER, Rule.NOT_COMMON]),
        ("ABab1234", [Rule.NOT_COMMON]),
        ("MintaKek58Ut", [Rule.NOT_COMMON]),
        ("AnnaKekUt58", [Rule.NOT_COMMON]),
        ("KovacsZold58", [Rule.NOT_COMMON]),
        ("ab", [Rule.LENGTH, Rule.UPPER, Rule.DIGITS, Rule.NOT_COMMON]),
        ("", [Rule.LENGTH, Rule.LOWER, Rule.UPPER, Rule.DIGITS, Rule.ALPHABET]),
    ],
)
def test_every_broken_rule_is_named_and_so_is_a_password_that_is_easy_to_guess(candidate: str, flaws: list[Rule]) -> None:
    ticket = NewPasswordTicket(RULES, ("Minta Biztosító Zrt.", "anna", "Kovács Anna"), None, ())

    assert flaws_of(candidate, ticket) == flaws


def test_a_ticket_never_shows_stored_passwords() -> None:
    assert "secret" not in repr(NewPasswordTicket(RULES, (), "secret", ("secret",)))


def test_the_last_three_passwords_and_the_initial_one_may_not_come_back(house: House) -> None:
    anna_id = invited(house, ANNA)
    anna = signed_in(house, anna_id, stage=Stage.MUST_CHANGE)
    for minute, password in enumerate(("ElsoJelszo11", "MasodJelszo22", "HarmadJelszo33", "NegyedJelszo44")):
        change(house, anna, password, cookie=password, minutes=minute)

    ticket = house.database.carry_out(passwords.begin_change, anna, brand=house.brand, now=NOON)

    assert ticket is not None
    forbidden = [
        password
        for password in ("ElsoJelszo11", "MasodJelszo22", "HarmadJelszo33", "NegyedJelszo44")
        if any(house.hashing.verify(password, stored) for stored in ticket.previous)
    ]
    assert forbidden == ["MasodJelszo22", "HarmadJelszo33", "NegyedJelszo44"]


def test_the_initial_password_cannot_be_kept(house: House) -> None:
    anna = signed_in(house, invited(house, ANNA), stage=Stage.MUST_CHANGE)

    ticket = house.database.carry_out(passwords.begin_change, anna, brand=house.brand, now=NOON)

    assert ticket is not None
    assert ticket.current is None
    assert any(house.hashing.verify("KekAblak73Hu", stored) for stored in ticket.previous)


# ── changing ──


@pytest.mark.requirement("R17")
def test_after_the_forced_change_the_sign_in_may_do_everything_under_a_new_cookie(house: House) -> None:
    anna = signed_in(house, invited(house, ANNA), "old cookie", stage=Stage.MUST_CHANGE)

    done = change(house, anna)

    assert (done.customer.stage, done.valid_until) == (Stage.FULL, NOON + timedelta(days=365))
    assert house.database.ask(sign_ins.resolve, token_digest("old cookie"), brand=house.brand, now=NOON) is None
    found = house.database.ask(sign_ins.resolve, token_digest("new cookie"), brand=house.brand, now=NOON)
    assert found is not None
    assert (found.customer.sign_in_id, found.customer.stage) == (anna.sign_in_id, Stage.FULL)
    with house.database.reading() as db:
        account = db.get_one(Account, anna.account_id)
        assert (account.status, account.activated_at, account.email_confirmed_at) == ("active", NOON, NOON)


def test_a_change_ends_the_other_sign_ins_and_tells_the_owner(house: House) -> None:
    anna_id = active(house, ANNA, ANNAS_PASSWORD)
    bela = signed_in(house, active(house, BELA, BELAS_PASSWORD), "bela")
    here, elsewhere = signed_in(house, anna_id, "here"), signed_in(house, anna_id, "elsewhere")

    change(house, here)

    with house.database.reading() as db:
        ends = {row.id: row.end_reason for row in db.exec(select(SignIn))}
    assert ends == {bela.sign_in_id: "", here.sign_in_id: "", elsewhere.sign_in_id: "password_changed"}
    assert len(post_to(house, ANNA, "password_changed")) == 1
    assert post_to(house, BELA, "password_changed") == []


def test_the_first_password_is_not_announced_as_a_change(house: House) -> None:
    anna = signed_in(house, invited(house, ANNA), stage=Stage.MUST_CHANGE)

    change(house, anna)

    assert post_to(house, ANNA, "password_changed") == []


def test_the_new_password_signs_in_and_the_old_one_does_not(house: House) -> None:
    anna = signed_in(house, active(house, ANNA, ANNAS_PASSWORD))

    change(house, anna)

    assert Guest(house, "one").attempt(ANNA, ANNAS_PASSWORD) is None
    assert Guest(house, "two").attempt(ANNA, NEW) is not None


def test_the_browser_in_which_the_password_was_set_is_known(house: House) -> None:
    anna = signed_in(house, active(house, ANNA, ANNAS_PASSWORD))
    change(house, anna)
    now = Guest(house, "stranger").fail(ANNA, 10)

    assert Guest(house, "anna", device="device").attempt(ANNA, NEW, now=now) is not None


def test_ten_wrong_current_passwords_end_the_sign_in(house: House) -> None:
    anna = signed_in(house, active(house, ANNA, ANNAS_PASSWORD), "cookie")

    tickets = [house.database.carry_out(passwords.begin_change, anna, brand=house.brand, now=NOON) for _ in range(11)]

    assert [ticket is not None for ticket in tickets] == [True] * 10 + [False]
    assert house.database.ask(sign_ins.resolve, token_digest("cookie"), brand=house.brand, now=NOON) is None
    assert Guest(house).attempt(ANNA, ANNAS_PASSWORD) is not None


def test_a_right_current_password_with_a_weak_new_one_counts_as_no_failure(house: House) -> None:
    anna = signed_in(house, active(house, ANNA, ANNAS_PASSWORD))
    for _ in range(20):
        assert house.database.carry_out(passwords.begin_change, anna, brand=house.brand, now=NOON) is not None
        house.database.carry_out(passwords.refuse_change, anna, ["lower"], "á", proved=True, now=NOON)

    assert outcome(house, anna) == Outcome("password_refused", {"flaws": "lower", "characters": "á"})


def test_what_was_refused_is_told_to_nobody_else(house: House) -> None:
    anna = signed_in(house, active(house, ANNA, ANNAS_PASSWORD), "anna")
    bela = signed_in(house, active(house, BELA, BELAS_PASSWORD), "bela")

    house.database.carry_out(passwords.refuse_change, anna, ["current_password_wrong"], "", proved=False, now=NOON)

    assert outcome(house, anna).code == "current_password_wrong"
    assert outcome(house, bela) == Outcome()


# ── links ──


def test_a_link_works_for_an_hour(house: House) -> None:
    active(house, ANNA, ANNAS_PASSWORD)
    guest = Guest(house)
    guest.ask_for_new_password(ANNA)
    token = secret_of(house, post_to(house, ANNA, "password_link")[0])

    for minutes, status in ((59, LinkStatus.OPEN), (60, LinkStatus.EXPIRED)):
        now = NOON + timedelta(minutes=minutes)
        guest.open_link(token, LinkPurpose.PASSWORD, now=now)
        view = house.database.ask(first_sign_in.new_password_view, guest.actor, brand=house.brand, now=now)
        assert view.status is status


def test_opening_a_link_many_times_consumes_nothing(house: House) -> None:
    active(house, ANNA, ANNAS_PASSWORD)
    Guest(house).ask_for_new_password(ANNA)
    token = secret_of(house, post_to(house, ANNA, "password_link")[0])
    scanners = [Guest(house, f"scanner {number}") for number in range(20)]

    for scanner in scanners:
        scanner.open_link(token, LinkPurpose.PASSWORD)

    assert {link_status(house, scanner) for scanner in scanners} == {LinkStatus.OPEN}


def test_a_link_does_its_work_once(house: House) -> None:
    active(house, ANNA, ANNAS_PASSWORD)
    first, second = Guest(house, "first"), Guest(house, "second")
    first.ask_for_new_password(ANNA)
    token = secret_of(house, post_to(house, ANNA, "password_link")[0])
    first.open_link(token, LinkPurpose.PASSWORD)
    second.open_link(token, LinkPurpose.PASSWORD)

    set_by_link(house, first, cookie="one")

    assert link_status(house, second) is LinkStatus.USED
    with pytest.raises(LinkUsed):
        set_by_link(house, second, "MasikJelszo99", cookie="two")
    assert Guest(house, "third").attempt(ANNA, NEW) is not None


def test_a_newer_link_and_a_new_password_end_older_links(house: House) -> None:
    active(house, ANNA, ANNAS_PASSWORD)
    guest, other = Guest(house), Guest(house, "other")
    guest.ask_for_new_password(ANNA)
    guest.ask_for_new_password(ANNA, now=NOON + timedelta(minutes=2))
    older, newer = (secret_of(house, mail) for mail in post_to(house, ANNA, "password_link"))

    guest.open_link(older, LinkPurpose.PASSWORD)
    other.open_link(newer, LinkPurpose.PASSWORD)
    assert (link_status(house, guest), link_status(house, other)) == (LinkStatus.SUPERSEDED, LinkStatus.OPEN)

    anna = Guest(house, "anna").attempt(ANNA, ANNAS_PASSWORD)
    assert anna is not None
    change(house, anna)
    assert link_status(house, other) is LinkStatus.EXPIRED


def test_an_unknown_link_and_a_link_for_something_else_are_unknown(house: House) -> None:
    invited(house, ANNA)
    guest = Guest(house)

    guest.open_link("no such token", LinkPurpose.PASSWORD)
    assert link_status(house, guest) is LinkStatus.UNKNOWN

    guest.open_link(secret_of(house, post_to(house, ANNA, "activation")[0]), LinkPurpose.PASSWORD)
    assert link_status(house, guest) is LinkStatus.UNKNOWN
    assert link_status(house, Guest(house, "other")) is LinkStatus.ABSENT


@pytest.mark.requirement("R37")
def test_a_new_password_by_link_lifts_the_lock(house: House) -> None:
    active(house, ANNA, ANNAS_PASSWORD)
    guest = Guest(house)
    now = guest.fail(ANNA, 10)
    owner = Guest(house, "owner")

    owner.ask_for_new_password(ANNA, now=now)
    (mail,) = post_to(house, ANNA, "password_link")
    owner.open_link(secret_of(house, mail), LinkPurpose.PASSWORD, now=now)
    set_by_link(house, owner, minutes=6)

    assert facts_of(mail) == {"reason": "locked"}
    assert Guest(house, "new browser").attempt(ANNA, NEW, now=now) is not None


# ── running out ──


@pytest.mark.requirement("R34")
@pytest.mark.parametrize(("days", "notice"), [(31, None), (30, 30), (12, 12), (1, 1), (0, 0)])
def test_the_last_thirty_days_are_announced(house: House, days: int, notice: int | None) -> None:
    anna = signed_in(house, active(house, ANNA, ANNAS_PASSWORD, days=days))

    found = house.database.ask(passwords.password_notice, anna, brand=house.brand, now=NOON)

    assert found == (None if notice is None else PasswordNotice(NOON + timedelta(days=days), notice))


def test_a_portal_without_renewal_has_passwords_that_never_run_out(house: House) -> None:
    anna = signed_in(house, active(house, ANNA, ANNAS_PASSWORD))
    with house.database.writing() as db:
        db.get_one(Account, anna.account_id).portal = "ugyfelportal"

    done = change(house, anna)

    assert done.valid_until is None
    with house.database.reading() as db:
        assert db.exec(select(Credential.valid_until).where(Credential.ended_at.is_(None))).all() == [None]  # type: ignore[union-attr]
    assert house.database.ask(passwords.password_notice, anna, brand=house.brand, now=NOON) is None
