"""The table of contents that lies in every parcel of letters: readable without a network, years later."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape

from portal_app.texts.catalogues import sentence


@dataclass(frozen=True)
class FileLine:
    """A file as the contents list it; `address` is its name in the parcel."""

    address: str
    name: str
    size: str
    sha256: str


@dataclass(frozen=True)
class LetterEntry:
    """A letter as the contents list it, every word ready."""

    subject: str
    kind: str
    policy: str
    placed: str
    until: str
    summary: str
    files: tuple[FileLine, ...]


def contents_page(letters: Sequence[LetterEntry], *, insurer: str, when: str, language: str, register: str) -> bytes:
    """Write `tartalom.html`: what lies in the parcel, with facts, summaries and check sums."""

    def say(key: str, **values: object) -> str:
        return sentence(f"parcel.{key}", language, register, **values)

    page = _template().render(letters=letters, insurer=insurer, when=when, language=language, say=say)
    return page.encode()


@cache
def _template() -> Template:
    folder = FileSystemLoader(Path(__file__).parent / "templates")
    environment = Environment(loader=folder, undefined=StrictUndefined, autoescape=select_autoescape(["jinja"], default=True))
    return environment.get_template("parcel.html.jinja")
