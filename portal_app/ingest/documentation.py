"""The description as a page: made on the server from the specification, without a script and without the network."""

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from portal_app.ingest import commands
from portal_app.ingest.problems import STATUSES
from portal_app.texts.catalogues import places, sentence

_HERE = Path(__file__).parent
STYLE = (_HERE / "docs.css").read_text(encoding="utf-8")
CONTENT_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_VERBS = ("get", "put", "post", "delete")
_SHOWN_CONTENT = 40


@lru_cache(maxsize=2)
def _layout() -> Environment:
    layout = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    layout.filters |= {"code": _code, "type": type_of, "example": _example}
    return layout


def page(specification: dict[str, Any]) -> str:
    """Render the page."""
    operations = [
        {"verb": verb.upper(), "path": path, "curl": commands.EXAMPLES.get(operation["operationId"], ""), **operation}
        for path, verbs in specification["paths"].items()
        for verb, operation in verbs.items()
        if verb in _VERBS
    ]
    codes = [(code, status, _sentence_of(code)) for code, status in sorted(STATUSES.items(), key=lambda pair: (pair[1], pair[0]))]
    shapes = specification["components"]["schemas"]
    return (
        _layout()
        .get_template("docs.html.jinja")
        .render(about=specification["info"], operations=operations, shapes=shapes, codes=codes, setting=commands.SETTING)
    )


def type_of(schema: dict[str, Any]) -> str:
    """Say in a few words what a value may be."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(type_of(each) for each in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {type_of(schema.get('items', {}))}"
    named = schema.get("format") or schema.get("type", "anything")
    return f"{named}, at most {schema['maxLength']} characters" if "maxLength" in schema else str(named)


def _sentence_of(code: str) -> str:
    """Give the code's English sentence, with each place filled by its own name."""
    key = f"api.{code}"
    return sentence(key, "en", **{place: f"<{place}>" for place in places(key, "en")})


def _code(text: str) -> Markup:
    """Set what stands between backticks as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped before


def _example(body: Any) -> str:
    """Print an example, its long contents cut."""
    printed = json.dumps(body, indent=2, ensure_ascii=False)
    return re.sub(rf'("content": ".{{{_SHOWN_CONTENT}}})[^"]*"', r'\1…"', printed)
