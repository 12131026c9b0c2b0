"""Whoever asks over HTTP for what is not theirs gets what everybody gets for what does not exist; and nothing breaks."""

import re
import secrets
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from sqlmodel import SQLModel

from portal_app.browser.addresses import Page, WebRoute
from portal_app.browser.headers import ALWAYS
from portal_app.customer.routes import PAGES, ROUTES
from portal_app.database.transactions import Database
from portal_app.ingest.api import open_router, router
from tests.faults.attacked import METRICS_TOKEN, Attacked, Visitor

pytestmark = [pytest.mark.fault, pytest.mark.timeout(300)]

# What differs from one answer to the next without telling anything.
PASSING = {"date", "content-length", "etag", "last-modified", "connection"}
WHO = ("a stranger", "somebody who must change the password", "Béla", "Dóra of the letter-box")
# Reading that notes something down: the proof that a document was handed out, and for how long an errand still lasts.
NOTES = {"event", "visit", "sign_in", "challenge"}


@dataclass(frozen=True)
class Door:
    """One address of the portal with its method."""

    method: str
    path: str

    def __str__(self) -> str:
        """Name it."""
        return f"{self.method} {self.path}"

    def at(self, names: dict[str, str]) -> str:
        """Fill the address in."""
        filled = re.sub(r":\w+(?=[}\]])", "", self.path)
        return re.sub(r"[{\[](\w+)[}\]]", lambda found: names[found[1]], filled)


def door_of(listed: Page | WebRoute) -> Door:
    return Door("GET" if isinstance(listed, Page) else listed.method, listed.path)


LEAVING = Door("POST", "/kilepes")
# Whoever leaves is a stranger afterwards; so this one door has a test of its own.
DOORS = [door for door in (*map(door_of, PAGES), *map(door_of, ROUTES)) if door != LEAVING]
# Whoever moves to another portal is asked for nothing, and is somebody else's customer when asked again.
MOVING = Door("POST", "/atlepes")
NAMING = [door for door in DOORS if door != MOVING]
API = [Door(method, f"/api/v1{route.path}") for route in router.routes for method in sorted(route.methods)]
OPEN_API = [f"/api/v1{route.path}" for route in open_router.routes]


# Parts of addresses that name nobody's things.
PLACES = {"page": "1", "form": "levelezesi-cim", "step": "cim"}


def hers(attacked: Attacked) -> dict[str, str]:
    """Names that fill the addresses in, for Anna's things."""
    return attacked.ids | PLACES | {"token": secrets.token_urlsafe(32)}


def nobodys(attacked: Attacked) -> dict[str, str]:
    """The same for things that do not exist."""
    return {name: PLACES.get(name, "") or secrets.token_hex(16) for name in hers(attacked)}


def people(attacked: Attacked) -> dict[str, Visitor]:
    """Whoever is signed in and wants what is Anna's."""
    return {
        "Béla": attacked.bela,
        "Dóra of the letter-box": attacked.dora,
        "somebody who must change the password": attacked.changing,
    }


def cookie_of(attacked: Attacked, who: str) -> dict[str, str]:
    visitor = people(attacked).get(who)
    return {"Cookie": visitor.header} if visitor else {}


def body_for(names: dict[str, str]) -> dict[str, str]:
    """A form that names somebody's things in every field there is."""
    letter = names["letter_id"]
    plain = {"kuldemenyek": letter, "szoveg": "kanari", "text": "kanari", "nonce": "0" * 32, "nyelv": "hu"}
    return (
        names | plain | {"id": letter, "merge": names["merge_id"], "other": names["account_id"], "policy": names["policy_number"]}
    )


@pytest.fixture(scope="module")
def client(attacked: Attacked) -> Iterator[httpx.Client]:
    """A client without any cookies that follows nothing."""
    with httpx.Client(base_url=attacked.product.url, timeout=30) as opened:
        yield opened


@pytest.fixture(autouse=True)
def everybody_there(attacked: Attacked) -> None:
    """Too many wrong passwords end a sign-in; whoever asks as Béla is Béla."""
    attacked.come_back()


def knock(client: httpx.Client, attacked: Attacked, door: Door, who: str, names: dict[str, str]) -> tuple[Any, ...]:
    """Ask once; what comes back, without what differs from one answer to the next and without the names that were sent."""
    client.cookies.clear()
    headers = cookie_of(attacked, who) | ({"Origin": attacked.product.url} if door.method == "POST" else {})
    form = body_for(names) if door.method == "POST" else None
    query = {"kuldemenyek": names["letter_id"]} if door.path.endswith("/zip") and door.method != "POST" else None
    answer = client.request(door.method, door.at(names), headers=headers, data=form, params=query)
    assert attacked.heard_in(answer.text, said=str(names)) == []
    told = {name: value for name, value in answer.headers.items() if name not in PASSING | {"set-cookie"}}
    return answer.status_code, *(without(names, part) for part in (str(sorted(told.items())), answer.text))


def without(names: dict[str, str], told: str) -> str:
    """What was told, without what was asked, and without the form's own random names."""
    for name in sorted(names.values(), key=len, reverse=True):
        told = told.replace(name, "…") if len(name) > 1 else told
    return re.sub(r"\b[0-9a-f]{8}\b", "…", told)


@pytest.mark.requirement("R1")
@pytest.mark.requirement("R4")
@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("door", NAMING, ids=str)
def test_what_is_annas_and_what_does_not_exist_look_the_same(
    attacked: Attacked, client: httpx.Client, door: Door, who: str
) -> None:
    before = attacked.annas_rows()

    of_hers = knock(client, attacked, door, who, hers(attacked))
    of_nobodys = knock(client, attacked, door, who, nobodys(attacked))

    assert of_hers == of_nobodys
    assert of_hers[0] < 500
    assert attacked.is_signed_in(attacked.bela)
    assert attacked.is_signed_in(attacked.changing)
    assert attacked.annas_rows() == before


@pytest.mark.parametrize("door", [door for door in DOORS if "_id}" in door.path], ids=str)
def test_what_is_annas_is_not_found_by_bela(attacked: Attacked, client: httpx.Client, door: Door) -> None:
    status, *_ = knock(client, attacked, door, "Béla", hers(attacked))

    leads_back = door == Door("GET", "/kuldemenyek/{letter_id}/valasz")
    assert status == (303 if leads_back else 404)


def test_leaving_ends_only_the_sign_in_that_leaves(attacked: Attacked, client: httpx.Client) -> None:
    before = attacked.annas_rows()
    leaving = attacked.another_sign_in_of(attacked.bela)

    for cookie in ("", f"portal_sign_in={leaving.cookie}", f"portal_sign_in={attacked.anna.sign_in_id}"):
        client.cookies.clear()
        client.post(
            "/kilepes", headers={"Cookie": cookie, "Origin": attacked.product.url}, data={"sign_in": attacked.anna.sign_in_id}
        )

    assert attacked.annas_rows() == before
    assert client.get("/kuldemenyek", headers={"Cookie": attacked.bela.header}).status_code == 200
    assert client.get("/kuldemenyek", headers={"Cookie": leaving.header}).status_code == 303


def test_anna_herself_finds_it(attacked: Attacked, client: httpx.Client) -> None:
    """What the others do not find is really there."""
    headers = {"Cookie": attacked.anna.header}

    document = client.get(f"/dokumentumok/{attacked.document_id}/letoltes", headers=headers)
    zipped = client.get("/kuldemenyek/zip", params={"kuldemenyek": attacked.letter_id}, headers=headers)

    assert (document.status_code, document.content[:5]) == (200, b"%PDF-")
    assert (zipped.status_code, zipped.content[:2]) == (200, b"PK")


@pytest.mark.parametrize("who", [*WHO, "Anna"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_reading_changes_nothing(attacked: Attacked, client: httpx.Client, who: str, method: str) -> None:
    before = everything_but_notes(attacked.house.database)

    for door in DOORS:
        if door.method == "GET":
            client.cookies.clear()
            headers = {"Cookie": attacked.anna.header} if who == "Anna" else cookie_of(attacked, who)
            assert client.request(method, door.at(hers(attacked)), headers=headers).status_code < 500

    assert everything_but_notes(attacked.house.database) == before


def everything_but_notes(database: Database) -> dict[str, list[dict[str, Any]]]:
    with database.reading() as db:
        return {
            table.name: [dict(row) for row in db.connection().execute(table.select()).mappings()]
            for table in SQLModel.metadata.sorted_tables
            if table.name not in NOTES
        }


FOREIGN = [None, "null", "http://evil.example", "{own}.evil.example", "https://localhost:{port}", "{own}:1", "{own}/"]


@pytest.mark.parametrize("origin", FOREIGN, ids=str)
def test_no_other_site_can_make_a_browser_do_anything(attacked: Attacked, client: httpx.Client, origin: str | None) -> None:
    before = attacked.annas_rows()
    product = attacked.product
    claimed = {"Origin": origin.format(own=product.url, port=product.port)} if origin else {}
    claimed |= {"Cookie": attacked.anna.header, "Referer": f"{product.url}/kuldemenyek", "Sec-Fetch-Site": "cross-site"}

    for door in DOORS:
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            client.cookies.clear()
            answer = client.request(method, door.at(hers(attacked)), data=body_for(hers(attacked)), headers=claimed)
            assert (door, method, answer.status_code) == (door, method, 403)
            assert "set-cookie" not in answer.headers

    assert attacked.annas_rows() == before


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "X" * 50])
def test_methods_that_no_page_uses_are_not_answered(attacked: Attacked, client: httpx.Client, method: str) -> None:
    for door in DOORS:
        answer = client.request(
            method, door.at(hers(attacked)), headers={"Cookie": attacked.anna.header, "Origin": attacked.product.url}
        )
        assert answer.status_code in {400, 403, 404, 405, 501}
        assert "cookie" not in answer.text.lower(), "TRACE would say back what only the browser knows"


@pytest.mark.parametrize("door", API, ids=str)
def test_the_api_answers_nobody_without_a_key(attacked: Attacked, client: httpx.Client, door: Door) -> None:
    names = hers(attacked) | {
        "policy_number": attacked.canaries["policy"],
        "delivery_id": attacked.letter_id,
        "file_id": attacked.document_id,
    }
    bearers = ["", "Bearer", "Bearer  x", "Bearer x", f"Bearer {attacked.anna.cookie}", "Basic Og==", "Bearer " + "x" * 5000]

    answers = [
        client.request(door.method, door.at(names), headers={"Authorization": bearer, "Cookie": attacked.anna.header}, json={})
        for bearer in bearers
    ]

    assert {answer.status_code for answer in answers} == {401}
    assert {answer.json()["code"] for answer in answers} == {"key_missing"}
    assert [answer for answer in answers if attacked.heard_in(answer.text)] == []


def test_there_is_an_api_to_judge() -> None:
    assert len(API) >= 6
    assert OPEN_API == ["/api/v1/openapi.json", "/api/v1/docs", "/api/v1/docs.css"]


@pytest.mark.parametrize("secret", ["", "Bearer x", f"Basic {METRICS_TOKEN}", METRICS_TOKEN])
def test_figures_are_for_the_machine_itself_or_for_who_has_the_token(
    attacked: Attacked, client: httpx.Client, secret: str
) -> None:
    """From this machine they are open; behind a proxy everybody seems to come from this machine."""
    own = client.get("/metrics")
    via_proxy = client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9", "Authorization": secret})
    by_token = client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9", "Authorization": f"Bearer {METRICS_TOKEN}"})

    assert own.status_code == 200
    assert via_proxy.status_code in {401, 403, 404}
    assert by_token.status_code == 200
    assert attacked.heard_in(own.text) == []


@pytest.mark.parametrize(
    "path",
    [
        "/_upload",
        "/_upload/x",
        "/_all_routes",
        "/auth-codespace",
        "/sitemap.xml",
        "/.env",
        "/.git/config",
        "/portal.db",
        "/server.log",
        "/..%2f..%2fetc/passwd",
        "/assets/..%2f..%2f..%2frequirements.txt",
        "/assets/%2e%2e/%2e%2e/reflex.json",
        "/%00",
        "/postafiok",
    ],
)
def test_what_is_not_offered_is_not_there(client: httpx.Client, path: str) -> None:
    answers = [client.get(path), client.post(path, headers={"Origin": str(client.base_url).rstrip("/")})]

    assert {answer.status_code for answer in answers} <= {400, 404, 405}


# ── headers ──

EVERYWHERE = [
    "/",
    "/belepes",
    "/sugo",
    "/kuldemenyek",
    "/kuldemenyek/x",
    "/nincs-ilyen",
    "/nincs/ilyen/sem",
    "/portal.css",
    "/branding/logo.svg",
    "/dokumentumok/x/letoltes",
    "/kuldemenyek/zip",
    "/api/v1/messages",
    "/api/v1/openapi.json",
    "/api/v1/docs",
    "/api/v1/nothing",
    "/healthz",
    "/readyz",
    "/metrics",
    "/ping",
    "/_health",
    "/_event",
    "/_event/?EIO=4&transport=polling",
    "/robots.txt",
    "/%ff",
    "/elso-belepes/x",
    "/uj-jelszo/x",
    "/beallitasok/e-mail/x",
    "/portaltorles/x",
    "/postafiok",
]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS", "DELETE"])
@pytest.mark.parametrize("path", EVERYWHERE)
def test_every_answer_bears_the_headers_that_protect(attacked: Attacked, client: httpx.Client, path: str, method: str) -> None:
    client.cookies.clear()

    answer = client.request(method, path, headers={"Cookie": attacked.anna.header})

    assert answer.status_code < 500
    assert {name for name in ALWAYS if name not in answer.headers} == set()
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["server"] == "portal", "no name of a program, no version"
    assert "x-powered-by" not in answer.headers
    policy = answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe-eval" not in policy
    assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]
    assert "cache-control" in answer.headers


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
@pytest.mark.parametrize("path", EVERYWHERE)
def test_no_other_site_may_read_an_answer(client: httpx.Client, path: str, method: str) -> None:
    asks = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x"}

    answer = client.request(method, path, headers=asks)

    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("path", ["/kuldemenyek", "/beallitasok", "/lomtar", "/elkuldott"])
def test_no_page_of_a_customer_is_kept_by_browser_or_proxy(attacked: Attacked, client: httpx.Client, path: str) -> None:
    answer = client.get(path, headers={"Cookie": attacked.anna.header})

    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")


# ── hosts and sizes ──


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "evil.example:{port}",
        "127.0.0.1.evil.example",
        "[::1].evil",
        "a@evil.example",
        "",
    ],
)
def test_only_our_own_host_is_answered(attacked: Attacked, client: httpx.Client, host: str) -> None:
    named = host.format(port=attacked.product.port)

    answer = client.get("/belepes", headers={"Host": named, "X-Forwarded-Host": named})

    assert answer.status_code in {400, 421}
    assert "location" not in answer.headers
    assert "evil" not in answer.text


@pytest.mark.parametrize("header", ["X-Forwarded-Host", "X-Original-URL", "X-Rewrite-URL", "Forwarded", "X-Forwarded-Proto"])
def test_no_header_moves_us_to_another_host(client: httpx.Client, header: str) -> None:
    plain = client.get("/")
    told = client.get("/", headers={header: "host=evil.example" if header == "Forwarded" else "evil.example"})

    assert told.headers["location"] == plain.headers["location"]
    assert "evil" not in str(told.headers)


def test_two_hosts_in_one_request_are_no_host(attacked: Attacked) -> None:
    port = attacked.product.port

    answer = raw(port, f"GET /belepes HTTP/1.1\r\nHost: evil.example\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n")

    assert answer.split(" ")[1] in {"400", "421"}


@pytest.mark.parametrize(
    "request_line",
    [
        "GET http://evil.example/belepes HTTP/1.1",
        "GET //evil.example/%2e%2e HTTP/1.1",
        "GET /belepes%0d%0aset-cookie:a=b HTTP/1.1",
    ],
)
def test_no_request_line_leads_elsewhere(attacked: Attacked, request_line: str) -> None:
    port = attacked.product.port

    answer = raw(port, f"{request_line}\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n").partition("\r\n\r\n")[0]

    assert "location: //" not in answer.lower()
    assert "location: http://evil" not in answer.lower()
    assert "set-cookie: a=b" not in answer.lower()
    assert not answer.startswith("HTTP/1.1 5")


def raw(port: int, said: str) -> str:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(said.encode())
        heard = b""
        while piece := connection.recv(65536):
            heard += piece
    return heard.decode(errors="replace")


@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.parametrize("path", ["/belepes", "/elfelejtett-jelszo", "/portaltorles", "/nyelv"])
def test_a_form_larger_than_any_of_ours_is_refused_while_it_comes(client: httpx.Client, path: str, *, announced: bool) -> None:
    content = b"email=" + b"x" * 70_000
    headers = {"Origin": str(client.base_url).rstrip("/"), "Content-Type": "application/x-www-form-urlencoded"}

    answer = client.post(path, content=content if announced else iter([content]), headers=headers)

    assert answer.status_code == 413


def test_a_delivery_larger_than_the_brand_allows_is_refused_with_a_reason(attacked: Attacked) -> None:
    most = attacked.house.brand.limits.request_bytes

    answer = attacked.core.post("/api/v1/deliveries", content=iter([b"x" * (most + 1)]), headers={"Idempotency-Key": "large"})

    assert (answer.status_code, answer.json()["code"]) == (413, "request_too_large")


STRANGE = {
    "characters that are none": b"email=%ff%fe%ed%a0%80&jelszo=%00",
    "a NUL": b"email=a%00b@pelda.example&jelszo=a%00b&azonosito=%00&szoveg=%00&login=%00&password=%00&kod=%00",
    "the same field many times": b"&".join([b"email=a"] * 900),
    "very many fields": b"&".join(b"f%d=1" % number for number in range(5000)),
    "JSON": b'{"email": ["a"]}',
    "a multipart form without an end": b"--x\r\nContent-Disposition: form-data; name=email\r\n\r\n",
    "a file instead of a text": b'--x\r\nContent-Disposition: form-data; name="email"; filename="a"\r\n\r\nx\r\n--x--\r\n',
    "nothing": b"",
}
KINDS = ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/form-data", "application/json", ""]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("strange", STRANGE)
def test_no_form_breaks_a_route(attacked: Attacked, client: httpx.Client, strange: str, kind: str) -> None:
    logged = attacked.product.log.stat().st_size

    for door in DOORS:
        if door.method == "POST":
            # A server that has refused a body may hang up, and a connection that is used again would meet that.
            headers = {
                "Origin": attacked.product.url,
                "Content-Type": kind,
                "Cookie": attacked.bela.header,
                "Connection": "close",
            }
            client.cookies.clear()
            answer = client.post(door.at(nobodys(attacked)), content=STRANGE[strange], headers=headers)
            assert (str(door), answer.status_code) == (str(door), answer.status_code if answer.status_code < 500 else "no fault")

    assert '"level": "error"' not in attacked.product.log.read_bytes()[logged:].decode()


NO_DELIVERIES = {
    "lists in lists": b"[" * 30_000,
    "objects in objects": b'{"a":' * 10_000,
    "no text": b"\xff\xfe",
    "nothing": b"",
    "half a word": b"nul",
    "a number beyond all numbers": b'{"external_ref": 1e999, "amount": NaN}',
    "half a character": b'{"external_ref": "\\ud800", "subject": "\\u0000"}',
}


@pytest.mark.parametrize("sent", NO_DELIVERIES)
@pytest.mark.parametrize("door", ["POST deliveries", "POST deliveries/batch", "PUT policies/P-1"])
def test_nothing_that_is_handed_over_breaks_the_api(attacked: Attacked, door: str, sent: str) -> None:
    method, path = door.split()
    headers = {"Idempotency-Key": door + sent}

    answer = attacked.core.request(method, f"/api/v1/{path}", content=NO_DELIVERIES[sent], headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")


def test_headers_without_end_hold_up_nobody(attacked: Attacked, client: httpx.Client) -> None:
    begun = time.perf_counter()

    client.get("/sugo", headers={"Cookie": "a=b;" * 90_000})

    assert time.perf_counter() - begun < 1.5
