"""`lookups`: the desks' value lists and what is decided about carrying them over."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from syncer.cli.main import CONFIG, JSON, YES
from syncer.cli.output import document, run, table
from syncer.reports.words import counted

if TYPE_CHECKING:
    from syncer.bootstrap import OpenRoute
    from syncer.mapping.match import Proposal
    from syncer.model.lookups import ListPair


@click.group(epilog="Example: syncer lookups match move")
def lookups() -> None:
    """Value lists (status, priority, category, people ...): pull them, match them, decide by spreadsheet."""


@lookups.command(short_help="Read every list of both desks.", epilog="Example: syncer lookups pull move")
@click.argument("route", required=False)
@CONFIG
@JSON
def pull(route: str | None, config: Path, as_json: bool) -> None:
    """Read every list of both desks and remember it."""

    async def main() -> dict[str, dict[str, int]]:
        async with _opened(config, route) as opened:
            return await _pull(opened)

    result = run(main())
    if as_json:
        document(result)
    else:
        rows = [(d, k, f"{n:,}") for d, kinds in result.items() for k, n in sorted(kinds.items())]
        table(("desk", "list", "values"), rows)
        click.echo("next: syncer lookups match")


@lookups.command(short_help="Pull, then decide what is sure.", epilog="Example: syncer lookups match move")
@click.argument("route", required=False)
@CONFIG
@JSON
@YES
def match(route: str | None, config: Path, as_json: bool, yes: bool) -> None:
    """Pull, then decide what is sure: by hand before, alias, same name, same path, status class, similar enough.

    Values without a decision are shown; they matter only if tickets have them, which `syncer plan` tells.
    """

    async def main() -> list[dict[str, Any]]:
        from syncer.migrate import lookups as tables

        async with _opened(config, route) as opened:
            await _pull(opened)
            proposals = await tables.match(opened.pool, opened.id, opened.config, _fields(opened), adopts=opened.adopts)
            people = await tables.people_summary(opened.pool, opened.config, adopts=opened.adopts)
            return [*_matched(proposals, opened), people]

    rows = run(main())
    if as_json:
        document(rows)
    else:
        head = ("from", "to", "values", "decided", "default", "open")
        numbers = ("values", "decided", "defaulted", "open")
        table(head, [(r["kind"], r["target_kind"], *(f"{r[n]:,}" for n in numbers)) for r in rows])
        for row in rows:
            for line in row["examples"]:
                click.echo(f"  {row['kind']}: {line}")
        if any(row["open"] for row in rows):
            click.echo("Open values matter only if tickets have them, which the plan tells. Decide by alias or default")
            click.echo("in the mapping file, or in a spreadsheet: syncer lookups export")
        click.echo("next: syncer plan")


@lookups.command(
    short_help="What is decided, value by value.", epilog="Example: syncer lookups show move --kind status"
)
@click.argument("route", required=False)
@click.option("--kind", help="Only this list of the source, such as status.")
@click.option("--open", "only_open", is_flag=True, help="Only values without a decision or default.")
@CONFIG
@JSON
def show(route: str | None, kind: str | None, only_open: bool, config: Path, as_json: bool) -> None:
    """What is decided, value by value, with suggestions for what is not."""
    rows = run(_rows(config, route))
    kinds = list(dict.fromkeys(row.kind for row in rows))
    if kind is not None and kind not in kinds:
        raise click.UsageError(f"no list {kind!r} is carried over; there are {', '.join(kinds)}")
    rows = [r for r in rows if kind in (None, r.kind)]
    defaults = _defaults(config, route)
    if only_open:
        rows = [r for r in rows if not r.decision and r.kind not in defaults]
    if as_json:
        document(rows)
    else:
        head = ("kind", "source", "to", "decision", "target", "how", "suggestions")
        table(head, [_shown(row, defaults.get(row.kind)) for row in rows])
        if any(row.decision == "" and row.kind not in defaults for row in rows):
            click.echo("Values without a decision (-) matter only if tickets have them, which the plan tells.")


def _defaults(config: Path, route: str | None) -> dict[str, str]:
    """The mapping's default for each list that has one."""
    from syncer import settings

    fields = settings.load(config).route(route).rules.fields
    return {rule.lookup: str(rule.default) for rule in fields.values() if rule.lookup and rule.default is not None}


def _shown(row: Any, default: str | None) -> tuple[str, ...]:
    """A value as a line; one without a decision takes the mapping's default, where there is one."""
    said = (row.decision, row.target_name, row.how)
    if not row.decision:
        said = ("-", "", "") if default is None else ("default", default, "mapping")
    return (row.kind, row.source_path or row.source_name, row.target_kind, *said, row.suggestions)


@lookups.command(
    short_help="Write the decisions as a CSV.", epilog="Example: syncer lookups export move --out lookups.csv"
)
@click.argument("route", required=False)
@click.option(
    "-o", "--out", type=click.Path(path_type=Path, dir_okay=False), help="The file to write. [default: stdout]"
)
@click.option(
    "--separator", type=click.Choice([",", ";"]), default=",", show_default=True,
    help="Between columns; some spreadsheets want a semicolon.",
)  # fmt: skip
@CONFIG
def export(route: str | None, out: Path | None, separator: str, config: Path) -> None:
    """Write the decisions as a CSV for a spreadsheet; edit decision and target, then import it."""
    from syncer.mapping import sheet

    text = sheet.to_csv(run(_rows(config, route)), separator)
    if out is None:
        click.echo(text, nl=False)
        return
    out.write_bytes(text.encode())
    click.echo(f"written: {out}; edit the columns decision and target_id or target_name, then: syncer lookups import",
               err=True)  # fmt: skip


@lookups.command(
    "import", short_help="Take decisions from a CSV.", epilog="Example: syncer lookups import move lookups.csv"
)
@click.argument("args", nargs=-1, required=True, metavar="[ROUTE] FILE")
@CONFIG
@JSON
def import_(args: tuple[str, ...], config: Path, as_json: bool) -> None:
    """Take decisions from a CSV. Any mistake is shown with its line, and then nothing is taken."""
    route, file = (args[0], args[1]) if len(args) == 2 else (None, args[0])

    async def main() -> dict[str, int]:
        from syncer.migrate import lookups as tables

        async with _opened(config, route) as opened:
            path = Path(file)
            return await tables.take_sheet(opened.pool, opened.id, opened.config, _fields(opened), path)

    result = run(main())
    if as_json:
        document(result)
    else:
        changed = counted(result["changed"], "decision")
        click.echo(f"{changed} changed; the tables are at version {result['version']} now")
        click.echo("next: syncer plan")


@asynccontextmanager
async def _opened(config: Path, route: str | None) -> AsyncIterator[OpenRoute]:
    from syncer import bootstrap, settings

    async with bootstrap.open_route(settings.load(config), route) as opened:
        yield opened


def _fields(opened: OpenRoute) -> dict[str, str | None]:
    return {name: field.lookup for name, field in opened.target.capabilities.fields.items()}


async def _pull(opened: OpenRoute) -> dict[str, dict[str, int]]:
    from syncer.migrate import lookups as tables

    pulled = {opened.config.source: await tables.pull(opened.pool, opened.config.source, opened.source)}
    if not opened.adopts:  # else it is given the source's when something is written
        pulled[opened.config.target] = await tables.pull(opened.pool, opened.config.target, opened.target)
    return pulled


def _matched(proposals: dict[ListPair, list[Proposal]], opened: OpenRoute) -> list[dict[str, Any]]:
    """One line for each pair of lists: how many values, decided, left to the rule's default, open."""
    rules = opened.config.rules
    with_default = {kind for name, kind in rules.lookup_kinds() if rules.fields[name].default is not None}
    rows = []
    for pair, found in proposals.items():
        open_ones = [p for p in found if p.decision is None]
        by_default = len(open_ones) if pair.kind in with_default else 0
        examples = [
            f"{p.source.name!r} has no decision" + (f"; {p.problem}" if p.problem else "")
            + (f"; perhaps {p.suggestions[0].target.name!r}" if p.suggestions else "")
            for p in open_ones[:5]
        ] if not by_default else []  # fmt: skip
        rows.append(
            {"kind": pair.kind, "target_kind": pair.target_kind, "values": len(found),
             "decided": len(found) - len(open_ones), "defaulted": by_default,
             "open": len(open_ones) - by_default, "examples": examples}
        )  # fmt: skip
    return rows


async def _rows(config: Path, route: str | None) -> list[Any]:
    from syncer.mapping import sheet
    from syncer.mapping.tables import indexed
    from syncer.migrate import lookups as tables

    async with _opened(config, route) as opened:
        adopts = opened.adopts
        proposals = await tables.match(opened.pool, opened.id, opened.config, _fields(opened), adopts=adopts)
        target = indexed(await tables.target_values(opened.pool, opened.config, adopts=adopts))
        return [
            sheet.row(proposal, pair.target_kind, target, None)
            for pair, found in proposals.items()
            for proposal in found
        ]
