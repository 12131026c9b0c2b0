"""Rules that can be read off the source: one room for Hungarian, one for the clock, nothing the browser must not do."""

import ast
import re

import pytest

from tests.architecture.source import PRODUCT, calls, docstrings, modules

HUNGARIAN = re.compile(r"[áéíóöőúüűÁÉÍÓÖŐÚÜŰ]")
# Titles that a brand's file or a table of letters must compare with.
CLOCKS = ("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "datetime.datetime.now")
FORBIDDEN = (
    "rx.upload", "rx.Cookie", "rx.LocalStorage", "rx.SessionStorage", "rx.call_script", "rx.run_script", "rx.toast",
    "rx.window_alert", "rx.set_clipboard", "rx.html", "rx.markdown", "rx.link", "rx.Model", "rx.session", "rx.get_upload_dir",
)  # fmt: skip


def hungarian_texts(tree: ast.Module) -> list[str]:
    said = docstrings(tree)
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in said and HUNGARIAN.search(node.value)
    ]


def test_hungarian_is_spoken_in_one_room_only() -> None:
    # The rules of the Hungarian alphabet name its letters.
    spoken = {place: texts for place, tree in modules() if (texts := hungarian_texts(tree))}

    assert {
        place: texts for place, texts in spoken.items() if not place.startswith("texts/") and place != "domain/hungarian.py"
    } == {}


def test_a_hungarian_sentence_elsewhere_would_be_found() -> None:
    assert hungarian_texts(ast.parse('"""Küldemények."""\nx = "Küldemény"\n')) == ["Küldemény"]


def test_only_the_clock_tells_the_time() -> None:
    told = [
        f"{place}:{line} {name}"
        for place, tree in modules()
        for name, line in calls(tree)
        if name in CLOCKS and place != "gateways/clock.py"
    ]

    assert told == []


def test_pages_use_nothing_that_needs_eval_or_leaves_our_guard() -> None:
    used = [f"{place}:{line} {name}" for place, tree in modules() for name, line in calls(tree) if name in FORBIDDEN]

    assert used == []


def test_only_one_module_touches_what_reflex_keeps_to_itself() -> None:
    private = re.compile(r"\._(get_root_state|clean|token_manager|event_namespace|reset|dirty|state_manager)\b|import _")

    touched = [
        place
        for place, _ in modules("browser", "ui", "customer")
        if private.search((PRODUCT / place).read_text(encoding="utf-8")) and place != "browser/reflex_internals.py"
    ]

    assert touched == []


@pytest.mark.parametrize("word", ["utils", "helpers", "common", "misc", "manager", "base", "handlers", "stuff"])
def test_no_room_has_a_name_that_says_nothing(word: str) -> None:
    assert [place for place, _ in modules() if f"/{place}".endswith((f"/{word}.py", f"/{word}/__init__.py"))] == []


def test_every_module_says_what_it_is_for() -> None:
    assert [place for place, tree in modules() if not ast.get_docstring(tree) and "migrations/versions" not in place] == []


def test_every_service_that_a_door_calls_is_told_who_asks() -> None:
    """Doors call services through `ask` and `carry_out`; the session comes first, then the actor."""
    called = {name for _, tree in modules("customer", "ingest", "operations", "browser") for name in services_called(tree)}

    silent = [
        name
        for place, tree in modules("services")
        for function in tree.body
        if isinstance(function, ast.FunctionDef)
        and (name := f"{place.removesuffix('.py')}.{function.name}") in called
        and not is_told_who_asks(function)
    ]

    assert [name for name in silent if name not in FIND_OUT_WHO] == []


def test_a_service_without_an_actor_would_be_found() -> None:
    offence = ast.parse("from portal_app.services import letters\nasync def f():\n    await ask(letters.list_all, 1)\n")

    assert services_called(offence) == {"services/letters.list_all"}
    assert not is_told_who_asks(ast.parse("def list_all(db, account_id): ...").body[0])


def services_called(tree: ast.Module) -> set[str]:
    """What is handed to `ask` and `carry_out`, as `services/letters.open_letter`."""
    known = {
        alias.asname or alias.name: f"{node.module}.{alias.name}".removeprefix("portal_app.").replace("services.", "services/")
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("portal_app.services")
        for alias in node.names
    }
    handed = (
        ast.unparse(node.args[0])
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and node.args and ast.unparse(node.func).rpartition(".")[2] in DOORS_TO_SERVICES
    )
    parts = (name.partition(".") for name in handed)
    return {known[first] + dot + rest for first, dot, rest in parts if first in known}


def is_told_who_asks(function: ast.stmt) -> bool:
    assert isinstance(function, ast.FunctionDef)
    names = [argument.arg for argument in function.args.args]
    return names[:1] != ["db"] or names[1:2] in (["actor"], ["_actor"])


DOORS_TO_SERVICES = {"ask", "carry_out", "carry_out_again"}
# These say who it is, or whose database it is; nobody is known before.
FIND_OUT_WHO = {
    "services/sign_ins.resolve",
    "services/sign_ins.resolve_row",
    "services/sign_ins.resolve_visit",
    "services/api_keys.system_of",
    "services/installation.check_installation",
}
