"""A letter read, kept, answered and deleted, as a customer tells it."""

import json
import re
import secrets as chance
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Dialog, Page, expect

from portal_app.domain.actors import Customer
from portal_app.domain.kinds import LetterKind
from portal_app.gateways.clock import now
from portal_app.services import answers
from portal_app.services.house import House, open_house
from tests import correspondence
from tests.cast import CORE
from tests.journeys.conftest import NewVisitor
from tests.journeys.looking import look, look_twice, open_page, ready
from tests.journeys.product import Product
from tests.making import encrypted_pdf, letter_pdf, photo

WORDS = "Tisztelt Ügyfelünk!\n\nÚj éves díja 48 200 Ft. Ha elfogadja, nincs teendője.\n\nÜdvözlettel: Minta Biztosító"
PAGES = 3
PICTURE = photo()


@dataclass(frozen=True)
class Home:
    """A customer of the running product who is signed in, and a maker of letters for them."""

    house: House
    customer: Customer
    cookie: str
    url: str

    def enter(self, page: Page) -> Page:
        """Let a browser carry this customer's cookie."""
        page.context.add_cookies([{"name": "portal_sign_in", "value": self.cookie, "url": self.url}])
        return page

    def letter(self, subject: str = "Index levél: az Ön új díja", **details: object) -> str:
        """Place a letter of two PDFs; give its public id."""
        files = (("Index_levél.pdf", letter_pdf(WORDS, "Index levél", PAGES)), ("Díjigazolás.pdf", letter_pdf("Befizetve.")))
        details = {"files": files, "summary": WORDS, "kind": LetterKind.INDEXATION_LETTER, "plate_number": "ABC-123", **details}
        return correspondence.letter(self.house, self.customer, subject, at=now() - timedelta(days=2), **details)  # type: ignore[arg-type]

    def message(self) -> str:
        """Give the reference of the last message of this customer."""
        found = self.house.database.ask(answers.list_messages, CORE, most=10_000)
        return [message.reference for message in found if message.email == self.customer.display_name][-1]


@pytest.fixture
def home(portal: Product) -> Iterator[Home]:
    """A customer nobody else uses."""
    house = open_house(portal.settings)
    cookie = chance.token_urlsafe(32)
    address = f"anna-{chance.token_hex(4)}@pelda.example"
    yield Home(house, correspondence.customer(house, address, token=cookie, now=now()), cookie, portal.url)
    house.objects.close()
    house.database.close()


def shown(page: Page, letter_id: str) -> None:
    open_page(page, f"/kuldemenyek/{letter_id}")
    expect(page.locator("dl.facts")).to_be_visible()


def write(page: Page, words: str = "Kérem, írják meg, mitől függ az új díj.") -> None:
    page.get_by_role("button", name="Válasz írása").click()
    page.get_by_label("Az Ön üzenete").fill(words)


def attach(page: Page, **files: bytes) -> None:
    chosen = [{"name": name.replace("__", "."), "mimeType": "application/octet-stream", "buffer": files[name]} for name in files]
    page.locator("input[type=file]").set_input_files(chosen)  # type: ignore[arg-type]


def downloaded(page: Page, press: Callable[[], None]) -> bytes:
    with page.expect_download() as download:
        press()
    return Path(download.value.path()).read_bytes()


@pytest.mark.requirement("R2")
@pytest.mark.requirement("R20")
@pytest.mark.requirement("R21")
@pytest.mark.requirement("R25")
def test_a_letter_is_read_on_a_phone_kept_answered_and_deleted(phone: Page, portal: Product, home: Home, tmp_path: Path) -> None:
    pdf = letter_pdf(WORDS, "Index levél", PAGES)
    letter_id = home.letter(files=(("Index_levél.pdf", pdf),))
    page = home.enter(phone)

    # Read: the words, the page as an image, the same as text.
    shown(page, letter_id)
    expect(page.get_by_role("heading", level=1)).to_have_text("Index levél: az Ön új díja")
    expect(page).to_have_title("Index levél: az Ön új díja – Küldeményeim")
    expect(page.get_by_text("Új éves díja 48 200 Ft.").first).to_be_visible()
    image = page.get_by_role("img", name=re.compile(r"Index_levél\.pdf: 1\. oldal"))
    image.scroll_into_view_if_needed()
    expect(image).to_have_js_property("complete", value=True)
    assert image.evaluate("image => image.naturalWidth > 200 && image.currentSrc.includes('szelesseg=720')")
    page.get_by_role("button", name="További oldalak (2)").click()
    expect(page.get_by_role("img", name=re.compile("3. oldal"))).to_be_visible()
    page.get_by_role("button", name="Szöveges nézet").click()
    expect(page.locator("#letter-text")).to_contain_text("Ha elfogadja, nincs teendője.")

    # Keep: the bytes that were handed in.
    assert downloaded(page, page.get_by_role("link", name="Letöltés Index_levél.pdf").click) == pdf

    # Answer, with a file.
    write(page)
    attach(page, kép__jpg=PICTURE)
    page.get_by_role("button", name="Küldés").click()
    receipt = page.locator("#reply-receipt")
    expect(receipt).to_contain_text("Megkaptuk az üzenetét")
    expect(receipt).to_contain_text("15 napon belül válaszolunk, legkésőbb:")
    expect(receipt).to_be_focused()
    expect(page.locator(".message-own")).to_contain_text("Beérkezett")
    assert downloaded(page, page.get_by_role("link", name="Letöltés kép.jpg").click) == PICTURE

    # The insurer's answer arrives while the next message is being typed.
    write(page, "Közben még valami")
    (tmp_path / "válasz.txt").write_text("Az infláció mértékétől függ.", encoding="utf-8")
    portal.command("answer", home.message(), "--text", str(tmp_path / "válasz.txt"))
    expect(page.locator("#letter-news")).to_contain_text("Válasz érkezett az ügyfélszolgálattól.")
    expect(page.locator(".message-insurer")).to_contain_text("Az infláció mértékétől függ.")
    expect(page.locator(".message-own")).to_contain_text("Megválaszolva")
    expect(page.get_by_label("Az Ön üzenete")).to_have_value("Közben még valami")
    expect(page.get_by_label("Az Ön üzenete")).to_be_focused()

    # Delete, and think again.
    page.get_by_role("button", name="Törlés").click()
    expect(page).to_have_url(re.compile(r"/kuldemenyek($|\?)"))
    expect(page.get_by_text("1 küldemény a Lomtárba került.")).to_be_visible()
    page.get_by_role("button", name="Visszavonás").click()
    expect(page.get_by_role("link", name="Index levél: az Ön új díja")).to_be_visible()


def test_an_answer_is_there_within_two_seconds(page: Page, home: Home) -> None:
    letter_id = home.letter()
    shown(home.enter(page), letter_id)
    write(page)
    page.get_by_role("button", name="Küldés").click()
    expect(page.locator("#reply-receipt")).to_be_visible()
    asked, brand = home.message(), home.house.brand

    home.house.database.carry_out(answers.answer, CORE, asked, "Igen.", (), brand=brand, now=now())
    answered_at = time.monotonic()
    expect(page.locator(".message-insurer")).to_be_visible(timeout=10_000)

    assert time.monotonic() - answered_at < 2.5


def test_receipt_is_confirmed_before_a_letter_can_be_deleted(page: Page, home: Home) -> None:
    letter_id = home.letter("Törlésértesítő", requires_confirmation=True, kind=LetterKind.CANCELLATION_NOTICE)
    shown(home.enter(page), letter_id)

    expect(page.get_by_text("Törölni az átvétel megerősítése után lehet.")).to_be_visible()
    expect(page.get_by_role("button", name="Törlés")).to_have_count(0)
    look_twice(page)
    page.get_by_role("button", name="Megkaptam").click()

    expect(page.get_by_text(re.compile(r"^Az átvételt megerősítette: 20\d\d\. "))).to_be_visible()
    expect(page.get_by_role("button", name="Törlés")).to_be_visible()


def test_every_state_of_the_page_keeps_every_rule(page: Page, home: Home) -> None:
    letter_id = home.letter(due_on=(now() + timedelta(days=8)).date(), amount=20611)
    shown(home.enter(page), letter_id)
    look_twice(page)
    page.get_by_role("button", name="Szöveges nézet").click()
    expect(page.locator("#letter-text")).to_be_visible()
    write(page, "x" * 4100)
    expect(page.locator("#reply-count")).to_have_text("Ennyi karakter fér még bele: 900")
    attach(page, rossz__pdf=b"%PDF-1.7 nem az", nagy__pdf=b"0" * 10_000_001, kép__jpg=PICTURE)
    look(page)

    page.get_by_role("button", name="Küldés").click()
    expect(page.get_by_label("Fájlok csatolása")).to_be_focused()
    page.get_by_role("button", name="Eltávolítás: nagy.pdf").click()
    page.get_by_role("button", name="Küldés").click()
    expect(page.locator("#reply-refusals")).to_be_focused()
    expect(page.locator("#reply-refusals")).to_contain_text("rossz.pdf: ")
    look(page)

    page.get_by_role("button", name="Eltávolítás: rossz.pdf").click()
    page.get_by_role("button", name="Küldés").click()
    expect(page.locator("#reply-receipt")).to_be_visible()
    home.house.database.carry_out(answers.answer, CORE, home.message(), WORDS, (), brand=home.house.brand, now=now())
    expect(page.locator(".message-insurer")).to_be_visible()
    look_twice(page)


def test_the_page_speaks_english_to_those_who_chose_it(page: Page, home: Home) -> None:
    letter_id = home.letter(due_on=(now() + timedelta(days=8)).date(), amount=20611)
    page.context.add_cookies([{"name": "nyelv", "value": "en", "url": home.url}])
    shown(home.enter(page), letter_id)

    expect(page.get_by_text("HUF")).to_be_visible()
    page.get_by_role("button", name="Write a reply").click()
    page.get_by_label("Your message").fill("Please tell me more.")
    attach(page, photo__jpg=PICTURE)
    look(page)
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#reply-receipt")).to_contain_text("We reply within 15 days, at the latest on")
    look(page)


def test_letters_that_are_not_to_be_found_look_alike(page: Page, home: Home, portal: Product, new_visitor: NewVisitor) -> None:
    letter_id = home.letter("Anna titka")
    cookie = chance.token_urlsafe(32)
    bela = Home(
        home.house,
        correspondence.customer(home.house, f"bela-{chance.token_hex(4)}@pelda.example", token=cookie, now=now()),
        cookie,
        portal.url,
    )
    other = bela.enter(new_visitor().new_page())

    seen = []
    for wanted in (letter_id, "0" * 32, "nincs-ilyen"):
        open_page(other, f"/kuldemenyek/{wanted}")
        expect(other.get_by_role("heading", level=1)).to_have_text("Ez a küldemény nem található")
        seen.append((other.locator("main").inner_text(), other.title()))
    look_twice(other)

    assert seen == [seen[0]] * 3
    assert "titka" not in other.content()


def test_a_draft_waits_for_its_writer(page: Page, home: Home) -> None:
    letter_id = home.letter()
    shown(home.enter(page), letter_id)

    write(page, "Tisztelt Biztosító!")
    expect(page.locator("#reply-saved")).to_have_text(re.compile(r"^Piszkozat mentve \d\d:\d\d$"))
    page.get_by_role("link", name="Vissza a küldeményekhez").click()
    expect(page).to_have_url(re.compile(r"/kuldemenyek($|\?)"))
    shown(page, letter_id)

    expect(page.get_by_label("Az Ön üzenete")).to_have_value("Tisztelt Biztosító!")


def test_pressing_send_twice_sends_once(page: Page, home: Home) -> None:
    letter_id = home.letter()
    shown(home.enter(page), letter_id)
    write(page)

    page.get_by_role("button", name="Küldés").dblclick()
    expect(page.locator("#reply-receipt")).to_be_visible()

    expect(page.locator(".message-own")).to_have_count(1)


def test_the_form_works_without_its_script(page: Page, home: Home) -> None:
    page.route("**/letter.js*", lambda route: route.abort())
    letter_id = home.letter()
    shown(home.enter(page), letter_id)
    write(page, "Script nélkül is.")
    attach(page, titkos__pdf=encrypted_pdf())

    page.get_by_role("button", name="Küldés").click()
    expect(page.locator("#reply-refusals")).to_contain_text("titkos.pdf: ")
    expect(page.get_by_label("Az Ön üzenete")).to_have_value("Script nélkül is.")
    page.get_by_role("button", name="Küldés").click()

    expect(page.locator("#reply-receipt")).to_be_visible()
    expect(page.locator(".message-own")).to_contain_text("Script nélkül is.")


def test_what_others_wrote_never_runs(page: Page, home: Home) -> None:
    dialogs: list[str] = []

    def heard(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", heard)
    attack = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    letter_id = home.letter(attack, summary=attack)
    shown(home.enter(page), letter_id)
    write(page, attack)
    page.get_by_role("button", name="Küldés").click()
    expect(page.locator("#reply-receipt")).to_be_visible()
    home.house.database.carry_out(answers.answer, CORE, home.message(), attack, (), brand=home.house.brand, now=now())

    expect(page.locator(".message-insurer")).to_contain_text(attack)
    expect(page.get_by_role("heading", level=1)).to_have_text(attack)
    assert dialogs == []


def test_a_letter_is_printed_with_its_words_and_without_the_buttons(page: Page, home: Home) -> None:
    letter_id = home.letter()
    shown(home.enter(page), letter_id)
    page.evaluate("window.print = () => { window.printed = true; }")

    page.get_by_role("button", name="Nyomtatás").click()
    page.emulate_media(media="print")

    assert page.evaluate("window.printed === true")
    for kept in ("Index levél: az Ön új díja", "Új éves díja 48 200 Ft.", "ABC-123", "Index_levél.pdf"):
        expect(page.get_by_text(kept).first).to_be_visible()
    for left_out in (".header", ".help-block", ".letter-actions", ".letter-preview", ".document-links", "#valasz"):
        expect(page.locator(left_out).first).to_be_hidden()


def test_a_page_image_that_cannot_be_made_says_so(page: Page, home: Home) -> None:
    letter_id = home.letter(files=(("Rossz.pdf", b"%PDF-1.7 nothing behind"),))

    shown(home.enter(page), letter_id)
    page.locator(".letter-preview").scroll_into_view_if_needed()

    expect(page.get_by_text("Az előnézet nem készült el. Töltse le a dokumentumot.")).to_be_visible()
    look_twice(page)


def test_all_documents_of_a_letter_come_in_one_file(page: Page, home: Home) -> None:
    letter_id = home.letter()
    shown(home.enter(page), letter_id)

    content = downloaded(page, page.get_by_role("button", name="Összes letöltése (zip)").click)

    assert content.startswith(b"PK")
    ready(page)
    expect(page.locator("dl.facts")).to_be_visible()


def test_replies_have_a_reader_from_the_first_day(page: Page, home: Home, portal: Product) -> None:
    letter_id = home.letter()
    shown(home.enter(page), letter_id)
    write(page, "Olvassa ezt valaki?")
    page.get_by_role("button", name="Küldés").click()
    expect(page.locator("#reply-receipt")).to_be_visible()

    read = [row for row in json.loads(portal.command("messages", "--json")) if row["email"] == home.customer.display_name]

    assert [(row["text"], row["status"], row["purpose"]) for row in read] == [("Olvassa ezt valaki?", "received", "reply")]
