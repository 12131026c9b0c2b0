"""Every e-mail and short message: complete in every language and register, and silent about what letters say."""

import ast
import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from itertools import product
from pathlib import Path

import pytest

import portal_app
from portal_app.domain.brands import Brand
from portal_app.settings import read_brand
from portal_app.texts.catalogues import sentence
from portal_app.texts.phones import phone
from portal_app.texts.post import (
    KINDS,
    LINK_REASONS,
    SMS_KINDS,
    ComposedMail,
    FactMissing,
    FactUnknown,
    PostUnknown,
    compose,
    compose_sms,
    needs_secret,
)

HOUSE = Path(portal_app.__file__).parent
ORIGIN = "https://portal.example.hu"
NOON = datetime(2026, 1, 10, 12, 0, tzinfo=UTC)
SECRET = "ABcd23efGH45"
FACTS: dict[str, str | int] = {
    "erase_on": "2026-02-09",
    "unopened": 2,
    "expires_on": "2026-02-09",
    "closes_on": "2026-01-17",
    "expires_at": "2026-01-11T12:00:00+00:00",
    "new_address": "kovacs.anna@pelda.example",
    "device": "Firefox, Android",
    "turned_postal": 1,
    "reason": "forgotten",
    "reference": "K-2026-7KQ4M2",
    "due_on": "2026-01-25",
    "outcome": "fulfilled",
    "words": "Kérjük a rendszámot.",
    "taken": 1,
    "known": 1,
    "login": "482 917 365",
    "undo_until": "2026-02-09",
    "accounts": "ugyfelportal 482 917 365\nugyfelportal 105 332 871",
    "postal": 1,
}
SPOKEN = [("hu", "formal"), ("hu", "informal"), ("en", "formal")]
MAX_SUBJECT = 70
# Two short messages joined, in the alphabet that knows ő and ű.
MAX_SMS = 134


def written(kind: str, language: str, register: str, brand: str = "minta", **changes: str | int) -> ComposedMail:
    """Compose a kind with every fact it declares."""
    rules = KINDS[kind]
    facts = {name: FACTS[name] for name in rules.facts | rules.optional} | changes
    secret = SECRET if needs_secret(kind) else ""
    return compose(kind, language, register, read_brand(brand), origin=ORIGIN, at=NOON, count=3, secret=secret, **facts)


class Reader(HTMLParser):
    """Reads an HTML part the way a test wants to see it: elements with their attributes, and the words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.hidden = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember the element."""
        self.elements.append((tag, dict(attrs)))
        self.hidden = tag in {"style", "title"}

    def handle_endtag(self, tag: str) -> None:
        """Words are seen again."""
        self.hidden = False

    def handle_data(self, data: str) -> None:
        """Remember words that are seen."""
        if not self.hidden:
            self.words += data.split()


EVERY = list(product(sorted(KINDS), SPOKEN))
IDS = [f"{kind}-{language}-{register}" for kind, (language, register) in EVERY]


@pytest.mark.parametrize(("kind", "spoken"), EVERY, ids=IDS)
def test_every_mail_is_complete_in_text_and_html(kind: str, spoken: tuple[str, str]) -> None:
    mail = written(kind, *spoken)
    reader = Reader(mail.html)

    assert 0 < len(mail.subject) <= MAX_SUBJECT
    assert "\n" not in mail.subject
    for part in (mail.subject, mail.text, " ".join(reader.words)):
        assert not re.search(r"[{}]|None|Undefined", part)
    assert reader.elements[0] == ("html", {"lang": spoken[0]})
    assert [tag for tag, _ in reader.elements].count("h1") == 1
    assert [tag for tag, _ in reader.elements].count("main") == 1
    assert not {"img", "script", "link", "iframe", "form", "table"} & {tag for tag, _ in reader.elements}


@pytest.mark.parametrize(("kind", "spoken"), EVERY, ids=IDS)
def test_the_two_parts_of_a_mail_say_the_same(kind: str, spoken: tuple[str, str]) -> None:
    mail = written(kind, *spoken)
    seen = Reader(mail.html).words

    assert sorted(set(re.findall(r"\w{4,}", mail.text)) - set(re.findall(r"\w{4,}", " ".join(seen)))) == []


@pytest.mark.parametrize(("kind", "spoken"), EVERY, ids=IDS)
def test_every_mail_leads_only_to_the_portal_and_names_the_way_to_people(kind: str, spoken: tuple[str, str]) -> None:
    brand, mail = read_brand("minta"), written(kind, *spoken)
    links = [attributes["href"] for tag, attributes in Reader(mail.html).elements if tag == "a"]

    assert len(links) == (2 if KINDS[kind].path else 0)
    assert {str(link).startswith(f"{ORIGIN}/") for link in links} <= {True}
    assert all(str(link) in mail.text for link in links)
    assert phone(brand.contact.phone) in mail.text
    assert sentence("post.never", *spoken) in mail.text


@pytest.mark.parametrize(("kind", "spoken"), EVERY, ids=IDS)
def test_every_mail_can_be_found_by_sender_and_search_word(kind: str, spoken: tuple[str, str]) -> None:
    post, mail = read_brand("minta").post, written(kind, *spoken)

    assert post.search_word in mail.text
    assert post.sender_name in mail.text
    assert post.sender_address in mail.text


@pytest.mark.parametrize(("kind", "spoken"), EVERY, ids=IDS)
def test_nobody_is_greeted_by_name_and_no_secret_shows_where_none_belongs(kind: str, spoken: tuple[str, str]) -> None:
    mail = written(kind, *spoken)

    assert sentence("post.greeting", *spoken) in mail.text
    assert (SECRET in mail.text) == needs_secret(kind)
    assert SECRET not in mail.subject
    assert "kovacs.anna" not in mail.text + mail.html


@pytest.mark.parametrize("brand", ["minta", "allianz", "union"])
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_brand_can_send_every_mail(brand: str, kind: str) -> None:
    register = read_brand(brand).register.value
    mail = written(kind, "hu", register, brand)

    assert read_brand(brand).insurer in mail.text
    assert len(mail.subject) <= MAX_SUBJECT


def test_an_arrival_says_from_whom_when_how_many_and_where_and_nothing_else() -> None:
    mail = written("arrival", "hu", "formal")

    assert mail.subject == "3 új küldeménye érkezett"
    assert "Feladó: Minta Biztosító Zrt.\nÉrkezett: 2026. január 10.\nHol olvashatja: Minta Biztosító Küldeményeim" in mail.text
    assert f"Küldemények megnyitása:\n{ORIGIN}/kuldemenyek\n" in mail.text


def test_the_first_link_and_the_initial_password_travel_apart() -> None:
    link, password = written("activation", "hu", "formal"), written("initial_password", "hu", "formal")

    assert f"{ORIGIN}/elso-belepes/{SECRET}" in link.text
    assert "14 napig érvényes" in link.text
    assert f"    {SECRET}\n" in password.text
    assert f'<p class="shown">{SECRET}</p>' in password.html
    assert ORIGIN not in password.text


@pytest.mark.parametrize("reason", LINK_REASONS)
def test_a_password_link_says_why_it_comes(reason: str) -> None:
    mail = written("password_link", "hu", "formal", reason=reason)
    why = {"forgotten": "Új jelszót igényelt", "expired": "Lejárt a jelszava", "locked": "letiltottuk a belépést"}

    assert [word for word in why.values() if word in mail.text] == [why[reason]]
    assert "60 percig érvényes" in mail.text


def test_a_warning_counts_the_unopened_only_when_there_are_some() -> None:
    assert "Ebből még meg sem nyitott küldemény: 2" in written("retention_warning", "hu", "formal").text
    assert "meg sem nyitott" not in written("retention_warning", "hu", "formal", unopened=0).text


def test_a_closed_account_hears_of_the_post_only_when_it_turned_postal() -> None:
    assert "postán" in written("closing_done", "hu", "formal").text
    assert "postán" not in written("closing_done", "hu", "formal", turned_postal=0).text


def test_the_old_address_learns_only_enough_of_the_new_one_to_recognise_it() -> None:
    assert "k***@pelda.example" in written("email_changed_notice_to_old", "hu", "formal").text


def test_a_mail_may_lead_to_a_place_of_its_own() -> None:
    mail = written("new_answer", "hu", "formal", link="/kuldemenyek/abc")

    assert f"{ORIGIN}/kuldemenyek/abc" in mail.text


def test_html_shows_what_is_said_as_it_is() -> None:
    mail = written("sign_in_from_new_device", "hu", "formal", device='<b onmouseover="x">Firefox</b>')

    assert "<b " not in mail.html
    assert '<b onmouseover="x">Firefox</b>' in mail.text


def test_post_of_an_unknown_kind_or_with_wrong_facts_is_refused() -> None:
    brand: Brand = read_brand("minta")
    told = {"origin": ORIGIN, "at": NOON}

    with pytest.raises(PostUnknown):
        compose("birthday", "hu", "formal", brand, **told)
    with pytest.raises(FactMissing, match="erase_on"):
        compose("retention_warning", "hu", "formal", brand, **told)
    with pytest.raises(FactMissing, match="secret"):
        compose("activation", "hu", "formal", brand, **told)
    with pytest.raises(FactUnknown, match="subject"):
        compose("arrival", "hu", "formal", brand, **told, subject="Törlésértesítő")
    with pytest.raises(PostUnknown):
        compose_sms("arrival", "hu", "formal", brand)
    with pytest.raises(FactMissing):
        compose_sms("initial_password", "hu", "formal", brand)


@pytest.mark.parametrize("brand", ["minta", "allianz", "union"])
@pytest.mark.parametrize("spoken", SPOKEN, ids="-".join)
@pytest.mark.parametrize("kind", sorted(SMS_KINDS))
def test_every_short_message_is_short_and_keeps_the_secret_on_a_line_of_its_own(
    kind: str, spoken: tuple[str, str], brand: str
) -> None:
    message = compose_sms(kind, *spoken, read_brand(brand), secret=SECRET)

    assert len(message) <= MAX_SMS
    assert SECRET in message.split("\n")
    assert not re.search(r"[{}]|http", message)


def owed() -> list[tuple[str, ast.Call]]:
    """Every place where the code owes post, with its call."""
    return [
        (f"{file.relative_to(HOUSE)}:{node.lineno}", node)
        for file in sorted(HOUSE.rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and (node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")) == "enqueue"
    ]


def constant_kind(call: ast.Call) -> str:
    """The kind, where the code names it outright."""
    kind = call.args[1]
    return kind.value if isinstance(kind, ast.Constant) else ""


def facts_given(call: ast.Call) -> set[str] | None:
    """The names of the facts, where the code writes them out; nothing given is an empty set."""
    for keyword in call.keywords:
        if keyword.arg == "facts":
            plain = isinstance(keyword.value, ast.Dict) and all(isinstance(key, ast.Constant) for key in keyword.value.keys)
            return {key.value for key in keyword.value.keys} if plain else None
    return set()


def test_all_post_that_is_owed_can_be_composed() -> None:
    wrong = []
    for place, call in owed():
        kind, facts = constant_kind(call), facts_given(call)
        if not kind:
            continue
        rules = KINDS.get(kind)
        if rules is None:
            wrong.append((place, kind, "no such kind"))
            continue
        sealed = "sealed_secret" in {keyword.arg for keyword in call.keywords}
        if facts is not None and (rules.facts - facts or facts - rules.facts - rules.optional - {"link"}):
            wrong.append((place, kind, f"facts {sorted(facts)}"))
        if sealed != needs_secret(kind):
            wrong.append((place, kind, "secret"))

    assert len(owed()) > 0
    assert wrong == []


@pytest.mark.requirement("R49")
@pytest.mark.parametrize("brand", ["minta", "allianz", "union"])
def test_the_mail_with_the_identifier_is_found_by_the_word_that_help_names(brand: str) -> None:
    known = read_brand(brand)

    mail = compose(
        "issued_login", "hu", known.register.value, known, origin=ORIGIN, at=NOON, portal="ugyfelportal", login="482 917 365"
    )

    assert "felhasználóneve" in mail.subject.lower()
    assert "482 917 365" in [line.strip() for line in mail.text.split("\n")]
    for word in ("felhasználóneve", known.post.search_word, known.post.sender_name, known.post.sender_address):
        assert word in mail.text


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({}, [False, False]),
        ({"taken": 1}, [True, False]),
        ({"known": 1}, [False, True]),
        ({"taken": 1, "known": 1}, [True, True]),
    ],
)
def test_a_registrations_mail_tells_what_the_screen_does_not(facts: dict[str, int], said: list[bool]) -> None:
    mail = compose("registration", "hu", "formal", read_brand("minta"), origin=ORIGIN, at=NOON, secret=SECRET, **facts)

    assert ["már másé" in mail.text, "már tartozik nálunk fiók" in mail.text] == said
