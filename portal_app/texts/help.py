"""The help articles (Súgó): questions in the customers' own words, for the portals of the brand, and a search over them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from portal_app.domain.brands import Brand, PortalName
from portal_app.domain.hungarian import fold, words
from portal_app.texts.catalogues import sentence
from portal_app.texts.phones import phone

LETTER_BOX, FULL, ONLINE = PortalName.KULDEMENYEIM, PortalName.UGYFELPORTAL, PortalName.ONLINE24


def _everywhere(brand: Brand) -> bool:
    return bool(brand.switched_on)


def _with(*portals: PortalName) -> Callable[[Brand], bool]:
    """Say that an article is for brands that have all these portals."""
    return lambda brand: set(portals) <= set(brand.switched_on)


def _opening(portal: PortalName) -> Callable[[Brand], bool]:
    """Say that an article is for brands whose policies open accounts in this portal."""
    return lambda brand: portal in brand.opens.values()


# In the order in which people need them: getting in, passwords, letters, leaving.
ARTICLES: Mapping[str, Callable[[Brand], bool]] = {
    "have_account": _with(LETTER_BOX),
    "have_full": _opening(FULL),
    "which_portal": _with(FULL, ONLINE),
    "register_online": _with(ONLINE),
    "empty_account": _with(FULL),
    "find_email": _everywhere,
    "first_sign_in": _with(LETTER_BOX),
    "first_full": _opening(FULL),
    "sent_password": _with(LETTER_BOX),
    "sent_full": _with(FULL),
    "good_password": _with(LETTER_BOX),
    "good_full": _with(FULL),
    "forgotten_password": _with(LETTER_BOX),
    "forgotten_full": _with(FULL),
    "forgotten_id": _with(FULL),
    "nothing_arrived": _with(LETTER_BOX),
    "nothing_full": _with(FULL),
    "locked": _everywhere,
    "find_documents": _everywhere,
    "documents_full": _with(FULL),
    "two_accounts": _with(FULL),
    "electronic_letters": _with(FULL),
    "move_over": _with(LETTER_BOX, FULL),
    "keep_letters": _everywhere,
    "reply": _everywhere,
    "chat_help": _with(FULL),
    "leave": _everywhere,
}


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
    """Give the brand's articles in the language and register, with its sender, search word, phone, hours and numbers."""
    return tuple(_article(slug, language, register, brand) for slug, belongs in ARTICLES.items() if belongs(brand))


def matching(articles: tuple[HelpArticle, ...], query: str) -> tuple[HelpArticle, ...]:
    """Keep the articles that hold every word of the search; accents and case do not matter, an empty search keeps all."""
    return tuple(article for article in articles if all(word in article.search_key for word in words(query)))


def _article(slug: str, language: str, register: str, brand: Brand) -> HelpArticle:
    facts = _facts(brand, language)
    question = sentence(f"help.{slug}.question", language, register, **facts)
    answer = sentence(f"help.{slug}.answer", language, register, **facts)
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


def _facts(brand: Brand, language: str) -> dict[str, str | int]:
    contact, post = brand.contact, brand.post
    titles = {"full": FULL, "online": ONLINE}
    rules = brand.portals[FULL].passwords if FULL in brand.portals else None
    return {
        "phone": phone(contact.phone),
        "hours": contact.opening_hours if language == "hu" else contact.opening_hours_en,
        "email": contact.email,
        "insurer": brand.insurer,
        "postal_address": contact.postal_address,
        "sender_name": post.sender_name,
        "sender_address": post.sender_address,
        "search_word": post.search_word,
        "days": brand.request_days,
        "undo_days": brand.merge_undo_days,
        **{name: brand.portals[portal].title for name, portal in titles.items() if portal in brand.portals},
        **({name: getattr(rules, name) for name in ("shortest", "lower", "upper", "digits", "special")} if rules else {}),
    }
