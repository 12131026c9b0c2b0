"""The inbox's state without a browser: what its handlers show, refuse and leave alone."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from portal_app.browser import admission
from portal_app.customer.inbox.state import InboxState
from portal_app.domain.actors import Stranger
from portal_app.domain.errors import NotSignedIn, RequestInvalid
from portal_app.domain.kinds import LetterKind
from portal_app.gateways.clock import now
from portal_app.services.bin import bin_letters
from portal_app.services.house import House
from portal_app.services.inbox import mark
from tests.cast import ANNA, BELA
from tests.customer.browsing import do, go, led_to, tab_at
from tests.mailbox import Mailbox, open_mailbox

Boxes = tuple[Mailbox, Mailbox]


@pytest.fixture
def boxes(house: House) -> Boxes:
    """Anna's mailbox and Béla's, now."""
    return open_mailbox(house.database, ANNA, now=now()), open_mailbox(house.database, BELA, now=now())


def visit(box: Mailbox, query: str = "") -> InboxState:
    """Open a tab at the inbox for somebody."""
    admission.welcome(box.customer, revision=0)
    return at(tab_at(InboxState), query)


def at(state: InboxState, query: str) -> InboxState:
    """Let the tab be at this address."""
    go(state, f"/kuldemenyek{'?' if query else ''}{query}")
    return state


def asked_for(answer: Any) -> dict[str, list[str]]:
    """Read the query that an answer leads to."""
    path, query = led_to(answer)
    assert path == "/kuldemenyek"
    return query


def subjects(state: InboxState) -> list[str]:
    """Name what the tab shows."""
    return [row.subject for row in state.rows]


async def test_the_page_shows_what_its_address_asks_for(boxes: Boxes) -> None:
    anna, bela = boxes
    anna.place("Casco", policy="A", at=now())
    anna.place("Casco régi", policy="B", at=now() - timedelta(days=100))
    bela.place("Casco Béláé", policy="A", at=now())
    state = visit(anna, "keres=CASCO&rendez=erkezett&szerzodes=B")

    await do(state, "load")

    assert (subjects(state), state.total, state.sort, state.search, state.policy) == (["Casco régi"], 1, "placed", "CASCO", "B")
    assert [(chip.value, chip.words) for chip in state.chips] == [("keres", "Keresés: CASCO"), ("szerzodes", "Szerződés: B")]
    assert (state.policies, state.unread, state.title) == (["A", "B"], 2, "Küldemények – Küldeményeim")


async def test_sorting_searching_and_paging_lead_to_an_address_that_shows_the_same(boxes: Boxes) -> None:
    anna, _ = boxes
    for number in range(30):
        anna.place(f"Levél {number:02}", at=now() - timedelta(days=number))
    state = visit(anna)
    await do(state, "load")

    sorted_by = asked_for(await do(state, "sort_by", "subject"))
    turned = asked_for(await do(state, "turn_to", 2))
    shown = subjects(state)
    found = asked_for(await do(state, "find", {"keres": "Levél 1"}))

    assert (sorted_by, turned) == ({"rendez": ["targy"]}, {"rendez": ["targy"], "oldal": ["2"]})
    assert shown == [f"Levél {number}" for number in range(25, 30)]
    assert found == {"rendez": ["targy"], "keres": ["Levél 1"]}
    again = visit(anna, "rendez=targy&oldal=2")
    await do(again, "load")
    assert (subjects(again), again.range_words) == (shown, "26–30 / 30")


async def test_the_echo_of_an_own_act_reads_nothing_anew_and_remembers_the_sort(boxes: Boxes) -> None:
    anna, _ = boxes
    anna.place("Első", at=now())
    state = visit(anna)
    await do(state, "load")
    answer = await do(state, "sort_by", "subject")
    anna.place("Második", at=now())

    await do(at(state, "rendez=targy"), "load")

    assert asked_for(answer) == {"rendez": ["targy"]}
    assert subjects(state) == ["Első"]
    fresh = visit(anna)
    await do(fresh, "load")
    assert (fresh.sort, subjects(fresh)) == ("subject", ["Első", "Második"])


async def test_going_back_reads_the_address_anew(boxes: Boxes) -> None:
    anna, _ = boxes
    anna.place("A", at=now())
    anna.place("B", at=now())
    state = visit(anna, "rendez=targy")
    await do(state, "load")
    await do(state, "sort_by", "subject")
    await do(at(state, "rendez=-targy"), "load")
    assert subjects(state) == ["B", "A"]

    await do(at(state, "rendez=targy"), "load")

    assert subjects(state) == ["A", "B"]


async def test_unchanged_words_are_not_sent_again(boxes: Boxes) -> None:
    anna, _ = boxes
    for number in range(3):
        anna.place(f"Levél {number}", at=now())
    state = visit(anna)
    await do(state, "load")
    state._get_root_state()._clean()

    await do(state, "sort_by", "subject")

    sent = {name.removesuffix("_rx_state_") for name in state._get_root_state().get_delta()[InboxState.get_full_name()]}
    assert sent == {"rows", "sort", "said"}


async def test_chosen_letters_stay_chosen_from_page_to_page(boxes: Boxes) -> None:
    anna, _ = boxes
    for number in range(60):
        anna.place(f"Levél {number:02}", at=now() - timedelta(days=number))
    state = visit(anna)
    await do(state, "load")

    await do(state, "choose_page", True)
    assert (state.chosen_count, state.page_chosen, state.choose_all_words) == (25, True, "Mind a 60 kijelölése")
    await do(state, "turn_to", 2)
    assert (state.chosen_count, state.chosen, state.page_chosen) == (25, [], False)
    await do(state, "choose", state.rows[0].id, True)
    await do(state, "choose", state.rows[0].id, False)
    await do(state, "choose", state.rows[1].id, True)
    assert (state.chosen_count, len(state.parcel.split(","))) == (26, 26)
    await do(state, "choose_all")
    assert (state.chosen_count, state.page_chosen, state.choose_all_words) == (60, True, "")
    await do(state, "find", {"keres": "Levél 1"})
    assert (state.chosen_count, state.parcel) == (0, "")


async def test_all_does_not_mean_what_arrives_later(boxes: Boxes) -> None:
    anna, _ = boxes
    anna.place("Volt", at=now())
    state = visit(anna)
    await do(state, "load")
    await do(state, "choose_all")
    anna.place("Később jött", at=now())

    await do(state, "bin_chosen")

    assert subjects(state) == ["Később jött"]


async def test_a_letter_that_is_not_on_the_page_cannot_be_chosen(boxes: Boxes) -> None:
    anna, bela = boxes
    anna.place("Annáé", at=now())
    his = bela.place("Béláé", at=now())
    state = visit(anna)
    await do(state, "load")

    await do(state, "choose", his, True)

    assert (state.chosen_count, state.parcel) == (0, "")


async def test_deleting_offers_to_take_back_until_the_next_act(boxes: Boxes) -> None:
    anna, _ = boxes
    for number in range(3):
        anna.place(f"Levél {number}", at=now(), requires_confirmation=number == 0)
    state = visit(anna)
    await do(state, "load")
    await do(state, "choose_page", True)

    await do(state, "bin_chosen")
    assert (subjects(state), state.undo_words) == (["Levél 0"], "2 küldemény a Lomtárba került.")
    assert state.kept_words == "1 küldemény maradt: törlés előtt nyissa meg, és erősítse meg, hogy megkapta."
    await do(state, "sort_by", "subject")
    assert state.undo_words == "2 küldemény a Lomtárba került."
    await do(state, "undo")

    assert (len(state.rows), state.undo_words, state.kept_words) == (3, "", "")
    await do(state, "undo")
    assert len(state.rows) == 3


async def test_arrivals_are_told_and_move_nothing(boxes: Boxes) -> None:
    anna, bela = boxes
    shown = anna.place("Itt van", at=now())
    state = visit(anna)
    await do(state, "load")
    anna.place("Új", at=now())
    bela.place("Béla új levele", at=now())
    anna.database.carry_out(mark, anna.customer, [shown], unread=False, now=now())

    await do(state, "refresh")

    assert (subjects(state), state.arrived_words) == (["Itt van"], "1 új küldemény érkezett")
    assert (state.rows[0].unread, state.unread, state.title) == (False, 1, "(1) Küldemények – Küldeményeim")
    await do(state, "show_arrived")
    assert (subjects(state), state.arrived_words, state.title) == (["Új", "Itt van"], "", "Küldemények – Küldeményeim")


async def test_a_refresh_without_news_sends_nothing(boxes: Boxes) -> None:
    anna, _ = boxes
    anna.place("Itt van", at=now())
    state = visit(anna)
    await do(state, "load")
    state._get_root_state()._clean()

    await do(state, "refresh")

    assert state._get_root_state().get_delta() == {}


async def test_a_row_that_is_gone_elsewhere_stays_until_the_visitor_asks(boxes: Boxes) -> None:
    anna, _ = boxes
    gone = anna.place("Máshol törölt", at=now())
    state = visit(anna)
    await do(state, "load")
    anna.database.carry_out(bin_letters, anna.customer, [gone], now=now())

    await do(state, "refresh")
    assert (subjects(state), state.list_changed) == (["Máshol törölt"], True)
    await do(state, "reopen")

    assert (subjects(state), state.list_changed, state.mailbox_empty) == ([], False, True)


WRONG: list[tuple[str, tuple[Any, ...]]] = [
    ("sort_by", ("account_id",)),
    ("sort_by", ({"$gt": 0},)),
    ("sort_as", ("x" * 100,)),
    ("turn_to", (0,)),
    ("turn_to", ("abc",)),
    ("turn_to", (10**9,)),
    ("show_rows", ("many",)),
    ("find", ({"keres": "x" * 1_000_000},)),
    ("find", ([1],)),
    ("narrow", ("tipus", {"a": 1})),
    ("narrow", ("x" * 100, "")),
    ("choose", ("not an id", True)),
    ("choose", ("0" * 32, "perhaps")),
    ("choose_page", (None,)),
    ("mark_chosen", ("x",)),
    ("show_unread_only", ([],)),
]


@pytest.mark.parametrize(("handler", "arguments"), WRONG, ids=lambda value: str(value)[:30])
async def test_nonsense_from_outside_is_refused(boxes: Boxes, handler: str, arguments: tuple[Any, ...]) -> None:
    anna, _ = boxes
    anna.place("Levél", at=now())
    state = visit(anna)
    await do(state, "load")

    with pytest.raises(RequestInvalid):
        await do(state, handler, *arguments)

    assert subjects(state) == ["Levél"]


ALL: list[tuple[str, tuple[Any, ...]]] = [
    ("load", ()), ("reopen", ()), ("show_arrived", ()), ("sort_by", ("subject",)), ("find", ({},)), ("clear_filters", ()),
    ("choose_all", ()), ("mark_chosen", (True,)), ("bin_chosen", ()), ("show_rows", ("50",)), ("turn_to", (1,)),
]  # fmt: skip


@pytest.mark.parametrize(("handler", "arguments"), ALL, ids=lambda value: str(value)[:30])
async def test_no_handler_shows_anything_to_a_stranger(boxes: Boxes, handler: str, arguments: tuple[Any, ...]) -> None:
    anna, _ = boxes
    anna.place("Annáé", at=now())
    state = visit(anna)
    admission.welcome(Stranger())

    with pytest.raises(NotSignedIn):
        await do(state, handler, *arguments)

    assert state.rows == []


def test_only_the_visitors_own_acts_keep_the_sign_in_awake() -> None:
    handlers: dict[str, Callable[..., Any]] = {name: handler.fn for name, handler in InboxState.event_handlers.items()}
    awake = {name for name, fn in handlers.items() if (opening := admission.opening_of(fn)) and opening.own_act}

    assert {"load", "refresh"} & awake == set()
    assert {"sort_by", "find", "bin_chosen", "undo", "choose"} <= awake


async def test_an_english_page_sorts_and_lists_kinds_by_their_english_names(boxes: Boxes) -> None:
    anna, _ = boxes
    for kind in (LetterKind.POLICY_DOCUMENT, LetterKind.ANSWER, LetterKind.PAYMENT_REMINDER):
        anna.place(str(kind), kind=kind, at=now())
    shown = {}

    for language in ("hu", "en"):
        state = visit(anna, "rendez=tipus")
        state.language = language
        await do(state, "load")
        shown[language] = (subjects(state), [kind.words for kind in state.kinds])

    assert shown["hu"][0] == ["payment_reminder", "policy_document", "answer"]
    assert shown["en"] == (
        ["answer", "payment_reminder", "policy_document"],
        ["Answer from customer service", "Payment reminder", "Policy document"],
    )
