"""Several web processes share their states through Redis, and nothing secret lies there."""

import shutil
import subprocess
import time
from collections.abc import Iterator

import pytest
import redis
from playwright.sync_api import Browser, expect

from tests.conftest import IN_CI, free_port
from tests.journeys.looking import open_page, ready
from tests.journeys.product import Product, new_product


@pytest.fixture(scope="module")
def store() -> Iterator[redis.Redis]:
    """A private Redis; skipped where it is not installed (an error in CI)."""
    program = shutil.which("redis-server")
    if program is None:
        assert not IN_CI, "CI needs Redis"
        pytest.skip("no redis-server")
    port = free_port()
    process = subprocess.Popen([program, "--port", str(port), "--save", "", "--bind", "127.0.0.1"], stdout=subprocess.DEVNULL)
    client = redis.Redis(port=port)
    for _ in range(100):
        try:
            client.ping()
            break
        except redis.ConnectionError:
            time.sleep(0.05)
    yield client
    client.close()
    process.terminate()
    process.wait(10)


@pytest.fixture(scope="module")
def several(store: redis.Redis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The product with two web processes."""
    product = new_product(tmp_path_factory.mktemp("several"))
    port = store.connection_pool.connection_kwargs["port"]
    product.more = {"PORTAL_REDIS_URL": f"redis://127.0.0.1:{port}/0", "GRANIAN_WORKERS": "2"}
    product.start()
    yield product
    product.stop()


def test_a_sign_in_holds_in_every_process_and_its_cookie_lies_in_none(
    several: Product, store: redis.Redis, browser: Browser
) -> None:
    context = browser.new_context(base_url=several.url, locale="hu-HU")
    page = context.new_page()
    anna = several.people()[0]
    open_page(page, "/belepes")
    page.locator("[autocomplete=username]").fill(anna["login"])
    page.locator("[autocomplete=current-password]").fill(anna["password"])
    page.get_by_role("button", name="Belépés", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Küldemények")
    ready(page)

    # Every load opens a new socket, which either process may take.
    for path in ("/beallitasok", "/kuldemenyek", "/sugo", "/kuldemenyek"):
        open_page(page, path)
        expect(page.get_by_role("navigation", name="Fő menü")).to_be_visible()

    secrets = [cookie["value"].encode() for cookie in context.cookies() if cookie["name"].startswith("portal_")]
    kept = [content_of(store, key) for key in store.scan_iter()]
    assert secrets
    assert len(kept) > 0
    assert [secret for secret in secrets if any(secret in value for value in kept)] == []
    context.close()


def content_of(store: redis.Redis, key: bytes) -> bytes:
    """Read what lies under a key, whatever its type; a dump would be compressed."""
    kind = store.type(key)
    if kind == b"string":
        return store.get(key) or b""
    if kind == b"hash":
        return b" ".join([*store.hgetall(key).keys(), *store.hgetall(key).values()])
    return b" ".join(store.smembers(key)) if kind == b"set" else b""
