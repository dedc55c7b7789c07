"""What was taken back, in words. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from syncer.reports.words import counted

WORDS = {
    "reversed": "taken back", "kept": "kept, for somebody has changed them since",
    "impossible": "impossible to take back",
}  # fmt: skip
MOST = 20


class _Undone(Protocol):
    @property
    def made_by(self) -> int: ...

    @property
    def there(self) -> int: ...

    @property
    def counts(self) -> Mapping[str, int]: ...

    @property
    def examples(self) -> Mapping[str, Sequence[tuple[str, str, str]]]: ...


def text(found: _Undone) -> str:
    """For a terminal."""
    lines = [f"Run {found.made_by} had made {counted(found.there, 'ticket')} that are not taken back yet:"]
    for result, words in WORDS.items():
        lines.append(f"  {found.counts[result]:>8,}  {words}")
        lines += [f"            {old} (there: {new}): {why}" for old, new, why in found.examples.get(result, ())[:MOST]]
    lines.append("People who were brought to the target, and mails that were sent, stay.")
    return "\n".join(lines)
