"""The user guide (felhasználói útmutató, R88–R89): the help articles and the ways to reach people, for the typesetter."""

from pathlib import Path
from typing import Any

from portal_app.domain.brands import Brand
from portal_app.texts.catalogues import sentence
from portal_app.texts.help import help_articles
from portal_app.texts.phones import phone

TEMPLATE = Path(__file__).parent / "guide" / "guide.typ"


def guide(language: str, brand: Brand) -> dict[str, Any]:
    """Give the data that the template is filled with; the same brand and language give the same data."""
    register, contact = brand.register.value, brand.contact
    portals = ", ".join(brand.portals[name].title for name in brand.switched_on)

    def say(key: str) -> str:
        return sentence(f"guide.{key}", language, register, insurer=brand.insurer, portals=portals)

    return {
        "language": language,
        "title": say("title"),
        "insurer": brand.insurer,
        "colour": brand.colours.primary,
        "lead": say("lead").split("\n\n"),
        "contents": say("contents"),
        "footer": f"{brand.insurer} · {phone(contact.phone)}",
        "contact": [
            [say("phone"), phone(contact.phone)],
            [say("hours"), contact.opening_hours if language == "hu" else contact.opening_hours_en],
            [say("email"), contact.email],
            [say("post"), contact.postal_address],
        ],
        "articles": [
            {
                "question": article.question,
                "blocks": [{"numbered": block.numbered, "lines": list(block.lines)} for block in article.blocks],
            }
            for article in help_articles(language, register, brand)
        ],
    }


def guide_name(language: str, brand: Brand) -> str:
    """Name the file as it is saved."""
    return f"{brand.short_name} – {sentence('guide.file', language)}.pdf"
