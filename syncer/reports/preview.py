"""From what a plan recorded to its report. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from syncer.mapping.match import Proposal
from syncer.mapping.names import shown
from syncer.mapping.tables import Tables
from syncer.model.lookups import ListPair, Outcome
from syncer.pipeline.census import Census
from syncer.pipeline.tally import Tally
from syncer.reports import findings
from syncer.reports.document import (
    Count,
    DeskSide,
    Distribution,
    Example,
    Forecast,
    Loss,
    Mailing,
    PlanReport,
    Reason,
    Suggestion,
    ValueRow,
    ValueTable,
    Waiver,
)
from syncer.reports.summary import REASONS, loss_meaning

MOST_ROWS = 500
"""Values of one list that a report tells of; the rest stands in the sheet of `syncer lookups export`."""
MOST_BARS = 40
SHOWN = ("status", "priority", "type", "category", "group")


class Made(Struct, frozen=True, kw_only=True):
    """A plan that was made, and all that its report says besides what was found."""

    hash: str
    parent: str | None
    at: datetime
    version: str
    source: DeskSide
    target: DeskSide
    lookup_version: int
    examples: tuple[Example, ...] = ()
    forecast: Forecast | None = None


def report(made: Made, seen: findings.Seen, proposals: Mapping[ListPair, Sequence[Proposal]]) -> PlanReport:
    """The report."""
    return PlanReport(
        route=seen.route.name, plan=made.hash, parent=made.parent, made_at=made.at, syncer=made.version,
        source=made.source, target=made.target, mapping=str(seen.route.mapping), lookup_version=made.lookup_version,
        counts=seen.tally.counts(), reasons=_reasons(seen.tally), findings=findings.of(seen),
        values=tuple(_table(pair, some, seen) for pair, some in proposals.items()),
        distributions=_distributions(seen), months=_months(seen.census),
        losses=_losses(seen), mails=_mails(seen), people_made=seen.people_made, examples=made.examples,
        forecast=made.forecast, notes=tuple(seen.tally.notes),
    )  # fmt: skip


def _reasons(tally: Tally) -> tuple[Reason, ...]:
    return tuple(
        Reason(
            "parked" if code in REASONS else "skipped", code, REASONS.get(code, "left behind by a rule of the mapping"),
            count, tuple(tally.examples.get(code, ())),
        )
        for code, count in tally.reasons.most_common()
    )  # fmt: skip


def _table(pair: ListPair, proposals: Sequence[Proposal], seen: findings.Seen) -> ValueTable:
    rows = [_row(one, pair.target_kind, seen) for one in proposals]
    # What does not occur, and is decided, needs nobody's eye.
    rows = [row for row in rows if row.tickets or row.decision == "open"]
    return ValueTable(
        pair.kind, pair.target_kind, tuple(sorted(rows, key=lambda row: (-row.tickets, row.name))[:MOST_ROWS])
    )


def _row(one: Proposal, target_kind: str, seen: findings.Seen) -> ValueRow:
    kind, id = one.source.kind, one.source.id
    decision = one.decision
    default = any(rule.lookup == kind and rule.default is not None for rule in seen.route.rules.fields.values())
    said, target = ("default" if default else "open"), ""
    if decision is not None and decision.outcome != Outcome.UNDECIDED:
        said = str(decision.outcome)
        value = seen.tables.target.get((target_kind, decision.target_id or ""))
        target = shown(value) if value is not None else decision.target_id or ""
    return ValueRow(
        id=id, name=shown(one.source), tickets=seen.census.source[kind, id], decision=said,  # type: ignore[arg-type]
        target=target, how=str(decision.how) if decision is not None else "",
        score=decision.score if decision is not None else 1.0,
        suggestions=tuple(Suggestion(shown(s.target), s.score, s.reason) for s in one.suggestions),
        examples=tuple(seen.census.examples.get((kind, id), ())),
    )  # fmt: skip


def _distributions(seen: findings.Seen) -> tuple[Distribution, ...]:
    """The lists people know a desk by, and all others that are carried over."""
    fields = {name: rule.lookup for name, rule in seen.route.rules.fields.items() if rule.lookup}
    found = []
    for name, kind in sorted(
        fields.items(), key=lambda item: (SHOWN.index(item[0]) if item[0] in SHOWN else len(SHOWN), item[0])
    ):
        before = _named(seen.census.source, kind, kind, seen.tables, source=True)
        field = seen.target.fields.get(name)
        after = _named(seen.census.target, name, (field.lookup if field else None) or name, seen.tables, source=False)
        found.append(Distribution(name, before, after))
    return tuple(found)


def _named(counts: Counter[tuple[str, str]], of: str, kind: str, tables: Tables, *, source: bool) -> tuple[Count, ...]:
    values = tables.source if source else tables.target
    rows = [
        Count(shown(values[kind, id]) if (kind, id) in values else id, n) for (k, id), n in counts.items() if k == of
    ]
    rows.sort(key=lambda row: (-row.count, row.name))
    rest = sum(row.count for row in rows[MOST_BARS:])
    return (*rows[:MOST_BARS], *((Count(f"{len(rows) - MOST_BARS} others", rest),) if rest else ()))


def _months(census: Census) -> tuple[Count, ...]:
    return tuple(Count(month, census.months[month]) for month in sorted(census.months))


def _losses(seen: findings.Seen) -> tuple[Loss, ...]:
    found = []
    for code, count in seen.tally.losses.most_common():
        held = seen.waivers.get(f"loss:{code}")
        holds = held is not None and count <= held.count
        signed = Waiver(held.by, held.reason, held.at) if held is not None and holds else None
        examples = tuple(seen.tally.examples.get(("loss", code), ()))
        found.append(Loss(code, count, loss_meaning(code), signed, examples))
    return tuple(found)


def _mails(seen: findings.Seen) -> tuple[Mailing, ...]:
    return tuple(
        Mailing(
            on=mail.on, to=mail.to, certain=mail.certain, times=seen.census.occasions[mail.on],
            tickets=seen.census.mailing[mail.on], silence=mail.silence,
        )
        for mail in seen.target.mails
        if seen.census.occasions[mail.on]
    )  # fmt: skip
