"""What real desks are filled with: tickets of a real helpdesk where a file of such is named, and all that are odd."""

from __future__ import annotations

import os
from pathlib import Path

from msgspec.structs import replace

from syncer.deskkit.world import SeedTicket, World
from syncer.sandbox.seed import from_csv
from tests.flows import matrix
from tests.flows.worlds import name_texts

FILE = "SYNCER_LIVE_CSV"
"""A CSV file of tickets, in the environment."""


def mixed(tickets: int) -> World:
    """So many: first those of a matrix, thirty odd ones among them, then what the file has."""
    file, more = os.environ.get(FILE), tickets - matrix.ODD
    if not file or more <= 0:
        return matrix.world(tickets)
    made, real = matrix.world(matrix.ODD), from_csv(Path(file), more)
    assert len(real.tickets) == more, f"{file} has no {more} tickets"
    longer = max(made.people, real.people, key=len)  # both begin with the same people
    assert longer[: len(made.people)] == made.people
    categories = list(dict.fromkeys([*made.categories, *real.categories]))
    later = max(ticket.created for ticket in made.tickets) - real.tickets[0].created
    for number, ticket in enumerate(real.tickets, matrix.ODD):
        name_texts(ticket, number)
        _put_off(ticket, later)
    return replace(made, people=longer, categories=categories, tickets=[*made.tickets, *real.tickets])


def _put_off(ticket: SeedTicket, seconds: int) -> None:
    """Desks number tickets in the order in which they were opened."""
    ticket.created, ticket.updated = ticket.created + seconds, ticket.updated + seconds
    ticket.closed = ticket.closed and ticket.closed + seconds
    for comment in ticket.comments:
        comment.at += seconds
