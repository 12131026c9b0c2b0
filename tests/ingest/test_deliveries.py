"""The insurer hands over letters: what arrives, what is refused, and that nothing is stored of what is refused."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from portal_app.database.tables import Account, Delivery, Document, DocumentKey, Event, IdempotentAnswer, Job, Letter, Policy
from portal_app.domain.brands import ActiveContent
from portal_app.domain.calendar import budapest_date, years_after
from portal_app.domain.kinds import LetterKind
from portal_app.gateways.clock import now
from portal_app.services import placing
from portal_app.services.documents import read_wrapped
from portal_app.services.house import House, use_house
from portal_app.services.leftovers import forget_leftovers
from tests import making
from tests.cast import ANNA, ANNAS_POLICY, BELA, BELAS_POLICY, CORE, DENES
from tests.handing_over import HELLO, attachment, letter
from tests.ingest.conftest import Core, rows


@pytest.fixture
def annas(core: Core) -> Core:
    """The core system after it has stated Anna's policy."""
    assert core.put_policy(ANNAS_POLICY, plate_number="ABC-123").status_code == 201
    return core


def nothing_is_stored(house: House) -> bool:
    tables = (Delivery, Letter, Document, DocumentKey)
    arrivals = rows(house, select(Job).where(Job.kind == "arrival"))
    return not any(rows(house, select(table)) for table in tables) and not arrivals and not list(house.objects.list_keys())


def stored_bytes(house: House) -> list[bytes]:
    found = rows(house, select(Document, DocumentKey).join(DocumentKey).order_by(col(Document.id)))
    return [house.objects.read(document.object_key, read_wrapped(key.wrapped)) for document, key in found]


# ── what arrives ──


@pytest.mark.requirement("R10")
def test_a_letter_is_placed_with_its_bytes_its_facts_and_its_proof(annas: Core, house: House) -> None:
    second = making.letter_pdf("Melléklet")

    answer = annas.deliver(letter(files=[HELLO, second], amount=12450, due_on="2027-01-31", requires_confirmation=True))

    assert answer.status_code == 201
    said = answer.json()
    assert (said["external_ref"], said["status"], said["repeated"]) == ("SZ-1", "placed", False)
    (placed,) = rows(house, select(Letter))
    assert (placed.subject, placed.kind, placed.policy_number, placed.plate_number, placed.amount, placed.documents) == (
        "Díjfizetési felszólító", "payment_reminder", ANNAS_POLICY, "ABC-123", 12450, 2,
    )  # fmt: skip
    assert placed.requires_confirmation
    assert placed.due_on.isoformat() == "2027-01-31"
    assert stored_bytes(house) == [HELLO, second]
    assert [one.name for one in rows(house, select(Document).order_by(col(Document.id)))] == ["level-1.pdf", "level-2.pdf"]
    events = annas.ask("GET", f"/deliveries/{said['id']}/events").json()["items"]
    assert [(event["event"], event["by"]) for event in events] == [
        ("delivery:accepted", "insurer_system"),
        ("letter:placed", "insurer_system"),
    ]


@pytest.mark.requirement("R9")
@pytest.mark.parametrize("kind", list(LetterKind))
def test_every_kind_of_letter_is_delivered(annas: Core, house: House, kind: LetterKind) -> None:
    assert annas.deliver(letter(kind=kind)).status_code == 201
    assert [one.kind for one in rows(house, select(Letter))] == [kind]


@pytest.mark.requirement("R13")
@pytest.mark.requirement("R4")
@pytest.mark.requirement("R12")
def test_every_arrival_owes_an_email_that_says_how_many_and_nothing_of_the_content(annas: Core, house: House) -> None:
    annas.deliver(letter("SZ-1", subject="Titkos tárgy"))
    annas.deliver_batch([letter("SZ-2"), letter("SZ-3")])

    (job,) = rows(house, select(Job).where(Job.kind == "arrival"))
    (account,) = rows(house, select(Account))
    assert (job.recipient, job.count, job.channel) == (ANNA, 3, "mail")
    assert json.loads(job.facts) == {}
    assert (account.unread, account.revision >= 2) == (3, True)


@pytest.mark.requirement("R95")
@pytest.mark.requirement("R24")
def test_a_letter_carries_the_date_of_its_erasure(annas: Core, house: House) -> None:
    annas.deliver(letter())

    (placed,) = rows(house, select(Letter))
    assert placed.erase_on == years_after(budapest_date(placed.placed_at), 1) + timedelta(days=1)


def test_a_letter_is_found_by_what_people_type(annas: Core, house: House) -> None:
    annas.deliver(letter(summary="Kérjük, fizesse be!"))

    (placed,) = rows(house, select(Letter))
    for typed in ("dijfizetesi", "fizesse", "kgfb-2026-000001", "kgfb2026000001", "abc-123", "abc123"):
        assert typed in placed.search_key


def test_a_letter_for_later_waits_unseen_and_is_announced_at_its_time(annas: Core, house: House) -> None:
    moment = now() + timedelta(days=3)

    answer = annas.deliver(letter(publish_at=moment.isoformat()))

    assert answer.json()["status"] == "scheduled"
    assert rows(house, select(Job).where(Job.kind == "arrival")) == []
    assert rows(house, select(Account.unread)) == [0]
    too_early = house.database.carry_out(placing.publish_due, DENES, brand=house.brand, now=moment - timedelta(seconds=1))
    published = house.database.carry_out(placing.publish_due, DENES, brand=house.brand, now=moment)
    again = house.database.carry_out(placing.publish_due, DENES, brand=house.brand, now=moment)
    assert (too_early, published, again) == (0, 1, 0)
    assert [job.count for job in rows(house, select(Job).where(Job.kind == "arrival"))] == [1]
    assert rows(house, select(Account.unread)) == [1]
    state = annas.ask("GET", f"/deliveries/{answer.json()['id']}").json()
    assert state["status"] == "placed"
    assert datetime.fromisoformat(state["placed_at"]) == moment


def test_a_moment_that_has_passed_places_the_letter_at_once(annas: Core) -> None:
    assert annas.deliver(letter(publish_at="2026-01-01T00:00:00Z")).json()["status"] == "placed"


def test_letters_of_an_ended_policy_are_taken_for_a_year(core: Core) -> None:
    today = budapest_date(now())
    core.put_policy(ANNAS_POLICY)
    core.put_policy(ANNAS_POLICY, status="ended", ended_on=(today - timedelta(days=365)).isoformat())
    taken = core.deliver(letter("SZ-1"))
    core.put_policy(ANNAS_POLICY, status="ended", ended_on=(today - timedelta(days=366)).isoformat())
    refused = core.deliver(letter("SZ-2"))

    assert taken.status_code == 201
    assert (refused.status_code, refused.json()["code"]) == (409, "policy_ended")


# ── what is refused ──

PDF = attachment(HELLO)
WRONG = {"name": "b.pdf", "sha256": "0" * 64}
REFUSED: list[tuple[str, int, str, Callable[[], dict[str, Any]]]] = [
    ("policy_unknown", 422, "/policy_number", lambda: letter(policy_number="KGFB-0")),
    ("attachment_missing", 422, "/attachments", lambda: letter(attachments=[])),
    ("attachment_too_many", 422, "/attachments", lambda: letter(attachments=[PDF | {"name": f"{n}.pdf"} for n in range(21)])),
    ("attachment_checksum", 422, "/attachments/1/sha256", lambda: letter(attachments=[PDF, PDF | WRONG])),
    ("attachment_not_base64", 422, "/attachments/0/content", lambda: letter(attachments=[PDF | {"content": "%%%"}])),
    ("attachment_not_pdf", 422, "/attachments/0/content", lambda: letter(files=[b"<html>hello</html>"])),
    ("attachment_not_pdf", 422, "/attachments/0/content", lambda: letter(files=[b""])),
    ("attachment_not_pdf", 422, "/attachments/1/content", lambda: letter(files=[HELLO, making.photo("PNG")])),
    ("attachment_damaged", 422, "/attachments/0/content", lambda: letter(files=[making.damaged_pdf()])),
    ("attachment_damaged", 422, "/attachments/0/content", lambda: letter(files=[making.pdf_without_pages()])),
    ("attachment_damaged", 422, "/attachments/0/content", lambda: letter(files=[HELLO[:300]])),
    ("attachment_encrypted", 422, "/attachments/0/content", lambda: letter(files=[making.encrypted_pdf()])),
    ("attachment_active", 422, "/attachments/0/content", lambda: letter(files=[making.pdf_with_javascript()])),
    ("attachment_active", 422, "/attachments/0/content", lambda: letter(files=[making.pdf_with_launch()])),
    ("attachment_active", 422, "/attachments/0/content", lambda: letter(files=[making.pdf_with_embedded_file()])),
    ("attachment_active", 422, "/attachments/0/content", lambda: letter(files=[making.active_in_object_streams()])),
    ("request_invalid", 422, "/colour", lambda: letter(colour="red")),
    ("request_invalid", 422, "/attachments/0/type", lambda: letter(attachments=[PDF | {"type": "pdf"}])),
    ("request_invalid", 422, "/kind", lambda: letter(kind="love_letter")),
    ("request_invalid", 422, "/amount", lambda: letter(amount="12450")),
    ("request_invalid", 422, "/amount", lambda: letter(amount=10**12)),
    ("request_invalid", 422, "/due_on", lambda: letter(due_on="31.01.2027")),
    ("request_invalid", 422, "/publish_at", lambda: letter(publish_at="9999-12-31T23:59:59-12:00")),
    ("request_invalid", 422, "/subject", lambda: letter(subject="two\nlines")),
    ("request_invalid", 422, "/summary", lambda: letter(summary="a\x00b")),
]  # fmt: skip


@pytest.mark.parametrize(("code", "status", "pointer", "make"), REFUSED)
def test_what_cannot_be_delivered_is_refused_with_its_code_and_nothing_is_stored(
    annas: Core, house: House, code: str, status: int, pointer: str, make: Callable[[], dict[str, Any]]
) -> None:
    answer = annas.deliver(make())

    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert nothing_is_stored(house)
    assert rows(house, select(IdempotentAnswer)) == []


@pytest.mark.parametrize(
    "name",
    [
        "../level.pdf", "a/b.pdf", "a\\b.pdf", "C:level.pdf", "level.txt", "level", ".pdf", "level.pdf.exe", " level.pdf",
        "level.pdf ", "le\x00vel.pdf", "le\nvel.pdf", "fdp.\u202elevel.pdf", "CON.pdf", "com1.pdf", "x" * 147 + ".pdf", "",
    ],
)  # fmt: skip
def test_names_that_are_not_plain_are_refused_and_never_changed(annas: Core, house: House, name: str) -> None:
    answer = annas.deliver(letter(attachments=[PDF | {"name": name}]))

    assert (answer.status_code, answer.json()["code"]) == (422, "attachment_name")
    assert nothing_is_stored(house)


def test_hungarian_names_stay_as_they_are_and_two_alike_are_refused(annas: Core, house: House) -> None:
    assert annas.deliver(letter("SZ-1", attachments=[PDF | {"name": "Díjfizetési felszólító (2026).PDF"}])).status_code == 201

    twice = annas.deliver(letter("SZ-2", attachments=[PDF | {"name": "a.pdf"}, PDF | {"name": "A.PDF"}]))

    assert rows(house, select(Document.name)) == ["Díjfizetési felszólító (2026).PDF"]
    assert twice.json()["code"] == "attachment_name"


def test_active_content_is_only_flagged_where_the_brand_says_so(annas: Core, house: House) -> None:
    use_house(replace(house, brand=replace(house.brand, active_content=ActiveContent.FLAG)))

    assert annas.deliver(letter(files=[making.pdf_with_javascript()])).status_code == 201
    assert rows(house, select(Document.flagged)) == ["javascript"]


def test_files_and_requests_that_are_too_large_are_refused(annas: Core, house: House) -> None:
    limits = replace(house.brand.limits, attachment_bytes=1000, request_bytes=4000)
    use_house(replace(house, brand=replace(house.brand, limits=limits)))

    large = annas.deliver(letter(files=[HELLO + b" " * 1000]))
    huge = annas.deliver(letter(summary="x" * 4000))

    assert (large.status_code, large.json()["code"]) == (422, "attachment_too_large")
    assert (huge.status_code, huge.json()["code"]) == (413, "request_too_large")
    assert nothing_is_stored(house)


@pytest.mark.requirement("R5")
def test_a_kind_that_is_not_yet_electronic_is_refused_until_its_day(annas: Core, house: House) -> None:
    tomorrow = budapest_date(now()) + timedelta(days=1)
    dates = {LetterKind.PROPOSAL: tomorrow, LetterKind.PAYMENT_REMINDER: budapest_date(now())}
    use_house(replace(house, brand=replace(house.brand, electronic_from=dates)))

    refused = annas.deliver(letter("SZ-1", kind="proposal"))
    taken = annas.deliver(letter("SZ-2", kind="payment_reminder"))

    assert (refused.status_code, refused.json()["code"]) == (409, "kind_not_yet_electronic")
    assert tomorrow.isoformat() in refused.json()["detail"]
    assert taken.status_code == 201


@pytest.mark.requirement("R59")
def test_a_postal_policy_takes_no_letters(core: Core, house: House) -> None:
    core.put_policy(ANNAS_POLICY, communication="postal")

    answer = core.deliver(letter())

    assert (answer.status_code, answer.json()["code"]) == (409, "recipient_postal")
    assert nothing_is_stored(house)


# ── references ──


def test_the_same_letter_again_gets_the_first_answer(annas: Core, house: House) -> None:
    first = annas.deliver(letter())

    again = annas.deliver(letter())

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json() | {"repeated": True}
    assert len(rows(house, select(Letter))) == 1
    assert len(list(house.objects.list_keys())) == 1


@pytest.mark.parametrize(
    "changes",
    [{"subject": "Más"}, {"amount": 1}, {"files": [making.letter_pdf("Más")]}, {"policy_number": BELAS_POLICY}],
)
def test_a_reference_belongs_to_one_content(annas: Core, house: House, changes: dict[str, Any]) -> None:
    annas.deliver(letter())

    answer = annas.deliver(letter(**changes))

    assert (answer.status_code, answer.json()["code"]) == (409, "external_ref_taken")
    assert len(list(house.objects.list_keys())) == 1


def test_a_repeated_letter_is_answered_even_when_its_policy_has_turned_postal(annas: Core) -> None:
    annas.deliver(letter())
    annas.put_policy(ANNAS_POLICY, communication="postal")

    assert annas.deliver(letter()).status_code == 200


def test_twenty_at_once_with_one_reference_make_one_letter(annas: Core, house: House) -> None:
    answers = annas.ask_together(*(("POST", "/deliveries", {"json": letter(), "key": f"k{number}"}) for number in range(20)))

    assert sorted(answer.status_code for answer in answers) == [200] * 19 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(rows(house, select(Letter))) == 1
    assert len(list(house.objects.list_keys())) == 1
    assert [job.count for job in rows(house, select(Job).where(Job.kind == "arrival"))] == [1]


# ── idempotency ──


def test_a_creating_request_needs_a_key(annas: Core, house: House) -> None:
    missing = annas.deliver(letter(), key=None)
    batch = annas.deliver_batch([letter()], key=None)
    long = annas.deliver(letter(), key="x" * 256)

    assert [(one.status_code, one.json()["code"]) for one in (missing, batch, long)] == [(400, "idempotency_key_missing")] * 3
    assert nothing_is_stored(house)


def test_a_retry_gets_the_same_answer_and_says_so(annas: Core, house: House) -> None:
    first = annas.deliver(letter(), key="k")

    again = annas.deliver(letter(), key="k")

    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert len(rows(house, select(Letter))) == 1


def test_a_key_belongs_to_one_body_and_one_address(annas: Core, house: House) -> None:
    annas.deliver(letter(), key="k")

    other_body = annas.deliver(letter("SZ-2"), key="k")
    other_address = annas.ask("POST", "/deliveries/batch", content=json.dumps(letter()), key="k")

    assert [(one.status_code, one.json()["code"]) for one in (other_body, other_address)] == [(422, "idempotency_key_reused")] * 2
    assert len(rows(house, select(Letter))) == 1


def test_a_refused_request_leaves_its_key_free(annas: Core) -> None:
    refused = annas.deliver(letter(policy_number="KGFB-0"), key="k")
    corrected = annas.deliver(letter(), key="k")

    assert (refused.status_code, corrected.status_code) == (422, 201)


def test_keys_of_two_systems_do_not_meet(annas: Core, house: House) -> None:
    from portal_app.services import api_keys

    other = house.database.carry_out(api_keys.create_key, DENES, "other", now=now())
    annas.deliver(letter("SZ-1"), key="k")

    answer = annas.deliver(letter("SZ-2"), key="k", headers={"Authorization": f"Bearer {other}"})

    assert answer.status_code == 201
    assert "idempotent-replayed" not in answer.headers


def test_a_request_in_flight_is_not_done_twice_and_its_lease_ends(annas: Core, house: House) -> None:
    from portal_app.ingest.once import _digest
    from portal_app.services import idempotency

    body = json.dumps(letter()).encode()
    system = replace(CORE, key_id=1)
    digest = _digest("/api/v1/deliveries", body)
    began = now()
    house.database.carry_out(idempotency.begin, system, "k", digest, now=began)

    in_flight = annas.ask("POST", "/deliveries", content=body, key="k")
    with house.database.writing() as db:
        marker = db.exec(select(IdempotentAnswer)).one()
        lease = marker.leased_until - began
        marker.leased_until = now()
    after = annas.ask("POST", "/deliveries", content=body, key="k")

    assert (in_flight.status_code, in_flight.json()["code"]) == (409, "request_in_flight")
    assert 1 <= int(in_flight.headers["retry-after"]) <= 60
    assert lease == timedelta(seconds=60)
    assert after.status_code == 201


def test_answers_are_forgotten_after_seven_days(annas: Core, house: House) -> None:
    annas.deliver(letter(), key="k")

    def forget(after: timedelta) -> int:
        return house.database.carry_out(forget_leftovers, DENES, "answers", most=10, now=now() + after)

    assert (forget(timedelta(days=6, hours=23)), forget(timedelta(days=7, minutes=1))) == (0, 1)


def test_twenty_at_once_with_one_key_make_one_letter(annas: Core, house: House) -> None:
    answers = annas.ask_together(*(("POST", "/deliveries", {"json": letter(), "key": "k"}) for _ in range(20)))

    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1
    assert len(rows(house, select(Letter))) == 1


# ── batches ──


def test_a_batch_answers_each_letter_in_order(annas: Core, house: House) -> None:
    annas.deliver(letter("SZ-0"))

    answer = annas.deliver_batch(
        [
            letter("SZ-1"),
            letter("SZ-0"),
            letter("SZ-2", policy_number="KGFB-0"),
            {"nonsense": True},
            letter("SZ-3", files=[b"no pdf"]),
            letter("SZ-1", subject="Más"),
            letter("SZ-1"),
            letter("SZ-4", attachments=[PDF | {"content": "%"}]),
        ]
    )

    said = answer.json()
    assert answer.status_code == 207
    assert (said["accepted"], said["repeated"], said["refused"]) == (1, 2, 5)
    assert [(one["index"], one["external_ref"], one["status"]) for one in said["results"]] == [
        (0, "SZ-1", 201), (1, "SZ-0", 200), (2, "SZ-2", 422), (3, None, 422), (4, "SZ-3", 422), (5, "SZ-1", 409),
        (6, "SZ-1", 200), (7, None, 422),
    ]  # fmt: skip
    assert [one["problem"] and one["problem"]["code"] for one in said["results"]] == [
        None, None, "policy_unknown", "request_invalid", "attachment_not_pdf", "external_ref_taken", None,
        "attachment_not_base64",
    ]  # fmt: skip
    assert said["results"][4]["problem"]["errors"][0]["pointer"] == "/deliveries/4/attachments/0/content"
    assert said["results"][6]["delivery"]["id"] == said["results"][0]["delivery"]["id"]
    assert [one.external_ref for one in rows(house, select(Delivery).order_by(col(Delivery.id)))] == ["SZ-0", "SZ-1"]
    assert len(list(house.objects.list_keys())) == 2


def test_a_batch_of_several_transactions_is_placed_whole_and_replayed_whole(annas: Core, house: House) -> None:
    letters = [letter(f"SZ-{number}") for number in range(120)]

    first = annas.deliver_batch(letters, key="batch")
    again = annas.deliver_batch(letters, key="batch")
    anew = annas.deliver_batch(letters, key="another")

    assert (first.json()["accepted"], first.json()["refused"]) == (120, 0)
    assert (again.content, again.headers["idempotent-replayed"]) == (first.content, "true")
    assert (anew.json()["accepted"], anew.json()["repeated"]) == (0, 120)
    assert len(rows(house, select(Letter.id))) == 120
    assert rows(house, select(Account.unread)) == [120]
    assert [job.count for job in rows(house, select(Job).where(Job.kind == "arrival"))] == [120]


def test_a_batch_that_died_half_way_is_finished_by_its_retry(annas: Core, house: House) -> None:
    letters = [letter(f"SZ-{number}") for number in range(60)]
    annas.deliver_batch(letters[:50], key="died")
    with house.database.writing() as db:
        marker = db.exec(select(IdempotentAnswer)).one()
        marker.status, marker.answer, marker.leased_until = 0, "", now()

    retry = annas.deliver_batch(letters, key="died")

    assert (retry.json()["accepted"], retry.json()["repeated"]) == (10, 50)
    assert len(rows(house, select(Letter.id))) == 60


def test_a_batch_may_hold_five_hundred_and_no_more(annas: Core, house: House) -> None:
    answer = annas.deliver_batch([{}] * 501)
    five_hundred = annas.deliver_batch([{}] * 500)

    assert (answer.status_code, answer.json()["code"]) == (422, "batch_too_large")
    assert (five_hundred.status_code, five_hundred.json()["refused"]) == (207, 500)
    assert nothing_is_stored(house)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"deliveries": 1}', b'{"deliveries": [], "more": 1}', b"\xff" * 10, b"[" * 9999]
)
def test_a_batch_that_is_none_is_refused(annas: Core, body: bytes) -> None:
    answer = annas.ask("POST", "/deliveries/batch", content=body)

    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")


def test_two_batches_with_the_same_letters_at_once_place_each_once(annas: Core, house: House) -> None:
    letters = [letter(f"SZ-{number}") for number in range(100)]

    answers = annas.ask_together(
        ("POST", "/deliveries/batch", {"json": {"deliveries": letters}, "key": "one"}),
        ("POST", "/deliveries/batch", {"json": {"deliveries": letters[::-1]}, "key": "two"}),
    )

    assert [answer.status_code for answer in answers] == [207, 207]
    assert sum(answer.json()["accepted"] for answer in answers) == 100
    assert sum(answer.json()["repeated"] for answer in answers) == 100
    assert len(rows(house, select(Letter.id))) == 100
    assert len(list(house.objects.list_keys())) == 100


# ── dry run ──


def test_a_dry_run_judges_and_writes_nothing(annas: Core, house: House) -> None:
    fine = annas.deliver(letter(), key=None, params={"dry_run": "true"})
    refused = annas.deliver(letter(files=[b"no pdf"]), key=None, params={"dry_run": "true"})
    batch = annas.deliver_batch([letter(), letter(policy_number="KGFB-0")], key=None, params={"dry_run": "true"})

    assert (fine.status_code, fine.json()) == (200, {"external_ref": "SZ-1", "status": "acceptable", "dry_run": True})
    assert (refused.status_code, refused.json()["code"]) == (422, "attachment_not_pdf")
    assert [one["status"] for one in batch.json()["results"]] == [200, 422]
    assert nothing_is_stored(house)
    assert rows(house, select(IdempotentAnswer)) == []


def test_a_dry_run_needs_a_system_all_the_same(core: Core) -> None:
    answer = core.deliver(letter(), key=None, params={"dry_run": "true"}, headers={"Authorization": "Bearer nobody"})

    assert (answer.status_code, answer.json()["code"]) == (401, "key_missing")


def test_a_dry_run_knows_what_was_handed_over_before(annas: Core) -> None:
    annas.deliver(letter())

    again = annas.deliver(letter(), key=None, params={"dry_run": "true"})
    other = annas.deliver(letter(subject="Más"), key=None, params={"dry_run": "true"})

    assert again.json()["status"] == "repeated"
    assert other.json()["code"] == "external_ref_taken"


# ── what became of it ──


def test_a_delivery_tells_what_became_of_it(annas: Core, house: House) -> None:
    delivery_id = annas.deliver(letter()).json()["id"]
    opened_at = now()
    with house.database.writing() as db:
        placed = db.exec(select(Letter)).one()
        placed.opened_at = opened_at
        db.add(Event(at=opened_at, act="letter:opened", actor_kind="customer", actor_name="1", delivery_id=placed.delivery_id))

    state = annas.ask("GET", f"/deliveries/{delivery_id}").json()

    assert (state["status"], datetime.fromisoformat(state["opened_at"])) == ("opened", opened_at)
    assert state["readable_until"] == years_after(budapest_date(now()), 1).isoformat()
    assert annas.ask("GET", f"/deliveries/{delivery_id}/events").json()["items"][-1]["event"] == "letter:opened"


def test_an_erased_letter_leaves_its_proof(annas: Core, house: House) -> None:
    delivery_id = annas.deliver(letter()).json()["id"]
    with house.database.writing() as db:
        for table in (DocumentKey, Document, Letter):
            for row in db.exec(select(table)):
                db.delete(row)
            db.flush()

    state = annas.ask("GET", f"/deliveries/{delivery_id}").json()

    assert (state["status"], state["readable_until"]) == ("erased", None)
    assert state["placed_at"] is not None


@pytest.mark.parametrize(
    "path", ["/deliveries/0123456789abcdef0123456789abcdef", "/deliveries/0123456789abcdef0123456789abcdef/events"]
)
def test_an_unknown_delivery_is_not_found(core: Core, path: str) -> None:
    answer = core.ask("GET", path)

    assert (answer.status_code, answer.json()["code"]) == (404, "delivery_not_found")


# ── faults ──


def test_a_store_that_fails_lets_the_whole_request_fail_and_be_repeated(annas: Core, house: House, monkeypatch: Any) -> None:
    from portal_app.domain.errors import StorageFull

    def full(_: object) -> None:
        raise StorageFull

    monkeypatch.setattr(house.objects, "put_many", full)
    failed = annas.deliver(letter(), key="k")
    monkeypatch.undo()
    again = annas.deliver(letter(), key="k")

    assert (failed.status_code, failed.json()["code"]) == (507, "storage_full")
    assert again.status_code == 201


def test_a_policy_that_turns_postal_between_judgement_and_placing_gets_no_letter(
    annas: Core, house: House, monkeypatch: Any
) -> None:
    real = house.objects.put_many

    def slowly(contents: Any) -> Any:
        stored = real(contents)
        with house.database.writing() as db:
            db.exec(select(Policy)).one().communication = "postal"
        return stored

    monkeypatch.setattr(house.objects, "put_many", slowly)

    answer = annas.deliver(letter())

    assert (answer.status_code, answer.json()["code"]) == (409, "recipient_postal")
    assert nothing_is_stored(house)


def test_letters_of_two_customers_go_to_their_own_accounts(annas: Core, house: House) -> None:
    annas.put_policy(BELAS_POLICY, holder_email=BELA)

    annas.deliver_batch([letter("SZ-A", subject="Annának"), letter("SZ-B", subject="Bélának", policy_number=BELAS_POLICY)])

    found = rows(house, select(Account.email, Letter.subject).join(Letter).order_by(col(Letter.id)))
    assert [tuple(one) for one in found] == [(ANNA, "Annának"), (BELA, "Bélának")]
