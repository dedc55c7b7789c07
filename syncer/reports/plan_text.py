"""The report of a plan for a terminal. Pure."""

from __future__ import annotations

from msgspec import to_builtins

from syncer.errors import ConfigError
from syncer.pipeline.tally import Result
from syncer.reports.document import Finding, PlanReport
from syncer.reports.summary import lines_of
from syncer.reports.words import counted, printable

SHORT = 12
"""So many letters of a hash tell plans apart."""
_WORDS = {
    "created": "would be created", "updated": "would be updated", "unchanged": "are over already",
    "skipped": "are left behind by rule", "parked": "would be parked",
}  # fmt: skip
MOST = 40


def blockers(plan: PlanReport) -> list[Finding]:
    """What nothing can begin with."""
    return [one for one in plan.findings if one.severity == "blocks" and one.waiver is None]


def blocker_lines(plan: PlanReport) -> list[str]:
    """One line for each finding that blocks."""
    return [
        printable(
            f"{one.place}: {one.title}: {counted(one.count, 'ticket')}, for instance {', '.join(one.examples[:3])}"
        )
        for one in blockers(plan)
    ]


def blocked(plan: PlanReport, lines: list[str]) -> ConfigError:
    """Why nothing can begin."""
    return ConfigError(
        f"route {plan.route}: nothing was written: values without a decision",
        problems=tuple(lines),
        hint=f"Decide in {plan.mapping} (default, aliases) or by hand: syncer lookups export {plan.route};"
        " or go on with --no-plan, which parks these tickets.",
    )


def plan_text(plan: PlanReport) -> str:
    """All of it that fits on a few screens."""
    read = counted(plan.counts["read"], "ticket")
    lines = [f"Plan {plan.plan[:SHORT]} for {plan.route}: {plan.source.name} -> {plan.target.name} ({read} read)"]
    lines += [f"  {plan.counts[r]:>8,}  {_WORDS[r]}" for r in Result if plan.counts[r] or r == Result.CREATED]
    if blocked := blocker_lines(plan):
        lines.append("Blocks the migration:")
        lines += [f"  {line}" for line in blocked[:MOST]]
        lines += [f"  and {len(blocked) - MOST} more, see the report"] if len(blocked) > MOST else []
        lines.append(f"  Decide in {plan.mapping} or by: syncer lookups export {plan.route}")
    parked = [to_builtins(one) | {"reason": one.code} for one in plan.reasons if one.outcome == "parked"]
    lines += lines_of([to_builtins(one) for one in plan.losses], parked)
    lines += _mails(plan)
    lines += [f"Note: {note}" for note in plan.notes]
    lines.append("Nothing was written.")
    lines.append(f"next: {_after(plan)}")
    return "\n".join(map(printable, lines))


def _mails(plan: PlanReport) -> list[str]:
    found = [one for one in plan.findings if one.code.startswith("mails:")]
    if not found:
        return []
    return ["Mails that the target may send:", *(f"  {one.count:>8,}  {one.title}; {one.fix}" for one in found)]


def _after(plan: PlanReport) -> str:
    if blockers(plan):
        return f"decide, then syncer plan {plan.route} again"
    return f"syncer migrate {plan.route} --plan {plan.plan[:SHORT]}"
