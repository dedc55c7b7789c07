"""Work side by side, each piece of it when the servers it needs are free."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass


@dataclass(frozen=True)
class Piece:
    """Something to do, for which nobody else may use these servers."""

    servers: frozenset[str]
    do: Callable[[], None]


def in_turn(pieces: Sequence[Piece], most: int) -> None:
    """Do them all, so many at once; what stands first goes first where it can. Raises what one of them raised."""
    waiting, busy, changed = list(pieces), set[str](), threading.Condition()

    def work() -> None:
        while True:
            with changed:
                while waiting and (mine := _free(waiting, busy)) is None:
                    changed.wait()
                if not waiting:
                    return
                assert mine is not None
                waiting.remove(mine)
                busy.update(mine.servers)
            try:
                mine.do()
            finally:
                with changed:
                    busy.difference_update(mine.servers)
                    changed.notify_all()

    with ThreadPoolExecutor(most) as threads:
        for done in [threads.submit(work) for _ in range(most)]:
            done.result()


def _free(waiting: Sequence[Piece], busy: set[str]) -> Piece | None:
    return next((piece for piece in waiting if not piece.servers & busy), None)
