"""The help articles: short, complete in every language and register, and found by the customers' own words."""

import re

import pytest

from portal_app.settings import read_brand
from portal_app.texts.catalogues import keys
from portal_app.texts.help import ARTICLES, HelpArticle, help_articles, matching

MOST_WORDS = 150
SPOKEN = [("hu", "formal"), ("hu", "informal"), ("en", "formal")]


def told(article: HelpArticle) -> str:
    """All words of an answer."""
    return " ".join(line for block in article.blocks for line in block.lines)


def test_the_catalogue_holds_exactly_the_listed_articles() -> None:
    parts = {f"help.{slug}.{part}" for slug in ARTICLES for part in ("question", "answer", "keywords")}

    assert {key for key in keys("hu") if key.startswith("help.") and key.count(".") > 1} == parts
    assert len(ARTICLES) > 20


@pytest.mark.parametrize("brand", ["minta", "allianz", "union"])
@pytest.mark.parametrize("spoken", SPOKEN, ids="-".join)
def test_every_answer_is_short_and_complete(spoken: tuple[str, str], brand: str) -> None:
    for article in help_articles(*spoken, read_brand(brand)):
        assert 0 < len(told(article).split()) <= MOST_WORDS, article.slug
        assert not re.search(r"[{}]", told(article)), article.slug


def test_numbered_steps_become_a_list() -> None:
    article = next(one for one in help_articles("hu", "formal", read_brand("minta")) if one.slug == "first_sign_in")

    assert [(block.numbered, len(block.lines)) for block in article.blocks] == [
        (False, 1),
        (True, 3),
        (False, 1),
        (False, 1),
    ]
    assert article.blocks[1].lines[0].startswith("Nyissa meg az „Első belépés”")


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("nem jott uj jelszo", "nothing_arrived"),
        ("SPAM", "have_account"),
        ("van-e fiókom", "have_account"),
        ("elfelejtettem", "forgotten_password"),
        ("captcha", "locked"),
        ("díjigazolás", "find_documents"),
        ("lomtar", "find_documents"),
        ("Lomtár visszaállítás", "keep_letters"),
        ("fénykép", "reply"),
        ("portaltorles", "leave"),
    ],
)
def test_articles_are_found_by_the_customers_words(query: str, first: str) -> None:
    found = matching(help_articles("hu", "formal", read_brand("minta")), query)

    assert found[0].slug == first


def test_an_empty_search_keeps_all_and_a_strange_one_none() -> None:
    articles = help_articles("en", "formal", read_brand("minta"))

    assert matching(articles, "  ") == articles
    assert matching(articles, "submarine") == ()


def test_help_names_the_brands_own_sender_and_telephone() -> None:
    union = " ".join(told(article) for article in help_articles("hu", "informal", read_brand("union")))

    assert "noreply@unionbiztosito.hu" in union
    assert "felhasználóneve" in union
    assert "+36\u00a01\u00a0486\u00a04343" in union


def slugs(brand: str) -> set[str]:
    return {article.slug for article in help_articles("hu", read_brand(brand).register.value, read_brand(brand))}


def test_each_brand_shows_the_articles_of_its_portals_only() -> None:
    letter_box = {"have_account", "first_sign_in", "sent_password", "good_password", "forgotten_password", "nothing_arrived"}
    online = {"which_portal", "register_online"}

    assert slugs("minta") == set(ARTICLES)
    assert slugs("union") == set(ARTICLES) - letter_box - {"move_over"}
    assert slugs("allianz") == set(ARTICLES) - online - {"have_full", "first_full"}


@pytest.mark.parametrize(
    ("brand", "question"),
    [
        ("minta", "Nem tudom, van-e Ügyfélportálom"),
        ("minta", "Portál24 vagy Ügyfélportál?"),
        ("union", "UNION24 vagy Ügyfélportál?"),
        ("union", "Nem tudom, van-e Ügyfélportálom"),
        ("union", "Hol találom a dokumentumaimat?"),
        ("union", "Két fiókom van"),
        ("union", "Elektronikusan kérem a leveleimet"),
        ("allianz", "Mit jelent az átlépés az Ügyfélportálra?"),
    ],
)
def test_questions_are_those_that_customers_ask(brand: str, question: str) -> None:
    chosen = read_brand(brand)

    assert question in [article.question for article in help_articles("hu", chosen.register.value, chosen)]


def test_the_rules_that_help_names_are_those_that_are_enforced() -> None:
    article = next(one for one in help_articles("hu", "formal", read_brand("minta")) if one.slug == "good_full")
    rules = read_brand("minta").portal("ugyfelportal").passwords

    assert f"legalább {rules.shortest} karakter" in told(article)
    assert f"legalább {rules.digits} számjegy" in told(article)
