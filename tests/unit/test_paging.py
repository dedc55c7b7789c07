"""Nothing that was there throughout is missed, however the list moves while it is read."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from syncer.deskkit.paging import SeenIds, sweep, sweep_until_quiet
from syncer.model.ids import TicketId

IDS = st.one_of(
    st.integers(0, 200_000).map(str),
    st.sampled_from(["007", "7", "0", "00", "", "-1", "1.0", "abc", "٣", "²", "65535", "65536", "9" * 15, "9" * 16]),
    st.text(max_size=6),
)


@settings(max_examples=200)
@given(st.lists(IDS, max_size=60), st.lists(IDS, max_size=20))
def test_seen_ids_are_a_set(put: list[str], asked: list[str]) -> None:
    seen, plain = SeenIds(), set[str]()
    for id in put:
        assert seen.add(id) == (id not in plain)
        plain.add(id)
        assert len(seen) == len(plain)
    assert [id in seen for id in (*put, *asked)] == [id in plain for id in (*put, *asked)]
    assert 7 not in seen


def test_new_ids_come_once_and_in_order() -> None:
    seen = SeenIds()
    assert seen.new([TicketId(id) for id in ("5", "3", "5", "x")]) == ["5", "3", "x"]
    assert seen.new([TicketId(id) for id in ("x", "4", "3")]) == ["4"]


def test_many_numbers_take_a_bit_each() -> None:
    seen = SeenIds()
    for number in range(200_000):
        seen.add(str(number))
    assert len(seen) == 200_000
    assert sum(len(chunk) for chunk in seen._chunks.values()) < 35_000


class Listing:
    """An offset list whose rows come and go between two pages, until it comes to rest."""

    def __init__(self, rows: list[int], cap: int, moves: list[tuple[str, int]]) -> None:
        self.rows = rows
        self.cap = cap
        self.moves = moves
        self.reads = 0

    async def read_at(self, offset: int) -> list[TicketId]:
        page = self.rows[offset : offset + self.cap]
        self.reads += 1
        if self.moves:
            what, where = self.moves.pop(0)
            if what == "close" and self.rows:
                self.rows.pop(where % len(self.rows))
            elif what == "open":
                self.rows.insert(where % (len(self.rows) + 1), 10_000 + self.reads)
            elif what == "move" and self.rows:
                self.rows.insert(0, self.rows.pop(where % len(self.rows)))
        return [TicketId(str(row)) for row in page]


async def _all(pages: object) -> list[TicketId]:
    return [id async for ids in pages for id in ids]  # type: ignore[attr-defined]


MOVES = st.lists(st.tuples(st.sampled_from(["close", "open", "move", "rest"]), st.integers(0, 500)), max_size=25)


@settings(max_examples=400)
@given(st.integers(0, 120), st.integers(2, 40), MOVES)
async def test_what_was_there_throughout_is_seen_and_nothing_twice(
    count: int, cap: int, moves: list[tuple[str, int]]
) -> None:
    listing = Listing(list(range(count)), cap, moves)
    seen = await _all(sweep_until_quiet(listing.read_at, most=30))
    assert {str(row) for row in range(count) if row in listing.rows} <= set(seen)
    assert len(seen) == len(set(seen))


async def test_rows_that_come_in_above_a_page_do_not_look_like_the_end() -> None:
    listing = Listing([0, 1, 2, 3], 2, [("open", 0), ("close", 0), ("open", 0)])
    assert {"0", "1", "2", "3"} <= set(await _all(sweep_until_quiet(listing.read_at)))


async def test_a_list_at_rest_is_read_twice_and_no_more() -> None:
    listing = Listing(list(range(1000)), 100, [])
    assert len(await _all(sweep_until_quiet(listing.read_at))) == 1000
    assert listing.reads <= 2 * 14


async def test_a_server_that_caps_its_pages_is_read_to_its_end() -> None:
    for cap in (1, 2, 3, 7):
        assert len(set(await _all(sweep(Listing(list(range(50)), cap, []).read_at)))) == 50


async def test_a_server_that_ignores_the_offset_is_not_asked_for_ever() -> None:
    asked = []

    async def same(offset: int) -> list[TicketId]:
        asked.append(offset)
        assert len(asked) < 100
        return [TicketId("1"), TicketId("2")]

    assert await _all(sweep_until_quiet(same)) == ["1", "2"]


async def test_a_list_that_never_rests_is_left_after_so_many_sweeps() -> None:
    sweeps = []

    async def ever_new(offset: int) -> list[TicketId]:
        sweeps.append(offset)
        assert len(sweeps) < 100
        return [TicketId(f"{len(sweeps)}")] if offset == 0 else []

    assert len(await _all(sweep_until_quiet(ever_new, most=6))) == 6


async def test_each_sweep_says_that_it_is_through() -> None:
    async def same(offset: int) -> list[TicketId]:
        return [TicketId("1"), TicketId("2")] if offset == 0 else []

    told = [ids async for ids in sweep_until_quiet(same)]
    assert told == [["1", "2"], [], []]
