"""Reading lists that move while they are read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator

from syncer.model.ids import TicketId

_SPAN = 1 << 16


class SeenIds:
    """A set of ids that stays small: numbers as bits in chunks (a million in about 125 KB), others as they are."""

    def __init__(self) -> None:
        self._chunks: dict[int, bytearray] = {}
        self._others: set[str] = set()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __contains__(self, id: object) -> bool:
        if not isinstance(id, str):
            return False
        if _is_number(id):
            high, low = divmod(int(id), _SPAN)
            chunk = self._chunks.get(high)
            return chunk is not None and bool(chunk[low >> 3] & (1 << (low & 7)))
        return id in self._others

    def __iter__(self) -> Iterator[str]:
        """Numbers in their order, then all others in theirs."""
        for high in sorted(self._chunks):
            for index, byte in enumerate(self._chunks[high]):
                for bit in range(8) if byte else ():
                    if byte & (1 << bit):
                        yield str(high * _SPAN + index * 8 + bit)
        yield from sorted(self._others)

    def add(self, id: str) -> bool:
        """Put it in; True when it was not in before."""
        if _is_number(id):
            high, low = divmod(int(id), _SPAN)
            chunk = self._chunks.get(high)
            if chunk is None:
                chunk = self._chunks[high] = bytearray(_SPAN // 8)
            bit = 1 << (low & 7)
            if chunk[low >> 3] & bit:
                return False
            chunk[low >> 3] |= bit
        elif id in self._others:
            return False
        else:
            self._others.add(id)
        self._count += 1
        return True

    def new(self, ids: Iterable[TicketId]) -> list[TicketId]:
        """Put all in; those that were not in before, in order."""
        return [id for id in ids if self.add(id)]


def _is_number(id: str) -> bool:
    # "007" and "7" are two ids: only the shape a number prints as goes into the bits.
    return id.isascii() and id.isdigit() and (id[0] != "0" or id == "0") and len(id) < 16


ReadAt = Callable[[int], Awaitable[list[TicketId]]]
MAX_STEPS_BACK = 5
MAX_KNOWN_PAGES = 3


async def sweep(read_at: ReadAt) -> AsyncIterator[list[TicketId]]:
    """Every row of an offset list once through, with overlapping pages.

    A page that does not begin inside the one before means that rows moved up past us: step back. The end is an
    empty page, or several that bring nothing new; a short page proves nothing, a server may cap it.
    """
    offset, steps_back, overlap, known_pages = 0, 0, 0, 0
    before: list[TicketId] = []
    while ids := await read_at(offset):
        if overlap and before[-1] not in ids and steps_back < MAX_STEPS_BACK:
            steps_back += 1
            offset = max(0, offset - len(ids))
            continue
        if set(ids) <= set(before):
            # The end, or rows that came in above pushed the known ones down: look behind them, a few times.
            known_pages += 1
            if known_pages > MAX_KNOWN_PAGES:
                return
            offset += max(1, ids.index(before[-1]) if before[-1] in ids else len(ids))
            continue
        yield ids
        steps_back, known_pages, before = 0, 0, ids
        overlap = min(max(1, len(ids) // 10), len(ids) - 1)
        offset += len(ids) - overlap


async def sweep_until_quiet(read_at: ReadAt, most: int = 6) -> AsyncIterator[list[TicketId]]:
    """Sweeps until one brings no id that was not known, at most `most`; yields only what is new, and an empty list
    at the end of each sweep.

    One sweep misses rows that moved from the part still unread to the part already read.
    """
    known = SeenIds()
    for _ in range(most):
        before = len(known)
        async for ids in sweep(read_at):
            if fresh := known.new(ids):
                yield fresh
        yield []
        if len(known) == before:
            return
