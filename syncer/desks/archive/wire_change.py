"""A ticket's line brought to what a draft says of some names. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from msgspec.structs import replace

from syncer.desks.archive.wire import OWN_FIELDS, Labels, TicketLine, drafted
from syncer.model.draft import Draft

PARTS = OWN_FIELDS | {"title", "body", "tags", "cc"}
CUSTOM = "custom."


def changed(line: TicketLine, draft: Draft, names: Collection[str], labels: Labels) -> TicketLine:
    """The line after these names became what the draft says of them; all else is left, comments and files too.

    Raises Rejected as `drafted` does.
    """
    fresh = drafted(draft, line.files, labels)
    values, custom = dict(line.values), dict(line.custom)
    more: dict[str, Any] = {}
    for name in names:
        if name in PARTS:
            more[name] = getattr(fresh, name)
        elif name.startswith(CUSTOM):
            _put(custom, name.removeprefix(CUSTOM), fresh.custom)
        else:
            _put(values, name, fresh.values)
    return replace(line, values=values, custom=custom, **more)


def _put(there: dict[str, Any], name: str, fresh: Mapping[str, Any]) -> None:
    if name in fresh:
        there[name] = fresh[name]
    else:
        there.pop(name, None)
