"""`verify`: both desks read again and compared with what should be; and whether a report of it was altered."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from syncer.cli import opening
from syncer.cli.asking import agree
from syncer.cli.main import CONFIG, JSON, YES
from syncer.cli.output import PARKED, document, leave, run
from syncer.cli.silence import ACCEPT, accepted
from syncer.errors import Interrupted

if TYPE_CHECKING:
    from syncer.cli.progress import Progress
    from syncer.migrate.engine import Engine
    from syncer.migrate.repair import Repaired
    from syncer.verify.record import Summary


@click.command(epilog="Example: syncer verify move")
@click.argument("route", required=False)
@click.option("--out", type=click.Path(path_type=Path), help="The file of all tickets; default: under the home folder.")
@click.option("--check", type=click.Path(path_type=Path), help="Only see whether this file was altered; asks no desk.")
@click.option("--root", help="With --check: the root that was noted when it was made.")
@click.option("--repair", is_flag=True, help="Set right what can be: asks before it writes.")
@ACCEPT
@CONFIG
@JSON
@YES
def verify(
    route: str | None, out: Path | None, check: Path | None, root: str | None, repair: bool, accept_mails: bool,
    config: Path, as_json: bool, yes: bool,
) -> None:  # fmt: skip
    """Read both desks again, all of it, and compare the target field by field with what it should be: texts, values,
    people, comments in their order and who may read them, files by their SHA-256. Writes to no desk.

    Each ticket is equal; or not, but for losses that were counted; or it differs, is missing, or is there too often.
    With --repair tickets that are missing are made anew, and fields that differ are changed, where the target lets
    them; what is left to a person is told. Verify again afterwards.

    Exit code 0: nothing but the first two; 1: something else.
    """
    from syncer.reports import verified as words

    if check is not None:
        _checked(check, root, as_json=as_json)
        leave(0)

    async def main() -> tuple[Summary, Repaired | None]:
        async with opening.engine(config, route, "verify", quiet=as_json, writes=repair) as (engine, progress):
            found = await verified(engine, progress, out)
            if not repair or not found.differences:
                return found, None
            if not as_json:
                click.echo(words.text(found))
            await accepted(engine, accept=accept_mails, ask=not (yes or as_json))
            return found, await _repaired(engine, found, yes=yes)

    found, mended = run(main())
    if as_json:
        document({"head": found.head, "end": found.end, "differences": found.differences, "file": found.file,
                  "repaired": mended})  # fmt: skip
    else:
        click.echo(words.text(found) if mended is None else words.mended(mended))
    leave(0 if words.is_good(found.end) else PARKED)


def _checked(file: Path, root: str | None, *, as_json: bool) -> None:
    from syncer.reports import verified as words
    from syncer.verify import record

    known = record.check(file, root)
    if as_json:
        document(known)
    else:
        click.echo(words.checked(known))


async def _repaired(engine: Engine, found: Summary, *, yes: bool) -> Repaired:
    from syncer.migrate.repair import repair
    from syncer.verify.record import differences

    await asyncio.to_thread(agree, f"Set right {engine.config.target}?", yes=yes)
    return await repair(engine, list(differences(Path(found.file))))


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
            if engine.stop.is_set():
                raise Interrupted("stopped on request", hint="The same command begins anew; nothing was written.")
    finally:
        progress.close()
        shutil.rmtree(spool, ignore_errors=True)
    return recording.end(both.comparing.unseen, population.looked_at)
