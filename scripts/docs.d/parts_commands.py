"""Every command, from the click tree: what it does, its options, its example."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import click

from syncer.cli.main import COMMANDS, syncer

_COMMON = {"config", "as_json", "yes", "help"}


def commands() -> str:
    """A section for each command and each command of a group, in the order in which they are used."""
    return "\n\n".join(part for name in COMMANDS for part in _sections(name))


def _sections(name: str) -> Iterator[str]:
    context = click.Context(syncer, info_name="syncer")
    command = syncer.get_command(context, name)
    assert command is not None
    if not isinstance(command, click.Group):
        yield _section(f"syncer {name}", command, context, "##")
        return
    yield f"## `syncer {name}`\n\n{_prose(command)}"
    for below, one in command.commands.items():
        yield _section(f"syncer {name} {below}", one, context, "###")


def _section(words: str, command: click.Command, parent: click.Context, level: str) -> str:
    context = click.Context(command, info_name=words, parent=None)
    usage = " ".join([words, *command.collect_usage_pieces(context)])
    said = [f"{level} `{words}`", "", _prose(command), "", "Usage:", "", f"    {usage}"]
    own = [p for p in command.params if isinstance(p, click.Option) and p.name not in _COMMON]
    if own:
        said += ["", "| Option | What it does |", "|---|---|", *(_option(p, context) for p in own)]
    common = [p.opts[-1] for p in command.params if p.name in _COMMON - {"help"}]
    if common:
        said += ["", "Also takes " + ", ".join(f"`{one}`" for one in common) + "."]
    said += ["", *_example(command)]
    return "\n".join(said)


def _prose(command: click.Command) -> str:
    """Its help; a block that keeps its line breaks becomes code."""
    parts = []
    for part in inspect.cleandoc(command.help or "").split("\n\n"):
        if part.startswith("\b\n"):
            parts.append("\n".join(f"    {line}" for line in part.splitlines()[1:]))
        else:
            parts.append(" ".join(part.split()))
    return "\n\n".join(parts)


def _option(option: click.Option, context: click.Context) -> str:
    record = option.get_help_record(context)
    assert record is not None
    names, text = record
    return f"| `{names.replace('|', chr(92) + '|')}` | {' '.join(text.split()).replace('|', chr(92) + '|')} |"


def _example(command: click.Command) -> list[str]:
    text = inspect.cleandoc((command.epilog or "").replace("\b", ""))
    first, *rest = text.removeprefix("Example: ").splitlines()
    return ["Example:", "", f"    {first}", *(f"    {line}" if line else "" for line in rest)]
