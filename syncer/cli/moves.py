"""`plan`, `migrate` and `delta`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from syncer.cli import opening
from syncer.cli.asking import agree
from syncer.cli.main import CONFIG, JSON, YES
from syncer.cli.output import PARKED, document, leave, run

if TYPE_CHECKING:
    from syncer.cli.progress import Progress
    from syncer.migrate.engine import Engine, Report
    from syncer.migrate.listing import Listing
    from syncer.reports.document import PlanReport


@click.command(epilog="Example: syncer plan move")
@click.argument("route", required=False)
@CONFIG
@JSON
def plan(route: str | None, config: Path, as_json: bool) -> None:
    """Read and map every ticket and say what a migration would do. Nothing is written to the target.

    Exit code 0: nothing stands in the way; 1: some tickets would be parked; 2: values without a decision.
    """
    from syncer.reports.plan_text import blockers, plan_text

    async def main() -> PlanReport:
        from syncer.migrate import planning

        async with opening.engine(config, route, "plan", quiet=as_json, writes=False) as (engine, progress):
            made = await planning.make(engine)
            progress.close()
            return made

    made = run(main())
    if as_json:
        document(made)
    else:
        click.echo(plan_text(made))
    if blockers(made):
        leave(2)
    leave(PARKED if made.counts["parked"] else 0)


@click.command(epilog="Example: syncer migrate move --yes")
@click.argument("route", required=False)
@click.option("--no-plan", is_flag=True, help="Begin at once; a ticket with a value nobody decided about is parked.")
@CONFIG
@JSON
@YES
def migrate(route: str | None, no_plan: bool, config: Path, as_json: bool, yes: bool) -> None:
    """Carry every ticket over. Killed or stopped, the same command goes on; when all is done it writes nothing.

    Without --yes a plan is made and shown first. With --yes the migration begins at once when every value of the
    mapped lists has a decision, or when no ticket holds an undecided one; else a plan tells which, and stops.
    """

    async def main() -> Report:
        from syncer.migrate import backfill

        async with opening.engine(config, route, "migrate", quiet=as_json) as (engine, progress):
            listing = None if no_plan else await _approve(engine, progress, ask=not yes, quiet=as_json)
            try:
                return await backfill.backfill(engine, listing)
            finally:
                progress.close()

    _finish(run(main()), as_json)


@click.command(epilog="Example: syncer delta move")
@click.argument("route", required=False)
@CONFIG
@JSON
@YES
def delta(route: str | None, config: Path, as_json: bool, yes: bool) -> None:
    """Carry over what was created or changed on the source since the migration or the last delta."""

    async def main() -> Report:
        from syncer.migrate import delta as changes

        async with opening.engine(config, route, "delta", quiet=as_json) as (engine, progress):
            try:
                return await changes.delta(engine)
            finally:
                progress.close()

    _finish(run(main()), as_json)


async def _approve(engine: Engine, progress: Progress, *, ask: bool, quiet: bool) -> Listing | None:
    """No write before every value that occurs has a decision; and, unless told not to, before a person agreed.

    Gives the listing that was made for it, unless a person took their time since.
    """
    from syncer.errors import ConfigError
    from syncer.migrate import lookups, planning
    from syncer.migrate.listing import listed, meets
    from syncer.reports.plan_text import blocker_lines, blockers, plan_text

    fields = {name: field.lookup for name, field in engine.target.capabilities.fields.items()}
    undecided = lookups.undecided(engine.config.rules, fields, engine.tables)
    if not ask and not undecided:
        return None
    listing = await listed(engine)
    if not ask and not await meets(engine, listing, {(o.kind, o.value.id) for o in undecided}):
        return listing
    made = await planning.make(engine, listing)
    if blockers(made):
        raise ConfigError(
            f"route {engine.config.name}: nothing was written: values without a decision",
            problems=tuple(blocker_lines(made)),
            hint=f"Decide in {engine.config.mapping} (default, aliases) or by hand: syncer lookups export"
            f" {engine.config.name}; or go on with --no-plan, which parks these tickets.",
        )
    if not ask:
        return listing
    progress.close()
    if not quiet:
        click.echo(plan_text(made))
    await asyncio.to_thread(agree, "Begin?", yes=False)
    return None


def _finish(report: Report, as_json: bool) -> None:
    from syncer.reports import summary

    if as_json:
        document(summary.of_run(report))
    else:
        click.echo(summary.run_text(report))
    leave(PARKED if report.tally.results["parked"] else 0)
