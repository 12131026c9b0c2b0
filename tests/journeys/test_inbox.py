"""The inbox as its owner uses it: find a letter among hundreds, keep what matters, delete and take back, see what arrives."""

import re
import secrets
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256

import pytest
from playwright.sync_api import Download, Page, expect
from sqlmodel import select

from portal_app.database.tables import Account, Letter, SignIn
from portal_app.database.transactions import Database
from portal_app.domain.hungarian import sort_key
from portal_app.domain.kinds import LetterKind
from portal_app.gateways.clock import now
from portal_app.gateways.objects import ObjectStore
from portal_app.gateways.secrets import Secrets, token_digest
from portal_app.services.bin import bin_letters
from portal_app.services.messages import send_reply
from tests.journeys.looking import look, look_twice, open_page, ready
from tests.journeys.product import Product
from tests.mailbox import MINTA, Mailbox, open_mailbox, stored_file
from tests.operations.installed import until

SUBJECTS = ("Ősz", "Orom", "Ágota", "Zsolt", "Csaba", "Cecil", "Anna", "Tyúk", "Tódor", "Ödön")
KINDS = (LetterKind.INFORMATION, LetterKind.POLICY_DOCUMENT, LetterKind.PREMIUM_CERTIFICATE)
POLICIES = ("KGFB-2026-000001", "LAK-2026-000002", "CASCO-2026-000003")


@dataclass
class Town:
    """The product's own database and store, for letters that arrive while somebody looks."""

    portal: Product
    database: Database
    objects: ObjectStore
    mailboxes: dict[str, Mailbox] = field(default_factory=dict)

    def newcomer(self, page: Page, letters: int = 0) -> Mailbox:
        """Open an account with some letters, and let this page's browser be signed in to it."""
        box = open_mailbox(self.database, f"{secrets.token_hex(4)}@pelda.example", now=now())
        for number in range(letters):
            self.place(box, number)
        self.let_in(page, box)
        return box

    def place(self, box: Mailbox, number: int, **details: object) -> str:
        """Place a letter; its number decides everything about it."""
        chosen = {
            "kind": KINDS[number % len(KINDS)],
            "policy": POLICIES[number % len(POLICIES)],
            "at": now() - timedelta(days=number % 320, minutes=number),
            "files": [stored_file(self.objects, b"%PDF-1.7 " + str(number).encode())],
            **details,
        }
        return box.place(f"{SUBJECTS[number % len(SUBJECTS)]} {number}", **chosen)

    def let_in(self, page: Page, box: Mailbox) -> None:
        """Sign the page's browser in."""
        token = secrets.token_urlsafe(32)
        with self.database.writing() as db:
            moment = now()
            db.add(
                SignIn(account_id=box.customer.account_id, token_sha256=token_digest(token), created_at=moment, seen_at=moment)
            )
        page.context.add_cookies([{"name": "portal_sign_in", "value": token, "url": self.portal.url}])


@pytest.fixture(scope="module")
def town(portal: Product) -> Iterator[Town]:
    """The running product from inside."""
    settings = portal.settings
    database = Database(settings.database)
    yield Town(portal, database, ObjectStore(settings.objects, Secrets(settings.secrets)))
    database.close()


def subjects(page: Page) -> list[str]:
    """Read the subjects on the page from top to bottom."""
    return page.locator("tbody .letter-link").all_inner_texts()


def range_is(page: Page, words: str) -> None:
    """Wait until the page says which letters it shows."""
    expect(page.locator("#range")).to_have_text(words)


def saved(download: Download) -> dict[str, bytes]:
    """Open a downloaded zip after checking it against its own list of check sums."""
    with zipfile.ZipFile(download.path()) as archive:
        assert archive.testzip() is None
        files = {name: archive.read(name) for name in archive.namelist()}
    sums = dict(reversed(line.split("  ")) for line in files["sha256.txt"].decode().splitlines())
    assert sums == {name: sha256(content).hexdigest() for name, content in files.items() if name.endswith(".pdf")}
    return files


@pytest.mark.requirement("R2")
@pytest.mark.requirement("R19")
def test_three_hundred_letters_are_sorted_searched_filtered_and_paged(town: Town, page: Page) -> None:
    town.newcomer(page, 300)
    open_page(page, "/kuldemenyek")
    range_is(page, "1–25 / 300")
    expect(page).to_have_title("Küldemények (1/12. oldal) – Küldeményeim")

    heading = page.get_by_role("button", name="Tárgy", exact=True)
    heading.click()
    expect(page.get_by_role("columnheader", name="Tárgy")).to_have_attribute("aria-sort", "ascending")
    expect(page.locator("#said")).to_have_text("Rendezve: Tárgy, A–Z")
    expect(page).to_have_url(re.compile(r"rendez=targy"))
    expect(heading).to_be_focused()
    everything = sorted((f"{SUBJECTS[number % 10]} {number}" for number in range(300)), key=sort_key)
    assert subjects(page) == everything[:25]

    page.get_by_role("button", name="3. oldal").click()
    range_is(page, "51–75 / 300")
    assert subjects(page) == everything[50:75]
    expect(page).to_have_title("Küldemények (3/12. oldal) – Küldeményeim")
    page.reload()
    ready(page)
    range_is(page, "51–75 / 300")
    assert subjects(page) == everything[50:75]
    page.go_back()
    range_is(page, "1–25 / 300")
    assert subjects(page) == everything[:25]

    page.get_by_label("Keresés a küldemények között").fill("AGOTA")
    page.keyboard.press("Enter")
    range_is(page, "1–25 / 30")
    expect(page.locator("#said")).to_have_text("30 küldemény")
    page.locator("#wide-kind").select_option("Kötvény")
    range_is(page, "1–10 / 10")
    expect(page).to_have_url(re.compile(r"keres=AGOTA&tipus=kotveny&rendez=targy$"))
    page.reload()
    ready(page)
    range_is(page, "1–10 / 10")
    page.get_by_role("button", name="Szűrő törlése: Keresés: AGOTA").click()
    range_is(page, "1–25 / 100")
    page.get_by_role("button", name="Szűrők törlése").click()
    range_is(page, "1–25 / 300")
    expect(page.get_by_label("Keresés a küldemények között")).to_have_value("")


def test_the_sort_and_the_rows_a_page_are_remembered(town: Town, page: Page) -> None:
    box = town.newcomer(page, 60)
    open_page(page, "/kuldemenyek")
    page.get_by_label("Küldemény oldalanként").select_option("50")
    range_is(page, "1–50 / 60")
    page.get_by_role("button", name="Szerződés", exact=True).click()
    expect(page).to_have_url(re.compile("rendez=szerzodes"))
    until(lambda: _remembered_sort(box) == "policy", 5)

    open_page(page, "/kuldemenyek")

    range_is(page, "1–50 / 60")
    expect(page.get_by_role("columnheader", name="Szerződés")).to_have_attribute("aria-sort", "ascending")


def _remembered_sort(box: Mailbox) -> str:
    """The sort is written down behind the visitor's back, a moment after it shows in the address."""
    with box.database.reading() as db:
        return db.get_one(Account, box.customer.account_id).inbox_sort


@pytest.mark.requirement("R25")
def test_letters_chosen_on_several_pages_come_as_one_zip(town: Town, page: Page) -> None:
    box = town.newcomer(page, 60)
    open_page(page, "/kuldemenyek")
    page.get_by_label("Az oldal összes küldeményének kijelölése").check()
    expect(page.locator("#chosen-words")).to_have_text("25 kijelölve")
    page.get_by_role("button", name="2. oldal").click()
    range_is(page, "26–50 / 60")
    page.get_by_label("Kijelölés: Anna 26").check()
    expect(page.locator("#chosen-words")).to_have_text("26 kijelölve")

    with page.expect_download() as some:
        page.get_by_role("button", name="Letöltés (zip)").click()
    files = saved(some.value)

    contents = {content for name, content in files.items() if name.endswith(".pdf")}
    assert contents == {b"%PDF-1.7 " + str(number).encode() for number in range(60) if number < 25 or number == 26}
    assert some.value.suggested_filename.startswith("kuldemenyek-20")
    assert "Anna 26" in files["tartalom.html"].decode()

    page.get_by_label("Az oldal összes küldeményének kijelölése").check()
    page.get_by_role("button", name="Mind a 60 kijelölése").click()
    expect(page.locator("#chosen-words")).to_have_text("60 kijelölve")
    with page.expect_download() as everything:
        page.get_by_role("button", name="Letöltés (zip)").click()
    assert len(saved(everything.value)) == 62
    # The page is as alive as before: it was not left for the file.
    town.place(box, 61, at=now())
    expect(page.get_by_text("1 új küldemény érkezett")).to_be_visible(timeout=10_000)


@pytest.mark.requirement("R21")
def test_a_deletion_is_taken_back_with_one_press(town: Town, page: Page) -> None:
    town.newcomer(page, 5)
    open_page(page, "/kuldemenyek")
    page.get_by_label("Kijelölés: Ősz 0").check()
    page.get_by_label("Kijelölés: Orom 1").check()
    page.get_by_role("button", name="Törlés", exact=True).click()

    bar = page.get_by_role("group", name="2 küldemény a Lomtárba került.")
    expect(bar).to_be_focused()
    range_is(page, "1–3 / 3")
    bar.get_by_role("button", name="Visszavonás").click()
    range_is(page, "1–5 / 5")
    expect(page.locator("#said")).to_have_text("2 küldemény visszakerült a helyére.")

    page.get_by_label("Kijelölés: Ősz 0").check()
    page.get_by_role("button", name="Törlés", exact=True).click()
    expect(page.get_by_text("1 küldemény a Lomtárba került.")).to_be_visible()
    page.keyboard.press("Control+z")
    range_is(page, "1–5 / 5")


def test_a_letter_that_waits_for_confirmation_is_not_deleted_and_says_why(town: Town, page: Page) -> None:
    box = town.newcomer(page, 1)
    town.place(box, 1, requires_confirmation=True)
    open_page(page, "/kuldemenyek")
    page.get_by_label("Az oldal összes küldeményének kijelölése").check()
    page.get_by_role("button", name="Törlés", exact=True).click()

    expect(page.get_by_text("1 küldemény a Lomtárba került.")).to_be_visible()
    expect(page.get_by_text("1 küldemény maradt: törlés előtt nyissa meg, és erősítse meg, hogy megkapta.")).to_be_visible()
    assert subjects(page) == ["Orom 1"]
    look(page)


def test_what_was_read_is_shown_as_unread_again(town: Town, page: Page) -> None:
    town.newcomer(page, 2)
    open_page(page, "/kuldemenyek")
    expect(page.locator(".menu-wide")).to_contain_text("2 olvasatlan")
    page.get_by_label("Az oldal összes küldeményének kijelölése").check()
    page.get_by_role("button", name="Olvasott", exact=True).click()
    expect(page.locator("#said")).to_have_text("2 küldemény állapota megváltozott.")
    expect(page.locator(".status-new")).to_have_count(0)
    expect(page.locator(".menu-wide")).not_to_contain_text("olvasatlan")
    page.get_by_label("Kijelölés: Ősz 0").check()
    page.get_by_role("button", name="Olvasatlan", exact=True).click()

    expect(page.locator(".status-new")).to_have_count(1)
    expect(page.locator(".menu-wide")).to_contain_text("1 olvasatlan")


def test_a_new_letter_is_announced_in_two_tabs_without_moving_the_rows(town: Town, page: Page) -> None:
    box = town.newcomer(page, 3)
    other = page.context.new_page()
    for tab in (page, other):
        open_page(tab, "/kuldemenyek")
        range_is(tab, "1–3 / 3")
    before = subjects(page)

    town.place(box, 7, at=now())

    for tab in (page, other):
        expect(tab.get_by_text("1 új küldemény érkezett")).to_be_visible(timeout=10_000)
        expect(tab).to_have_title("(1) Küldemények – Küldeményeim")
        assert subjects(tab) == before
    look(page)
    page.get_by_role("button", name="Megjelenítés").click()
    range_is(page, "1–4 / 4")
    assert subjects(page)[0] == "Tyúk 7"
    expect(page).to_have_title("Küldemények – Küldeményeim")


def test_a_change_in_one_tab_is_seen_in_the_other(town: Town, page: Page) -> None:
    town.newcomer(page, 3)
    other = page.context.new_page()
    for tab in (page, other):
        open_page(tab, "/kuldemenyek")
        range_is(tab, "1–3 / 3")

    page.get_by_label("Kijelölés: Ősz 0").check()
    page.get_by_role("button", name="Olvasott", exact=True).click()
    expect(other.locator(".status-new")).to_have_count(2, timeout=10_000)
    page.get_by_label("Kijelölés: Ősz 0").check()
    page.get_by_role("button", name="Törlés", exact=True).click()

    expect(other.get_by_text("A lista közben megváltozott")).to_be_visible(timeout=10_000)
    assert len(subjects(other)) == 3
    other.get_by_role("button", name="Frissítés").click()
    range_is(other, "1–2 / 2")


@pytest.mark.requirement("R24")
@pytest.mark.requirement("R25")
def test_what_leaves_soon_is_told_and_saved_with_one_press(town: Town, page: Page) -> None:
    box = town.newcomer(page, 1)
    for age, number in ((340, 1), (360, 2), (365, 3)):
        town.place(box, number, at=now() - timedelta(days=age))
    open_page(page, "/kuldemenyek")

    expect(page.locator("#leaving")).to_contain_text("3 küldemény 30 napon belül törlődik. Mentse el őket.")
    expect(page.locator("tbody")).to_contain_text("Ma törlődik")
    expect(page.locator("tbody")).to_contain_text("5 nap múlva törlődik")
    look_twice(page)
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("Letöltés egyben")).click()
    assert len(saved(download.value)) == 5


def test_on_a_phone_letters_are_cards_and_nothing_scrolls_sideways(town: Town, phone: Page) -> None:
    box = town.newcomer(phone, 30)
    town.place(box, 31, requires_confirmation=True, at=now() - timedelta(days=362))
    open_page(phone, "/kuldemenyek")
    range_is(phone, "1–25 / 31")
    assert phone.evaluate("document.documentElement.scrollWidth") == 360

    phone.get_by_label("Rendezés").select_option("Tárgy, A–Z")
    expect(phone.locator("#said")).to_have_text("Rendezve: Tárgy, A–Z")
    assert subjects(phone)[0].startswith("Ágota")
    phone.get_by_text("Szűrők", exact=True).tap()
    phone.locator("#narrow-policy").select_option("LAK-2026-000002")
    range_is(phone, "1–11 / 11")

    phone.locator("tbody .hit").first.tap()
    bar = phone.get_by_role("region", name="Műveletek a kijelölt küldeményekkel")
    expect(bar).to_be_in_viewport()
    assert bar.evaluate("bar => getComputedStyle(bar).position") == "fixed"
    assert phone.locator("tbody .hit").first.evaluate("box => box.getBoundingClientRect().height") >= 44
    phone.locator("tbody .letter-link").last.focus()
    link = phone.evaluate("document.activeElement.getBoundingClientRect().bottom")
    assert link <= bar.evaluate("bar => bar.getBoundingClientRect().top")
    look(phone)


def test_every_empty_place_says_what_to_do_next(town: Town, page: Page) -> None:
    town.newcomer(page)
    open_page(page, "/kuldemenyek")
    expect(page.get_by_role("heading", name="Még nincs küldeménye")).to_be_visible()
    expect(page.locator("main")).to_contain_text("***@pelda.example")
    look_twice(page)

    full = town.newcomer(page, 3)
    del full
    open_page(page, "/kuldemenyek?keres=ez%20nincs")
    expect(page.get_by_role("heading", name="Nincs találat erre: „ez nincs”")).to_be_visible()
    look_twice(page)
    page.get_by_role("button", name="Keresés törlése").click()
    range_is(page, "1–3 / 3")
    open_page(page, "/kuldemenyek?idoszak=regebbi")
    expect(page.get_by_role("heading", name="Nincs ilyen küldemény")).to_be_visible()
    look_twice(page)
    page.locator("main").get_by_role("button", name="Szűrők törlése").last.click()
    range_is(page, "1–3 / 3")


@pytest.mark.parametrize("language", ["hu", "en"])
def test_lists_keep_every_rule_in_both_languages(town: Town, page: Page, language: str) -> None:
    box = town.newcomer(page, 60)
    _delete_one(town, box)
    _reply(town, box)
    page.context.add_cookies([{"name": "nyelv", "value": language, "url": town.portal.url}])

    open_page(page, "/kuldemenyek?olvasatlan=1&idoszak=felev&keres=a")
    expect(page.locator("html")).to_have_attribute("lang", language)
    page.locator("#choose-page").check()
    expect(page.locator(".chosen-bar")).to_be_visible()
    look(page)
    page.locator("#choose-page").uncheck()
    open_page(page, "/kuldemenyek")
    page.locator("tbody .hit").first.click()
    page.get_by_role("button", name="Törlés" if language == "hu" else "Delete", exact=True).click()
    expect(page.locator(".bar-undo")).to_be_visible()
    town.place(box, 61, at=now())
    expect(page.locator(".bar-arrived")).to_be_visible(timeout=10_000)
    look(page)
    for path in ("/elkuldott", "/lomtar"):
        open_page(page, path)
        expect(page.locator("tbody tr")).to_have_count(2 if path == "/lomtar" else 1)
        page.locator("#choose-page").check()
        expect(page.locator(".chosen-bar")).to_be_visible()
        look(page)


def _delete_one(town: Town, box: Mailbox) -> str:
    letter = town.place(box, 3)
    box.database.carry_out(bin_letters, box.customer, [letter], now=now())
    return letter


def _reply(town: Town, box: Mailbox) -> str:
    letter = town.place(box, 4)
    box.database.carry_out(send_reply, box.customer, letter, "Köszönöm.", (), mark=letter, brand=MINTA, now=now())
    return letter


@pytest.mark.requirement("R21")
def test_the_bin_gives_back_what_was_deleted_and_erases_only_when_asked_twice(town: Town, page: Page) -> None:
    box = town.newcomer(page, 2)
    ids = [_delete_one(town, box) for _ in range(3)]
    open_page(page, "/lomtar")
    expect(page.locator("tbody tr")).to_have_count(3)
    page.get_by_role("button", name=re.compile("Visszaállítás ?: Zsolt 3")).first.click()
    expect(page.get_by_text("1 elem visszakerült a helyére.")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(2)

    page.get_by_label("Kijelölés: Zsolt 3").first.check()
    page.get_by_role("button", name="Végleges törlés").click()
    question = page.get_by_role("region", name="1 elem végleg törlődik. Ezt nem lehet visszavonni.")
    expect(question).to_be_focused()
    look(page)
    question.get_by_role("button", name="Mégse").click()
    expect(question).to_be_hidden()
    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_role("button", name="Lomtár ürítése").click()
    page.get_by_role("region", name="2 elem végleg törlődik.").get_by_role("button", name="Végleges törlés").click()

    expect(page.get_by_text("2 elem végleg törlődött.")).to_be_visible()
    expect(page.get_by_role("heading", name="A Lomtár üres")).to_be_visible()
    look(page)
    with town.database.reading() as db:
        left = db.exec(select(Letter.public_id).where(Letter.account_id == box.customer.account_id)).all()
    assert len(set(left) & set(ids)) == 1


@pytest.mark.requirement("R18")
def test_what_was_sent_is_listed_with_the_state_of_its_answer(town: Town, page: Page) -> None:
    box = town.newcomer(page, 1)
    open_page(page, "/elkuldott")
    expect(page.get_by_role("heading", name="Még nem írt nekünk")).to_be_visible()
    look(page)
    letter = _reply(town, box)

    open_page(page, "/elkuldott")

    expect(page.locator("tbody")).to_contain_text("Beérkezett")
    page.locator("tbody").get_by_role("link", name="Csaba 4").click()
    expect(page).to_have_url(f"/kuldemenyek/{letter}")


def test_the_list_can_be_worked_with_the_keyboard_alone(town: Town, page: Page) -> None:
    town.newcomer(page, 2)
    open_page(page, "/kuldemenyek")
    page.locator("#choose-page").focus()
    page.keyboard.press("Space")
    expect(page.locator("#chosen-words")).to_have_text("2 kijelölve")

    seen = set()
    for _ in range(13):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.innerText.trim() || document.activeElement.id"))
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"

    assert {"Tárgy", "Ősz 0", "Orom 1"} <= {words.partition("\n")[0] for words in seen}
