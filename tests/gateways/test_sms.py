"""Short messages leave as files or through a gateway, and its answers are understood."""

import asyncio
import json
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from portal_app.gateways.sms import (
    FileSms,
    HttpSms,
    Sms,
    SmsPostponed,
    SmsRefusedForGood,
    sms_transport,
)

SMS = Sms("+36301234567", "Kezdeti jelszava: Abc123", key="job-1", sender="MintaBizt")


def test_a_file_tells_to_whom_what_and_when(tmp_path: Path) -> None:
    asyncio.run(FileSms(tmp_path / "outgoing").send(SMS))

    [file] = (tmp_path / "outgoing").iterdir()
    written = json.loads(file.read_text(encoding="utf-8"))
    at = datetime.fromisoformat(written.pop("at"))
    assert written == {"to": "+36301234567", "text": "Kezdeti jelszava: Abc123"}
    assert abs(datetime.now(UTC) - at) < timedelta(seconds=5)
    assert (file.suffix, file.stat().st_mode & 0o077) == (".json", 0)


def test_a_folder_that_cannot_be_written_postpones(tmp_path: Path) -> None:
    (tmp_path / "outgoing").write_text("a file where the folder should be")

    with pytest.raises(SmsPostponed):
        asyncio.run(FileSms(tmp_path / "outgoing").send(SMS))


def test_the_gateway_gets_the_message_the_token_and_the_key(httpserver: HTTPServer) -> None:
    seen: list[Request] = []

    def take(request: Request) -> Response:
        seen.append(request)
        return Response(status=202)

    httpserver.expect_request("/send", method="POST", query_string="account=7").respond_with_handler(take)
    url = httpserver.url_for("/send?account=7").replace("://", "://:s%2Fecret@")

    asyncio.run(HttpSms(url).send(SMS))

    [request] = seen
    assert request.get_json() == {"to": SMS.to, "text": SMS.text, "sender": "MintaBizt"}
    assert request.headers["Authorization"] == "Bearer s/ecret"
    assert request.headers["Idempotency-Key"] == "job-1"


@pytest.mark.parametrize("status", [400, 410, 422])
def test_a_number_the_gateway_refuses_is_refused_for_good(httpserver: HTTPServer, status: int) -> None:
    httpserver.expect_request("/").respond_with_data("no such number +36301234567", status=status)

    with pytest.raises(SmsRefusedForGood) as refusal:
        asyncio.run(HttpSms(httpserver.url_for("/")).send(SMS))

    assert refusal.value.reason == f"the gateway answered {status}"


@pytest.mark.parametrize("status", [301, 401, 403, 404, 429, 500, 503])
def test_whatever_may_get_better_is_postponed(httpserver: HTTPServer, status: int) -> None:
    httpserver.expect_request("/").respond_with_data("", status=status, headers={"Location": "http://127.0.0.1:1/"})

    with pytest.raises(SmsPostponed):
        asyncio.run(HttpSms(httpserver.url_for("/")).send(SMS))


def test_no_gateway_and_a_silent_gateway_postpone() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(SmsPostponed):
            asyncio.run(HttpSms(url, seconds=0.5).send(SMS))
        silent.listen()
        with pytest.raises(SmsPostponed):
            asyncio.run(HttpSms(url, seconds=0.5).send(SMS))


def test_an_address_names_its_transport(tmp_path: Path) -> None:
    asyncio.run(sms_transport("file:", tmp_path / "usual").send(SMS))

    assert len(list((tmp_path / "usual").glob("*.json"))) == 1
    assert isinstance(sms_transport("https://:token@gateway.example/send", tmp_path), HttpSms)


@pytest.mark.parametrize("url", ["smtp://gateway", "https://", "gateway.example"])
def test_an_address_that_is_none_is_refused_at_once(url: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="https://"):
        sms_transport(url, tmp_path)
