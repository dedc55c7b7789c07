"""A plan held against what becomes of it: for any kinds of desk and any seed."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from msgspec import Struct

from tests.flows import matrix
from tests.flows.judge import Broken
from tests.flows.matrix_mapping import MAPPING

ROUTES = (("invgate", "tikting"), ("motadata", "invgate"), ("redmine", "request_tracker"), ("znuny", "redmine"))
BLOCKED = 2


class Held(Struct, frozen=True):
    """A plan that held: how many records, and how they were predicted to end."""

    records: int
    outcomes: dict[str, int]


def plan_holds(route: tuple[str, str], seed: int, tickets: int, place: Path, dsn: str) -> Held:
    """Nothing is written for the plan, and each record ends as it was predicted. Raises Broken where that is not so.

    Some tickets are left behind by a rule, some hold a value without a decision.
    """
    with matrix.way(*route, matrix.world(tickets, seed), place, dsn) as way:
        _spoil(way)
        assert way.command("lookups", "match", "--json", "move").document
        calls, kept = matrix.writing_calls(way.new), way.new.kept()
        assert way.command("plan", "move", "--json").code in {0, 1, BLOCKED}
        plan = way.command("plans", "show", "move", "--json").document
        if way.new.kept() != kept or matrix.writing_calls(way.new) != calls:
            raise Broken(f"{route}, seed {seed}: something was written for the plan")
        moved = way.command("migrate", "move", "--yes", "--no-plan", "--json").document
        told = way.command("plans", "diff", "move", plan["plan"], "--run", str(moved["run"]), "--json").document
        if told["differences"]:
            raise Broken(f"{route}, seed {seed}: not as predicted: {told['differences'][:5]}")
        counts = plan["counts"]
        return Held(counts["read"], {name: counts[name] for name in ("created", "skipped", "parked")})


def _spoil(way: matrix.Way) -> None:
    path = way.place / MAPPING
    mapping = json.loads(path.read_text())
    statuses = Counter(one.values["status"] for one in way.before if "status" in one.values)
    mapping["skip"] = {"status": [min(statuses, key=lambda name: (statuses[name], name))]}
    rule = mapping["fields"].get("priority", {})
    if rule.get("lookup"):
        held = Counter(one.values["priority"] for one in way.before if "priority" in one.values)
        rare = min(held, key=lambda name: (held[name], name))
        rule.pop("default")
        aliases = mapping["aliases"][rule["lookup"]]
        same = {name: name for name in held if name not in aliases}
        mapping["aliases"][rule["lookup"]] = {**same, **aliases, rare: "no such priority"}
    path.write_text(json.dumps(mapping))
