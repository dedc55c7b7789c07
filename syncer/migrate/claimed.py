"""Before the first ticket: does the target hold tickets with our markers that nobody here has made?"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import structlog

from syncer.deskkit.contract import Page
from syncer.errors import ConfigError, Rejected
from syncer.migrate.engine import Engine
from syncer.model.ids import TicketId
from syncer.store import effects, runs

LOOKS = 5
"""So many markers are looked for: another migration of the same desk has most often made the same tickets."""
log = structlog.get_logger()


async def unclaimed(engine: Engine, pages: AsyncIterator[Page]) -> AsyncIterator[Page]:
    """The pages; before the first one that names tickets a look, in a route that has not been through yet.

    Raises ConfigError where a marker is taken: whoever looks for a lost answer by it would take another's ticket.
    """
    facts = engine.target.capabilities
    looked = not (facts.remote and facts.finds_by_key) or await runs.checkpoint(engine.pool, engine.id) is not None
    async for page in pages:
        if page.refs and not looked:
            await _look(engine, [ref.id for ref in page.refs])
            looked = True
        yield page


async def _look(engine: Engine, ids: Sequence[TicketId]) -> None:
    mapper = engine.mapper()
    keys = [mapper.key(id) for id in ids[:: max(1, len(ids) // LOOKS)]]
    ours = await effects.known_keys(engine.pool, keys)
    try:
        found = await engine.target.find([key for key in keys if key not in ours], None)
    except Rejected as e:  # the look was refused: a doubt would meet the same, and park its ticket
        log.warning("markers_not_looked_for", desk=engine.config.target, error=e.message)
        return
    for key, id in found.items():
        raise ConfigError(
            f"desk {engine.config.target} has ticket {id} marked {key}, and no route of this database made it",
            hint=f"Did a migration with another database make it? Then go on with that. Else set another marker_prefix"
            f" of route {engine.config.name}: a lost answer is looked for by the marker, and would be found there.",
        )
