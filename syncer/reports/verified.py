"""A verification in words. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from syncer.reports.words import counted
from syncer.verify.record import Checked, End, Summary
from syncer.verify.verdict import GRAVEST, Verdict

_WORDS = {
    Verdict.EQUAL: "are what they should be", Verdict.EXPECTED_LOSS: "are, but for losses that were counted",
    Verdict.DIFFERS: "differ", Verdict.MISSING: "are missing", Verdict.EXTRA: "are there and should not be",
}  # fmt: skip
MOST = 30


def is_good(end: End) -> bool:
    """Whether nothing differs, is missing or there too often."""
    return not any(end.verdicts.get(one) for one in (Verdict.DIFFERS, Verdict.MISSING, Verdict.EXTRA))


def text(found: Summary) -> str:
    """For a terminal."""
    end = found.end
    lines = [
        f"Verified {found.head.route}: {found.head.source} -> {found.head.target}, {counted(end.tickets, 'ticket')}"
    ]
    lines += [f"  {end.verdicts[v]:>8,}  {_WORDS[v]}" for v in reversed(GRAVEST) if end.verdicts.get(v)]
    for line in found.differences[:MOST]:
        there = f" (there: {line.target_id})" if line.target_id else ""
        said = "; ".join(
            f"{c.field} {c.verdict}" + (f": {c.expected!r}, and there is {c.found!r}" if c.expected or c.found else "")
            for c in line.checks
            if c.verdict not in {Verdict.EXPECTED_LOSS, Verdict.EQUAL}
        )
        lines.append(f"  {line.source_id}{there}: {said}")
    rest = sum(end.verdicts.get(v, 0) for v in (Verdict.DIFFERS, Verdict.MISSING, Verdict.EXTRA)) - MOST
    if rest > 0:
        lines.append(f"  and {rest:,} more, see the file")
    if end.unseen:
        lines.append(f"Not compared, for the target does not show it: {', '.join(end.unseen)}")
    if end.looked_at:
        were = "were" if end.looked_at > 1 else "was"
        lines.append(f"{counted(end.looked_at, 'ticket')} of others on the target {were} looked at, too")
    lines.append(f"Root: {end.root}")
    lines.append(f"All of it: {found.file}; that nobody has altered it: syncer verify --check {found.file}")
    return "\n".join(lines)


class _Repaired(Protocol):
    @property
    def made(self) -> int: ...

    @property
    def changed(self) -> int: ...

    @property
    def left(self) -> Sequence[tuple[str, str]]: ...


def mended(found: _Repaired) -> str:
    """What was set right, and what is left."""
    lines = [f"{counted(found.made, 'ticket')} made anew, {counted(found.changed, 'ticket')} changed"]
    lines += [f"  {id}: {why}" for id, why in found.left[:MOST]]
    lines += [f"  and {len(found.left) - MOST:,} more"] if len(found.left) > MOST else []
    lines.append("next: syncer verify again")
    return "\n".join(lines)


def checked(found: Checked) -> str:
    """What a file says that was looked at alone."""
    end = found.end
    verdicts = ", ".join(f"{count:,} {verdict}" for verdict, count in end.verdicts.items())
    return (
        f"Unaltered: {found.head.route} of {found.head.began_at:%Y-%m-%d %H:%M:%S %Z}, {counted(end.tickets, 'ticket')}"
        f": {verdicts}\nRoot: {end.root}"
    )
