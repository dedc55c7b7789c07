"""Every command, argument and option explains itself; asking for help costs nothing."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest

from syncer.cli.main import COMMANDS, syncer
from tests.house.code import ROOT

# What starting may import: click and the standard library. These are slow, and each is needed by some commands only.
HEAVY = {
    "aiohttp", "asyncio", "asyncpg", "jinja2", "msgspec", "pydantic", "pydantic_settings", "rapidfuzz", "rich", "ssl",
    "stamina", "structlog", "uvloop", "yaml",
}  # fmt: skip


def _walk(command: click.Command, words: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    yield " ".join(words), command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from _walk(below, (*words, name))


TREE = {words: command for words, command in _walk(syncer) if words}


@pytest.mark.parametrize("words", TREE)
def test_a_command_ends_its_help_with_an_example_of_itself_that_it_takes(words: str) -> None:
    command = TREE[words]
    assert command.help
    assert command.epilog
    examples = re.findall(r"syncer [^\n)>]*", command.epilog.partition("Example")[2].replace("\\\n", ""))
    assert examples
    for example in examples:
        typed = shlex.split(example)[1:]
        assert " ".join(typed).startswith(words)
        called: click.Command = syncer
        while isinstance(called, click.Group):
            below = called.get_command(click.Context(called), typed.pop(0))
            assert below is not None
            called = below
        called.make_context(words, typed)  # raises UsageError for what it does not take


@pytest.mark.parametrize("words", TREE)
def test_every_option_says_what_it_does(words: str) -> None:
    options = [p for p in TREE[words].params if isinstance(p, click.Option)]
    assert [option.name for option in options if not option.help] == []


def test_the_list_of_commands_has_them_all_with_a_line_each() -> None:
    answer = subprocess.run([sys.executable, "-m", "syncer", "--help"], capture_output=True, text=True, timeout=60)
    assert answer.returncode == 0
    listed = dict(re.findall(r"^  ([a-z]+)  +(\S.*)$", answer.stdout.partition("Commands:")[2], re.MULTILINE))
    assert listed.keys() == COMMANDS.keys()


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["no-such-command"]])
def test_help_imports_nothing_slow(words: list[str]) -> None:
    code = (
        "import sys, json\n"
        f"sys.argv[1:] = {words!r}\n"
        "import syncer.__main__\n"
        "try:\n    syncer.__main__.main()\n"
        "except SystemExit:\n    pass\n"
        "sys.stderr.write(json.dumps(sorted(sys.modules)))\n"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=ROOT)
    loaded = set(json.loads(said.stderr[said.stderr.rindex("[") :]))
    assert "syncer.cli.main" in loaded
    assert loaded & HEAVY == set()


def test_every_exit_code_is_told_by_the_help_and_the_errors_agree_with_it() -> None:
    from syncer import errors

    epilog = " ".join((syncer.epilog or "").split())
    told = {int(code) for code in re.findall(r"(?:: |, )(\d+) ", epilog)}
    kinds = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.SyncerError)]
    raised = {one.exit_code for one in kinds}
    assert raised <= told
    assert told == {0, 1, 2, 3, 130}


def test_exit_codes_are_documented_and_none_besides() -> None:
    page = (ROOT / "docs/commands.md").read_text(encoding="utf-8")
    section = page.partition("Exit codes, the same for all commands:")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\W*(\d+)\b", section, re.MULTILINE)) == {"0", "1", "2", "3", "130"}
