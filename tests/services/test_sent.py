"""What a customer sent is listed for its author and for nobody else."""

from datetime import timedelta

import pytest

from portal_app.database.transactions import Database
from portal_app.domain.letters import Filter, Listing, ListPage, Sort, SortField
from portal_app.services import bin as bins
from portal_app.services import sent
from portal_app.services.messages import send_reply
from tests.cast import ANNA, BELA, NOON
from tests.mailbox import MINTA, Mailbox, open_mailbox
from tests.services.test_bin import write

DAY = timedelta(days=1)


@pytest.fixture
def boxes(database: Database) -> tuple[Mailbox, Mailbox]:
    """Anna's mailbox and Béla's."""
    return open_mailbox(database, ANNA), open_mailbox(database, BELA)


def listed(box: Mailbox, listing: Listing | None = None, *, now=NOON) -> ListPage[sent.SentLine]:
    """List what somebody sent."""
    return box.database.ask(sent.list_sent, box.customer, listing or Listing(), now=now)


def reply(box: Mailbox, letter_id: str, text: str) -> str:
    """Reply to a letter."""
    receipt = box.database.carry_out(
        send_reply, box.customer, letter_id, text, (), mark=f"{letter_id} {text}", brand=MINTA, now=NOON
    )
    return receipt.public_id


@pytest.mark.requirement("R18")
def test_a_customer_sees_what_they_sent_and_not_what_others_sent(boxes: tuple[Mailbox, Mailbox]) -> None:
    anna, bela = boxes
    letter = anna.place("Díjértesítő", policy="LAK-7")
    reply(anna, letter, "Mikor esedékes?")
    reply(bela, bela.place("Béla levele"), "Béla titka")

    page = listed(anna)

    assert [(line.subject, line.letter_id, line.policy_number, line.text) for line in page.lines] == [
        ("Díjértesítő", letter, "LAK-7", "")
    ]
    assert page.total == 1
    assert listed(anna, Listing(Filter(search="titka"))).lines == ()


def test_a_message_without_a_letter_is_shown_whole(boxes: tuple[Mailbox, Mailbox]) -> None:
    anna, _ = boxes
    write(anna, "Átlépés")

    assert [(line.letter_id, line.text) for line in listed(anna).lines] == [("", "Kérem.")]


def test_sent_messages_are_searched_sorted_and_paged(boxes: tuple[Mailbox, Mailbox]) -> None:
    anna, _ = boxes
    for age, subject in enumerate(["Zárás", "Ősz", "Orom", "Csere", "Cím"]):
        write(anna, subject, at=NOON - age * DAY)
    by_subject = Sort(SortField.SUBJECT, descending=False)

    def subjects(listing: Listing) -> list[str]:
        return [line.subject for line in listed(anna, listing).lines]

    assert subjects(Listing()) == ["Zárás", "Ősz", "Orom", "Csere", "Cím"]
    assert subjects(Listing(sort=by_subject)) == ["Cím", "Csere", "Orom", "Ősz", "Zárás"]
    assert subjects(Listing(sort=by_subject, per_page=2, page=3)) == ["Zárás"]
    assert subjects(Listing(Filter(search="OSZ"))) == ["Ősz"]
    assert len(anna.database.ask(sent.ids_of_sent, anna.customer, "cs", now=NOON)) == 1


def test_deleted_and_expired_messages_are_not_listed(boxes: tuple[Mailbox, Mailbox]) -> None:
    anna, _ = boxes
    gone = write(anna, "Törölt")
    write(anna, "Régi", at=NOON - timedelta(days=370))
    anna.database.carry_out(bins.bin_messages, anna.customer, [gone], now=NOON)

    assert listed(anna) == ListPage((), 0, 1, 1)
