"""What a ticket holds beside fields and words: tags, people who are told, links, work, a rating, and what it holds of
lists no rule is about. Carried or told."""

from __future__ import annotations

from collections.abc import Collection

from msgspec import Struct

from syncer.mapping.rules import Rules
from syncer.mapping.tables import Tables
from syncer.mapping.transcript import Teller, stamp
from syncer.model.ticket import Ticket, TicketLink, TimeEntry


class Holds(Struct, frozen=True, kw_only=True):
    """What a target has a place for."""

    tags: bool = False
    cc: bool = False
    custom: bool = False
    times: bool = False
    links: bool = False
    rating: bool = False


class Carried(Struct, frozen=True):
    """What goes to places of its own on the target, and lines for the head that tell the rest."""

    tags: tuple[str, ...]
    cc: tuple[str, ...]
    times: tuple[TimeEntry, ...]
    links: tuple[TicketLink, ...]
    lines: tuple[str, ...]


_NOTHING = Carried((), (), (), (), ())


class Extras:
    """The rules for all that, compiled for a route."""

    def __init__(
        self, rules: Rules, teller: Teller, tables: Tables, can: Holds, *, in_head: Collection[str]
    ) -> None:  # fmt: skip
        """`in_head` are the lists whose values the head tells anyway."""
        self._rules = rules
        self._teller = teller
        self._tables = tables
        self._can = can
        self._in_head = in_head
        self._ruled = rules.lists()
        self._lost = "_as_text" if rules.header else "_dropped"

    def of(self, ticket: Ticket, losses: list[str]) -> Carried:
        """Everything in exactly one place; what is only told, or not even that, is counted."""
        unruled = [kind for kind in ticket.values if kind not in self._ruled]
        beside = ticket.tags or ticket.cc or ticket.times or ticket.links or ticket.rating or self._rules.tags.add
        if not (beside or unruled):
            return _NOTHING  # as most tickets have
        lines: list[str] = []
        if unruled:
            losses.append(f"list_values{self._lost}")
            lines += filter(None, [self._teller.listed(ticket, (k for k in unruled if k not in self._in_head))])
        return Carried(
            self._tags(ticket, losses, lines),
            self._cc(ticket, losses, lines),
            self._times(ticket, losses, lines),
            self._links(ticket, losses, lines),
            self._rated(ticket, losses, lines),
        )

    def _tags(self, ticket: Ticket, losses: list[str], lines: list[str]) -> tuple[str, ...]:
        tags = (*(ticket.tags if self._rules.tags.carry else ()), *self._rules.tags.add)
        if self._can.tags or not tags:
            return tuple(dict.fromkeys(tags))
        losses.append(f"tags{self._lost}")
        lines.append(f"Tags: {', '.join(tags)}")
        return ()

    def _cc(self, ticket: Ticket, losses: list[str], lines: list[str]) -> tuple[str, ...]:
        kept = self._can.cc and self._rules.cc == "keep"
        known = [self._tables.whom(id, ticket) if kept else None for id in ticket.cc]
        told = [id for id, found in zip(ticket.cc, known, strict=True) if found is None]
        if told:
            losses.extend((f"cc{self._lost}",) * len(told))
            lines.append(f"Also told: {', '.join(map(self._teller.named, told))}")
        return tuple(dict.fromkeys(found for found in known if found))

    def _times(self, ticket: Ticket, losses: list[str], lines: list[str]) -> tuple[TimeEntry, ...]:
        kept: list[TimeEntry] = []
        for entry in ticket.times:
            author = self._tables.people.get(entry.author) if entry.author else None
            if self._can.times and author and entry.at:
                kept.append(TimeEntry(entry.id, author, entry.at, entry.seconds, entry.note))
            else:
                losses.append(f"time_entry{self._lost}")
                said = f": {entry.note}" if entry.note else ""
                minutes = f"{entry.seconds / 60:.0f} min"
                lines.append(f"Work: {minutes}, {self._teller.named(entry.author)}, {stamp(entry.at)}{said}")
        return tuple(kept)

    def _links(self, ticket: Ticket, losses: list[str], lines: list[str]) -> tuple[TicketLink, ...]:
        if self._can.links or not ticket.links:
            return ticket.links
        losses.extend((f"link{self._lost}",) * len(ticket.links))
        lines.append(f"Linked: {', '.join(f'{link.kind} {link.id}' for link in ticket.links)}")
        return ()

    def _rated(self, ticket: Ticket, losses: list[str], lines: list[str]) -> tuple[str, ...]:
        rating = ticket.rating
        if rating is not None and not self._can.rating:
            losses.append(f"rating{self._lost}")
            said = f": {rating.words}" if rating.words else ""
            lines.append(f"Rated {rating.score} of {rating.most}{said}")
        return tuple(lines)
