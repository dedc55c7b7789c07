"""What changed on the source since the checkpoint."""

from __future__ import annotations

from collections.abc import AsyncIterator

from syncer.deskkit.contract import Page
from syncer.errors import Brake, ConfigError
from syncer.migrate.engine import Engine, Report, run
from syncer.model.ids import Cursor
from syncer.model.link import EffectState
from syncer.store import effects, runs

FEW = 20
"""So many changes are never too many."""


async def delta(engine: Engine) -> Report:
    """New tickets are created; those that changed after they came over are parked.

    Raises ConfigError before the first backfill is through, Brake when too large a share has changed.
    """
    since = await runs.checkpoint(engine.pool, engine.id)
    if since is None:
        raise ConfigError(
            f"route {engine.config.name} has no checkpoint yet: its migration has not been through",
            hint=f"First: syncer migrate {engine.config.name}",
        )
    changed = [page async for page in engine.source.list_changed(since)]
    await _not_everything(engine, changed)

    async def pages(_: Cursor | None) -> AsyncIterator[Page]:
        for page in changed:
            yield page

    return await run(engine, "delta", pages, checkpoint=True)


async def _not_everything(engine: Engine, pages: list[Page]) -> None:
    refs = {ref.id: ref for page in pages for ref in page.refs}
    links = await effects.links(engine.pool, engine.id, list(refs))
    moved = sum(1 for id, link in links.items() if link.state == EffectState.DONE and refs[id].version != link.version)
    done = (await effects.count(engine.pool, engine.id)).get("done", 0)
    if moved > FEW and moved > done * engine.config.change:
        raise Brake(
            f"{moved} of {done} migrated tickets have changed on {engine.config.source} since the last pass",
            hint="Did something rewrite them all? If that is right, set brakes.change of the route higher.",
        )
