"""Customers' requests, listed and decided on the server; what was decided is what happens."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from portal_app.database.tables import Account, Application, Job
from portal_app.domain.actors import Customer, Stranger
from portal_app.domain.applications import ApplicationKind
from portal_app.gateways.clock import now
from portal_app.services import applications
from portal_app.services.applications import ApplicationView, NewApplication
from tests.asking import asked, known_policy, policy_of
from tests.cast import ANNA, ANNAS_POLICY
from tests.database.bare import bare_databases_in
from tests.operations.installed import Installed, installed_in
from tests.visitors import full_customer


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Installed]:
    """An installation on SQLite, for what does not depend on the database."""
    with bare_databases_in(tmp_path, None) as make, installed_in(tmp_path, make) as ready:
        yield ready


def anna_in(installed: Installed) -> Customer:
    """Anna with a policy that goes by post."""
    customer = full_customer(installed.house, ANNA, now=now())
    policy_of(installed.house, customer, communication="postal")
    return customer


def own(installed: Installed, actor: Customer) -> list[ApplicationView]:
    return list(installed.database.ask(applications.list_own, actor, now=now()))


def post_kinds(installed: Installed, address: str) -> list[str]:
    with installed.database.reading() as db:
        return list(db.exec(select(Job.kind).where(Job.recipient == address).order_by(Job.id)).all())


@pytest.mark.requirement("R76")
def test_requests_are_listed_with_their_dates_the_overdue_first(installed: Installed) -> None:
    anna = anna_in(installed)
    new = asked(installed.house, anna, nonce="1", now=now())
    late = asked(installed.house, anna, ApplicationKind.PHONE, nonce="2", now=now() - timedelta(days=20))

    listed = installed.call("requests", "--json")
    table = installed.call("requests", COLUMNS="200")

    requests = json.loads(listed.stdout)
    assert (listed.returncode, table.returncode) == (0, 0)
    assert [(one["reference"], one["kind"], one["overdue"]) for one in requests] == [
        (late.reference, "phone", True), (new.reference, "electronic", False),
    ]  # fmt: skip
    assert date.fromisoformat(requests[1]["due_on"]) == new.due_on
    assert requests[1]["fits"] == {"policy": True, "account": True}
    assert f"{late.due_on.isoformat()} overdue" in table.stdout
    assert "2 open, 1 overdue" in table.stdout


@pytest.mark.requirement("R77")
def test_fulfilling_changes_where_letters_go_and_tells_the_customer(installed: Installed) -> None:
    anna = anna_in(installed)
    receipt = asked(installed.house, anna, accounting="yes", now=now())

    done = installed.call("decide", receipt.reference.lower(), "--fulfil")

    policy = known_policy(installed.house)
    assert (done.returncode, json.loads(done.stdout)["status"]) == (0, "fulfilled")
    assert (policy.communication, policy.account_id, policy.accounting_documents) == ("electronic", anna.account_id, True)
    assert post_kinds(installed, ANNA) == ["application_received", "application_decided"]
    assert json.loads(installed.call("requests", "--json").stdout) == []


def test_fulfilling_a_request_from_outside_opens_the_account(embedded: Installed) -> None:
    policy_of(embedded.house, None, communication="postal", email="", sales_route="broker_online")
    new = NewApplication(ApplicationKind.ELECTRONIC, "n", {"terms": "yes", "name": "Kiss Anna"}, ANNAS_POLICY)
    receipt = embedded.database.carry_out(
        applications.submit_from_outside, Stranger(), new, email=ANNA, language="hu", brand=embedded.house.brand, now=now()
    )

    done = embedded.call("decide", receipt.reference, "--fulfil")

    with embedded.database.reading() as db:
        account = db.get_one(Account, known_policy(embedded.house).account_id)
    assert (done.returncode, account.email, account.portal) == (0, ANNA, "ugyfelportal")
    assert {"application_received", "application_decided"} < set(post_kinds(embedded, ANNA))


def test_asking_back_and_taking_up_are_seen_by_the_customer(embedded: Installed) -> None:
    anna = anna_in(embedded)
    receipt = asked(embedded.house, anna, now=now())

    answered = [embedded.call("decide", receipt.reference, *words) for words in (["--take-up"], ["--ask", "Mi a rendszám?"])]

    assert [json.loads(one.stdout)["status"] for one in answered] == ["in_progress", "waiting_for_customer"]
    assert (own(embedded, anna)[0].status, own(embedded, anna)[0].reason) == ("waiting_for_customer", "Mi a rendszám?")


def test_rejecting_says_why(embedded: Installed) -> None:
    anna = anna_in(embedded)
    receipt = asked(embedded.house, anna, now=now())

    done = embedded.call("decide", receipt.reference, "--reject", "--reason", "Nem az Ön szerződése.")

    assert (done.returncode, json.loads(done.stdout)["status"]) == (0, "rejected")
    assert own(embedded, anna)[0].reason == "Nem az Ön szerződése."
    assert known_policy(embedded.house).communication == "postal"


@pytest.mark.parametrize(
    "options",
    [[], ["--fulfil", "--take-up"], ["--reject"], ["--fulfil", "--reason", "x"], ["--reason", "x"]],
    ids=lambda options: " ".join(options) or "none",
)
def test_wrong_options_change_nothing_and_say_so_in_one_sentence(embedded: Installed, options: list[str]) -> None:
    receipt = asked(embedded.house, anna_in(embedded), now=now())

    refused = embedded.call("decide", receipt.reference, *options)

    assert (refused.returncode, refused.stdout) == (2, "")
    assert len(refused.stderr.strip().splitlines()) == 1


def test_what_cannot_be_decided_is_refused_with_one_sentence(embedded: Installed) -> None:
    anna = anna_in(embedded)
    unknown_policy = asked(embedded.house, anna, policy="NINCS-1", nonce="1", now=now())
    decided = asked(embedded.house, anna, nonce="2", now=now())
    embedded.call("decide", decided.reference, "--fulfil")

    refused = [
        embedded.call("decide", reference, "--fulfil")
        for reference in ("K-2026-NINCS2", unknown_policy.reference, decided.reference)
    ]

    assert [one.returncode for one in refused] == [1, 1, 1]
    assert all(len(one.stderr.strip().splitlines()) == 1 and not one.stdout for one in refused)
    assert own(embedded, anna)[1].status == "submitted"


def test_the_nightly_erases_what_was_decided_a_year_ago_and_nothing_that_is_open(embedded: Installed) -> None:
    anna = anna_in(embedded)
    long_ago = now() - timedelta(days=400)
    open_one = asked(embedded.house, anna, nonce="1", now=long_ago)
    withdrawn = asked(embedded.house, anna, nonce="2", now=long_ago)
    embedded.database.carry_out(applications.withdraw, anna, withdrawn.public_id, now=long_ago)

    night = embedded.call("nightly")

    assert json.loads(night.stdout)["erased_requests"] == 1
    with embedded.database.reading() as db:
        assert db.exec(select(Application.reference)).all() == [open_one.reference]
