"""The help articles (Súgó): twelve tasks as questions in the customers' own words, and a search over them."""

from dataclasses import dataclass

from portal_app.domain.brands import Brand
from portal_app.domain.hungarian import fold, words
from portal_app.texts.catalogues import sentence
from portal_app.texts.phones import phone

# In the order in which people need them: getting in, passwords, letters, leaving.
ARTICLES = (
    "have_account",
    "find_email",
    "first_sign_in",
    "sent_password",
    "good_password",
    "forgotten_password",
    "nothing_arrived",
    "locked",
    "find_documents",
    "keep_letters",
    "reply",
    "leave",
)


@dataclass(frozen=True)
class HelpBlock:
    """A paragraph, or the steps of a numbered list."""

    lines: tuple[str, ...]
    numbered: bool


@dataclass(frozen=True)
class HelpArticle:
    """One question with its answer, ready to be shown; `slug` is stable and serves as anchor."""

    slug: str
    question: str
    blocks: tuple[HelpBlock, ...]
    search_key: str


def help_articles(language: str, register: str, brand: Brand) -> tuple[HelpArticle, ...]:
    """Give every article in the language and register, with the brand's sender, search word, phone and hours."""
    return tuple(_article(slug, language, register, brand) for slug in ARTICLES)


def matching(articles: tuple[HelpArticle, ...], query: str) -> tuple[HelpArticle, ...]:
    """Keep the articles that hold every word of the search; accents and case do not matter, an empty search keeps all."""
    return tuple(article for article in articles if all(word in article.search_key for word in words(query)))


def _article(slug: str, language: str, register: str, brand: Brand) -> HelpArticle:
    question = sentence(f"help.{slug}.question", language, register)
    answer = sentence(f"help.{slug}.answer", language, register, **_facts(brand, language))
    keywords = sentence(f"help.{slug}.keywords", language, register)
    blocks = tuple(block for paragraph in answer.split("\n\n") for block in _blocks(paragraph.split("\n")))
    return HelpArticle(slug, question, blocks, fold(f"{question} {answer} {keywords}"))


def _blocks(lines: list[str]) -> list[HelpBlock]:
    """Cut a paragraph where its numbered steps begin."""
    steps = [line for line in lines if _is_step(line)]
    told = tuple(line for line in lines if not _is_step(line))
    blocks = [HelpBlock(told, numbered=False)] if told else []
    return [*blocks, HelpBlock(tuple(line.partition(". ")[2] for line in steps), numbered=True)] if steps else blocks


def _is_step(line: str) -> bool:
    number, dot, _ = line.partition(". ")
    return bool(dot) and number.isdecimal()


def _facts(brand: Brand, language: str) -> dict[str, str]:
    return {
        "phone": phone(brand.contact.phone),
        "hours": brand.contact.opening_hours if language == "hu" else brand.contact.opening_hours_en,
        "sender_name": brand.post.sender_name,
        "sender_address": brand.post.sender_address,
        "search_word": brand.post.search_word,
    }
