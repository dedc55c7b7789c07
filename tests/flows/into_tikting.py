"""A Tikting moved into another one, with a call configured for everything: replies, files, assignee and status."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import msgspec

from syncer.deskkit.world import World
from syncer.desks.tikting.emulator import FALLBACK_GUID, TiktingEmulator, extended
from syncer.desks.tikting.emulator_endpoints import FIXTURES
from syncer.sandbox.up import emptied
from tests.elsewhere import Elsewhere
from tests.flows.into import TwinPlace, Twins, moving
from tests.flows.worlds import SECRET

USED = ("ticket.reply", "ticket.attach", "ticket.update", "ticket.resolve", "ticket.close", "user.all")
_MARK = re.compile(r"\[TK-(\d+)\]$")
_OWN = re.compile(r"\[TK-\d+-c(\d+)\]")
_TOLD = re.compile(r"told\d+x\d+end|" + SECRET + r"\w+")
_MAPPING = f"""\
fields:
  title: {{from: title}}
  body: {{from: body}}
  status: {{lookup: status}}
  priority: {{lookup: priority}}
  category: {{lookup: category}}
  group: {{lookup: group}}
  level: {{lookup: level}}
  site_id: {{lookup: site}}
  department_id: {{lookup: department}}
people: {{match: [email], missing: fallback, fallback: "{FALLBACK_GUID}"}}
"""


class TwoTiktings(Twins):
    """Both desks are Tiktings that tell all they may; the new one is empty."""

    def __init__(self, world: World, elsewhere: Elsewhere) -> None:
        super().__init__(world, elsewhere)
        more: dict[str, Any] = {"detail": "nested", "rows": "labels", "volatile": True, "length_cap": 7}
        self.old = TiktingEmulator(world, switches=extended(**more))
        self.new = TiktingEmulator(emptied(world), switches=extended())

    @staticmethod
    def writes(method: str, path: str) -> bool:
        """Registrations and the configured calls of tickets."""
        return path == "/api/TicketsApi/register" or (path.startswith("/fixture/tickets/") and method != "GET")


class TiktingPlace(TwinPlace):
    """Where a Tikting is moved into another one."""

    def configure(self, *, timeout: float = 2, search_lag: float = 0.1, parallel: int = 2) -> None:
        """Write the config."""
        common = {
            "kind": "tikting", "auth": {"email": "sync@example.org", "password": "sandbox-secret"},
            "budget": {"per_second": 5000, "parallel": parallel}, "timeout": timeout, "probe_misses": 10,
        }  # fmt: skip
        endpoints = {key: self._tried(key) for key in USED}
        config = {
            "database": self._dsn,
            "desks": {
                "old": {**common, "base_url": self.desks.old_url},
                "new": {**common, "base_url": self.desks.new_url, "search_lag": search_lag, "endpoints": endpoints},
            },
            "routes": {"move": {"source": "old", "target": "new", "mapping": "mapping.yaml"}},
        }
        self.config.write_text(json.dumps(config))
        (self.config.parent / "mapping.yaml").write_text(_MAPPING)

    @staticmethod
    def _tried(key: str) -> dict[str, Any]:
        one = {name: value for name, value in msgspec.to_builtins(FIXTURES[key]).items() if value is not None}
        one["fields"].pop("message" if key == "ticket.close" else "", None)  # it would become a reply
        return {**one, "tested": True, **({"read_back": True} if key in ("ticket.reply", "ticket.attach") else {})}

    @property
    def tickets(self) -> int:
        """How many there are to move."""
        return len(self.desks.old.shelf.live)

    def faults(self, source: dict[str, Any], target: dict[str, Any]) -> Iterator[str]:
        """Every ticket is there once, whole; and nothing private is."""
        there: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for ticket in target["tickets"]:
            found = _MARK.search(ticket["title"])
            there[found[1] if found else "?"].append(ticket)
        known = {str(old["id"]): old for old in source["tickets"]}
        for id, old in known.items():
            if len(there[id]) != 1:
                yield f"{id}: {len(there[id])} times on the target"
                continue
            yield from (f"{id}: {fault}" for fault in _ticket(old, there[id][0]))
        yield from (f"invented: {id}" for id in there if there[id] and id not in known)
        if self.desks.leaks:
            yield f"private words were sent: {self.desks.leaks}"


def _ticket(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    for field in ("priority", "category", "group", "level", "site", "department", "status", "assignee"):
        if old[field] != new[field]:
            yield f"{field} {new[field]!r} instead of {old[field]!r}"
    if new["creator"] not in {old["creator"], FALLBACK_GUID}:
        yield "its requester is another"
    rest = [file["name"] for file in new["uploads"] if file["name"].startswith("TK-")]
    if not rest and re.findall(r"body\d+end", old["description"]) != re.findall(r"body\d+end", new["description"]):
        yield "its text is another"
    public = [reply for reply in old["replies"] if not reply["private"]]
    for name, before, after in (
        ("replies", [[str(r["id"])] for r in public], [_OWN.findall(r["body"]) for r in new["replies"]]),
        ("words", *([_TOLD.findall(r["body"]) for r in rs] for rs in (public, new["replies"]))),
        ("their files", *([_files(r) for r in rs] for rs in (public, new["replies"]))),
        ("files", _files(old), _files(new)),
    ):
        if before != after:
            yield f"{name}: {after} instead of {before}"
    if any(reply["private"] for reply in new["replies"]):
        yield "a reply is private"


def _files(one: dict[str, Any]) -> list[tuple[str, str]]:
    # In a quoted name a backslash may stand for itself, as browsers write it, or escape the next character.
    own = [file for file in one["uploads"] if not file["name"].startswith("TK-")]
    return sorted((file["name"].replace("\\", ""), file["sha256"]) for file in own)


def two_tiktings(world: World, home: Path, dsn: str) -> AbstractContextManager[TwinPlace]:
    """Both up, and a database."""
    return moving(TwoTiktings, TiktingPlace, world, home, dsn)
