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
from syncer.cli.silence import ACCEPT, accepted

if TYPE_CHECKING:
    from syncer.cli.progress import Progress
    from syncer.migrate.engine import Engine, Report
    from syncer.migrate.listing import Listing
    from syncer.reports.document import PlanReport


@click.command(epilog="Example: syncer plan move --out report")
@click.argument("route", required=False)
@click.option("--out", type=click.Path(path_type=Path), help="A folder for the report: page, JSON, CSV and text.")
@CONFIG
@JSON
def plan(route: str | None, out: Path | None, config: Path, as_json: bool) -> None:
    """Read and map every ticket and say what a migration would do. Nothing is written to the target.

    The plan is kept: `syncer plans`. With --out its report is written as a page for a browser, as JSON, as text, and
    every record of it as CSV.

    Exit code 0: nothing stands in the way; 1: some tickets would be parked; 2: values without a decision.
    """
    from syncer.reports.plan_text import blockers, plan_text

    async def main() -> PlanReport:
        from syncer.cli import reporting
        from syncer.migrate import planning

        async with opening.engine(config, route, "plan", quiet=as_json, writes=False) as (engine, progress):
            made = await planning.make(engine)
            progress.close()
            if out is not None:
                await reporting.write(engine.pool, engine.id, made, out)
            return made

    made = run(main())
    if as_json:
        document(made)
    else:
        click.echo(plan_text(made))
        if out is not None:
            click.echo(f"report: {out / 'plan.html'}")
    if blockers(made):
        leave(2)
    leave(PARKED if made.counts["parked"] else 0)


@click.command(epilog="Example: syncer migrate move --plan 3f9a21c07b1e")
@click.argument("route", required=False)
@click.option("--plan", "hash", metavar="HASH", help="Do exactly this plan; its first letters are enough.")
@click.option("--accept-moved", type=int, metavar="N", help="So many records may have moved since the plan.")
@click.option("--sample", type=click.IntRange(1), metavar="N", help="Only the N tickets that show most of what is odd.")
@ACCEPT
@click.option("--no-plan", is_flag=True, help="Begin at once; a ticket with a value nobody decided about is parked.")
@CONFIG
@JSON
@YES
def migrate(
    route: str | None, hash: str | None, accept_moved: int | None, sample: int | None, accept_mails: bool,
    no_plan: bool, config: Path, as_json: bool, yes: bool,
) -> None:  # fmt: skip
    """Carry every ticket over. Killed or stopped, the same command goes on; when all is done it writes nothing.

    With --sample a few tickets go over first: of all that the newest plan would create those that show most of what is
    odd about them. Look at them on the target; the whole migration passes over them.

    With --plan exactly that plan is carried out. What has moved on the source since is shown, planned anew, and needs
    approval: asked for, or given by --accept-moved for at most so many records. Whatever differs from the plan when
    its turn comes is parked as moved.

    Without --plan one is made and shown first. With --yes the migration begins at once when every value of the
    mapped lists has a decision, or when no ticket holds an undecided one; else a plan tells which, and stops.
    """

    async def main() -> Report:
        from syncer.cli import by_plan
        from syncer.migrate import backfill

        async with opening.engine(config, route, "migrate", quiet=as_json, plan=hash) as (engine, progress):
            try:
                await accepted(engine, accept=accept_mails, ask=not (yes or as_json))
                if hash is not None:
                    asked = by_plan.Asked(hash=hash, most=accept_moved, yes=yes, quiet=as_json)
                    return await by_plan.carried_out(engine, progress, asked)
                if sample is not None:
                    return await by_plan.sampled(engine, progress, sample, by_plan.Asked(yes=yes, quiet=as_json))
                approved = None if no_plan else await _approve(engine, progress, ask=not yes, quiet=as_json)
                if isinstance(approved, str):
                    return await by_plan.begun(engine, progress, approved)
                return await backfill.backfill(engine, approved)
            finally:
                progress.close()

    _finish(run(main()), as_json)


@click.command(epilog="Example: syncer delta move")
@click.argument("route", required=False)
@ACCEPT
@CONFIG
@JSON
@YES
def delta(route: str | None, accept_mails: bool, config: Path, as_json: bool, yes: bool) -> None:
    """Carry over what was created or changed on the source since the migration or the last delta."""

    async def main() -> Report:
        from syncer.migrate import delta as changes

        async with opening.engine(config, route, "delta", quiet=as_json) as (engine, progress):
            try:
                await accepted(engine, accept=accept_mails, ask=not (yes or as_json))
                return await changes.delta(engine)
            finally:
                progress.close()

    _finish(run(main()), as_json)


async def _approve(engine: Engine, progress: Progress, *, ask: bool, quiet: bool) -> Listing | str | None:
    """No write before every value that occurs has a decision; and, unless told not to, before a person agreed.

    Gives the plan they agreed to; or, where nobody was asked, the listing that was made.
    """
    from syncer.migrate import lookups, planning
    from syncer.migrate.listing import listed, meets
    from syncer.reports.plan_text import blocked, blocker_lines, blockers, plan_text

    fields = {name: field.lookup for name, field in engine.target.capabilities.fields.items()}
    undecided = lookups.undecided(engine.config.rules, fields, engine.tables)
    if not ask and not undecided:
        return None
    listing = await listed(engine)
    if not ask and not await meets(engine, listing, {(o.kind, o.value.id) for o in undecided}):
        return listing
    made = await planning.make(engine, listing)
    if blockers(made):
        raise blocked(made, blocker_lines(made))
    if not ask:
        return listing
    progress.close()
    if not quiet:
        click.echo(plan_text(made))
    await asyncio.to_thread(agree, "Begin?", yes=False)
    return made.plan


def _finish(report: Report, as_json: bool) -> None:
    from syncer.reports import summary

    if as_json:
        document(summary.of_run(report))
    else:
        click.echo(summary.run_text(report))
    leave(PARKED if report.tally.results["parked"] else 0)
