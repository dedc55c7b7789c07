"""Tickets by the markers they hold: a search is believed only as far as each hit shows what was asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import structlog

from syncer.model.ids import Key, TicketId
from syncer.model.ticket import Ticket

_END = 200
"""Characters at the end of a text in which a marker may stand."""
log = structlog.get_logger()


def shown(ticket: Ticket) -> str:
    """Of a ticket that was read, all in which its marker may stand."""
    values = map(str, ticket.custom.values())
    return " ".join((ticket.marker or "", ticket.title, *values, *ticket.tags, ticket.body[-_END:]))


class Hits:
    """What was found for each marker. Desks that do not know a condition, or ignore it, answer with any ticket: so a
    ticket counts for the markers that stand in itself, and for those alone that were asked for."""

    def __init__(self, keys: Sequence[Key]) -> None:
        self._ids: dict[Key, set[int]] = {key: set() for key in keys}

    @property
    def all_found(self) -> bool:
        """Whether there is nothing left to look for."""
        return all(self._ids.values())

    def note(self, id: str | int, markers: Iterable[str]) -> None:
        """A ticket that came, and what markers it holds."""
        for marker in markers:
            if (ids := self._ids.get(Key(marker))) is not None:
                ids.add(int(id))

    def found(self) -> dict[Key, TicketId]:
        """The lowest id for each marker that is there; of several it is told."""
        return {key: lowest(key, ids) for key, ids in self._ids.items() if ids}


def lowest(key: Key, ids: Iterable[int]) -> TicketId:
    """The first of the tickets that hold a marker: where there are several, that is told."""
    first, *others = [TicketId(str(id)) for id in sorted(set(ids))]
    if others:
        log.warning("several_tickets_with_one_marker", key=key, kept=first, others=others)
    return first
