"""What everybody may ask for, and what customers do with whole accounts, looks nobody else's rows through."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event

from portal_app.database.tables import Account
from portal_app.domain.actors import Stranger
from portal_app.domain.applications import ApplicationKind
from portal_app.domain.brands import PortalName, WhenUnopened
from portal_app.domain.closings import Ground
from portal_app.gateways.secrets import random_token, token_digest
from portal_app.services import (
    applications,
    chats,
    closings,
    merges,
    messages,
    registrations,
    retention,
    upgrades,
    ways_in,
    whereabouts,
)
from portal_app.services.applications import NewApplication
from portal_app.services.house import House
from portal_app.services.links import LinkPurpose
from portal_app.services.registrations import Wanted
from tests.accounts import FIRST, FIRST_POLICY, SECOND, SECOND_PASSWORD, SECOND_POLICY, Opened, merged, open_full
from tests.asking import asked
from tests.cast import ANNA, BELA, CORE, DENES, NOON
from tests.visitors import FULL_PASSWORD, Guest, active, post_to, secret_of, signed_in

GUEST = Stranger("198.51.100.7")
SMALL = {"duty", "installation"}


@pytest.fixture
def anna(house: House) -> Opened:
    """Anna's account of the full portal."""
    return open_full(house, FIRST, FIRST_POLICY)


def scans_of(house: House, *acts: Callable[[], object]) -> list[str]:
    """Give every question of these acts for which the database would look through a whole table."""
    said: list[tuple[str, object]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: object, _context: object, many: bool) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE", "INSERT")) and not many:
            said.append((statement, parameters))

    engine = house.database.engine
    event.listen(engine, "before_cursor_execute", note)
    for act in acts:
        act()
    event.remove(engine, "before_cursor_execute", note)
    is_sqlite = engine.dialect.name == "sqlite"
    found = []
    with engine.execution_options(portal_writes=True).connect() as connection:
        if not is_sqlite:
            connection.exec_driver_sql("SET enable_seqscan = off")
        for statement, parameters in said:
            plan = connection.exec_driver_sql(f"EXPLAIN {'QUERY PLAN ' if is_sqlite else ''}{statement}", parameters)  # type: ignore[arg-type]
            steps = [str(step[-1]).strip() for step in plan]
            found += [f"{step}: {statement}" for step in steps if is_sqlite and _scans(step)]
            found += [f"{step}: {statement}" for step in steps if step.removeprefix("->").strip().startswith("Seq Scan")]
        connection.rollback()
    assert said
    return found


def _scans(step: str) -> bool:
    verb, _, rest = step.partition(" ")
    return verb == "SCAN" and rest.partition(" ")[0] not in SMALL and "INDEX" not in rest and "subquery" not in rest


def test_strangers_let_nobody_look_through_everything(house: House, anna: Opened) -> None:
    del anna
    hashed = house.hashing.hash(FULL_PASSWORD)

    def register() -> None:
        house.database.carry_out(
            registrations.ask, GUEST, Wanted("bela.nagy", BELA), hashed, token_digest(random_token()),
            portal=PortalName.ONLINE24, language="hu", brand=house.brand, secrets=house.secrets, now=NOON,
        )  # fmt: skip

    def forgotten(login: str) -> None:
        house.database.carry_out(
            ways_in.request_new_password, GUEST, login, token_digest(random_token()),
            initial_password=FULL_PASSWORD, hashed=hashed, brand=house.brand, secrets=house.secrets, now=NOON,
        )  # fmt: skip

    def lost() -> None:
        new = NewApplication(ApplicationKind.LOST_ACCESS, "n", {"name": "Kiss Anna", "plate_number": "ABC-123"}, FIRST_POLICY)
        house.database.carry_out(
            applications.submit_from_outside, GUEST, new, email=ANNA, language="hu", brand=house.brand, now=NOON
        )

    def where(clue: str, plate: str) -> None:
        house.database.carry_out(whereabouts.tell_whereabouts, GUEST, clue, plate, language="hu", now=NOON)

    scans = scans_of(
        house,
        register,
        lambda: forgotten(FIRST),
        lambda: forgotten("senki@pelda.example"),
        lambda: where(ANNA, ""),
        lambda: where("", "ABC-123"),
        lambda: where(FIRST_POLICY, "ABC-123"),
        lost,
    )

    assert scans == []


def test_confirming_a_registration_touches_no_others(house: House) -> None:
    hashed, guest = house.hashing.hash(FULL_PASSWORD), Guest(house)
    house.database.carry_out(
        registrations.ask, guest.actor, Wanted("bela.nagy", BELA), hashed, token_digest(random_token()),
        portal=PortalName.ONLINE24, language="hu", brand=house.brand, secrets=house.secrets, now=NOON,
    )  # fmt: skip
    guest.open_link(secret_of(house, post_to(house, BELA)[0]), LinkPurpose.REGISTRATION)

    def confirm() -> None:
        house.database.ask(registrations.confirmation_view, guest.actor, brand=house.brand, now=NOON)
        ticket = house.database.carry_out(registrations.reserve_confirmation, guest.actor, brand=house.brand, now=NOON)
        assert house.database.carry_out(
            registrations.conclude_confirmation, guest.actor, ticket, "", guest.browser, token_digest("cookie"),
            matches=True, brand=house.brand, now=NOON,
        )  # fmt: skip

    assert scans_of(house, confirm) == []


def test_what_nobody_confirmed_is_forgotten_without_a_look_at_letters(house: House) -> None:
    house.database.carry_out(
        registrations.ask, GUEST, Wanted("bela.nagy", BELA), "hash", token_digest(random_token()),
        portal=PortalName.ONLINE24, language="hu", brand=house.brand, secrets=house.secrets, now=NOON,
    )  # fmt: skip
    later = NOON + timedelta(days=30)

    scans = scans_of(house, lambda: house.database.carry_out(registrations.forget_unconfirmed, DENES, most=10, now=later))

    # The night may look through the few links; on PostgreSQL a plan does not tell of foreign keys, hence tests/database.
    assert [scan for scan in scans if scan.startswith("SCAN letter")] == []


def test_the_night_finds_wishes_and_unopened_letters_by_their_indexes(house: House, anna: Opened) -> None:
    del anna
    keeping = replace(house.brand.retention, when_unopened=WhenUnopened.KEEP)

    scans = scans_of(
        house,
        lambda: house.database.ask(upgrades.wishes_to_invite, DENES, brand=house.brand, most=10),
        lambda: house.database.carry_out(retention.keep_unopened, DENES, rules=keeping, most=10, now=NOON),
    )

    assert scans == []


def test_joining_and_parting_accounts_touches_no_others(house: House, anna: Opened) -> None:
    other = open_full(house, SECOND, SECOND_POLICY, email=BELA, password=SECOND_PASSWORD)
    done: list[str] = []

    scans = scans_of(
        house,
        lambda: done.append(merged(house, anna, other)),
        lambda: house.database.ask(merges.merge_page, anna.customer, brand=house.brand, now=NOON),
        lambda: house.database.carry_out(merges.undo, anna.customer, done[0], now=NOON),
    )

    assert scans == []


def test_moving_closing_and_forgetting_an_account_touches_no_others(house: House) -> None:
    customer = signed_in(house, active(house, ANNA, "AnnaBela12"))
    closed = closings.DueClosing(1, customer.account_id, Ground.OTHER, ())

    scans = scans_of(
        house,
        lambda: house.database.ask(upgrades.offer, customer, brand=house.brand, now=NOON),
        lambda: house.database.carry_out(upgrades.upgrade, customer, brand=house.brand, now=NOON),
        lambda: house.database.ask(closings.running, customer, brand=house.brand, now=NOON),
        lambda: house.database.carry_out(closings.erase_some, DENES, customer.account_id, most=10, now=NOON),
        lambda: house.database.carry_out(
            closings.finish, DENES, closed, closings.Notice("Zárás", "Zárás"), brand=house.brand, now=NOON
        ),
    )

    assert scans == []
    with house.database.reading() as db:
        assert db.get_one(Account, customer.account_id).portal == PortalName.UGYFELPORTAL


def test_requests_and_chats_of_one_customer_touch_no_others(house: House, anna: Opened) -> None:
    def chat() -> None:
        mark = messages.form_mark(anna.customer, "chat", "n", "Kérdés", ())
        house.database.carry_out(chats.send, anna.customer, "Kérdés", subject="Chat", mark=mark, brand=house.brand, now=NOON)
        house.database.carry_out(chats.say, CORE, FIRST, "Válasz", now=NOON)
        house.database.ask(chats.read_chat, anna.customer, brand=house.brand, now=NOON)
        house.database.carry_out(chats.mark_seen, anna.customer, now=NOON)

    def ask() -> None:
        receipt = asked(house, anna.customer, ApplicationKind.PHONE, policy=FIRST_POLICY)
        house.database.ask(applications.list_own, anna.customer, now=NOON)
        house.database.ask(applications.policies_for, anna.customer, ApplicationKind.ELECTRONIC)
        house.database.carry_out(applications.withdraw, anna.customer, receipt.public_id, now=NOON)

    assert scans_of(house, chat, ask) == []
