"""Documents and zips reach their owner byte for byte, with the right headers, and nobody else."""

import io
import zipfile
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256

import httpx
import pytest
from sqlmodel import select
from starlette.applications import Starlette

from portal_app.browser import doors
from portal_app.browser.arrivals import Arrivals
from portal_app.browser.cookies import CookieNames
from portal_app.browser.guarded import guarded_routes
from portal_app.customer.routes import ROUTES
from portal_app.database.tables import Document, Event, Letter, SignIn
from portal_app.domain.kinds import LetterKind
from portal_app.gateways.clock import now
from portal_app.gateways.secrets import token_digest
from portal_app.services.bin import bin_letters
from portal_app.services.house import House
from tests.browser.asgi import knock
from tests.cast import ANNA, BELA
from tests.mailbox import Mailbox, open_mailbox, stored_file

HUNGARIAN_NAME = 'Kötvény – őszi "árvíztűrő".pdf'
CONTENT = bytes(range(256)) * 1_000
Visit = Callable[[Mailbox], httpx.AsyncClient]


@pytest.fixture
def anna(house: House) -> Mailbox:
    """Anna's mailbox, signed in now."""
    return open_mailbox(house.database, ANNA, now=now())


@pytest.fixture
def bela(house: House) -> Mailbox:
    """Béla's mailbox, signed in now."""
    return open_mailbox(house.database, BELA, now=now())


@pytest.fixture
def visit() -> Visit:
    """A browser that carries somebody's cookie and knocks at our own routes."""
    app = Arrivals(
        Starlette(routes=guarded_routes(ROUTES, doors.touch)),
        recognise=doors.recognise,
        names=CookieNames(secure=False),
        proxy_hops=0,
    )

    def browser(box: Mailbox) -> httpx.AsyncClient:
        with box.database.writing() as db:
            db.exec(select(SignIn).where(SignIn.id == box.customer.sign_in_id)).one().token_sha256 = token_digest(
                f"token-{box.customer.account_id}"
            )
        client = knock(app)
        client.headers["cookie"] = f"portal_sign_in=token-{box.customer.account_id}"
        return client

    return browser


def with_file(house: House, box: Mailbox, content: bytes = CONTENT, name: str = HUNGARIAN_NAME, **letter: object) -> str:
    """Place a letter with one document and give the document's public id."""
    letter_id = box.place(files=[stored_file(house.objects, content, name)], at=now(), **letter)  # type: ignore[arg-type]
    with house.database.reading() as db:
        return db.exec(select(Document.public_id).join(Letter).where(Letter.public_id == letter_id)).one()


def downloads_of(house: House) -> list[str]:
    """Name the documents whose download is on record."""
    with house.database.reading() as db:
        return [event.about for event in db.exec(select(Event).where(Event.act == "document:downloaded"))]


@pytest.mark.requirement("R25")
async def test_a_document_comes_byte_for_byte_with_exact_headers(house: House, anna: Mailbox, visit: Visit) -> None:
    document = with_file(house, anna)

    answer = await visit(anna).get(f"/dokumentumok/{document}/letoltes")

    assert (answer.status_code, answer.content) == (200, CONTENT)
    headers = {name: answer.headers[name] for name in answer.headers if name not in {"date", "server"}}
    assert headers == {
        "content-type": "application/pdf",
        "content-length": "256000",
        "content-disposition": 'attachment; filename="Kotveny_oszi_arvizturo.pdf"; '
        "filename*=UTF-8''K%C3%B6tv%C3%A9ny%20%E2%80%93%20%C5%91szi%20%22%C3%A1rv%C3%ADzt%C5%B1r%C5%91%22.pdf",
        "cache-control": "private, no-store",
        "x-content-type-options": "nosniff",
        "cross-origin-resource-policy": "same-origin",
        "referrer-policy": "no-referrer",
        "x-robots-tag": "noindex, nofollow",
        "content-security-policy": "default-src 'none'; frame-ancestors 'self'",
        "accept-ranges": "bytes",
        "etag": f'"{sha256(CONTENT).hexdigest()}"',
    }
    assert downloads_of(house) == [document]


async def test_a_head_says_the_same_and_is_no_download(house: House, anna: Mailbox, visit: Visit) -> None:
    document = with_file(house, anna)

    answer = await visit(anna).head(f"/dokumentumok/{document}/letoltes")

    assert (answer.status_code, answer.headers["content-length"], answer.content) == (200, "256000", b"")
    assert downloads_of(house) == []


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-99", 0, 99),
        ("bytes=65530-131080", 65_530, 131_080),
        ("bytes=255999-", 255_999, 255_999),
        ("bytes=-10", 255_990, 255_999),
    ],
)
async def test_a_broken_download_goes_on_where_it_stopped(
    house: House, anna: Mailbox, visit: Visit, asked: str, first: int, last: int
) -> None:
    document = with_file(house, anna)

    answer = await visit(anna).get(f"/dokumentumok/{document}/letoltes", headers={"range": asked})

    assert (answer.status_code, answer.content) == (206, CONTENT[first : last + 1])
    assert answer.headers["content-range"] == f"bytes {first}-{last}/256000"
    assert answer.headers["content-length"] == str(last - first + 1)
    assert len(downloads_of(house)) == (1 if first == 0 else 0)


async def test_a_part_that_is_not_there_and_one_of_another_version_are_told(house: House, anna: Mailbox, visit: Visit) -> None:
    document, browser = with_file(house, anna), visit(anna)
    address = f"/dokumentumok/{document}/letoltes"

    beyond = await browser.get(address, headers={"range": "bytes=256000-"})
    other = await browser.get(address, headers={"range": "bytes=5-", "if-range": '"another"'})
    same = await browser.get(address, headers={"range": "bytes=5-", "if-range": f'"{sha256(CONTENT).hexdigest()}"'})
    several = await browser.get(address, headers={"range": "bytes=0-1,5-6"})

    assert (beyond.status_code, beyond.headers["content-range"]) == (416, "bytes */256000")
    assert (other.status_code, len(other.content)) == (200, 256_000)
    assert (same.status_code, len(same.content)) == (206, 255_995)
    assert (several.status_code, len(several.content)) == (200, 256_000)


async def test_somebody_elses_document_looks_exactly_like_a_missing_one(
    house: House, anna: Mailbox, bela: Mailbox, visit: Visit
) -> None:
    document, browser = with_file(house, anna), visit(bela)

    his = await browser.get(f"/dokumentumok/{document}/letoltes")
    missing = await browser.get(f"/dokumentumok/{'0' * 32}/letoltes")
    head = await browser.head(f"/dokumentumok/{document}/letoltes")

    assert (his.status_code, missing.status_code, head.status_code) == (404, 404, 404)
    assert his.content == missing.content
    assert dict(his.headers) == dict(missing.headers)
    assert downloads_of(house) == []


@pytest.mark.parametrize("path", ["/dokumentumok/{}/letoltes", "/kuldemenyek/zip?kuldemenyek={}", "/kuldemenyek/zip?mind=1"])
async def test_a_stranger_is_led_to_the_sign_in_page(house: House, anna: Mailbox, visit: Visit, path: str) -> None:
    document, browser = with_file(house, anna), visit(anna)
    browser.headers["cookie"] = "portal_sign_in=wrong"

    answer = await browser.get(path.format(document))

    assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/belepes")


async def test_a_letter_that_waits_or_is_over_gives_no_document(house: House, anna: Mailbox, visit: Visit) -> None:
    waiting = with_file(house, anna, publish_at=now() + timedelta(days=1))
    over = with_file(house, anna)
    with house.database.writing() as db:
        letter = db.exec(select(Letter).join(Document).where(Document.public_id == over)).one()
        letter.erase_on = now().date()
    browser = visit(anna)

    answers = [await browser.get(f"/dokumentumok/{document}/letoltes") for document in (waiting, over)]

    assert [answer.status_code for answer in answers] == [404, 404]


async def test_bytes_that_were_lost_are_an_error_page_and_no_half_file(house: House, anna: Mailbox, visit: Visit) -> None:
    document = with_file(house, anna)
    with house.database.reading() as db:
        key = db.exec(select(Document.object_key).where(Document.public_id == document)).one()
    house.objects.delete(key)

    answer = await visit(anna).get(f"/dokumentumok/{document}/letoltes")

    assert answer.status_code == 500
    assert answer.headers["content-type"].startswith("text/html")


# ── zips ──


def unpacked(answer: httpx.Response) -> dict[str, bytes]:
    """Unpack a zip after checking it."""
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def files_in(answer: httpx.Response) -> list[str]:
    """Name the documents of a zip."""
    return [name for name in unpacked(answer) if name not in {"tartalom.html", "sha256.txt"}]


async def test_chosen_letters_come_as_a_zip_with_contents_and_check_sums(house: House, anna: Mailbox, visit: Visit) -> None:
    day = now().astimezone().date()
    chosen = [
        anna.place(
            "Kötvény <b>2026</b>", kind=LetterKind.POLICY_DOCUMENT, policy="LAK-002", at=now(), summary="Első sor\nMásodik",
            files=[stored_file(house.objects, b"one"), stored_file(house.objects, b"two")],
        ),
        anna.place("Díj", kind=LetterKind.PAYMENT_REMINDER, policy="", at=now(), files=[stored_file(house.objects, b"three")]),
    ]  # fmt: skip
    with_file(house, anna, b"not chosen")

    answer = await visit(anna).post("/kuldemenyek/zip", data={"kuldemenyek": ",".join(chosen)})
    files = unpacked(answer)

    assert int(answer.headers["content-length"]) == len(answer.content)
    assert answer.headers["content-type"] == "application/zip"
    assert 'attachment; filename="kuldemenyek-20' in answer.headers["content-disposition"]
    assert sorted(files) == sorted(
        [
            "tartalom.html", "sha256.txt", f"{day}_Kotveny_LAK-002.pdf", f"{day}_Kotveny_LAK-002_2.pdf",
            f"{day}_Dijfizetesi_felszolito.pdf",
        ]
    )  # fmt: skip
    assert [files[f"{day}_Kotveny_LAK-002.pdf"], files[f"{day}_Kotveny_LAK-002_2.pdf"]] == [b"one", b"two"]
    sums = dict(reversed(line.split("  ")) for line in files["sha256.txt"].decode().splitlines())
    assert sums == {name: sha256(content).hexdigest() for name, content in files.items() if name.endswith(".pdf")}
    contents = files["tartalom.html"].decode()
    assert "Kötvény &lt;b&gt;2026&lt;/b&gt;" in contents
    assert all(name in contents for name in sums)
    assert len(downloads_of(house)) == 3


async def test_other_peoples_letters_are_simply_not_in_the_zip(house: House, anna: Mailbox, bela: Mailbox, visit: Visit) -> None:
    with_file(house, anna, b"Annas")
    hers = _only_letter(house, anna)
    with_file(house, bela, b"Belas")
    his = _only_letter(house, bela)
    browser = visit(bela)

    mixed = await browser.post("/kuldemenyek/zip", data={"kuldemenyek": f"{hers},{his}"})
    foreign = await browser.post("/kuldemenyek/zip", data={"kuldemenyek": hers})
    missing = await browser.post("/kuldemenyek/zip", data={"kuldemenyek": "0" * 32})
    everything = await browser.get("/kuldemenyek/zip", params={"mind": "1"})

    assert list(unpacked(mixed).values())[2:] == [b"Belas"]
    assert list(unpacked(everything).values())[2:] == [b"Belas"]
    assert (foreign.status_code, missing.status_code) == (404, 404)
    assert foreign.content == missing.content


def _only_letter(house: House, box: Mailbox) -> str:
    with house.database.reading() as db:
        return db.exec(select(Letter.public_id).where(Letter.account_id == box.customer.account_id)).one()


async def test_everything_follows_the_words_of_the_address(house: House, anna: Mailbox, visit: Visit) -> None:
    with_file(house, anna, b"1", policy="LAK-1", kind=LetterKind.PROPOSAL)
    with_file(house, anna, b"2", policy="LAK-2", kind=LetterKind.PROPOSAL)
    with_file(house, anna, b"3", policy="LAK-2", kind=LetterKind.INFORMATION)
    binned = anna.place("Törölt", at=now(), files=[stored_file(house.objects, b"4")])
    anna.database.carry_out(bin_letters, anna.customer, [binned], now=now())
    browser = visit(anna)

    everything = await browser.post("/kuldemenyek/zip", data={"mind": "1"})
    filtered = await browser.get("/kuldemenyek/zip", params={"mind": "1", "szerzodes": "LAK-2", "tipus": "ajanlat"})

    assert len(files_in(everything)) == 3
    assert list(unpacked(filtered).values())[2:] == [b"2"]


async def test_what_leaves_soon_comes_with_one_press(house: House, anna: Mailbox, visit: Visit) -> None:
    with_file(house, anna, b"stays")
    anna.place("Megy", at=now() - timedelta(days=350), files=[stored_file(house.objects, b"leaves")])

    answer = await visit(anna).get("/kuldemenyek/zip", params={"hamarosan": "1"})

    assert list(unpacked(answer).values())[2:] == [b"leaves"]


@pytest.mark.parametrize("asked", [{}, {"kuldemenyek": "1,2"}, {"kuldemenyek": "../../etc/passwd"}, {"mind": ""}, {"x": "1"}])
async def test_a_zip_of_nothing_sensible_is_refused(anna: Mailbox, visit: Visit, asked: dict[str, str]) -> None:
    answer = await visit(anna).post("/kuldemenyek/zip", data=asked)

    assert answer.status_code == 400


async def test_a_thousand_letters_can_be_chosen_one_by_one(house: House, anna: Mailbox, visit: Visit) -> None:
    first = anna.place("Levél", at=now(), files=[stored_file(house.objects, b"pdf")])
    ids = [first, *[f"{number:032x}" for number in range(5_000)]]

    answer = await visit(anna).post("/kuldemenyek/zip", data={"kuldemenyek": ",".join(ids)})

    assert len(files_in(answer)) == 1


async def test_a_zip_larger_than_the_brand_allows_is_refused_in_words(house: House, anna: Mailbox, visit: Visit) -> None:
    with_file(house, anna, b"x")
    with house.database.writing() as db:
        db.exec(select(Letter)).one().document_bytes = 500_000_001

    answer = await visit(anna).get("/kuldemenyek/zip", params={"mind": "1"})

    assert answer.status_code == 413
    assert "Egyszerre legfeljebb 500\u00a0MB tölthető le." in answer.text
