"""Who may ask, how refusals read, and that the description is true."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from sqlmodel import select

from portal_app.database.tables import Event, Policy
from portal_app.domain.errors import PortalError
from portal_app.gateways.clock import now
from portal_app.ingest import documentation, examples
from portal_app.ingest.api import ingest_api
from portal_app.ingest.problems import STATUSES
from portal_app.ingest.specification import specification
from portal_app.services import api_keys
from portal_app.services.house import House, use_house
from portal_app.texts.catalogues import has_sentence, sentence
from tests.cast import ANNAS_POLICY, DENES
from tests.handing_over import letter, policy
from tests.ingest.conftest import Core, rows

OPERATIONS = [
    (verb.upper(), path.removeprefix("/api/v1")) for path, verbs in specification(ingest_api())["paths"].items() for verb in verbs
]


def test_there_are_operations() -> None:
    assert len(OPERATIONS) == 7


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Bearer wrong", "Basic Y29yZTpjb3Jl", "bearer\twrong", "Bearer " + "x" * 5000]
)
def test_every_operation_demands_a_key(core: Core, method: str, path: str, header: str | None) -> None:
    filled = re.sub(r"\{\w+\}", "0123", path)
    given = {"Authorization": header} if header is not None else {"Authorization": "none"}

    answer = core.ask(method, filled, headers=given, json=policy() if method == "PUT" else letter())

    assert (answer.status_code, answer.json()["code"]) == (401, "key_missing")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_revoked_key_opens_nothing_from_that_moment(core: Core, house: House) -> None:
    before = core.ask("GET", "/messages")
    house.database.carry_out(api_keys.revoke_key, DENES, "core", now=now())
    after = core.ask("GET", "/messages")

    assert (before.status_code, after.status_code) == (200, 401)
    assert [event.act for event in rows(house, select(Event))] == ["key:created", "key:revoked"]


def test_a_key_that_calls_too_often_waits_and_no_other_key_does(core: Core, house: House) -> None:
    use_house(replace(house, settings=house.settings.model_copy(update={"api_requests_a_minute": 3})))
    another = house.database.carry_out(api_keys.create_key, DENES, "archive", now=now())

    answers = [core.put_policy(f"KGFB-{number}") for number in range(4)]
    others = core.ask("GET", "/messages", headers={"Authorization": f"Bearer {another}"})

    assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
    assert (answers[3].json()["code"], "3 requests" in answers[3].json()["detail"]) == ("rate_exceeded", True)
    assert 1 <= int(answers[3].headers["retry-after"]) <= 60
    assert others.status_code == 200
    assert sorted(rows(house, select(Policy.number))) == ["KGFB-0", "KGFB-1", "KGFB-2"]


def test_the_key_stands_nowhere_but_in_its_own_request(core: Core, house: House) -> None:
    core.put_policy(ANNAS_POLICY)
    core.deliver(letter())

    stored = house.settings.folder.rglob("*")
    assert [file for file in stored if file.is_file() and core.key.encode() in file.read_bytes()] == []


@pytest.mark.parametrize(
    ("wish", "language"),
    [
        ("hu", "hu"), ("hu-HU,hu;q=0.9,en;q=0.5", "hu"), ("en;q=0.3, hu;q=0.4", "hu"), ("de", "en"), ("", "en"),
        ("en, hu", "en"), ("hu;q=x", "en"),
    ],
)  # fmt: skip
def test_refusals_speak_english_or_hungarian(core: Core, wish: str, language: str) -> None:
    answer = core.deliver(letter(), headers={"Accept-Language": wish})

    assert answer.json()["detail"] == sentence("api.policy_unknown", language)
    assert answer.headers["content-language"] == language
    assert answer.json()["type"] == "http://localhost:8000/api/v1/docs#policy_unknown"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/", 404, "not_found"),
        ("POST", "/deliveries/", 404, "not_found"),
        ("DELETE", "/deliveries", 405, "method_not_allowed"),
        ("POST", f"/policies/{ANNAS_POLICY}", 405, "method_not_allowed"),
        ("GET", "/deliveries/%00", 422, "request_invalid"),
        ("GET", "/deliveries/' OR 1=1", 422, "request_invalid"),
        ("GET", "/messages?limit=100000", 422, "request_invalid"),
        ("GET", "/messages?after=0123456789abcdef0123456789abcdef", 404, "message_not_found"),
        ("GET", "/messages/0123/files/0123", 404, "document_not_found"),
    ],
)
def test_wrong_addresses_are_problems_too(core: Core, method: str, path: str, status: int, code: str) -> None:
    answer = core.ask(method, path)

    assert (answer.status_code, answer.json()["code"], answer.json()["status"]) == (status, code, status)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("number", ["%00", "a%01", "%20", "x" * 65])
def test_a_policy_number_that_is_none_is_refused(core: Core, number: str) -> None:
    answer = core.ask("PUT", f"/policies/{number}", json=policy())

    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")


def test_a_fault_tells_its_number_and_nothing_else(core: Core, house: House, capsys: pytest.CaptureFixture[str]) -> None:
    broken = replace(house, database=None)  # type: ignore[arg-type]
    use_house(broken)

    answer = core.put_policy(ANNAS_POLICY)

    assert (answer.status_code, answer.json()["code"]) == (500, "unexpected")
    assert answer.json()["request_id"] in answer.json()["detail"]
    assert "NoneType" not in answer.text
    capsys.readouterr()


# ── the description ──


def test_every_code_has_a_status_and_a_sentence_in_both_languages() -> None:
    assert [code for code in STATUSES if not has_sentence(f"api.{code}", "en") or not has_sentence(f"api.{code}", "hu")] == []


def test_every_code_is_a_refusal_of_the_domain_or_the_frameworks() -> None:
    def refusals(root: type[PortalError]) -> set[str]:
        return {root.code} if not root.__subclasses__() else set().union(*(refusals(each) for each in root.__subclasses__()))

    assert set(STATUSES) - refusals(PortalError) == {"unexpected", "not_found", "method_not_allowed"}


def test_every_status_that_is_described_names_known_codes() -> None:
    for verbs in specification(ingest_api())["paths"].values():
        for operation in verbs.values():
            for status, answer in operation["responses"].items():
                codes = re.findall(r"`(\w+)`", answer["description"]) if answer["description"].startswith("Codes") else []
                assert {STATUSES[code] for code in codes} <= {int(status)}


def test_the_description_is_open_and_speaks_of_full_addresses(core: Core) -> None:
    answer = core.ask("GET", "/openapi.json", headers={"Authorization": ""})

    described = answer.json()
    assert (answer.status_code, described["openapi"]) == (200, "3.1.0")
    assert set(described["paths"]) == {
        "/api/v1/policies/{policy_number}", "/api/v1/deliveries", "/api/v1/deliveries/batch",
        "/api/v1/deliveries/{delivery_id}", "/api/v1/deliveries/{delivery_id}/events", "/api/v1/messages",
        "/api/v1/messages/{message_id}/files/{file_id}",
    }  # fmt: skip


def test_the_description_is_valid() -> None:
    from openapi_spec_validator import validate

    validate(json.loads(json.dumps(specification(ingest_api()))))


def test_the_examples_of_the_description_work(core: Core) -> None:
    described = core.ask("GET", "/openapi.json").json()["paths"]

    def example(path: str, verb: str) -> object:
        return described[f"/api/v1{path}"][verb]["requestBody"]["content"]["application/json"]["example"]

    stated = core.ask("PUT", f"/policies/{examples.DELIVERY['policy_number']}", json=example("/policies/{policy_number}", "put"))
    taken = core.ask("POST", "/deliveries", json=example("/deliveries", "post"))
    batch = core.ask("POST", "/deliveries/batch", json=example("/deliveries/batch", "post"))

    assert [answer.status_code for answer in (stated, taken, batch)] == [201, 201, 207]
    assert (batch.json()["repeated"], batch.json()["accepted"]) == (1, 1)


class _Page(HTMLParser):
    """Collects what a page loads, its ids and its links."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_the_page_needs_nothing_from_elsewhere_and_no_script(core: Core) -> None:
    answer = core.ask("GET", "/docs", headers={"Authorization": ""})
    style = core.ask("GET", "/docs.css", headers={"Authorization": ""})

    page = _Page()
    page.feed(answer.text)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.headers["content-security-policy"] == documentation.CONTENT_POLICY
    assert [attributes["href"] for tag, attributes in page.tags if tag == "link"] == ["docs.css"]
    assert {tag for tag, _ in page.tags} & {"script", "style", "img", "iframe"} == set()
    assert [attributes for _, attributes in page.tags if "style" in attributes] == []
    assert (style.status_code, "url(" in style.text, "@import" in style.text) == (200, False, False)


def test_every_link_within_the_page_leads_somewhere_and_every_problem_type_has_its_place(core: Core) -> None:
    page = _Page()
    page.feed(core.ask("GET", "/docs").text)

    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    links = {
        str(attributes["href"])[1:] for tag, attributes in page.tags if tag == "a" and str(attributes["href"]).startswith("#")
    }
    assert len(ids) == len(set(ids))
    assert links <= set(ids)
    assert set(STATUSES) <= set(ids)
