from __future__ import annotations

import random

from syncer.mapping.cover import cover
from syncer.model.ids import TicketId

RARE = 30


def _records(seed: int, tickets: int) -> list[tuple[TicketId, list[int]]]:
    """Tickets with common traits, a few of them with two or three of thirty rare ones besides."""
    dice = random.Random(seed)
    records = [(TicketId(str(n)), [RARE + dice.randrange(40) for _ in range(4)]) for n in range(tickets)]
    for rare in range(RARE):
        for _ in range(3):
            records[dice.randrange(tickets)][1].append(rare)
        records[dice.randrange(12) * 97 % tickets][1].append(rare)
    return records


def _rare(records: list[tuple[TicketId, list[int]]], ids: set[TicketId]) -> int:
    return len({trait for id, traits in records if id in ids for trait in traits if trait < RARE})


def test_twenty_of_fifty_thousand_show_nearly_all_that_is_rare() -> None:
    for seed in range(3):
        records = _records(seed, 50_000)
        chosen = {one.id for one in cover(records, 20).chosen}
        by_chance = set(random.Random(seed).sample([id for id, _ in records], 20))
        print(f"seed {seed}: the sample shows {_rare(records, chosen)} of 30, a random one {_rare(records, by_chance)}")
        assert _rare(records, chosen) >= 28
        assert _rare(records, by_chance) < 5


def test_each_adds_something_and_nothing_is_chosen_that_adds_nothing() -> None:
    records = [(TicketId("a"), [1, 2]), (TicketId("b"), [2]), (TicketId("c"), [3]), (TicketId("d"), [1, 2])]
    found = cover(records, 20)
    assert [one.id for one in found.chosen] == ["a", "c"]
    assert (found.shown, found.there) == (3, 3)
    assert all(one.adds for one in found.chosen)


def test_the_same_records_give_the_same_sample() -> None:
    records = _records(5, 500)
    assert cover(records, 20) == cover(list(records), 20)


def test_no_ticket_without_traits_is_chosen() -> None:
    assert cover([(TicketId("a"), [])], 3).chosen == ()
