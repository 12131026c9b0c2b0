"""What a customer deletes lies in the bin, comes back with one press, and goes for good in its time."""

from datetime import date, timedelta

import pytest
from sqlmodel import select

from portal_app.database.tables import Account, Document, Event, Letter, Message
from portal_app.database.transactions import Database
from portal_app.domain.letters import Filter, Listing, Sort, SortField
from portal_app.domain.messages import Purpose
from portal_app.services import bin as bins
from portal_app.services import inbox, retention
from portal_app.services.house import House
from portal_app.services.messages import write_request
from tests.cast import ANNA, BELA, NOON
from tests.mailbox import MINTA, Mailbox, open_mailbox, stored_file

DAY = timedelta(days=1)
Boxes = tuple[Mailbox, Mailbox]


@pytest.fixture
def boxes(database: Database) -> Boxes:
    """Anna's mailbox and Béla's."""
    return open_mailbox(database, ANNA), open_mailbox(database, BELA)


def in_bin(box: Mailbox, listing: Listing | None = None, *, now=NOON) -> list[str]:
    """Name what lies in somebody's bin."""
    page = box.database.ask(bins.list_bin, box.customer, listing or Listing(), rules=MINTA.retention, now=now)
    return [line.subject for line in page.lines]


def in_inbox(box: Mailbox, *, now=NOON) -> list[str]:
    """Name what stands in somebody's inbox."""
    return [line.subject for line in box.database.ask(inbox.list_letters, box.customer, Listing(), now=now).lines]


def write(box: Mailbox, subject: str, *, at=NOON) -> str:
    """Write a message to the insurer and give its public id."""
    receipt = box.database.carry_out(
        write_request, box.customer, box.customer.account_id, Purpose.UPGRADE_WISH,
        subject=subject, text="Kérem.", brand=MINTA, now=at,
    )  # fmt: skip
    return receipt.public_id


@pytest.mark.requirement("R21")
def test_a_deleted_letter_moves_to_its_owners_bin(boxes: Boxes) -> None:
    anna, bela = boxes
    letter = anna.place("Törlendő")
    anna.place("Marad")
    bela.place("Béláé")

    binned = anna.database.carry_out(bins.bin_letters, anna.customer, [letter], now=NOON)

    assert binned == bins.Binned(moved=1, kept=0, binned_at=NOON)
    assert (in_inbox(anna), in_bin(anna)) == (["Marad"], ["Törlendő"])
    assert (in_inbox(bela), in_bin(bela)) == (["Béláé"], [])


def test_deleting_and_restoring_touch_only_ones_own_letters(boxes: Boxes) -> None:
    anna, bela = boxes
    mine, his = anna.place("Annáé"), bela.place("Béláé")
    message = write(bela, "Béla üzenete")

    assert anna.database.carry_out(bins.bin_letters, anna.customer, [his, "0" * 32], now=NOON).moved == 0
    assert anna.database.carry_out(bins.bin_messages, anna.customer, [message], now=NOON).moved == 0
    bela.database.carry_out(bins.bin_letters, bela.customer, [his], now=NOON)
    bela.database.carry_out(bins.bin_messages, bela.customer, [message], now=NOON)
    assert anna.database.carry_out(bins.restore, anna.customer, [his, message], now=NOON) == 0
    assert anna.database.carry_out(bins.undo, anna.customer, NOON, now=NOON) == 0
    assert anna.database.ask(bins.all_in_the_bin, anna.customer, now=NOON) == []
    assert sorted(in_bin(bela)) == ["Béla üzenete", "Béláé"]
    assert in_inbox(anna) == ["Annáé"]
    assert mine != his


def test_a_letter_that_waits_for_confirmation_stays(boxes: Boxes) -> None:
    anna, _ = boxes
    legal = anna.place("Megerősítendő", requires_confirmation=True)
    plain = anna.place("Sima")

    binned = anna.database.carry_out(bins.bin_letters, anna.customer, [legal, plain], now=NOON)

    assert (binned.moved, binned.kept) == (1, 1)
    assert in_inbox(anna) == ["Megerősítendő"]
    with anna.database.writing() as db:
        db.exec(select(Letter).where(Letter.public_id == legal)).one().confirmed_at = NOON
    assert anna.database.carry_out(bins.bin_letters, anna.customer, [legal], now=NOON).moved == 1


def test_one_deletion_is_undone_without_the_earlier_ones(boxes: Boxes) -> None:
    anna, _ = boxes
    first, second, third = (anna.place(name) for name in ("Első", "Második", "Harmadik"))
    anna.database.carry_out(bins.bin_letters, anna.customer, [first], now=NOON - DAY)
    binned = anna.database.carry_out(bins.bin_letters, anna.customer, [second, third], now=NOON)

    restored = anna.database.carry_out(bins.undo, anna.customer, binned.binned_at, now=NOON + DAY)

    assert restored == 2
    assert in_bin(anna) == ["Első"]
    assert sorted(in_inbox(anna)) == ["Harmadik", "Második"]


def test_letters_and_sent_messages_lie_in_one_bin(boxes: Boxes) -> None:
    anna, _ = boxes
    letter, message = anna.place("Zárás", policy="LAK-1"), write(anna, "Áttérés")
    anna.database.carry_out(bins.bin_letters, anna.customer, [letter], now=NOON - DAY)
    anna.database.carry_out(bins.bin_messages, anna.customer, [message], now=NOON)

    assert in_bin(anna) == ["Áttérés", "Zárás"]
    assert in_bin(anna, Listing(sort=Sort(SortField.PLACED, descending=False))) == ["Zárás", "Áttérés"]
    assert in_bin(anna, Listing(sort=Sort(SortField.SUBJECT, descending=True))) == ["Zárás", "Áttérés"]
    assert in_bin(anna, Listing(Filter(search="lak 1"))) == ["Zárás"]
    assert set(anna.database.ask(bins.all_in_the_bin, anna.customer, now=NOON)) == {letter, message}
    assert anna.database.carry_out(bins.restore, anna.customer, [letter, message], now=NOON) == 2
    assert in_bin(anna) == []


@pytest.mark.parametrize(("age", "gone_on"), [(0, date(2026, 2, 9)), (355, date(2026, 1, 21))])
def test_the_bin_is_emptied_after_its_days_but_never_beyond_retention(boxes: Boxes, age: int, gone_on: date) -> None:
    anna, _ = boxes
    letter = anna.place("Törölt", at=NOON - age * DAY)
    anna.database.carry_out(bins.bin_letters, anna.customer, [letter], now=NOON)

    page = anna.database.ask(bins.list_bin, anna.customer, Listing(), rules=MINTA.retention, now=NOON)

    assert [line.gone_on for line in page.lines] == [gone_on]
    assert in_bin(anna, now=NOON + timedelta(days=400)) == []


def test_deleting_is_counted_recorded_and_told_to_open_tabs(boxes: Boxes) -> None:
    anna, bela = boxes
    letters = [anna.place("Egy"), anna.place("Kettő")]
    bela.place("Béláé")
    before = revisions(anna)

    anna.database.carry_out(bins.bin_letters, anna.customer, letters, now=NOON)
    binned = revisions(anna)
    anna.database.carry_out(bins.undo, anna.customer, NOON, now=NOON)

    with anna.database.reading() as db:
        acts = [(event.act, event.about) for event in db.exec(select(Event).order_by(Event.id)) if event.actor_kind == "customer"]
    assert [unread for _, unread in (before, binned, revisions(anna))] == [2, 0, 2]
    assert before[0] < binned[0] < revisions(anna)[0]
    assert sorted(acts) == sorted([(act, letter) for act in ("letter:deleted", "letter:restored") for letter in letters])
    assert revisions(bela)[1] == 1


def revisions(box: Mailbox) -> tuple[int, int]:
    """Read the account's revision and unread counter."""
    with box.database.reading() as db:
        return db.exec(select(Account.revision, Account.unread).where(Account.id == box.customer.account_id)).one()


def test_the_insurers_copy_of_a_deleted_message_stays(boxes: Boxes) -> None:
    anna, _ = boxes
    message = write(anna, "Kérdés")

    anna.database.carry_out(bins.bin_messages, anna.customer, [message], now=NOON)

    with anna.database.reading() as db:
        assert [row.text for row in db.exec(select(Message))] == ["Kérem."]


def test_erasing_for_good_takes_only_what_lies_in_ones_own_bin(boxes: Boxes, house: House) -> None:
    anna, bela = boxes
    file = stored_file(house.objects, b"%PDF")
    erased, kept, his = anna.place("Törölt", files=[file]), anna.place("Marad"), bela.place("Béláé")
    for box, letter in ((anna, erased), (bela, his)):
        box.database.carry_out(bins.bin_letters, box.customer, [letter], now=NOON)

    done = anna.database.carry_out(retention.erase_binned, anna.customer, [erased, kept, his], now=NOON)

    assert (done.letters, done.messages, done.object_keys) == (1, 0, (file.stored.key,))
    assert (in_bin(anna), in_inbox(anna), in_bin(bela)) == ([], ["Marad"], ["Béláé"])
    with house.database.reading() as db:
        erasures = [(event.about, event.actor_kind) for event in db.exec(select(Event).where(Event.act == "letter:erased"))]
        assert erasures == [(erased, "customer")]
        assert db.exec(select(Document)).all() == []


def test_what_waits_for_confirmation_or_answer_is_not_erased_from_the_bin(boxes: Boxes) -> None:
    anna, _ = boxes
    letter, message = anna.place("Jogi"), write(anna, "Kérdés")
    anna.database.carry_out(bins.bin_letters, anna.customer, [letter], now=NOON)
    anna.database.carry_out(bins.bin_messages, anna.customer, [message], now=NOON)
    with anna.database.writing() as db:
        db.exec(select(Letter)).one().requires_confirmation = True

    done = anna.database.carry_out(retention.erase_binned, anna.customer, [letter, message], now=NOON)

    assert not done
    assert sorted(in_bin(anna)) == ["Jogi", "Kérdés"]
