"""What the last walk saw of each ticket's row, in 8 bytes: what a ticket's version is made of (contract 4).

A version is `R` for a ticket whose row says that it is closed, `R.D` for one that is not, `-.D` for one that no list
shows: R is the hash of its row, D of the whole ticket. Only what is equal means anything.
"""

from __future__ import annotations

import array

from syncer.model.ids import TicketId, Version

_SPAN = 64
_CLOSED, _ROWLESS = 1, 2


class Seen:
    """A row as it was seen: its hash, and whether it says that the ticket is closed. No row at all where 0."""

    __slots__ = ("closed", "row")

    def __init__(self, row: int, *, closed: bool) -> None:
        self.row = row
        self.closed = closed

    def version(self, detail: bytes) -> Version:
        """The version of a ticket with this row; the hash of the whole ticket counts while it is not closed."""
        if self.closed:
            return Version(f"{self.row:x}")
        return Version(f"{self.row:x}.{detail.hex()}" if self.row else f"-.{detail.hex()}")


ROWLESS = Seen(0, closed=False)


class Snapshot:
    """Rows by ticket, never a text of one: 8 bytes each where ids are close together, some hundred else."""

    def __init__(self) -> None:
        self._chunks: dict[int, array.array[int]] = {}

    def put(self, id: TicketId, row: bytes, *, closed: bool) -> None:
        """A row's hash, in place of the one before."""
        self._set(id, ((int.from_bytes(row) & ~3) or 4) | (_CLOSED if closed else 0))

    def put_rowless(self, id: TicketId) -> None:
        """It is there, and no list shows it."""
        self._set(id, _ROWLESS)

    def get(self, id: TicketId) -> Seen | None:
        """What was seen last; None for a ticket that nobody looked for in this life."""
        high, low = divmod(int(id), _SPAN)
        chunk = self._chunks.get(high)
        if chunk is None or not (found := chunk[low]):
            return None
        return ROWLESS if found & _ROWLESS else Seen(found >> 2, closed=bool(found & _CLOSED))

    def _set(self, id: TicketId, value: int) -> None:
        high, low = divmod(int(id), _SPAN)
        chunk = self._chunks.get(high)
        if chunk is None:
            chunk = self._chunks[high] = array.array("Q", bytes(8 * _SPAN))
        chunk[low] = value
