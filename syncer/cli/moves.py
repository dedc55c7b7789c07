"""`plan`, `migrate` and `delta`."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from syncer.cli.main import CONFIG, JSON, YES
from syncer.cli.output import PARKED, document, leave, run

if TYPE_CHECKING:
    from syncer.cli.progress import Progress
    from syncer.migrate.engine import Engine, Report


@click.command(epilog="Example: syncer plan move")
@click.argument("route", required=False)
@CONFIG
@JSON
def plan(route: str | None, config: Path, as_json: bool) -> None:
    """Read and map every ticket and say what a migration would do. Nothing is written to the target.

    Exit code 0: nothing stands in the way; 1: some tickets would be parked; 2: values without a decision.
    """
    from syncer.reports import summary

    async def main() -> dict[str, Any]:
        from syncer.migrate import backfill

        async with _engine(config, route, "plan", quiet=as_json) as (engine, progress):
            tally = await backfill.plan(engine)
            progress.close()
            return summary.of_plan(engine.config, engine.tables, engine.target.capabilities, tally)

    result = run(main())
    if as_json:
        document(result)
    else:
        click.echo(summary.plan_text(result))
    if result["blockers"]:
        leave(2)
    leave(PARKED if result["counts"]["parked"] else 0)


@click.command(epilog="Example: syncer migrate move --yes")
@click.argument("route", required=False)
@click.option("--no-plan", is_flag=True, help="Begin at once; a ticket with a value nobody decided about is parked.")
@CONFIG
@JSON
@YES
def migrate(route: str | None, no_plan: bool, config: Path, as_json: bool, yes: bool) -> None:
    """Carry every ticket of a route over. Killed or stopped, the same command goes on; when all is done it writes nothing.

    Without --yes a plan is made and shown first. With --yes the migration begins at once when every value of the
    mapped lists has a decision; else a plan finds out whether the undecided ones occur, and stops if they do.
    """

    async def main() -> Report:
        from syncer.migrate import backfill

        async with _engine(config, route, "migrate", quiet=as_json) as (engine, progress):
            if not no_plan:
                await _approve(engine, progress, ask=not yes, quiet=as_json)
            try:
                return await backfill.backfill(engine)
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

        async with _engine(config, route, "delta", quiet=as_json) as (engine, progress):
            try:
                return await changes.delta(engine)
            finally:
                progress.close()

    _finish(run(main()), as_json)


@asynccontextmanager
async def _engine(config: Path, route: str | None, what: str, *, quiet: bool) -> AsyncIterator[tuple[Engine, Progress]]:
    """A route ready to run: desks open, lists pulled and matched if that was never done, signals understood."""
    from syncer import bootstrap, settings
    from syncer.cli.progress import Progress
    from syncer.migrate import lookups
    from syncer.migrate.engine import Engine

    async with bootstrap.open_route(settings.load(config), route) as opened:
        fields = {name: field.lookup for name, field in opened.target.capabilities.fields.items()}
        for name, desk in ((opened.config.source, opened.source), (opened.config.target, opened.target)):
            if not await lookups.pulled(opened.pool, name):
                click.echo(f"reading the lists of {name} ...", err=True)
                await lookups.pull(opened.pool, name, desk)
        await lookups.match(opened.pool, opened.id, opened.config, fields)
        budgets = {opened.config.source: opened.source.budget, opened.config.target: opened.target.budget}
        progress = Progress(f"{what} {opened.config.name}", budgets, quiet=quiet)
        engine = Engine(
            config=opened.config, id=opened.id, source=opened.source, target=opened.target, pool=opened.pool,
            home=opened.home, limits=opened.limits, stop=asyncio.Event(), watch=progress,
            tables=await lookups.tables(opened.pool, opened.id, opened.config),
        )  # fmt: skip
        with _signals(engine.stop):
            _settle_memory()
            yield engine, progress


def _signals(stop: asyncio.Event) -> Any:
    """The first Ctrl-C or SIGTERM finishes what is under way; the second one ends the process, which is safe too."""
    from contextlib import contextmanager

    @contextmanager
    def listening() -> Any:
        loop = asyncio.get_running_loop()

        def ask() -> None:
            if stop.is_set():
                raise SystemExit(130)
            click.echo("stopping: finishing what is under way; again to leave at once", err=True)
            stop.set()

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, ask)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

    return listening()


def _settle_memory() -> None:
    """What is loaded now lives to the end: the garbage collector need not look at it again (12 % at full speed)."""
    import gc

    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 50)


async def _approve(engine: Engine, progress: Progress, *, ask: bool, quiet: bool) -> None:
    """No write before every value that occurs has a decision; and, unless told not to, before a person agreed."""
    from syncer.errors import ConfigError, Interrupted
    from syncer.migrate import backfill, lookups
    from syncer.reports import summary

    fields = {name: field.lookup for name, field in engine.target.capabilities.fields.items()}
    undecided = lookups.undecided(engine.config.rules, fields, engine.tables)
    if not ask and not undecided:
        return
    tally = await backfill.plan(engine)
    result = summary.of_plan(engine.config, engine.tables, engine.target.capabilities, tally)
    if result["blockers"]:
        raise ConfigError(
            f"route {engine.config.name}: nothing was written: values without a decision",
            problems=tuple(summary.blocker_lines(result)),
            hint=f"Decide in {engine.config.mapping} (default, aliases) or by hand: syncer lookups export"
            f" {engine.config.name}; or go on with --no-plan, which parks these tickets.",
        )
    if not ask:
        return
    progress.close()
    if not quiet:
        click.echo(summary.plan_text(result))
    if not await asyncio.to_thread(click.confirm, "Begin?", default=False, err=True):
        raise Interrupted("not begun", hint="Nothing was written.")


def _finish(report: Report, as_json: bool) -> None:
    from syncer.reports import summary

    if as_json:
        document(summary.of_run(report))
    else:
        click.echo(summary.run_text(report))
    leave(PARKED if report.tally.results["parked"] else 0)
