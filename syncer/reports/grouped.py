"""Findings as a person reads them: hundreds that are of one place are one, with its parts below. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from syncer.reports.document import Finding, PlanReport, Suggestion, ValueRow
from syncer.reports.words import counted


class Part(Struct, frozen=True, kw_only=True):
    """One finding, and what may be meant where it is a value without a decision; `name` is that value."""

    title: str
    name: str = ""
    place: str
    count: int
    examples: tuple[str, ...]
    fix: str
    waiver: object
    suggestions: tuple[Suggestion, ...] = ()


class Group(Struct, frozen=True, kw_only=True):
    """Findings of one kind and place, the most frequent first; `count` is how many, shown as `rows` or not, and
    `times` how often all of them were met."""

    severity: str
    title: str
    place: str
    fix: str
    count: int
    times: int
    rows: tuple[Part, ...]


def grouped(plan: PlanReport) -> list[Group]:
    """All findings, in the order of the report. Losses are one: each of them stands in the loss ledger."""
    meant = {(table.kind, row.id): row for table in plan.values for row in table.rows}
    found: dict[tuple[str, ...], list[Finding]] = {}
    for at, one in enumerate(plan.findings):
        found.setdefault(_kin(one) or (one.severity, "", str(at)), []).append(one)
    return [_group(kin[1], some, plan, meant) for kin, some in found.items()]


def _kin(one: Finding) -> tuple[str, ...]:
    """What findings have in common that are told as one; empty for one that is told alone."""
    family, *rest = one.code.split(":", 3)
    if family == "loss":
        return one.severity, family, "open" if one.waiver is None else "waived"
    if family == "unmapped" and len(rest) == 3:
        return one.severity, family, *rest[:2], one.place
    return ()


def _group(family: str, some: list[Finding], plan: PlanReport, meant: dict[tuple[str, str], ValueRow]) -> Group:
    first = some[0]
    group = Group(
        severity=first.severity, title=first.title, place=first.place, fix=first.fix, count=len(some),
        times=sum(one.count for one in some), rows=tuple(_parts(some, meant)),
    )  # fmt: skip
    if len(some) == 1:
        return group
    if family == "loss":
        signed = first.waiver is not None
        title = f"{counted(len(some), 'kind')} of loss {'are signed off' if signed else 'are not signed off'}"
        fix = "" if signed else f"read them below, then: syncer plans waive {plan.route} --all-losses --reason WHY"
        row = replace(group.rows[0], title=title, fix=fix, count=group.times, examples=(), waiver=None)
        return replace(group, title=title, fix=fix, rows=(row,))
    kind = first.code.split(":")[2]
    return replace(group, title=f"{counted(len(some), 'value')} of {kind} without a decision")


def _parts(some: Iterable[Finding], meant: dict[tuple[str, str], ValueRow]) -> Iterator[Part]:
    for one in some:
        of = tuple(one.code.split(":", 3)[2:])
        row = meant.get((of[0], of[1])) if len(of) == 2 else None
        yield Part(
            title=one.title, place=one.place, count=one.count, examples=one.examples, fix=one.fix, waiver=one.waiver,
            suggestions=row.suggestions if row is not None else (), name=row.name if row is not None else "",
        )  # fmt: skip
