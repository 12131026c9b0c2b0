"""Replies: begun, kept, sent once, and nobody else's."""

from datetime import UTC, date, datetime, timedelta
from threading import Thread

import pytest
from sqlmodel import select

from portal_app.database.tables import Draft, Event, Letter, Message
from portal_app.domain.actors import Customer
from portal_app.domain.errors import (
    DocumentNotFound,
    FileEmpty,
    FileEncrypted,
    FileInfected,
    FileTooLarge,
    FileTypeNotAllowed,
    LetterNotFound,
    MessageNotFound,
    ReplyEmpty,
    ReplyTooLong,
    ScannerUnavailable,
    TooMany,
    TooManyFiles,
)
from portal_app.domain.messages import Purpose
from portal_app.gateways.scanner import NoScanner
from portal_app.services import documents, letters, messages
from portal_app.services.documents import NewFile
from portal_app.services.house import House
from portal_app.services.messages import Receipt, Refusal
from tests import correspondence
from tests.cast import NOON
from tests.making import docx, encrypted_pdf, letter_pdf, photo

LATER = NOON + timedelta(hours=2)
SCRIPT = "<script>alert('szia')</script>"


def send(
    house: House,
    actor: Customer,
    letter_id: str,
    text: str = "Kérem a javítást.",
    files: tuple[NewFile, ...] = (),
    nonce: str = "n",
) -> Receipt:
    mark = messages.form_mark(actor, letter_id, nonce, text, [file.stored.sha256 for file in files])
    return house.database.carry_out(messages.send_reply, actor, letter_id, text, files, mark=mark, brand=house.brand, now=LATER)


def stored(house: House, name: str, content: bytes) -> NewFile:
    checked = documents.check_upload(name, content, most=10_000_000, scanner=NoScanner())
    return documents.store_files(house.objects, [checked])[0]


def thread(house: House, actor: Customer, letter_id: str) -> tuple[messages.MessageView, ...]:
    return house.database.ask(messages.read_thread, actor, letter_id, now=LATER)


# ── sending ──


@pytest.mark.requirement("R20")
def test_a_reply_stands_in_the_thread_with_reference_and_deadline(house: House, anna: Customer) -> None:
    letter_id = correspondence.letter(house, anna)

    receipt = send(house, anna, letter_id)

    (written,) = thread(house, anna, letter_id)
    assert (written.text, written.by_customer, written.status) == ("Kérem a javítást.", True, "received")
    assert (written.reference, written.due_on) == (receipt.reference, date(2026, 1, 25))
    assert receipt.reference.startswith("V-2026-")


def test_the_day_of_receipt_is_the_one_in_budapest(house: House, anna: Customer) -> None:
    letter_id = correspondence.letter(house, anna)
    late = datetime(2026, 1, 10, 23, 30, tzinfo=UTC)

    receipt = house.database.carry_out(
        messages.send_reply, anna, letter_id, "Jó estét!", (), mark="m", brand=house.brand, now=late
    )

    assert receipt.due_on == date(2026, 1, 26)


def test_the_same_form_sent_twice_is_one_message(house: House, anna: Customer) -> None:
    letter_id = correspondence.letter(house, anna)

    first, second = send(house, anna, letter_id), send(house, anna, letter_id)

    assert (first.repeated, second.repeated) == (False, True)
    assert (first.public_id, first.reference) == (second.public_id, second.reference)
    assert len(thread(house, anna, letter_id)) == 1


def test_the_same_form_sent_at_the_same_moment_is_one_message(house: House, anna: Customer) -> None:
    letter_id = correspondence.letter(house, anna)
    receipts: list[Receipt] = []

    presses = [Thread(target=lambda: receipts.append(send(house, anna, letter_id))) for _ in range(6)]
    for press in presses:
        press.start()
    for press in presses:
        press.join()

    assert len({receipt.public_id for receipt in receipts}) == 1
    assert (len(receipts), len(thread(house, anna, letter_id))) == (6, 1)


def test_a_form_sent_again_with_other_words_or_files_is_a_message_of_its_own(house: House, anna: Customer) -> None:
    letter_id = correspondence.letter(house, anna)

    send(house, anna, letter_id)
    send(house, anna, letter_id, "Mégis így kérem.")
    send(house, anna, letter_id, files=(stored(house, "kép.png", photo("PNG")),))

    assert len({message.reference for message in thread(house, anna, letter_id)}) == 3


def test_anothers_form_never_leads_to_a_message(house: House, anna: Customer, bela: Customer) -> None:
    letter_id = correspondence.letter(house, anna)
    send(house, anna, letter_id)
    mark = messages.form_mark(anna, letter_id, "n", "Kérem a javítást.", [])

    assert house.database.ask(messages.find_sent, anna, mark) is not None
    assert house.database.ask(messages.find_sent, bela, mark) is None


def test_text_is_kept_as_it_was_written(house: House, anna: Customer) -> None:
    letter_id = correspondence.letter(house, anna)

    send(house, anna, letter_id, f"\r\n{SCRIPT}\r\n\r\n  – Üdv, Anna\x00\u202e \r\n\r\n")

    assert thread(house, anna, letter_id)[0].text == f"{SCRIPT}\n\n  – Üdv, Anna"


@pytest.mark.parametrize("text", ["", "   ", "\r\n\t\r\n", "\u202e\x00"])
def test_a_reply_without_words_is_refused(house: House, anna: Customer, text: str) -> None:
    letter_id = correspondence.letter(house, anna)

    with pytest.raises(ReplyEmpty):
        send(house, anna, letter_id, text)

    assert thread(house, anna, letter_id) == ()


def test_the_length_is_counted_in_characters_to_the_last_one(house: House, anna: Customer) -> None:
    letter_id = correspondence.letter(house, anna)

    send(house, anna, letter_id, "ő" * 5000)
    with pytest.raises(ReplyTooLong) as refusal:
        send(house, anna, letter_id, "ő" * 5001)

    assert refusal.value.facts == {"most": 5000}


def test_a_sixth_file_is_refused(house: House, anna: Customer) -> None:
    letter_id = correspondence.letter(house, anna)
    file = stored(house, "kép.png", photo("PNG"))

    with pytest.raises(TooManyFiles) as refusal:
        send(house, anna, letter_id, files=(file,) * 6)

    assert refusal.value.facts == {"most": 5}


def test_an_account_cannot_flood_the_insurer(house: House, anna: Customer, bela: Customer) -> None:
    letter_id, belas = correspondence.letter(house, anna), correspondence.letter(house, bela)
    for number in range(messages.MESSAGES_A_DAY):
        send(house, anna, letter_id, f"Levél: {number}")

    with pytest.raises(TooMany):
        send(house, anna, letter_id, "még egy")

    assert send(house, bela, belas).reference


@pytest.mark.requirement("R24")
def test_a_message_is_kept_a_year_and_never_shorter_than_its_letter(house: House, anna: Customer) -> None:
    short = correspondence.letter(house, anna)
    long = correspondence.letter(house, anna, changes={"erase_on": date(2034, 1, 11)})

    send(house, anna, short)
    send(house, anna, long)

    with house.database.reading() as db:
        assert [row.erase_on for row in db.exec(select(Message).order_by(Message.id))] == [date(2027, 1, 11), date(2034, 1, 11)]


def test_sending_is_recorded_without_its_words(house: House, anna: Customer) -> None:
    letter_id = correspondence.letter(house, anna)

    receipt = send(house, anna, letter_id, "Titkos szavak")

    with house.database.reading() as db:
        event = db.exec(select(Event).where(Event.act == "message:sent")).one()
        assert (event.about, event.details) == (receipt.public_id, '{"files": 0}')


# ── files ──


def test_files_of_a_reply_come_back_byte_by_byte(house: House, anna: Customer) -> None:
    letter_id = correspondence.letter(house, anna)
    contents = {"kép.jpg": photo(), "levél.pdf": letter_pdf(), "kérelem.docx": docx()}

    send(house, anna, letter_id, files=tuple(stored(house, name, content) for name, content in contents.items()))

    (written,) = thread(house, anna, letter_id)
    assert [file.name for file in written.documents] == list(contents)
    for file in written.documents:
        found = house.database.ask(documents.find_document, anna, file.public_id, now=LATER)
        assert house.objects.read(found.object_key, found.wrapped_key) == contents[file.name]


def test_anothers_file_is_not_found(house: House, anna: Customer, bela: Customer) -> None:
    letter_id = correspondence.letter(house, anna)
    send(house, anna, letter_id, files=(stored(house, "kép.png", photo("PNG")),))
    document_id = thread(house, anna, letter_id)[0].documents[0].public_id

    with pytest.raises(DocumentNotFound):
        house.database.ask(documents.find_document, bela, document_id, now=LATER)


class Fake:
    """A virus scanner of the tests that answers always the same."""

    active = True

    def __init__(self, refusal: type[Exception]) -> None:
        self.refusal = refusal

    def scan(self, content: bytes) -> None:
        raise self.refusal

    def check(self) -> None:
        raise self.refusal


@pytest.mark.parametrize(
    ("name", "content", "refusal"),
    [
        ("üres.pdf", b"", FileEmpty),
        ("nagy.pdf", b"%PDF-" + b"0" * 10_000_000, FileTooLarge),
        ("oldal.html", b"<script>alert(1)</script>", FileTypeNotAllowed),
        ("oldal.pdf", b"<script>alert(1)</script>", FileTypeNotAllowed),
        ("titkos.pdf", encrypted_pdf(), FileEncrypted),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused_by_its_reason(name: str, content: bytes, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        documents.check_upload(name, content, most=10_000_000, scanner=NoScanner())


@pytest.mark.parametrize("refusal", [FileInfected, ScannerUnavailable])
def test_only_what_the_scanner_calls_clean_is_taken(refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        documents.check_upload("kép.png", photo("PNG"), most=10_000_000, scanner=Fake(refusal))


# ── drafts ──


def test_what_was_typed_is_kept_with_one_nonce(house: House, anna: Customer) -> None:
    letter_id = correspondence.letter(house, anna)

    begun = house.database.carry_out(messages.begin_reply, anna, letter_id, now=NOON)
    saved = house.database.carry_out(messages.save_draft, anna, letter_id, "Kérem", now=LATER)
    read = house.database.ask(messages.read_draft, anna, letter_id, now=LATER)

    assert (begun.text, saved.text, saved.saved_at) == ("", "Kérem", LATER)
    assert begun.nonce == saved.nonce
    assert read == saved


def test_two_tabs_that_begin_a_reply_at_once_begin_the_same(house: House, anna: Customer) -> None:
    letter_id = correspondence.letter(house, anna)
    begun: list[str] = []

    def begin() -> None:
        begun.append(house.database.carry_out(messages.begin_reply, anna, letter_id, now=NOON).nonce)

    tabs = [Thread(target=begin) for _ in range(6)]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join()

    assert (len(begun), len(set(begun))) == (6, 1)


def test_a_draft_may_be_longer_than_a_reply(house: House, anna: Customer) -> None:
    letter_id = correspondence.letter(house, anna)

    saved = house.database.carry_out(messages.save_draft, anna, letter_id, "a" * 6000, now=NOON)

    assert len(saved.text) == 6000


def test_a_refused_reply_keeps_its_text_and_the_reasons_until_it_is_changed(house: House, anna: Customer) -> None:
    letter_id = correspondence.letter(house, anna)
    why = (Refusal("file_too_large", "nagy.pdf", (("most", 10_000_000),)), Refusal("file_empty", "üres.pdf"))

    kept = house.database.carry_out(messages.keep_refused, anna, letter_id, "Kérem", why, now=NOON)
    changed = house.database.carry_out(messages.save_draft, anna, letter_id, "Kérem szépen", now=LATER)

    assert (kept.text, kept.refusals) == ("Kérem", why)
    assert changed.refusals == ()


def test_sending_ends_the_draft_and_the_next_one_has_another_nonce(house: House, anna: Customer) -> None:
    letter_id = correspondence.letter(house, anna)
    first = house.database.carry_out(messages.begin_reply, anna, letter_id, now=NOON)

    send(house, anna, letter_id, nonce=first.nonce)

    assert house.database.ask(messages.read_draft, anna, letter_id, now=LATER) is None
    second = house.database.carry_out(messages.begin_reply, anna, letter_id, now=NOON)
    assert second.nonce != first.nonce


def test_keystrokes_that_arrive_after_the_sending_begin_no_new_draft(house: House, anna: Customer) -> None:
    letter_id = correspondence.letter(house, anna)
    send(house, anna, letter_id, "Kérem a javítást.")

    late = house.database.carry_out(messages.save_draft, anna, letter_id, "Kérem a jav", now=LATER + timedelta(seconds=2))
    other = house.database.carry_out(messages.save_draft, anna, letter_id, "Még valami", now=LATER + timedelta(seconds=3))

    assert late is None
    assert other is not None


def test_a_draft_can_be_thrown_away(house: House, anna: Customer, bela: Customer) -> None:
    letter_id = correspondence.letter(house, anna)
    house.database.carry_out(messages.save_draft, anna, letter_id, "Kérem", now=NOON)

    house.database.carry_out(messages.discard_draft, anna, letter_id, now=NOON)

    with house.database.reading() as db:
        assert db.exec(select(Draft)).all() == []


# ── nobody else's ──


def everything_under_a_letter(house: House, actor: Customer, letter_id: str) -> dict[str, object]:
    do = house.database.carry_out
    return {
        "thread": lambda: do(messages.read_thread, actor, letter_id, now=LATER),
        "read_draft": lambda: do(messages.read_draft, actor, letter_id, now=LATER),
        "begin": lambda: do(messages.begin_reply, actor, letter_id, now=LATER),
        "save": lambda: do(messages.save_draft, actor, letter_id, "x", now=LATER),
        "keep": lambda: do(messages.keep_refused, actor, letter_id, "x", [], now=LATER),
        "discard": lambda: do(messages.discard_draft, actor, letter_id, now=LATER),
        "check": lambda: do(messages.check_reply, actor, letter_id, "x", 0, brand=house.brand, now=LATER),
        "send": lambda: send(house, actor, letter_id),
    }


VERBS = ["thread", "read_draft", "begin", "save", "keep", "discard", "check", "send"]


@pytest.mark.parametrize("verb", VERBS)
def test_a_customer_can_do_nothing_under_anothers_letter(house: House, anna: Customer, bela: Customer, verb: str) -> None:
    letter_id = correspondence.letter(house, anna)
    send(house, anna, letter_id)
    house.database.carry_out(messages.save_draft, anna, letter_id, "Anna piszkozata", now=NOON)

    with pytest.raises(LetterNotFound):
        everything_under_a_letter(house, bela, letter_id)[verb]()

    assert house.database.ask(messages.read_draft, anna, letter_id, now=NOON).text == "Anna piszkozata"
    assert len(thread(house, anna, letter_id)) == 1


@pytest.mark.parametrize("verb", VERBS)
def test_nothing_can_be_done_under_missing_waiting_or_expired_letters(house: House, anna: Customer, verb: str) -> None:
    waiting = correspondence.letter(house, anna, publish_at=NOON + timedelta(days=1))
    expired = correspondence.letter(house, anna, changes={"erase_on": date(2026, 1, 10)})

    for letter_id in (waiting, expired, "0" * 32):
        with pytest.raises(LetterNotFound):
            everything_under_a_letter(house, anna, letter_id)[verb]()


def test_a_receipt_is_shown_to_the_sender_only(house: House, anna: Customer, bela: Customer) -> None:
    sent = send(house, anna, correspondence.letter(house, anna))

    assert house.database.ask(messages.read_receipt, anna, sent.public_id, now=LATER) == sent
    for actor, wanted in ((bela, sent.public_id), (anna, "0" * 32)):
        with pytest.raises(MessageNotFound):
            house.database.ask(messages.read_receipt, actor, wanted, now=LATER)


def test_a_deleted_message_leaves_the_thread(house: House, anna: Customer) -> None:
    letter_id = correspondence.letter(house, anna)
    send(house, anna, letter_id)

    with house.database.writing() as db:
        db.exec(select(Message)).one().binned_at = LATER

    assert thread(house, anna, letter_id) == ()


def test_a_wish_comes_before_the_insurer_without_a_letter(house: House, anna: Customer) -> None:
    receipt = house.database.carry_out(
        messages.write_request, anna, anna.account_id, Purpose.UPGRADE_WISH, subject="Átlépés", text="Szeretném.",
        brand=house.brand, now=NOON,
    )  # fmt: skip

    with house.database.reading() as db:
        (row,) = db.exec(select(Message)).all()
        assert (row.reference, row.purpose, row.letter_id, row.due_on) == (
            receipt.reference, "upgrade_wish", None, date(2026, 1, 25),
        )  # fmt: skip


def test_sending_refreshes_open_tabs_but_leaves_the_letter_read(house: House, anna: Customer) -> None:
    letter_id = correspondence.letter(house, anna)
    house.database.carry_out(letters.open_letter, anna, letter_id, now=NOON)
    before = correspondence.account_of(house, anna).revision

    send(house, anna, letter_id)

    with house.database.reading() as db:
        assert db.exec(select(Letter)).one().unread is False
    assert correspondence.account_of(house, anna).revision == before + 1
