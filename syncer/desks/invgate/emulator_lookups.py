"""The calls on value lists: enumerations, categories, help desks, places, custom fields."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from syncer.desks.invgate import emulator_shapes as shapes
from syncer.desks.invgate.emulator_fill import TREE_MARK
from syncer.desks.invgate.emulator_params import Params, error, refused
from syncer.desks.invgate.emulator_switches import OLD_CATEGORIES
from syncer.desks.invgate.emulator_tables import Category, Field, Helpdesk, Level, Tables
from syncer.desks.invgate.emulator_words import FIELD_TYPES, names_of

_MOST_CATEGORIES = 500
_FREE_ENGINE, _ENABLED, _DISABLED = 3, 1, 4


def _names(kind: str) -> Callable[[Tables, Params], Any]:
    def answer(tables: Tables, ask: Params) -> Any:
        only = ask.number("id")
        rows = enumerate(names_of(kind, tables.switches.language), 1)
        return [{"id": shapes.number(tables, id), "name": name} for id, name in rows if only in (None, id)]

    return answer


def _categories(tables: Tables, ask: Params) -> Any:
    only, search = ask.number("id"), (ask.text("search") or "").lower()
    rows = [_category(row) for row in tables.categories.values() if only in (None, row.id)]
    rows = [row for row in rows if search in row["name"].lower()]
    default = tables.switches.categories_page
    if default == OLD_CATEGORIES:
        return rows
    size = min(ask.number("page_size") or default, _MOST_CATEGORIES)
    start = (max(ask.number("page") or 1, 1) - 1) * size
    return rows[start : start + size]


def _category(row: Category) -> dict[str, Any]:
    # Ids are strings here and parents are numbers, whatever the rest of the instance does.
    return {"id": str(row.id), "name": row.name, "parent_category_id": row.parent_id}


def _helpdesk(tables: Tables, row: Helpdesk) -> dict[str, Any]:
    return {
        "id": shapes.number(tables, row.id),
        "name": row.name,
        "parent_id": None,
        "status_id": _ENABLED,
        "engine_id": _FREE_ENGINE,
        "total_members": len(row.members),
    }


def _level(tables: Tables, row: Level) -> dict[str, Any]:
    members = [] if row.deleted else tables.helpdesks[row.helpdesk_id].members
    return {
        "id": shapes.number(tables, row.id),
        "type_id": 1,
        "status_id": _DISABLED if row.deleted else _ENABLED,
        "level_order": row.order,
        "parent_id": shapes.number(tables, row.helpdesk_id),
        "engine_id": _FREE_ENGINE,
        "members_ids": [shapes.number(tables, id) for id in members],
        "total_members": len(members),
    }


def _one(rows: list[dict[str, Any]], what: str) -> dict[str, Any]:
    if not rows:
        raise error(f"The {what} does not exist")
    return rows[0]


def _helpdesks(tables: Tables, ask: Params) -> Any:
    only, name = ask.number("id"), ask.text("name")
    rows = [
        _helpdesk(tables, row)
        for row in tables.helpdesks.values()
        if only in (None, row.id) and name in (None, row.name)
    ]
    return rows if only is None and name is None else _one(rows, "help desk")


def _levels(tables: Tables, ask: Params) -> Any:
    only = ask.number("id")
    deleted = ask.flag("include_deleted") is not False
    rows = [
        _level(tables, row) for row in tables.levels.values() if only in (None, row.id) and (deleted or not row.deleted)
    ]
    return rows if only is None else _one(rows, "level")


def _helpdesks_and_levels(tables: Tables, ask: Params) -> Any:
    only, deleted = ask.number("id"), ask.flag("include_deleted") or False
    rows = [_helpdesk(tables, desk) | {"type_id": 2} for desk in tables.helpdesks.values() if only in (None, desk.id)]
    for level in tables.levels.values():
        if only in (None, level.id) and (deleted or not level.deleted):
            rows.append(_level(tables, level))
    return rows


def _locations(tables: Tables, ask: Params) -> Any:
    homes = [user.location_id for user in tables.users.values()]
    return _places(tables, ask, tables.locations, homes, {"parent_id": None})


def _companies(tables: Tables, ask: Params) -> Any:
    return _places(tables, ask, tables.companies, [user.company_id for user in tables.users.values()], {})


def _groups(tables: Tables, ask: Params) -> Any:
    return _places(tables, ask, tables.groups, [21 for user in tables.users.values() if user.user_type == 1], {})


def _places(
    tables: Tables, ask: Params, names: dict[int, str], homes: list[Any], more: dict[str, Any]
) -> list[dict[str, Any]]:
    only, wanted = ask.number("id"), ask.text("name")
    return [
        {"id": shapes.number(tables, id), "name": name, "total": homes.count(id)} | more
        for id, name in names.items()
        if only in (None, id) and wanted in (None, name)
    ]


def _fields(tables: Tables, _: Params) -> Any:
    roots = ",".join(str(row.id) for row in tables.categories.values() if row.parent_id is None)
    by_name = tables.switches.field_types_by_name
    return [
        {
            "uid": shapes.number(tables, field.uid),
            "label": field.label,
            "type": field.kind if by_name else FIELD_TYPES.index(field.kind) + 1,
            "description": "",
            "categories": roots,
            "is_required": False,
        }
        for field in tables.fields.values()
    ]


def _field_types(_: Tables, __: Params) -> Any:
    return [{"id": id, "name": name} for id, name in enumerate(FIELD_TYPES, 1)]


def _fields_of(tables: Tables, ask: Params) -> Any:
    known = ask.given_number("category_id") in tables.categories
    uids = [shapes.number(tables, uid) for uid in tables.fields] if known else []
    return [{"uid": uid} for uid in uids] if tables.switches.category_fields_as_objects else uids


def _starting_fields(_: Tables, ask: Params) -> Any:
    ask.given_number("category_id")
    return []


def _initial_fields(_: Tables, ask: Params) -> Any:
    return {
        "category_id": ask.given_number("category_id"),
        "associated_workflow_id": None,
        "associated_workflow_name": None,
        "workflow_initial_fields": [],
    }


def field_of(tables: Tables, uid: int) -> Field:
    """The custom field, or the answer that there is none."""
    field = tables.fields.get(uid)
    if field is None:
        raise error("The custom field does not exist")
    return field


def _options(tables: Tables, ask: Params) -> Any:
    field = field_of(tables, ask.given_number("uid"))
    return {"key-value": shapes.mapping(tables, field.options if field.kind == "list" else {})}


def _add_options(tables: Tables, ask: Params) -> Any:
    field = field_of(tables, ask.given_number("uid"))
    if ask.given_text("type") != "key-value":
        raise refused(428, "The parameter type is not valid")
    pairs = ask.pairs("key_values")
    field.options.update(pairs)
    return {"status": "OK", "total": len(pairs), "info": "Options added"}


def _tree(tables: Tables, ask: Params) -> Any:
    field = field_of(tables, ask.given_number("uid"))
    if field.kind != "tree":
        return []
    roots: dict[str, Any] = {}
    for key, label in field.options.items():
        level, node = roots, {}
        for name in label.split(TREE_MARK):
            node = level.setdefault(name, {"hash": None, "children": {}})
            level = node["children"]
        node["hash"] = key
    return _nodes(tables, roots, ())


def _nodes(tables: Tables, level: dict[str, Any], path: tuple[str, ...]) -> Any:
    rows = []
    for name, node in level.items():
        hash = node["hash"] or "N" + "".join(f"{ord(letter):x}" for letter in "/".join((*path, name)))[-12:]
        children = _nodes(tables, node["children"], (*path, name))
        rows.append({"key": hash, "hash": hash, "name": name, "children": children})
    if path and tables.switches.tree_children_as_dict:
        return shapes.mapping(tables, {row["hash"]: row for row in rows})
    return rows


HANDLERS = {
    ("GET", "incident.attributes.status"): _names("status"),
    ("GET", "incident.attributes.statuses"): _names("status"),
    ("GET", "incident.attributes.priority"): _names("priority"),
    ("GET", "incident.attributes.type"): _names("type"),
    ("GET", "incident.attributes.source"): _names("source"),
    ("GET", "incident.attributes.category"): _categories,
    ("GET", "categories"): _categories,
    ("GET", "helpdesks"): _helpdesks,
    ("GET", "levels"): _levels,
    ("GET", "helpdesksandlevels"): _helpdesks_and_levels,
    ("GET", "locations"): _locations,
    ("GET", "companies"): _companies,
    ("GET", "groups"): _groups,
    ("GET", "cf.fields.all"): _fields,
    ("GET", "cf.fields.types"): _field_types,
    ("GET", "cf.fields.by.category"): _fields_of,
    ("GET", "cf.starting.fields.by.category"): _starting_fields,
    ("GET", "wf.initialfields.by.category"): _initial_fields,
    ("GET", "cf.field.options.list"): _options,
    ("POST", "cf.field.options.list"): _add_options,
    ("GET", "cf.field.options.tree"): _tree,
}
