"""ServiceOps' custom fields: known by their labels, of kinds no call tells, set also where nobody did it (3.9)."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

from syncer.desks.motadata.config import MotadataConfig
from syncer.desks.motadata.shapes import moment, text
from syncer.model.lookups import FieldForm
from syncer.model.ticket import CustomValue


class CustomFields:
    """Reads them from requests, as far as settings and the shape of values tell what they are."""

    def __init__(self, config: MotadataConfig) -> None:
        self._marker = config.marker_field
        self._dates = set(config.date_fields)
        self._zero = set(config.zero_is_unset)
        self._forms = config.custom_fields

    def labels(self, row: dict[str, Any]) -> dict[str, Any]:
        """Label -> value as it came, of all but syncer's own field."""
        found = row.get("customField")
        return {str(k): v for k, v in found.items() if k != self._marker} if isinstance(found, dict) else {}

    def of(self, row: dict[str, Any]) -> dict[str, CustomValue]:
        """What somebody entered, by label."""
        read = {label: self._value(label, value) for label, value in self.labels(row).items()}
        return {label: value for label, value in read.items() if value is not None}

    def form(self, label: str, value: Any) -> FieldForm:
        """What a custom field holds: as the settings say, else by the shape of a value, which unset ones have too."""
        if label in self._forms:
            return self._forms[label]
        if label in self._dates or (isinstance(value, int) and not value and not isinstance(value, bool)):
            return "datetime"
        return "choices" if isinstance(value, list) else "number" if isinstance(value, int | float) else "text"

    def _value(self, label: str, value: Any) -> CustomValue | None:
        if value is None or value in ("", []):
            return None
        if isinstance(value, list):
            return tuple(text(one) for one in value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            # An unset date is a whole 0, an unset number 0.0: this one cannot be told from a 0 that was entered.
            if not value and (isinstance(value, int) or label in self._zero):
                return None
            if label in self._dates or self._forms.get(label) in {"date", "datetime"}:
                return moment(value)
            return int(value) if value == int(value) else value
        return value if isinstance(value, str | bool) else json.dumps(value)


def told(value: CustomValue) -> Any:
    """A value as it is written: moments in milliseconds, choices as a list, nothing of the kind yes or no."""
    match value:
        case tuple():
            return list(value)
        case bool():
            return "Yes" if value else "No"
        case datetime():
            return int(value.timestamp() * 1000)
        case date():
            return int(datetime(value.year, value.month, value.day, tzinfo=UTC).timestamp() * 1000)
    return value
