"""Another insurer is another file: names, numbers, rules, senders, colours and the way of speaking, without a line of code."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

import httpx
import pytest
from sqlmodel import select

from portal_app.database.schema import migrate
from portal_app.database.tables import Letter
from portal_app.domain.calendar import budapest_date
from portal_app.domain.passwords import SENT_LENGTH
from portal_app.gateways.clock import now
from portal_app.services import api_keys
from portal_app.services.house import House, open_house
from portal_app.settings import BRANDS
from tests.cast import ANNA, ANNAS_POLICY, DENES
from tests.conftest import free_port
from tests.faults.attacked import InstalledProduct
from tests.handing_over import letter
from tests.handing_over import policy as stated

pytestmark = [pytest.mark.fault, pytest.mark.timeout(400)]

CHANGES = {
    'insurer = "Minta Biztosító Zrt."': 'insurer = "Kanári Biztosító Nyrt."',
    'short_name = "Minta Biztosító"': 'short_name = "Kanári"',
    'register = "formal"': 'register = "informal"',
    'primary = "#0b5c55"': 'primary = "#402a8c"',
    'sender_name = "Minta Biztosító Küldeményeim"': 'sender_name = "Kanári Posta"',
    'sender_address = "kuldemenyeim@mintabiztosito.example"': 'sender_address = "posta@kanari.example"',
    'all_senders = ["kuldemenyeim@mintabiztosito.example", "ugyfelszolgalat@mintabiztosito.example"]': (
        'all_senders = ["posta@kanari.example"]'
    ),
    'search_word = "küldeménye"': 'search_word = "kanáripostája"',
    'phone = "+3615550100"': 'phone = "+3612003040"',
    "digits = 2": "digits = 5",
}
MORE = "\n[retention]\nletter_years = 3\n"


@dataclass(frozen=True)
class Installed:
    """The running portal of an insurer of our own, its first customer insured."""

    product: InstalledProduct
    house: House
    page: str
    mails: list[EmailMessage]

    def said(self, kind: str) -> str:
        """Everything that was mailed in this form."""
        bodies = [mail.get_body((kind,)) for mail in self.mails]
        return "\n".join(body.get_content() for body in bodies if body is not None)


@pytest.fixture(scope="module")
def kanari(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """Write the file, start the portal, insure Anna, hand over a letter, wait for the post."""
    folder = tmp_path_factory.mktemp("kanari")
    brand = folder / "kanari.toml"
    brand.write_text(brand_file(), encoding="utf-8")
    product = InstalledProduct(free_port(), folder / "data", str(brand))
    house = open_house(product.settings)
    migrate(house.database)
    key = house.database.carry_out(api_keys.create_key, DENES, "core", now=now())
    product.start()
    try:
        with httpx.Client(base_url=product.url, headers={"Authorization": f"Bearer {key}"}, timeout=30) as core:
            core.put(f"/api/v1/policies/{ANNAS_POLICY}", json=stated()).raise_for_status()
            core.post("/api/v1/deliveries", json=letter(), headers={"Idempotency-Key": "one"}).raise_for_status()
            page = core.get("/belepes").text
        yield Installed(product, house, page, post_of(product, 3))
    finally:
        product.stop()
        house.objects.close()
        house.database.close()


def brand_file() -> str:
    text = (BRANDS / "minta.toml").read_text(encoding="utf-8")
    for old, new in CHANGES.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text + MORE


def post_of(product: InstalledProduct, number: int) -> list[EmailMessage]:
    """Wait for so many e-mails."""
    end = time.monotonic() + 60
    while len(files := list(product.settings.outgoing.glob("*.eml"))) < number and time.monotonic() < end:
        time.sleep(0.2)
    return [BytesParser(EmailMessage, policy=policy.default).parsebytes(file.read_bytes()) for file in files]


@pytest.mark.requirement("R96")
def test_names_numbers_colours_and_the_way_of_speaking_are_the_brands(kanari: Installed) -> None:
    assert "Kanári" in kanari.page
    assert "+36\u00a01\u00a0200\u00a03040" in kanari.page
    assert "#402a8c" in kanari.page
    assert "Most lépsz be először?" in kanari.page
    assert "Minta Biztosító" not in kanari.page
    assert "Minta Biztosító" not in kanari.said("plain")


@pytest.mark.requirement("R97")
def test_post_comes_from_the_brands_sender_and_says_its_word(kanari: Installed) -> None:
    senders = {(address.display_name, address.addr_spec) for mail in kanari.mails for address in mail["From"].addresses}

    assert senders == {("Kanári Posta", "posta@kanari.example")}
    assert kanari.said("plain").count("kanáripostája") >= len(kanari.mails)


@pytest.mark.requirement("R92")
@pytest.mark.requirement("R93")
def test_link_and_initial_password_follow_the_brands_rules(kanari: Installed) -> None:
    words = (word for word in kanari.said("plain").split() if len(word) == SENT_LENGTH and word.isalnum())
    passwords = [word for word in words if any(map(str.isdigit, word))]

    assert "/elso-belepes/" in kanari.said("plain")
    assert [sum(map(str.isdigit, password)) >= 5 for password in passwords] == [True]


@pytest.mark.requirement("R95")
def test_letters_stay_as_long_as_the_brand_says(kanari: Installed) -> None:
    with kanari.house.database.reading() as db:
        placed, erased = db.exec(select(Letter.placed_at, Letter.erase_on)).one()

    assert erased.year - budapest_date(placed).year == 3


@pytest.mark.requirement("R94")
def test_one_address_has_one_account_and_learns_of_nothing_else(kanari: Installed) -> None:
    assert {mail["To"].addresses[0].addr_spec for mail in kanari.mails} == {ANNA}
    assert "Díjfizetési felszólító" not in kanari.said("plain") + kanari.said("html")
