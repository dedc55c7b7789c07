"""Reports of plans that never were: full of what somebody gives, or as long as they come."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from syncer.pipeline.tally import Result
from syncer.reports import document as doc
from syncer.reports.preview import MOST_BARS, MOST_ROWS

AT = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)


def filled(words: Sequence[str], *, rows: int = 4) -> doc.PlanReport:
    """Each place that holds words of somebody else's is filled with the next of these."""
    next_word = itertools.cycle(words).__next__

    def some(many: int) -> tuple[str, ...]:
        return tuple(next_word() for _ in range(many))

    def counts(many: int) -> tuple[doc.Count, ...]:
        return tuple(doc.Count(next_word(), 3 + n) for n in range(many))

    waiver = doc.Waiver(next_word(), next_word(), AT)
    kind, ids = next_word(), itertools.cycle(some(4))
    codes = itertools.cycle((next_word(), f"unmapped:{kind}:{kind}:{next(ids)}", f"loss:{next_word()}"))
    findings = tuple(
        doc.Finding(
            code=next(codes),
            severity=severity,
            title=next_word(),
            place=next_word(),
            count=7,
            examples=some(3),
            fix=next_word(),
            waiver=waiver if row % 2 else None,
        )
        for severity in ("blocks", "decide", "information")
        for row in range(rows)
    )
    values = tuple(
        doc.ValueRow(
            id=next(ids),
            name=next_word(),
            tickets=9,
            decision=decision,
            target=next_word(),
            how=next_word(),
            suggestions=(doc.Suggestion(next_word(), 0.71, next_word()),),
            examples=some(2),
        )
        for decision in ("map", "drop", "default", "open")
        for _ in range(rows)
    )
    side = doc.Side(
        title=next_word(),
        text=next_word(),
        fields=tuple((next_word(), next_word()) for _ in range(rows)),
        comments=tuple(doc.Said(next_word(), next_word(), public, next_word()) for public in (True, False)),
        files=some(2),
    )
    return doc.PlanReport(
        route=next_word(),
        plan="ab" * 32,
        parent="cd" * 32,
        made_at=AT,
        syncer="0.1",
        source=doc.DeskSide(next_word(), next_word(), next_word()),
        target=doc.DeskSide(next_word(), next_word(), next_word()),
        mapping=next_word(),
        lookup_version=3,
        counts={"read": 100_000, **{str(r): n for r, n in zip(Result, (99_000, 0, 100, 400, 500), strict=True)}},
        reasons=(doc.Reason("parked", next_word(), next_word(), 500, some(3)),),
        findings=findings,
        values=(doc.ValueTable(kind, next_word(), values),),
        distributions=tuple(doc.Distribution(next_word(), counts(rows), counts(rows)) for _ in range(2)),
        months=tuple(doc.Count(f"{2020 + n // 12}-{n % 12 + 1:02}", 10 + n) for n in range(24)),
        losses=(doc.Loss(next_word(), 5, next_word()), doc.Loss(next_word(), 5, next_word(), waiver, some(2))),
        mails=(doc.Mailing(on=next_word(), to=some(2), certain=True, times=4, tickets=4, silence=next_word()),),
        people_made=2,
        examples=tuple(
            doc.Example(
                id=next_word(),
                number=next_word(),
                url=next_word(),
                outcome="created",
                reason=next_word(),
                traits=some(3),
                before=side,
                after=side,
            )
            for _ in range(rows)
        ),
        forecast=doc.Forecast(
            low=3000,
            median=3600,
            high=5000,
            limit=next_word(),
            phases=(doc.Phase(next_word(), 1.0, 2.0, next_word()),),
            others=(doc.WhatIf(next_word(), 1.0, 2.0),),
            basis=next_word(),
            calls={"old": 1},
        ),
        notes=some(2),
    )


def longest() -> doc.PlanReport:
    """As long as a report can be: of 100,000 records or of a million."""
    plan = filled([f"word {n} of a long report" for n in range(500)], rows=MOST_ROWS // 4)
    bars = tuple(doc.Distribution(f"kind {n}", _bars(), _bars()) for n in range(6))
    text = "Long text. " * 270
    side = doc.Side(title="Long", text=text, comments=tuple(doc.Said("a", "b", True, text) for _ in range(12)))
    examples = tuple(
        doc.Example(
            id=str(n), number=f"#{n}", url=None, outcome="created", reason="", traits=(), before=side, after=side
        )
        for n in range(20)
    )
    from msgspec.structs import replace

    return replace(plan, distributions=bars, examples=examples)


def _bars() -> tuple[doc.Count, ...]:
    return tuple(doc.Count(f"value {n}", 1000 - n) for n in range(MOST_BARS))


def words_of(plan: doc.PlanReport) -> Iterator[str]:
    """Every string in it."""
    import msgspec

    def walk(value: object) -> Iterator[str]:
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            for one in value.values():
                yield from walk(one)
        elif isinstance(value, list):
            for one in value:
                yield from walk(one)

    yield from walk(msgspec.to_builtins(plan))
