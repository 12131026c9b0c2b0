"""A customer's portfolio: their own policies, what is due for each, and nobody else's."""

from datetime import date, timedelta

import pytest
from sqlalchemy import event

from portal_app.domain.actors import Customer
from portal_app.domain.errors import PolicyUnknown
from portal_app.domain.kinds import LetterKind
from portal_app.domain.policies import Communication, Holder, PolicyStatement, PolicyStatus, SalesRoute
from portal_app.domain.shelves import Shelf
from portal_app.services import portfolio
from portal_app.services.bin import bin_letters
from portal_app.services.house import House
from portal_app.services.policies import state_policy
from portal_app.services.portfolio import PolicyDetails, PolicyPage
from tests.cast import ANNA, BELA, CORE, NOON
from tests.contracts import policy
from tests.correspondence import account_of, letter
from tests.mailbox import Mailbox
from tests.services.test_inbox import fill
from tests.visitors import full_customer

DAY = timedelta(days=1)
TODAY = date(2026, 1, 10)
Pair = tuple[Customer, Customer]


@pytest.fixture
def pair(house: House) -> Pair:
    """Anna and Béla, both in the full portal, without any policy."""
    return full_customer(house, ANNA), full_customer(house, BELA, login="593028476")


def listed(house: House, who: Customer, search: str = "", page: int = 1) -> PolicyPage:
    """List somebody's policies."""
    return house.database.ask(portfolio.list_policies, who, search, page, now=NOON)


def numbers(house: House, who: Customer, search: str = "") -> list[str]:
    """Name the policies of a page in their order."""
    return [line.number for line in listed(house, who, search).lines]


def details(house: House, who: Customer, number: str) -> PolicyDetails:
    """Open a policy's page."""
    return house.database.ask(portfolio.read_policy, who, number, now=NOON)


def test_running_policies_come_first_and_nobody_elses_come_at_all(house: House, pair: Pair) -> None:
    anna, bela = pair
    policy(house, anna, "LAK-2")
    policy(house, anna, "CASCO-1", status="ended", ended_on=TODAY, communication="postal")
    policy(house, anna, "KGFB-1", plate_number="ABC-123", accounting_documents=True)
    policy(house, bela, "KGFB-9", plate_number="ABC-123")

    found = listed(house, anna)

    assert [line.number for line in found.lines] == ["KGFB-1", "LAK-2", "CASCO-1"]
    assert (found.total, found.everything, found.pages) == (3, 3, 1)
    first, last = found.lines[0], found.lines[-1]
    assert (first.status, first.communication, first.accounting_documents) == (
        PolicyStatus.ACTIVE,
        Communication.ELECTRONIC,
        True,
    )
    assert (last.status, last.ended_on, last.communication) == (PolicyStatus.ENDED, TODAY, Communication.POSTAL)
    assert numbers(house, bela) == ["KGFB-9"]


@pytest.mark.parametrize("search", ["kgfb-2026-17", "KGFB 2026/17", "kgfb202617", "2026-17", "abc-123", "ABC 123", "c12"])
def test_a_policy_is_found_by_its_number_or_plate_however_it_is_typed(house: House, pair: Pair, search: str) -> None:
    anna, bela = pair
    policy(house, anna, "KGFB-2026-17", plate_number="ABC-123")
    policy(house, anna, "LAK-2025-4", plate_number="XYZ-999")
    policy(house, bela, "KGFB-2026-171", plate_number="ABC-123")

    found = listed(house, anna, search)

    assert [line.number for line in found.lines] == ["KGFB-2026-17"]
    assert (found.total, found.everything) == (1, 2)


def test_what_people_type_is_searched_for_literally(house: House, pair: Pair) -> None:
    anna, _ = pair
    policy(house, anna, "KGFB-1")

    assert numbers(house, anna, "%") == ["KGFB-1"]
    assert numbers(house, anna, "k%1") == []
    assert numbers(house, anna, "casco") == []


def test_open_tabs_learn_what_the_core_system_says_about_a_policy(house: House, pair: Pair) -> None:
    anna = pair[0]
    policy(house, anna, "A", email=ANNA)
    before = [account_of(house, who).revision for who in pair]
    holder, ended = Holder("Minta Anna", ANNA), PolicyStatus.ENDED
    stated = PolicyStatement("A", "KGFB", holder, Communication.ELECTRONIC, SalesRoute.DIRECT, ended, NOON + DAY, NOON)

    house.database.carry_out(
        state_policy,
        CORE,
        stated,
        consent_stated=False,
        first_access=None,
        brand=house.brand,
        secrets=house.secrets,
        now=NOON + DAY,
    )

    assert [account_of(house, who).revision - old for who, old in zip(pair, before, strict=True)] == [1, 0]
    assert [line.status for line in listed(house, anna).lines] == [PolicyStatus.ENDED]


def test_two_hundred_policies_come_in_pages(house: House, pair: Pair) -> None:
    anna, _ = pair
    for number in range(200):
        policy(house, anna, f"FLOTTA-{number:03}")

    last = listed(house, anna, page=99)

    assert (last.total, last.page, last.pages, len(last.lines)) == (200, 9, 9, 8)
    assert last.lines[-1].number == "FLOTTA-199"


def test_what_is_due_next_comes_from_the_notices_of_the_policy(house: House, pair: Pair) -> None:
    anna, bela = pair
    mine, other, his = (policy(house, who, number) for who, number in ((anna, "A"), (anna, "B"), (bela, "C")))

    def notice(who: Customer, policy_id: int, days: int, amount: int, kind: LetterKind = LetterKind.PAYMENT_NOTICE) -> str:
        return letter(house, who, kind=kind, policy_id=policy_id, due_on=TODAY + days * DAY, amount=amount)

    notice(anna, mine, -3, 1)
    notice(anna, mine, 40, 2)
    binned = notice(anna, mine, 5, 3)
    notice(anna, mine, 1, 4, LetterKind.PROPOSAL)
    notice(bela, his, 2, 5)
    house.database.carry_out(bin_letters, anna, [binned], now=NOON)

    due = {line.number: line.next_due for line in listed(house, anna).lines}

    assert due["B"] is None
    assert due["A"] is not None
    assert (due["A"].policy_id, due["A"].due_on, due["A"].amount) == (mine, TODAY + 5 * DAY, 3)
    assert other != mine


def test_a_policys_page_holds_its_own_letters_by_shelf(house: House, pair: Pair) -> None:
    anna, bela = pair
    for who, number in ((anna, "A"), (anna, "B"), (bela, "C")):
        policy(house, who, number, mailing_address="1117 Budapest, Őszirózsa köz 3.")
        for kind in (LetterKind.INDEXATION_LETTER, LetterKind.PAYMENT_NOTICE, LetterKind.INFORMATION):
            letter(house, who, f"{number} {kind.value}", kind=kind, policy_number=number)
    for age in range(1, 9):
        letter(house, anna, f"A régi {age}", kind=LetterKind.PAYMENT_NOTICE, policy_number="A", at=NOON - age * DAY)

    found = details(house, anna, "A")

    subjects = {shelf: [line.subject for line in shown.lines] for shelf, shown in found.letters.items()}
    assert (found.line.number, found.holder_name, found.consent_at) == ("A", "Minta Anna", NOON)
    assert found.mailing_address == "1117 Budapest, Őszirózsa köz 3."
    assert subjects == {
        Shelf.DOCUMENTS: ["A indexation_letter"],
        Shelf.PAYMENTS: ["A payment_notice", "A régi 1", "A régi 2", "A régi 3", "A régi 4"],
        Shelf.CORRESPONDENCE: ["A information"],
    }


def test_somebody_elses_policy_is_as_unknown_as_a_missing_one(house: House, pair: Pair) -> None:
    anna, bela = pair
    policy(house, bela, "BELA-1")

    for number in ("BELA-1", "NINCS-1", "", "bela-1"):
        with pytest.raises(PolicyUnknown):
            details(house, anna, number)

    assert details(house, bela, "BELA-1").line.number == "BELA-1"


def test_every_question_stays_within_the_owners_index_range(house: House, pair: Pair) -> None:
    anna, bela = pair
    fill(Mailbox(house.database, bela), 2_000)
    for who, count in ((bela, 300), (anna, 3)):
        for number in range(count):
            row = policy(house, who, f"{who.account_id}-{number}", plate_number=f"ABC-{number:03}")
            if number < 3:
                letter(house, who, kind=LetterKind.PAYMENT_NOTICE, policy_id=row, due_on=TODAY, amount=1)
    with house.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT", portal_writes=True) as plain:
        plain.exec_driver_sql("ANALYZE")
    asked: list[tuple[str, object]] = []

    def note(_connection, _cursor, statement, parameters, *_rest: object) -> None:
        if "FROM policy" in statement or "letter.due_on >=" in statement:
            asked.append((statement, parameters))

    event.listen(house.database.engine, "before_cursor_execute", note)
    listed(house, anna, "abc")
    details(house, anna, f"{anna.account_id}-1")
    event.remove(house.database.engine, "before_cursor_execute", note)

    explain = "EXPLAIN QUERY PLAN" if house.database.engine.dialect.name == "sqlite" else "EXPLAIN"
    with house.database.engine.connect() as connection:
        plans = [
            "\n".join(str(row) for row in connection.exec_driver_sql(f"{explain} {statement}", parameters))
            for statement, parameters in asked
        ]
    assert len(plans) == 6
    assert [plan for plan in plans if "SCAN policy" in plan or "SCAN letter" in plan or "Seq Scan" in plan] == []
