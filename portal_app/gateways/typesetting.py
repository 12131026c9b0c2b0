"""Typesetting: the PDFs we make ourselves, tagged and accessible (PDF/UA-1), by typst."""

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import typst


def render_pdf(template: str | Path, data: Mapping[str, Any]) -> bytes:
    """Return the PDF/UA-1 that a `.typ` template makes of the data.

    The template reads the data with `#let data = json(bytes(sys.inputs.data))`; as JSON it is only ever text and can
    inject nothing. The template must set a document title and a language; its pictures lie beside it.
    `typst.TypstError` when the template is wrong.
    """
    path = Path(template).resolve()
    return typst.compile(
        path,
        root=path.parent,
        format="pdf",
        pdf_standards="ua-1",
        font_paths=_fonts(),
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
    )


@lru_cache
def _fonts() -> typst.Fonts:
    """Load the fonts typst brings along, and no other, so that a PDF looks the same on every machine."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True)
