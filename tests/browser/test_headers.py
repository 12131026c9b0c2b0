"""Headers: what every answer says about itself."""

from pathlib import Path

import pytest
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from portal_app.browser.headers import SecurityHeaders, inline_scripts, policies_of
from tests.browser.asgi import answering, knock

PAGE = b'<html><script src="/a.js"></script><script>one()</script><script type="module" async="">two()</script></html>'


def wrapped(answer: Response, *, secure: bool = False) -> SecurityHeaders:
    policies = {"/belepes": "the page's own", "": "any page's"}
    return SecurityHeaders(answering(answer), policies=policies, secure=secure)


async def headers_at(path: str, answer: Response, *, secure: bool = False) -> dict[str, str]:
    async with knock(wrapped(answer, secure=secure)) as client:
        return dict((await client.get(path)).headers)


def test_every_inline_script_is_named_by_its_hash_and_loaded_ones_are_not() -> None:
    assert len(inline_scripts(PAGE)) == 2
    assert all(script.startswith("'sha256-") for script in inline_scripts(PAGE))


def test_a_build_gives_each_page_its_own_policy(tmp_path: Path) -> None:
    (tmp_path / "belepes").mkdir()
    (tmp_path / "belepes" / "index.html").write_bytes(PAGE)
    (tmp_path / "404.html").write_bytes(b"<script>three()</script>")

    policies = policies_of(tmp_path)

    assert set(policies) == {"/belepes", ""}
    assert all(script in policies["/belepes"] for script in inline_scripts(PAGE))
    assert all("unsafe-eval" not in policy for policy in policies.values())
    assert all("'unsafe-inline'" not in policy.split("style-src")[0] for policy in policies.values())


@pytest.mark.parametrize(
    ("path", "policy"), [("/belepes", "the page's own"), ("/belepes/", "the page's own"), ("/x", "any page's")]
)
async def test_a_page_carries_its_policy(path: str, policy: str) -> None:
    assert (await headers_at(path, HTMLResponse("x")))["content-security-policy"] == policy


async def test_what_is_no_page_may_load_nothing() -> None:
    headers = await headers_at("/x", PlainTextResponse("x"))

    assert headers["content-security-policy"].startswith("default-src 'none'; frame-ancestors 'none'")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"


async def test_what_an_answer_says_itself_is_kept() -> None:
    own = {"content-security-policy": "sandbox", "cache-control": "private", "x-frame-options": "SAMEORIGIN"}

    headers = await headers_at("/x", PlainTextResponse("x", headers=own))

    assert own.items() <= headers.items()


async def test_built_files_are_kept_for_ever_and_pages_are_asked_for_again() -> None:
    tagged = {"etag": '"1"'}

    assert (await headers_at("/assets/a-123.js", Response("x", headers=tagged)))["cache-control"].endswith("immutable")
    assert (await headers_at("/belepes", HTMLResponse("x", headers=tagged)))["cache-control"] == "no-cache"
    assert (await headers_at("/belepes?v=1", HTMLResponse("x", headers=tagged)))["cache-control"] == "no-cache"


async def test_an_unchanged_page_keeps_the_policy_it_came_with() -> None:
    headers = await headers_at("/belepes", Response(status_code=304, headers={"etag": '"1"'}))

    assert "content-security-policy" not in headers
    assert headers["cache-control"] == "no-cache"


async def test_the_server_does_not_name_its_software() -> None:
    assert (await headers_at("/x", PlainTextResponse("x")))["server"] == "portal"


async def test_only_an_installation_over_tls_asks_for_tls() -> None:
    assert "strict-transport-security" in await headers_at("/x", PlainTextResponse("x"), secure=True)
    assert "strict-transport-security" not in await headers_at("/x", PlainTextResponse("x"))
