"""The judge of the matrix stands alone: it shares no code with the engine it judges, in whatever way one may import."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

JUDGE = ("judge", "ticket", "comments", "head", "losses", "expected", "compared", "world", "texts", "evidence")
BY_NAME = {"import_module", "__import__", "find_spec", "exec", "eval", "run_module", "run_path"}
WAYS_IN = {
    "import syncer.mapping.body": "syncer.mapping.body",
    "import json, syncer.mapping as m": "syncer.mapping",
    "from syncer import mapping": "syncer.mapping",
    "def f():\n    from syncer.mapping.body import text_to_html as t": "syncer.mapping.body.text_to_html",
    "from . import into": "tests.flows.into",
    "from .matrix import way": "tests.flows.matrix.way",
    "importlib.import_module('syncer.mapping')": "syncer.mapping",
    "from importlib import import_module\nimport_module('syncer' + name)": "?",
    "x = __import__('syncer.mapping')": "syncer.mapping",
    "exec(text)": "?",
}


def imported(text: str) -> set[str]:
    """Every module that a text imports in any way, with what it takes from it; by a name made up at run time: "?"."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Import():
                found |= {alias.name for alias in node.names}
            case ast.ImportFrom(level=0):
                found |= {f"{node.module}.{alias.name}" for alias in node.names}
            case ast.ImportFrom():
                found |= {f"tests.flows.{node.module or ''}.{alias.name}".replace("..", ".") for alias in node.names}
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in BY_NAME:
                given = node.args[0] if node.args else None
                found.add(given.value if isinstance(given, ast.Constant) and isinstance(given.value, str) else "?")
    return found


@pytest.mark.parametrize("text", WAYS_IN)
def test_whatever_way_code_is_imported_it_is_seen(text: str) -> None:
    assert WAYS_IN[text] in imported(text)


def test_the_judge_shares_no_code_with_the_engine() -> None:
    files = [Path(__file__).with_name(f"matrix_{name}.py") for name in JUDGE]
    found = set().union(*(imported(file.read_text(encoding="utf-8")) for file in files))
    assert "?" not in found
    assert {_module(name) for name in found if name.startswith("syncer")} == {
        "syncer.deskkit.kept", "syncer.deskkit.world",
    }  # fmt: skip
    own = {f"tests.flows.matrix_{name}" for name in JUDGE} | {"tests.flows.worlds"}
    assert {name for name in found if name.startswith("tests") and not {name, _module(name)} & own} == set()


def _module(name: str) -> str:
    """The module of something taken from one; of a module itself what it is in, which is none that may be."""
    return name.rpartition(".")[0]
