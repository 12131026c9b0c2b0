"""The core system says which policies exist, and accounts open by themselves."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import col, select

from portal_app.database.tables import Account, Credential, Job, Letter, Link, Login, Policy
from portal_app.domain.passwords import flaws_in
from portal_app.gateways.clock import now
from portal_app.services.accounts import account_of_login, open_text
from portal_app.services.house import House
from tests.cast import ANNA, ANNAS_POLICY, BELA, BELAS_POLICY
from tests.handing_over import letter, policy
from tests.ingest.conftest import Core, rows


def accounts(house: House) -> list[Account]:
    return rows(house, select(Account).order_by(col(Account.id)))


def known_policy(house: House, number: str = ANNAS_POLICY) -> Policy:
    (found,) = rows(house, select(Policy).where(Policy.number == number))
    return found


def owed(house: House, kind: str) -> list[Job]:
    return rows(house, select(Job).where(Job.kind == kind).order_by(col(Job.id)))


def mark_active(house: House, email: str) -> None:
    with house.database.writing() as db:
        account = account_of_login(db, email)
        assert account is not None
        account.status, account.activated_at = "active", now()
        db.add(account)


def letters_in(house: House, account_id: int | None) -> list[str]:
    return rows(house, select(Letter.subject).where(Letter.account_id == account_id).order_by(col(Letter.id)))


@pytest.mark.requirement("R6")
@pytest.mark.requirement("R15")
def test_electronic_consent_opens_an_account_and_owes_the_link_and_the_initial_password(core: Core, house: House) -> None:
    answer = core.put_policy(ANNAS_POLICY, holder_phone="06 30 123 4567")

    assert answer.status_code == 201
    assert {name: answer.json()[name] for name in ("portal", "account_status", "account_opened")} == {
        "portal": "kuldemenyeim", "account_status": "invited", "account_opened": True,
    }  # fmt: skip
    assert [(one.email, one.phone, one.status) for one in accounts(house)] == [(ANNA, "+36301234567", "invited")]
    assert [(job.channel, job.recipient) for job in owed(house, "activation")] == [("mail", ANNA)]
    assert [(job.channel, job.recipient) for job in owed(house, "initial_password")] == [("sms", "+36301234567")]


@pytest.mark.requirement("R92")
@pytest.mark.requirement("R16")
def test_the_initial_password_keeps_the_rules_of_its_own_portal_and_is_stored_only_as_a_hash(core: Core, house: House) -> None:
    core.put_policy(ANNAS_POLICY)

    job = owed(house, "initial_password")[0]
    sent = open_text(house.secrets, job.secret)
    (credential,) = rows(house, select(Credential))
    assert len(sent) == 12
    assert flaws_in(sent, house.brand.portal("kuldemenyeim").passwords) == []
    assert (job.channel, job.recipient) == ("mail", ANNA)
    assert sent not in credential.hash
    assert house.hashing.verify(sent, credential.hash)


@pytest.mark.requirement("R7")
@pytest.mark.requirement("R8")
@pytest.mark.requirement("R94")
def test_policies_with_the_same_address_share_one_account(core: Core, house: House) -> None:
    core.put_policy(ANNAS_POLICY)

    answer = core.put_policy(BELAS_POLICY, holder_email="Anna@PELDA.example")

    assert (answer.json()["account_opened"], answer.json()["account_status"]) == (False, "invited")
    assert len(accounts(house)) == 1
    assert len(owed(house, "activation")) == 1


@pytest.mark.requirement("R59")
def test_postal_communication_opens_nothing(core: Core, house: House) -> None:
    answer = core.put_policy(ANNAS_POLICY, communication="postal")

    assert (answer.status_code, answer.json()["portal"], answer.json()["account_status"]) == (201, None, "none")
    assert accounts(house) == []
    assert owed(house, "activation") == []


def test_a_postal_policy_needs_no_address(core: Core) -> None:
    assert core.put_policy(ANNAS_POLICY, communication="postal", holder_email=None).status_code == 201


@pytest.mark.requirement("R98")
def test_channel_consent_time_and_sales_route_are_recorded(core: Core, house: House) -> None:
    core.put_policy(ANNAS_POLICY, sales_route="branch", consent_at="2026-01-05T10:00:00+01:00", accounting_documents=True)

    known = known_policy(house)
    assert (known.communication, known.sales_route, known.accounting_documents) == ("electronic", "branch", True)
    assert known.consent_at == datetime(2026, 1, 5, 9, tzinfo=UTC)


@pytest.mark.requirement("R98")
def test_repeating_a_choice_without_its_time_keeps_the_first_time(core: Core, house: House) -> None:
    core.put_policy(ANNAS_POLICY, consent_at="2026-01-05T10:00:00Z")

    core.put_policy(ANNAS_POLICY)

    assert known_policy(house).consent_at == datetime(2026, 1, 5, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "status", "code", "pointer"),
    [
        ({"holder_email": None}, 422, "email_missing", "/holder/email"),
        ({"holder_email": ""}, 422, "email_missing", "/holder/email"),
        ({"holder_email": "anna at pelda"}, 422, "email_invalid", "/holder/email"),
        ({"holder_phone": "call me"}, 422, "phone_invalid", "/holder/phone"),
        ({"sales_route": "online24"}, 422, "account_unknown", "/holder/portal24_username"),
        ({"sales_route": "pigeon"}, 422, "request_invalid", "/sales_route"),
        ({"colour": "red"}, 422, "request_invalid", "/colour"),
        ({"holder_shoe_size": 38}, 422, "request_invalid", "/holder/shoe_size"),
        ({"product": None}, 422, "request_invalid", "/product"),
        ({"product": "a\x00b"}, 422, "request_invalid", "/product"),
        ({"as_of": "2026-01-10T12:00:00"}, 422, "request_invalid", "/as_of"),
        ({"ended_on": "2026-02-30"}, 422, "request_invalid", "/ended_on"),
    ],
)
def test_a_wrong_statement_is_refused_with_its_code_and_stores_nothing(
    core: Core, house: House, changes: dict[str, object], status: int, code: str, pointer: str
) -> None:
    answer = core.put_policy(ANNAS_POLICY, **changes)

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code)
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert accounts(house) == []
    assert rows(house, select(Policy)) == []


def test_an_older_statement_is_refused_and_changes_nothing(core: Core, house: House) -> None:
    core.put_policy(ANNAS_POLICY, as_of="2026-01-10T12:00:00Z", plate_number="ABC-123")

    answer = core.put_policy(ANNAS_POLICY, as_of="2026-01-10T11:59:59Z", plate_number="OLD-001")

    assert (answer.status_code, answer.json()["code"]) == (409, "policy_outdated")
    assert "2026-01-10T12:00:00" in answer.json()["detail"]
    assert known_policy(house).plate_number == "ABC-123"


def test_the_same_statement_again_changes_nothing(core: Core, house: House) -> None:
    first = core.put_policy(ANNAS_POLICY, as_of="2026-01-10T12:00:00Z", consent_at="2026-01-10T12:00:00Z")

    again = core.put_policy(ANNAS_POLICY, as_of="2026-01-10T12:00:00Z", consent_at="2026-01-10T12:00:00Z")

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json() | {"account_opened": False}
    assert len(owed(house, "activation")) == 1


def test_before_the_first_sign_in_a_new_address_replaces_the_link_and_keeps_the_letters(core: Core, house: House) -> None:
    core.put_policy(ANNAS_POLICY, holder_email="ana@pelda.example")
    core.deliver(letter())

    answer = core.put_policy(ANNAS_POLICY)

    assert answer.json()["account_opened"] is False
    assert [one.email for one in accounts(house)] == [ANNA]
    assert [job.recipient for job in owed(house, "activation")] == ["ana@pelda.example", ANNA]
    assert [login.key for login in rows(house, select(Login))] == [ANNA]
    assert [link.superseded_at is None for link in rows(house, select(Link).order_by(col(Link.id)))] == [False, True]
    assert [one.ended_at is None for one in rows(house, select(Credential).order_by(col(Credential.id)))] == [False, True]
    assert letters_in(house, accounts(house)[0].id) == ["Díjfizetési felszólító"]


def test_a_wrong_address_loses_its_link_when_the_right_one_has_an_account_already(core: Core, house: House) -> None:
    core.put_policy(BELAS_POLICY, holder_email=ANNA)
    core.put_policy(ANNAS_POLICY, holder_email="ana@pelda.example")

    core.put_policy(ANNAS_POLICY)

    right, wrong = accounts(house)
    assert known_policy(house).account_id == right.id
    assert [link.superseded_at is None for link in rows(house, select(Link).where(Link.account_id == wrong.id))] == [False]
    assert [link.superseded_at is None for link in rows(house, select(Link).where(Link.account_id == right.id))] == [True]
    assert owed(house, "letters_go_elsewhere") == []


def test_an_unused_account_of_several_policies_stays_when_one_of_them_moves(core: Core, house: House) -> None:
    core.put_policy(ANNAS_POLICY)
    core.put_policy(BELAS_POLICY, holder_email=ANNA)

    core.put_policy(BELAS_POLICY, holder_email=BELA)

    assert [one.email for one in accounts(house)] == [ANNA, BELA]
    assert [link.superseded_at for link in rows(house, select(Link))] == [None, None]


def test_after_the_first_sign_in_only_later_letters_go_to_the_new_address_and_the_old_one_is_told(
    core: Core, house: House
) -> None:
    core.put_policy(ANNAS_POLICY)
    core.deliver(letter("SZ-1", subject="Első"))
    mark_active(house, ANNA)

    answer = core.put_policy(ANNAS_POLICY, holder_email="uj@pelda.example")
    core.deliver(letter("SZ-2", subject="Második"))

    assert answer.json()["account_opened"] is True
    old, new = accounts(house)
    assert letters_in(house, old.id) == ["Első"]
    assert letters_in(house, new.id) == ["Második"]
    assert [job.recipient for job in owed(house, "letters_go_elsewhere")] == [ANNA]
    assert known_policy(house).opened_account_id == old.id


def test_an_address_the_customer_changed_here_is_not_undone_by_the_cores_old_one(core: Core, house: House) -> None:
    core.put_policy(ANNAS_POLICY)
    mark_active(house, ANNA)
    with house.database.writing() as db:
        account, login = db.exec(select(Account)).one(), db.exec(select(Login)).one()
        account.email = account.email_key = login.key = login.shown = "sajat@pelda.example"

    core.put_policy(ANNAS_POLICY)
    core.deliver(letter())

    assert [one.email for one in accounts(house)] == ["sajat@pelda.example"]
    assert letters_in(house, accounts(house)[0].id) == ["Díjfizetési felszólító"]


def test_a_decision_carried_out_here_stands_until_a_newer_consent(core: Core, house: House) -> None:
    core.put_policy(ANNAS_POLICY, consent_at="2026-01-05T10:00:00Z")
    with house.database.writing() as db:
        known = db.exec(select(Policy)).one()
        known.communication, known.decided_here_at = "postal", datetime(2026, 1, 8, 10, tzinfo=UTC)

    old_word = core.put_policy(ANNAS_POLICY, consent_at="2026-01-05T10:00:00Z")
    refused = core.deliver(letter())
    new_word = core.put_policy(ANNAS_POLICY, consent_at="2026-01-09T10:00:00Z")

    assert old_word.json()["communication"] == "postal"
    assert refused.json()["code"] == "recipient_postal"
    assert new_word.json()["communication"] == "electronic"
    assert core.deliver(letter()).status_code == 201


def test_turning_postal_keeps_the_letters_that_are_there(core: Core, house: House) -> None:
    core.put_policy(ANNAS_POLICY)
    core.deliver(letter("SZ-1"))

    core.put_policy(ANNAS_POLICY, communication="postal")

    assert core.deliver(letter("SZ-2")).json()["code"] == "recipient_postal"
    assert letters_in(house, accounts(house)[0].id) == ["Díjfizetési felszólító"]


def test_a_closed_account_opens_again_as_a_new_one(core: Core, house: House) -> None:
    core.put_policy(ANNAS_POLICY)
    with house.database.writing() as db:
        db.exec(select(Account)).one().status = "closed"

    refused = core.deliver(letter())
    answer = core.put_policy(ANNAS_POLICY)

    assert (refused.status_code, refused.json()["code"]) == (409, "account_closed")
    assert answer.json()["account_opened"] is True
    assert [one.status for one in accounts(house)] == ["closed", "invited"]
    assert core.deliver(letter()).status_code == 201


def test_a_policy_that_ended_long_ago_opens_nothing(core: Core, house: House) -> None:
    long_ago = (now() - timedelta(days=400)).date().isoformat()

    answer = core.put_policy(ANNAS_POLICY, status="ended", ended_on=long_ago)

    assert (answer.status_code, answer.json()["account_status"]) == (201, "none")
    assert accounts(house) == []


def test_twenty_policies_of_one_address_at_once_open_one_account(core: Core, house: House) -> None:
    answers = core.ask_together(*(("PUT", f"/policies/P-{number}", {"json": policy()}) for number in range(20)))

    assert {answer.status_code for answer in answers} == {201}
    assert len(accounts(house)) == 1
    assert len(owed(house, "activation")) == 1
