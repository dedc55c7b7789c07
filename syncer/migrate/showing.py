"""The tickets of a plan that show most of what is odd, before and after: read once more, for nobody has kept them."""

from __future__ import annotations

from collections.abc import Sequence

from syncer.mapping.cover import cover
from syncer.migrate.engine import Engine
from syncer.model.draft import Draft
from syncer.model.ids import TicketId
from syncer.model.ticket import Ticket
from syncer.reports import examples
from syncer.reports.document import Example, Side
from syncer.store.plans import Making

SHOWN = 20
MOST_TRAITS = 8


async def looked_closer(engine: Engine, making: Making) -> tuple[Example, ...]:
    """Twenty, where there are as many; a ticket that cannot be read any more is left out."""
    names, there = making.trait_names(), await making.traits()
    chosen = {one.id: one.adds for one in cover(there, SHOWN).chosen}
    # Where fewer show all that is odd, ordinary ones from here and there make the number full.
    for id, _ in there[:: max(1, len(there) // SHOWN)] + there:
        if len(chosen) >= SHOWN:
            break
        chosen.setdefault(id, ())
    said = await making.planned(list(chosen))
    mapper, found = engine.mapper(), list[Example]()
    for ticket in await _read(engine, list(chosen)):
        known, mapped = said[ticket.id], mapper.map(ticket)
        found.append(
            Example(
                id=ticket.id, number=ticket.number, url=ticket.url, outcome=known.outcome, reason=known.reason,
                traits=tuple(names[trait] for trait in chosen[ticket.id])[:MOST_TRAITS],
                before=examples.before(ticket, engine.tables),
                after=_after(engine, mapped) if isinstance(mapped, Draft) else None,
            )
        )  # fmt: skip
    return tuple(found)


def _after(engine: Engine, draft: Draft) -> Side:
    facts = engine.target.capabilities
    return examples.after(draft, engine.tables, facts.fields, html=facts.body == "html")


async def _read(engine: Engine, ids: Sequence[TicketId]) -> list[Ticket]:
    size, found = engine.source.capabilities.fetch_batch, list[Ticket]()
    for start in range(0, len(ids), size):
        answers = await engine.source.fetch(ids[start : start + size])
        found += [one for one in answers if isinstance(one, Ticket)]
    return found
