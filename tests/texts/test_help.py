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
    assert len(ARTICLES) == 12


@pytest.mark.parametrize("brand", ["minta", "allianz", "union"])
@pytest.mark.parametrize("spoken", SPOKEN, ids="-".join)
def test_every_answer_is_short_and_complete(spoken: tuple[str, str], brand: str) -> None:
    for article in help_articles(*spoken, read_brand(brand)):
        assert 0 < len(told(article).split()) <= MOST_WORDS, article.slug
        assert not re.search(r"[{}]", told(article)), article.slug


def test_numbered_steps_become_a_list() -> None:
    article = help_articles("hu", "formal", read_brand("minta"))[2]

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
