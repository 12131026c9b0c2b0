"""What a form of Reflex says, apart from what Reflex adds to it."""

from collections.abc import Collection
from typing import Any

from portal_app.browser.admission import Line, Word, parse


def said(form: object, names: Collection[str]) -> dict[str, str]:
    """Give the texts of these fields; raises `RequestInvalid` for what no form sends.

    Reflex adds the state of everything with an id, and nothing for fields that are not there.
    """
    everything = parse(dict[Word, Any], form)
    known = {name: value for name, value in everything.items() if name in names and value is not None}
    return {name: str(value) for name, value in parse(dict[Word, Line | bool], known).items()}
