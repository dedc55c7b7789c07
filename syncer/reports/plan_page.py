"""The report of a plan as one page that needs nothing else: no network, no server, no other file. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup
from msgspec import Struct

from syncer.pipeline.tally import Result
from syncer.reports import drawing, mailing
from syncer.reports.document import Count, Example, Mailing, PlanReport, Suggestion, ValueRow
from syncer.reports.frame import render
from syncer.reports.grouped import grouped
from syncer.reports.timeline import timeline
from syncer.reports.words import counted

MOST, MOST_ROWS = 200, 500
"""Findings of a severity that the page shows, and rows of one that is many."""
SHOWN = 12
"""Rows of a table that are seen before somebody asks for more."""
MOST_BARS = 12
OUTCOMES = (
    ("created", "would be created"), ("updated", "would be updated"), ("unchanged", "over already"),
    ("skipped", "left behind by rule"), ("parked", "would be parked"),
)  # fmt: skip
SEVERITIES = (("blocks", "Blocks the migration"), ("decide", "Needs a decision"), ("information", "For information"))


class _Table(Struct, frozen=True):
    kind: str
    target_kind: str
    open: int
    rows: Sequence[ValueRow]


def page(plan: PlanReport) -> str:
    """The page. Whatever tickets and desks have said is text on it, and nothing else."""
    return render(
        "plan.html", plan=plan, verdict=verdict(plan), severities=SEVERITIES, most=MOST, rows=MOST_ROWS, shown=SHOWN,
        outcomes=[one for one in OUTCOMES if plan.counts[one[0]]] or OUTCOMES[:1], groups=grouped(plan),
        tables=list(_tables(plan)), pictures=_pictures(plan), share=drawing.share, guesses=guesses, fields=fields,
        readers=_readers, occasion=_occasion,
        blocked=any(one.severity == "blocks" and one.waiver is None for one in plan.findings),
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


def _tables(plan: PlanReport) -> Iterator[_Table]:
    for one in plan.values:
        rows = sorted(one.rows, key=lambda row: (row.decision != "open", -row.tickets))
        if rows:
            yield _Table(_words(one.kind), _words(one.target_kind), sum(row.decision == "open" for row in rows), rows)


def _pictures(plan: PlanReport) -> dict[str, object]:
    counts = [(name, plan.counts[name]) for name, _ in OUTCOMES]
    over_time = timeline(plan.months)
    drawn = drawing.columns(f"Tickets by {over_time.unit}", over_time.rows, over_time.unit)
    return {
        "outcomes": Markup(drawing.parted("What would become of the tickets", counts)),  # noqa: S704 - escaped there
        "months": Markup(drawn) if over_time.rows else "",  # noqa: S704 - escaped there
        "unit": over_time.unit,
        "undated": over_time.undated,
        "distributions": [
            {"kind": _words(one.kind), **dict(_sides(one.kind, one.source, one.target))}
            for one in plan.distributions
            if one.source or one.target
        ],
    }


def _words(field: str) -> str:
    """A key of ours for people; a name that people gave is as it is."""
    return field.removesuffix("_id").replace("_", " ") if field.isidentifier() and field.islower() else field


def _sides(kind: str, source: Sequence[Count], target: Sequence[Count]) -> Iterator[tuple[str, Markup]]:
    """Both to one scale, or a longer bar would not be more."""
    before, after = _few(source), _few(target)
    most = max((count for _, count in (*before, *after)), default=1)
    yield "source", Markup(drawing.bars(f"{kind} before", before, most))  # noqa: S704 - escaped there
    yield "target", Markup(drawing.bars(f"{kind} after", after, most))  # noqa: S704 - escaped there


def _few(counts: Sequence[Count]) -> list[tuple[str, int]]:
    rows = [(one.name, one.count) for one in counts]
    if len(rows) <= MOST_BARS:
        return rows
    rest = rows[MOST_BARS - 1 :]
    return [*rows[: MOST_BARS - 1], (f"{len(rest):,} more", sum(count for _, count in rest))]


def guesses(suggestions: Sequence[Suggestion]) -> str:
    """Values that may be meant, the likeliest first."""
    return "; ".join(f"{one.name}? ({one.score * 100:.0f}\u00a0%, {one.why})" for one in suggestions)


def fields(one: Example) -> list[tuple[str, str, str]]:
    """Its fields on both sides, row by row: first what both have, then what one has."""
    before = {"title": one.before.title, **dict(one.before.fields)}
    after = {"title": one.after.title, **dict(one.after.fields)} if one.after else {}
    names = [*(n for n in before if n in after), *(n for n in before if n not in after)]
    names += [name for name in after if name not in before]
    return [(_words(name), before.get(name, ""), after.get(name, "")) for name in names]


def _readers(mail: Mailing) -> str:
    return ", ".join(mailing.READERS.get(one, one) for one in mail.to)


def _occasion(mail: Mailing) -> str:
    return mailing.OCCASIONS.get(mail.on, mail.on)
