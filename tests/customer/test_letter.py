"""The letter's page without a browser: what it shows and does, its routes, and that nobody else gets anything."""

import asyncio
from collections.abc import Callable
from datetime import date, timedelta
from io import BytesIO

import httpx
import pytest
from PIL import Image
from reflex.istate.data import ReflexURL, RouterData, SessionData
from sqlmodel import select
from starlette.applications import Starlette

from portal_app.browser import admission, doors
from portal_app.browser.arrivals import Arrivals
from portal_app.browser.cookies import CookieNames
from portal_app.browser.guarded import guarded_routes
from portal_app.customer.inbox.state import InboxState
from portal_app.customer.letter import LetterState
from portal_app.customer.letter.replies import BODY_BYTES
from portal_app.customer.letter.wording import DocumentShown, LetterShown
from portal_app.customer.routes import ROUTES
from portal_app.database.tables import Document, Draft, Event, Job, Letter, Message
from portal_app.domain.actors import Customer
from portal_app.domain.errors import (
    ConfirmationNeeded,
    DocumentNotFound,
    FileInfected,
    LetterNotFound,
    NotSignedIn,
    PortalError,
    RequestInvalid,
    ScannerUnavailable,
)
from portal_app.domain.messages import FILE_ENDINGS
from portal_app.gateways.clock import now
from portal_app.gateways.scanner import Clamd
from portal_app.gateways.uploads import TYPE_OF_ENDING
from portal_app.services import answers, messages
from portal_app.services import bin as bins
from portal_app.services.house import House, use_house
from tests import correspondence
from tests.browser.asgi import knock
from tests.cast import ANNA, BELA, CORE
from tests.making import active_in_object_streams, damaged_pdf, docx, encrypted_pdf, letter_pdf, photo
from tests.services.test_messages import Fake

XSS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "javascript:alert(1)",
    "{{7*7}}${7*7}<%= 7*7 %>",
)
Browser = Callable[[Customer | None], httpx.AsyncClient]


@pytest.fixture
def anna(house: House) -> Customer:
    """Anna, signed in now."""
    return correspondence.customer(house, ANNA, token="annas-cookie", now=now())


@pytest.fixture
def bela(house: House) -> Customer:
    """Béla, signed in now."""
    return correspondence.customer(house, BELA, token="belas-cookie", now=now())


@pytest.fixture
def visit(house: House) -> Browser:
    """A browser with the cookie of Anna, of Béla, or of nobody."""
    inside = Starlette(routes=guarded_routes(ROUTES, doors.touch))
    app = Arrivals(inside, recognise=doors.recognise, names=CookieNames(secure=False), proxy_hops=0)

    def browser(actor: Customer | None) -> httpx.AsyncClient:
        client = knock(app)
        if actor is not None:
            client.headers["cookie"] = f"portal_sign_in={'annas' if actor.display_name == ANNA else 'belas'}-cookie"
        return client

    return browser


def letter(house: House, owner: Customer, subject: str = "Index levél", **details: object) -> str:
    return correspondence.letter(house, owner, subject, at=now() - timedelta(days=2), **details)  # type: ignore[arg-type]


def document_of(house: House, letter_id: str) -> str:
    with house.database.reading() as db:
        return db.exec(select(Document.public_id).join(Letter).where(Letter.public_id == letter_id)).first() or ""


async def opened(actor: Customer, letter_id: str, query: str = "") -> LetterState:
    """Open a letter's page in a fresh tab."""
    state = tab(letter_id, query)
    admission.welcome(actor)
    await LetterState.load.fn(state)
    return state


def tab(letter_id: str, query: str = "") -> LetterState:
    import reflex as rx

    root = rx.State()
    root.router = RouterData(
        session=SessionData(client_token="tab-1", session_id="socket-1"),
        url=ReflexURL(f"http://localhost:8000/kuldemenyek/{letter_id}{query}"),
    )
    state = root.get_substate(LetterState.get_full_name().split("."))
    assert isinstance(state, LetterState)
    return state


def form(text: str = "Kérem a javítást.", nonce: str = "a" * 32) -> dict[str, str]:
    return {"text": text, "nonce": nonce}


def files(**named: bytes) -> list[tuple[str, tuple[str, bytes]]]:
    return [("files", (name.replace("__", "."), content)) for name, content in named.items()]


def sent_messages(house: House) -> list[str]:
    with house.database.reading() as db:
        return [row.text for row in db.exec(select(Message).order_by(Message.id))]


# ── opening ──


@pytest.mark.requirement("R2")
async def test_the_page_shows_the_letter_in_the_visitors_words(house: House, anna: Customer) -> None:
    letter_id = letter(
        house, anna, "Díjfizetési felszólító", files=(("Felszólító.pdf", letter_pdf()),), summary="Kérjük, fizesse be.",
        due_on=date(2036, 2, 1), amount=20611, plate_number="ABC-123",
    )  # fmt: skip

    state = await opened(anna, letter_id)

    assert state.standing_of_letter == "shown"
    assert (state.letter.subject, state.letter.kind, state.letter.summary) == (
        "Díjfizetési felszólító", "Index levél", "Kérjük, fizesse be.",
    )  # fmt: skip
    assert (state.letter.due, state.letter.amount, state.letter.plate) == ("2036. február 1.", "20\xa0611\xa0Ft", "ABC-123")
    assert state.letter.documents[0].about.startswith("PDF, ")
    assert "töltse le és őrizze meg" in state.letter.save_advice


async def test_english_visitors_read_english(house: House, anna: Customer) -> None:
    state = tab(letter(house, anna, due_on=date(2036, 2, 1), amount=20611))
    state.language = "en"
    admission.welcome(anna)

    await LetterState.load.fn(state)

    assert (state.letter.kind, state.letter.due, state.letter.amount) == ("Indexation letter", "1 February 2036", "HUF\xa020,611")


async def test_opening_leaves_proof_and_lowers_the_counter(house: House, anna: Customer) -> None:
    letter_id = letter(house, anna)

    await opened(anna, letter_id)
    await opened(anna, letter_id)

    with house.database.reading() as db:
        assert [event.about for event in db.exec(select(Event).where(Event.act == "letter:opened"))] == [letter_id]
    assert correspondence.account_of(house, anna).unread == 0


async def test_opening_a_read_letter_again_writes_nothing(house: House, anna: Customer) -> None:
    letter_id = letter(house, anna)
    await opened(anna, letter_id)
    before = correspondence.account_of(house, anna).revision

    await opened(anna, letter_id)

    assert correspondence.account_of(house, anna).revision == before


async def test_letters_that_are_not_to_be_found_look_exactly_alike(house: House, anna: Customer, bela: Customer) -> None:
    belas = letter(house, bela, "Béla titka", files=(("Titok.pdf", letter_pdf()),), summary="Béla titka")
    waiting = letter(house, anna, "Várakozik", publish_at=now() + timedelta(days=1))
    expired = letter(house, anna, "Lejárt", changes={"erase_on": now().date() - timedelta(days=1)})

    seen = []
    for letter_id in (belas, waiting, expired, "0" * 32, "nincs-ilyen", "x" * 2000):
        state = await opened(anna, letter_id[:200])
        shown = {name: getattr(state, name) for name in LetterState.base_vars if name not in {"reply_address", "zip_of"}}
        seen.append(shown)

    assert all(shown == seen[0] for shown in seen)
    assert (seen[0]["standing_of_letter"], seen[0]["letter"], seen[0]["thread"]) == ("missing", LetterShown(), [])


async def test_nothing_of_the_letter_before_stays_in_the_tab(house: House, anna: Customer) -> None:
    first = letter(house, anna, "Első", files=(("Első.pdf", letter_pdf()),), summary="Első szöveg")
    state = await opened(anna, first)
    await LetterState.begin_reply.fn(state)
    await LetterState.save_draft.fn(state, state.nonce, "Az elsőhöz")
    await LetterState.show_text.fn(state)

    state.router = RouterData(session=state.router.session, url=ReflexURL("http://localhost:8000/kuldemenyek/" + "0" * 32))
    await LetterState.load.fn(state)

    assert (state.standing_of_letter, state.letter, state.texts, state.draft_text) == ("missing", LetterShown(), [], "")
    assert (state.previewed, state.pages, state.replying, state.nonce) == (DocumentShown(), [], False, "")


async def test_what_others_wrote_is_shown_as_text_and_nothing_else(house: House, anna: Customer) -> None:
    corpus = "\n".join(XSS)
    letter_id = letter(house, anna, XSS[0], summary=corpus)

    state = await opened(anna, letter_id)

    assert (state.letter.subject, state.letter.summary) == (XSS[0], corpus)


# ── acting ──


async def test_receipt_is_confirmed_with_its_moment(house: House, anna: Customer) -> None:
    state = await opened(anna, letter(house, anna, requires_confirmation=True))
    assert state.letter.awaits_confirmation

    await LetterState.confirm.fn(state)

    assert not state.letter.awaits_confirmation
    assert state.letter.confirmed.startswith("Az átvételt megerősítette: 20")


async def test_marked_unread_the_letter_is_left_as_it_was_found(house: House, anna: Customer) -> None:
    state = await opened(anna, letter(house, anna))

    leaving = await LetterState.mark_unread.fn(state)

    assert "/kuldemenyek" in str(leaving.args)
    assert correspondence.account_of(house, anna).unread == 1


@pytest.mark.requirement("R21")
async def test_deleting_leads_back_to_the_list_with_an_undo(house: House, anna: Customer) -> None:
    letter_id = letter(house, anna)
    state = await opened(anna, letter_id)

    await LetterState.delete.fn(state)

    inbox = await state.get_state(InboxState)
    assert inbox.undo_words == "1 küldemény a Lomtárba került."
    assert (await opened(anna, letter_id)).letter.binned


async def test_an_unconfirmed_letter_is_not_deleted(house: House, anna: Customer) -> None:
    letter_id = letter(house, anna, requires_confirmation=True)
    state = await opened(anna, letter_id)

    with pytest.raises(ConfirmationNeeded):
        await LetterState.delete.fn(state)

    assert not (await opened(anna, letter_id)).letter.binned


async def test_a_letter_is_taken_out_of_the_bin_from_its_page(house: House, anna: Customer) -> None:
    letter_id = letter(house, anna)
    house.database.carry_out(bins.bin_letters, anna, [letter_id], now=now())
    state = await opened(anna, letter_id)

    await LetterState.restore.fn(state)

    assert not state.letter.binned


async def test_the_way_back_leads_to_the_list_as_it_was_left(house: House, anna: Customer) -> None:
    state = tab(letter(house, anna))
    admission.welcome(anna)
    (await state.get_state(InboxState))._query = "rendez=-targy&oldal=2"

    await LetterState.load.fn(state)

    assert state.list_address == "/kuldemenyek?rendez=-targy&oldal=2"


# ── nobody else's: every handler of the page ──

HANDLERS = {
    "confirm": (), "mark_unread": (), "delete": (), "show_text": (), "begin_reply": (), "discard_draft": (), "show_refusals": (),
    "save_draft": ("nonce", "Béla szava"), "restore": (),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(HANDLERS))
async def test_no_handler_does_anything_with_anothers_letter(house: House, anna: Customer, bela: Customer, name: str) -> None:
    letter_id = letter(house, anna, "Anna titka", files=(("Titok.pdf", letter_pdf()),), requires_confirmation=True)
    house.database.carry_out(messages.save_draft, anna, letter_id, "Anna piszkozata", now=now())
    state = await opened(anna, letter_id)
    state.nonce = "nonce"
    admission.welcome(bela)

    with pytest.raises((LetterNotFound, DocumentNotFound)):
        await getattr(LetterState, name).fn(state, *HANDLERS[name])

    assert (await opened(anna, letter_id)).letter.binned is False
    with house.database.reading() as db:
        assert [(draft.account_id, draft.text) for draft in db.exec(select(Draft))] == [(anna.account_id, "Anna piszkozata")]
        assert db.exec(select(Letter)).one().confirmed_at is None
    assert "Titok" not in str(state.texts)


async def test_a_stranger_gets_nothing_from_any_handler(house: House, anna: Customer) -> None:
    state = tab(letter(house, anna))
    state.nonce = "nonce"
    admission.welcome(admission.NOBODY)

    for name, details in {**HANDLERS, "load": (), "refresh": ()}.items():
        with pytest.raises(NotSignedIn):
            await getattr(LetterState, name).fn(state, *details)
    assert state.letter == LetterShown()


@pytest.mark.parametrize("junk", [None, 7, ["x"], {"$gt": ""}, "x" * 1_000_000, "../../etc/passwd"])
async def test_junk_for_arguments_is_refused(house: House, anna: Customer, junk: object) -> None:
    state = await opened(anna, letter(house, anna))
    await LetterState.begin_reply.fn(state)

    with pytest.raises(RequestInvalid):
        LetterState.preview.fn(state, junk)
    if junk != "../../etc/passwd":
        with pytest.raises(RequestInvalid):
            await LetterState.save_draft.fn(state, junk, "x")
        with pytest.raises(RequestInvalid):
            await LetterState.save_draft.fn(state, state.nonce, junk)


# ── preview ──


async def test_the_first_page_is_there_at_once_and_the_others_on_demand(house: House, anna: Customer) -> None:
    letter_id = letter(house, anna, files=(("Hosszú.pdf", letter_pdf(pages=8)), ("Rövid.pdf", letter_pdf())))
    state = await opened(anna, letter_id)
    counts = [(len(state.pages), state.more_pages)]
    for _ in range(2):
        LetterState.show_more_pages.fn(state)
        counts.append((len(state.pages), state.more_pages))

    assert counts == [(1, "További oldalak (7)"), (6, "További oldalak (2)"), (8, "")]
    assert state.pages[0].words.startswith("Hosszú.pdf: 1. oldal (összesen 8)")


async def test_another_document_is_previewed_only_if_it_belongs_to_the_letter(house: House, anna: Customer) -> None:
    other = document_of(house, letter(house, anna, files=(("Másik.pdf", letter_pdf()),)))
    letter_id = letter(house, anna, files=(("Egyik.pdf", letter_pdf()), ("Kettő.pdf", letter_pdf("Kettő"))))
    state = await opened(anna, letter_id)

    LetterState.preview.fn(state, state.letter.documents[1].id)
    assert state.previewed.name == "Kettő.pdf"
    LetterState.preview.fn(state, other)
    assert (state.previewed, state.pages) == (DocumentShown(), [])


async def test_the_words_of_a_document_can_be_read(house: House, anna: Customer) -> None:
    state = await opened(anna, letter(house, anna, files=(("Levél.pdf", letter_pdf("Árvíztűrő tükörfúrógép", "Cím")),)))

    await LetterState.show_text.fn(state)
    assert (state.as_text, state.text_is_cut) == (True, False)
    assert "Árvíztűrő tükörfúrógép" in state.texts[0]

    LetterState.show_pages.fn(state)
    assert (state.as_text, state.texts) == (False, [])


async def test_a_document_that_cannot_be_read_says_so_instead_of_failing(house: House, anna: Customer) -> None:
    state = await opened(anna, letter(house, anna, files=(("Rossz.pdf", b"%PDF-1.7 nothing behind"),)))

    await LetterState.show_text.fn(state)

    assert (state.as_text, state.texts) == (True, [])


async def test_a_page_image_has_the_wanted_width_and_is_kept_nowhere(house: House, anna: Customer, visit: Browser) -> None:
    document = document_of(house, letter(house, anna, files=(("Levél.pdf", letter_pdf()),)))

    for wanted, width in (("360", 720), ("1080", 1080), ("9999", 1600), ("x", 1080), ("-1", 1080)):
        answer = await visit(anna).get(f"/dokumentumok/{document}/oldal/1?szelesseg={wanted}")

        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
        assert Image.open(BytesIO(answer.content)).width == width
        assert answer.headers["cache-control"] == "private, no-store"


async def test_pages_that_are_not_to_be_found_answer_alike(house: House, anna: Customer, bela: Customer, visit: Browser) -> None:
    annas = document_of(house, letter(house, anna, files=(("Titok.pdf", letter_pdf()),)))
    belas = document_of(house, letter(house, bela, files=(("Levél.pdf", letter_pdf()),)))

    addresses = [f"{annas}/oldal/1", f"{'0' * 32}/oldal/1", f"{belas}/oldal/2", f"{belas}/oldal/0", "x/oldal/1"]
    found = [await visit(bela).get(f"/dokumentumok/{address}") for address in addresses]

    assert [answer.status_code for answer in found] == [404] * 5
    assert len({answer.text for answer in found}) == 1
    assert (await visit(None).get(f"/dokumentumok/{annas}/oldal/1")).status_code == 303


async def test_a_page_that_cannot_be_drawn_is_no_image(house: House, anna: Customer, visit: Browser) -> None:
    document = document_of(house, letter(house, anna, files=(("Rossz.pdf", b"%PDF-1.7 nothing behind"),)))

    answer = await visit(anna).get(f"/dokumentumok/{document}/oldal/1")

    assert answer.status_code == 422
    assert not answer.headers["content-type"].startswith("image/")


async def test_the_browser_may_show_a_pdf_but_nobody_elses(house: House, anna: Customer, bela: Customer, visit: Browser) -> None:
    pdf = letter_pdf()
    document = document_of(house, letter(house, anna, files=(("Levél.pdf", pdf),)))

    answer = await visit(anna).get(f"/dokumentumok/{document}/megnyitas")

    assert (answer.status_code, answer.content) == (200, pdf)
    assert answer.headers["content-disposition"].startswith('inline; filename="')
    assert (answer.headers["cache-control"], answer.headers["x-content-type-options"]) == ("private, no-store", "nosniff")
    assert (await visit(bela).get(f"/dokumentumok/{document}/megnyitas")).status_code == 404


# ── reply ──


@pytest.mark.requirement("R20")
async def test_a_reply_with_files_is_sent_and_shown_with_its_receipt(house: House, anna: Customer, visit: Browser) -> None:
    letter_id = letter(house, anna)
    state = await opened(anna, letter_id)
    await LetterState.begin_reply.fn(state)
    named = {
        "kép__jpg": photo(),
        "kép__png": photo("PNG"),
        "kép__heic": photo("HEIF"),
        "levél__pdf": letter_pdf(),
        "kérelem__docx": docx(),
    }

    answer = await visit(anna).post(state.reply_address, data=form(nonce=state.nonce), files=files(**named))

    assert answer.status_code == 303
    after = await opened(anna, letter_id, "?" + answer.headers["location"].partition("?")[2])
    (written,) = after.thread
    assert (written.text, written.status_words, written.by_customer) == ("Kérem a javítást.", "Beérkezett", True)
    assert [file.name for file in written.documents] == [name.replace("__", ".") for name in named]
    assert after.receipt.reference == written.reference
    assert after.receipt.promise.startswith("15 napon belül válaszolunk, legkésőbb: ")
    assert (after.replying, after.nonce) == (False, "")


@pytest.mark.requirement("R18")
async def test_files_of_a_reply_come_back_to_their_sender_only(
    house: House, anna: Customer, bela: Customer, visit: Browser
) -> None:
    letter_id, picture = letter(house, anna), photo()
    await visit(anna).post(f"/kuldemenyek/{letter_id}/valasz", data=form(), files=files(kép__jpg=picture))
    document = (await opened(anna, letter_id)).thread[0].documents[0].id

    assert (await visit(anna).get(f"/dokumentumok/{document}/letoltes")).content == picture
    for kind in ("letoltes", "megnyitas", "oldal/1"):
        assert (await visit(bela).get(f"/dokumentumok/{document}/{kind}")).status_code == 404


async def test_pressing_twice_sends_once_and_leads_to_the_same_page(house: House, anna: Customer, visit: Browser) -> None:
    address = f"/kuldemenyek/{letter(house, anna)}/valasz"

    presses = await asyncio.gather(*(visit(anna).post(address, data=form(), files=files(kép__jpg=photo())) for _ in range(4)))

    assert {press.status_code for press in presses} == {303}
    assert len({press.headers["location"] for press in presses}) == 1
    assert sent_messages(house) == ["Kérem a javítást."]


async def test_a_script_is_told_where_to_go_or_that_it_was_refused(house: House, anna: Customer, visit: Browser) -> None:
    letter_id = letter(house, anna)
    client, address = visit(anna), f"/kuldemenyek/{letter_id}/valasz"
    client.headers["accept"] = "application/json"

    refused = await client.post(address, data=form(), files=files(üres__pdf=b""))
    sent = await client.post(address, data=form())

    assert (refused.status_code, refused.json()) == (422, {"refused": True})
    assert sent.status_code == 200
    assert sent.json()["go"].startswith(f"/kuldemenyek/{letter_id}?elkuldve=")


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("üres__pdf", b"", "file_empty"),
        ("nagy__pdf", b"%PDF-" + b"0" * 10_000_000, "file_too_large"),
        ("oldal__html", b"<b>x</b>", "file_type_not_allowed"),
        ("oldal__pdf", b"<script>x</script>", "file_type_not_allowed"),
        ("titkos__pdf", encrypted_pdf(), "file_encrypted"),
        ("sérült__pdf", damaged_pdf(), "file_damaged"),
        ("futó__pdf", active_in_object_streams(), "file_active"),
    ],
)
async def test_a_refused_file_loses_nothing_and_is_named_with_its_reason(
    house: House, anna: Customer, visit: Browser, name: str, content: bytes, code: str
) -> None:
    letter_id = letter(house, anna)

    answer = await visit(anna).post(
        f"/kuldemenyek/{letter_id}/valasz", data=form("Hosszan írtam."), files=files(jó__jpg=photo(), **{name: content})
    )

    assert (answer.status_code, answer.headers["location"]) == (303, f"/kuldemenyek/{letter_id}#valasz")
    draft = house.database.ask(messages.read_draft, anna, letter_id, now=now())
    assert [(each.code, each.file) for each in draft.refusals] == [(code, name.replace("__", "."))]
    state = await opened(anna, letter_id)
    assert (state.replying, state.draft_text, state.refusals[0].file) == (True, "Hosszan írtam.", name.replace("__", "."))
    assert len(state.refusals[0].words) > 20
    assert sent_messages(house) == []


async def test_every_wrong_file_is_told_at_once(house: House, anna: Customer, visit: Browser) -> None:
    letter_id = letter(house, anna)

    await visit(anna).post(f"/kuldemenyek/{letter_id}/valasz", data=form("  "), files=files(a__pdf=b"", b__exe=b"MZ"))

    draft = house.database.ask(messages.read_draft, anna, letter_id, now=now())
    assert [each.code for each in draft.refusals] == ["reply_empty", "file_empty", "file_type_not_allowed"]


async def test_too_many_files_are_refused_with_the_limit(house: House, anna: Customer, visit: Browser) -> None:
    letter_id = letter(house, anna)

    many = files(**{f"kép{number}__jpg": photo() for number in range(6)})
    await visit(anna).post(f"/kuldemenyek/{letter_id}/valasz", data=form(), files=many)

    state = await opened(anna, letter_id)
    assert [refusal.file for refusal in state.refusals] == [""]
    assert "5" in state.refusals[0].words


async def test_a_text_that_is_too_long_is_kept_whole(house: House, anna: Customer, visit: Browser) -> None:
    letter_id, text = letter(house, anna), "ő" * 6000

    await visit(anna).post(f"/kuldemenyek/{letter_id}/valasz", data=form(text))

    state = await opened(anna, letter_id)
    assert state.draft_text == text
    assert "5000" in state.refusals[0].words.replace("\xa0", "")


@pytest.mark.parametrize(("refusal", "code"), [(FileInfected, "file_infected"), (ScannerUnavailable, "scanner_unavailable")])
async def test_only_what_the_scanner_calls_clean_is_sent(
    house: House, anna: Customer, visit: Browser, refusal: type[PortalError], code: str
) -> None:
    letter_id = letter(house, anna)
    use_house(House(**{**vars(house), "scanner": Fake(refusal)}))

    await visit(anna).post(f"/kuldemenyek/{letter_id}/valasz", data=form(), files=files(kép__jpg=photo()))

    draft = house.database.ask(messages.read_draft, anna, letter_id, now=now())
    assert [(each.code, each.file) for each in draft.refusals] == [(code, "kép.jpg")]
    assert sent_messages(house) == []
    assert list(house.objects.list_keys()) == []


async def test_a_clamd_that_cannot_be_reached_lets_nothing_through(house: House, anna: Customer, visit: Browser) -> None:
    letter_id = letter(house, anna)
    use_house(House(**{**vars(house), "scanner": Clamd("/nonexistent/clamd.ctl")}))

    await visit(anna).post(f"/kuldemenyek/{letter_id}/valasz", data=form(), files=files(kép__jpg=photo()))

    assert sent_messages(house) == []


async def test_file_names_are_cleaned_and_shown_as_text(house: House, anna: Customer, visit: Browser) -> None:
    letter_id = letter(house, anna)
    names = ["../../etc/<img src=x onerror=alert(1)>.jpg", "számla\u202egpj.jpg"]

    await visit(anna).post(
        f"/kuldemenyek/{letter_id}/valasz", data=form("\n".join(XSS)), files=[("files", (name, photo())) for name in names]
    )

    (written,) = (await opened(anna, letter_id)).thread
    assert written.text == "\n".join(XSS)
    assert [file.name for file in written.documents] == ["_img src=x onerror=alert(1)_.jpg", "számlagpj.jpg"]


async def test_a_kill_between_files_and_rows_loses_nothing_and_doubles_nothing(
    house: House, anna: Customer, visit: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"/kuldemenyek/{letter(house, anna)}/valasz"

    class Killed(BaseException):
        """The process dies here."""

    def dies(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(messages, "send_reply", dies)
        with pytest.raises(Killed):
            await visit(anna).post(address, data=form(), files=files(kép__jpg=photo()))
    again = await visit(anna).post(address, data=form(), files=files(kép__jpg=photo()))
    once_more = await visit(anna).post(address, data=form(), files=files(kép__jpg=photo()))

    assert again.headers["location"] == once_more.headers["location"]
    assert sent_messages(house) == ["Kérem a javítást."]


async def test_a_reply_under_a_letter_that_is_not_to_be_found_answers_alike(
    house: House, anna: Customer, bela: Customer, visit: Browser
) -> None:
    annas = letter(house, anna, "Anna titka")
    waiting = letter(house, bela, publish_at=now() + timedelta(days=1))

    found = [
        await visit(bela).post(f"/kuldemenyek/{letter_id}/valasz", data=form(), files=files(kép__jpg=photo()))
        for letter_id in (annas, waiting, "0" * 32, "x")
    ]

    assert [answer.status_code for answer in found] == [404] * 4
    assert len({answer.text for answer in found}) == 1
    assert sent_messages(house) == []
    with house.database.reading() as db:
        assert db.exec(select(Draft)).all() == []


async def test_a_stranger_is_led_to_the_sign_in_page(house: House, anna: Customer, visit: Browser) -> None:
    address = f"/kuldemenyek/{letter(house, anna)}/valasz"

    assert (await visit(None).post(address, data=form())).headers["location"] == "/belepes"
    assert sent_messages(house) == []


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (b"", {"content-type": "multipart/form-data"}),
        (b"--x\r\nbroken", {"content-type": "multipart/form-data; boundary=x"}),
        (b"{}", {"content-type": "application/json"}),
        (b"text=hi", {}),
    ],
)
async def test_a_form_that_is_none_is_refused(
    house: House, anna: Customer, visit: Browser, content: bytes, headers: dict[str, str]
) -> None:
    answer = await visit(anna).post(f"/kuldemenyek/{letter(house, anna)}/valasz", content=content, headers=headers)

    assert answer.status_code == 400
    assert sent_messages(house) == []


async def test_reloading_the_forms_address_leads_to_the_letter(house: House, anna: Customer, visit: Browser) -> None:
    letter_id = letter(house, anna)

    assert (await visit(anna).get(f"/kuldemenyek/{letter_id}/valasz")).headers["location"] == f"/kuldemenyek/{letter_id}"


def test_a_form_without_a_script_may_bring_too_much_and_is_told_so() -> None:
    assert BODY_BYTES > 5 * 10_000_000


# ── draft ──


async def test_what_is_typed_is_kept_and_found_again(house: House, anna: Customer) -> None:
    letter_id = letter(house, anna)
    state = await opened(anna, letter_id)
    await LetterState.begin_reply.fn(state)

    await LetterState.save_draft.fn(state, state.nonce, "Tisztelt")

    assert state.draft_saved.startswith("Piszkozat mentve ")
    again = await opened(anna, letter_id)
    assert (again.replying, again.draft_text, again.nonce) == (True, "Tisztelt", state.nonce)


async def test_keystrokes_of_another_letters_form_are_not_mixed_in(house: House, anna: Customer) -> None:
    first, second = letter(house, anna), letter(house, anna)
    state = await opened(anna, first)
    await LetterState.begin_reply.fn(state)
    nonce = state.nonce
    state.router = RouterData(session=state.router.session, url=ReflexURL(f"http://localhost:8000/kuldemenyek/{second}"))
    await LetterState.load.fn(state)

    await LetterState.save_draft.fn(state, nonce, "Az elsőhöz")

    assert house.database.ask(messages.read_draft, anna, second, now=now()) is None


async def test_a_draft_is_thrown_away_or_only_put_aside(house: House, anna: Customer) -> None:
    letter_id = letter(house, anna)
    state = await opened(anna, letter_id)
    await LetterState.begin_reply.fn(state)
    await LetterState.save_draft.fn(state, state.nonce, "Tisztelt")

    LetterState.close_reply.fn(state)
    assert (state.replying, house.database.ask(messages.read_draft, anna, letter_id, now=now()).text) == (False, "Tisztelt")
    await LetterState.begin_reply.fn(state)
    await LetterState.discard_draft.fn(state)

    assert (state.replying, state.draft_saved) == (False, "")
    assert house.database.ask(messages.read_draft, anna, letter_id, now=now()) is None


# ── answers, live ──


async def test_an_answer_appears_without_disturbing_what_is_being_typed(house: House, anna: Customer, visit: Browser) -> None:
    letter_id = letter(house, anna)
    await visit(anna).post(f"/kuldemenyek/{letter_id}/valasz", data=form())
    state = await opened(anna, letter_id)
    await LetterState.begin_reply.fn(state)
    await LetterState.save_draft.fn(state, state.nonce, "Még valami")
    typing = (state.replying, state.nonce, state.draft_text, state.draft_saved)
    message_id = house.database.ask(answers.list_messages, CORE)[0].id

    house.database.carry_out(answers.answer, CORE, message_id, "Javítottuk.", (), brand=house.brand, now=now())
    await LetterState.refresh.fn(state)

    assert state.news
    assert [(message.by_customer, message.text) for message in state.thread] == [
        (True, "Kérem a javítást."),
        (False, "Javítottuk."),
    ]
    assert state.thread[0].status_words == "Megválaszolva"
    assert (state.replying, state.nonce, state.draft_text, state.draft_saved) == typing
    assert correspondence.account_of(house, anna).unread == 1
    with house.database.reading() as db:
        assert len(db.exec(select(Job).where(Job.kind == "new_answer")).all()) == 1


async def test_ones_own_message_is_no_news(house: House, anna: Customer, visit: Browser) -> None:
    letter_id = letter(house, anna)
    state = await opened(anna, letter_id)

    await visit(anna).post(f"/kuldemenyek/{letter_id}/valasz", data=form())
    admission.welcome(anna)
    await LetterState.refresh.fn(state)

    assert (len(state.thread), state.news) == (1, False)


async def test_a_letter_that_is_erased_meanwhile_disappears_from_the_page(house: House, anna: Customer) -> None:
    state = await opened(anna, letter(house, anna, summary="Titkos"))
    with house.database.writing() as db:
        db.exec(select(Letter)).one().erase_on = date(2020, 1, 1)

    await LetterState.refresh.fn(state)

    assert (state.standing_of_letter, state.letter) == ("missing", LetterShown())


def test_the_form_offers_exactly_what_can_be_read() -> None:
    assert set(FILE_ENDINGS) == set(TYPE_OF_ENDING)
