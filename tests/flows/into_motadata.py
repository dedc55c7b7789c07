"""A ServiceOps moved into another one: many calls for each ticket, names for ids, times and authors told in text."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from syncer.deskkit.world import World
from syncer.desks.motadata.emulator import MotadataEmulator, Switches
from syncer.desks.motadata.emulator_words import SOURCES
from syncer.sandbox.up import emptied
from tests.elsewhere import Elsewhere
from tests.flows.into import TwinPlace, Twins, moving
from tests.flows.worlds import SECRET

_MARK = re.compile(r"\[MD-(\d+)\]$")
_OWN = re.compile(r"\[ext:MD-\d+-c(\d+)\]")
_TOLD = re.compile(r"told\d+x\d+end|" + SECRET + r"\w+")
_CONFIG = """\
database: {dsn}
desks:
  old: {{kind: motadata, base_url: {old}, auth: {auth}, budget: {budget}, timeout: {timeout}, page_size: 20,
        zero_is_unset: [Affected users], attachment_download_path: "/api/files/{{refFileName}}"}}
  new: {{kind: motadata, base_url: {new}, auth: {auth}, budget: {budget}, timeout: {timeout}, search_lag: 0.1,
        probe_misses: 10, page_size: 20, attachment_upload_path: /api/oprfile,
        names: {names}, custom_fields: {fields}, status_classes: {{Rejected: closed, Cancelled: closed}}}}
routes:
  move: {{source: old, target: new, mapping: mapping.yaml, accept_mails: true}}
"""
_MAPPING = """\
fields:
  title: {{from: title}}
  body: {{from: body}}
  category: {{lookup: category}}
  priority: {{lookup: priority}}
  urgency: {{lookup: urgency}}
  impact: {{lookup: impact}}
  location: {{lookup: location}}
  department: {{lookup: department}}
  support_level: {{lookup: support_level}}
  source: {{lookup: source}}
  status: {{lookup: status}}
custom: {custom}
people: {{match: [email], missing: fallback, fallback: "{fallback}"}}
"""


class TwoServiceOps(Twins):
    """Both desks are ServiceOps; the new one is empty."""

    def __init__(self, world: World, elsewhere: Elsewhere) -> None:
        super().__init__(world, elsewhere)
        self.old = MotadataEmulator(world, switches=Switches(download_path="/api/files/{refFileName}"))
        self.new = MotadataEmulator(emptied(world), switches=Switches(upload_path="/api/oprfile"))

    def empty(self) -> None:
        """No request on the target."""
        for id in list(self.new.tables.requests):
            self.new.tables.remove(id)
        self.new.tables.mails.clear()

    @staticmethod
    def writes(method: str, path: str) -> bool:
        """Searches are POSTs, and none."""
        return method in {"POST", "PATCH"} and not path.endswith("byqual")


class ServiceOpsPlace(TwinPlace):
    """Where a ServiceOps is moved into another one."""

    def configure(self, *, timeout: float = 2, search_lag: float = 0, parallel: int = 2) -> None:
        """Write the config."""
        held = self.desks.new.tables
        names = {kind: list(held.lookups[kind].values()) for kind in ("category", "location", "status", "department")}
        names["source"] = list(SOURCES)
        labels = [field.label for field in held.fields.values()]
        self.config.write_text(
            _CONFIG.format(
                dsn=self._dsn, old=self.desks.old_url, new=self.desks.new_url, timeout=timeout,
                auth='{kind: api_key, key: "sandbox%2Bkey%40example"}',
                budget=f"{{per_second: 5000, parallel: {parallel}}}", names=json.dumps(names),
                fields=json.dumps(dict.fromkeys(labels, "text")),
            )
        )  # fmt: skip
        custom = json.dumps({label: {"from": f"custom.{label}"} for label in labels})
        (self.config.parent / "mapping.yaml").write_text(_MAPPING.format(fallback="bot@example.org", custom=custom))

    @property
    def tickets(self) -> int:
        """How many there are to move."""
        return len(self.desks.old.tables.requests)

    def faults(self, source: dict[str, Any], target: dict[str, Any]) -> Iterator[str]:
        """Every request is there once, whole; and nobody was mailed."""
        there: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for ticket in target["requests"].values():
            found = _MARK.search(ticket["subject"])
            there[found[1] if found else "?"].append(ticket)
        for id, old in source["requests"].items():
            if len(there[id]) != 1:
                yield f"{id}: {len(there[id])} times on the target"
                continue
            yield from (f"{id}: {fault}" for fault in _ticket(old, there[id][0]))
        yield from (f"invented: {id}" for id in there if there[id] and id not in source["requests"])
        if any(mail["conversation"] for mail in target["mails"]):
            yield "a requester was mailed"


def _ticket(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    for field in ("category", "priority", "urgency", "impact", "location", "department", "level", "source", "status"):
        if old[field] != new[field]:
            yield f"{field} {new[field]!r} instead of {old[field]!r}"
    if old["custom_by_label"] != new["custom_by_label"]:
        yield f"custom {new['custom_by_label']} instead of {old['custom_by_label']}"
    if (
        old["tags"] != [tag for tag in new["tags"] if not tag.startswith("ext:")]
        or [told.lower() for told in old["cc"]] != new["cc"]
    ):
        yield f"tags and cc {new['tags']}, {new['cc']} instead of {old['tags']}, {old['cc']}"
    rest = [file["name"] for file in new["files"] if file["name"].startswith("MD-")]
    if not rest and re.findall(r"body\d+end", old["description"]) != re.findall(r"body\d+end", new["description"]):
        yield "its text is another"
    ours = [c for c in new["conversations"] if _OWN.search(c["details"])]
    for name, before, after in (
        ("conversations", [str(c["id"]) for c in old["conversations"]], [_OWN.findall(c["details"])[-1] for c in ours]),
        ("words", *([_TOLD.findall(c["details"]) for c in cs] for cs in (old["conversations"], ours))),
        (
            "their visibility",
            [c["public"] for c in old["conversations"]],
            ["<p>(Public)" in c["details"] for c in ours],
        ),
        ("their files", *([_files(c) for c in cs] for cs in (old["conversations"], ours))),
        ("files", _files(old), _files(new)),
    ):
        if before != after:
            yield f"{name}: {after} instead of {before}"
    if any(c["public"] for c in new["conversations"]) or len(ours) != len(new["conversations"]):
        yield "a conversation is public, or nobody's"


def _files(one: dict[str, Any]) -> list[tuple[str, str]]:
    return sorted((file["name"], file["sha256"]) for file in one["files"] if not file["name"].startswith("MD-"))


def two_serviceops(world: World, home: Path, dsn: str) -> AbstractContextManager[TwinPlace]:
    """Both up, and a database."""
    return moving(TwoServiceOps, ServiceOpsPlace, world, home, dsn)
