"""Searching and sorting Hungarian text; the golden orders were checked against ICU's Hungarian collator."""

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from portal_app.database.transactions import Database
from portal_app.domain.hungarian import LONGEST_KEY, fold, sort_key, words

HUNGARIAN = st.text(alphabet="aábccsdzeéfgyhiíjklmnoóöőpqrstuúüűvwxyzsAÁCSDZOÖŐUÜŰ 0123456789-–.,„”/", max_size=60)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Díjfizetési felszólító", "dijfizetesi felszolito"),
        ("ÁRVÍZTŰRŐ TÜKÖRFÚRÓGÉP", "arvizturo tukorfurogep"),
        ("  Index\u00a0levél \n 2026 ", "index level 2026"),
        ("KGFB\u2013001", "kgfb-001"),
        ("Straße Łódź", "strasse lodz"),
        ("fe\u00adde\u200bzet", "fedezet"),
        ("a\u0301rvi\u0301z", "arviz"),
        ("", ""),
    ],
)
def test_folding_forgets_case_accents_and_blanks(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(HUNGARIAN)
def test_a_shouted_word_is_found_by_a_whispered_one(text: str) -> None:
    assert fold(text.upper()) == fold(text.lower())


def test_a_search_is_split_into_folded_words_each_once() -> None:
    assert words("  Kötvény LAK-002  kötveny ") == ["kotveny", "lak-002"]
    assert words(" \u00a0 ") == []


@pytest.mark.parametrize(
    "in_order",
    [
        ["cápa", "cukor", "csík", "dac"],
        ["dő", "duda", "dzéta", "dzsem", "eb"],
        ["gór", "gúnár", "gyík", "hó"],
        ["lusta", "lyuk", "ma", "nulla", "nyár", "oda"],
        ["suta", "szó", "tuja", "tyúk", "uszoda"],
        ["zár", "zúg", "zsír"],
        ["o", "ó", "ól", "oz", "ö", "ő", "öl"],
        ["ur", "úr", "ülés", "űr", "Űr", "ürge"],
        ["a", "A", "á", "Á", "a b", "a-b", "ab"],
        ["Ágota", "Anna", "Cecília", "Csaba", "Ödön", "Zita", "Zsolt"],
        ["kas", "kasza", "kaszinó", "kassza", "kaszt"],
        ["meghal", "megy", "meggy"],
        ["asszony", "asztal"],
        ["aszszony", "asszony"],
        ["cSó", "cukor", "csó"],
        ["(a", "10", "2", "A1", "ab"],
        ["Díjfizetési felszólító", "Díjigazolás", "Fedezetigazolás", "Index levél", "Kötvény", "Törlésértesítő"],
        ["kedvezmény", "Kedvezmény", "KEDVEZMÉNY"],
    ],
)
def test_keys_sort_like_a_hungarian_dictionary(in_order: list[str]) -> None:
    keys = [sort_key(text) for text in in_order]

    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)


def test_what_sqlite_gets_wrong_is_right_here() -> None:
    names = ["Zsolt", "Ödön", "Ágota", "Olga"]

    assert sorted(names) == ["Olga", "Zsolt", "Ágota", "Ödön"]
    assert sorted(names, key=sort_key) == ["Ágota", "Olga", "Ödön", "Zsolt"]


def test_blanks_at_the_ends_do_not_move_a_text() -> None:
    assert sort_key("  Kötvény   2026 ") == sort_key("Kötvény 2026")


@given(st.text(max_size=400))
def test_every_text_has_a_short_printable_ascii_key(text: str) -> None:
    key = sort_key(text)

    assert key.isascii()
    assert key.isprintable()
    assert len(key) <= LONGEST_KEY


@given(HUNGARIAN, HUNGARIAN)
def test_a_text_sorts_before_what_continues_it(text: str, more: str) -> None:
    beginning = f"{text.strip()} "

    assert sort_key(beginning) <= sort_key(beginning + more)


@given(st.text(alphabet="abcőű ", min_size=70, max_size=99), HUNGARIAN, HUNGARIAN)
def test_cutting_long_keys_never_turns_an_order_around(beginning: str, one: str, other: str) -> None:
    full_order = sort_key(one) <= sort_key(other)
    cut = sort_key(f"{beginning} {one}"), sort_key(f"{beginning} {other}")

    assert cut[0] == cut[1] or (cut[0] < cut[1]) == full_order


@given(HUNGARIAN)
def test_accents_and_case_never_outweigh_a_letter(text: str) -> None:
    assert sort_key(text.strip() + "a") < sort_key(text.strip() + "b")


def test_both_databases_sort_the_keys_alike(database: Database) -> None:
    texts = ["Zsolt", "Ödön", "Ágota", "űr", "ür", "(a", "a-b", "a b", "ab", "10", "2", "„idézet”", "Csaba", "cukor", "–", "жук"]
    collation = ' COLLATE "C"' if database.engine.dialect.name == "postgresql" else ""
    rows = " UNION ALL ".join(f"SELECT CAST(:k{number} AS TEXT) AS k" for number in range(len(texts)))
    query = sa.text(f"SELECT k FROM ({rows}) AS keys ORDER BY k{collation}")  # noqa: S608 - nothing of a visitor in it
    keys = {f"k{number}": sort_key(text) for number, text in enumerate(texts)}

    with database.engine.connect() as connection:
        ordered = list(connection.execute(query, keys).scalars())

    assert ordered == sorted(keys.values())
