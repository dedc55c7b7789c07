"""A bar on a terminal, a line every few seconds elsewhere; on stderr, so that stdout stays a document."""

from __future__ import annotations

import sys
import time
from typing import Any

import click

from syncer.deskkit.budget import Budget
from syncer.log import redact
from syncer.pipeline.doubts import Doubts
from syncer.pipeline.tally import Result, Tally
from syncer.reports.words import counted

EVERY = 5.0
WINDOW = 10.0


class Progress:
    """Shows how a run comes along: done of read, rate, time left, and what it waits for."""

    def __init__(self, what: str, budgets: dict[str, Budget], *, quiet: bool = False) -> None:
        self._what = what
        self._budgets = budgets
        self._quiet = quiet
        self._started = time.monotonic()
        self._said = self._started
        self._marks: list[tuple[float, int]] = []
        self._live: Any = None

    def __call__(self, tally: Tally, doubts: Doubts | None) -> None:
        """Called a few times a second by the run."""
        if self._quiet:
            return
        now = time.monotonic()
        self._marks.append((now, tally.ended()))
        while now - self._marks[0][0] > WINDOW:
            self._marks.pop(0)
        if sys.stderr.isatty():
            self._draw(tally, doubts)
        elif now - self._said >= EVERY:
            self._said = now
            click.echo(self.line(tally, doubts), err=True)

    def line(self, tally: Tally, doubts: Doubts | None) -> str:
        """The state in one line."""
        waits = self._waits(tally, doubts)
        if tally.doing:
            return f"{self._what}: {tally.doing}{'; waits for ' + waits if waits else ''}"
        rate, left = self._rate(), ""
        if rate > 0 and tally.read > tally.ended():
            left = f", {_span((tally.read - tally.ended()) / rate)} left of what is listed"
        done = f"{tally.ended():,} of {tally.read:,} {self._facts(tally)}, {rate:,.0f}/s"
        return f"{self._what}: {done}{left}{'; waits for ' + waits if waits else ''}"

    def _facts(self, tally: Tally) -> str:
        facts = [f"{tally.results[r]:,} {r}" for r in Result if tally.results[r]]
        return f"({', '.join(facts)})" if facts else ""

    def _rate(self) -> float:
        if len(self._marks) < 2:
            return 0.0
        (t0, n0), (t1, n1) = self._marks[0], self._marks[-1]
        return (n1 - n0) / (t1 - t0) if t1 > t0 else 0.0

    def _waits(self, tally: Tally, doubts: Doubts | None) -> str:
        waits = [f"{name}: {why}" for name, budget in self._budgets.items() if (why := budget.limiting())]
        if doubts is not None and doubts.pending:
            waits.append(f"{counted(doubts.pending, 'lost answer')} to be looked for")
        if tally.trouble:
            waits.append(f"a better answer than: {redact(tally.trouble)}")
        return "; ".join(waits)

    def _draw(self, tally: Tally, doubts: Doubts | None) -> None:
        if self._live is None:
            self._live = _bar()
            self._task = self._live.add_task(self._what, facts="")
            self._live.start()
        text = self._short(tally, doubts)
        self._live.update(self._task, total=max(tally.read, 1), completed=tally.ended(), facts=text)

    def _short(self, tally: Tally, doubts: Doubts | None) -> str:
        """What stands beside the bar, the most important first: a narrow terminal cuts its end."""
        rate = self._rate()
        facts = [tally.doing] if tally.doing else [f"{tally.ended():,}/{tally.read:,}", f"{rate:,.0f}/s"]
        if rate > 0 and tally.read > tally.ended():
            facts.append(f"{_span((tally.read - tally.ended()) / rate)} left")
        if parked := tally.results[Result.PARKED]:
            facts.append(f"{parked:,} parked")
        if waits := self._waits(tally, doubts):
            facts.append(f"waits for {waits}")
        return "  ".join(facts)

    def close(self) -> None:
        """Take the bar away."""
        if self._live is not None:
            self._live.stop()


def _bar() -> Any:
    """A bar on stderr that leaves the terminal as it was; only the facts beside it are cut where room is short."""
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bar
    from rich.table import Column

    whole, cut = Column(no_wrap=True, min_width=12), Column(no_wrap=True, overflow="ellipsis", ratio=1)
    return Bar(
        TextColumn("{task.description}", table_column=whole),
        BarColumn(bar_width=20, table_column=Column(min_width=20)),
        TextColumn("{task.fields[facts]}", markup=False, table_column=cut),
        console=Console(stderr=True), transient=True, expand=True,
    )  # fmt: skip


def _span(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
