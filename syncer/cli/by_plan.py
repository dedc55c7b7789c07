"""`migrate --plan`: what has moved since is shown and asked about, then exactly the plan is carried out."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click
from msgspec import Struct

from syncer.cli.asking import agree
from syncer.errors import Stopped
from syncer.reports.words import counted

if TYPE_CHECKING:
    from syncer.cli.progress import Progress
    from syncer.migrate.approved import Approved
    from syncer.migrate.engine import Engine, Report


class Asked(Struct, frozen=True, kw_only=True):
    """What the operator said: which plan, how many records may have moved since, and whether to ask at all."""

    hash: str = ""
    most: int | None = None
    yes: bool
    quiet: bool


async def carried_out(engine: Engine, progress: Progress, asked: Asked) -> Report:
    """The plan, after its differences were approved. Raises Stopped where they were not."""
    from syncer.migrate import approved
    from syncer.reports import plan_text

    head = await approved.choose(engine, asked.hash)
    told = approved.report_of(head)
    if lines := plan_text.blocker_lines(told):
        raise plan_text.blocked(told, lines)
    found = await approved.followed(engine, head)
    if found.differences:
        progress.close()
        await _agree(found, asked, engine.config.name)
    return await approved.carry_out(engine, found)


async def begun(engine: Engine, progress: Progress, hash: str) -> Report:
    """A plan that somebody has just agreed to; what has moved while they thought about it is asked about, too."""
    return await carried_out(engine, progress, Asked(hash=hash, yes=False, quiet=False))


async def sampled(engine: Engine, progress: Progress, most: int, asked: Asked) -> Report:
    """A few tickets of the newest plan, which is made where there is none. Asks before it writes."""
    from syncer.migrate import approved, planning, sampling
    from syncer.reports import sampled as words
    from syncer.store import plans

    if not (found := await plans.found(engine.pool, engine.id)):
        made = await planning.make(engine)
        found = await plans.found(engine.pool, engine.id, made.plan)
    head = await approved.choose(engine, found[0].hash)
    chosen = await sampling.sample(engine.pool, head, most)
    progress.close()
    if not asked.quiet:
        click.echo(words.text(chosen))
    if not asked.yes:
        await asyncio.to_thread(agree, "Carry these over?", yes=False)
    return await sampling.carry_out(engine, head, chosen)


async def _agree(found: Approved, asked: Asked, route: str) -> None:
    from syncer.reports import differences

    if not asked.quiet:
        click.echo(differences.text(found.differences))
    many = len(found.differences)
    if asked.most is not None and many <= asked.most:
        return
    if asked.yes or asked.quiet or asked.most is not None:
        short = found.plan.hash[:12]
        raise Stopped(
            f"{counted(many, 'record')} not as planned: nothing was written",
            hint=f"Look at what differs, then: syncer migrate {route} --plan {short}"
            f" (what holds now), or --accept-moved {many}",
        )
    await asyncio.to_thread(agree, f"{counted(many, 'record')} not as planned. Go on with that as shown?", yes=False)
