"""What a person must look at before a migration: what blocks it, what needs a decision, what is good to know. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from syncer.deskkit.contract import Capabilities
from syncer.mapping.tables import Tables
from syncer.pipeline.census import Census
from syncer.pipeline.route import Route
from syncer.pipeline.tally import Tally
from syncer.reports.document import Finding, Waiver
from syncer.reports.mailing import OCCASIONS, readers
from syncer.reports.summary import REASONS, loss_meaning
from syncer.store.waivers import Waived

ADVICE = {
    "unreadable": "Look at these tickets on the source; what cannot be read stays behind",
    "gone": "They vanished while the plan was made: make it again",
    "changed_after": "Make these changes on the target by hand, then: syncer parked drop {route} ID",
}
SEVERITIES = ("blocks", "decide", "information")
DROPPED = "dropped"
RETRY = "See why, mend it, then: syncer parked retry {route}"


class Seen(Struct, frozen=True, kw_only=True):
    """All a plan has to go by."""

    route: Route
    target: Capabilities
    tables: Tables
    tally: Tally
    census: Census
    people_made: int
    waivers: Mapping[str, Waived]


def of(seen: Seen) -> tuple[Finding, ...]:
    """Every finding, the gravest and most frequent first; waived where a waiver still holds."""
    found = [
        *_unmapped(seen), *_parked(seen), *_skipped(seen), *_losses(seen), *_mails(seen), *_static(seen)
    ]  # fmt: skip
    return tuple(in_order([_waived(one, seen.waivers) for one in found]))


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """The gravest first, of these the most frequent."""
    return sorted(findings, key=lambda one: (SEVERITIES.index(one.severity), -one.count))


def _waived(finding: Finding, waivers: Mapping[str, Waived]) -> Finding:
    """A waiver holds while what it was given for does not grow."""
    held = waivers.get(finding.code)
    return (
        finding
        if held is None or not finding.waivable or finding.count > held.count
        else replace(finding, waiver=Waiver(held.by, held.reason, held.at))
    )


def open_ones(findings: Sequence[Finding]) -> list[Finding]:
    """What still stands in the way of a run."""
    return [one for one in findings if one.severity != "information" and one.waiver is None]


def _unmapped(seen: Seen) -> Iterator[Finding]:
    for (field, kind, id), tickets in seen.tally.unmapped.most_common():
        name = seen.tables.name(kind, id)
        fix = f"syncer lookups export {seen.route.name}, decide about it, then: syncer lookups import {seen.route.name}"
        if kind == "conversion":
            fix = f"mend the conversions of fields.{field} in {seen.route.mapping}"
        elif kind == "person":
            fix = f"name a fallback under people in {seen.route.mapping}"
        yield Finding(
            code=f"unmapped:{field}:{kind}:{id}", severity="blocks", count=tickets,
            title=f"no decision for {kind} {name!r}" if kind != "conversion" else f"a value cannot be converted: {id}",
            place=f"{seen.route.mapping}: fields.{field}",
            examples=tuple(seen.tally.examples.get((field, kind, id), ())), fix=fix,
        )  # fmt: skip


def _parked(seen: Seen) -> Iterator[Finding]:
    for reason, tickets in seen.tally.reasons.most_common():
        if reason == "unmapped" or reason not in REASONS:
            continue
        yield Finding(
            code=f"parked:{reason}", severity="decide", count=tickets,
            title=f"would be parked, because {REASONS[reason]}", place=f"tickets of {seen.route.source}",
            examples=tuple(seen.tally.examples.get(reason, ())),
            fix=ADVICE.get(reason, RETRY).format(route=seen.route.name),
        )  # fmt: skip


def _skipped(seen: Seen) -> Iterator[Finding]:
    for rule, tickets in seen.tally.reasons.most_common():
        if rule in REASONS:
            continue
        dropped = rule == DROPPED
        yield Finding(
            code=f"skipped:{rule}", severity="information", count=tickets,
            title="were dropped by a person, and stay behind" if dropped else "left behind by a rule of the mapping",
            place=f"parked tickets of {seen.route.name}" if dropped else f"{seen.route.mapping}: {rule}",
            examples=tuple(seen.tally.examples.get(rule, ())),
            fix=f"to bring them after all: syncer parked retry {seen.route.name} ID" if dropped else "",
        )  # fmt: skip


def _losses(seen: Seen) -> Iterator[Finding]:
    for code, times in seen.tally.losses.most_common():
        yield Finding(
            code=f"loss:{code}", severity="decide", count=times, title=loss_meaning(code),
            place=f"what {seen.route.target} can hold, and the rules of {seen.route.mapping.name}",
            examples=tuple(seen.tally.examples.get(("loss", code), ())),
            fix=f"sign it off: syncer plans waive {seen.route.name} loss:{code} --reason WHY",
        )  # fmt: skip


def _mails(seen: Seen) -> Iterator[Finding]:
    for mail in seen.target.mails:
        times = seen.census.occasions[mail.on]
        if times:
            yield Finding(
                code=mail.code, severity="decide", count=times,
                title=f"{OCCASIONS[mail.on]} {'mails' if mail.certain else 'may mail'} {readers(mail)}",
                place=f"desk {seen.route.target}", examples=tuple(seen.census.examples.get(("mails", mail.on), ())),
                fix=f"{mail.silence}; or go on with: syncer migrate {seen.route.name} --accept-mails",
            )  # fmt: skip


def _static(seen: Seen) -> Iterator[Finding]:
    if seen.people_made:
        yield Finding(
            code="people:made", severity="information", count=seen.people_made,
            title="people would be made on the target", place=f"{seen.route.mapping}: people.missing",
        )  # fmt: skip
    for number, note in enumerate(seen.tally.notes):
        yield Finding(code=f"note:{number}", severity="information", title=note, place=f"route {seen.route.name}")
    yield Finding(
        code="static", severity="information", place=f"desk {seen.route.target}",
        title="required fields, known values, limits of texts and titles were checked against what the target tells of"
        " itself; rules that it does not tell show only when it is written to",
        fix=f"syncer migrate {seen.route.name} --sample 20",
    )  # fmt: skip
