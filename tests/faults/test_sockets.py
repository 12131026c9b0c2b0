"""Whoever speaks to the socket directly gets nothing that is not theirs, and breaks nothing."""

import asyncio
import inspect
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import socketio
from reflex_base.registry import RegistrationContext

import portal_app.portal_app as portal
from portal_app.browser import reflex_internals
from tests.faults.attacked import Attacked, Visitor
from tests.faults.raw_socket import PORTAL_STATE, ROOT, Tab

pytestmark = [pytest.mark.fault, pytest.mark.timeout(400)]

assert portal.app, "importing it registers the handlers"
HANDLERS: dict[str, Callable[..., Any]] = {
    name: entry.handler.fn for name, entry in sorted(RegistrationContext.get().event_handlers.items())
}
INBOX = next(name for name in HANDLERS if name.endswith("inbox_state.load"))
INBOX_REFRESH = next(name for name in HANDLERS if name.endswith("inbox_state.refresh"))
# The sentinel by which a tab notices that it still works.
MAKES_NOISE = f"{PORTAL_STATE}.show_refusal"


def short(name: str) -> str:
    """A handler's name for people."""
    return ".".join(part.rpartition("____")[2] for part in name.split(".")[-2:])


def visitors(attacked: Attacked) -> dict[str, Visitor | None]:
    return {"a stranger": None, "Béla": attacked.bela, "somebody who must change the password": attacked.changing}


def right_looking(attacked: Attacked, function: Callable[..., Any]) -> Iterator[dict[str, Any]]:
    """Arguments that fit the signature and name Anna's things: one after the other in every place."""
    a = attacked
    texts = [a.letter_id, a.document_id, a.message_id, a.reference, a.nonce, str(a.anna.sign_in_id)]
    numbers = [a.anna.sign_in_id, a.anna.account_id, 1]
    form = {"letter_id": a.letter_id, "id": a.letter_id, "nonce": a.nonce, "text": "kérem", "q": "kanari"}
    wanted = list(inspect.signature(function).parameters.values())[1:]
    for turn in range(len(texts) if wanted else 1):
        fitting: dict[str, Any] = {"dict": form, "list": texts[: turn + 1], "bool": turn % 2 == 0, "int": numbers[turn % 3]}
        yield {
            parameter.name: next((value for kind, value in fitting.items() if kind in str(parameter.annotation)), texts[turn])
            for parameter in wanted
        }


async def test_anna_herself_is_told_what_is_hers(attacked: Attacked) -> None:
    """What the other tests look for is really said to somebody."""
    async with Tab(attacked.product.url, attacked.anna.header) as tab:
        await tab.visit("/kuldemenyek")
        await tab.visit(f"/kuldemenyek/{attacked.letter_id}")
        await tab.visit("/beallitasok")

        told = set(attacked.heard_in(tab.everything))

    assert {"subject", "summary", "file name", "reply", "answer", "draft", "policy", "email"} <= told
    assert "sign-in" not in told, "not even she is told the cookie"


@pytest.mark.parametrize("who", ["a stranger", "Béla", "somebody who must change the password"])
async def test_nobody_else_gets_anything_of_hers_from_any_handler(attacked: Attacked, who: str) -> None:
    visitor = visitors(attacked)[who]
    before = attacked.annas_rows()
    told: dict[str, list[str]] = {}

    for name, function in HANDLERS.items():
        async with Tab(attacked.product.url, visitor.header if visitor else "") as tab:
            await tab.visit(f"/kuldemenyek/{attacked.letter_id}", {"elkuldve": attacked.message_id, "q": "kanari"})
            for arguments in right_looking(attacked, function):
                await tab.send(name, arguments)
            await tab.settle()
            if hers := attacked.heard_in(tab.everything):
                told[short(name)] = hers

    assert len(HANDLERS) > 40
    assert told == {}
    assert attacked.annas_rows() == before
