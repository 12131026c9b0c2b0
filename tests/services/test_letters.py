"""One letter: opened, confirmed, marked unread, and nobody else's."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import select

from portal_app.database.tables import Event, Letter
from portal_app.domain.actors import Customer
from portal_app.domain.errors import DocumentNotFound, LetterNotFound
from portal_app.domain.kinds import LetterKind
from portal_app.services import documents, letters
from portal_app.services.house import House
from tests import correspondence
from tests.cast import NOON
from tests.making import letter_pdf

LATER = NOON + timedelta(hours=3)


def acts(house: House) -> list[str]:
    with house.database.reading() as db:
        return [
            event.act for event in db.exec(select(Event).order_by(Event.id)) if event.act in {"letter:opened", "letter:confirmed"}
        ]


@pytest.mark.requirement("R2")
def test_a_letter_shows_everything_the_page_needs(house: House, anna: Customer) -> None:
    pdf = letter_pdf()
    letter_id = correspondence.letter(
        house, anna, "Díjfizetési felszólító", files=(("Felszólító.pdf", pdf),), due_on=date(2026, 2, 1), amount=20611,
        kind=LetterKind.PAYMENT_REMINDER, summary="Kérjük, fizesse be.", plate_number="ABC-123",
    )  # fmt: skip

    shown = house.database.ask(letters.read_letter, anna, letter_id, now=NOON)

    assert (shown.subject, shown.kind, shown.summary) == ("Díjfizetési felszólító", "payment_reminder", "Kérjük, fizesse be.")
    assert (shown.due_on, shown.amount, shown.plate_number) == (date(2026, 2, 1), 20611, "ABC-123")
    assert shown.readable_until == date(2027, 1, 10)
    assert shown.reference.startswith("REF-")
    assert [(file.name, file.size, file.media_type) for file in shown.documents] == [
        ("Felszólító.pdf", len(pdf), "application/pdf")
    ]


def test_reading_without_opening_leaves_the_letter_unread(house: House, anna: Customer) -> None:
    letter_id = correspondence.letter(house, anna)

    shown = house.database.ask(letters.read_letter, anna, letter_id, now=LATER)

    assert (shown.unread, shown.opened_at, acts(house)) == (True, None, [])


def test_opening_marks_the_letter_read_and_is_recorded_once(house: House, anna: Customer) -> None:
    letter_id = correspondence.letter(house, anna)

    first = house.database.carry_out(letters.open_letter, anna, letter_id, now=LATER)
    again = house.database.carry_out(letters.open_letter, anna, letter_id, now=LATER + timedelta(days=1))

    assert (first.unread, first.opened_at) == (False, LATER)
    assert again.opened_at == LATER
    assert acts(house) == ["letter:opened"]


def test_the_proof_of_opening_names_the_delivery(house: House, anna: Customer) -> None:
    letter_id = correspondence.letter(house, anna)

    house.database.carry_out(letters.open_letter, anna, letter_id, now=LATER)

    with house.database.reading() as db:
        event = db.exec(select(Event).where(Event.act == "letter:opened")).one()
        letter = db.exec(select(Letter)).one()
        assert (event.at, event.about, event.delivery_id) == (LATER, letter_id, letter.delivery_id)


def test_opening_counts_what_is_unread_and_refreshes_other_tabs(house: House, anna: Customer) -> None:
    opened, _ = correspondence.letter(house, anna), correspondence.letter(house, anna)
    before = correspondence.account_of(house, anna).revision

    house.database.carry_out(letters.open_letter, anna, opened, now=LATER)

    account = correspondence.account_of(house, anna)
    assert (account.unread, account.revision) == (1, before + 1)


def test_a_letter_marked_unread_keeps_the_proof_that_it_was_opened(house: House, anna: Customer) -> None:
    letter_id = correspondence.letter(house, anna)
    house.database.carry_out(letters.open_letter, anna, letter_id, now=LATER)

    house.database.carry_out(letters.mark_unread, anna, letter_id, now=LATER)

    shown = house.database.ask(letters.read_letter, anna, letter_id, now=LATER)
    assert (shown.unread, shown.opened_at, correspondence.account_of(house, anna).unread) == (True, LATER, 1)


def test_receipt_is_confirmed_once(house: House, anna: Customer) -> None:
    letter_id = correspondence.letter(house, anna, requires_confirmation=True)
    assert house.database.ask(letters.read_letter, anna, letter_id, now=NOON).awaits_confirmation

    confirmed = house.database.carry_out(letters.confirm_receipt, anna, letter_id, now=LATER)
    again = house.database.carry_out(letters.confirm_receipt, anna, letter_id, now=LATER + timedelta(days=1))

    assert (confirmed.awaits_confirmation, confirmed.confirmed_at, again.confirmed_at) == (False, LATER, LATER)
    assert acts(house) == ["letter:confirmed"]


def test_a_letter_that_asks_for_nothing_is_not_confirmed(house: House, anna: Customer) -> None:
    letter_id = correspondence.letter(house, anna)

    shown = house.database.carry_out(letters.confirm_receipt, anna, letter_id, now=LATER)

    assert (shown.confirmed_at, acts(house)) == (None, [])


@pytest.mark.parametrize("verb", [letters.read_letter, letters.open_letter, letters.confirm_receipt, letters.mark_unread])
def test_a_customer_cannot_touch_anothers_letter(house: House, anna: Customer, bela: Customer, verb) -> None:
    letter_id = correspondence.letter(house, anna, requires_confirmation=True)

    with pytest.raises(LetterNotFound) as refusal:
        house.database.carry_out(verb, bela, letter_id, now=NOON)

    assert refusal.value.facts == {}
    shown = house.database.ask(letters.read_letter, anna, letter_id, now=NOON)
    assert (shown.unread, shown.opened_at, shown.confirmed_at) == (True, None, None)


@pytest.mark.parametrize("verb", [letters.read_letter, letters.open_letter, letters.confirm_receipt, letters.mark_unread])
def test_a_missing_a_waiting_and_an_expired_letter_answer_alike(house: House, anna: Customer, verb) -> None:
    waiting = correspondence.letter(house, anna, publish_at=NOON + timedelta(days=1))
    expired = correspondence.letter(house, anna, changes={"erase_on": date(2026, 1, 10)})

    for letter_id in (waiting, expired, "0" * 32, "", "x" * 5000):
        with pytest.raises(LetterNotFound) as refusal:
            house.database.carry_out(verb, anna, letter_id, now=NOON)
        assert refusal.value.facts == {}


@pytest.mark.requirement("R24")
def test_a_letter_is_readable_to_the_end_of_its_last_day_in_budapest(house: House, anna: Customer) -> None:
    letter_id = correspondence.letter(house, anna, changes={"erase_on": date(2026, 1, 11)})

    house.database.ask(letters.read_letter, anna, letter_id, now=datetime(2026, 1, 10, 22, 59, tzinfo=UTC))
    with pytest.raises(LetterNotFound):
        house.database.ask(letters.read_letter, anna, letter_id, now=datetime(2026, 1, 10, 23, 0, tzinfo=UTC))


def test_a_letter_in_the_bin_can_still_be_read_by_its_owner(house: House, anna: Customer) -> None:
    letter_id = correspondence.letter(house, anna, changes={"binned_at": NOON})

    assert house.database.ask(letters.read_letter, anna, letter_id, now=NOON).binned


# ── documents ──


def document_of(house: House, actor: Customer, letter_id: str) -> str:
    return house.database.ask(letters.read_letter, actor, letter_id, now=NOON).documents[0].public_id


@pytest.mark.requirement("R25")
def test_the_owner_gets_exactly_the_bytes_that_were_handed_in(house: House, anna: Customer) -> None:
    pdf = letter_pdf()
    document_id = document_of(house, anna, correspondence.letter(house, anna, files=(("Levél.pdf", pdf),)))

    found = house.database.ask(documents.find_document, anna, document_id, now=NOON)

    assert house.objects.read(found.object_key, found.wrapped_key) == pdf
    assert found.name == "Levél.pdf"


def test_a_customer_cannot_find_anothers_document(house: House, anna: Customer, bela: Customer) -> None:
    document_id = document_of(house, anna, correspondence.letter(house, anna, files=(("Levél.pdf", letter_pdf()),)))

    with pytest.raises(DocumentNotFound):
        house.database.ask(documents.find_document, bela, document_id, now=NOON)


@pytest.mark.parametrize("hidden", [{"publish_at": NOON + timedelta(days=1)}, {"erase_on": date(2026, 1, 10)}])
def test_documents_of_waiting_and_expired_letters_are_not_found(house: House, anna: Customer, hidden) -> None:
    letter_id = correspondence.letter(house, anna, files=(("Levél.pdf", letter_pdf()),))
    document_id = document_of(house, anna, letter_id)
    with house.database.writing() as db:
        letter = db.exec(select(Letter).where(Letter.public_id == letter_id)).one()
        for name, value in hidden.items():
            setattr(letter, name, value)

    for wanted in (document_id, "0" * 32, ""):
        with pytest.raises(DocumentNotFound):
            house.database.ask(documents.find_document, anna, wanted, now=NOON)
