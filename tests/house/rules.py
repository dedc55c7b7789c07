"""The rules of the house that import-linter and ruff cannot express. Each says where a module breaks it."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from pathlib import PurePath

from tests.house.code import Module

LONGEST_FILE = 300
LONGEST_FUNCTION = 40
EMPTY_WORDS = {"utils", "util", "helpers", "helper", "common", "base", "misc"}
EMPTY_ENDINGS = ("Manager", "Handler", "Processor", "Service")

CLIENT = ("syncer/deskkit/http.py",)
SQL = ("syncer/store/*.py", "syncer/desks/archive/index.py")
SERVERS = ("syncer/deskkit/emulation.py", "syncer/desks/*/emulator*.py", "syncer/sandbox/*.py", "syncer/console/*.py")

# Who may catch everything besides the command line and the daemon, and why.
CATCH_ALL = {
    ("syncer/pipeline/doubts.py", "_look"): "one look serves many that wait: each of them learns of its error",
    ("syncer/store/journal.py", "write_down"): "one commit serves many that wait: each of them learns of its error",
    ("syncer/store/embedded.py", "join"): "a start cut short by anything at all lets the server go, and goes on",
}


def too_long_files(module: Module) -> Iterator[str]:
    count = len(module.text.splitlines())
    if count > LONGEST_FILE:
        yield f"{module.path}: {count} lines"


def too_long_functions(module: Module) -> Iterator[str]:
    for node, _ in module.nodes():
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > LONGEST_FUNCTION:
                yield f"{module.place(node)}: {node.name} has {lines} lines"


def empty_names(module: Module) -> Iterator[str]:
    for word in PurePath(module.path).with_suffix("").parts:
        if word.strip("_").lower() in EMPTY_WORDS:
            yield f"{module.path}: a name that says nothing"
    for node, _ in module.nodes():
        if isinstance(node, ast.ClassDef) and node.name.endswith(EMPTY_ENDINGS):
            yield f"{module.place(node)}: {node.name}"


def catching_everything(module: Module) -> Iterator[str]:
    if module.path.startswith("syncer/cli/") or module.path == "syncer/sync/daemon.py":
        return
    for place, node in catch_alls(module).items():
        if place not in CATCH_ALL:
            yield f"{module.place(node)}: catches everything"


def catch_alls(module: Module) -> dict[tuple[str, str], ast.ExceptHandler]:
    """The handlers that catch everything, by file and function."""
    found = {}
    for node, within in module.nodes():
        if isinstance(node, ast.ExceptHandler):
            caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            names = {one.id if isinstance(one, ast.Name) else "" for one in caught if one is not None}
            if node.type is None or names & {"Exception", "BaseException"}:
                found[module.path, within] = node
    return found


def printing(module: Module) -> Iterator[str]:
    if module.path.startswith("syncer/cli/"):
        return
    for node, _ in module.nodes():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            yield f"{module.place(node)}: prints"


def unfinished(module: Module) -> Iterator[str]:
    for number, line in enumerate(module.text.splitlines(), 1):
        if re.search(r"\b(TODO|FIXME|XXX|HACK)\b", line):
            yield f"{module.path}:{number}: unfinished"
    for node, _ in module.nodes():
        raised = node.exc if isinstance(node, ast.Raise) else None
        name = raised.func if isinstance(raised, ast.Call) else raised
        if isinstance(name, ast.Name) and name.id == "NotImplementedError":
            yield f"{module.path}:{node.lineno}: unfinished"  # type: ignore[attr-defined]


def without_a_word(module: Module) -> Iterator[str]:
    if not ast.get_docstring(module.tree):
        yield f"{module.path}: no docstring"


def web_client_outside_its_room(module: Module) -> Iterator[str]:
    if any(fnmatch(module.path, allowed) for allowed in CLIENT):
        return
    for node, name in module.imports():
        serving = name.startswith(("aiohttp.web", "aiohttp.typedefs", "aiohttp.multipart"))
        first = name.split(".")[0]
        if (first == "aiohttp" and not serving) or first in {"requests", "httpx", "urllib3"}:
            yield f"{module.place(node)}: imports {name}"


def web_server_outside_its_rooms(module: Module) -> Iterator[str]:
    if any(fnmatch(module.path, allowed) for allowed in SERVERS):
        return
    for node, name in module.imports():
        if name.startswith("aiohttp.web"):
            yield f"{module.place(node)}: imports {name}"


def sql_outside_the_store(module: Module) -> Iterator[str]:
    if any(fnmatch(module.path, allowed) for allowed in SQL):
        return
    statement = re.compile(
        r"\s*(with\s.+\sas\s*\(|select\s.+\sfrom\s|insert\s+into\s|update\s+\w+\s+set\s|delete\s+from\s|truncate\s+\w"
        r"|(create|alter|drop)\s+(table|index)\s)",
        re.IGNORECASE | re.DOTALL,
    )
    for node, _ in module.nodes():
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and statement.match(node.value):
            yield f"{module.place(node)}: SQL"


def desk_named_outside_its_folder(module: Module) -> Iterator[str]:
    """What the linter cannot see: an import by a string."""
    if module.path.startswith("syncer/desks/"):
        return
    for node, _ in module.nodes():
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("syncer.desks."):
            yield f"{module.place(node)}: names {node.value}"


Rule = Callable[[Module], Iterator[str]]
# Each rule, with a module that breaks it: its path and its text.
RULES: list[tuple[Rule, str, str]] = [
    (too_long_files, "syncer/model/long.py", '"""Long."""\n' + "x = 1\n" * LONGEST_FILE),
    (too_long_functions, "syncer/model/long.py", "async def long():\n" + "    x = 1\n" * LONGEST_FUNCTION),
    (empty_names, "syncer/mapping/utils.py", ""),
    (empty_names, "syncer/base/ids.py", ""),
    (empty_names, "syncer/model/ids.py", "class TicketManager:\n    pass\n"),
    (catching_everything, "syncer/store/runs.py", "try:\n    x = 1\nexcept Exception:\n    pass\n"),
    (catching_everything, "syncer/store/runs.py", "try:\n    x = 1\nexcept (OSError, BaseException):\n    pass\n"),
    (catching_everything, "syncer/store/journal.py", "def f():\n    try:\n        x = 1\n    except:\n        pass\n"),
    (printing, "syncer/reports/summary.py", "def f():\n    print(1)\n"),
    (unfinished, "syncer/model/ids.py", "# TO" + "DO: more\n"),
    (unfinished, "syncer/model/ids.py", "def f():\n    raise NotImplementedError\n"),
    (without_a_word, "syncer/model/ids.py", "x = 1\n"),
    (web_client_outside_its_room, "syncer/desks/invgate/desk.py", "import aiohttp\n"),
    (web_client_outside_its_room, "syncer/desks/invgate/emulator.py", "from aiohttp import ClientSession, web\n"),
    (web_client_outside_its_room, "syncer/cli/start.py", "def f():\n    import httpx\n"),
    (web_server_outside_its_rooms, "syncer/desks/invgate/desk.py", "from aiohttp import web\n"),
    (web_server_outside_its_rooms, "syncer/cli/start.py", "from aiohttp.web import Application\n"),
    (sql_outside_the_store, "syncer/cli/records.py", 'x = "select * from effect where route = $1"\n'),
    (sql_outside_the_store, "syncer/cli/records.py", 'x = f"""\n  delete from {table} where true"""\n'),
    (
        sql_outside_the_store,
        "syncer/cli/records.py",
        'x = "with o as (delete from effect returning 1) select 1 from o"\n',
    ),
    (sql_outside_the_store, "syncer/cli/records.py", 'x = "truncate effect"\n'),
    (sql_outside_the_store, "syncer/cli/records.py", 'x = "alter table effect add x int"\n'),
    (desk_named_outside_its_folder, "syncer/cli/start.py", 'import_module("syncer.desks.invgate.desk")\n'),
]
