"""Where somebody's accounts are is told to the address on file, and to nobody else."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from sqlmodel import select

from portal_app.database.tables import Account, Event, Job, Login, Policy
from portal_app.domain.actors import Customer, Stranger
from portal_app.domain.brands import LoginKind, PortalName
from portal_app.domain.policies import plate_key
from portal_app.services import whereabouts
from portal_app.services.house import House
from tests.cast import ANNA, ANNAS_POLICY, BELA, BELAS_POLICY, NOON
from tests.correspondence import letter
from tests.visitors import active, facts_of, full_customer, post_to

GUEST = Stranger("198.51.100.7")
ANNAS_ID, BELAS_ID = "482917365", "105332871"
ANNAS_PLATE, BELAS_PLATE = "ABC-123", "XYZ-987"
KINDS = ("whereabouts", "whereabouts_postal")


def tell(house: House, clue: str, plate: str = "", *, after: timedelta = timedelta(), language: str = "hu") -> None:
    house.database.carry_out(whereabouts.tell_whereabouts, GUEST, clue, plate, language=language, now=NOON + after)


def told(house: House) -> list[Job]:
    """The answers that are owed, the oldest first."""
    with house.database.reading() as db:
        jobs = [job for job in db.exec(select(Job).order_by(Job.id)) if job.kind in KINDS]  # type: ignore[arg-type]
        db.expunge_all()
        return jobs


def policy(
    house: House, number: str, email: str, *, plate: str = "", account: Customer | None = None, postal: bool = False
) -> None:
    """Let the insurer have stated a policy."""
    account_id = account.account_id if account else None
    with house.database.writing() as db:
        db.add(
            Policy(
                number=number, product="KGFB", holder_name="Minta", email=email, plate_number=plate, plate_key=plate_key(plate),
                communication="postal" if postal else "electronic", sales_route="broker_online", status="active", as_of=NOON,
                account_id=account_id, opened_account_id=account_id,
            )
        )  # fmt: skip


@pytest.fixture
def anna(house: House) -> Customer:
    """Anna has an account of the full portal, with a policy in it; Béla has his own, and his address is not hers."""
    bela = full_customer(house, BELA, login=BELAS_ID)
    policy(house, BELAS_POLICY, BELA, plate=BELAS_PLATE, account=bela)
    anna = full_customer(house, ANNA, login=ANNAS_ID)
    policy(house, ANNAS_POLICY, ANNA, plate=ANNAS_PLATE, account=anna)
    return anna


@pytest.mark.parametrize(
    ("clue", "plate"),
    [
        (ANNA, ""),
        (f"  {ANNA.upper()} ", ""),
        (ANNAS_ID, ""),
        ("482 917-365", ""),
        (ANNAS_POLICY, ""),
        (ANNAS_POLICY.lower(), "abc 123"),
        ("", "abc123"),
    ],
)
def test_the_answer_goes_to_the_address_on_file_whatever_is_known(house: House, anna: Customer, clue: str, plate: str) -> None:
    tell(house, clue, plate)

    answers = told(house)
    assert [(job.kind, job.recipient, job.account_id) for job in answers] == [("whereabouts", ANNA, anna.account_id)]
    assert facts_of(answers[0]) == {"accounts": "ugyfelportal 482 917 365"}
    assert BELAS_ID not in answers[0].facts.replace(" ", "")


@pytest.mark.parametrize(
    ("clue", "plate"),
    [
        ("", ""),
        ("senki@pelda.example", ""),
        ("999888777", ""),
        ("KGFB-2026-999999", ""),
        ("", "AAA-000"),
        (ANNAS_POLICY, BELAS_PLATE),
        ("%", ""),
        ("' OR 1=1 --", ""),
        ("ő" * 300, "ű" * 300),
    ],
)
def test_for_what_leads_nowhere_nothing_is_sent(house: House, anna: Customer, clue: str, plate: str) -> None:
    tell(house, clue, plate)

    assert told(house) == []


def test_one_answer_names_every_account_of_the_address(house: House, anna: Customer) -> None:
    full_customer(house, ANNA, login="111222333")
    active(house, ANNA, "AnnaBela12")

    tell(house, ANNAS_ID)

    assert [facts_of(job)["accounts"] for job in told(house)] == [
        "ugyfelportal 482 917 365\nugyfelportal 111 222 333\nkuldemenyeim anna@pelda.example"
    ]


def test_who_gets_letters_by_post_is_told_so_where_an_address_is_known(house: House, anna: Customer) -> None:
    policy(house, "LAK-1", "postas@pelda.example", postal=True)
    policy(house, "LAK-2", "", postal=True)

    for clue in ("LAK-1", "LAK-2"):
        tell(house, clue, language="en")
    tell(house, "Postas@pelda.example")

    assert [(job.kind, job.recipient, job.account_id, facts_of(job)) for job in told(house)] == [
        ("whereabouts_postal", "postas@pelda.example", None, {})
    ] * 2


def test_an_account_and_a_policy_by_post_are_told_in_one_answer(house: House, anna: Customer) -> None:
    policy(house, "LAK-1", ANNA, postal=True)

    tell(house, ANNA)

    assert [facts_of(job) for job in told(house)] == [{"accounts": "ugyfelportal 482 917 365", "postal": 1}]


def test_an_ended_policy_by_post_is_not_spoken_of(house: House) -> None:
    policy(house, "LAK-1", ANNA, postal=True)
    with house.database.writing() as db:
        ended = db.exec(select(Policy)).one()
        ended.status, ended.ended_on = "ended", date(2025, 1, 1)

    tell(house, ANNA)

    assert told(house) == []


@pytest.mark.parametrize("status", ["closed", "merged", "unconfirmed"])
def test_accounts_that_are_none_are_not_spoken_of(house: House, anna: Customer, status: str) -> None:
    with house.database.writing() as db:
        db.get_one(Account, anna.account_id).status = status

    tell(house, ANNAS_ID)
    tell(house, ANNA)

    assert told(house) == []


def test_identifiers_that_may_be_somebody_elses_are_shown_in_part(house: House, anna: Customer) -> None:
    with house.database.writing() as db:
        for kind, shown in ((LoginKind.EMAIL, "regi.cim@masik.example"), (LoginKind.CHOSEN, "annuska")):
            db.add(Login(account_id=anna.account_id, kind=kind, key=shown, shown=shown))
    tell(house, ANNA)
    with house.database.writing() as db:
        db.get_one(Account, anna.account_id).email_confirmed_at = None

    tell(house, ANNA)

    assert [facts_of(job)["accounts"] for job in told(house)] == [
        "ugyfelportal 482 917 365, r***@masik.example, annuska",
        "ugyfelportal 482 917 365, r***@masik.example, a***",
    ]


def test_at_most_three_answers_an_hour_go_to_one_address(house: House, anna: Customer) -> None:
    for number, clue in enumerate([ANNA, ANNAS_ID, ANNAS_POLICY, ANNA, "482-917-365"]):
        tell(house, clue, after=timedelta(minutes=number))
    assert len(told(house)) == 3
    tell(house, BELA, after=timedelta(minutes=6))
    tell(house, ANNA, after=timedelta(minutes=61))

    assert [job.recipient for job in told(house)] == [ANNA, ANNA, ANNA, BELA, ANNA]


def test_all_who_ask_at_once_bring_three_answers_to_an_address_without_account(house: House) -> None:
    policy(house, BELAS_POLICY, BELA, postal=True)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: tell(house, BELAS_POLICY), range(6)))

    assert len(told(house)) == 3


def test_what_was_told_is_recorded_without_personal_data(house: House, anna: Customer) -> None:
    tell(house, ANNAS_POLICY, ANNAS_PLATE)

    with house.database.reading() as db:
        events = db.exec(select(Event).where(Event.act == "whereabouts:told")).all()
        assert [(event.actor_kind, event.account_id, event.details) for event in events] == [
            ("stranger", anna.account_id, '{"accounts": 1}')
        ]


def test_the_owner_of_the_mailbox_hears_only_of_what_is_theirs(house: House, anna: Customer) -> None:
    tell(house, BELA)
    tell(house, "", BELAS_PLATE)

    assert [job.recipient for job in told(house)] == [BELA, BELA]
    assert post_to(house, ANNA, "whereabouts") == []


# ── the wrong place ──


def empty(house: House, actor: Customer) -> bool:
    return house.database.ask(whereabouts.is_in_an_empty_place, actor)


@pytest.mark.parametrize("portal", [PortalName.UGYFELPORTAL, PortalName.ONLINE24])
def test_an_account_without_policy_and_letter_is_an_empty_place(house: House, anna: Customer, portal: PortalName) -> None:
    lost = full_customer(house, "uj@pelda.example", login="777666555", portal=portal)

    assert empty(house, lost)
    assert not empty(house, anna)


def test_a_letter_alone_makes_it_the_right_place_even_in_the_bin(house: House, anna: Customer) -> None:
    lost = full_customer(house, "uj@pelda.example", login="777666555")

    letter(house, lost, changes={"binned_at": NOON})

    assert not empty(house, lost)


def test_a_letter_that_nobody_sees_yet_does_not(house: House, anna: Customer) -> None:
    lost = full_customer(house, "uj@pelda.example", login="777666555")

    letter(house, lost, changes={"publish_at": NOON + timedelta(days=1)})

    assert empty(house, lost)


def test_the_letter_box_is_never_the_wrong_place(house: House) -> None:
    account_id = active(house, ANNA, "AnnaBela12")

    assert not empty(house, Customer(account_id, 1, "kuldemenyeim"))
