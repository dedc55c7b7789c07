"""`init`: a few questions, two files."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from syncer.cli.main import CONFIG, YES
from syncer.errors import ConfigError

if TYPE_CHECKING:
    from syncer.cli.first_desk import DeskDraft
    from syncer.deskkit.contract import Capabilities

SIDES = {"source": ("old", "come from"), "target": ("new", "go to")}
EXAMPLE = """\b
Example: syncer init
Without questions:
  syncer init --yes --source-kind invgate --source-url https://acme.example \\
    --source-set auth.client_id=syncer --source-set view_id=42 \\
    --target-kind tikting --target-url https://desk.acme.example \\
    --target-set auth.email=syncer@acme.example --fallback 06801bc4-c0d2-5086-b3fe-7052bacf7db9 \\
    --value site_id="Head office" --value department_id=IT
"""


def _desk_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options of both desks, the source's first."""
    for side, (name, moves) in reversed(SIDES.items()):
        for option in (
            click.option(f"--{side}-set", multiple=True, metavar="KEY=VALUE", help="Another key of its block."),
            click.option(f"--{side}-url", help="Its address, as people open it."),
            click.option(f"--{side}-name", default=name, show_default=True, help="What to call it."),
            click.option(f"--{side}-kind", help=f"The product that tickets {moves}."),
        ):
            command = option(command)
    return command


@click.command(epilog=EXAMPLE)
@_desk_options
@click.option("--route", default="move", show_default=True, help="What to call the way from one to the other.")
@click.option("--value", multiple=True, metavar="FIELD=VALUE", help="Value, or default, of a field of the target.")
@click.option("--fallback", default="", help="Who on the target stands in for people unknown to it, by id.")
@click.option("--people", default="", help="CSV with the columns email,id, for people the target cannot list.")
@click.option("--mapping", default="mapping.yaml", show_default=True, help="The mapping file, beside the config file.")
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
@CONFIG
@YES
def init(config: Path, mapping: str, route: str, force: bool, yes: bool, **given: Any) -> None:
    """Ask a few questions and write a config file and a mapping file, with comments. No desk is called.

    Secrets are not asked for: they come from the environment; the end tells under which names. With --yes nothing is
    asked, and what is missing is an error.
    """
    from syncer.cli import first_files

    rules = config.parent / mapping
    if there := [str(path) for path in (config, rules) if path.exists() and not force]:
        raise ConfigError(
            f"{' and '.join(there)}: already there", hint="Overwrite with --force, or give --config FILE."
        )
    if not yes:
        click.echo(f"This writes {config} and {rules}. Ctrl-C ends it, and nothing is written.")
    source, target = (_desk(side, given, ask=not yes) for side in SIDES)
    if source.name == target.name:
        raise ConfigError(f"both desks are called {source.name}", hint="Give --source-name or --target-name.")
    can = _abilities(source, target)
    values = _values(*can, given["value"], ask=not yes)
    fallback, people = _people(can[1], given["fallback"], given["people"], ask=not yes)
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(first_files.config_text(source, target, route, mapping), encoding="utf-8")
    rules.write_text(first_files.mapping_text(*can, values, fallback, people), encoding="utf-8")
    _farewell(config, rules, [*source.secrets().values(), *target.secrets().values()])


def _desk(side: str, given: dict[str, Any], *, ask: bool) -> DeskDraft:
    """One side's block, all its questions answered."""
    from syncer.cli.first_desk import DeskDraft

    answers = _pairs(given[f"{side}_set"], f"--{side}-set")
    if given[f"{side}_url"]:
        answers["base_url"] = given[f"{side}_url"]
    desk = DeskDraft(given[f"{side}_name"], _kind(side, given[f"{side}_kind"], ask=ask), answers)
    if ask:
        _ask(desk)
    problems = desk.problems()
    while ask and problems.keys() & answers.keys():
        for key, problem in problems.items():
            click.echo(f"{key}: {problem}", err=True)
            answers.pop(key, None)
        _ask(desk)
        problems = desk.problems()
    if problems:
        raise _wrong(f"{side}: {key}: {problem} ({_option(side, key)})" for key, problem in problems.items())
    return desk


def _option(side: str, key: str) -> str:
    own = {"base_url": f"--{side}-url URL", "name": f"--{side}-name NAME"}
    return own.get(key, f"--{side}-set {key}=...")


def _kind(side: str, kind: str | None, *, ask: bool) -> str:
    from syncer.deskkit import registry

    kinds = registry.kinds()
    if kind is None and ask:
        click.echo(f"\nThe desk that tickets {SIDES[side][1]}:")
        for one in kinds:
            click.echo(f"  {one:<10} {registry.spec(one).title}")
        kind = str(click.prompt("which of them", type=click.Choice(kinds), show_choices=False))
    if kind not in kinds:
        said = "is missing" if kind is None else f"{kind} is unknown"
        raise _wrong([f"--{side}-kind: {said}; there are {', '.join(kinds)}"])
    return kind


def _ask(desk: DeskDraft) -> None:
    """Fill in what is missing; an answer may bring up more questions."""
    while left := [q for q in desk.questions() if not q.secret and q.key not in desk.answers]:
        question = left[0]
        if question.text:
            click.echo(click.wrap_text(question.text, width=100, initial_indent="  ", subsequent_indent="  "))
        choices = click.Choice(question.choices) if question.choices else None
        default = question.choices[0] if question.choices else None
        answer = click.prompt(question.key, type=choices, default=default)
        desk.answers[question.key] = str(answer).strip()


def _abilities(source: DeskDraft, target: DeskDraft) -> tuple[Capabilities, Capabilities]:
    """What both can do; ConfigError when it is not what their side needs."""
    reading, writing = source.capabilities(), target.capabilities()
    if not reading.reads:
        raise _wrong([f"--source-kind {source.kind}: this syncer cannot read from it, only write to it"])
    if not writing.writes:
        raise _wrong([f"--target-kind {target.kind}: this syncer cannot write to it, only read from it"])
    return reading, writing


def _values(source: Capabilities, target: Capabilities, given: Iterable[str], *, ask: bool) -> dict[str, str]:
    """Values and defaults of the target's fields."""
    from syncer.cli import first_files

    values = _pairs(given, "--value")
    there = ", ".join(target.fields)
    problems = [
        f"--value {name}: the target has no such field; it has {there}" for name in values.keys() - target.fields.keys()
    ]
    for name, kind in first_files.needed(source, target).items():
        if name not in values and ask:
            click.echo(
                f"  Each ticket of the target needs a {kind}. Which one, where the mapping finds none: name or id."
            )
            values[name] = str(click.prompt(name)).strip()
        elif name not in values:
            problems.append(f"{name}: is required by the target (--value {name}=...)")
    if problems:
        raise _wrong(problems)
    return values


def _people(target: Capabilities, fallback: str, table: str, *, ask: bool) -> tuple[str, str]:
    """Who stands in for the unknown, and the CSV of people."""
    from syncer.cli import first_files

    if not first_files.wants_people(target) or fallback:
        return fallback, table
    if not ask:
        raise _wrong(["who stands in for people unknown to the target? (--fallback ID)"])
    click.echo("  Who on the target stands in for people unknown to it: the id of a user.")
    fallback = str(click.prompt("fallback")).strip()
    if not table:
        click.echo("  A CSV file with the columns email,id of the target's users. Empty: there is none.")
        table = str(click.prompt("people", default="", show_default=False)).strip()
    return fallback, table


def _pairs(words: Iterable[str], option: str) -> dict[str, str]:
    found = {}
    for one in words:
        key, sign, value = one.partition("=")
        if not sign:
            raise _wrong([f"{option} {one}: must be KEY=VALUE"])
        found[key.strip()] = value.strip()
    return found


def _wrong(problems: Iterable[str]) -> ConfigError:
    return ConfigError("nothing was written", problems=tuple(problems), hint="See: syncer init --help")


def _farewell(config: Path, rules: Path, secrets: Iterable[str]) -> None:
    click.echo(f"Wrote {config} and {rules}.")
    if names := list(secrets):
        click.echo("\nSecrets do not belong in files. Export them:")
        for name in names:
            click.echo(f"  export {name}=...")
    where = "" if str(config) == "syncer.yaml" else f" --config {config}"
    click.echo(
        f"""
Then type:
  syncer config check{where}
  syncer check{where}
  syncer lookups match{where}
  syncer plan{where}"""
    )
