"""The report of a plan as one page that needs nothing else: no network, no server, no other file. Pure."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from importlib.resources import files

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from syncer.pipeline.tally import Result
from syncer.reports import drawing
from syncer.reports.document import PlanReport
from syncer.reports.words import counted

_COMMAND = re.compile(r"(syncer [^;,]*[^;,. ])")
MOST = 200
"""Findings of a kind that the page shows."""
OUTCOMES = (
    ("created", "would be created"), ("updated", "would be updated"), ("unchanged", "over already"),
    ("skipped", "left behind by rule"), ("parked", "would be parked"),
)  # fmt: skip
SEVERITIES = (("blocks", "Blocks the migration"), ("decide", "Needs a decision"), ("information", "Good to know"))


@cache
def _part(name: str) -> str:
    return files("syncer.reports").joinpath("page", name).read_text(encoding="utf-8").strip()


def _hash(text: str) -> Markup:
    return Markup("sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode())  # noqa: S704 - ours


def page(plan: PlanReport) -> str:
    """The page. Whatever tickets and desks have said is text on it, and nothing else."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    style, script = _part("plan.css"), _part("plan.js")
    return environment.from_string(_part("plan.html")).render(
        plan=plan, verdict=verdict(plan), outcomes=[one for one in OUTCOMES if plan.counts[one[0]]] or OUTCOMES[:1],
        severities=SEVERITIES, most=MOST, pictures=_pictures(plan), span=span, commands=commands,
        style=Markup(style), script=Markup(script), style_hash=_hash(style), script_hash=_hash(script),  # noqa: S704
    )  # fmt: skip


def verdict(plan: PlanReport) -> str:
    """In one sentence, whether it can begin."""
    blocks = [one for one in plan.findings if one.severity == "blocks" and one.waiver is None]
    decide = [one for one in plan.findings if one.severity == "decide" and one.waiver is None]
    tickets = counted(plan.counts[Result.CREATED], "ticket")
    if blocks:
        return f"{counted(len(blocks), 'thing')} must be decided before {tickets} can go over"
    if decide:
        return f"{tickets} can go over, and {counted(len(decide), 'thing')} should be looked at first"
    return f"Nothing stands in the way of {tickets}"


def _pictures(plan: PlanReport) -> dict[str, object]:
    counts = [(name, plan.counts[name]) for name, _ in OUTCOMES]
    return {
        "outcomes": Markup(drawing.parted("What would become of the tickets", counts)),  # noqa: S704 - escaped there
        "months": Markup(drawing.columns("Tickets by month", [(one.name, one.count) for one in plan.months])),  # noqa: S704
        "distributions": [
            {
                "kind": one.kind,
                "source": Markup(drawing.bars(f"{one.kind} before", [(r.name, r.count) for r in one.source])),  # noqa: S704
                "target": Markup(drawing.bars(f"{one.kind} after", [(r.name, r.count) for r in one.target])),  # noqa: S704
            }
            for one in plan.distributions
            if one.source or one.target
        ],
    }


def commands(words: str) -> list[tuple[str, bool]]:
    """A sentence in pieces: its words, and the commands in it."""
    pieces = _COMMAND.split(words)
    return [(piece, at % 2 == 1) for at, piece in enumerate(pieces) if piece]


def span(seconds: float) -> str:
    """A length of time for people."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
