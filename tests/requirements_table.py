"""Writes docs/REQUIREMENTS.md: every row of the requirements with the tests that show it (`make requirements`)."""

import ast
import tomllib
from collections import defaultdict
from pathlib import Path

HERE = Path(__file__).parent
TABLE = HERE.parent / "docs" / "REQUIREMENTS.md"
HEAD = """# Requirements and the tests that show them

Written by `make requirements` from the marks `@pytest.mark.requirement("R33")`; a test fails when it is out of date.
The rows are numbered as in the reading of the two source documents.

| row | what must hold | shown by |
|---|---|---|
"""


def requirements() -> dict[str, dict[str, str]]:
    """Read every row and what it says."""
    return tomllib.loads((HERE / "requirements.toml").read_text(encoding="utf-8"))


def marked_tests() -> dict[str, list[str]]:
    """Find the marked tests of every row, as `file::test`, without running anything."""
    found: dict[str, list[str]] = defaultdict(list)
    for file in sorted(HERE.rglob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for row in map(_row_of, node.decorator_list):
                    found[row].append(f"{file.relative_to(HERE)}::{node.name}")
    found.pop("", None)
    return dict(found)


def table() -> str:
    """Write the whole page."""
    shown = marked_tests()
    lines = [f"| {row} | {facts['says']} | {_tests(shown.get(row, []))} |" for row, facts in requirements().items()]
    return HEAD + "\n".join(lines) + "\n"


def _row_of(decorator: ast.expr) -> str:
    """Give the row of `@pytest.mark.requirement("R33")`, nothing for other decorators."""
    if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.requirement":
        return str(ast.literal_eval(decorator.args[0]))
    return ""


def _tests(names: list[str]) -> str:
    return "<br>".join(f"`{name}`" for name in sorted(set(names)))


if __name__ == "__main__":
    TABLE.write_text(table(), encoding="utf-8")
