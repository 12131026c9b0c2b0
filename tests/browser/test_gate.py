"""The gate: nothing passes that does not say to whom it is open."""

from datetime import UTC, datetime, timedelta

import pytest
from reflex.state import State

from portal_app.browser import admission
from portal_app.browser.arrivals import Labels
from portal_app.browser.gate import Gate, GateBroken, Standing
from portal_app.browser.portal_state import PortalState
from portal_app.browser.rates import Buckets
from portal_app.customer.help import HelpState
from portal_app.domain.actors import Customer, Stage, Stranger
from portal_app.texts.catalogues import sentence
from tests.browser.tabs import event_of, show_labels, show_page, tab

NOW = datetime(2026, 1, 10, 12, 0, tzinfo=UTC)
ANNA = Customer(account_id=5, sign_in_id=17, portal="kuldemenyeim")
BELA = Customer(account_id=6, sign_in_id=18, portal="kuldemenyeim")
CHANGING = Customer(account_id=7, sign_in_id=19, portal="kuldemenyeim", stage=Stage.MUST_CHANGE)
PEOPLE = {actor.sign_in_id: actor for actor in (ANNA, BELA, CHANGING)}


class Doorbell:
    """Who is there, and who was kept awake."""

    def __init__(self, *, seen_step_due: bool = True) -> None:
        self.ended: set[int] = set()
        self.touched: list[Customer] = []
        self.seen_step_due = seen_step_due

    async def identify(self, labels: Labels) -> Standing:
        actor = PEOPLE.get(labels.sign_in or 0)
        if actor is None or actor.sign_in_id in self.ended:
            return Standing(Stranger(labels.source, labels.visit))
        ends_at = NOW + timedelta(minutes=15)
        return Standing(actor, "Küldeményeim", ends_at, ends_at - timedelta(minutes=2), self.seen_step_due, revision=4)

    async def touch(self, actor: Customer) -> None:
        self.touched.append(actor)


@pytest.fixture
def doorbell() -> Doorbell:
    return Doorbell()


@pytest.fixture
def gate(doorbell: Doorbell) -> Gate:
    return Gate(identify=doorbell.identify, touch=doorbell.touch, now=lambda: NOW)


async def portal_state(root: State) -> PortalState:
    return await root.get_state(PortalState)


async def passes(gate: Gate, root: State, state: type[State], handler: str, **payload: object) -> bool:
    """Whether an event would reach its handler; a refused one must have said so."""
    update = await gate.preprocess(None, root, event_of(state, handler, **payload))
    refused = update is not None
    assert refused == bool((await portal_state(root)).notice)
    return not refused


@pytest.mark.parametrize(("who", "may"), [(None, False), (ANNA, True), (CHANGING, True)])
async def test_a_handler_for_the_signed_in_passes_for_them_only(gate: Gate, who: Customer | None, *, may: bool) -> None:
    root = tab(Labels(sign_in=who.sign_in_id if who else None))

    assert await passes(gate, root, PortalState, "stay") is may


async def test_a_handler_for_anyone_passes_for_a_stranger(gate: Gate) -> None:
    assert await passes(gate, tab(), HelpState, "find", query="jelszó")


@pytest.mark.requirement("R17")
async def test_before_the_forced_change_only_what_is_meant_for_it_passes(gate: Gate) -> None:
    from portal_app.customer.profile import ProfileState

    root = tab(Labels(sign_in=CHANGING.sign_in_id))

    assert not await passes(gate, root, ProfileState, "load")


@pytest.mark.parametrize("handler", ["setvar", "no_such_handler", "_tell", "_refuse"])
async def test_what_does_not_say_to_whom_it_is_open_is_refused(gate: Gate, handler: str) -> None:
    root = tab(Labels(sign_in=ANNA.sign_in_id))

    assert not await passes(gate, root, PortalState, handler, var_name="standing", value="customer")


@pytest.mark.parametrize("payload", [{}, {"query": "a", "extra": 1}, {"wrong": "a"}])
async def test_missing_and_extra_arguments_are_refused_before_the_handler(gate: Gate, payload: dict[str, object]) -> None:
    root = tab()

    assert not await passes(gate, root, HelpState, "find", **payload)
    assert (await portal_state(root)).notice == sentence("error.request_invalid", "hu")


async def test_a_flood_of_events_is_refused(doorbell: Doorbell) -> None:
    gate = Gate(identify=doorbell.identify, touch=doorbell.touch, now=lambda: NOW, buckets=Buckets(burst=2, per_second=0))

    passed = [await passes(gate, tab(), HelpState, "find", query="a") for _ in range(3)]

    assert passed == [True, True, False]


async def test_the_handler_learns_who_is_there(gate: Gate) -> None:
    await passes(gate, tab(Labels(sign_in=ANNA.sign_in_id)), PortalState, "stay")

    assert admission.customer() == ANNA
    assert admission.revision() == 4


async def test_anothers_tab_is_emptied_before_anything_is_shown(gate: Gate) -> None:
    root = tab(Labels(sign_in=ANNA.sign_in_id))
    await passes(gate, root, PortalState, "stay")
    (await root.get_state(HelpState)).told = "Annas private words"
    (await portal_state(root)).unread = 3

    show_labels(root, Labels(sign_in=BELA.sign_in_id))
    await passes(gate, root, PortalState, "stay")

    assert "Annas private words" not in str(root.dict())
    assert (await portal_state(root)).unread == 0
    assert admission.customer() == BELA


async def test_a_notice_stays_on_its_page(gate: Gate) -> None:
    root = tab(Labels(sign_in=ANNA.sign_in_id))
    base = await portal_state(root)
    await passes(gate, root, PortalState, "stay")
    show_page(root, "/lomtar")
    base._tell("One letter is gone.", "success")

    show_page(root, "/lomtar?rendez=subject")
    await gate.preprocess(None, root, event_of(PortalState, "stay"))
    on_its_page = base.notice
    show_page(root, "/kuldemenyek")
    await gate.preprocess(None, root, event_of(PortalState, "stay"))

    assert on_its_page == "One letter is gone."
    assert base.notice == ""


async def test_a_tab_whose_sign_in_has_ended_keeps_nothing_and_says_so(gate: Gate, doorbell: Doorbell) -> None:
    root = tab(Labels(sign_in=ANNA.sign_in_id))
    await passes(gate, root, PortalState, "stay")
    (await portal_state(root)).unread = 3
    doorbell.ended.add(ANNA.sign_in_id)

    assert not await passes(gate, root, PortalState, "stay")

    base = await portal_state(root)
    assert (base.unread, base.standing, base.notice_reloads) == (0, "stranger", True)
    assert base.notice == sentence("error.not_signed_in", "hu")


async def test_only_the_visitors_own_act_keeps_the_sign_in_awake(gate: Gate, doorbell: Doorbell) -> None:
    root = tab(Labels(sign_in=ANNA.sign_in_id))
    await passes(gate, root, PortalState, "dismiss_notice")
    await gate.preprocess(None, root, event_of(State, "hydrate"))
    asleep = list(doorbell.touched)

    await passes(gate, root, PortalState, "stay")

    assert asleep == []
    assert doorbell.touched == [ANNA]


async def test_the_page_learns_how_long_the_sign_in_lasts(gate: Gate) -> None:
    root = tab(Labels(sign_in=ANNA.sign_in_id))

    await gate.preprocess(None, root, event_of(State, "hydrate"))

    base = await portal_state(root)
    assert (base.seconds_left, base.warn_seconds) == (900, 120)


async def test_a_recent_act_is_not_written_again(doorbell: Doorbell) -> None:
    doorbell.seen_step_due = False
    gate = Gate(identify=doorbell.identify, touch=doorbell.touch, now=lambda: NOW)

    assert await passes(gate, tab(Labels(sign_in=ANNA.sign_in_id)), PortalState, "stay")

    assert doorbell.touched == []


async def test_a_gate_that_cannot_tell_who_is_there_lets_nothing_pass() -> None:
    async def broken(_labels: Labels) -> Standing:
        raise OSError("the database is gone")

    gate = Gate(identify=broken, touch=Doorbell().touch, now=lambda: NOW)

    with pytest.raises(GateBroken):
        await gate.preprocess(None, tab(), event_of(HelpState, "find", query="a"))


async def test_the_words_follow_the_language_of_the_browser(gate: Gate) -> None:
    root = tab(Labels(language="en"))

    await passes(gate, root, PortalState, "stay")

    assert (await portal_state(root)).notice == sentence("error.not_signed_in", "en")
