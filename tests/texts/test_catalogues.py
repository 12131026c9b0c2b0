"""The catalogues are complete, equal in what they say, and keep to one register."""

import re
from pathlib import Path

import pytest

from portal_app.domain.brands import Register
from portal_app.settings import read_brand
from portal_app.texts import catalogues
from portal_app.texts.catalogues import (
    CATALOGUES,
    CatalogueBroken,
    SentenceMissing,
    ValueMissing,
    effective_catalogue,
    forms,
    has_sentence,
    keys,
    places,
    read_catalogue,
    read_room,
    sentence,
)

ROOMS = sorted(Path(catalogues.__file__).parent.glob("*/*.po"))
NOT_FOR_CUSTOMERS = ("api.", "insurer.")
ALL_KEYS = sorted(keys("hu"))

# Words that give the register away. Developers and staff of insurers are addressed formally whatever the brand.
INFORMAL_WORDS = re.compile(
    r"\b(neked|te|téged|tiéd|veled|rólad|tőled|hozzád|tudnod|szükséged|teendőd|jogosultságod)\b"
    r"|\b(jelszav|fiók|küldemény|küldeményei|e-mail-cím|üzenet|szerződés|szerződései|adatai|levelei|biztosítás|kérés)[aeo]?d(at|et|ot|del|dal|nak|nek|ba|be|ban|ben|re|ra)?\b"
    r"|\b(kattints|add|adj|írd|írj|nyisd|nyomd|válaszd|válassz|lépj|kérj|nézd|hívj|küldd|küldj|várj|mentsd|töltsd|próbáld"
    r"|erősítsd|töröld|másold|olvasd|keresd|keress|vedd|vegyél|igényelj|jelöld|menj|mondd|pótold|rövidítsd|oszd|javítsd"
    r"|ellenőrizd|indulj|jelezd|tegyél|szeretnéd|szeretnél|lépsz|kapod|találod)\b"
    r"|\b(?!\w*portál\b)\w{2,}(hatod|heted|hatsz|hetsz|tál|tél|ttad|tted)\b",
    re.IGNORECASE,
)
FORMAL_WORDS = re.compile(
    r"\b(Ön|Önt|Önnek|Öné|Önnel|Önre|Önöknek|Tisztelt)\b"
    r"|\b(adja|adjon|írja|írjon|nyissa|nyomja|válassza|válasszon|lépjen|kérjen|nézze|hívjon|küldje|küldjön|várjon|mentse"
    r"|töltse|próbálja|próbáljon|erősítse|törölje|másolja|olvassa|keresse|keressen|vegye|vegyen|igényeljen|jelölje|menjen"
    r"|mondja|kattintson|szíveskedjen|pótolja|rövidítse|ossza|javítsa|ellenőrizze|induljon|jelezze|tegyen|szeretné|szeretne)\b"
    r"|\b(jelszava|jelszavát|jelszavával|fiókja|fiókját|fiókjába|e-mail-címe|e-mail-címét|teendője|jogosultsága|szüksége)\b"
    r"|\b(fel|be|meg|el|le|ki|vissza)?(kér|ír|lép|csatol|igényel|olvas|lát|kezel|folytat|old|töröl|ment|választ|tölt|állít|von|te)h[ae]t(ja|i)?\b",
    re.IGNORECASE,
)
# Words that the source documents fix letter for letter, also where customers are addressed informally.
FIXED_WORDS = re.compile(r"Elfelejtette jelszavát\?")
PLACES = re.compile(r"\{\w*\}")
# Words that address customers formally in one sentence and speak of things in another: "a szerződés levelei".
OF_THINGS = set(
    re.findall(
        r"\w+",
        """
        adatai az azonosítója azonosítóját be belépett belépése bizonylata címe címről címére címét dokumentuma
        dokumentumai dokumentumait elküldött erre fiók fiókra fér használja jár kapott kér kért kötött küldeménye
        küldeményei küldeményeit küldi küldött levelei leveleit megadott neve nevét nincs postafiókja próbált saját száma
        szövege tud tudjuk van volt választ választott által éve üzenetének
        """,
    )
)


def hungarian(register: str) -> list[tuple[str, str]]:
    """Every Hungarian text customers of this register meet."""
    return [(key, text) for key in ALL_KEYS if not key.startswith(NOT_FOR_CUSTOMERS) for text in forms(key, "hu", register)]


def words_of(key: str, register: str) -> set[str]:
    """Every word of a sentence in all its forms."""
    said = " ".join(forms(key, "hu", register)) if not key.startswith(NOT_FOR_CUSTOMERS) else ""
    return set(re.findall(r"[^\W\d_]+", PLACES.sub(" ", FIXED_WORDS.sub("", said)).lower()))


def test_both_languages_know_the_same_keys() -> None:
    assert sorted(keys("hu") ^ keys("en")) == []


def test_the_informal_catalogue_only_changes_what_the_formal_one_says() -> None:
    informal, formal = read_catalogue("hu@informal"), read_catalogue("hu")

    assert sorted(set(informal) - set(formal)) == []


def test_the_informal_catalogue_repeats_nothing() -> None:
    informal, formal = read_catalogue("hu@informal"), read_catalogue("hu")

    assert [key for key, text in informal.items() if formal.get(key) == text] == []


def test_languages_and_registers_ask_for_the_same_values() -> None:
    asked = {key: [sorted(places(key, *spoken)) for spoken in (("hu",), ("hu", "informal"), ("en",))] for key in ALL_KEYS}

    assert {key: names for key, names in asked.items() if not names[0] == names[1] == names[2]} == {}


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: f"{room.parent.name}/{room.stem}")
def test_no_room_says_a_key_twice(room: Path) -> None:
    said = re.findall(r'^msgid "(.+)"$', room.read_text(encoding="utf-8"), re.MULTILINE)

    assert sorted({key for key in said if said.count(key) > 1}) == []


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: f"{room.parent.name}/{room.stem}")
def test_keys_are_dotted_english_ids(room: Path) -> None:
    assert [key for key in read_room(room) if not re.fullmatch(r"[a-z0-9_]+(\.[a-z0-9_-]+)+", key)] == []


def test_every_catalogue_folder_is_known() -> None:
    assert sorted({room.parent.name for room in ROOMS}) == sorted(CATALOGUES)


def test_formal_sentences_hold_no_informal_word() -> None:
    assert [(key, found.group()) for key, text in hungarian("formal") if (found := INFORMAL_WORDS.search(text))] == []


def test_informal_sentences_hold_no_formal_word() -> None:
    heard = [(key, FORMAL_WORDS.search(FIXED_WORDS.sub("", text))) for key, text in hungarian("informal")]

    assert [(key, found.group()) for key, found in heard if found] == []


def test_no_informal_sentence_keeps_a_word_that_made_others_formal() -> None:
    """What the informal catalogue says anew teaches which words address formally; no sentence may have been forgotten."""
    anew = [key for key in read_catalogue("hu@informal") if not key.startswith(NOT_FOR_CUSTOMERS)]
    formal = set().union(*(words_of(key, "formal") - words_of(key, "informal") for key in anew)) - OF_THINGS

    assert len(formal) > 250
    assert {key: kept for key in ALL_KEYS if (kept := sorted(words_of(key, "informal") & formal))} == {}


@pytest.mark.parametrize("brand", ["minta", "allianz", "union"])
def test_the_words_of_a_brand_keep_its_register(brand: str) -> None:
    described = read_brand(brand)
    unlike = FORMAL_WORDS if described.register is Register.INFORMAL else INFORMAL_WORDS
    said = [described.contact.opening_hours, *(words for one in described.products for words in (one.name, one.about))]

    assert [text for text in said if unlike.search(text)] == []


@pytest.mark.parametrize("register", ["formal", "informal"])
def test_hungarian_never_builds_an_article_or_a_suffix(register: str) -> None:
    bad = re.compile(
        r"\ba\(z\)|\}-?(ban|ben|nak|nek|val|vel|ra|re|ról|ről|hoz|hez|höz|tól|től|t|k|ig|kor|os|es|ös)\b", re.IGNORECASE
    )

    assert [(key, text) for key, text in hungarian(register) if bad.search(text)] == []


@pytest.mark.parametrize("register", ["formal", "informal"])
def test_hungarian_uses_the_agreed_words(register: str) -> None:
    bad = re.compile(
        r"érvénytelen|\bhopp|bejelentkez|kijelentkezés\b|mellékl|\bemail|e-mail cím|levelesláda|\bkuka", re.IGNORECASE
    )

    assert [(key, found.group()) for key, text in hungarian(register) if (found := bad.search(PLACES.sub("", text)))] == []


def test_english_uses_the_agreed_words() -> None:
    bad = re.compile(r"\be-mail|\bvoucher|number plate|cover certificate|\blog ?(in|out)\b|\brunning contract", re.IGNORECASE)
    searched = re.compile(r"\.(keywords|words_\w+)$")
    said = [(key, PLACES.sub("", text)) for key in ALL_KEYS if not searched.search(key) for text in forms(key, "en")]

    assert [(key, found.group()) for key, text in said if (found := bad.search(text))] == []


def test_errors_say_what_to_do_without_begging() -> None:
    begging = re.compile(r"kérjük|sajnáljuk|sajnos|please|sorry|oops|hopp|invalid|érvénytelen", re.IGNORECASE)
    said = [
        (key, text) for key in ALL_KEYS if key.startswith("error.") for language in ("hu", "en") for text in forms(key, language)
    ]

    assert [(key, text) for key, text in said if begging.search(text)] == []
    assert [
        (key, text)
        for key, text in said
        if not text.rstrip().endswith((".", "}", "DOCX", "nev@pelda.hu", "name@example.com", "4567"))
    ] == []


@pytest.mark.parametrize("language", ["hu", "en"])
def test_quotes_are_those_of_the_language(language: str) -> None:
    wrong = {"hu": re.compile(r'"|“|\''), "en": re.compile(r'"|„')}[language]
    heard = [(key, text) for key in ALL_KEYS for text in forms(key, language)]

    assert [(key, text) for key, text in heard if wrong.search(text)] == []


def test_a_sentence_is_said_in_language_and_register() -> None:
    assert sentence("error.sign_in_refused", "hu") == "Az azonosító vagy a jelszó nem egyezik."
    assert sentence("error.sign_in_refused", "hu", "informal") == "Az azonosító vagy a jelszó nem egyezik."
    assert sentence("error.link_expired", "hu", "informal") == "Ez a link lejárt. Kérj új linket."
    assert sentence("error.link_expired", "en", "informal") == "This link has expired. Ask for a new one."


def test_english_counts_and_hungarian_keeps_the_singular() -> None:
    assert sentence("post.reminder.subject", "en", n=1) == "You have 1 unread letter"
    assert sentence("post.reminder.subject", "en", n=2) == "You have 2 unread letters"
    assert sentence("post.reminder.subject", "en", n=0) == "You have 0 unread letters"
    assert sentence("post.reminder.subject", "hu", n=2) == "2 olvasatlan küldeménye van"


def test_an_unknown_key_language_or_value_is_refused_at_once() -> None:
    with pytest.raises(SentenceMissing):
        sentence("error.no_such_thing", "hu")
    with pytest.raises(SentenceMissing):
        sentence("error.link_expired", "de")
    with pytest.raises(ValueMissing):
        sentence("error.too_soon", "hu")
    with pytest.raises(ValueMissing):
        sentence("post.reminder.subject", "en")
    assert not has_sentence("error.no_such_thing", "hu")


def test_values_are_said_as_they_are() -> None:
    assert sentence("error.too_soon", "hu", seconds="{key}").endswith(": {key}")


def test_a_key_without_text_breaks_the_room(tmp_path: Path) -> None:
    room = tmp_path / "hu" / "bad.po"
    room.parent.mkdir()
    room.write_text('msgid "bad.empty"\nmsgstr ""\n', encoding="utf-8")

    with pytest.raises(CatalogueBroken, match=r"bad\.empty"):
        read_room(room)


def test_the_effective_informal_catalogue_falls_back_to_the_formal_one() -> None:
    assert effective_catalogue("hu", "informal").keys() == effective_catalogue("hu", "formal").keys()
