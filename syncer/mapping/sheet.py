"""A route's decisions as a table for a spreadsheet and back, and the operator's table of people."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from msgspec import Struct

from syncer.mapping import cells
from syncer.mapping.match import Proposal
from syncer.mapping.names import grouped, same, shown
from syncer.mapping.tables import normal_email
from syncer.model.lookups import Decision, How, LookupValue, Outcome

COLUMNS = (
    "kind", "source_id", "source_name", "source_path", "target_kind", "decision", "target_id", "target_name",
    "how", "score", "suggestions", "occurrences",
)  # fmt: skip
_KEY = ("kind", "source_id", "target_kind")
_ID_COLUMNS = ("id", "guid", "user_id")
_ROUNDED = re.compile(r"[0-9](?:[.,][0-9]+)?E\+[0-9]+")


class Row(Struct, frozen=True, kw_only=True):
    """One line: a source value and what is decided. `decision` is empty for undecided; `line` is where it stood."""

    kind: str
    source_id: str
    target_kind: str
    decision: str = ""
    target_id: str = ""
    target_name: str = ""
    source_name: str = ""
    source_path: str = ""
    how: str = ""
    score: str = ""
    suggestions: str = ""
    occurrences: str = ""
    line: int = 0


class Sheet(Struct, frozen=True):
    """The sound rows that were read, and all that is wrong with the others, each with its line."""

    rows: list[Row]
    problems: list[str]


class Known(Struct, frozen=True):
    """What a sheet is read against: a route's pairs (kind, target kind), both desks' lists, the decisions so far."""

    pairs: Collection[tuple[str, str]]
    source: Sequence[LookupValue]
    target: Sequence[LookupValue]
    current: Sequence[Decision]


def row(
    proposal: Proposal, target_kind: str, target: Mapping[tuple[str, str], LookupValue], occurrences: int | None = None
) -> Row:
    """The line of a proposal; `target` is by (kind, id)."""
    value, decision = proposal.source, proposal.decision
    if decision is not None and decision.outcome == Outcome.UNDECIDED:
        decision = None
    chosen = target.get((target_kind, decision.target_id or "")) if decision else None
    return Row(
        kind=value.kind,
        source_id=value.id,
        source_name=value.name,
        source_path=" / ".join(value.path),
        target_kind=target_kind,
        decision=decision.outcome.value if decision else "",
        target_id=(decision.target_id or "") if decision else "",
        target_name=shown(chosen) if chosen else "",
        how=decision.how.value if decision else "",
        score=f"{decision.score:.2f}" if decision else "",
        suggestions="; ".join(
            f"{s.target.id} {shown(s.target)} ({s.reason}, {s.score:.2f})" for s in proposal.suggestions
        ),
        occurrences="" if occurrences is None else str(occurrences),
    )


def to_csv(rows: Iterable[Row], separator: str = ",") -> str:
    """The table, every cell safe to open. Only a score may look like a number that it is."""
    return cells.write(
        COLUMNS,
        ([getattr(r, n) if n == "score" else cells.guarded(getattr(r, n)) for n in COLUMNS] for r in rows),
        separator,
    )


def from_csv(text: str) -> Sheet:
    """Read a table as far as it can be judged by itself; `decided` judges it against the desks' lists."""
    lines, problems = cells.read(text, COLUMNS, (*_KEY, "decision"))
    rows = []
    for line, found in lines:
        fields = {name: found.get(name, "") for name in COLUMNS}
        read = Row(**{**fields, "decision": fields["decision"].lower()}, line=line)
        if wrong := _unsound(read):
            problems.append(f"line {line}: {wrong}")
        else:
            rows.append(read)
    return Sheet(rows, problems)


def _unsound(read: Row) -> str | None:
    empty = [name for name in _KEY if not getattr(read, name)]
    if empty:
        return f"{', '.join(empty)} is empty"
    if read.decision not in {"", Outcome.MAP, Outcome.DROP, Outcome.DEFAULT}:
        return f"decision {read.decision!r} is none of map, drop, default or empty"
    if read.decision == Outcome.MAP and not (read.target_id or read.target_name):
        return "map needs a target_id or a target_name"
    return None


def decided(sheet: Sheet, known: Known, by: str | None = None) -> tuple[list[Decision], list[str]]:
    """The decisions by hand that a sheet brings, or everything that is wrong with it: one of the two is empty.

    Rows that say what holds already bring none, so that untouched ones stay open to matching. A target without a
    decision beside it means map.
    """
    judge = _Judge(known, by)
    problems = list(sheet.problems)
    found: dict[tuple[str, str, str], tuple[int, Decision | None]] = {}
    for read in sheet.rows:
        result = judge.decision(read)
        if isinstance(result, str):
            problems.append(f"line {read.line}: {result}")
            continue
        first, decision = found.setdefault((read.kind, read.target_kind, read.source_id), (read.line, result))
        if decision != result:
            problems.append(f"line {read.line}: {read.kind} {read.source_id} is decided otherwise in line {first}")
    problems.sort(key=_line)
    return ([] if problems else [d for _, d in found.values() if d is not None]), problems


def _line(problem: str) -> int:
    return int(problem.removeprefix("line ").partition(":")[0])


class _Judge:
    """What is known, indexed."""

    def __init__(self, known: Known, by: str | None) -> None:
        self.by = by
        self.pairs = set(known.pairs)
        self.source = {(v.kind, v.id) for v in known.source}
        self.target = {(v.kind, v.id): v for v in known.target}
        active = [v for v in known.target if v.active]
        self.by_shown = grouped(active, lambda v: (v.kind, same(shown(v))))
        self.by_name = grouped(active, lambda v: (v.kind, same(v.name)))
        self.current = {(d.kind, d.target_kind, d.source_id): d for d in known.current}

    def decision(self, read: Row) -> Decision | str | None:
        """What a row decides anew; None when it says nothing new; a text when it is wrong."""
        if (read.kind, read.target_kind) not in self.pairs:
            return f"this route does not carry {read.kind} to {read.target_kind}"
        if (read.kind, read.source_id) not in self.source:
            return f"the source has no {read.kind} {read.source_id!r}; a spreadsheet may have changed the id"
        old = self.current.get((read.kind, read.target_kind, read.source_id))
        held = (old.outcome, old.target_id) if old else (Outcome.UNDECIDED, None)
        new: tuple[Outcome, str | None] = (Outcome(read.decision or Outcome.UNDECIDED), None)
        if read.decision in {"", Outcome.MAP} and (read.target_id or read.target_name):
            target = self.chosen(read)
            if isinstance(target, str):
                return target
            new = Outcome.MAP, target.id
            if not read.decision and held == new:
                return "decision is empty and its target still there: write map, or empty the target too"
        if new == held:
            return None
        return Decision(read.kind, read.target_kind, read.source_id, *new, How.HAND, by=self.by)

    def chosen(self, read: Row) -> LookupValue | str:
        """The target a row names, or what is wrong with it."""
        kind, id, name = read.target_kind, read.target_id, same(read.target_name)
        if not id:
            hits = self.by_shown.get((kind, name)) or self.by_name.get((kind, name), [])
            if len(hits) == 1:
                return hits[0]
            if hits:
                ids = ", ".join(v.id for v in hits)
                return f"the target has several {kind} {read.target_name!r}: {ids}; give the id"
            return f"the target has no active {kind} {read.target_name!r}"
        value = self.target.get((kind, id))
        if value is None:
            return f"the target has no {kind} {id!r}; where a spreadsheet changed the id, empty it and give the name"
        if not value.active:
            return f"{kind} {id} ({shown(value)}) is no longer active on the target"
        if name and name not in {same(value.name), same(shown(value)), same(id)}:
            return f"{kind} {id} is {shown(value)!r} and not {read.target_name!r}; empty the one that is wrong"
        return value


def people_table(text: str) -> dict[str, str]:
    """The operator's CSV: normalised e-mail (or source id) -> target id.

    Columns are email and id; exports of desks that call the latter guid or user_id are taken as they are.
    Raises ValueError with every problem on a line of its own.
    """
    named = next((name for name in _ID_COLUMNS if cells.has_column(text, name)), "id")
    lines, problems = cells.read(text, ("email", named), ("email", named))
    found: dict[str, tuple[int, str]] = {}
    for line, read in lines:
        email, id = normal_email(read.get("email", "")), read.get(named, "")
        if not email or not id:
            problems.append(f"line {line}: {'id' if email else 'email'} is empty")
            continue
        if _ROUNDED.fullmatch(id):
            problems.append(f"line {line}: a spreadsheet rounded the id to {id}")
        first, known = found.setdefault(email, (line, id))
        if known != id:
            problems.append(f"line {line}: {email} has id {id}, and {known} in line {first}")
    if problems:
        raise ValueError("\n".join(sorted(problems, key=_line)))
    return {email: id for email, (_, id) in found.items()}
