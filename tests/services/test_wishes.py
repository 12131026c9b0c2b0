"""Wishes for the full portal are noted once, where the insurer reads messages."""

from dataclasses import replace

from portal_app.domain.brands import PortalName
from portal_app.services import answers, wishes
from portal_app.services.house import House
from tests.cast import ANNA, BELA, DENES, NOON
from tests.correspondence import customer


def test_a_wish_is_noted_once_and_only_for_who_wished(house: House) -> None:
    anna, bela = customer(house, ANNA), customer(house, BELA)
    alone = replace(house.brand, switched_on=(PortalName.KULDEMENYEIM,))
    words = {"subject": "Ügyfélportál-regisztrációt kérek", "text": "Szeretnék átlépni.", "brand": alone, "now": NOON}

    new = [house.database.carry_out(wishes.wish_for_upgrade, anna, **words) for _ in range(2)]

    assert new == [True, False]
    assert [house.database.ask(wishes.has_wished, who) for who in (anna, bela)] == [True, False]
    listed = house.database.ask(answers.list_messages, DENES)
    assert [(message.purpose, message.subject) for message in listed] == [("upgrade_wish", words["subject"])]


def test_where_the_portal_is_there_nobody_needs_to_wish_for_it(house: House) -> None:
    anna = customer(house, ANNA)

    assert not house.database.carry_out(wishes.wish_for_upgrade, anna, subject="S", text="T", brand=house.brand, now=NOON)

    assert not house.database.ask(wishes.has_wished, anna)
    assert house.database.ask(answers.list_messages, DENES) == []
