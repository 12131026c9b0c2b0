"""The user guide: an accessible PDF of the help articles, for anybody, in the visitor's language."""

import pytest

from portal_app.customer.newcomers import GUIDE
from portal_app.gateways.pdf import PdfFacts, inspect_pdf, page_texts
from portal_app.gateways.typesetting import render_pdf
from portal_app.settings import read_brand
from portal_app.texts.guides import TEMPLATE, guide
from portal_app.texts.help import help_articles
from tests.customer.browsing import NewBrowser


@pytest.mark.requirement("R89")
async def test_anybody_downloads_the_guide_in_their_language(new_browser: NewBrowser) -> None:
    browser = new_browser()
    hungarian = await browser.get(GUIDE)
    await browser.post("/nyelv", nyelv="en")
    english = await browser.get(GUIDE)

    assert [answer.status_code for answer in (hungarian, english)] == [200, 200]
    assert [answer.headers["content-type"] for answer in (hungarian, english)] == ["application/pdf"] * 2
    assert hungarian.headers["content-disposition"].endswith(
        "filename*=UTF-8''Minta%20Biztos%C3%ADt%C3%B3%20%E2%80%93%20felhaszn%C3%A1l%C3%B3i%20%C3%BAtmutat%C3%B3.pdf"
    )
    facts = [inspect_pdf(answer.content) for answer in (hungarian, english)]
    assert [(one.title, one.language, one.tagged) for one in facts] == [
        ("Felhasználói útmutató", "hu", True), ("User guide", "en", True),
    ]  # fmt: skip
    assert b"pdfuaid" in hungarian.content


async def test_a_browser_that_has_it_gets_it_told(new_browser: NewBrowser) -> None:
    browser = new_browser()
    first = await browser.get(GUIDE)
    head = await browser.get(GUIDE, "HEAD")
    again = await browser._client.get(GUIDE, headers={"if-none-match": first.headers["etag"]})

    assert (head.status_code, head.content) == (200, b"")
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("language", ["hu", "en"])
@pytest.mark.parametrize("name", ["minta", "allianz", "union"])
def test_the_guide_holds_every_article_of_the_brand(name: str, language: str) -> None:
    brand = read_brand(name)
    made = render_pdf(TEMPLATE, guide(language, brand))
    text = " ".join(" ".join(page_texts(made)).split())

    assert isinstance(inspect_pdf(made), PdfFacts)
    for article in help_articles(language, brand.register.value, brand):
        assert " ".join(article.question.split()) in text
    assert "".join(brand.contact.phone[-4:]) in text
