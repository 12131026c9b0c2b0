"""Merging two accounts: proved first, all or nothing, everything in one place, and the way back."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from sqlmodel import col, func, select

from portal_app.database.contention import carry_out_again
from portal_app.database.tables import (
    Account,
    Application,
    Credential,
    Delivery,
    Draft,
    Event,
    Letter,
    Link,
    Merge,
    MergedRow,
    Message,
    Policy,
)
from portal_app.domain.actors import Operator
from portal_app.domain.applications import ApplicationKind
from portal_app.domain.brands import PortalName
from portal_app.domain.deliveries import Attachment, Handover
from portal_app.domain.errors import MergeNotFound, MergeNotPossible, MergeNotProved, PortalError
from portal_app.domain.kinds import LetterKind
from portal_app.domain.retention import WHILE_POLICY_RUNS
from portal_app.gateways.secrets import public_id, token_digest
from portal_app.services import (
    accounts,
    applications,
    chats,
    closings,
    courier,
    decisions,
    intake,
    merges,
    messages,
    retention,
    sign_in,
    sign_ins,
)
from portal_app.services.fulfilments import Decision
from portal_app.services.house import House
from portal_app.services.placing import NewLetter, place_letters
from tests.accounts import (
    BELAS,
    FIRST,
    FIRST_POLICY,
    SECOND,
    SECOND_PASSWORD,
    SECOND_POLICY,
    WORK,
    Opened,
    invited_full,
    merge,
    merge_page,
    merged,
    open_full,
    prove,
)
from tests.cast import ANNA, BELA, CORE, DENES, NOON
from tests.handing_over import HELLO
from tests.visitors import FULL_PASSWORD, Guest, active, facts_of, post_to, signed_in

WRONG = "Rossz.Jelszo-2026"
PHONE = "+36301234567"


def undo(house: House, survivor: Opened, merge_id: str, *, now: datetime = NOON) -> None:
    house.database.carry_out(merges.undo, survivor.customer, merge_id, now=now)


def place(
    house: House, account_id: int, subject: str, policy: str, *, now: datetime = NOON, publish_at: datetime | None = None
) -> None:
    """Place a letter of a policy in an account, handed over just now."""
    with house.database.writing() as db:
        held = db.exec(select(Policy).where(Policy.number == policy)).one()
        delivery = Delivery(
            public_id=public_id(), external_ref=public_id(), fingerprint="", system="core", policy_number=policy,
            kind=LetterKind.INFORMATION, account_id=account_id, accepted_at=now, answer="{}",
        )  # fmt: skip
        db.add(delivery)
        db.flush()
        new = NewLetter(
            account_id, "ugyfelportal", LetterKind.INFORMATION, subject, (), policy_id=held.id, policy_number=policy,
            delivery_id=delivery.id, publish_at=publish_at,
        )  # fmt: skip
        place_letters(db, CORE, [new], brand=house.brand, now=now)


def asked_of(house: House, opened: Opened) -> None:
    """Let the account ask for something about its own policy."""
    new = applications.NewApplication(ApplicationKind.PHONE, "n", {"phone": PHONE}, opened.policy)
    house.database.carry_out(applications.submit, opened.customer, new, brand=house.brand, now=NOON)


def count(house: House, table: Any) -> int:
    with house.database.reading() as db:
        return db.exec(select(func.count()).select_from(table)).one()


# ── merging ──


def test_everything_is_in_one_place_and_the_other_account_sleeps(house: House, first: Opened, second: Opened) -> None:
    elsewhere = signed_in(house, second.id, "their phone")

    merged(house, first, second)

    assert first.policies() == [FIRST_POLICY, SECOND_POLICY]
    assert first.letters() == [f"{FIRST_POLICY} 1", f"{SECOND_POLICY} 1", f"{SECOND_POLICY} 2"]
    assert first.logins() == [SECOND, FIRST]
    assert (first.row().unread, first.row().status) == (3, "active")
    assert (second.row().unread, second.row().status, second.letters(), second.logins()) == (0, "merged", [], [])
    for sign_in_id in (elsewhere.sign_in_id, second.customer.sign_in_id):
        assert house.database.ask(sign_ins.resolve_row, sign_in_id, brand=house.brand, now=NOON) is None
    with house.database.reading() as db:
        assert db.exec(select(Letter.erase_on).distinct()).all() == [WHILE_POLICY_RUNS]
        assert db.exec(select(Policy.opened_account_id).where(Policy.number == SECOND_POLICY)).one() == second.id


def test_the_identifier_of_the_past_signs_in_with_the_survivors_password(house: House, first: Opened, second: Opened) -> None:
    merged(house, first, second)

    with_theirs = Guest(house).attempt(SECOND, FULL_PASSWORD)
    with_the_old = Guest(house, "somebody").attempt(SECOND, SECOND_PASSWORD)

    assert with_theirs is not None
    assert (with_theirs.account_id, with_the_old) == (first.id, None)


def test_the_survivor_keeps_its_own_identifier_first(house: House, second: Opened) -> None:
    newer = open_full(house, FIRST, FIRST_POLICY)

    merged(house, newer, second)

    assert house.database.ask(accounts.own_login, newer.customer) == "482 917 365"
    with house.database.reading() as db:
        assert accounts.issued_login_of(db, newer.id) == "482 917 365"


def test_both_addresses_are_told_until_when_it_can_be_undone(house: House, first: Opened, second: Opened) -> None:
    merged(house, first, second)

    told = {address: [facts_of(job) for job in post_to(house, address, "accounts_merged")] for address in (ANNA, WORK)}
    assert told == {ANNA: [{"undo_until": "2026-02-09"}], WORK: [{"undo_until": "2026-02-09"}]}
    with house.database.reading() as db:
        events = db.exec(select(Event.account_id).where(Event.act == "account:merged").order_by(col(Event.account_id))).all()
    assert events == sorted([first.id, second.id])


def test_links_and_waiting_passwords_of_the_sleeping_account_lead_nowhere(house: House, first: Opened, second: Opened) -> None:
    with house.database.writing() as db:
        accounts.new_link(db, second.id, "password", valid_until=NOON + timedelta(hours=1), now=NOON)

    merged(house, first, second)

    with house.database.reading() as db:
        assert db.exec(select(Link.superseded_at).where(Link.account_id == second.id)).all() == [NOON]


def test_messages_requests_and_drafts_come_along(house: House, first: Opened, second: Opened) -> None:
    letter_id = _public_id(house, second)
    house.database.carry_out(
        messages.send_reply, second.customer, letter_id, "Kérdésem van.", (), mark="m", brand=house.brand, now=NOON
    )
    new = applications.NewApplication(ApplicationKind.MERGE, "n", {"words": "Kérem."})
    house.database.carry_out(applications.submit, second.customer, new, brand=house.brand, now=NOON)
    house.database.carry_out(messages.save_draft, second.customer, letter_id, "Elkezdtem", now=NOON)

    merge_id = merged(house, first, second)

    assert _owners(house) == {first.id}
    undo(house, first, merge_id)
    assert _owners(house) == {second.id}


def _public_id(house: House, opened: Opened) -> str:
    with house.database.reading() as db:
        return db.exec(select(Letter.public_id).where(Letter.account_id == opened.id)).first() or ""


def _owners(house: House) -> set[int | None]:
    with house.database.reading() as db:
        return {
            *db.exec(select(Message.account_id)),
            *db.exec(select(Application.account_id)),
            *db.exec(select(Draft.account_id)),
        }


def test_an_account_in_the_middle_of_closing_is_not_merged(house: House, first: Opened, second: Opened) -> None:
    prove(house, first.customer, SECOND, SECOND_PASSWORD)
    with house.database.writing() as db:
        db.get_one(Account, second.id).status = "closing"

    with pytest.raises(MergeNotProved):
        merge(house, first, second)

    assert (first.policies(), second.policies()) == ([FIRST_POLICY], [SECOND_POLICY])


@pytest.mark.parametrize("named", ["105-332-871", SECOND_POLICY])
def test_staff_may_merge_what_was_proved_on_paper(house: House, first: Opened, second: Opened, named: str) -> None:
    house.database.carry_out(merges.merge_by_staff, DENES, first.id, named, brand=house.brand, now=NOON)

    assert (first.policies(), second.row().status) == ([FIRST_POLICY, SECOND_POLICY], "merged")
    with pytest.raises(MergeNotPossible):
        house.database.carry_out(merges.merge_by_staff, DENES, first.id, "999888777", brand=house.brand, now=NOON)


# ── undoing ──


def test_undoing_gives_back_everything_and_what_came_meanwhile(house: House, first: Opened, second: Opened) -> None:
    merge_id = merged(house, first, second)
    place(house, first.id, "later of the second", SECOND_POLICY)
    place(house, first.id, "later of the first", FIRST_POLICY)

    undo(house, first, merge_id, now=NOON + timedelta(days=29))

    assert first.letters() == [f"{FIRST_POLICY} 1", "later of the first"]
    assert second.letters() == [f"{SECOND_POLICY} 1", f"{SECOND_POLICY} 2", "later of the second"]
    assert (first.policies(), second.policies()) == ([FIRST_POLICY], [SECOND_POLICY])
    assert (first.logins(), second.logins()) == ([FIRST], [SECOND])
    assert (first.row().unread, second.row().unread, second.row().status) == (2, 3, "active")
    assert count(house, MergedRow) == 0
    back = Guest(house).attempt(SECOND, SECOND_PASSWORD)
    assert back is not None
    assert back.account_id == second.id
    assert {address: len(post_to(house, address, "merge_undone")) for address in (ANNA, WORK)} == {ANNA: 1, WORK: 1}


def test_letters_that_were_the_survivors_before_stay_where_they_are(house: House, first: Opened, second: Opened) -> None:
    """The policy went to the other account before the two became one; what had arrived until then did not."""
    place(house, first.id, "waits", FIRST_POLICY, now=NOON, publish_at=NOON + timedelta(hours=3))
    asked_of(house, first)
    with house.database.writing() as db:
        db.exec(select(Policy).where(Policy.number == FIRST_POLICY)).one().account_id = second.id
    merge_id = merged(house, first, second, now=NOON + timedelta(hours=1))
    place(house, first.id, "later", FIRST_POLICY, now=NOON + timedelta(hours=2))

    undo(house, first, merge_id, now=NOON + timedelta(hours=4))

    assert first.letters() == [f"{FIRST_POLICY} 1", "waits"]
    assert second.letters() == [f"{SECOND_POLICY} 1", f"{SECOND_POLICY} 2", "later"]
    with house.database.reading() as db:
        assert db.exec(select(Application.account_id)).one() == first.id


def test_an_answer_goes_back_with_the_question_it_answers(house: House, first: Opened, second: Opened) -> None:
    mark = messages.form_mark(second.customer, "chat", "n", "Kérdés", ())
    house.database.carry_out(chats.send, second.customer, "Kérdés", subject="Chat", mark=mark, brand=house.brand, now=NOON)
    merge_id = merged(house, first, second)
    house.database.carry_out(chats.say, DENES, FIRST, "Titkos válasz", now=NOON)

    undo(house, first, merge_id)

    threads = [house.database.ask(chats.read_chat, one.customer, brand=house.brand, now=NOON).lines for one in (first, second)]
    assert [[line.text for line in thread] for thread in threads] == [[], ["Kérdés", "Titkos válasz"]]


def test_a_policy_that_went_elsewhere_meanwhile_stays_there(house: House, first: Opened, second: Opened) -> None:
    merge_id = merged(house, first, second)
    bela = open_full(house, BELAS, "KGFB-2026-000002", email=BELA)
    with house.database.writing() as db:
        db.exec(select(Policy).where(Policy.number == SECOND_POLICY)).one().account_id = bela.id
    place(house, bela.id, "hers no more", SECOND_POLICY)

    undo(house, first, merge_id)

    assert (bela.policies(), second.policies()) == (["KGFB-2026-000002", SECOND_POLICY], [])
    assert bela.letters() == ["KGFB-2026-000002 1", "hers no more"]
    assert second.letters() == [f"{SECOND_POLICY} 1", f"{SECOND_POLICY} 2"]


def test_an_account_nobody_had_opened_is_invited_again(house: House, first: Opened) -> None:
    other_id = invited_full(house, SECOND, "Ab3.efGhjkm7")
    prove(house, first.customer, SECOND, "Ab3.efGhjkm7")
    with house.database.reading() as db:
        public = db.get_one(Account, other_id).public_id
    merge_id = house.database.carry_out(merges.merge, first.customer, public, brand=house.brand, now=NOON)

    undo(house, first, merge_id)

    with house.database.reading() as db:
        assert db.get_one(Account, other_id).status == "invited"


def test_nobody_else_and_nobody_late_can_undo(house: House, first: Opened, second: Opened) -> None:
    bela = open_full(house, BELAS, "KGFB-2026-000002", email=BELA)
    merge_id = merged(house, first, second)
    assert [one.merge_id for one in merge_page(house, first).merges] == [merge_id]
    assert merge_page(house, bela).merges == ()

    for who, moment in ((bela, NOON), (first, NOON + timedelta(days=31))):
        with pytest.raises(MergeNotFound):
            undo(house, who, merge_id, now=moment)

    assert second.row().status == "merged"
    undo(house, first, merge_id)
    with pytest.raises(MergeNotFound):
        undo(house, first, merge_id)


def test_a_chain_comes_apart_in_any_order(house: House, first: Opened, second: Opened) -> None:
    third = open_full(house, BELAS, "UTAS-2026-000013", email=BELA, password="Harmadik.Fiok-26")
    inner = merged(house, second, first, FULL_PASSWORD)
    outer = merged(house, third, second)
    assert third.policies() == [FIRST_POLICY, SECOND_POLICY, "UTAS-2026-000013"]
    assert third.logins() == sorted([FIRST, SECOND, BELAS])

    undo(house, third, inner)
    undo(house, third, outer)

    assert [one.policies() for one in (first, second, third)] == [[FIRST_POLICY], [SECOND_POLICY], ["UTAS-2026-000013"]]
    assert [one.logins() for one in (first, second, third)] == [[FIRST], [SECOND], [BELAS]]
    assert [one.letters() for one in (first, second)] == [
        [f"{FIRST_POLICY} 1"], [f"{SECOND_POLICY} 1", f"{SECOND_POLICY} 2"],
    ]  # fmt: skip
    assert count(house, MergedRow) == 0


def test_a_chain_comes_apart_from_outside_too(house: House, first: Opened, second: Opened) -> None:
    third = open_full(house, BELAS, "UTAS-2026-000013", email=BELA, password="Harmadik.Fiok-26")
    inner = merged(house, second, first, FULL_PASSWORD)
    outer = merged(house, third, second)

    undo(house, third, outer)
    assert second.policies() == [FIRST_POLICY, SECOND_POLICY]
    again = Opened(house, signed_in(house, second.id, "again"), SECOND, SECOND_POLICY)
    undo(house, again, inner)

    assert [one.policies() for one in (first, second, third)] == [[FIRST_POLICY], [SECOND_POLICY], ["UTAS-2026-000013"]]


def test_erased_letters_are_forgotten_by_the_merge(house: House, first: Opened, second: Opened) -> None:
    merged(house, first, second)
    with house.database.writing() as db:
        ids = db.exec(select(Letter.id).where(Letter.policy_number == SECOND_POLICY)).all()
        for letter in db.exec(select(Letter).where(col(Letter.id).in_(ids))):
            letter.erase_on = NOON.date()
    house.database.carry_out(retention.erase_expired, DENES, most=10, now=NOON)

    with house.database.reading() as db:
        assert db.exec(select(MergedRow.kind).where(MergedRow.kind == "letter")).all() == []


# ── what follows ──


def test_after_its_days_a_merge_is_final(house: House, first: Opened, second: Opened) -> None:
    merged(house, first, second)

    early = house.database.carry_out(merges.finish_due, DENES, now=NOON + timedelta(days=29))
    late = [house.database.carry_out(merges.finish_due, DENES, now=NOON + timedelta(days=31)) for _ in range(2)]

    assert (early, late) == (0, [1, 0])
    assert count(house, MergedRow) == 0
    asleep = second.row()
    assert (asleep.status, asleep.email, asleep.phone) == ("merged", "", "")
    assert first.policies() == [FIRST_POLICY, SECOND_POLICY]
    back = Guest(house).attempt(SECOND, FULL_PASSWORD)
    assert back is not None
    assert back.account_id == first.id


def test_closing_the_survivor_forgets_the_sleeping_one(house: House, first: Opened, second: Opened) -> None:
    merged(house, first, second)

    house.database.carry_out(closings.close_emptied, DENES, first.id, now=NOON)

    asleep = second.row()
    assert (asleep.status, asleep.email, asleep.customer_ref, count(house, MergedRow)) == ("merged", "", "", 0)
    with house.database.reading() as db:
        assert db.exec(select(Credential.id)).all() == []


@pytest.mark.parametrize("finished", [True, False])
def test_the_same_person_gets_a_new_account_after_the_survivor_was_closed(
    house: House, first: Opened, second: Opened, *, finished: bool
) -> None:
    """Also while the night is only half through with the closing."""
    with house.database.writing() as db:
        for one in (first, second):
            db.get_one(Account, one.id).customer_ref = "C-1"
    merged(house, first, second)
    if finished:
        house.database.carry_out(closings.close_emptied, DENES, first.id, now=NOON)
    else:
        with house.database.writing() as db:
            db.get_one(Account, first.id).status = "closed"

    with house.database.reading() as db:
        assert accounts.account_of_customer(db, "C-1", PortalName.UGYFELPORTAL) is None


def test_what_the_core_system_says_of_the_sleeping_account_arrives_in_the_survivor(
    house: House, first: Opened, second: Opened
) -> None:
    merged(house, first, second)

    with house.database.reading() as db:
        assert accounts.survivor_of(db, db.get_one(Account, second.id)).id == first.id


# ── at the same moment ──


def together(*acts: Callable[[], object]) -> list[object]:
    """Do several things at the same moment; give what each gave, or its refusal."""
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        start.wait()
        try:
            return act()
        except PortalError as refusal:
            return type(refusal)

    with ThreadPoolExecutor(len(acts)) as hands:
        return [one.result() for one in [hands.submit(run, act) for act in acts]]


def at_once(house: House, survivor: Opened, other: Opened) -> Callable[[], object]:
    public = other.row().public_id
    return lambda: carry_out_again(house.database, merges.merge, survivor.customer, public, brand=house.brand, now=NOON)


def test_merging_twice_at_once_merges_once(house: House, first: Opened, second: Opened) -> None:
    prove(house, first.customer, SECOND, SECOND_PASSWORD)

    given = together(at_once(house, first, second), at_once(house, first, second))

    assert sum(isinstance(one, str) for one in given) == 1
    assert (count(house, Merge), first.policies()) == (1, [FIRST_POLICY, SECOND_POLICY])


def test_two_accounts_merged_into_each_other_at_once_become_one(house: House, first: Opened, second: Opened) -> None:
    prove(house, first.customer, SECOND, SECOND_PASSWORD)
    prove(house, second.customer, FIRST, FULL_PASSWORD)

    given = together(at_once(house, first, second), at_once(house, second, first))

    assert sum(isinstance(one, str) for one in given) == 1
    assert sorted(one.row().status for one in (first, second)) == ["active", "merged"]
    awake = first if first.row().status == "active" else second
    assert (awake.policies(), len(awake.letters()), awake.logins()) == ([FIRST_POLICY, SECOND_POLICY], 3, [SECOND, FIRST])


def handover(number: int) -> Handover:
    attachment = Attachment("level.pdf", sha256(HELLO).hexdigest(), HELLO)
    return Handover(f"ref-{number}", SECOND_POLICY, LetterKind.INFORMATION, "arrives", "", (attachment,))


def test_letters_that_arrive_during_the_merge_are_in_the_survivor(house: House, first: Opened, second: Opened) -> None:
    desk = intake.Desk(house.database, house.objects, house.scanner, house.brand)
    prove(house, first.customer, SECOND, SECOND_PASSWORD)

    def deliver() -> object:
        return [intake.hand_over(desk, CORE, [handover(number)], now=lambda: NOON)[0] for number in range(4)]

    together(deliver, at_once(house, first, second))

    assert (second.letters(), len(first.letters())) == ([], 7)
    assert first.row().unread == 7


def test_who_was_told_of_a_letter_is_written_down_although_the_account_has_fallen_asleep(
    house: House, first: Opened, second: Opened
) -> None:
    desk = intake.Desk(house.database, house.objects, house.scanner, house.brand)
    later, postman = NOON + timedelta(minutes=1), Operator("courier")
    for number, policy in enumerate((FIRST_POLICY, SECOND_POLICY)):
        given = replace(handover(number), policy_number=policy)
        intake.hand_over(desk, CORE, [given], now=lambda: later)
    merged(house, first, second)

    jobs = house.database.carry_out(courier.claim, postman, "mail", most=50, brand=house.brand, now=later)
    for job in jobs:
        if job.kind == "arrival" and job.recipient == WORK:
            house.database.carry_out(courier.mark_sent, postman, job, now=later)

    with house.database.reading() as db:
        told = db.exec(select(Event.delivery_id).where(Event.act == "letter:notified")).all()
        owed = db.exec(select(Delivery.id).where(Delivery.external_ref == "ref-1")).all()
    assert told == owed


def test_a_policy_that_came_to_the_sleeping_account_is_delivered_to_the_survivor(
    house: House, first: Opened, second: Opened
) -> None:
    desk = intake.Desk(house.database, house.objects, house.scanner, house.brand)
    merged(house, first, second)
    with house.database.writing() as db:
        db.exec(select(Policy).where(Policy.number == SECOND_POLICY)).one().account_id = second.id

    intake.hand_over(desk, CORE, [handover(1)], now=lambda: NOON)

    assert (second.letters(), first.letters()[-1]) == ([], "arrives")


def test_who_was_just_signing_in_when_the_account_fell_asleep_does_not_get_in(
    house: House, first: Opened, second: Opened
) -> None:
    guest, parts = Guest(house), {"brand": house.brand, "secrets": house.secrets, "now": NOON}
    ticket = house.database.carry_out(sign_in.reserve_sign_in, guest.actor, SECOND, "", guest.browser, **parts)
    merged(house, first, second)

    entered = house.database.carry_out(
        sign_in.conclude_sign_in, guest.actor, ticket, guest.browser, token_digest("cookie"), matches=True, **parts
    )

    assert entered is None
    assert Guest(house).attempt(SECOND, FULL_PASSWORD) is not None


def test_a_sign_in_token_of_the_sleeping_account_stands_for_nobody(house: House, first: Opened, second: Opened) -> None:
    signed_in(house, second.id, "their cookie")

    merged(house, first, second)

    assert house.database.ask(sign_ins.resolve, token_digest("their cookie"), brand=house.brand, now=NOON) is None
    assert active(house, BELA, "BelaAnna34") != second.id


# ── by request ──


def test_carrying_out_a_request_merges_what_it_or_staff_name(house: House, first: Opened, second: Opened) -> None:
    decision = Decision(house.brand, house.secrets)
    new = applications.NewApplication(ApplicationKind.MERGE, "n", {"words": "A másik szerződésem is ide kérem."})
    asked = house.database.carry_out(applications.submit, first.customer, new, brand=house.brand, now=NOON)
    with pytest.raises(MergeNotPossible):
        house.database.carry_out(decisions.fulfil, DENES, asked.reference, decision, now=NOON)

    named = Decision(house.brand, house.secrets, other=SECOND_POLICY)
    house.database.carry_out(decisions.fulfil, DENES, asked.reference, named, now=NOON)

    assert (first.policies(), second.row().status) == ([FIRST_POLICY, SECOND_POLICY], "merged")
    with house.database.reading() as db:
        assert db.exec(select(Application.status)).one() == "fulfilled"
