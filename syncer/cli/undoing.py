"""`undo`: what a run made is taken back, unless somebody has changed it since."""

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
    from syncer.migrate.undo import Undone


@click.command(epilog="Example: syncer undo move 7")
@click.argument("route")
@click.argument("number", metavar="RUN", type=int)
@CONFIG
@JSON
@YES
def undo(route: str, number: int, config: Path, as_json: bool, yes: bool) -> None:
    """Delete on the target what this run made there. Each ticket is reversed; or kept, because somebody has changed
    it since, which is told by what was seen when it was last verified, else by its source; or impossible, where the
    target deletes none. What was reversed may be migrated anew. Killed, the same command goes on.

    Exit code 0: all is reversed; 1: some tickets stay.
    """
    from syncer.reports import undone

    async def main() -> Undone:
        from syncer.migrate import undo as back

        async with opening.engine(config, route, "undo", quiet=as_json) as (engine, progress):
            progress.close()
            question = f"Delete what run {number} made on {engine.config.target}?"
            await asyncio.to_thread(agree, question, yes=yes)
            try:
                return await back.undo(engine, number)
            finally:
                progress.close()

    found = run(main())
    if as_json:
        document(found)
    else:
        click.echo(undone.text(found))
    leave(PARKED if found.counts["kept"] + found.counts["impossible"] else 0)
