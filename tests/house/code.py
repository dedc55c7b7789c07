"""The package as text and trees, for rules that no linter knows."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Module:
    """One source file: its path from the top of the project, its text, its tree."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        self.tree = ast.parse(text)

    def place(self, node: ast.stmt | ast.expr | ast.excepthandler) -> str:
        return f"{self.path}:{node.lineno}"

    def nodes(self) -> Iterator[tuple[ast.AST, str]]:
        """Every node, with the name of the function it stands in."""
        todo: list[tuple[ast.AST, str]] = [(self.tree, "")]
        while todo:
            node, within = todo.pop()
            yield node, within
            name = node.name if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else within
            todo += [(child, name) for child in ast.iter_child_nodes(node)]

    def imports(self) -> Iterator[tuple[ast.stmt, str]]:
        """(statement, dotted name) of everything imported; `from a import b` is a.b."""
        for node, _ in self.nodes():
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield node, alias.name
            elif isinstance(node, ast.ImportFrom) and not node.level:
                for alias in node.names:
                    yield node, f"{node.module}.{alias.name}"


@cache
def package() -> list[Module]:
    """All of syncer/."""
    files = sorted((ROOT / "syncer").rglob("*.py"))
    return [Module(str(file.relative_to(ROOT)), file.read_text(encoding="utf-8")) for file in files]
