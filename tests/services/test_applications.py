"""Requests as customers submit, follow, answer and withdraw them; and never anybody else's."""

from datetime import date, timedelta

import pytest
from sqlmodel import func, select

from portal_app.database.tables import Account, Application, ApplicationDraft, Event, Job
from portal_app.domain.actors import Customer, Stranger
from portal_app.domain.applications import ActsNext, ApplicationKind, ApplicationStatus
from portal_app.domain.errors import (
    ApplicationDecided,
    ApplicationIncomplete,
    ApplicationNotFound,
    PolicyUnknown,
    ReplyEmpty,
    TooMany,
)
from portal_app.services import applications, decisions, leftovers
from portal_app.services.applications import ApplicationView, NewApplication
from portal_app.services.house import House
from tests.asking import FACTS, asked, by_post, policy_of
from tests.cast import ANNA, ANNAS_POLICY, BELA, BELAS_POLICY, DENES, NOON
from tests.visitors import facts_of, full_customer, post_to

OUTSIDE = Stranger("192.0.2.1")


@pytest.fixture
def anna(house: House) -> Customer:
    """Anna with a policy that goes by post."""
    return by_post(house)


@pytest.fixture
def bela(house: House) -> Customer:
    """Béla with a policy of his own."""
    return by_post(house, BELA, BELAS_POLICY, login="482917366")


def own(house: House, actor: Customer) -> tuple[ApplicationView, ...]:
    return house.database.ask(applications.list_own, actor, now=NOON)


def outside(house: House, email: str = ANNA, nonce: str = "n", **facts: str) -> applications.ApplicationReceipt:
    new = NewApplication(ApplicationKind.ELECTRONIC, nonce, {"terms": "yes", **facts}, ANNAS_POLICY)
    return house.database.carry_out(
        applications.submit_from_outside, OUTSIDE, new, email=email, language="en", brand=house.brand, now=NOON
    )


def test_a_request_is_numbered_dated_and_confirmed_by_mail(house: House, anna: Customer) -> None:
    receipt = asked(house, anna)

    (view,) = own(house, anna)
    (job,) = post_to(house, ANNA, "application_received")
    assert (view.reference, view.due_on, view.status, view.acts_next, view.policy_number) == (
        receipt.reference, date(2026, 1, 25), ApplicationStatus.SUBMITTED, ActsNext.INSURER, ANNAS_POLICY,
    )  # fmt: skip
    assert facts_of(job) == {
        "reference": receipt.reference, "due_on": "2026-01-25", "link": f"/kerelmek/{receipt.public_id}",
    }  # fmt: skip


def test_the_same_form_sent_twice_is_one_request(house: House, anna: Customer) -> None:
    first, second = asked(house, anna), asked(house, anna)

    assert (second.reference, first.repeated, second.repeated) == (first.reference, False, True)
    assert len(post_to(house, ANNA, "application_received")) == 1


def test_the_same_nonce_of_somebody_else_is_another_request(house: House, anna: Customer, bela: Customer) -> None:
    hers, his = asked(house, anna), asked(house, bela, policy=BELAS_POLICY)

    assert his.repeated is False
    assert hers.reference != his.reference


def test_open_tabs_are_told(house: House, anna: Customer) -> None:
    asked(house, anna)

    with house.database.reading() as db:
        assert db.get_one(Account, anna.account_id).revision == 1


@pytest.mark.parametrize("kind", ApplicationKind)
def test_every_kind_keeps_what_was_answered(house: House, anna: Customer, kind: ApplicationKind) -> None:
    policy_of(house, anna, "CASCO-1")
    number = ANNAS_POLICY if kind is ApplicationKind.ELECTRONIC else "CASCO-1"

    asked(house, anna, kind, policy=number)

    (view,) = own(house, anna)
    assert (view.kind, view.facts) == (kind, FACTS[kind])


def test_what_is_not_whole_is_refused_and_kept_nowhere(house: House, anna: Customer) -> None:
    with pytest.raises(ApplicationIncomplete):
        asked(house, anna, terms="")
    with pytest.raises(ApplicationIncomplete):
        asked(house, anna, policy="")

    assert own(house, anna) == ()


@pytest.mark.parametrize("number", [BELAS_POLICY, "NINCS-1"])
def test_somebody_elses_policy_and_a_missing_one_are_refused_alike(
    house: House, anna: Customer, bela: Customer, number: str
) -> None:
    del bela

    with pytest.raises(PolicyUnknown):
        asked(house, anna, ApplicationKind.PHONE, policy=number)


@pytest.mark.parametrize("number", [BELAS_POLICY, "NINCS-1"])
def test_asking_for_electronic_letters_names_any_number_and_learns_nothing(
    house: House, anna: Customer, bela: Customer, number: str
) -> None:
    del bela

    asked(house, anna, policy=number)

    with house.database.reading() as db:
        assert db.exec(select(Application.policy_number, Application.policy_id)).all() == [(number, None)]


def test_too_many_requests_a_day_are_refused(house: House, anna: Customer) -> None:
    for number in range(applications.APPLICATIONS_A_DAY):
        asked(house, anna, nonce=f"{number}")

    with pytest.raises(TooMany):
        asked(house, anna, nonce="one more")
    asked(house, anna, nonce="tomorrow", now=NOON + timedelta(days=1, seconds=1))


def test_nobody_sees_answers_or_withdraws_somebody_elses_request(house: House, anna: Customer, bela: Customer) -> None:
    hers = asked(house, anna).public_id

    assert own(house, bela) == ()
    for act in (applications.read_own, applications.withdraw):
        with pytest.raises(ApplicationNotFound):
            house.database.carry_out(act, bela, hers, now=NOON)
    with pytest.raises(ApplicationNotFound):
        house.database.carry_out(applications.respond, bela, hers, "Igen.", now=NOON)
    assert own(house, anna)[0].status is ApplicationStatus.SUBMITTED


def test_a_withdrawn_request_has_ended(house: House, anna: Customer) -> None:
    hers = asked(house, anna).public_id

    house.database.carry_out(applications.withdraw, anna, hers, now=NOON)

    assert (own(house, anna)[0].status, own(house, anna)[0].acts_next) == (ApplicationStatus.WITHDRAWN, ActsNext.NOBODY)
    with pytest.raises(ApplicationDecided):
        house.database.carry_out(applications.withdraw, anna, hers, now=NOON)


def test_an_answer_gives_the_turn_back_and_the_waiting_does_not_count(house: House, anna: Customer) -> None:
    receipt = asked(house, anna)
    house.database.carry_out(decisions.ask_back, DENES, receipt.reference, "Mi a rendszám?", now=NOON + timedelta(days=1))
    waiting = own(house, anna)[0]

    with pytest.raises(ReplyEmpty):
        house.database.carry_out(applications.respond, anna, receipt.public_id, " ", now=NOON)
    for _ in range(2):
        house.database.carry_out(applications.respond, anna, receipt.public_id, "ABC-123", now=NOON + timedelta(days=4))

    view = own(house, anna)[0]
    assert (waiting.acts_next, waiting.reason) == (ActsNext.CUSTOMER, "Mi a rendszám?")
    assert (view.status, view.due_on) == (ApplicationStatus.IN_PROGRESS, date(2026, 1, 28))
    assert [step.words for step in view.history] == ["", "Mi a rendszám?", "ABC-123"]


def test_only_policies_that_the_request_can_be_about_are_offered(house: House, bela: Customer) -> None:
    anna = full_customer(house, ANNA, customer_ref="C-1")
    policy_of(house, anna, "A-POSTAL", communication="postal")
    policy_of(house, anna, "B-ELECTRONIC")
    policy_of(house, anna, "C-ENDED", communication="postal", status="ended")
    policy_of(house, None, "D-HERS", communication="postal", customer_ref="C-1")
    policy_of(house, None, "E-ANYBODYS", communication="postal", email=ANNA)
    policy_of(house, bela, "F-HIS", communication="postal", customer_ref="C-1")

    offered = {
        kind: [choice.number for choice in house.database.ask(applications.policies_for, anna, kind)]
        for kind in (ApplicationKind.ELECTRONIC, ApplicationKind.POSTAL, ApplicationKind.PHONE)
    }

    assert offered == {
        ApplicationKind.ELECTRONIC: ["A-POSTAL", "D-HERS"],
        ApplicationKind.POSTAL: ["B-ELECTRONIC"],
        ApplicationKind.PHONE: ["A-POSTAL", "B-ELECTRONIC"],
    }


def test_what_was_begun_is_kept_until_it_is_sent(house: House, anna: Customer, bela: Customer) -> None:
    def draft(actor: Customer) -> applications.ApplicationDraftView | None:
        return house.database.ask(applications.read_draft, actor, ApplicationKind.ELECTRONIC, now=NOON)

    begun = house.database.carry_out(
        applications.save_draft, anna, ApplicationKind.ELECTRONIC, {"policy": ANNAS_POLICY}, now=NOON
    )
    more = house.database.carry_out(applications.save_draft, anna, ApplicationKind.ELECTRONIC, {"terms": "yes"}, now=NOON)

    assert (more.nonce, more.facts) == (begun.nonce, {"policy": ANNAS_POLICY, "terms": "yes"})
    assert (draft(anna), draft(bela)) == (more, None)
    asked(house, anna, nonce=more.nonce)
    assert draft(anna) is None


def test_what_was_begun_and_never_sent_is_forgotten_after_a_month(house: House, anna: Customer) -> None:
    for kind, days in ((ApplicationKind.PHONE, 31), (ApplicationKind.EMAIL, 29)):
        begun = NOON - timedelta(days=days)
        house.database.carry_out(applications.save_draft, anna, kind, {"policy": ANNAS_POLICY}, now=begun)

    forgotten = house.database.carry_out(leftovers.forget_leftovers, DENES, "application_drafts", most=10, now=NOON)

    with house.database.reading() as db:
        assert db.exec(select(ApplicationDraft.kind)).all() == [ApplicationKind.EMAIL]
    assert forgotten == 1


# ── from outside ──


def test_a_stranger_is_answered_alike_whether_the_policy_exists_or_not(house: House) -> None:
    known = outside(house, nonce="a")
    policy_of(house, None, communication="postal")

    unknown = outside(house, nonce="b")

    with house.database.reading() as db:
        rows = db.exec(select(Application.account_id, Application.policy_id, Application.email)).all()
    assert rows == [(None, None, ANNA)] * 2
    assert (known.due_on, known.repeated) == (unknown.due_on, unknown.repeated)
    assert [facts_of(job)["link"] for job in post_to(house, ANNA)] == ["", ""]
    assert {job.language for job in post_to(house, ANNA)} == {"en"}


def test_a_strangers_form_sent_twice_is_one_request(house: House) -> None:
    assert [outside(house).repeated, outside(house).repeated] == [False, True]


def test_nobody_can_flood_an_address_that_is_not_theirs(house: House) -> None:
    for number in range(6):
        outside(house, nonce=f"{number}")

    assert len(post_to(house, ANNA)) == applications.MAILS_A_DAY
    with house.database.reading() as db:
        assert db.exec(select(func.count()).select_from(Application)).one() == 6


def test_one_address_stays_one_however_it_is_written(house: House) -> None:
    for number in range(6):
        outside(house, email=ANNA[:number] + ANNA[number:].capitalize(), nonce=f"{number}")

    assert len(post_to(house, ANNA)) == applications.MAILS_A_DAY
    with house.database.reading() as db:
        assert db.exec(select(func.count()).select_from(Job)).one() == applications.MAILS_A_DAY


def test_a_strangers_policy_number_does_nothing_to_the_terminal_of_staff(house: House) -> None:
    new = NewApplication(ApplicationKind.LOST_ACCESS, "n", {"name": "A\x1b[2J"}, "KGFB\x1b]0;itt\x07-1\x00\n2")
    house.database.carry_out(
        applications.submit_from_outside, OUTSIDE, new, email=ANNA, language="hu", brand=house.brand, now=NOON
    )

    listed = house.database.ask(decisions.list_open, DENES, now=NOON)[0]

    assert (listed.policy_number, listed.facts["name"]) == ("KGFB]0;itt-1 2", "A[2J")


def test_every_step_is_recorded_without_personal_data(house: House, anna: Customer) -> None:
    receipt = asked(house, anna, ApplicationKind.MERGE, login="titkos")
    house.database.carry_out(applications.withdraw, anna, receipt.public_id, now=NOON)

    with house.database.reading() as db:
        events = db.exec(select(Event.act, Event.details).where(Event.about == receipt.public_id).order_by(Event.id)).all()
    assert events == [("application:submitted", '{"kind": "merge"}'), ("application:withdrawn", "")]
