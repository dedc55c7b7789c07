"""What reports are made of, as JSON Schema: for whoever reads them by a program."""

from __future__ import annotations

from typing import Any

import msgspec

from syncer.reports.document import PlanReport
from syncer.verify.record import End, Head, Line

DIALECT = {"$schema": "https://json-schema.org/draft/2020-12/schema"}


def plan() -> dict[str, Any]:
    """The report of a plan: `syncer plan --json`."""
    return DIALECT | msgspec.json.schema(PlanReport)


def line() -> dict[str, Any]:
    """A line of the file of a verification: its head, a ticket, or its end."""
    return DIALECT | msgspec.json.schema(Head | Line | End)
