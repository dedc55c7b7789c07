"""Links between pages resolve, and the commands pages speak of exist."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from syncer.cli.main import COMMANDS, syncer

from .pages import ROOT, pages

_LINK = re.compile(r"\[[^\]]*\]\((?P<to>[^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_COMMAND = re.compile(r"(?:^ *(?:\$ )?(?:[\w./]*/)?|`|\$\()syncer (?:-v )?([a-z]+(?: [a-z]+)?)", re.MULTILINE)
_CODE = re.compile(r"```.*?```|`[^`\n]+`|^    [^\n]+$", re.DOTALL | re.MULTILINE)


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _anchors(page: Path) -> set[str]:
    return {_anchor(heading) for heading in _HEADING.findall(page.read_text(encoding="utf-8"))}


def _links(page: Path) -> list[str]:
    return [found["to"] for found in _LINK.finditer(page.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_resolve(page: Path) -> None:
    broken = []
    for link in _links(page):
        if link.startswith("http"):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and anchor not in _anchors(target)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_of_a_page_exist(page: Path) -> None:
    context, unknown = click.Context(syncer), []
    code = "\n".join(_CODE.findall(page.read_text(encoding="utf-8")))
    for words in _COMMAND.findall(code):
        name, _, below = words.partition(" ")
        if name not in COMMANDS:
            unknown.append(words)
            continue
        command = syncer.get_command(context, name)
        if isinstance(command, click.Group) and below and below not in command.commands:
            unknown.append(words)
    assert unknown == []


def test_every_page_of_docs_can_be_reached_from_the_readme() -> None:
    reached, todo = set[Path](), [ROOT / "README.md"]
    while todo:
        page = todo.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        todo += [
            (page.parent / link.partition("#")[0]).resolve()
            for link in _links(page)
            if not link.startswith(("http", "#"))
        ]
    assert [str(page.relative_to(ROOT)) for page in pages() if page.resolve() not in reached] == []


def test_every_decision_is_in_the_index_with_its_status() -> None:
    index = (ROOT / "docs/adr/README.md").read_text(encoding="utf-8")
    for page in sorted((ROOT / "docs/adr").glob("0*.md")):
        text = page.read_text(encoding="utf-8")
        assert f"({page.name})" in index
        assert text.startswith(f"# {int(page.name[:4])}. ")
        assert re.search(r"^Status: ", text, re.MULTILINE)


def test_every_promise_names_tests_that_exist_or_says_that_it_is_not_there_yet() -> None:
    section = (ROOT / "README.md").read_text(encoding="utf-8").split("## Promised")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("|") and "**" in line]
    assert {row.split("|")[1].strip() for row in rows} >= set("abcdefgh")
    for row in rows:
        shown = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", row)
        assert shown or "Not there yet" in row, row
        for path, name in shown:
            assert re.search(rf"^(async )?def {name}\(", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE), name
