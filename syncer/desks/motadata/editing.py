"""Pure: what a change of a request says, and what none can bring about (contract 3.4 and 3.9)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from html import escape
from typing import Any

from msgspec import Struct

from syncer.desks.motadata import shapes, wire, wire_out
from syncer.desks.motadata.config import MotadataConfig
from syncer.desks.motadata.custom import told
from syncer.desks.motadata.names import Names
from syncer.mapping.body import html_to_text
from syncer.model.draft import Draft

FIELD, CUSTOM = "custom.", "customField"
LISTS = {"tags": "tags", "cc": "ccEmailSet"}
SUBJECT, DESCRIPTION = "subject", "description"
_FILE_LINE = re.compile(r"\[File .+ \(\d+ bytes\) was .+\.\]")


class Edit(Struct):
    """What to write, and how many names it cannot bring about: requester and source are told when a request is made,
    and only texts, lists and custom fields are emptied."""

    changes: dict[str, Any]
    lost: int = 0


class Editor:
    """Compares a request with a draft of it."""

    def __init__(self, config: MotadataConfig, names: Names) -> None:
        self._config = config
        self._names = names

    def edit(self, row: Mapping[str, Any], draft: Draft, asked: Collection[str]) -> Edit:
        """What differs under these names; status, assignee and group have changes of their own."""
        edit = Edit({})
        line = wire_out.marker(shapes.text(row.get(DESCRIPTION))) == draft.key
        made = wire_out.new_request(draft, self._config, (), line=line)
        if "title" in asked and row.get(SUBJECT) != draft.title:
            edit.changes[SUBJECT] = draft.title
        if "body" in asked:
            # Read it has no markup: whether that differs nobody can tell.
            lines = file_lines(shapes.text(row.get(DESCRIPTION)))
            edit.changes[DESCRIPTION] = draft.body + lines + (wire_out.marker_line(draft.key) if line else "")
            edit.lost += bool(draft.texts)  # the rest of a long text stands in files or notes, which stay
        for name in LISTS.keys() & asked:
            _list(edit, row, made, LISTS[name])
        for name in wire_out.KEYS.keys() & asked:
            self._name(edit, row, name, draft.fields.get(name, ""))
        if "requester" in asked:
            edit.lost += wire.person_id(row.get("requesterEmail")) != draft.fields.get("requester", "").lower()
        _refill(edit, row, draft, [name.removeprefix(FIELD) for name in asked if name.startswith(FIELD)])
        return edit

    def _name(self, edit: Edit, row: Mapping[str, Any], name: str, wanted: str) -> None:
        key = wire_out.KEYS[name]
        if self._names.same(shapes.text(row.get(key)), wanted):
            return
        if wanted and name != "source":
            edit.changes[key] = wanted
        else:
            edit.lost += 1


def _list(edit: Edit, row: Mapping[str, Any], made: Mapping[str, Any], key: str) -> None:
    """The whole list, which takes the place of the old one; our markers in it stay."""
    there = wire.words(row, key)
    wanted = [*made.get(key, ()), *(word for word in there if word.lower().startswith(wire.TAG))]
    if flat(wanted) != flat(there):
        edit.changes[key] = list(dict.fromkeys(wanted))


def _refill(edit: Edit, row: Mapping[str, Any], draft: Draft, labels: Iterable[str]) -> None:
    """Custom fields by label. An empty text empties texts and choices, and nothing a number or a date."""
    held, changes = custom_fields(row), dict[str, Any]()
    for label in labels:
        there, value = held.get(label), draft.custom.get(label)
        if value is not None:
            if there != told(value):
                changes[label] = told(value)
        elif isinstance(there, str | list) and there:
            changes[label] = type(there)()
        else:
            edit.lost += bool(there)
    if changes:
        edit.changes[CUSTOM] = changes


def custom_fields(row: Mapping[str, Any]) -> dict[str, Any]:
    """Label -> value as it came."""
    held = row.get(CUSTOM)
    return held if isinstance(held, dict) else {}


def moved(before: Mapping[str, Any], after: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The custom fields that a change emptied or set though it did not name them, as they were."""
    old, new = custom_fields(before), custom_fields(after)
    return {label: value for label, value in old.items() if label not in changes and new.get(label) != value}


def not_changed(before: Mapping[str, Any], after: Mapping[str, Any], changes: Mapping[str, Any], names: Names) -> int:
    """How many of these changes cannot be seen afterwards."""
    lost = 0
    for key, value in changes.items():
        if key == DESCRIPTION:
            # What markup becomes as text is the server's own affair: it must only have moved if the words differ.
            stays = after.get(key) == before.get(key)
            lost += stays and _words(value) != _words(shapes.text(before.get(key)))
        elif key == CUSTOM:
            held = custom_fields(after)
            lost += sum((held.get(label) or "") != (one or "") for label, one in value.items())
        elif isinstance(value, list):
            lost += flat(wire.words(after, key)) != flat(value)
        else:
            lost += not names.same(shapes.text(after.get(key)), value)
    return lost


def file_lines(described: str) -> str:
    """The lines of a description that tell which files are not there: they outlast its text."""
    lines = (html_to_text(described) if "<" in described else described).splitlines()
    return "".join(f"<p>{escape(line.strip())}</p>" for line in lines if _FILE_LINE.fullmatch(line.strip()))


def flat(words: Iterable[str]) -> set[str]:
    """Words as they are compared."""
    return {word.lower() for word in words}


def _words(text: str) -> str:
    return "".join((html_to_text(text) if "<" in text else text).split())
