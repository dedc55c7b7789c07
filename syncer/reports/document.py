"""The report of a plan as one document: what it holds, whatever it is shown as. Its JSON form is published.

Text in it comes from tickets and desks, as it was: whoever shows it escapes it. Lengths and counts are bounded, so that
a report of a million tickets is not longer than one of a thousand; every single record stands in the CSV.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

Severity = Literal["blocks", "decide", "information"]
FORMAT = 1


class Count(Struct, frozen=True):
    """So many tickets of this."""

    name: str
    count: int


class Reason(Struct, frozen=True):
    """Why tickets are skipped or parked."""

    outcome: str
    code: str
    meaning: str
    count: int
    examples: tuple[str, ...]


class Waiver(Struct, frozen=True):
    """Somebody goes on in spite of a finding."""

    by: str
    reason: str
    at: datetime


class Finding(Struct, frozen=True, kw_only=True):
    """Something to act on. `code` is the same in every plan that finds the same; `place` says where it is, `fix` is a
    command where there is one. What `blocks` cannot be waived unless it says so."""

    code: str
    severity: Severity
    title: str
    place: str
    count: int = 0
    examples: tuple[str, ...] = ()
    fix: str = ""
    waivable: bool = True
    waiver: Waiver | None = None


class Suggestion(Struct, frozen=True):
    """A value of the target that may be meant, and why; `score` from 0 to 1."""

    name: str
    score: float
    why: str


class ValueRow(Struct, frozen=True, kw_only=True):
    """One value of a source's list: in how many tickets it occurs and what becomes of it."""

    id: str
    name: str
    tickets: int
    decision: Literal["map", "drop", "default", "open"]
    target: str = ""
    how: str = ""
    score: float = 1.0
    suggestions: tuple[Suggestion, ...] = ()
    examples: tuple[str, ...] = ()


class ValueTable(Struct, frozen=True):
    """A list of the source that goes over to a list of the target; the most frequent value first."""

    kind: str
    target_kind: str
    rows: tuple[ValueRow, ...]


class Distribution(Struct, frozen=True):
    """How tickets spread over a list on both sides, before and after; the most frequent first."""

    kind: str
    source: tuple[Count, ...]
    target: tuple[Count, ...]


class Loss(Struct, frozen=True):
    """Something the target cannot hold, how often, and whether somebody has signed that off."""

    code: str
    count: int
    meaning: str
    signed: Waiver | None = None
    examples: tuple[str, ...] = ()


class Mailing(Struct, frozen=True, kw_only=True):
    """Whom the target would mail, on which occasion, how often."""

    on: str
    to: tuple[str, ...]
    certain: bool
    times: int
    tickets: int
    silence: str


class Said(Struct, frozen=True):
    """A comment, for people to look at."""

    author: str
    at: str
    public: bool
    text: str


class Side(Struct, frozen=True, kw_only=True):
    """A ticket on one side, for people to look at: long texts are cut. Texts are plain, fields are (name, value)."""

    title: str
    text: str
    fields: tuple[tuple[str, str], ...] = ()
    comments: tuple[Said, ...] = ()
    files: tuple[str, ...] = ()


class Example(Struct, frozen=True, kw_only=True):
    """A ticket before and, unless it is left behind, after."""

    id: str
    number: str
    url: str | None
    outcome: str
    reason: str
    traits: tuple[str, ...]
    before: Side
    after: Side | None


class Phase(Struct, frozen=True):
    """A part of a run: how long it takes, and what decides that."""

    name: str
    median: float
    high: float
    limit: str


class WhatIf(Struct, frozen=True):
    """How long it would take with this changed."""

    change: str
    median: float
    high: float


class Forecast(Struct, frozen=True, kw_only=True):
    """Seconds until a run is through: half of such runs are faster than `median`, nine of ten than `high`. `low` is
    the other end of the range in which nine of ten end."""

    low: float
    median: float
    high: float
    limit: str
    phases: tuple[Phase, ...]
    others: tuple[WhatIf, ...]
    basis: str
    """What it was computed from, in words."""
    calls: dict[str, int]
    """Requests by desk."""


class DeskSide(Struct, frozen=True):
    """One of the two desks."""

    name: str
    kind: str
    title: str


class PlanReport(Struct, frozen=True, kw_only=True):
    """What a migration would do, as of the moment it was planned. Nothing was written to the target for it."""

    format: int = FORMAT
    route: str
    plan: str
    """Its hash; the same plan has the same one on every machine."""
    parent: str | None = None
    """The plan this one was made from, when only what has moved was planned anew."""
    made_at: datetime
    syncer: str
    source: DeskSide
    target: DeskSide
    mapping: str
    lookup_version: int
    counts: dict[str, int]
    """`read`, and the five outcomes that add up to it."""
    reasons: tuple[Reason, ...]
    findings: tuple[Finding, ...]
    values: tuple[ValueTable, ...]
    distributions: tuple[Distribution, ...]
    months: tuple[Count, ...]
    """Tickets by the month they were opened in, `2025-01`, oldest first; those without a time under `unknown`."""
    losses: tuple[Loss, ...]
    mails: tuple[Mailing, ...]
    people_made: int
    examples: tuple[Example, ...]
    forecast: Forecast | None
    notes: tuple[str, ...]
