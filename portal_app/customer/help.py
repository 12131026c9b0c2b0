"""The help page (Súgó): questions in the customers' own words, readable signed in or out."""

import reflex as rx

from portal_app.browser.admission import ANYONE, Line, open_to, parse
from portal_app.browser.portal_state import PortalState, the_brand
from portal_app.customer.newcomers import other_help
from portal_app.texts.catalogues import sentence
from portal_app.texts.help import ARTICLES, HelpArticle, HelpBlock, help_articles, matching
from portal_app.ui.layout import page_title
from portal_app.ui.senders import official_senders
from portal_app.ui.words import t


class HelpState(PortalState):
    """Which articles the search leaves."""

    asked: bool = False
    found: list[str] = rx.field(default_factory=lambda: list(ARTICLES))
    told: str = ""

    @rx.event
    @open_to(*ANYONE, own_act=True)
    def find(self, query: str) -> None:
        """Keep the articles that hold every word of the search."""
        asked = parse(Line, query)
        brand = the_brand()
        articles = matching(help_articles(self.language, brand.register.value, brand), asked)
        self.asked = bool(asked.strip())
        self.found = [article.slug for article in articles]
        key = "help.found" if articles else "help.nothing_found"
        self.told = sentence(key, self.language, brand.register.value, n=len(articles)) if self.asked else ""


def help_page() -> rx.Component:
    """Build the page: a search, then every question with its answer folded in."""
    return rx.el.div(
        page_title(t("help.title")),
        rx.el.p(t("help.lead")),
        rx.el.p(rx.el.a(t("right_door.title"), href="/segitseg", class_name="link")),
        _search(),
        rx.cond(
            PortalState.language == "en",
            rx.el.div(*[_article(article) for article in _articles("en")], class_name="help-articles"),
            rx.el.div(*[_article(article) for article in _articles("hu")], class_name="help-articles"),
        ),
        official_senders(),
        other_help(),
        class_name="stack",
    )


def _articles(language: str) -> tuple[HelpArticle, ...]:
    brand = the_brand()
    return help_articles(language, brand.register.value, brand)


def _search() -> rx.Component:
    return rx.el.div(
        rx.el.label(t("help.search"), html_for="help-search", class_name="field-label"),
        rx.el.input(
            id="help-search",
            type="search",
            max_length=100,
            auto_complete="off",
            on_change=HelpState.find.debounce(300),
            class_name="input w-full",
        ),
        rx.el.p(HelpState.told, role="status", class_name="muted"),
        class_name="field no-print",
        role="search",
    )


def _article(article: HelpArticle) -> rx.Component:
    return rx.cond(
        HelpState.found.contains(article.slug),
        rx.el.details(
            rx.el.summary(rx.el.h2(article.question)),
            rx.el.div(*[_block(block) for block in article.blocks], class_name="help-answer"),
            id=article.slug,
            class_name="card-plain help-article",
            custom_attrs={"open": HelpState.asked},
        ),
    )


def _block(block: HelpBlock) -> rx.Component:
    if block.numbered:
        return rx.el.ol(*[rx.el.li(line) for line in block.lines])
    return rx.el.p(*[part for line in block.lines for part in (line, rx.el.br())][:-1])
