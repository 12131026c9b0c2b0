"""Arrivals: who comes in, and what Reflex may know of it."""

import pytest
from starlette.datastructures import Headers

from portal_app.browser.arrivals import Arrivals, Known, Labels, read_labels, source_of
from portal_app.browser.cookies import CookieNames
from portal_app.domain.actors import Customer, Stranger
from tests.browser.asgi import knock, show_request

ANNA = Customer(account_id=5, sign_in_id=17, portal="kuldemenyeim", language="en")


async def recognise(tokens: dict[str, str], source: str) -> Known:
    """Know Anna by her cookie and one visit."""
    if tokens.get("sign_in") == "annas-secret":
        return Known(ANNA)
    return Known(Stranger(source, 3 if tokens.get("visit") == "a-visit" else None))


def wrapped() -> Arrivals:
    return Arrivals(show_request, recognise=recognise, names=CookieNames(secure=False), proxy_hops=0)


def labels_in(seen: dict[str, dict[str, str]]) -> str:
    """What stands in the Cookie header, before the seal."""
    return seen["headers"]["cookie"].partition("; seal=")[0]


async def test_the_secret_is_replaced_by_the_row_before_reflex_sees_it() -> None:
    async with knock(wrapped()) as client:
        seen = (await client.get("/x", headers={"cookie": "portal_sign_in=annas-secret; portal_device=known"})).json()

    assert labels_in(seen) == "sign_in=17; visit=; language=en; source=127.0.0.1"
    assert "annas-secret" not in str(seen)
    assert "known" not in str(seen)


async def test_labels_from_outside_are_not_believed() -> None:
    headers = {"cookie": "sign_in=17; visit=9", "x-portal-sign-in": "17"}

    async with knock(wrapped()) as client:
        seen = (await client.get("/x", headers=headers)).json()

    assert labels_in(seen) == "sign_in=; visit=; language=hu; source=127.0.0.1"
    assert "x-portal-sign-in" not in seen["headers"]


async def test_a_stranger_is_known_by_the_row_of_the_visit() -> None:
    async with knock(wrapped()) as client:
        seen = (await client.get("/x", headers={"cookie": "portal_visit=a-visit"})).json()

    assert labels_in(seen) == "sign_in=; visit=3; language=hu; source=127.0.0.1"


@pytest.mark.parametrize(
    ("cookie", "language"), [("nyelv=en", "en"), ("nyelv=xx", "hu"), ("nyelv=hu; portal_sign_in=annas-secret", "hu")]
)
async def test_the_chosen_language_wins(cookie: str, language: str) -> None:
    async with knock(wrapped()) as client:
        seen = (await client.get("/x", headers={"cookie": cookie})).json()

    assert read_labels(seen["headers"]["cookie"]).language == language


def test_labels_survive_the_way_through_reflex() -> None:
    labels = Labels(sign_in=17, visit=None, language="en", source="2001:db8::1")

    assert read_labels(labels.header()) == labels


def test_labels_that_somebody_else_wrote_stand_for_nobody() -> None:
    words, _, seal = Labels(sign_in=17).header().partition("; seal=")

    assert read_labels(f"{words}; seal={seal}") == Labels(sign_in=17)
    assert read_labels(words) == Labels()
    assert read_labels(f"{words.replace('17', '18')}; seal={seal}") == Labels()
    assert read_labels(f"{words}; sign_in=18; seal={seal}") == Labels()


@pytest.mark.parametrize("header", ["", "sign_in=x; visit=-1", "sign_in", "sign_in=²", "seal=", "; seal=é"])
def test_labels_without_sense_stand_for_nobody(header: str) -> None:
    assert read_labels(header) == Labels()


@pytest.mark.parametrize(("hops", "source"), [(0, "10.0.0.9"), (1, "203.0.113.7"), (2, "198.51.100.1"), (3, "10.0.0.9")])
def test_forwarded_addresses_count_only_as_far_as_our_own_proxies_wrote_them(hops: int, source: str) -> None:
    scope = {"client": ("10.0.0.9", 5)}
    headers = Headers({"x-forwarded-for": "198.51.100.1, 203.0.113.7"})

    assert source_of(scope, headers, hops) == source


@pytest.mark.parametrize("forged", ["1.2.3.4; sign_in=17", "localhost", "<script>", "1.2.3", "::1; seal=x"])
def test_what_is_no_address_is_not_taken_for_one(forged: str) -> None:
    assert source_of({"client": ("10.0.0.9", 5)}, Headers({"x-forwarded-for": forged}), 1) == "10.0.0.9"
