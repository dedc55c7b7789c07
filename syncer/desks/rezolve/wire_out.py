"""What Rezolve.ai is told: the body of a create, values as their fields take them, the marker (contract 3.1, 5, 7)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any

from msgspec import Struct

from syncer.deskkit.contract import Download
from syncer.desks.rezolve import custom_values, wire
from syncer.desks.rezolve.config import PeopleAs, RezolveConfig, TypeConfig
from syncer.desks.rezolve.known import Known, words_of
from syncer.desks.rezolve.ticket_types import SEVERAL, FieldType, TicketType
from syncer.model.draft import Draft
from syncer.model.ids import Key

_MARKER = re.compile(r"\[([A-Za-z0-9][A-Za-z0-9-]*)\](?:\s|</?\w+[^<>]*>)*\Z")
ROUTE = frozenset(("type", "group", "status"))
"""Fields of a draft that are no fields of a ticket."""


class Way(Struct, frozen=True):
    """How tickets of one type are made: its settings, and the type as it is."""

    own: TypeConfig
    type: TicketType

    def field(self, name: str) -> FieldType | None:
        """The field that is meant by a name."""
        return self.type.field(name, self.own.fields)


def new_ticket(
    draft: Draft, files: Sequence[Download], way: Way, known: Known, config: RezolveConfig
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The body of a create and what it had to leave out. Raises Rejected where a value has no option."""
    losses = ["file_not_taken"] * len(files)
    html = config.text_mode == "html"
    in_summary = way.own.external_id_field_id is None and config.marker_in_summary
    summary = draft.title if in_summary else draft.title.removesuffix(f"[{draft.key}]").rstrip()
    summary = summary or f"({draft.key})"
    # Text and marker come last: no value of a mapping may stand in their place.
    ticket = _extras(draft, way, known, config, losses)
    ticket["offerId"] = way.own.offer
    for name, value in draft.fields.items():
        if name in ROUTE or value == "":
            continue
        if (field := way.field(name)) is None:
            losses.append("field_missing")
        else:
            ticket[field.id] = told(name, value, field, known, config.people_as)
    if (subject := way.field("subject")) is not None:
        ticket[subject.id] = summary
    text = draft.body + named(files, html=html)
    if way.own.external_id_field_id is not None:
        ticket[way.own.external_id_field_id] = draft.key
    elif not in_summary:
        text += mark(draft.key, html=html)
    if (description := way.field("description")) is not None:
        ticket[description.id] = text
    body = {"source": config.source_word, "summary": summary, "ticketBody": ticket, "attachments": {},
            "ticketRelation": None}  # fmt: skip
    return body, tuple(losses)


def _extras(draft: Draft, way: Way, known: Known, config: RezolveConfig, losses: list[str]) -> dict[str, Any]:
    """Custom fields, tags and watchers, as far as this type has a place for them."""
    found: dict[str, Any] = {}
    ours = {id.lower() for id in way.own.led if id is not None}
    for id, value in draft.custom.items():
        field = custom_values.twin(id, way.type, known)
        if field is None or field.id.lower() in ours:
            losses.append("field_missing")
        else:
            found[field.id] = custom_values.told(value, field, known, config.people_as)
    if draft.tags:
        field = way.field("tags")
        tags = _tags(draft.tags, field) if field is not None else []
        losses.extend(("tag_not_taken",) * (len(draft.tags) - len(tags)))
        if field is not None and tags:
            found[field.id] = tags if field.kind in SEVERAL else ", ".join(tags)
    if draft.cc and config.write_watchers:
        found[wire.CC] = [custom_values.person(known.value("person", id), id, "email") for id in draft.cc]
    return found


def _tags(tags: Sequence[str], field: FieldType) -> list[str]:
    """Those that can stand in this field."""
    if not field.options:
        return list(tags)
    return [value for tag in tags if (value := field.value_of(tag)) is not None]


def not_kept(row: wire.Record, body: Mapping[str, Any], key: Key) -> tuple[str, ...]:
    """A loss for each value of a create that the ticket does not show; how it shows them is its own affair. The marker
    is none of them."""
    if row.data is None:
        return ()
    there = {name.lower(): value for name, value in row.data.items() if value not in (None, "", [])}
    lost = 0
    for name, value in body["ticketBody"].items():
        if isinstance(value, list):
            kept = there.get(name.lower())
            lost += max(0, len(value) - len(kept if isinstance(kept, list) else [kept] if kept else []))
        elif value not in (None, "", key):
            lost += name.lower() not in there
    return ("value_not_kept",) * lost


def told(name: str, value: str, field: FieldType, known: Known, people_as: PeopleAs = "email") -> Any:
    """A draft's value as this field takes it. Raises Rejected where it has no such option."""
    words = [value]
    if name in {"requester", "assignee"}:
        return custom_values.person(known.value("person", value), value, people_as)
    if name == "created_at" and value.isdigit():
        return wire.stamp(datetime.fromtimestamp(int(value), UTC))
    if (entry := known.value(name, value)) is not None:
        words = words_of(entry)
    if field.options:
        return _options(words, field)
    if field.kind in SEVERAL:
        return custom_values.several(words[0])
    match field.form:
        case "number":
            return custom_values.number(value)
        case "bool":
            return custom_values.flag(value)
    return words[0]


def _options(words: list[str], field: FieldType) -> Any:
    whole = next((found for word in words if (found := field.value_of(word)) is not None), None)
    if field.kind not in SEVERAL:
        if whole is None:
            raise custom_values.no_option(words[0], field)
        return whole
    if whole is not None:
        return [whole]
    return [_value_of(word, field) for word in custom_values.several(words[0])]


def _value_of(word: str, field: FieldType) -> str:
    found = field.value_of(word)
    if found is None:
        raise custom_values.no_option(word, field)
    return found


def mark(key: Key, *, html: bool) -> str:
    """The marker as a last line."""
    return f"<p>[{key}]</p>" if html else f"\n\n[{key}]"


def marker(text: Any) -> Key | None:
    """The marker at the end of a text."""
    found = _MARKER.search(text) if isinstance(text, str) else None
    return Key(found[1]) if found else None


def marker_of(row: wire.Record, fields: Mapping[str, bool]) -> Key | None:
    """The marker of a ticket: what stands by itself in one of these fields (True); without that at the end of one
    (False), or behind the summary. Texts of people may end like markers, so the field for it goes before them."""
    ends: list[Key] = []
    for key, value in (row.data or {}).items():
        alone = fields.get(key.lower())
        if alone and isinstance(value, str) and value.strip():
            return Key(value.strip())
        if alone is False and (found := marker(value)) is not None:
            ends.append(found)
    return ends[0] if ends else marker(row.summary)


def named(files: Sequence[Download], *, html: bool) -> str:
    """Lines that name files which cannot be carried."""
    lines = [
        f"[File {file.name} ({file.size} bytes) stayed behind: there is no public call for files.]" for file in files
    ]
    if html:
        return "".join(f"<p>{escape(line)}</p>" for line in lines)
    return "".join(f"\n\n{line}" for line in lines)


def filled(template: Any, words: Mapping[str, str]) -> Any:
    """A template of the config with its words put in, at any depth."""
    if isinstance(template, str):
        for name, word in words.items():
            if template == f"{{{name}}}":
                return word
        # One pass: a text that has another name in braces is left as it is.
        return re.sub(r"\{(\w+)\}", lambda m: words.get(m[1], m[0]), template)
    if isinstance(template, dict):
        return {key: filled(value, words) for key, value in template.items()}
    return [filled(one, words) for one in template] if isinstance(template, list) else template
