"""A sample in words. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from syncer.reports.words import counted

MOST = 4


class _Picked(Protocol):
    @property
    def id(self) -> str: ...

    @property
    def shows(self) -> Sequence[str]: ...


class _Sample(Protocol):
    @property
    def picked(self) -> Sequence[_Picked]: ...

    @property
    def shown(self) -> int: ...

    @property
    def by_chance(self) -> int: ...

    @property
    def there(self) -> int: ...


def text(sample: _Sample) -> str:
    """Which tickets, what each of them shows, and how much of all there is that is."""
    many = len(sample.picked)
    lines = [
        f"{counted(many, 'ticket')} that show {sample.shown:,} of {sample.there:,} traits;"
        f" {many} picked by chance show {sample.by_chance:,}"
    ]
    for one in sample.picked:
        more = f" and {len(one.shows) - MOST} more" if len(one.shows) > MOST else ""
        lines.append(f"  {one.id:>10}  {'; '.join(one.shows[:MOST])}{more}")
    return "\n".join(lines)
