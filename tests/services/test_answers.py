"""What the insurer reads of its customers' messages, and how its answers come before them."""

from datetime import date, timedelta

import pytest
from sqlmodel import select

from portal_app.database.tables import Event, Job, Letter
from portal_app.domain.actors import Customer
from portal_app.domain.errors import DocumentNotFound, MessageNotFound, ReplyEmpty, ReplyTooLong
from portal_app.domain.messages import Purpose
from portal_app.gateways.scanner import NoScanner
from portal_app.services import answers, documents, letters, messages
from portal_app.services import bin as bins
from portal_app.services.documents import NewFile
from portal_app.services.house import House
from tests import correspondence
from tests.cast import ANNA, ANNAS_POLICY, CORE, DENES, NOON
from tests.making import letter_pdf, photo

LATER = NOON + timedelta(hours=2)


def stored(house: House, name: str, content: bytes) -> NewFile:
    checked = documents.check_upload(name, content, most=10_000_000, scanner=NoScanner())
    return documents.store_files(house.objects, [checked])[0]


def sent(house: House, actor: Customer, letter_id: str, text: str = "Kérem a javítást.", *files: NewFile) -> str:
    return house.database.carry_out(
        messages.send_reply, actor, letter_id, text, files, mark=f"{letter_id}{text}", brand=house.brand, now=NOON
    ).public_id


def give(house: House, message_id: str, text: str = "Javítottuk.", *files: NewFile, actor=CORE) -> answers.AnswerReceipt:
    return house.database.carry_out(answers.answer, actor, message_id, text, files, brand=house.brand, now=LATER)


# ── reading ──


@pytest.mark.parametrize("actor", [CORE, DENES])
def test_the_insurer_reads_everything_it_needs_to_answer(house: House, anna: Customer, actor) -> None:
    letter_id = correspondence.letter(house, anna, "Index levél")
    picture = photo("PNG")
    message_id = sent(house, anna, letter_id, "Kérem a javítást.", stored(house, "kép.png", picture))

    (read,) = house.database.ask(answers.list_messages, actor)

    assert (read.id, read.purpose, read.status, read.subject) == (message_id, "reply", "received", "Index levél")
    assert (read.text, read.policy_number, read.email) == ("Kérem a javítást.", ANNAS_POLICY, ANNA)
    assert (read.written_at, read.due_on, read.answers) == (NOON, date(2026, 1, 25), 0)
    assert read.letter_external_ref.startswith("REF-")
    assert [(file.name, file.size, file.media_type) for file in read.files] == [("kép.png", len(picture), "image/png")]


def test_the_files_of_a_message_can_be_read(house: House, anna: Customer) -> None:
    picture = photo("PNG")
    sent(house, anna, correspondence.letter(house, anna), "Itt a kép.", stored(house, "kép.png", picture))
    file_id = house.database.ask(answers.list_messages, CORE)[0].files[0].public_id

    found = house.database.ask(answers.find_file, CORE, file_id)

    assert (found.name, house.objects.read(found.object_key, found.wrapped_key)) == ("kép.png", picture)


def test_files_that_are_not_a_customers_message_are_not_found(house: House, anna: Customer) -> None:
    letter_id = correspondence.letter(house, anna, files=(("Levél.pdf", letter_pdf()),))
    own = house.database.ask(letters.read_letter, anna, letter_id, now=NOON).documents[0].public_id

    for wanted in (own, "0" * 32, ""):
        with pytest.raises(DocumentNotFound):
            house.database.ask(answers.find_file, CORE, wanted)


def test_reading_goes_on_after_the_last_message_read(house: House, anna: Customer, bela: Customer) -> None:
    annas, belas = correspondence.letter(house, anna), correspondence.letter(house, bela)
    ids = [sent(house, anna, annas, "1"), sent(house, bela, belas, "2"), sent(house, anna, annas, "3")]

    def read(**wanted: object) -> list[str]:
        return [message.id for message in house.database.ask(answers.list_messages, CORE, **wanted)]

    assert read() == ids
    assert read(most=2) == ids[:2]
    assert read(after=ids[1]) == ids[2:]
    assert read(after=ids[2]) == []
    with pytest.raises(MessageNotFound):
        read(after="0" * 32)


def test_only_open_messages_are_listed_when_wanted(house: House, anna: Customer) -> None:
    letter_id = correspondence.letter(house, anna)
    answered, open_one = sent(house, anna, letter_id, "1"), sent(house, anna, letter_id, "2")
    give(house, answered)

    assert [message.id for message in house.database.ask(answers.list_messages, CORE, open_only=True)] == [open_one]
    assert [message.answers for message in house.database.ask(answers.list_messages, CORE)] == [1, 0]


def test_deleted_by_the_customer_a_message_stays_with_the_insurer(house: House, anna: Customer) -> None:
    message_id = sent(house, anna, correspondence.letter(house, anna))

    house.database.carry_out(bins.bin_messages, anna, [message_id], now=LATER)

    assert [message.id for message in house.database.ask(answers.list_messages, CORE)] == [message_id]


def test_the_customer_sees_that_somebody_works_on_the_message(house: House, anna: Customer) -> None:
    letter_id = correspondence.letter(house, anna)
    message_id = sent(house, anna, letter_id)

    house.database.carry_out(answers.take_up, DENES, message_id, now=LATER)
    assert house.database.ask(messages.read_thread, anna, letter_id, now=LATER)[0].status == "in_progress"

    give(house, message_id)
    house.database.carry_out(answers.take_up, DENES, message_id, now=LATER)
    assert house.database.ask(messages.read_thread, anna, letter_id, now=LATER)[0].status == "answered"


# ── answering ──


@pytest.mark.requirement("R20")
def test_an_answer_stands_in_the_thread_with_its_files(house: House, anna: Customer) -> None:
    letter_id = correspondence.letter(house, anna)
    message_id = sent(house, anna, letter_id)
    pdf = letter_pdf()

    receipt = give(house, message_id, "Javítottuk.\r\n", stored(house, "Javított.pdf", pdf))

    asked, answered = house.database.ask(messages.read_thread, anna, letter_id, now=LATER)
    assert (asked.status, asked.by_customer, answered.by_customer) == ("answered", True, False)
    assert (answered.text, answered.written_at, answered.public_id) == ("Javítottuk.", LATER, receipt.id)
    found = house.database.ask(documents.find_document, anna, answered.documents[0].public_id, now=LATER)
    assert house.objects.read(found.object_key, found.wrapped_key) == pdf


def test_an_answer_makes_the_letter_unread_refreshes_tabs_and_owes_an_e_mail_without_content(
    house: House, anna: Customer
) -> None:
    letter_id = correspondence.letter(house, anna, "Titkos tárgy")
    house.database.carry_out(letters.open_letter, anna, letter_id, now=NOON)
    message_id = sent(house, anna, letter_id)
    before = correspondence.account_of(house, anna)

    give(house, message_id, "Titkos válasz")

    after = correspondence.account_of(house, anna)
    assert (before.unread, after.unread, after.revision) == (0, 1, before.revision + 1)
    with house.database.reading() as db:
        owed = db.exec(select(Job).where(Job.kind == "new_answer")).one()
        assert (owed.recipient, owed.facts) == (ANNA, f'{{"link": "/kuldemenyek/{letter_id}"}}')
        assert db.exec(select(Event).where(Event.act == "message:answered")).one().details == ""


def test_an_answer_brings_its_letter_back_from_the_bin(house: House, anna: Customer) -> None:
    letter_id = correspondence.letter(house, anna)
    message_id = sent(house, anna, letter_id)
    house.database.carry_out(bins.bin_letters, anna, [letter_id], now=NOON)

    give(house, message_id)

    shown = house.database.ask(letters.read_letter, anna, letter_id, now=LATER)
    assert (shown.binned, shown.unread) == (False, True)


def test_the_same_answer_given_twice_is_one_answer(house: House, anna: Customer) -> None:
    letter_id = correspondence.letter(house, anna)
    message_id = sent(house, anna, letter_id)

    first, again = give(house, message_id), give(house, message_id)
    other = give(house, message_id, "Még valami.")

    assert (first.repeated, again.repeated, again.id, other.repeated) == (False, True, first.id, False)
    assert len(house.database.ask(messages.read_thread, anna, letter_id, now=LATER)) == 3


def test_a_message_is_found_by_its_reference_as_people_write_it(house: House, anna: Customer) -> None:
    letter_id = correspondence.letter(house, anna)
    sent(house, anna, letter_id)
    reference = house.database.ask(messages.read_thread, anna, letter_id, now=LATER)[0].reference

    assert give(house, f" {reference.lower()} ").answers == reference


@pytest.mark.parametrize(("text", "refusal"), [("", ReplyEmpty), (" \n ", ReplyEmpty), ("x" * 20_001, ReplyTooLong)])
def test_an_answer_needs_words_and_not_too_many(house: House, anna: Customer, text: str, refusal: type[Exception]) -> None:
    letter_id = correspondence.letter(house, anna)
    message_id = sent(house, anna, letter_id)

    with pytest.raises(refusal):
        give(house, message_id, text)

    assert house.database.ask(messages.read_thread, anna, letter_id, now=LATER)[0].status == "received"


def test_an_unknown_message_and_an_answer_cannot_be_answered(house: House, anna: Customer) -> None:
    letter_id = correspondence.letter(house, anna)
    answered = give(house, sent(house, anna, letter_id))

    for wanted in (answered.id, answered.reference, "0" * 32, ""):
        with pytest.raises(MessageNotFound):
            give(house, wanted)


@pytest.mark.parametrize("gone", ["never_there", "expired"])
def test_where_no_letter_can_be_read_the_answer_comes_as_a_letter(house: House, anna: Customer, gone: str) -> None:
    file = stored(house, "Tájékoztató.pdf", letter_pdf())
    if gone == "never_there":
        message_id = house.database.carry_out(
            messages.write_request, anna, anna.account_id, Purpose.UPGRADE_WISH, subject="Átlépés", text="Szeretném.",
            brand=house.brand, now=NOON,
        ).public_id  # fmt: skip
    else:
        message_id = sent(house, anna, correspondence.letter(house, anna, "Átlépés"))
        with house.database.writing() as db:
            db.exec(select(Letter)).one().erase_on = date(2026, 1, 1)

    give(house, message_id, "Hamarosan jelentkezünk.", file)

    with house.database.reading() as db:
        letter_id = db.exec(select(Letter.public_id).where(Letter.kind == "answer")).one()
    shown = house.database.ask(letters.read_letter, anna, letter_id, now=LATER)
    assert (shown.subject, shown.summary, shown.unread) == ("Átlépés", "Hamarosan jelentkezünk.", True)
    assert [document.name for document in shown.documents] == ["Tájékoztató.pdf"]
    assert give(house, message_id, "Hamarosan jelentkezünk.", file).repeated


def test_anothers_mailbox_notices_nothing_of_an_answer(house: House, anna: Customer, bela: Customer) -> None:
    correspondence.letter(house, bela)
    before = correspondence.account_of(house, bela)
    message_id = sent(house, anna, correspondence.letter(house, anna))

    give(house, message_id)

    after = correspondence.account_of(house, bela)
    assert (before.revision, before.unread) == (after.revision, after.unread)
