"""Where routes stand and how runs ended, in words and as plain values for JSON. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from syncer.model.ids import Cursor
from syncer.pipeline.tally import Result
from syncer.store.leases import Holder
from syncer.store.runs import Run


class Known(Struct, kw_only=True):
    """What the ledger says of one route."""

    route: str
    source: str
    target: str
    migrated: int
    open: int
    """Announced, no outcome yet."""
    letters: Mapping[tuple[str, str], int]
    """How many parked by (state, reason)."""
    checkpoint: tuple[Cursor, datetime] | None
    last: Run | None
    writer: Holder | None


def of_run(run: Run, writer: Holder | None) -> dict[str, Any]:
    """A run; one that says it runs while nobody holds its lease was killed."""
    killed = run.state == "running" and not (writer and writer.alive)
    return {
        "run": run.id,
        "route": run.route,
        "kind": run.kind,
        "state": "killed" if killed else run.state,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "seconds": round((run.ended_at - run.started_at).total_seconds(), 1) if run.ended_at else None,
        "counts": run.counts,
        "losses": run.losses,
        "message": run.message,
    }


def of_route(known: Known, suffix: str = "") -> dict[str, Any]:
    """Where a route stands, and the next safe command, which ends with `suffix`."""
    parked: dict[str, int] = {}
    for (state, reason), count in known.letters.items():
        if state != "dropped":
            parked[reason] = parked.get(reason, 0) + count
    last = of_run(known.last, known.writer) if known.last else None
    writer, checkpoint = known.writer, known.checkpoint
    alive = writer is not None and writer.alive
    step = _next(known, last, parked)
    return {
        "route": known.route,
        "source": known.source,
        "target": known.target,
        "migrated": known.migrated,
        "parked": parked,
        "asked_to_retry": sum(n for (state, _), n in known.letters.items() if state == "retry"),
        "dropped": sum(n for (state, _), n in known.letters.items() if state == "dropped"),
        "under_way": known.open if alive else 0,
        "doubts": 0 if alive else known.open,
        "checkpoint": {"cursor": checkpoint[0], "at": checkpoint[1]} if checkpoint else None,
        "last_run": last,
        "writer": {"holder": writer.holder, "alive": alive, "until": writer.until} if writer else None,
        "next": f"syncer {step} {known.route}{suffix}",
    }


def _next(known: Known, last: dict[str, Any] | None, parked: Mapping[str, int]) -> str:
    """A command that is safe now and brings the route on."""
    if known.writer and known.writer.alive:
        return "status"
    if last is None:
        return "plan"
    unfinished = last["state"] != "done"
    if unfinished and last["kind"] == "delta" and known.checkpoint:
        return "delta"
    if known.checkpoint is None or known.open or (unfinished and last["kind"] == "migrate"):
        return "migrate"
    return "parked list" if parked else "delta"


def route_text(standing: Mapping[str, Any]) -> str:
    """A route as a small block of lines."""
    lines = [f"{standing['route']}: {standing['source']} -> {standing['target']}"]
    lines.append(_line("migrated", f"{standing['migrated']:,}"))
    lines.append(_line("parked", _parked(standing)))
    if standing["under_way"]:
        lines.append(_line("under way", f"{standing['under_way']:,}"))
    else:
        said = "  the next run looks on the target what became of them" if standing["doubts"] else ""
        lines.append(_line("doubts", f"{standing['doubts']:,}{said}"))
    checkpoint = standing["checkpoint"]
    text = f"{_time(checkpoint['at'])}  ({checkpoint['cursor']})" if checkpoint else "none: not been through once"
    lines.append(_line("checkpoint", text))
    lines.append(_line("last run", _run(standing["last_run"])))
    lines.append(_line("writer", _writer(standing["writer"])))
    lines.append(_line("next", standing["next"]))
    return "\n".join(lines)


def run_row(run: Mapping[str, Any]) -> tuple[object, ...]:
    """A run as a row of RUN_HEAD."""
    counts = run["counts"]
    return (
        run["run"], run["route"], run["kind"], run["state"], _time(run["started_at"]), _span(run["seconds"]),
        f"{counts.get('read', 0):,}", *(f"{counts.get(result, 0):,}" for result in Result), run["message"],
    )  # fmt: skip


RUN_HEAD = ("run", "route", "kind", "state", "started", "took", "read", *Result, "message")


def _line(name: str, value: str) -> str:
    return f"  {name:<11}{value}"


def _parked(standing: Mapping[str, Any]) -> str:
    by_reason = standing["parked"]
    words = f"{sum(by_reason.values()):,}"
    if by_reason:
        words += "  " + ", ".join(f"{reason} {count:,}" for reason, count in by_reason.items())
    if standing["asked_to_retry"]:
        words += f"; {standing['asked_to_retry']:,} of them asked to be tried again"
    return words + (f"; besides {standing['dropped']:,} dropped" if standing["dropped"] else "")


def _run(run: Mapping[str, Any] | None) -> str:
    if run is None:
        return "never"
    counts = run["counts"]
    total = ", ".join(f"{counts[result]:,} {result}" for result in Result if counts.get(result))
    took = f" for {_span(run['seconds'])}" if run["seconds"] is not None else ""
    words = f"{run['run']} ({run['kind']}) {run['state']}, {_time(run['started_at'])}{took}"
    words += f", {counts.get('read', 0):,} read" + (f": {total}" if total else "")
    return words + (f"; {run['message']}" if run["message"] else "")


def _writer(writer: Mapping[str, Any] | None) -> str:
    if writer is None or (not writer["alive"] and writer["until"] is None):
        return "nobody"
    if writer["alive"]:
        return f"{writer['holder']} is at work"
    return f"nobody; {writer['holder']} ended without a word, the next command takes over"


def _time(at: datetime) -> str:
    return at.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _span(seconds: float | None) -> str:
    if seconds is None:
        return ""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s"
    return f"{whole // 60} min {whole % 60} s" if whole < 3600 else f"{whole // 3600} h {whole % 3600 // 60} min"
