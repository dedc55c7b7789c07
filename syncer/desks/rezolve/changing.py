"""A ticket that is there, changed: its fields in one change under its etag, then its status (contract 3.5 and 3.6)."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from html import escape
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from syncer.deskkit.attempt import Attempt
from syncer.deskkit.contract import Written
from syncer.desks.rezolve import custom_values, reading, wire, wire_out
from syncer.desks.rezolve.catalogue import Catalogue
from syncer.desks.rezolve.changes import Changes, Goal, Update
from syncer.desks.rezolve.config import RezolveConfig
from syncer.desks.rezolve.known import Known
from syncer.desks.rezolve.loading import Loading
from syncer.desks.rezolve.ticket_types import FieldType
from syncer.desks.rezolve.wire_out import ROUTE, Way
from syncer.errors import Rejected
from syncer.mapping.body import html_to_text
from syncer.model.draft import Draft
from syncer.model.ids import TicketId

LOST = ("value_not_kept",)
FIELD = "custom."
_TEXTS = {"title": "subject", "body": "description"}
_FILE_LINE = re.compile(r"\[File .+ stayed behind: there is no public call for files\.\]")


class Plan(Struct, frozen=True):
    """What shall stand in which fields, None: nothing; the draft's summary; and what has no place."""

    fields: Mapping[str, FieldType]
    values: Mapping[str, Any]
    summary: str
    losses: tuple[str, ...]


class Changing:
    """Writes only what differs; what a ticket does not keep is counted."""

    def __init__(self, config: RezolveConfig, catalogue: Catalogue, loading: Loading) -> None:
        self._config = config
        self._catalogue = catalogue
        self._loading = loading
        self._changes: Changes = loading.changes

    async def change(self, id: TicketId, draft: Draft, names: Collection[str], fence: Callable[[], None]) -> Written:
        """What these names name. Raises Rejected, reason `gone`, when the ticket is not there."""
        attempt = Attempt(self._config.timeout, fence)
        known, row = await self._catalogue.known(), await self._changes.ticket(id)
        # Fields are those of the type the ticket has: no call gives it another.
        own = replace(draft, fields=draft.fields | {"type": row.type or draft.fields.get("type", "")})
        way = self._loading.way(own, known)
        plan = self._plan(row, own, names, way, known)
        lost = self._lasting(row, draft, names, way, known)
        row, refused = await self._write(row, plan, way, known, attempt)
        lost += refused
        if "title" in names and row.summary.split() != plan.summary.split():
            lost += 1
        if "status" in names:
            lost += await self._lead(row, draft, way, known, attempt.then())
        return Written(id, losses=(*plan.losses, *(LOST * lost)))

    def _plan(self, row: wire.Record, draft: Draft, names: Collection[str], way: Way, known: Known) -> Plan:
        """What a create would have written for these names alone."""
        custom = {name.removeprefix(FIELD) for name in names if name.startswith(FIELD)}
        part = replace(
            draft,
            body=draft.body + self._file_lines(row, way.field("description")),
            fields={name: value for name, value in draft.fields.items() if name in names and name not in ROUTE},
            custom={id: value for id, value in draft.custom.items() if id in custom},
            tags=draft.tags if "tags" in names else (),
            cc=(),
        )
        body, losses = wire_out.new_ticket(part, (), way, known, self._config)
        led = {id.lower() for id in way.own.led if id is not None}
        places = [way.field(_TEXTS.get(name, name)) for name in names if name not in ROUTE]
        places += [custom_values.twin(id, way.type, known) for id in custom]
        fields = {field.id: field for field in places if field is not None and field.id.lower() not in led}
        return Plan(fields, {id: body["ticketBody"].get(id) for id in fields}, body["summary"], losses)

    def _file_lines(self, row: wire.Record, field: FieldType | None) -> str:
        """The lines of a description that tell which files are not there: they outlast its text."""
        html, text = self._config.text_mode == "html", _text(row, field)
        lines = [line.strip() for line in (html_to_text(text) if html else text).splitlines()]
        lines = [line for line in lines if _FILE_LINE.fullmatch(line)]
        return "".join(f"<p>{escape(line)}</p>" if html else f"\n\n{line}" for line in lines)

    def _lasting(self, row: wire.Record, draft: Draft, names: Collection[str], way: Way, known: Known) -> int:
        """How many of these names differ and can never be changed: type, team and watchers (3.5)."""
        team, kind = draft.fields.get("group") or way.own.team, draft.fields.get("type") or row.type
        differ = {
            "type": not wire.same(kind, row.type),
            "group": known.id("group", row.team) != known.id("group", team),
            "cc": set(reading.watchers(row.data or {}, known)) != set(draft.cc),
        }
        return sum(differ[name] for name in names if name in differ)

    async def _write(
        self, row: wire.Record, plan: Plan, way: Way, known: Known, attempt: Attempt
    ) -> tuple[wire.Record, int]:
        """All in one change; where that is refused each by itself. The ticket then, and how many values it lacks.

        Raises Rejected where every single one is refused.
        """
        before, todo = row, list(_differing(row, plan, known))
        try:
            row = await self._put(row, plan, todo, way, known, attempt)
        except Rejected as e:
            if e.reason != "refused" or len(todo) < 2:
                raise
            row, refused = await self._changes.ticket(row.id), 0
            for id in todo:
                try:
                    row = await self._put(row, plan, [id], way, known, attempt.then())
                except Rejected as one:
                    refused += 1
                    if one.reason != "refused" or refused == len(todo):
                        raise
        lost = (id for id in todo if id in set(_differing(row, plan, known)) and _stays(before, row, id, plan))
        return row, sum(1 for _ in lost)

    async def _put(
        self, row: wire.Record, plan: Plan, ids: Collection[str], way: Way, known: Known, attempt: Attempt
    ) -> wire.Record:
        def left(now: wire.Record) -> Update | None:
            return {id: plan.values[id] for id in _differing(now, plan, known) if id in ids} or None

        return await self._changes.once(row, Goal(left, lambda now: "", way.type.labels()), attempt)

    async def _lead(self, row: wire.Record, draft: Draft, way: Way, known: Known, attempt: Attempt) -> int:
        wanted, statuses = draft.fields.get("status"), self._loading.statuses
        if not wanted or way.own.status_field_id is None:
            return int(not wanted or not statuses.is_there(row, wanted, way, known))
        await statuses.lead(row.id, wanted, way, known, attempt)
        return 0


def _held(row: wire.Record, id: str) -> Any:
    return next((value for key, value in (row.data or {}).items() if key.lower() == id.lower()), None)


def _text(row: wire.Record, field: FieldType | None) -> str:
    return wire.text(_held(row, field.id)) or "" if field is not None else ""


def _differing(row: wire.Record, plan: Plan, known: Known) -> Iterator[str]:
    """The fields whose values are not as planned, in whatever form the desk shows them."""
    for id, value in plan.values.items():
        there, field = _held(row, id), plan.fields[id]
        if custom_values.read(there, field, known) != custom_values.read(value, field, known):
            yield id


def _stays(before: wire.Record, after: wire.Record, id: str, plan: Plan) -> bool:
    """Whether a value did not follow: cleaned or shown in a form of the desk's own it has moved nevertheless."""
    there = _held(after, id)
    return there in (None, "", []) or plan.values[id] is None or there == _held(before, id)
