"""A canary run: everything secret goes in through the real doors, and afterwards lies nowhere in the open."""

import asyncio
import re
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import policy
from email.parser import BytesParser
from pathlib import Path

import httpx
import pytest
from sqlmodel import col, select

from portal_app.database.schema import migrate
from portal_app.database.tables import Document, Draft, Letter
from portal_app.gateways.clock import now
from portal_app.operations import builds
from portal_app.services import api_keys
from portal_app.services.house import House, open_house
from portal_app.texts import demo_letters
from tests.cast import DENES
from tests.conftest import IN_CI, SECRET, free_port
from tests.faults.attacked import METRICS_TOKEN, InstalledProduct
from tests.faults.raw_socket import Tab
from tests.handing_over import attachment
from tests.making import letter_pdf, photo

pytestmark = [pytest.mark.fault, pytest.mark.timeout(400)]

PATIENCE_SECONDS = 60


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """A private Redis that writes nothing to disk."""
    program = shutil.which("redis-server")
    if program is None:
        assert not IN_CI, "CI needs Redis"
        pytest.skip("redis-server is not installed")
    port = free_port()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(folder)]
    process = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)
    try:
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.kill()
        process.wait()


@dataclass
class Run:
    """What went in, and where everything lies afterwards."""

    product: InstalledProduct
    house: House
    redis_url: str
    secret: dict[str, str] = field(default_factory=dict)
    """What nobody but its owner may ever read, by what it is."""
    private: dict[str, str] = field(default_factory=dict)
    """What stands in the database, and belongs to nobody's log."""
    contents: dict[str, bytes] = field(default_factory=dict)
    """Files that were handed in."""
    metrics: str = ""
    said_to_tab: str = ""

    def mails(self) -> list[str]:
        """The texts of all e-mails that left, the oldest first."""
        files = sorted(self.product.settings.outgoing.glob("[!.]*.eml"), key=lambda file: file.stat().st_mtime_ns)
        parsed = [BytesParser(policy=policy.default).parsebytes(file.read_bytes()) for file in files]
        return [message.get_body(("plain",)).get_content() for message in parsed]  # type: ignore[union-attr]

    def mailed(self, pattern: str) -> str:
        """Wait for an e-mail in which this stands, and give it."""
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            for text in reversed(self.mails()):
                if found := re.search(pattern, text):
                    return found[1]
            time.sleep(0.2)
        raise AssertionError(f"no e-mail says {pattern}")

    def found_in(self, content: bytes, *, private: bool) -> list[str]:
        """Name what stands in these bytes."""
        wanted = self.secret | (self.private if private else {})
        return [name for name, canary in wanted.items() if canary.encode() in content]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Anna's first days with the portal."""
    folder = tmp_path_factory.mktemp("leaks")
    with redis_server(folder) as redis_url:
        product = InstalledProduct(free_port(), folder / "data", more={"PORTAL_REDIS_URL": redis_url, "GRANIAN_WORKERS": "1"})
        house = open_house(product.settings)
        migrate(house.database)
        run = Run(product, house, redis_url)
        run.secret |= {"secret key": SECRET, "metrics token": METRICS_TOKEN}
        product.start()
        try:
            _insure(run)
            browser = Visiting(run)
            browser.comes_for_the_first_time()
            browser.reads_and_answers()
            browser.forgets_and_is_let_in_by_code()
            browser.asks_for_a_new_password()
            asyncio.run(browser.tab())
            browser.client.close()
            run.metrics = httpx.get(f"{product.url}/metrics").text
            time.sleep(1)
            yield run
        finally:
            product.stop()
            house.objects.close()
            house.database.close()


def _insure(run: Run) -> None:
    key = run.house.database.carry_out(api_keys.create_key, DENES, "core", now=now())
    mark = secrets.token_hex(6)
    run.secret |= {"API key": key, "wrong API key": f"kanari-key-{mark}"}
    run.private |= {
        word: f"kanari{word.replace(' ', '')}{mark}" for word in ("name", "subject", "summary", "reply", "draft", "policy")
    }
    run.private |= {"email": f"kanari-{mark}@pelda.example", "file name": f"kanari-{mark}.pdf", "search": f"kanarikereses{mark}"}
    run.contents = {"letter": letter_pdf(f"kanari {mark}", title=f"kanari cim {mark}"), "photo": photo()}
    holder = {"name": run.private["name"], "email": run.private["email"]}
    stated = {"product": "KGFB", "holder": holder, "communication": "electronic", "sales_route": "direct", "status": "active"}
    letter = {
        "external_ref": "REF-1",
        "policy_number": run.private["policy"],
        "kind": "information",
        "subject": run.private["subject"],
        "summary": run.private["summary"],
        "attachments": [attachment(run.contents["letter"], run.private["file name"])],
    }
    with httpx.Client(base_url=f"{run.product.url}/api/v1", timeout=30) as core:
        refused = core.get("/messages", headers={"Authorization": f"Bearer {run.secret['wrong API key']}"})
        core.headers["Authorization"] = f"Bearer {key}"
        stating = core.put(f"/policies/{run.private['policy']}", json=stated)
        delivering = core.post("/deliveries", json=letter, headers={"Idempotency-Key": "one"})
    assert (refused.status_code, stating.status_code, delivering.status_code) == (401, 201, 201)


class Visiting:
    """Anna with her browser."""

    def __init__(self, run: Run) -> None:
        self.run = run
        mark = secrets.token_hex(3)
        self.password, self.next_password = f"ZoldHegy{mark}"[:14] + "27", f"PirosTo{mark}"[:14] + "83"
        run.secret |= {"password": self.password, "new password": self.next_password, "wrong password": f"Rossz99Kx{mark}"}
        self.client = httpx.Client(base_url=run.product.url, headers={"Origin": run.product.url}, timeout=60)

    def comes_for_the_first_time(self) -> None:
        token = self.run.mailed(r"/elso-belepes/([\w-]+)")
        initial = self.run.mailed(r"(?m)^\s*([A-Za-z0-9]{8,16})\s*$")
        self.run.secret |= {"activation link": token, "initial password": initial}
        self.client.get(f"/elso-belepes/{token}")
        self._remember("visit")
        self._leads_to("/elso-belepes", {"password": initial}, "/jelszo")
        self._remember("sign_in")
        self._leads_to("/jelszo", {"new": self.password, "again": self.password}, "/kuldemenyek")
        self._remember("sign_in")
        self._remember("device")

    def reads_and_answers(self) -> None:
        with self.run.house.database.reading() as db:
            letter_id = db.exec(select(Letter.public_id)).one()
            document_id = db.exec(select(Document.public_id).where(col(Document.letter_id).is_not(None))).one()
        asyncio.run(self._begins_a_reply(letter_id))
        with self.run.house.database.reading() as db:
            nonce = db.exec(select(Draft.nonce)).one()
        document = self.client.get(f"/dokumentumok/{document_id}/letoltes")
        picture = self.client.get(f"/dokumentumok/{document_id}/oldal/1")
        sent = self.client.post(
            f"/kuldemenyek/{letter_id}/valasz",
            data={"text": self.run.private["reply"], "nonce": nonce},
            files={"files": ("kep.jpg", self.run.contents["photo"], "image/jpeg")},
        )
        assert (document.content, picture.status_code, sent.status_code) == (self.run.contents["letter"], 200, 303)
        assert "elkuldve" in sent.headers["location"], sent.headers["location"]

    async def _begins_a_reply(self, letter_id: str) -> None:
        async with Tab(self.run.product.url, self._cookies()) as tab:
            await tab.visit(f"/kuldemenyek/{letter_id}")
            state = re.findall(r'"(reflex[\w.]*letter_state)"', tab.everything)[0]
            await tab.send(f"{state}.begin_reply")
            await tab.settle()
            nonce = re.findall(r'"nonce_rx_state_": "(\w+)"', tab.everything)[-1]
            await tab.send(f"{state}.save_draft", {"nonce": nonce, "text": self.run.private["draft"]})
            await tab.settle()

    def forgets_and_is_let_in_by_code(self) -> None:
        self.client.post("/kilepes")
        login = {"login": self.run.private["email"]}
        self.client.cookies.clear()
        for _ in range(3):
            self.client.post("/belepes", data=login | {"password": self.run.secret["wrong password"]})
        self._remember("visit")
        self.client.post("/belepes", data={"act": "mail_code"})
        code = self.run.mailed(r"(?m)^\s*([A-Z0-9]{4,10}|\d{4,10})\s*$")
        self.run.secret["security code"] = code
        self._leads_to("/belepes", login | {"password": self.password, "code": code}, "/kuldemenyek")
        self._remember("sign_in")

    def asks_for_a_new_password(self) -> None:
        self.client.cookies.clear()
        self.client.post("/elfelejtett-jelszo", data={"login": self.run.private["email"]})
        token = self.run.mailed(r"/uj-jelszo/([\w-]+)")
        self.run.secret["password link"] = token
        self.client.post(f"/uj-jelszo/{token}", headers={"Origin": "http://evil.example"})
        self.client.get(f"/uj-jelszo/{token}")
        self._leads_to("/uj-jelszo", {"new": self.next_password, "again": self.next_password}, "/kuldemenyek")
        self._remember("sign_in")

    async def tab(self) -> None:
        """One that stays in Redis when it is closed."""
        tab = await Tab(self.run.product.url, self._cookies()).open()
        await tab.visit("/kuldemenyek", {"q": self.run.private["search"]})
        await tab.visit("/beallitasok")
        await tab.send("no.such.handler", {"password": self.run.secret["password"], "text": self.run.private["reply"]})
        await tab.say(self.run.secret["password"])
        await tab.send(f"{tab.everything.partition('reflex')[1]}___state____state.setvar", {"value": self.run.secret["password"]})
        await tab.settle()
        self.run.said_to_tab = tab.everything
        self.run.secret["tab"] = tab.token
        await tab.close()

    def _leads_to(self, path: str, form: dict[str, str], where: str) -> None:
        answer = self.client.post(path, data=form)
        assert (path, answer.status_code, answer.headers.get("location")) == (path, 303, where)

    def _remember(self, name: str) -> None:
        value = self.client.cookies[f"portal_{name}"]
        self.run.secret[f"cookie {name} {len(self.run.secret)}"] = value

    def _cookies(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.client.cookies.items())


def test_the_run_left_what_it_should(run: Run) -> None:
    """What the others look for was really there."""
    assert len(run.secret) == len(set(run.secret.values())) > 15
    assert all(len(secret) >= 6 for secret in run.secret.values())
    assert len(run.mails()) >= 5
    assert run.found_in(run.said_to_tab.encode(), private=True) != []
    assert "portal_deliveries 1.0" in run.metrics
    assert "refused" in run.product.log.read_text(encoding="utf-8")


def test_the_log_tells_no_secret_and_of_nobody(run: Run) -> None:
    assert run.found_in(run.product.log.read_bytes(), private=True) == []


def test_the_figures_tell_no_secret_and_of_nobody(run: Run) -> None:
    assert run.found_in(run.metrics.encode(), private=True) == []


def test_the_database_holds_no_secret_in_the_open(run: Run) -> None:
    files = [file for file in run.product.data.glob("portal.db*") if file.suffix != ".db-shm"]
    content = b"".join(file.read_bytes() for file in files)

    assert "subject" in run.found_in(content, private=True), "it is really looked through"
    assert run.found_in(content, private=False) == []


def test_files_lie_encrypted_under_names_that_say_nothing(run: Run) -> None:
    kept = [file for file in (run.product.data / "objects").rglob("*") if file.is_file()]

    assert len(kept) >= 2
    for file in kept:
        content = file.read_bytes()
        assert [name for name, given in run.contents.items() if given[100:164] in content or content[:4] == given[:4]] == []
        assert run.found_in(content + str(file.relative_to(run.product.data)).encode(), private=True) == []


def test_nothing_else_in_the_data_folder_tells_anything(run: Run) -> None:
    told = {
        str(file.relative_to(run.product.data)): found
        for file in run.product.data.rglob("*")
        if file.is_file() and not file.name.startswith("portal.db") and file.parent != run.product.settings.outgoing
        if (found := run.found_in(file.read_bytes() + file.name.encode(), private=True))
    }

    assert told == {}


def test_post_has_names_that_say_nothing(run: Run) -> None:
    names = " ".join(file.name for file in run.product.settings.outgoing.iterdir())

    assert run.found_in(names.encode(), private=True) == []


def test_what_redis_keeps_of_a_tab_signs_nobody_in(run: Run) -> None:
    from redis import Redis

    with Redis.from_url(run.redis_url) as redis:
        keys = list(redis.scan_iter())
        kept = b"\n".join(redis.dump(key) or b"" for key in keys)
        pickles = b"\n".join(value for key in keys if redis.type(key) == b"string" and (value := redis.get(key)))

    secret_but_the_tabs_own_name = {name: value for name, value in run.secret.items() if name != "tab"}
    assert keys != [], "the tab's state is really kept there"
    assert [name for name, value in secret_but_the_tabs_own_name.items() if value.encode() in kept + pickles] == []


def test_the_tab_was_told_no_secret(run: Run) -> None:
    told = {name for name in run.found_in(run.said_to_tab.encode(), private=False) if name != "tab"}

    assert told == set()
    assert "seal=" not in run.said_to_tab


def test_no_state_is_written_to_disk(run: Run) -> None:
    folders = [builds.ROOT / "var" / "states", builds.ROOT / ".states", builds.ROOT / "uploaded_files"]

    written = [file for folder in folders if folder.exists() for file in folder.rglob("*") if file.is_file()]

    assert [file for file in written if run.found_in(file.read_bytes(), private=True)] == []


def test_the_pages_themselves_hold_nobodys_data(run: Run) -> None:
    """The built pages are the same for everybody, and public."""
    build = builds.current_build("minta")
    people = demo_letters.people()
    private = {value for person in people for value in (person.name, person.login, person.password, person.phone) if value}
    content = b"\n".join(file.read_bytes() for file in build.rglob("*") if file.is_file() and file.suffix not in {".gz", ".br"})

    assert b"/belepes" in content
    assert run.found_in(content, private=True) == []
    assert sorted(value for value in private if value.encode() in content) == []
