"""A route's lookup tables: pulled from both desks, matched, and put together for mapping."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from syncer.deskkit.contract import Desk
from syncer.documents import Document
from syncer.errors import ConfigError
from syncer.mapping import sheet
from syncer.mapping.custom import FIELD, field_named
from syncer.mapping.match import Proposal, identical, match_people, propose
from syncer.mapping.names import shown
from syncer.mapping.rules import Rules
from syncer.mapping.sheet import people_table
from syncer.mapping.tables import DROP, Tables, by_email, indexed, normal_email
from syncer.model.lookups import How, ListPair, LookupValue, Outcome
from syncer.pipeline.route import Route
from syncer.store import lookups as store
from syncer.store.pool import Pool

FieldKinds = Mapping[str, str | None]
"""Target field -> the list its values come from."""


def pairs(rules: Rules, fields: FieldKinds) -> list[ListPair]:
    """The pairs of lists a mapping needs, each once."""
    found = [ListPair(kind, fields.get(name) or name) for name, kind in rules.lookup_kinds()]
    return list(dict.fromkeys(found))


async def pull(pool: Pool, name: str, desk: Desk) -> dict[str, int]:
    """Read every list of a desk and remember it; how many values of each kind."""
    values = [value async for value in desk.lookups()]
    await store.replace(pool, name, values)
    counts: dict[str, int] = {}
    for value in values:
        counts[value.kind] = counts.get(value.kind, 0) + 1
    return counts


async def pulled(pool: Pool, name: str) -> bool:
    """Whether this desk's lists were ever pulled."""
    return await store.any_values(pool, name)


async def target_values(pool: Pool, route: Route, *, adopts: bool) -> list[LookupValue]:
    """What the target has in its lists; one that adopts lists has the source's own."""
    return await store.values(pool, route.source if adopts else route.target)


async def match(
    pool: Pool, route_id: int, route: Route, fields: FieldKinds, *, adopts: bool = False
) -> dict[ListPair, list[Proposal]]:
    """Propose a decision for every source value and put those that are sure on record."""
    result = await proposed(pool, route_id, route, fields, adopts=adopts)
    sure = [p.decision for some in result.values() for p in some if p.decision is not None]
    await store.decide(pool, route_id, [decision for decision in sure if decision.how != How.HAND])
    return result


async def proposed(
    pool: Pool, route_id: int, route: Route, fields: FieldKinds, *, adopts: bool = False
) -> dict[ListPair, list[Proposal]]:
    """A proposal for every source value of each pair of lists, in order."""
    source, target = await store.values(pool, route.source), await target_values(pool, route, adopts=adopts)
    current = await store.decisions(pool, route_id)
    result: dict[ListPair, list[Proposal]] = {}
    for pair in pairs(route.rules, fields):
        existing = {d.source_id: d for d in current if (d.kind, d.target_kind) == (pair.kind, pair.target_kind)}
        proposals = identical([v for v in source if v.kind == pair.kind], existing) if adopts else propose(
            [v for v in source if v.kind == pair.kind],
            [v for v in target if v.kind == pair.target_kind],
            pair.kind, pair.target_kind, route.rules.aliases.get(pair.kind, {}), route.rules.fuzzy, existing,
        )  # fmt: skip
        result[pair] = proposals
    return result


async def tables(
    pool: Pool, route_id: int, route: Route, version: int | None = None, *, adopts: bool = False
) -> Tables:
    """Everything mapping needs, in memory."""
    source = await store.values(pool, route.source)
    target = await target_values(pool, route, adopts=adopts)
    decided: dict[tuple[str, str], dict[str, str]] = {}
    defaulted: dict[tuple[str, str], set[str]] = {}
    for decision in await store.decisions(pool, route_id, version):
        key = (decision.kind, decision.target_kind)
        if decision.outcome == Outcome.DEFAULT:
            defaulted.setdefault(key, set()).add(decision.source_id)
        elif decision.outcome == Outcome.DROP:
            decided.setdefault(key, {})[decision.source_id] = DROP
        elif decision.target_id is not None:
            decided.setdefault(key, {})[decision.source_id] = decision.target_id
    if adopts:  # everybody is who they are
        themselves = {v.id: v.id for v in source if v.kind == "person"}
        return Tables(decided, defaulted, indexed(source), indexed(target), themselves)
    table = await asyncio.to_thread(operators_table, route.rules.people.table)
    own = [v for v in target if not v.brought]
    people, _ = match_people(
        [v for v in source if v.kind == "person"],
        [v for v in own if v.kind == "person"],
        route.rules.people.match,
        table,
    )
    known = by_email(indexed(v for v in own if v.active))
    emails = {email: ids[0] for email, ids in known.items() if len(ids) == 1}
    return Tables(
        decided, defaulted, indexed(source), indexed(target), people, {**emails, **table},
        brought={normal_email(v.email): v.id for v in target if v.brought and v.email},
        addresses={v.id: normal_email(v.email) for v in target if v.kind == "person" and v.email},
    )  # fmt: skip


def check_words(route: Route, fields: FieldKinds, known: Tables) -> None:
    """Every value and default of the mapping file must be on the target. Raises ConfigError naming all that are not."""
    file = Document(route.mapping)
    problems = []
    for name, rule in route.rules.fields.items():
        kind = fields.get(name)
        values = [v for (k, _), v in known.target.items() if k == kind]
        for key, word in (("value", rule.value), ("default", rule.default)):
            if kind is None or word is None or not values or known.target_id(kind, str(word)) is not None:
                continue
            many = sum(v.name.casefold() == str(word).casefold() for v in values) > 1
            names = _some(list(map(shown, values)))
            said = "is the name of several; give the path or id of one" if many else f"is not there; there are {names}"
            problems.append(f"{file.where(('fields', name, key))}: {kind} {str(word)!r} of {route.target} {said}")
    for name in route.rules.custom:
        if field_named(known, name) is None:
            there = [v.name for (k, _), v in known.target.items() if k == FIELD]
            many = sum(name.casefold() == one.casefold() for one in there) > 1
            said = "is the name of several; give the id of one" if many else f"is not there; there are {_some(there)}"
            problems.append(f"{file.where(('custom', name))}: custom field {name!r} of {route.target} {said}")
    if problems:
        raise ConfigError(
            f"{route.mapping}: names what {route.target} does not have",
            hint=f"Mend these, then the same command. Are they new there? Then first: syncer lookups pull {route.name}",
            problems=tuple(problems),
        )


def _some(names: list[str], most: int = 8) -> str:
    said = ", ".join(names[:most])
    return said if len(names) <= most else f"{said} and {len(names) - most} more"


def operators_table(path: Path | None) -> dict[str, str]:
    """The operator's CSV of people; empty where there is none. Raises ConfigError with all its mistakes."""
    if path is None:
        return {}
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as e:
        raise ConfigError(f"people.table: {path}: no such file; it is a CSV with the columns email,id") from e
    except (OSError, UnicodeDecodeError) as e:
        raise ConfigError(f"people.table: {path} cannot be read: {e}", hint="A CSV with the columns email,id.") from e
    try:
        return people_table(text)
    except ValueError as e:
        raise ConfigError(f"people.table: {path}", problems=tuple(str(e).splitlines())) from e


class Open(Struct, frozen=True):
    """A source value that a mapped field may meet and nobody has decided about."""

    field: str
    kind: str
    value: LookupValue


def undecided(rules: Rules, fields: FieldKinds, known: Tables) -> list[Open]:
    """Totality without reading a ticket: listed values that would be unmapped if they occurred."""
    found = []
    for name, kind in rules.lookup_kinds():
        if rules.fields[name].default is not None:
            continue
        key = (kind, fields.get(name) or name)
        decided, defaulted = known.decided.get(key, {}), known.defaulted.get(key, set())
        found += [
            Open(name, kind, value)
            for (k, id), value in known.source.items()
            if k == kind and id not in decided and id not in defaulted
        ]
    return found


async def people_summary(pool: Pool, route: Route, *, adopts: bool = False) -> dict[str, Any]:
    """How many people of the source are known to the target, in the shape of a matched list."""
    source = await store.values(pool, route.source, ["person"])
    if adopts:
        return {
            "kind": "person", "target_kind": "person", "values": len(source), "decided": len(source), "defaulted": 0,
            "open": 0, "examples": [],
        }  # fmt: skip
    target = await store.values(pool, route.target, ["person"])
    table = await asyncio.to_thread(operators_table, route.rules.people.table)
    found, unclear = match_people(source, target, route.rules.people.match, table)
    return {
        "kind": "person", "target_kind": "person", "values": len(source), "decided": len(found),
        "defaulted": len(source) - len(found), "open": 0,
        "examples": [
            f"{a.source.name!r} may be {' or '.join(a.target_ids)}: say which in people.table" for a in unclear[:5]
        ],
    }  # fmt: skip


async def take_sheet(pool: Pool, route_id: int, route: Route, fields: FieldKinds, path: Path) -> dict[str, int]:
    """Take the decisions of a spreadsheet file. Raises ConfigError with every mistake, having taken nothing."""
    try:
        text = await asyncio.to_thread(path.read_text, encoding="utf-8-sig")
    except OSError as e:
        said = e.strerror or type(e).__name__
        raise ConfigError(
            f"{path} cannot be read: {said}", hint="Make one with: syncer lookups export --out FILE"
        ) from e
    except UnicodeDecodeError as e:
        raise ConfigError(f"{path} cannot be read: it is not UTF-8", hint="Save it as CSV in UTF-8.") from e
    read = sheet.from_csv(text)
    known = sheet.Known(
        pairs=[(p.kind, p.target_kind) for p in pairs(route.rules, fields)],
        source=await store.values(pool, route.source),
        target=await store.values(pool, route.target),
        current=await store.decisions(pool, route_id),
    )
    decisions, problems = sheet.decided(read, known)
    if problems:
        raise ConfigError(f"{path}: nothing was taken", problems=tuple(problems))
    version = await store.decide(pool, route_id, decisions)
    return {"changed": len(decisions), "version": version}
