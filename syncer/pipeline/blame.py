"""Pure: is it this ticket that the target cannot swallow, or does the target swallow none?"""

from __future__ import annotations

from syncer.model.ids import TicketId

FEW = 3
"""So many that fail side by side, or one after another, may each be at fault; more of them are the target's doing."""


class Blame:
    """Counts attempts that surely made nothing, one pass long."""

    def __init__(self) -> None:
        self._made = 0
        self._in_a_row = 0
        self._failing: dict[TicketId, tuple[int, int]] = {}

    def failed(self, id: TicketId) -> int:
        """One more attempt came to nothing; how many that are by now."""
        times, made_before = self._failing.get(id, (0, self._made))
        self._failing[id] = times + 1, made_before
        return times + 1

    def made(self) -> None:
        """The target took one."""
        self._made += 1
        self._in_a_row = 0

    def over(self, id: TicketId) -> None:
        """Whatever became of it, it fails no more."""
        self._failing.pop(id, None)

    def is_its_own(self, id: TicketId, *, took_before: bool) -> bool:
        """Whether a ticket that failed to the end is at fault: others passed since it first failed; or it is one of a
        few, and the target took tickets in this pass or, `took_before`, in an earlier one."""
        _, made_before = self._failing[id]
        alone = len(self._failing) <= FEW and self._in_a_row < FEW and (self._made > 0 or took_before)
        if self._made > made_before or alone:
            self._in_a_row += 1
            return True
        return False
