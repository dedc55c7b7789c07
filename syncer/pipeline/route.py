"""One direction: from which desk to which, by which rules."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from syncer.mapping.rules import Rules


class Route(Struct, frozen=True, kw_only=True):
    """A route as configured, its mapping read. `source` and `target` are names of desks; `mark` begins its markers.

    `change`, `shrink` and `missing` are the brakes, as shares: see settings.Brakes. `accept_mails`: what the
    target mails by itself is all right.
    """

    name: str
    source: str
    target: str
    mark: str
    rules: Rules
    mapping: Path
    change: float
    shrink: float
    missing: float
    accept_mails: bool = False
