"""Dokumentumaim and Bizonylatok: the inbox's letters on their shelves, each with its files, and nobody else's."""

import re
from datetime import date, timedelta

import pytest
from sqlmodel import update

from portal_app.database.tables import Letter
from portal_app.database.transactions import Database
from portal_app.domain.kinds import LetterKind
from portal_app.domain.letters import Filter, Listing, ListPage, Sort, SortField, at_first
from portal_app.domain.shelves import Shelf
from portal_app.services import inbox
from portal_app.services.bin import bin_letters
from portal_app.services.house import House
from portal_app.services.inbox import LetterLine
from tests.cast import ANNA, BELA, NOON
from tests.mailbox import MINTA, Mailbox, open_mailbox, stored_file
from tests.services.test_inbox import fill, plans_of

DAY = timedelta(days=1)
Boxes = tuple[Mailbox, Mailbox]
DOCUMENTS, PAYMENTS = at_first(Shelf.DOCUMENTS), at_first(Shelf.PAYMENTS)
INDEX, COVER, NOTICE = LetterKind.INDEXATION_LETTER, LetterKind.COVER_CERTIFICATE, LetterKind.PAYMENT_NOTICE


@pytest.fixture
def boxes(database: Database) -> Boxes:
    """Anna's mailbox and Béla's, both empty."""
    return open_mailbox(database, ANNA), open_mailbox(database, BELA)


def listed(box: Mailbox, wanted: Filter, sort: Sort | None = None) -> ListPage[LetterLine]:
    """List somebody's shelf."""
    return box.database.ask(inbox.list_letters, box.customer, Listing(wanted, sort or Sort()), now=NOON)


def subjects(box: Mailbox, wanted: Filter, sort: Sort | None = None) -> list[str]:
    """Name what stands on somebody's shelf."""
    return [line.subject for line in listed(box, wanted, sort).lines]


def test_each_letter_stands_on_its_shelf_and_all_stand_in_the_inbox(boxes: Boxes) -> None:
    anna, bela = boxes
    for box, name in ((anna, "Anna"), (bela, "Béla")):
        box.place(f"{name} indexlevele", kind=INDEX, at=NOON - 2 * DAY)
        box.place(f"{name} értesítője", kind=NOTICE, at=NOON - DAY)
        box.place(f"{name} tájékoztatója", kind=LetterKind.INFORMATION, at=NOON)

    assert subjects(anna, DOCUMENTS) == ["Anna indexlevele"]
    assert subjects(anna, PAYMENTS) == ["Anna értesítője"]
    assert subjects(anna, at_first(Shelf.CORRESPONDENCE)) == ["Anna tájékoztatója"]
    assert subjects(anna, Filter()) == ["Anna tájékoztatója", "Anna értesítője", "Anna indexlevele"]


def test_the_newest_of_a_kind_is_current_for_each_policy(boxes: Boxes) -> None:
    anna, bela = boxes
    anna.place("Index 2024", kind=INDEX, policy="A", at=NOON - 300 * DAY)
    anna.place("Index 2025", kind=INDEX, policy="A", at=NOON - 9 * DAY)
    anna.place("Index B", kind=INDEX, policy="B", at=NOON - 200 * DAY)
    anna.place("Fedezet A", kind=COVER, policy="A", at=NOON - 250 * DAY)
    anna.place("Index jövőre", kind=INDEX, policy="A", publish_at=NOON + DAY)
    bela.place("Béla újabb indexe", kind=INDEX, policy="A", at=NOON - DAY)
    everything = Filter(shelf=Shelf.DOCUMENTS)

    assert subjects(anna, DOCUMENTS) == ["Index 2025", "Index B", "Fedezet A"]
    assert subjects(anna, everything) == ["Index 2025", "Index B", "Fedezet A", "Index 2024"]
    assert (listed(anna, DOCUMENTS).total, listed(anna, everything).total) == (3, 4)


def test_of_two_that_came_together_one_is_current(boxes: Boxes) -> None:
    anna, _ = boxes
    anna.place("Első", kind=INDEX, policy="A")
    anna.place("Második", kind=INDEX, policy="A")

    assert subjects(anna, DOCUMENTS) == ["Második"]


def test_what_lies_in_the_bin_still_outdates_the_older(boxes: Boxes) -> None:
    anna, _ = boxes
    anna.place("Index 2024", kind=INDEX, policy="A", at=NOON - 300 * DAY)
    newer = anna.place("Index 2025", kind=INDEX, policy="A", at=NOON - 9 * DAY)
    anna.database.carry_out(bin_letters, anna.customer, [newer], now=NOON)

    assert subjects(anna, DOCUMENTS) == []
    assert subjects(anna, Filter(shelf=Shelf.DOCUMENTS)) == ["Index 2024"]


def test_amounts_and_deadlines_sort_with_the_unknown_ones_last(boxes: Boxes) -> None:
    anna, _ = boxes
    anna.place("Kicsi", kind=NOTICE, amount=900, due_on=date(2026, 3, 1))
    anna.place("Nagy", kind=NOTICE, amount=120_000, due_on=date(2026, 1, 12))
    anna.place("Bizonylat", kind=LetterKind.ACCOUNTING_VOUCHER)

    def by(column: SortField, *, descending: bool) -> list[str]:
        return subjects(anna, PAYMENTS, Sort(column, descending))

    assert by(SortField.AMOUNT, descending=True) == ["Nagy", "Kicsi", "Bizonylat"]
    assert by(SortField.AMOUNT, descending=False) == ["Kicsi", "Nagy", "Bizonylat"]
    assert by(SortField.DUE, descending=True) == ["Kicsi", "Nagy", "Bizonylat"]
    assert by(SortField.DUE, descending=False) == ["Nagy", "Kicsi", "Bizonylat"]


def test_a_shelf_brings_the_files_of_its_letters_and_the_inbox_does_not(house: House) -> None:
    anna, bela = open_mailbox(house.database, ANNA), open_mailbox(house.database, BELA)
    files = [stored_file(house.objects, b"%PDF-1.7 " + name, f"{name.decode()}.pdf") for name in (b"elso", b"masodik")]
    anna.place("Két fájllal", kind=NOTICE, files=files)
    bela.place("Béláé", kind=NOTICE, files=[stored_file(house.objects, b"%PDF-1.7 b", "bela.pdf")])

    shelf, everything = listed(anna, PAYMENTS), listed(anna, Filter())

    assert [[file.name for file in line.files] for line in shelf.lines] == [["elso.pdf", "masodik.pdf"]]
    assert [line.files for line in everything.lines] == [()]


def test_what_stands_around_a_shelf_is_its_own_and_the_menus_number_the_whole_inboxs(boxes: Boxes) -> None:
    anna, bela = boxes
    anna.place(kind=INDEX, policy="A")
    anna.place(kind=NOTICE, policy="B")
    anna.place(kind=LetterKind.ACCOUNTING_VOUCHER, policy="C")
    bela.place(kind=NOTICE, policy="D")

    around = anna.database.ask(inbox.look_around, anna.customer, Shelf.PAYMENTS, rules=MINTA.retention, now=NOON)

    assert (around.total, around.unread, around.policies) == (2, 3, ("B", "C"))
    assert around.kinds == ("payment_notice", "accounting_voucher")


def test_only_what_comes_onto_the_shelf_is_an_arrival_there(boxes: Boxes) -> None:
    anna, _ = boxes
    first = anna.place("Itt van", kind=NOTICE)
    known = anna.database.ask(inbox.recent_ids, anna.customer, Shelf.PAYMENTS, now=NOON)
    anna.place("Új indexlevél", kind=INDEX)
    anna.place("Új értesítő", kind=NOTICE)

    changes = anna.database.ask(
        inbox.watch, anna.customer, Shelf.PAYMENTS, shown=[first], since=NOON, known=known, now=NOON + DAY / 24
    )

    assert (changes.arrived, [line.subject for line in changes.lines], changes.unread) == (1, ["Itt van"], 3)


@pytest.mark.parametrize("wanted", [DOCUMENTS, PAYMENTS, Filter(shelf=Shelf.DOCUMENTS, search="minta")], ids=str)
@pytest.mark.parametrize("column", [SortField.PLACED, SortField.AMOUNT, SortField.DUE])
def test_a_shelf_stays_within_the_owners_index_range(boxes: Boxes, wanted: Filter, column: SortField) -> None:
    anna, bela = boxes
    fill(bela, 2_000)
    fill(anna, 50)
    with anna.database.writing() as db:
        db.exec(update(Letter).values(kind=INDEX if wanted.shelf is Shelf.DOCUMENTS else NOTICE))
    with anna.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT", portal_writes=True) as plain:
        plain.exec_driver_sql("ANALYZE")

    plans = plans_of(anna.database, lambda: listed(anna, wanted, Sort(column)))

    assert len(plans) == 3
    assert [plan for plan in plans if re.search(r"SCAN letter\b|Seq Scan on letter", plan)] == []
