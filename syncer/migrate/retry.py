"""Some parked tickets once more, and only these; the checkpoint stays where it is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from msgspec import Struct

from syncer.deskkit.contract import Page, Ref
from syncer.errors import ConfigError
from syncer.migrate.engine import Engine, Report, run
from syncer.model.ids import Cursor, TicketId
from syncer.model.link import EffectState
from syncer.store import dead_letters, effects
from syncer.store.pool import Pool

PAGE = 500
PROBES = 3
"""So many tickets known to be on the target are looked for before its search is believed."""


class Choice(Struct, kw_only=True):
    """Parked tickets sorted by what trying them again can do."""

    ids: list[TicketId]
    over: dict[TicketId, TicketId]
    """On the target already, by the id there: they are parked because they changed afterwards."""


class Retried(Struct, kw_only=True):
    """How it went. No report when there was nothing that could be tried."""

    report: Report | None
    over: dict[TicketId, TicketId]
    unseen: list[TicketId]
    """In doubt, and left alone because the target's search does not even show what is known to be there."""


async def choose(pool: Pool, route: int, ids: Sequence[str], reason: str | None) -> Choice:
    """These, or all parked ones, of one reason if one is given; dropped ones only by id.

    Raises ConfigError with all ids that are not parked.
    """
    found = await dead_letters.letters(pool, route, ids, reason=reason)
    if missing := sorted(set(ids) - {letter.source_id for letter in found}):
        which = f" as {reason}" if reason else ""
        raise ConfigError(f"not parked{which}: {', '.join(missing)}", hint="See: syncer parked list")
    wanted = [letter.source_id for letter in found if ids or letter.state != "dropped"]
    links = await effects.links(pool, route, wanted)
    over = {id: link.target_id for id, link in links.items() if link.state == EffectState.DONE and link.target_id}
    return Choice(ids=[id for id in wanted if id not in over], over=over)


async def retry(engine: Engine, choice: Choice) -> Retried:
    """One pass over the chosen tickets. One in doubt is looked for on the target before it is written again."""
    links = await effects.links(engine.pool, engine.id, choice.ids)
    doubtful = {id for id, link in links.items() if link.state == EffectState.ANNOUNCED}
    unseen = sorted(doubtful) if doubtful and not await _search_shows(engine) else []
    ids = [id for id in choice.ids if id not in unseen]
    if not ids:
        return Retried(report=None, over=choice.over, unseen=unseen)

    async def pages(_: Cursor | None) -> AsyncIterator[Page]:
        # Here and not before: under the lease, so that nothing is marked while somebody else is at work.
        await dead_letters.mark(engine.pool, engine.id, ids, "retry")
        for start in range(0, len(ids), PAGE):
            yield Page(tuple(Ref(id) for id in ids[start : start + PAGE]))

    report = await run(engine, "retry", pages, checkpoint=False)
    await dead_letters.answer(engine.pool, engine.id, ids)
    return Retried(report=report, over=choice.over, unseen=unseen)


async def _search_shows(engine: Engine) -> bool:
    """Whether the target's search finds tickets we know to be there: else its silence about others means nothing."""
    if not engine.target.capabilities.finds_by_key:
        return False
    known = await effects.newest(engine.pool, engine.id, PROBES)
    # A person may have deleted one of them: a single find is proof enough.
    return not known or bool(await engine.target.find([key for key, _ in known], None))
