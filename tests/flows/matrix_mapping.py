"""The config and the mapping of one way of the matrix, written from data: what both kinds call the same ticket."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from syncer.deskkit.kept import KeptTicket
from syncer.deskkit.world import World
from tests.flows.matrix_evidence import Listed, Tells

ELSEWHERE = {
    "site": "location", "location": "site", "level": "support_level", "support_level": "level", "queue": "group",
    "group": "queue",
}  # fmt: skip
"""Lists that are called otherwise on another kind of desk."""
CONFIG, MAPPING, PEOPLE = "syncer.yaml", "mapping.yaml", "people.csv"


def listed(
    fields: Mapping[str, str], tells: Tells, world: World, old: Sequence[KeptTicket], same: Sequence[KeptTicket]
) -> list[Listed]:
    """A rule for each field with a list; `same` are the tickets of the world as a desk of the target's kind holds them.

    A name of the source becomes what most of its tickets are called there; where no name has most, the default.
    """
    found = []
    for field, kind in fields.items():
        there = [ticket.values.get(kind) for ticket in same]
        names = Counter(name for name in there if name)
        if not names:
            continue
        default = _default(kind, world, there, names)
        of = next((one for one in (kind, ELSEWHERE.get(kind)) if one and _tells(one, tells, old)), None)
        table = _table([ticket.values.get(of) for ticket in old], there, names, default) if of else {}
        found.append(Listed(field, kind, of, table, default))
    return found


def _tells(kind: str, tells: Tells, old: Sequence[KeptTicket]) -> bool:
    return kind not in tells.untold and any(kind in ticket.values for ticket in old)


def _default(kind: str, world: World, there: Sequence[str | None], names: Counter[str]) -> str:
    """The most usual name; a status of tickets that are open, where there is one."""
    if kind == "status":
        opened = (name for name, seed in zip(there, world.tickets, strict=True) if seed.status == "open" and name)
        return next(opened, min(names))
    return min(names, key=lambda name: (-names[name], name))


def _table(
    here: Sequence[str | None], there: Sequence[str | None], names: Counter[str], default: str
) -> dict[str, str]:
    became: dict[str, Counter[str]] = {}
    for name, other in zip(here, there, strict=True):
        if name and other:
            became.setdefault(name, Counter())[other] += 1
    table = {}
    for name, others in became.items():
        most = min(others, key=lambda other: (-others[other], other))
        if others[most] * 2 > others.total():
            table[name] = most
        elif _steps(name) & {step for other in names for step in _steps(other)}:
            # The names alone would decide it otherwise.
            table[name] = default
    return table


def _steps(name: str) -> set[str]:
    """A name as it might be compared: whole, and each step of its path."""
    return {"".join(re.findall(r"\w+", step.casefold())) for step in (name, *name.split(" / "))}


def write(
    place: Path, dsn: str, blocks: tuple[dict[str, Any], dict[str, Any]], mapping: dict[str, Any], people: str | None
) -> None:
    """Config, mapping, and the table of people where there is one."""
    old, new = blocks
    config = {
        "database": dsn,
        "desks": {"old": old, "new": new},
        "routes": {"move": {"source": "old", "target": "new", "mapping": MAPPING, "accept_mails": True}},
    }
    (place / CONFIG).write_text(json.dumps(config), encoding="utf-8")
    (place / MAPPING).write_text(json.dumps(mapping, ensure_ascii=False), encoding="utf-8")
    if people is not None:
        (place / PEOPLE).write_text(people, encoding="utf-8")


def mapping(lists: Sequence[Listed], custom: Mapping[str, str], fallback: str, *, table: bool) -> dict[str, Any]:
    """The mapping file: everything by lookups, custom fields by their names, people by e-mail."""
    fields: dict[str, Any] = {"title": {"from": "title"}, "body": {"from": "body"}}
    aliases: dict[str, dict[str, str]] = {}
    for one in lists:
        fields[one.field] = {"lookup": one.of, "default": one.default} if one.of else {"value": one.default}
        if one.of:
            # What is called the same needs no alias.
            aliases[one.of] = {name: other for name, other in one.table.items() if name != other}
    people = {"match": ["email"], "missing": "fallback", "fallback": fallback}
    return {
        "fields": fields,
        **({"custom": {id: {"from": f"custom.{name}"} for name, id in custom.items()}} if custom else {}),
        "aliases": aliases,
        "people": people | ({"table": PEOPLE} if table else {}),
    }


def known(world: World, export: str | None) -> tuple[frozenset[str], str | None]:
    """E-mails of whom the target knows, and the table of them where it cannot list them itself."""
    if export is None:
        active = (one.email.lower() for one in world.people if one.email and not (one.disabled or one.deleted))
        return frozenset(active), None
    rows = [row for row in csv.DictReader(io.StringIO(export)) if row["email"]]
    text = io.StringIO()
    writer = csv.DictWriter(text, ("email", "id"), lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return frozenset(row["email"].lower() for row in rows), text.getvalue()


def stand_in(world: World, among: frozenset[str]) -> str:
    """An agent who asks for nothing."""
    asking = {ticket.requester for ticket in world.tickets}
    found = (one.email.lower() for at, one in enumerate(world.people) if one.agent and at not in asking)
    return next(email for email in found if email in among)
