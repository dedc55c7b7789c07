"""`verify`: both desks read again and compared with what should be; and whether a report of it was altered."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from syncer.cli import opening
from syncer.cli.main import CONFIG, JSON
from syncer.cli.output import PARKED, document, leave, run

if TYPE_CHECKING:
    from syncer.cli.progress import Progress
    from syncer.migrate.engine import Engine
    from syncer.verify.record import Summary


@click.command(epilog="Example: syncer verify move")
@click.argument("route", required=False)
@click.option("--out", type=click.Path(path_type=Path), help="The file of all tickets; default: under the home folder.")
@click.option("--check", type=click.Path(path_type=Path), help="Only see whether this file was altered; asks no desk.")
@click.option("--root", help="With --check: the root that was noted when it was made.")
@CONFIG
@JSON
def verify(
    route: str | None, out: Path | None, check: Path | None, root: str | None, config: Path, as_json: bool
) -> None:
    """Read both desks again, all of it, and compare the target field by field with what it should be: texts, values,
    people, comments in their order and who may read them, files by their SHA-256. Writes to no desk.

    Each ticket is equal; or not, but for losses that were counted; or it differs, is missing, or is there too often.
    Exit code 0: nothing but the first two; 1: something else.
    """
    from syncer.reports import verified as words

    if check is not None:
        from syncer.verify import record

        known = record.check(check, root)
        if as_json:
            document(known)
        else:
            click.echo(words.checked(known))
        return

    async def main() -> Summary:
        async with opening.engine(config, route, "verify", quiet=as_json, writes=False) as (engine, progress):
            return await verified(engine, progress, out)

    found = run(main())
    if as_json:
        document(found)
    else:
        click.echo(words.text(found))
    leave(0 if words.is_good(found.end) else PARKED)


async def verified(engine: Engine, progress: Progress, out: Path | None) -> Summary:
    """Compare everything; all of it goes to a file."""
    import shutil

    from syncer import __version__
    from syncer.migrate.proof import sides
    from syncer.pipeline.tally import Tally
    from syncer.verify.population import Population
    from syncer.verify.record import Head, Recording

    began = datetime.now(UTC)
    folder = engine.home / "verify"
    spool = folder / "spool"
    spool.mkdir(parents=True, exist_ok=True)
    both = sides(engine, spool)
    head = Head(
        route=engine.config.name, source=engine.config.source, target=engine.config.target, began_at=began,
        syncer=__version__, lookup_version=engine.lookup_version,
    )  # fmt: skip
    path = out or folder / f"{engine.config.name}-{began:%Y%m%d-%H%M%S}.jsonl"
    recording, tally, seen = Recording(head, path), Tally(), 0
    population = Population(both)
    try:
        async for line in recording.write(population.verified()):
            seen += 1
            tally.doing = f"{seen:,} tickets compared, the last is {line.verdict}"
            engine.watch(tally, None)
    finally:
        progress.close()
        shutil.rmtree(spool, ignore_errors=True)
    return recording.end(both.comparing.unseen, population.looked_at)
