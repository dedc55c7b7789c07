"""What commands need open: a route ready to run, or only the database."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from syncer.bootstrap import OpenRoute
    from syncer.cli.progress import Progress
    from syncer.mapping.tables import Tables
    from syncer.migrate.engine import Engine
    from syncer.pipeline.route import Route
    from syncer.settings import Settings
    from syncer.store.pool import Pool


@asynccontextmanager
async def ledger(found: Settings, route: str | None) -> AsyncIterator[tuple[Route, int, Pool]]:
    """A route's settings, its number and the database; asks no desk."""
    from syncer import bootstrap
    from syncer.store import runs

    config = found.route(route)
    async with bootstrap.open_store(found) as pool:
        yield config, await runs.route_id(pool, config.name), pool


@asynccontextmanager
async def engine(
    config: Path, route: str | None, what: str, *, quiet: bool, writes: bool = True, plan: str | None = None
) -> AsyncIterator[tuple[Engine, Progress]]:
    """A route ready to run: desks open, lists pulled and matched if that was never done, signals understood.

    The source is sealed, and the target, too, unless the command `writes`. Decisions are those that a `plan` was made
    with, if one is named.
    """
    from syncer import bootstrap, settings
    from syncer.cli.progress import Progress
    from syncer.migrate.engine import Engine

    async with bootstrap.open_route(settings.load(config), route) as opened:
        opened.source.seal()
        if not writes:
            opened.target.seal()
        connecting = asyncio.gather(opened.source.connect(), opened.target.connect())
        try:
            version, tables = await _tables(opened, connecting, plan)
            await connecting
        finally:
            connecting.cancel()
            await asyncio.gather(connecting, return_exceptions=True)
        budgets = {opened.config.source: opened.source.budget, opened.config.target: opened.target.budget}
        progress = Progress(f"{what} {opened.config.name}", budgets, quiet=quiet)
        ready = Engine(
            config=opened.config, id=opened.id, source=opened.source, target=opened.target, pool=opened.pool,
            home=opened.home, limits=opened.limits, stop=asyncio.Event(), watch=progress,
            tables=tables, lookup_version=version, origin=opened.origin, sides=opened.sides,
        )  # fmt: skip
        with _signals(ready.stop):
            _settle_memory()
            yield ready, progress


async def _tables(opened: OpenRoute, connecting: asyncio.Future[Any], plan: str | None) -> tuple[int, Tables]:
    """The lists of both desks, pulled if they never were, matched and checked against the mapping file; and of which
    version the decisions are."""
    from syncer.migrate import lookups
    from syncer.store import lookups as values
    from syncer.store import plans

    fields = {name: field.lookup for name, field in opened.target.capabilities.fields.items()}
    target = [] if opened.adopts else [(opened.config.target, opened.target)]
    for name, desk in ((opened.config.source, opened.source), *target):
        if not await lookups.pulled(opened.pool, name):
            await connecting  # a desk that is down is waited for once, not once more for its lists
            click.echo(f"reading the lists of {name} ...", err=True)
            await lookups.pull(opened.pool, name, desk)
    await lookups.match(opened.pool, opened.id, opened.config, fields, adopts=opened.adopts)
    found = await plans.found(opened.pool, opened.id, plan) if plan else []
    version = found[0].lookup_version if found else await values.version(opened.pool, opened.id)
    tables = await lookups.tables(opened.pool, opened.id, opened.config, version, adopts=opened.adopts)
    lookups.check_words(opened.config, fields, tables)
    return version, tables


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
