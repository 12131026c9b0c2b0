"""The product's source files, read for the rules of the house."""

import ast
from collections.abc import Iterator
from pathlib import Path

PRODUCT = Path(__file__).parents[2] / "portal_app"
ROOT = PRODUCT.parent


def modules(*rooms: str) -> Iterator[tuple[str, ast.Module]]:
    """Give every module of these rooms (all without any) with its path."""
    for file in sorted(PRODUCT.rglob("*.py")):
        place = file.relative_to(PRODUCT).as_posix()
        if not rooms or place.startswith(tuple(f"{room}/" for room in rooms)):
            yield place, ast.parse(file.read_text(encoding="utf-8"))


def docstrings(tree: ast.Module) -> set[ast.Constant]:
    """Give the nodes that are docstrings: of modules, classes, functions, and below fields."""
    found: set[ast.Constant] = set()
    for node in ast.walk(tree):
        for statement in getattr(node, "body", []) if isinstance(getattr(node, "body", None), list) else []:
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                found.add(statement.value)
    return found


def calls(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Give the dotted name and line of every attribute and call that is written as a name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name):
            yield ast.unparse(node), node.lineno
