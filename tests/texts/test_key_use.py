"""Code and catalogues know each other: no key is said that does not exist, none exists that is never said."""

import ast
import re
from pathlib import Path

import pytest

import portal_app
from portal_app.texts.catalogues import keys
from portal_app.texts.help import ARTICLES

HOUSE = Path(portal_app.__file__).parent
SPEAKERS = frozenset({"t", "sentence", "has_sentence", "forms", "places"})

# Keys that code puts together at run time, and why a constant cannot stand there.
DYNAMIC = {
    **{f"help.{slug}.": "one for every part of the article; test_help.py reads them all" for slug in ARTICLES},
    "upgrade.": "one for every service of the full portal",
    "inbox.sort_": "one for every way to sort on a phone",
    "inbox.col_": "one for every column",
    "inbox.period_": "one for every period",
    "inbox.chip_": "one for every filter that can be taken away",
    "shelf.col_": "one for every column",
    "sent.sort_": "one for every way to sort on a phone",
    "sent.col_": "one for every column",
    "request.": "one for every kind, status, question, error and column of requests",
    "administration.tile_": "one for every tile of Ügyintézés",
    "administration.about_": "one for every tile of Ügyintézés",
    "administration.words_": "what somebody may look for a tile by",
    "outside.error_": "one for every field of the form",
    "registration.name_": "one for every flaw of a user name",
    "registration.email_": "one for every flaw of an address",
    "registration.consent_": "one for every flaw of the consent",
    "sent.status_": "one for every status of a message",
    "bin.sort_": "one for every way to sort on a phone",
    "error.": "one for every refusal; test_refusals.py compares them",
    "api.": "one for every refusal an insurer's system can meet; test_refusals.py compares them",
    "post.": "one for every part of every kind of post; test_post.py composes them all",
    "statement.how_": "one for every way in which accessibility is met",
    "shell.notice_": "one for every kind of notice",
    "kind.": "one for every kind of letter",
}


def trees() -> list[tuple[str, ast.Module]]:
    """Every module of the product."""
    return [(str(file.relative_to(HOUSE)), ast.parse(file.read_text(encoding="utf-8"))) for file in sorted(HOUSE.rglob("*.py"))]


def spoken() -> list[tuple[str, ast.expr]]:
    """The first argument of every call that says a sentence, with its place."""
    return [
        (f"{name}:{node.lineno}", node.args[0])
        for name, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and node.args and called(node) in SPEAKERS
    ]


def called(node: ast.Call) -> str:
    """The bare name of what is called."""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def constants(node: ast.AST) -> set[str]:
    """Every string that stands in the code as a whole."""
    return {found.value for found in ast.walk(node) if isinstance(found, ast.Constant) and isinstance(found.value, str)}


def beginnings() -> list[tuple[str, str]]:
    """What the keys that are put together begin with, with their place."""
    return [
        (place, argument.values[0].value if isinstance(argument.values[0], ast.Constant) else "")
        for place, argument in spoken()
        if isinstance(argument, ast.JoinedStr)
    ]


def roomy(tree: ast.Module) -> set[str]:
    """The keys of modules that speak through a function of their own, which puts the room in front: f"inbox.{key}"."""
    rooms = {
        str(node.values[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr) and len(node.values) == 2 and isinstance(node.values[0], ast.Constant)
    }
    return {f"{room}{name}" for room in rooms if room.endswith(".") for name in constants(tree)}


def in_templates() -> set[str]:
    """The keys that a template says; its file is named after its room."""
    return {
        f"{template.name.partition('.')[0]}.{name}"
        for template in (HOUSE / "texts" / "templates").glob("*.jinja")
        for name in re.findall(r"""\bsay\(["']([a-z_]+)["']""", template.read_text(encoding="utf-8"))
    }


def test_every_key_that_is_said_exists() -> None:
    said = [(place, argument.value) for place, argument in spoken() if isinstance(argument, ast.Constant)]

    assert len(said) > 0
    assert [(place, key) for place, key in said if key not in keys("hu")] == []


def test_keys_that_are_put_together_are_known_to_be() -> None:
    known = (*DYNAMIC, "help.")
    alone = {key.partition(".")[0] + "." for key in keys("hu")}

    assert [(place, start) for place, start in beginnings() if not start.startswith(known) and start not in alone] == []


@pytest.mark.parametrize("start", DYNAMIC)
def test_what_is_put_together_has_keys(start: str) -> None:
    assert any(key.startswith(start) for key in keys("hu"))


def test_every_key_is_said_somewhere() -> None:
    said = set().union(*(constants(tree) | roomy(tree) for _, tree in trees())) | in_templates()

    assert sorted(key for key in keys("hu") if key not in said and not key.startswith(tuple(DYNAMIC))) == []
