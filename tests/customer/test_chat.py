"""The chat over HTTP: sent once whatever the connection does, seen by its owner only, refreshed in both directions."""

import json
from datetime import timedelta

import httpx
import pytest

from portal_app.customer.chat import PAGE, ChatState, UnreadChatState
from portal_app.domain.actors import Customer
from portal_app.domain.messages import CHAT_CHARACTERS
from portal_app.gateways.clock import now
from portal_app.gateways.secrets import public_id
from portal_app.services import chats, duty
from portal_app.services.house import House
from tests.cast import ANNA, ANNAS_PASSWORD, BELA, DENES
from tests.customer.browsing import Browser, NewBrowser
from tests.visitors import FULL_PASSWORD, active, post_to, registered

NAME = "kiss.anna"


@pytest.fixture
def anna(house: House) -> Customer:
    return registered(house, NAME, ANNA, now=now())


async def entered(new_browser: NewBrowser, login: str = NAME, password: str = FULL_PASSWORD) -> Browser:
    browser = new_browser()
    await browser.sign_in(login, password)
    return browser


async def send(browser: Browser, text: str, nonce: str = "") -> httpx.Response:
    fields = {"text": text, "nonce": nonce or public_id()}
    return await browser._client.post(PAGE, data=fields, headers={"accept": "application/json"})


def say(house: House, text: str) -> None:
    house.database.carry_out(chats.say, DENES, NAME, text, now=now())


@pytest.mark.requirement("R88")
async def test_a_conversation_is_held_in_both_directions(house: House, anna: Customer, new_browser: NewBrowser) -> None:
    browser = await entered(new_browser)
    house.database.carry_out(duty.begin_duty, DENES, "Cili", now() + timedelta(hours=1), now=now())

    sent = await send(browser, "Jó napot!\nHol a kötvényem?")
    say(house, "A Dokumentumaim alatt.")
    shown = await browser.shown(ChatState)

    assert (sent.status_code, list(sent.json())) == (200, ["sent"])
    assert [(line.mine, line.text, line.foot) for line in shown.lines] == [
        (True, "Jó napot!\nHol a kötvényem?", ""), (False, "A Dokumentumaim alatt.", ""),
    ]  # fmt: skip
    assert shown.on_duty
    assert shown.duty_words.startswith("Most itt van: Cili. Eddig válaszolunk: ")


async def test_with_nobody_on_duty_the_page_says_by_when(house: House, anna: Customer, new_browser: NewBrowser) -> None:
    browser = await entered(new_browser)
    reference = (await send(browser, "Halló?")).json()["sent"]

    shown = await browser.shown(ChatState)

    assert not shown.on_duty
    assert shown.duty_words.startswith("Most senki sincs a csevegésnél. Üzenetét megkapjuk, és legkésőbb eddig válaszolunk: ")
    (line,) = shown.lines
    assert line.foot.startswith(f"Hivatkozási szám: {reference}. Legkésőbb eddig válaszolunk: ")


async def test_a_form_whose_answer_was_lost_is_sent_once(house: House, anna: Customer, new_browser: NewBrowser) -> None:
    browser, nonce = await entered(new_browser), public_id()

    answers = [await send(browser, "Igen.", nonce) for _ in range(3)]

    assert len({answer.json()["sent"] for answer in answers}) == 1
    assert [line.text for line in (await browser.shown(ChatState)).lines] == ["Igen."]


async def test_without_a_script_the_form_leads_back_to_the_page(house: House, anna: Customer, new_browser: NewBrowser) -> None:
    browser = await entered(new_browser)

    answer = await browser.post(PAGE, text="Igen.", nonce=public_id())

    assert (answer.status_code, answer.headers["location"]) == (303, PAGE)


@pytest.mark.parametrize(
    ("text", "status", "says"),
    [
        (" ", 422, "Írja meg az üzenetét, mielőtt elküldi."),
        ("a" * (CHAT_CHARACTERS + 1), 422, "2000"),
    ],
)
async def test_what_cannot_be_sent_is_said(
    house: House, anna: Customer, new_browser: NewBrowser, text: str, status: int, says: str
) -> None:
    browser = await entered(new_browser)

    answer = await send(browser, text)

    assert answer.status_code == status
    assert says in answer.json()["refused"]
    assert (await browser.shown(ChatState)).lines == []


@pytest.mark.parametrize(
    "fields", [{}, {"text": "Igen."}, {"text": "Igen.", "nonce": "x"}, {"text": "x" * 30_000, "nonce": "0" * 32}]
)
async def test_forms_that_no_page_sends_are_refused(
    house: House, anna: Customer, new_browser: NewBrowser, fields: dict[str, str]
) -> None:
    browser = await entered(new_browser)

    assert (await browser.post(PAGE, **fields)).status_code == 400
    assert (await browser.shown(ChatState)).lines == []


async def test_strangers_and_the_mailbox_have_no_chat(house: House, anna: Customer, new_browser: NewBrowser) -> None:
    active(house, BELA, ANNAS_PASSWORD, now=now())
    stranger, mailbox = new_browser(), await entered(new_browser, BELA, ANNAS_PASSWORD)

    assert (await stranger.leads_to(PAGE)).startswith("/belepes")
    assert await mailbox.leads_to(PAGE) == "/kuldemenyek"
    assert (await send(stranger, "Igen.")).status_code == 303
    assert (await send(mailbox, "Igen.")).status_code == 422
    assert house.database.ask(chats.list_conversations, DENES) == []


async def test_another_customers_thread_stays_theirs(house: House, anna: Customer, new_browser: NewBrowser) -> None:
    registered(house, "nagy.bela", BELA, now=now())
    annas, belas = await entered(new_browser), await entered(new_browser, "nagy.bela")
    nonce = public_id()
    await send(annas, "Titkos ügyem van.", nonce)
    say(house, "Értem a titkát.")

    stolen = await send(belas, "Titkos ügyem van.", nonce)

    assert [line.text for line in (await belas.shown(ChatState)).lines] == ["Titkos ügyem van."]
    assert [line.text for line in (await annas.shown(ChatState)).lines] == ["Titkos ügyem van.", "Értem a titkát."]
    assert stolen.json()["sent"] not in {line.foot for line in (await annas.shown(ChatState)).lines}


async def test_an_answer_that_came_meanwhile_is_counted_in_the_menu_until_it_is_read(
    house: House, anna: Customer, new_browser: NewBrowser
) -> None:
    browser = await entered(new_browser)
    await send(browser, "Halló?")
    before = (await browser.shown(UnreadChatState)).unread_chat
    say(house, "Igen?")

    meanwhile = (await browser.shown(UnreadChatState, "refresh")).unread_chat
    read = (await browser.shown(ChatState)).unread_chat
    afterwards = (await browser.shown(UnreadChatState)).unread_chat

    assert (before, meanwhile, read, afterwards) == (0, 1, 0, 0)


async def test_what_is_read_on_the_page_needs_no_mail(house: House, anna: Customer, new_browser: NewBrowser) -> None:
    browser = await entered(new_browser)
    await send(browser, "Halló?")
    say(house, "Igen?")
    await browser.shown(ChatState, "refresh")

    assert [job.outcome for job in post_to(house, ANNA, "new_answer")] == ["withdrawn"]


async def test_older_messages_come_when_they_are_asked_for(house: House, anna: Customer, new_browser: NewBrowser) -> None:
    browser = await entered(new_browser)
    for number in range(35):
        await send(browser, f"{number}.")

    first = await browser.shown(ChatState)
    more = await browser.shown(ChatState, "show_earlier")

    assert (len(first.lines), first.more, first.lines[-1].text) == (30, True, "34.")
    assert (len(more.lines), more.more) == (35, False)


async def test_the_page_speaks_english_too(house: House, anna: Customer, new_browser: NewBrowser) -> None:
    browser = await entered(new_browser)
    await browser.post("/nyelv", nyelv="en")
    answer = await send(browser, "")

    assert "message" in json.dumps(answer.json())
