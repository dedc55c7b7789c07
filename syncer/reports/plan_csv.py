"""Every record of a plan as lines of CSV. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from syncer.model.plan import Prediction
from syncer.reports.cells import safe

COLUMNS = ("id", "version", "outcome", "reason", "detail", "losses", "traits")
HEAD = ",".join(COLUMNS) + "\n"


def line(one: Prediction, traits: Sequence[str]) -> str:
    """One record."""
    text = io.StringIO()
    cells = (
        one.source_id, one.version or "", one.outcome, one.reason, one.detail, " ".join(one.losses), "; ".join(traits)
    )  # fmt: skip
    csv.writer(text, lineterminator="\n").writerow(map(safe, cells))
    return text.getvalue()
