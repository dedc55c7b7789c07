"""Pure: where markers stand on tickets of each type, and how much of it rows of a list were seen to tell (contract 5).

A list may leave out or cut what a ticket holds. That a row has no marker is believed only as far as another row of its
type was seen to tell the same as its ticket: a text at the place of the marker, and one that is as long.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from syncer.desks.rezolve import wire, wire_out
from syncer.desks.rezolve.config import RezolveConfig
from syncer.desks.rezolve.known import Known
from syncer.model.ids import Key

Rank = tuple[float, float, str]
UNTOLD = float("inf")
"""The length of what a row does not tell: longer than all that was seen."""


class Places(Struct, frozen=True):
    """`fields` by UUID in lower case, True where a marker stands by itself. `own` is the one for each type; in all
    other types, and where it is empty, a marker stands behind the summary."""

    fields: Mapping[str, bool]
    own: Mapping[str, str]

    def text(self, row: wire.Record) -> str | None:
        """What stands at the place of the marker; None where the row does not tell its fields or its type."""
        if row.data is None or row.type is None:
            return None
        place = self.own.get(row.type)
        if not place:
            return row.summary
        value = next((value for key, value in row.data.items() if key.lower() == place), None)
        return value if isinstance(value, str) else ""


class Slip(Struct, frozen=True):
    """What is kept of a row until it is known whether it can be believed; of texts their hash, for there are many."""

    id: str
    type: str | None
    etag: str | None
    length: float
    print: int
    key: Key | None
    sure: bool
    """Whether the marker stands by itself, in the field for it: whatever else the row hides, that it has."""
    rank: Rank
    away: bool
    """Whether it lives on under another number."""


def slip(row: wire.Record, places: Places) -> Slip:
    """A row, or a ticket that was read itself."""
    text = places.text(row)
    key = wire_out.marker_of(row, places.fields)
    return Slip(
        id=row.id,
        type=row.type,
        etag=row.etag,
        length=UNTOLD if text is None else len(text),
        print=hash(text),
        key=key,
        sure=key is not None and key in _alone(row, places),
        rank=(
            float("inf") if row.serial is None else row.serial,
            row.created.timestamp() if row.created else 0.0,
            row.id,
        ),
        away=row.away,
    )


def _alone(row: wire.Record, places: Places) -> set[str]:
    """What stands by itself in fields for markers."""
    told = (row.data or {}).items()
    return {value.strip() for name, value in told if isinstance(value, str) and places.fields.get(name.lower())}


class Proof:
    """Per ticket type: the longest text that a row was seen to tell whole, and the shortest one that it did not."""

    def __init__(self) -> None:
        self._whole: dict[str, float] = {}
        self._cut: dict[str, float] = {}

    def covers(self, row: Slip) -> bool:
        """Whether this row surely tells its marker, or that there is none."""
        if row.type is None:
            return False
        return row.length <= self._whole.get(row.type, -1) and row.length < self._cut.get(row.type, UNTOLD)

    def learn(self, row: Slip, ticket: Slip) -> None:
        """Compare a row with its ticket."""
        kind = row.type
        if kind is None or kind != ticket.type or row.length == UNTOLD:
            return
        if (row.length, row.print) == (ticket.length, ticket.print):
            if row.length:  # that both are empty says nothing of what is shown
                self._whole[kind] = max(row.length, self._whole.get(kind, 0))
        elif None in (row.etag, ticket.etag) or row.etag == ticket.etag:  # else it was changed in between
            self._cut[kind] = min(row.length, self._cut.get(kind, UNTOLD))


def places(config: RezolveConfig, known: Known) -> Places:
    """Where a marker may stand, also by what settings said before: in the field for it, or the description."""
    fields: dict[str, bool] = {}
    own: dict[str, str] = {}
    for id, settings in config.types.items():
        kind = known.types.get(id)
        field = kind.field("description", settings.fields) if kind is not None else None
        if field is not None:
            fields.setdefault(field.id.lower(), False)
            own[id] = "" if config.marker_in_summary else field.id.lower()
    for id, settings in config.types.items():
        if settings.external_id_field_id is not None:
            own[id] = settings.external_id_field_id.lower()
            fields[own[id]] = True
    return Places(fields, own)
