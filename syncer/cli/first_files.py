"""The first config and mapping of somebody new, made from what the desks say about themselves."""

from __future__ import annotations

from collections.abc import Mapping

from syncer.cli.first_desk import DeskDraft, word
from syncer.deskkit.contract import Capabilities, DraftField

PERSON = "person"
# A list of the target, and one of the source that says the same in another word.
_ALSO = {"site": "location"}


def config_text(source: DeskDraft, target: DeskDraft, route: str, mapping: str) -> str:
    """A config file of two desks and the route between them."""
    lines = [
        "# Secrets come from the environment. Check this file with: syncer config check",
        "database: embedded  # a Postgres of syncer's own; or postgresql://user@host/name",
        "",
        "desks:",
        *source.lines(),
        "",
        *target.lines(),
        "",
        "routes:",
        f"  {route}:",
        f"    source: {source.name}",
        f"    target: {target.name}",
        f"    mapping: {word(mapping)}",
    ]
    return "\n".join(lines) + "\n"


def needed(source: Capabilities, target: Capabilities) -> dict[str, str]:
    """Fields the target insists on and the source may have nothing for: name -> the target's list."""
    return {
        name: field.lookup or "value"
        for name, field in target.fields.items()
        if field.required and field.lookup != PERSON and field.lookup not in source.lookup_kinds
    }


def wants_people(target: Capabilities) -> bool:
    """Whether its tickets name people of its own."""
    return not target.adopts_lists and any(field.lookup == PERSON for field in target.fields.values())


def mapping_text(
    source: Capabilities, target: Capabilities, values: Mapping[str, str], fallback: str, table: str
) -> str:
    """A mapping file: a rule for what can be carried over, a line to uncomment for the rest."""
    if target.adopts_lists:
        return _keeping_text(target, values)
    fields = {name: field for name, field in target.fields.items() if field.lookup != PERSON}
    lines = [
        "# Which field of the target comes from where. What it does to your tickets: syncer plan",
        "fields:",
        "  title: {from: title}",
        "  body: {from: body}",
        *(f"  {_rule(name, field, source, values.get(name))}" for name, field in fields.items()),
        "",
        "# Values that have another name on the target, for instance:",
        "# aliases:",
        "#   priority: {Critical: Urgent}",
        "",
        *(_people(fallback, table) if wants_people(target) else ()),
        "comments:",
        "  private: keep  # private where the target can, else in a file on this machine",
        "",
        "# Tests of this mapping, run by `syncer check` once the lists were pulled:",
        "# examples:",
        "#   - given: {priority: Critical}",
        "#     expect: {priority: Urgent}",
    ]
    return "\n".join(lines) + "\n"


def _keeping_text(target: Capabilities, values: Mapping[str, str]) -> str:
    """A mapping file for a target that takes everything as it is."""
    lines = [
        "# Everything goes over as it is: texts, lists and their ids, people, times, comments, files, custom fields.",
        "# A rule changes one field, for instance for tickets without one:",
        "#   priority: {lookup: priority, default: Medium}",
        "fields:",
        "  title: {from: title}",
        "  body: {from: body}",
        *(f"  {_kept(name, target.fields[name], value)}" for name, value in values.items()),
        "",
        "comments:",
        "  private: keep  # drop: left out, and counted",
        "",
        "# Tickets to leave behind, for instance:",
        "# skip:",
        "#   status: [Cancelled]",
    ]
    return "\n".join(lines) + "\n"


def _kept(name: str, field: DraftField, value: str) -> str:
    if field.lookup:
        return f"{name}: {{lookup: {name}, default: {word(value)}}}"
    return f"{name}: {{value: {word(value)}}}"


def _people(fallback: str, table: str) -> list[str]:
    return [
        "people:",
        "  match: [email]",
        f"  {'table: ' + word(table) if table else '# table: people.csv'}  # columns email,id; for people whom the"
        " target cannot list",
        "  missing: fallback",
        f"  fallback: {word(fallback)}  # stands in for people unknown to the target",
        "",
    ]


def _rule(name: str, field: DraftField, source: Capabilities, value: str | None) -> str:
    if field.lookup in source.lookup_kinds:
        if value:
            return f"{name}: {{lookup: {field.lookup}, default: {word(value)}}}"
        return f"{name}: {{lookup: {field.lookup}}}  # may have a default: {{lookup: {field.lookup}, default: NAME}}"
    also = _ALSO.get(field.lookup or "")
    if value and also in source.lookup_kinds:
        return f"{name}: {{lookup: {also}, default: {word(value)}}}  # or one for all: {{value: {word(value)}}}"
    if value:
        return f"{name}: {{value: {word(value)}}}"
    return f"# {name}: {{value: ...}}"
