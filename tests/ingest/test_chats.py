"""Chats as the core system reads them: among the messages, each with its reference."""

from portal_app.gateways.clock import now
from portal_app.services import chats, messages
from portal_app.services.house import House
from tests.cast import ANNA
from tests.ingest.conftest import Core
from tests.visitors import registered


def test_messages_of_a_chat_are_listed_with_their_purpose(house: House, core: Core) -> None:
    anna = registered(house, "kiss.anna", ANNA, now=now())
    mark = messages.form_mark(anna, "chat", "1", "Hol a kötvényem?", ())
    sent = house.database.carry_out(chats.send, anna, "Hol a kötvényem?", subject="Chat", mark=mark, brand=house.brand, now=now())

    answer = core.ask("GET", "/messages?after=")

    (message,) = answer.json()["items"]
    assert {name: message[name] for name in ("purpose", "reference", "text", "email", "answers")} == {
        "purpose": "chat", "reference": sent.reference, "text": "Hol a kötvényem?", "email": ANNA, "answers": 0,
    }  # fmt: skip
