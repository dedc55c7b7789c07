"""A sample brought over by the command itself, from an archive of many tickets, and what was planted in it."""

from __future__ import annotations

from pathlib import Path
from random import Random

from msgspec import Struct

from tests.flows import matrix
from tests.flows.rare import planted

ROUTE = ("archive", "invgate")
MOST = 20


class Sampled(Struct, frozen=True):
    """So many tickets were brought, which show so many of the planted traits; as many picked by chance show so many."""

    brought: int
    shown: int
    by_chance: int


def sampled(tickets: int, seed: int, place: Path, dsn: str) -> Sampled:
    """`plan`, then `migrate --sample`: what came is read from the target itself, by the titles that are there."""
    garden = planted(tickets, seed)
    with matrix.way(*ROUTE, garden.world, place, dsn) as way:
        assert way.command("lookups", "match", "--json", "move").document
        before = {one.id for one in way.new.kept()}
        told = way.command("migrate", "move", "--sample", str(MOST), "--yes", "--json")
        assert told.code in {0, 1}, told.err
        titles = [one.title for one in way.new.kept() if one.id not in before]
    came = [n for n, one in enumerate(garden.world.tickets) if any(t.startswith(_numbered(one.title)) for t in titles)]
    assert len(came) == len(titles), "each of them is one of ours"
    return Sampled(
        len(came), garden.shown(came), garden.shown(Random(f"{seed} by chance").sample(range(tickets), MOST))
    )


def _numbered(title: str) -> str:
    """The words in front, with a blank behind the number: another title may be cut or marked at its end."""
    return " ".join(title.split()[:3]) + " "
