"""The matrix as a table: a line for each way, with what went over, what was lost, and whether the judge agrees."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.flows import matrix
from tests.flows.matrix_evidence import Evidence
from tests.flows.matrix_expected import carried
from tests.flows.matrix_judge import judge

COLUMNS = ("tickets", "created", "parked", "comments", "files", "losses", "again")
WIDTHS = (7, 7, 6, 8, 5, 6, 5)
HEAD = f"{'source':<15} {'target':<15} {' '.join(map(str.rjust, COLUMNS, WIDTHS))} seconds  verdict"
LEGEND = """\
comments: carried, as comments or told in the text. files: on the target, those of comments too. losses: by the run's
own report, each recounted by the judge from the source, the mapping and what a kind must hold, whatever a desk claims.
again: writes of a second run. seconds: lists, both runs and the id map. Not looked at, because no word for it is the
same on all desks: who created a ticket, work and ratings, where the target has a place for them (where it has none, the
text must tell them); and which comment was the solution."""
WHOLE = "whole"


def line(way: tuple[str, str], seen: Evidence | None, faults: Sequence[str], seconds: float) -> str:
    """One way."""
    verdict = WHOLE if not faults else f"BROKEN, {len(faults)} times"
    numbers = "" if seen is None else " ".join(f"{n:>{width}}" for n, width in zip(_counts(seen), WIDTHS, strict=True))
    return f"{way[0]:<15} {way[1]:<15} {numbers:<{sum(WIDTHS) + 6}} {seconds:>7.1f}  {verdict}"


def _counts(seen: Evidence) -> tuple[int, ...]:
    comments = sum(len(carried(seen, old)) for old in seen.old)
    files = sum(len(new.files) + sum(len(said.files) for said in new.comments) for new in seen.new)
    counts, losses = seen.counts, sum(seen.losses.values())
    return len(seen.old), counts["created"], counts["parked"], comments, files, losses, seen.writes


def moved(
    way: tuple[str, str], tickets: int, seed: int, place: Path, dsn: str
) -> tuple[Evidence | None, list[str], float]:
    """One way moved: the evidence, what the judge says, and how long it took."""
    began = time.monotonic()
    try:
        with matrix.way(*way, matrix.world(tickets, seed), place, dsn) as ready:
            began = time.monotonic()
            seen = ready.move()
            seconds = time.monotonic() - began
    except matrix.Stuck as stuck:
        return None, [str(stuck)], time.monotonic() - began
    return seen, judge(seen), seconds


def losses(seen: Evidence) -> Iterator[str]:
    """A line for each code of the ledger."""
    for code, times in sorted(seen.losses.items(), key=lambda one: (-one[1], one[0])):
        yield f"{times:>7}  {code}"
