"""The hosts of a brand's portals are other names of the one origin, and lead to the portal they are known for (C7)."""

from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from portal_app.domain.brands import Brand
from portal_app.services.house import House, use_house
from portal_app.settings import read_brand
from tests.customer.browsing import Browser

HOSTS = [
    ("minta", "kuldemenyeim.mintabiztosito.example", "kuldemenyeim"),
    ("minta", "ugyfelportal.mintabiztosito.example", "ugyfelportal"),
    ("minta", "portal24.mintabiztosito.example", "online24"),
    ("allianz", "ugyfelportal.allianz.hu", "kuldemenyeim"),
    ("union", "ugyfelportal.union.hu", "ugyfelportal"),
    ("union", "clientportalgw.union.hu", "ugyfelportal"),
    ("union", "www.union24.hu", "online24"),
]
# The addresses that the source documents print.
PRINTED = {
    "ugyfelportal.allianz.hu": "/upp_login/services/start",
    "clientportalgw.union.hu": "/Login",
    "ugyfelportal.union.hu": "/ugyfelportal/",
}


def arrive(house: House, brand: Brand, folder: Path) -> Browser:
    """Open a browser at an installation of this brand."""
    there = replace(house, brand=brand)
    use_house(there)
    return Browser(there, folder)


async def ask(browser: Browser, host: str, path: str = "/", method: str = "GET", **headers: str) -> httpx.Response:
    return await browser._client.request(method, path, headers={"host": host, **headers})


def test_every_host_of_every_brand_is_looked_at() -> None:
    brands = {name: read_brand(name) for name in ("minta", "allianz", "union")}
    listed = [
        (name, host, portal.value)
        for name, brand in brands.items()
        for portal in brand.switched_on
        for host in brand.portals[portal].hosts
    ]

    assert listed == HOSTS


@pytest.mark.parametrize(("name", "host", "portal"), HOSTS)
async def test_a_portals_host_leads_to_its_sign_in_for_good(
    house: House, tmp_path: Path, name: str, host: str, portal: str
) -> None:
    browser = arrive(house, read_brand(name), tmp_path)

    answers = [
        await ask(browser, named, path)
        for named in (host, host.upper(), f"{host}:443")
        for path in ("/", PRINTED.get(host, "/kuldemenyek?x=1"), "//evil.example")
    ]

    led = {(answer.status_code, answer.headers["location"]) for answer in answers}
    assert led == {(308, f"http://localhost:8000/belepes?portal={portal}")}
    assert [answer for answer in answers if "set-cookie" in answer.headers] == []


@pytest.mark.parametrize(("name", "host", "portal"), HOSTS)
async def test_a_portals_host_takes_no_cookie_and_no_form(
    house: House, tmp_path: Path, name: str, host: str, portal: str
) -> None:
    """Whoever holds the name must not stand between the customer and the one origin."""
    browser = arrive(house, read_brand(name), tmp_path)

    posted = await ask(browser, host, "/belepes", "POST", origin=f"https://{host}")
    crossing = await browser._client.post("/belepes", headers={"origin": f"https://{host}"})

    assert (posted.status_code, posted.headers["location"]) == (308, f"http://localhost:8000/belepes?portal={portal}")
    assert crossing.status_code == 403


@pytest.mark.parametrize("host", ["www.union24.hu", "union24.hu", "ugyfelportal.union.hu.evil.example", "evil-www.union24.hu"])
async def test_hosts_of_other_brands_and_lookalikes_lead_nowhere(house: House, tmp_path: Path, host: str) -> None:
    answer = await ask(arrive(house, read_brand("minta"), tmp_path), host)

    assert (answer.status_code, "location" in answer.headers) == (421, False)


async def test_hosts_of_a_portal_that_is_switched_off_lead_nowhere(house: House, tmp_path: Path) -> None:
    union = read_brand("union")
    without = replace(union, switched_on=union.switched_on[:1])

    answer = await ask(arrive(house, without, tmp_path), "www.union24.hu")

    assert answer.status_code == 421
