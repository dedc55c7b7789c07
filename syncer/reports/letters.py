"""Parked tickets in words: why, and what a person can do. Pure."""

from __future__ import annotations

from typing import Any

from syncer.reports.summary import REASONS
from syncer.store.dead_letters import Letter
from syncer.store.effects import Effect

ADVICE = {
    "unmapped": "Decide about the value (mapping file, or syncer lookups export); every run tries it again.",
    "unreadable": "Look at it on the source; every run tries it again.",
    "gone": "If it was deleted on the source, drop it; every run tries it again.",
    "refused": "Mend the ticket or the mapping after what the target said, then retry it.",
    "too_large": "Make its text or files smaller on the source, or let the target take more, then retry it.",
    "no_answer": "Something in this ticket breaks the target: mend it there or on the source, then retry it.",
    "in_doubt": "Look on the target for the marker. Retry looks for it too, before it writes anything.",
    "moved": "Make a new plan, or let syncer delta bring it; a run without a plan brings it, too.",
    "changed_after": "The target takes no updates, a retry cannot help: make the change there by hand, then drop this.",
}
OTHER = "Mend what the detail says, then retry it; or drop it."
ROW = ("id", "state", "reason", "run", "parked at", "detail")
WIDTH = 90


def of_letter(letter: Letter, effect: Effect | None = None) -> dict[str, Any]:
    """A parked ticket as plain values; with its effect, what was done about it on the target."""
    done = {
        "marker": effect.key,
        "state": str(effect.state),
        "run": effect.run,
        "attempts": effect.attempts,
        "last_attempt_at": effect.attempt_at,
        "target_id": effect.target_id,
    } if effect else None  # fmt: skip
    return {
        "id": letter.source_id,
        "state": letter.state,
        "reason": letter.reason,
        "meaning": REASONS.get(letter.reason, letter.reason),
        "detail": letter.detail,
        "run": letter.run,
        "at": letter.at,
        "advice": ADVICE.get(letter.reason, OTHER),
        "effect": done,
    }


def row(letter: Letter) -> tuple[object, ...]:
    """A letter in one line, under the head ROW."""
    detail = " ".join(letter.detail.split())
    short = detail if len(detail) <= WIDTH else detail[: WIDTH - 1] + "…"
    at = letter.at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return letter.source_id, letter.state, letter.reason, letter.run, at, short


def text(one: dict[str, Any]) -> str:
    """A letter with all there is to say."""
    at = one["at"].astimezone().strftime("%Y-%m-%d %H:%M:%S")
    lines = [
        f"{one['id']}: {one['state']} ({one['reason']}: {one['meaning']})",
        f"  by run {one['run']}, {at}",
        f"  {one['detail']}",
    ]
    effect = one["effect"]
    if effect is None:
        lines.append("  on the target: never announced")
    else:
        made = f", its id there is {effect['target_id']}" if effect["target_id"] else ""
        tries = "1 attempt" if effect["attempts"] == 1 else f"{effect['attempts']} attempts"
        lines.append(f"  on the target: marker [{effect['marker']}], {effect['state']} after {tries}{made}")
    lines.append(f"  what to do: {one['advice']}")
    return "\n".join(lines)
