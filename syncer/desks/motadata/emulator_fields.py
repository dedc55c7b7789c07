"""What a payload does to a request: names are looked up, custom values brought into the form of their kind."""

from __future__ import annotations

import copy
import re
from typing import Any

from syncer.desks.motadata.emulator_answers import Invalid
from syncer.desks.motadata.emulator_calls import Body
from syncer.desks.motadata.emulator_records import Field, Person, Request
from syncer.desks.motadata.emulator_tables import Tables

_NAMES = ("status", "priority", "urgency", "impact", "category", "department", "location")
_CLEARABLE = frozenset({"category", "department", "location"})
_TEXT_KINDS = frozenset({"text", "textarea", "richtext", "dropdown", "radio"})
_CHOICE_KINDS = frozenset({"dropdown", "radio", "multiselect", "checkbox"})
_LIST_KINDS = frozenset({"multiselect", "checkbox"})
_LEVEL = re.compile(r"tier([0-4])", re.IGNORECASE)


def written(tables: Tables, before: Request, body: Body, *, new: bool) -> Request:
    """The request as a payload would have it; raises Invalid, and leaves the request given as it is."""
    return _Writer(tables, before, body, new=new).write()


def _technician(tables: Tables, email: str) -> Person | None:
    """Whom a request can be assigned to."""
    person = tables.person(email)
    if person is None or not person.technician:
        return None
    if person.disabled and tables.switches.disabled_people == "reject":
        return None
    return person


class _Writer:
    def __init__(self, tables: Tables, before: Request, body: Body, *, new: bool) -> None:
        self._tables = tables
        self._switches = tables.switches
        forgotten = self._switches.ignored_keys
        self._body = Body({key: value for key, value in body.values.items() if key not in forgotten})
        self._new = new
        self._after = copy.copy(before)

    def write(self) -> Request:
        self._write_texts()
        for kind in _NAMES:
            self._write_name(f"{kind}Name", kind)
        if self._switches.group_key:
            self._write_name(self._switches.group_key, "group")
        self._write_level()
        self._write_assignee()
        self._write_lists()
        self._after.custom = self._custom()
        return self._after

    def _write_texts(self) -> None:
        subject, description = self._body.text("subject"), self._body.text("description")
        if subject is not None:
            if not subject.strip():
                raise Invalid("subject must not be empty")
            self._after.subject = self._fitting("subject", subject, self._switches.max_subject)
        if description is not None and (description or self._switches.clearing == "empty"):
            self._after.description = self._fitting("description", description, self._switches.max_description)
        if self._new:
            self._after.source = self._body.text("source") or self._after.source
        spam = self._body.flag("spam")
        self._after.spam = self._after.spam if spam is None else spam

    def _fitting(self, key: str, text: str, longest: int) -> str:
        if len(text) > longest and self._switches.too_long == "reject":
            raise Invalid(f"{key} is longer than {longest}")
        return text[:longest]

    def _write_name(self, key: str, kind: str) -> None:
        name = self._body.text(key)
        if name:
            found = self._tables.known(kind, name)
            if found is not None:
                setattr(self._after, kind, found)
            elif kind == "location" or self._switches.unknown_names == "reject":
                raise Invalid(f"{key}: there is no {kind} of this name")
        elif kind in _CLEARABLE and self._clears(key):
            setattr(self._after, kind, "")

    def _clears(self, key: str) -> bool:
        return self._switches.clearing == "null" and self._body.nulled(key)

    def _write_level(self) -> None:
        level = self._body.text("supportLevel")
        if level:
            found = _LEVEL.fullmatch(level)
            if found:
                self._after.level = int(found[1])
            elif self._switches.unknown_names == "reject":
                raise Invalid("supportLevel: there is no such level")

    def _write_assignee(self) -> None:
        email = self._body.text("assigneeEmail")
        if email:
            person = _technician(self._tables, email)
            if person is not None:
                self._after.assignee = person.id
            elif self._switches.unknown_names == "reject":
                raise Invalid("assigneeEmail: there is no such technician")
        elif self._clears("assigneeEmail"):
            self._after.assignee = None

    def _write_lists(self) -> None:
        after, merges = self._after, not self._new and self._switches.list_patch == "merge"
        for key, name in (("tags", "tags"), ("ccEmailSet", "cc")):
            given = self._body.texts(key)
            if given is not None:
                # A set, as the name says.
                before: list[str] = getattr(after, name) if merges else []
                setattr(after, name, list(dict.fromkeys([*before, *given])))
        files = self._tables.refs(self._body.objects("fileAttachments"))
        if files and (self._new or self._switches.file_patch != "ignore"):
            after.files = files if self._switches.file_patch == "replace" else [*after.files, *files]

    def _custom(self) -> dict[int, Any]:
        given = self._body.object("customField")
        if given is None:
            return self._after.custom
        values = {} if self._switches.custom_patch == "replace" else dict(self._after.custom)
        for label, value in given.items():
            field = self._tables.field(label)
            if field is not None:
                self._put(values, field, value)
            elif self._switches.unknown_label == "reject":
                raise Invalid(f"customField: there is no field {label}")
        return values

    def _put(self, values: dict[int, Any], field: Field, value: Any) -> None:
        if value is None:
            if self._switches.clearing == "null":
                values.pop(field.id, None)
        elif value == "":
            if self._switches.clearing == "empty" and field.kind in _TEXT_KINDS:
                values.pop(field.id, None)
        else:
            fitting = _converted(field, value)
            if self._has_options(field, fitting):
                values[field.id] = fitting

    def _has_options(self, field: Field, value: Any) -> bool:
        chosen = value if isinstance(value, list) else [value]
        if field.kind not in _CHOICE_KINDS or not field.options or set(chosen) <= set(field.options):
            return True
        if self._switches.unknown_names == "reject":
            raise Invalid(f"customField: {field.label} has no such option")
        return False


def _converted(field: Field, value: Any) -> Any:
    match field.kind, value:
        case "number" | "datetime", bool():
            pass
        case "number", int() | float() | str():
            try:
                return float(value)
            except ValueError:
                pass
        case "datetime", int():
            return value
        case kind, list() if kind in _LIST_KINDS and all(isinstance(one, str) for one in value):
            return list(value)
        case kind, str() if kind in _TEXT_KINDS:
            return value
    raise Invalid(f"customField: {field.label} takes no such value")
