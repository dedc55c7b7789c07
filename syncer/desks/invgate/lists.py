"""InvGate's value lists, from its rows to lookup values (contract 3.8 and 3.9)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from syncer.desks.invgate import custom, wire
from syncer.desks.invgate.config import FieldKind
from syncer.model.lookups import LookupValue, StatusClass

# Fixed by the product whatever their names (contract 7.3).
STATUS_CLASS = {
    "1": StatusClass.OPEN,
    "2": StatusClass.OPEN,
    "3": StatusClass.PENDING,
    "4": StatusClass.PENDING,
    "5": StatusClass.RESOLVED,
    "6": StatusClass.CLOSED,
    "7": StatusClass.CLOSED,
    "8": StatusClass.CLOSED,
}
OPEN_STATUSES = ("1", "2", "3", "4", "5")


def named(kind: str, rows: Iterable[dict[str, Any]]) -> Iterator[LookupValue]:
    """Flat lists of id and name; statuses get their class from their fixed ids."""
    for row in rows:
        id = str(row["id"])
        yield LookupValue(
            kind=kind,
            id=id,
            name=wire.text(row.get("name")) or id,
            status_class=STATUS_CLASS.get(id) if kind == "status" else None,
        )


def tree(kind: str, rows: Iterable[dict[str, Any]], parent_key: str) -> Iterator[LookupValue]:
    """Lists whose rows name their parent; each value gets its path from the root."""
    by_id = {str(row["id"]): row for row in rows}

    def path(id: str) -> tuple[str, ...]:
        names: list[str] = []
        passed: set[str] = set()
        step: str | None = id
        while step in by_id and step not in passed:  # a parent may be missing, or name itself
            passed.add(step)
            names.append(wire.text(by_id[step].get("name")) or step)
            step = wire.ident(by_id[step].get(parent_key))
        return tuple(reversed(names))

    for id, row in by_id.items():
        names = path(id)
        parent = wire.ident(row.get(parent_key))
        yield LookupValue(kind=kind, id=id, name=names[-1], path=names, parent=parent if parent in by_id else None)


def levels(rows: Iterable[dict[str, Any]]) -> Iterator[LookupValue]:
    """Levels of help desks, which is what tickets are assigned to. They have no name: they take their desk's.

    Their path tells them apart.
    """
    all_rows = list(rows)
    desks = {str(r["id"]): wire.text(r.get("name")) for r in all_rows if str(r.get("type_id")) == "2"}
    for row in all_rows:
        if str(row.get("type_id")) != "1":
            continue
        parent = wire.ident(row.get("parent_id"))
        name = desks.get(parent or "", "") or f"help desk {parent}"
        order = str(row.get("level_order") or "1")
        yield LookupValue(
            kind="group",
            id=str(row["id"]),
            name=name,
            path=(name, f"level {order}"),
            parent=parent,
            active=str(row.get("status_id")) != "4",
        )


def person(row: dict[str, Any]) -> LookupValue:
    """A user; the deleted and disabled ones are not active."""
    name = " ".join(str(part) for part in (row.get("name"), row.get("lastname")) if part)
    gone = wire.clearly_yes(row.get("is_disabled")) or wire.clearly_yes(row.get("is_deleted"))
    return LookupValue(
        kind="person",
        id=str(row["id"]),
        name=wire.text(name) or str(row["id"]),
        email=wire.text(row.get("email")) or None,
        username=wire.text(row.get("username")) or None,
        active=not gone,
    )


def custom_field(row: dict[str, Any], kind: FieldKind, type_name: str) -> LookupValue:
    """A custom field definition. One with options takes several: whether only one is not told (3.6)."""
    uid = str(row["uid"])
    form = custom.form(type_name) if kind == "plain" else "choices"
    return LookupValue(kind="custom_field", id=uid, name=wire.text(row.get("label")) or uid, form=form)


def type_name(row: dict[str, Any], types: dict[str, str]) -> str:
    """The name of a field's type, which it gives as a name or as an id of `types`."""
    kind = str(row.get("type", ""))
    return types.get(kind, kind)


def field_kind(row: dict[str, Any], types: dict[str, str], told: Mapping[str, FieldKind]) -> FieldKind:
    """Whether a custom field has options. Its type is a name or an id of `types`; neither is documented (7.4)."""
    kind = str(row.get("type", ""))
    name = type_name(row, types).lower()
    for word, answer in told.items():
        if word.lower() in {kind.lower(), name}:
            return answer
    if "tree" in name or "árbol" in name or "arbol" in name:
        return "tree"
    return "list" if "list" in name else "plain"


def options(field: LookupValue, kind: FieldKind, value: Any) -> Iterator[LookupValue]:
    """The options of a list or tree field, each under its field's name."""
    found: Iterable[tuple[str, tuple[str, ...]]] = _branches(value)
    if kind == "list":
        found = ((key, (label,)) for key, label in _labels(value).items())
    for key, path in found:
        yield LookupValue(
            kind="custom_option",
            id=f"{field.id}/{key}",
            name=path[-1] or key,
            path=(field.name, *path),
            parent=field.id,
        )


def _labels(value: Any) -> dict[str, str]:
    """Key to label of a list field: `{"key-value": {...}}`, where PHP writes `[]` for none."""
    pairs = value.get("key-value") if isinstance(value, dict) else None
    return {str(key): wire.text(str(label)) for key, label in pairs.items()} if isinstance(pairs, dict) else {}


def _branches(value: Any, above: tuple[str, ...] = ()) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Key and path of every node of a tree field; children are a list or a dict, keys may be missing (3.6)."""
    for node in wire.rows(value):
        if not isinstance(node, dict):
            continue
        path = (*above, wire.text(str(node.get("name") or "")))
        if key := node.get("key") or node.get("hash"):
            yield str(key), path
        yield from _branches(node.get("children"), path)
